"""Run the small cases with everything in pure Python, and report which branches were taken.

    NUMBA_DISABLE_JIT=1 python -W ignore tests/docking/count_branches.py report.json

The report is coverage.py's, with `one_sided`: conditions inside expressions that had one outcome only, and
`conditions`: how many there are. Differences between the two markets end the run.
"""

import json
import sys
from pathlib import Path

import conditions
import coverage

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RULES = (
    "agents/choice.py",
    "agents/paying.py",
    "agents/accounts.py",
    "agents/reviewing.py",
    "agents/payments.py",
    "agents/opening.py",
    "agents/rounds.py",
    "agents/bargaining.py",
    "agents/partnerships.py",
    "agents/platforms.py",
)
MORE_RULES = (
    "agents/acquaintance.py",
    "agents/arithmetic.py",
    "agents/columns.py",
    "agents/contacts.py",
    "agents/draws.py",
    "agents/lanes.py",
    "agents/network.py",
    "model/forecast.py",
    "model/last_month.py",
    "model/month.py",
    "model/negotiation.py",
    "model/payment_changes.py",
    "model/settlement.py",
)
TABLES = ("model/outlook.py", "model/payment_tables.py", "model/flows.py", "model/census.py")
DEMAND = ("agents/demand.py", "agents/choosers.py")
PLAIN = tuple(str(path.relative_to(ROOT)) for path in sorted((HERE / "plain").glob("*.py")))


def main(report: str) -> None:
    """Run the cases under coverage.py and write its report."""
    files = [str(ROOT / file) for file in (*RULES, *MORE_RULES, *TABLES, *DEMAND, *PLAIN)]
    conditions.note_conditions_of(files)
    counted = coverage.Coverage(branch=True, include=files, data_file=None, config_file=False)
    with counted.collect():
        # Imported only now, so that the lines that define functions are counted too.
        from cases import SMALL_CASES
        from comparing import differences

        from agents import acquaintance, lanes, population, rounds

        acquaintance.NEAR = 310  # rows: in larger markets contacts are fetched ahead
        lanes.STRIDE = 2  # plain Python takes nobody at once: lanes are filled up, but by few
        population.SPAN = 14  # several stretches in a province, though there are few rows
        rounds.NEIGHBOURS = rounds.BUNDLES = 2  # and few of them are summed at once
        for name, case in SMALL_CASES.items():
            for difference in differences(case):
                sys.exit(f"{name}: {difference}")
    counted.json_report(outfile=report)
    told = json.loads(Path(report).read_text())
    told |= {"one_sided": conditions.one_sided(), "conditions": len(conditions.seen)}
    Path(report).write_text(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])

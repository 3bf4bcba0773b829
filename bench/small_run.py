"""How long does a small run take, as a sweep makes thousands of? `uv run python -m bench.small_run`.

A run is building the market, living through all months and reading a few measures as arrays. With
`--against FOLDER`, where FOLDER holds another commit (`git worktree add FOLDER COMMIT`), both take turns,
each in a process of its own that has compiled everything before, and ratios are taken within a turn.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parents[1]
SCENARIOS = ("closed", "open", "exclusive", "history")
SIZES = (310, 10_000)  # the fewest rows there can be, which leave the fixed cost; and a sweep's


def one_run(scenario: str, consumers: int) -> None:
    """Make one run, as a sweep does."""
    from model.market import MobileMarket

    market = MobileMarket(scenario, consumers, 60, rng=1).run()
    if hasattr(market.recorder, "series"):  # commits before it had it measure the run alone
        for column in ("share", "share_3g", "profit_rmb"):
            market.recorder.series("operators", column, "national")
        market.recorder.series("market", "welfare_rmb", "national")


def turn(best_of: int) -> dict[str, float]:
    """Return the milliseconds of processor time that each kind of run takes, the best of some."""
    found = {}
    for scenario in SCENARIOS:
        for consumers in SIZES:
            one_run(scenario, consumers)
            taken = []
            for _ in range(best_of):
                start = time.process_time()
                one_run(scenario, consumers)
                taken.append(1e3 * (time.process_time() - start))
            found[f"{scenario}, {consumers:,}"] = min(taken)
    return found


def turn_in(folder: Path, best_of: int) -> dict[str, float]:
    """Return one turn of the code in a folder, measured by this file there in a process of its own."""
    program = (
        "import runpy, sys; sys.path.insert(0, '.'); runpy.run_path(sys.argv.pop(1), run_name='__main__')"
    )
    command = [sys.executable, "-c", program, __file__, "--turn", "--best-of", str(best_of)]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def spread(values: list[float], form: str) -> str:
    """Return the median of some values with their range."""
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def table(ours: list[dict[str, float]], theirs: list[dict[str, float]]) -> list[str]:
    """Return the lines of the table of results."""
    lines = ["| scenario, rows | a run, ms | before, ms | before / now |", "|---|---|---|---|"]
    for kind in ours[0]:
        now, before = ([taken[kind] for taken in turns] for turns in (ours, theirs))
        ratio = [old / new for old, new in zip(before, now, strict=False)]
        cells = [spread(now, ".0f"), spread(before, ".0f"), spread(ratio, ".2f")] if theirs else None
        lines.append(f"| {kind} | " + " | ".join(cells or [spread(now, ".0f"), "", ""]) + " |")
    return lines


def main() -> None:
    """Measure in turns and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.small_run", description=__doc__)
    parser.add_argument("--against", type=Path, help="folder with another commit")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--best-of", type=int, default=3, help="runs of each kind in a turn (default: 3)")
    parser.add_argument("--turn", action="store_true", help="one turn of the code here, as JSON")
    options = parser.parse_args()
    if options.turn:
        print(json.dumps(turn(options.best_of)))
        return
    ours, theirs = [], []
    for _ in range(options.turns):
        if options.against:
            theirs.append(turn_in(options.against, options.best_of))
        ours.append(turn_in(HERE, options.best_of))
    print("\n".join(table(ours, theirs)))
    print(f"\nLoad when it ended: {os.getloadavg()[0]:.1f} (0 is a quiet machine).")


if __name__ == "__main__":
    main()

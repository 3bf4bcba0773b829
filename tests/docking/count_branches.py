"""Run the small cases with everything in pure Python, and report which branches were taken.

    NUMBA_DISABLE_JIT=1 python -W ignore tests/docking/count_branches.py report.json

The report is coverage.py's; differences between the two markets end the run.
"""

import sys
from pathlib import Path

import coverage

HERE = Path(__file__).resolve().parent
MEASURED = ["tests/docking/plain/*", "agents/*", "model/*"]


def main(report: str) -> None:
    """Run the cases under coverage.py and write its report."""
    root = HERE.parents[1]
    files = [str(root / pattern) for pattern in MEASURED]
    counted = coverage.Coverage(branch=True, include=files, data_file=None, config_file=False)
    with counted.collect():
        # Imported only now, so that the lines that define functions are counted too.
        from cases import SMALL_CASES
        from comparing import differences

        for name, case in SMALL_CASES.items():
            for difference in differences(case):
                sys.exit(f"{name}: {difference}")
    counted.json_report(outfile=report)


if __name__ == "__main__":
    main(sys.argv[1])

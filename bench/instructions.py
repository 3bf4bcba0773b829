"""How many instructions and how much memory traffic a consumer-month takes: `python -m bench.instructions`.

Valgrind's cachegrind runs the market for two sizes and counts; the difference between them is what the
consumers take, without the libraries' start. It knows no instructions wider than 256 bits, so the rules are
compiled for such a processor (`haswell`); on one that has wider ones a month takes fewer. Counts hardly
differ from machine to machine.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from model.errors import InputError

ROOT = Path(__file__).resolve().parents[1]
RUN = "from model.market import MobileMarket; MobileMarket({scenario!r}, {consumers}, {months}, rng=1).run()"
COUNTED = {"I refs": "instructions", "D refs": "memory accesses", "LL refs": "past the first cache"}
LAST = "DRAM, bytes"
LINE = 64  # bytes in a line of the cache


def count(scenario: str, consumers: int, months: int, processor: str) -> dict[str, int]:
    """Return what a run takes, libraries included; compiled before, so that no compiling is counted."""
    code = RUN.format(scenario=scenario, consumers=consumers, months=months)
    environment = os.environ | {
        "NUMBA_CPU_NAME": processor,
        "NUMBA_CPU_FEATURES": "",
        "OPENBLAS_CORETYPE": "Haswell",
    }
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=ROOT)
    with tempfile.TemporaryDirectory() as folder:
        out = f"--cachegrind-out-file={folder}/out"
        command = ["valgrind", "--tool=cachegrind", "--cache-sim=yes", out, sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    if done.returncode != 0:
        raise InputError(f"valgrind cannot run the market: {done.stderr.strip().splitlines()[-1]}")
    found = {
        name: int(match[1].replace(",", ""))
        for line, name in COUNTED.items()
        if (match := re.search(line.replace(" ", r"\s+") + r":\s+([\d,]+)", done.stderr))
    }
    misses = re.search(r"LL misses:\s+([\d,]+)", done.stderr)
    return found | {LAST: LINE * int(misses[1].replace(",", "")) if misses else 0}


def main() -> int:
    """Count, and print a table."""
    parser = argparse.ArgumentParser(description="Instructions and memory traffic of a consumer-month.")
    parser.add_argument("--scenario", default="history")
    parser.add_argument("--sizes", type=int, nargs=2, default=[100_000, 400_000])
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--processor", default="haswell")
    given = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("bench.instructions: needs valgrind, which is not installed", file=sys.stderr)
        return 2
    small, large = (
        count(given.scenario, size, given.months, given.processor) for size in sorted(given.sizes)
    )
    rows = abs(given.sizes[1] - given.sizes[0]) * given.months
    print(f"{given.scenario}, {given.months} months, {min(given.sizes):,} and {max(given.sizes):,} consumers")
    for name in small:
        print(f"{name:>22} a consumer-month: {(large[name] - small[name]) / rows:8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

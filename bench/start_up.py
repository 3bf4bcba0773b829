"""How long until the first simulated month is over? `uv run python -m bench.start_up`.

Every command is started afresh several times, turn and turn about. Printed are medians with their range, by
the clock and by processor time (of the whole command). Rules are compiled before the clock starts;
`--cold` adds the time of compiling them all, once, into an empty folder. Without bytecode means that Python
compiles every module it imports, as where it may not write its `__pycache__`.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

type Environment = dict[str, str]

HERE = Path(__file__).resolve().parents[1]
GARDEN = [sys.executable, "-c", "import sys; from experiments.cli import main; sys.exit(main())"]
# What comes after the first month does not matter here.
COMPARE = ["-m", "bench.first_month", "{note}", "compare", "--replications=2", "--months=2", "--out={out}"]
COMMANDS = {
    "`compare`, to the end of its first month": [sys.executable, *COMPARE],
    "the same with `--workers 1`": [sys.executable, *COMPARE, "--workers=1"],
    "the same started by `uv run`": ["uv", "run", "--no-sync", "python", *COMPARE],
    "`scenarios`": [*GARDEN, "scenarios"],
    "`parameters`": [*GARDEN, "parameters"],
    "`--help`": [*GARDEN, "--help"],
}
PARTS = """
import sys, time
sys.path.insert(0, ".")
last = time.perf_counter()
def lap(what):
    global last
    now = time.perf_counter()
    print(what, now - last, sep="\\t")
    last = now
import numpy; lap("numpy")
import numba; lap("numba")
import pandas; lap("pandas, which loads pyarrow; for mesa")
import scipy.spatial, networkx; lap("scipy.spatial and networkx; for mesa")
import mesa; lap("mesa itself")
import model.market; lap("model and agents")
from model.observations import load_observations
load_observations(); lap("data: read and checked")
market = model.market.MobileMarket(consumers=310, rng=1); lap("a small market: compiled rules are loaded")
market.step(); lap("its first month: the other rules are loaded")
market = model.market.MobileMarket(rng=1); lap("a market of 50,000")
market.step(); lap("its first month")
"""


def start(command: list[str], environment: Environment) -> tuple[float, float]:
    """Return the seconds a command takes, or takes to a first month it notes; and those of processor."""
    with tempfile.TemporaryDirectory() as folder:
        note, out = Path(folder) / "note", Path(folder) / "out"
        words = [word.replace("{note}", str(note)).replace("{out}", str(out)) for word in command]
        used, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
        subprocess.run(words, cwd=HERE, env=environment, check=True, capture_output=True)
        ended, using = time.time(), resource.getrusage(resource.RUSAGE_CHILDREN)
        if note.exists():
            ended = float(note.read_text(encoding="utf-8"))
    return ended - started, using.ru_utime + using.ru_stime - used.ru_utime - used.ru_stime


def parts(environment: Environment) -> dict[str, float]:
    """Return the seconds of each part of the way to a first month, one after another in one process."""
    command = [sys.executable, "-c", PARTS]
    done = subprocess.run(command, cwd=HERE, env=environment, check=True, capture_output=True, text=True)
    return {what: float(taken) for what, taken in (line.split("\t") for line in done.stdout.splitlines())}


def compile_cold(environment: Environment) -> tuple[float, float]:
    """Return the seconds that compiling all rules takes, and those of processor."""
    with tempfile.TemporaryDirectory() as folder:
        return start([*GARDEN, "compile"], environment | {"NUMBA_CACHE_DIR": folder})


def environments() -> dict[str, Environment]:
    """Return the environments: with bytecode, as Python keeps it by default, and without."""
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    nowhere = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": os.devnull}
    return {"with bytecode": plain, "without": plain | nowhere}


def spread(values: list[float]) -> str:
    """Return the median of some values with their range."""
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def print_commands(turns: int) -> None:
    """Measure every command in every environment, and print a row for each."""
    taken: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for turn in range(turns + 1):
        for name, environment in environments().items():
            for command, words in COMMANDS.items():
                found = start(words, environment)
                if turn > 0:  # the first fills the machine's own caches
                    taken.setdefault((command, name), []).append(found)
    print("| command | bytecode | s | s of processor, to the end |\n|---|---|---|---|")
    for (command, name), found in sorted(taken.items(), key=lambda item: item[0][1]):
        clock, processor = zip(*found, strict=True)
        print(f"| {command} | {name} | {spread(list(clock))} | {spread(list(processor))} |")


def print_parts(turns: int) -> None:
    """Measure the parts of the way to a first month, and print them."""
    found = [parts(environments()["with bytecode"]) for _ in range(turns)]
    print("\n| loading, building, living | ms |\n|---|---|")
    for what in found[0]:
        print(f"| {what} | {1e3 * median(turn[what] for turn in found):.0f} |")


def main() -> None:
    """Measure in turns and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.start_up", description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--cold", action="store_true", help="compile all rules once, too")
    options = parser.parse_args()
    start([*GARDEN, "compile"], environments()["with bytecode"])
    print_commands(options.turns)
    print_parts(options.turns)
    if options.cold:
        clock, processor = compile_cold(environments()["with bytecode"])
        print(f"\nCompiling all rules: {clock:.0f} s, {processor:.0f} s of processor.")
    print(f"\nLoad when it ended: {os.getloadavg()[0]:.1f} (0 is a quiet machine).")


if __name__ == "__main__":
    main()

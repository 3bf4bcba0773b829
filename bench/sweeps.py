"""What does the sweep machine cost, and how fast is it? `uv run python -m bench.sweeps`.

Three questions, each in processes of its own, one after another in the same session:

- the machine's own cost: sweeps of 1,000 and 100,000 runs that do nothing, every run on the disk; the time a
  run takes with two workers, and the largest memory of the coordinator and of a worker;
- 1,000 real runs by the command, its start and the workers' included, with one worker and with two, against
  the same runs one after another in one process: what a machine that costs nothing would take;
- the same market through `mesa.batch_run`, and a plain Mesa model of the same rule (`bench.plain_mesa`)
  through it, with two processes: fewer runs, since they take so long, and the time a run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from experiments.sweeps.layout import layout
from experiments.sweeps.tasks import Task

SIZES = (1_000, 100_000)
REPLICATIONS, WORKERS = 10, 2
SCENARIOS = ("closed", "open")
PLAIN_SHARE, BATCH_SHARE = 250, 5  # one run of the plain model for so many of ours, one by batch_run
DESIGN = """
scenarios = {scenarios}
consumers = {consumers}
months = {months}
replications = {replications}
[factors]
lock_in = {{ low = 0, high = 2, steps = {steps} }}
outlet_commission = {{ low = 0.01, high = 0.06, steps = 5 }}
"""


def nothing(task: Task) -> np.ndarray:
    """Return numbers of the right shape at no cost."""
    return np.full(len(layout(task.kept, task.months)), float(task.run))


def sweep_of_nothing(runs: int, folder: Path) -> dict[str, float]:
    """Fill a store with so many runs; return milliseconds a run and megabytes at most."""
    from experiments.sweeps.machine import run_sweep
    from experiments.sweeps.reading import read_design
    from experiments.workers import open_pool

    design = read_design(_design_file(folder, runs, consumers=310, months=60))
    with open_pool(WORKERS) as pool:  # the first start loads the model, which is no cost of a run
        pool.submit(int).result()
    began = time.perf_counter()
    run_sweep(design, folder / "store", workers=WORKERS, work=nothing)
    each = (time.perf_counter() - began) / runs
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"ms": 1000 * each, "MB": memory}


def command(folder: Path, runs: int, consumers: int, months: int, workers: int) -> dict[str, float]:
    """Run the command `walled-garden sweep`; return the seconds it takes from start to end."""
    design = _design_file(folder, runs, consumers, months)
    program = "import sys; from experiments.cli import main; sys.exit(main())"
    words = ["sweep", str(design), "--out", str(folder / "store"), "--workers", str(workers)]
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program, *words], check=True, capture_output=True)
    return {"s": time.perf_counter() - began}


def one_by_one(folder: Path, runs: int, consumers: int, months: int) -> dict[str, float]:
    """Make the runs of the command one after another, here; return the seconds of the runs alone."""
    from experiments.sweeps.plan import Plan
    from experiments.sweeps.reading import read_design
    from experiments.sweeps.tasks import simulate

    plan = Plan(read_design(_design_file(folder, runs, consumers, months)))
    for scenario in range(len(SCENARIOS)):
        simulate(plan.task(scenario))
    began = time.perf_counter()
    for run in range(len(plan)):
        simulate(plan.task(run))
    return {"s": time.perf_counter() - began}


def batch_run(model: str, runs: int, consumers: int, months: int) -> dict[str, float]:
    """Make runs through `mesa.batch_run`; return the seconds, its workers' start included."""
    import mesa

    if model == "plain":
        from bench.plain_mesa import PlainMarket as Market
    else:
        from model.market import MobileMarket as Market  # type: ignore[assignment]
    each = max(runs // len(SCENARIOS), 1)
    began = time.perf_counter()
    found = mesa.batch_run(
        Market,
        {"scenario": list(SCENARIOS), "consumers": consumers, "months": months},
        number_processes=WORKERS,
        rng=list(range(each)),
        display_progress=False,
    )
    return {"s": time.perf_counter() - began, "runs": len(found)}


def _design_file(folder: Path, runs: int, consumers: int, months: int) -> Path:
    """Write a design of so many runs, a multiple of 200."""
    steps = runs // (5 * REPLICATIONS * len(SCENARIOS))
    path = folder / "design.toml"
    path.write_text(
        DESIGN.format(
            scenarios=json.dumps(SCENARIOS),
            consumers=consumers,
            months=months,
            replications=REPLICATIONS,
            steps=steps,
        )
    )
    return path


def apart(what: str, *numbers: int, model: str = "") -> dict[str, float]:
    """Measure something in a process of its own, with a folder of its own."""
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
        words = ["-m", "bench.sweeps", "--apart", json.dumps([what, model, folder, *numbers])]
        done = subprocess.run([sys.executable, *words], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure_apart(what: str, model: str, folder: str, *numbers: int) -> dict[str, float]:
    """Do what `apart` asks for."""
    ways: dict[str, Callable[..., dict[str, float]]] = {
        "nothing": lambda runs: sweep_of_nothing(runs, Path(folder)),
        "command": lambda *given: command(Path(folder), *given),
        "one by one": lambda *given: one_by_one(Path(folder), *given),
        "batch_run": lambda *given: batch_run(model, *given),
    }
    return ways[what](*numbers)


def spread(values: list[float], form: str) -> str:
    """Return the median of some values with their range."""
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def overhead() -> None:
    """Measure and print what the machine itself costs."""
    print("| runs that do nothing | a run, ms | memory of the coordinator, MB |\n|--:|--:|--:|")
    for runs in SIZES:
        found = apart("nothing", runs)
        print(f"| {runs:,} | {found['ms']:.2f} | {found['MB']:.0f} |", flush=True)


def in_turns(options: argparse.Namespace) -> dict[str, list[float]]:
    """Return seconds a run of every way, measured turn and turn about."""
    size = (options.consumers, options.months)
    found: dict[str, list[float]] = {}

    def note(name: str, seconds: float, runs: float) -> None:
        found.setdefault(name, []).append(seconds / runs)
        print(f"{name}: {runs:,.0f} runs in {seconds:.1f} s", file=sys.stderr, flush=True)

    for _ in range(options.turns):
        runs = options.runs
        note("one after another, no machine", apart("one by one", runs, *size)["s"], runs)
        for workers in range(1, WORKERS + 1):
            plural = "s" if workers > 1 else ""
            name = f"walled-garden sweep, {workers} worker{plural}"
            note(name, apart("command", runs, *size, workers)["s"], runs)
        for name, model, share in (
            (f"mesa.batch_run of the same model, {WORKERS} processes", "columns", BATCH_SHARE),
            (f"mesa.batch_run of a plain Mesa model, {WORKERS} processes", "plain", PLAIN_SHARE),
        ):
            taken = apart("batch_run", max(runs // share, 2), *size, model=model)
            note(name, taken["s"], taken["runs"])
    return found


def report(found: dict[str, list[float]], runs: int) -> None:
    """Print seconds for all runs, and ratios taken within a turn."""
    sweep = found[f"walled-garden sweep, {WORKERS} workers"]
    alone = found["one after another, no machine"]
    print(f"\n| | {runs:,} runs, s | against the sweep |\n|---|--:|--:|")
    for name, each in found.items():
        ratio = [theirs / ours for theirs, ours in zip(each, sweep, strict=True)]
        print(f"| {name} | {spread([runs * s for s in each], '.1f')} | {spread(ratio, '.2f')} |")
    efficiency = [100 * a / (WORKERS * s) for a, s in zip(alone, sweep, strict=True)]
    print(f"\nParallel efficiency at {WORKERS} workers: {spread(efficiency, '.0f')} %.")
    print(f"Load when it ended: {os.getloadavg()[0]:.1f}.")


def main() -> None:
    """Measure and print all."""
    parser = argparse.ArgumentParser(prog="python -m bench.sweeps", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000, help="a multiple of 200, from 400")
    parser.add_argument("--consumers", type=int, default=10_000)
    parser.add_argument("--months", type=int, default=60)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--apart", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.apart:
        given: list[Any] = json.loads(options.apart)
        print(json.dumps(measure_apart(*given)))
        return
    # As Python does of itself: where it may not keep bytecode, each start compiles thousands of modules anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    overhead()
    report(in_turns(options), options.runs)


if __name__ == "__main__":
    main()

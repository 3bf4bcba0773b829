"""What does the sweep machine itself cost? `uv run python -m bench.sweeps`.

Runs sweeps of 1,000 and of 100,000 runs that do nothing, each in a process of its own, and prints the
time a run (two workers, every run on the disk) and the coordinator's largest memory.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from experiments.sweeps.layout import layout
from experiments.sweeps.tasks import Task

SIZES = (1_000, 100_000)
REPLICATIONS, SCENARIOS, WORKERS = 10, 2, 2


def nothing(task: Task) -> np.ndarray:
    """Return numbers of the right shape at no cost."""
    return np.full(len(layout(task.kept, task.months)), float(task.run))


def sweep_of(runs: int, folder: Path) -> None:
    """Fill a store with so many runs and print what it took."""
    from experiments.sweeps.design import Design, Sampling
    from experiments.sweeps.factors import Factor
    from experiments.sweeps.machine import run_sweep
    from experiments.workers import open_pool

    points = runs // (REPLICATIONS * SCENARIOS)
    design = Design(
        factors=(Factor("lock_in", low=0.0, high=2.0), Factor("switching_cost", low=1.0, high=5.0)),
        sampling=Sampling("latin_hypercube", points=points),
        replications=REPLICATIONS,
    )
    with open_pool(WORKERS) as pool:  # the first start loads the model, which is no cost of a run
        pool.submit(int).result()
    began = time.perf_counter()
    run_sweep(design, folder, workers=WORKERS, work=nothing)
    each = (time.perf_counter() - began) / runs
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{runs:>9,} runs: {1000 * each:.2f} ms a run, {memory:.0f} MB in the coordinator at most")


def main() -> None:
    """Measure every size in a fresh process."""
    for runs in SIZES:
        with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
            words = ["-m", "bench.sweeps", str(runs), str(Path(folder) / "store")]
            subprocess.run([sys.executable, *words], check=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sweep_of(int(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()

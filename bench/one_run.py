"""One run, measured in a process of its own: fresh caches, fresh memory, nothing left of the run before.

`python -m bench.one_run` reads a `Run` as JSON and prints a `Timing` as JSON; `measure_apart` calls it so.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import CONTENDERS
from model.errors import RunError

ROOT = Path(__file__).resolve().parents[1]
ERROR = "model.errors.InputError: "
WARM_UP = 6  # months: by then branches and platforms have met, and all that is compiled is loaded
LEAST_LIMIT, PATIENCE = 300.0, 8.0  # seconds; times the planned duration


@dataclass(frozen=True)
class Run:
    """What to run: a contender's market with so many consumers through so many months."""

    contender: str
    consumers: int
    months: int
    threads: int = 1
    scenario: str = "open"
    seed: int = 1

    @property
    def planned(self) -> float:
        """Return the seconds it may take, roughly, its start included."""
        return 3.0 + CONTENDERS[self.contender].pace * self.consumers * self.months / 1e6


@dataclass(frozen=True)
class Timing:
    """What a run took: seconds on the clock and of the processor, and bytes of memory at most.

    `lines` are lines in use, summed over the months; `memory_before` is the peak before the run began.
    """

    setup: float
    living: float
    setup_cpu: float
    living_cpu: float
    lines: int
    memory: int
    memory_before: int

    @property
    def total(self) -> float:
        """Return the seconds of the whole run."""
        return self.setup + self.living

    @property
    def total_cpu(self) -> float:
        """Return the processor's seconds of the whole run."""
        return self.setup_cpu + self.living_cpu


def peak_memory() -> int:
    """Return the most memory this process has had in use, bytes.

    Linux hands its own record of the parent down to a child, so the process's status is asked first.
    """
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def measure(run: Run) -> Timing:
    """Return what it takes to build a market and to live through its months; what is compiled is, by then."""
    contender = CONTENDERS[run.contender]
    market_type = contender.market()
    threads = {"threads": run.threads} if run.threads > 1 else {}
    market_type(scenario=run.scenario, consumers=1_000, months=WARM_UP, rng=run.seed, **threads).run()
    gc.collect()
    if not contender.collects:
        gc.disable()
    before = peak_memory()
    start, start_cpu = time.perf_counter(), time.process_time()
    market = market_type(
        scenario=run.scenario, consumers=run.consumers, months=run.months, rng=run.seed, **threads
    )
    built, built_cpu = time.perf_counter(), time.process_time()
    while market.running:
        market.step()
    end, end_cpu = time.perf_counter(), time.process_time()
    lines = int(market.entered_path[:, 1 : run.months + 1].sum())
    seconds = (built - start, end - built, built_cpu - start_cpu, end_cpu - built_cpu)
    return Timing(*seconds, lines, peak_memory(), before)


def measure_apart(run: Run) -> Timing:
    """Measure a run in a process of its own.

    Raises
    ------
    RunError
        It failed, or took many times as long as planned.
    """
    label = f"{CONTENDERS[run.contender].label}, {run.consumers:,} consumers, {run.months} months"
    limit = max(LEAST_LIMIT, PATIENCE * run.planned)
    # Libraries with threads of their own keep to those the contender has.
    threads = dict.fromkeys(
        ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(run.threads)
    )
    environment = os.environ | threads
    # As Python does of itself: where it may not keep bytecode, each start compiles thousands of modules anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "bench.one_run", json.dumps(dataclasses.asdict(run))]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=limit
        )
    except subprocess.TimeoutExpired:
        raise RunError(f"{label}: not done after {limit:.0f} s, many times what was planned") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
        raise RunError(f"{label}: {last.removeprefix(ERROR)}")
    return Timing(**json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    print(json.dumps(dataclasses.asdict(measure(Run(**json.loads(sys.argv[1]))))))

"""Sweeps whose runs are arithmetic, in parts of a few runs: what the tests of the machine run.

As a script it fills a store from forked processes that are killed: at random moments, or at every
single step on the disk in turn.
"""

import contextlib
import json
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from works import slow_arithmetic, sometimes_raises

from experiments import workers
from experiments.sweeps import files, machine, store
from experiments.sweeps.design import Design, Kept, Sampling
from experiments.sweeps.factors import Factor
from model import files as model_files

KILLED = -signal.SIGKILL
PARTS_OF = 8  # runs
DESIGN = Design(
    factors=(Factor("lock_in", low=0.0, high=2.0), Factor("deal_months", low=6, high=24)),
    sampling=Sampling("latin_hypercube", points=14),
    replications=5,
    measures=Kept(outcomes=("profit", "share"), series=("market.hhi",), every=20),
)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return every file that must be the same however the sweep was disturbed."""
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    found.pop(files.LOCK)
    manifest = json.loads(found.pop("manifest.json"))
    del manifest["sessions"]
    return found | {"manifest.json": json.dumps(manifest).encode()}


@contextlib.contextmanager
def threads(number: int = 2) -> Iterator[Executor]:
    """Open threads: workers that cost nothing to start."""
    with ThreadPoolExecutor(number) as executor:
        yield executor


@contextlib.contextmanager
def forked() -> Iterator[Executor]:
    """Open processes forked from this one, which has loaded everything."""
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(2, mp_context=context, initializer=workers._begin) as executor:
        yield executor


def in_child(body: Callable[[], object], seconds: float | None) -> int:
    """Run the body in a forked process, killed after so many seconds; return how it ended."""
    pid = os.fork()
    if pid == 0:
        try:
            body()
            os._exit(0)
        except BaseException as error:
            print(type(error).__name__, error, file=sys.stderr, flush=True)
            os._exit(1)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill_at_random(folder: Path, kills: int) -> int:
    """Fill a store, killing it so many times at random moments; return how many kills hit it at work."""
    chance, hits = random.Random(1), 0

    def fill() -> None:
        machine.run_sweep(DESIGN, folder, open_executor=forked, room=4, work=slow_arithmetic)

    for _ in range(kills):
        hits += in_child(fill, chance.uniform(0.01, 0.1)) == KILLED
    assert in_child(fill, None) == 0
    return hits


def kill_at_step(step: int) -> None:
    """Have this process killed at the so manyth step on the disk: before or after it takes effect."""
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def stepping(real: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*given: object) -> object:
            tick()
            result = real(*given)
            tick()
            return result

        return wrapped

    Path.rename = stepping(Path.rename)  # type: ignore[method-assign, assignment]
    Path.unlink = stepping(Path.unlink)  # type: ignore[method-assign, assignment]
    model_files.push = files.push = stepping(model_files.push)  # type: ignore[assignment]


def kill_at_every_step(folder: Path) -> int:
    """Fill a store while each process is killed a step later than the one before; return the kills."""
    for step in range(1, 10_000):

        def fill(step: int = step) -> None:
            kill_at_step(step)
            machine.run_sweep(DESIGN, folder, open_executor=threads, room=3, work=sometimes_raises)

        if in_child(fill, None) == 0:
            return step - 1
    raise AssertionError("never done")


def start_together(folder: Path, number: int) -> list[int]:
    """Start so many processes on one folder at once; return how each ended."""
    begin = time.time() + 0.3
    refused = multiprocessing.get_context("fork").Semaphore(0)
    children, met = [], []

    def wait_for_others(finished: int, total: int, failed: int) -> None:
        """Hold the folder until the others have met us there, however busy the machine is."""
        for _ in range(len(met), number - 1):
            met.append(refused.acquire(timeout=30))

    for _ in range(number):
        pid = os.fork()
        if pid == 0:
            time.sleep(max(0.0, begin - time.time()))
            try:
                machine.run_sweep(
                    DESIGN, folder, open_executor=forked, work=slow_arithmetic, progress=wait_for_others
                )
            except ValueError as error:
                print(error, file=sys.stderr, flush=True)
                refused.release()
                os._exit(2)
            os._exit(0)
        children.append(pid)
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]


def main() -> None:
    """Do what the words say, and print what came of it."""
    store.RUNS_PER_PART, store.COMMIT_SECONDS = PARTS_OF, 0.01
    what, folder = sys.argv[1], Path(sys.argv[2])
    if what == "random":
        print(kill_at_random(folder, int(sys.argv[3])))
    elif what == "every":
        print(kill_at_every_step(folder))
    else:
        print(*start_together(folder, int(sys.argv[3])))


if __name__ == "__main__":
    main()

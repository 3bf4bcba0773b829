"""The machine: hands runs to an executor, puts what comes back into the store, and loses nothing."""

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from experiments.sweeps.design import Design
from experiments.sweeps.tasks import Work

type OpenExecutor = Callable[[], AbstractContextManager[Executor]]
type Progress = Callable[[int, int, int], None]  # (runs finished, runs in all, of them failed)


@dataclass(frozen=True)
class Summary:
    """What a session came to: runs in all, finished now, failed in all, workers lost, seconds."""

    runs: int
    finished_now: int
    failed: int
    lost_workers: int
    seconds: float


def run_sweep(
    design: Design,
    folder: Path,
    *,
    workers: int = 2,
    open_executor: OpenExecutor | None = None,
    room: int | None = None,
    retry_failed: bool = False,
    progress: Progress = lambda finished, runs, failed: None,
    work: Work | None = None,
) -> Summary:
    """Run whatever of a design its store does not hold yet; return when all has finished."""
    raise NotImplementedError

"""The machine: hands runs to an executor, puts what comes back into the store, and loses nothing.

Only so many tasks are in flight, so memory does not grow with the sweep. A worker that dies takes its
run with it, and which of those in flight that was cannot be told: they are run again one by one, and
the one that ends its worker a second time is recorded as failed.
"""

import contextlib
import errno
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from time import monotonic

from experiments.stopping import obey
from experiments.sweeps.design import Design
from experiments.sweeps.executors import killed_its_workers
from experiments.sweeps.limits import GRACE, describe
from experiments.sweeps.manifest import Session
from experiments.sweeps.plan import Plan
from experiments.sweeps.store import COMMIT_SECONDS, Store, open_store
from experiments.sweeps.tasks import Result, Task, Work, run_task, simulate
from experiments.sweeps.until import needed_tasks
from experiments.workers import open_pool
from model.errors import RunError

type OpenExecutor = Callable[[], AbstractContextManager[Executor]]
type Progress = Callable[[int, int, int], None]  # (runs finished, runs in all, of them failed)

ASK_AGAIN = 1.0  # seconds after which to ask whether we were told to stop
ROOM = 4  # tasks in flight a worker: enough to keep all busy while a segment is written
LOG_SECONDS = 60.0  # after which the manifest says anew how far the session has come
MOST_LOSSES = 10  # workers lost one after another with no run finished: then it is not the runs
WORKER_DIED = (
    "WorkerLostError: the worker died when it ran this, and again when it ran it alone (out of memory?)"
)


@dataclass(frozen=True)
class Summary:
    """What a session came to.

    Attributes
    ----------
    runs : runs of the design
    finished_now : runs this session finished, failed ones included
    finished, failed : runs that have finished by now, and those of them that failed
    lost_workers : times that workers were lost and opened again
    seconds : that the session took
    """

    runs: int
    finished_now: int
    finished: int
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
    work: Work = simulate,
) -> Summary:
    """Run whatever of a design its store does not hold yet; return when all has finished.

    Parameters
    ----------
    folder : the store; made if it is not there, gone on with if it is
    workers : processes, where no executor is given
    open_executor : opens what runs the tasks; called again when workers were lost
    room : most tasks in flight; four a worker where it is not given
    retry_failed : run those that failed, and no others
    work : what a run is; a function of a module

    Raises
    ------
    InputError
        The design cannot be run, or the folder holds something else or is held.
    RunError
        The disk is full, or workers die whatever they run. What has finished is in the store.
    """
    plan = Plan(design)
    with open_store(folder, plan, None if open_executor else workers) as (store, session):
        machine = _Machine(store, session, work, progress, room or ROOM * workers)
        tasks: Iterator[Task | None]
        if retry_failed:  # what a point needs is not looked at anew
            tasks = map(plan.task, store.reopen_failed())
        elif design.until is not None:
            tasks = needed_tasks(plan, store, design.until)
        else:
            tasks = map(plan.task, store.unfinished())
        with machine.keeping():
            machine.run_all(tasks, open_executor or (lambda: open_pool(workers)))
        return machine.summary()


class WorkersLostError(Exception):
    """Say that the executor lost workers, and which tasks were in flight.

    Parameters
    ----------
    suspect : True where one of the tasks may be why
    """

    def __init__(self, tasks: list[Task], cause: BaseException | None, suspect: bool = True) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.tasks = sorted(tasks, key=lambda task: task.run)
        self.suspect = suspect


class _Machine:
    """One session's work: tasks in, results into the store."""

    def __init__(self, store: Store, session: Session, work: Work, progress: Progress, room: int) -> None:
        self._store, self._session, self._work, self._progress = store, session, work, progress
        self._room = room
        self._logged = monotonic()
        self._finished = self._losses = 0

    def summary(self) -> Summary:
        """Return what the session came to."""
        store = self._store
        counts = (len(store.plan), self._finished, store.finished, store.failed, self._losses)
        return Summary(*counts, seconds=self._session.seconds)

    @contextlib.contextmanager
    def keeping(self) -> Iterator[None]:
        """Put what has finished on the disk and the session in the log, however the body ends."""
        try:
            yield
            self._session.log(self._finished, "done")
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise RunError(f"the disk is full ({error.filename or 'the store'}); {self._safe()}") from error
        except BaseException as error:
            with contextlib.suppress(OSError):
                self._store.commit()
                told = isinstance(error, KeyboardInterrupt | SystemExit)
                self._session.log(self._finished, "interrupted" if told else type(error).__name__)
                self._tell()  # so that what is said to be safe is what is
            raise

    def run_all(self, tasks: Iterator[Task | None], open_executor: OpenExecutor) -> None:
        """Run the tasks, opening the executor again whenever workers were lost.

        Parameters
        ----------
        tasks : None stands where the next task depends on what comes of those before
        """
        self._tell()
        first = next(tasks, None)
        if first is None:
            self._store.commit()
            self._tell()
            return  # and no worker is started for nothing
        tasks = chain([first], tasks)
        suspects: deque[Task] = deque()
        in_a_row = 0
        while True:
            before = self._finished
            try:
                with open_executor() as executor:
                    self._run_alone(suspects, executor)
                    self._run(tasks, executor, self._room)
                    return
            except RunError as error:  # the executor's own, of which nobody can run anything
                raise RunError(f"{error}; {self._safe()}") from error
            except WorkersLostError as lost:
                self._losses += 1
                in_a_row = in_a_row + 1 if self._finished == before else 1
                if in_a_row > MOST_LOSSES:
                    raise RunError(f"workers die whatever they run ({lost}); {self._safe()}") from lost
                if lost.suspect:
                    suspects.extend(lost.tasks)
                else:
                    tasks = chain(lost.tasks, tasks)

    def _run_alone(self, suspects: deque[Task], executor: Executor) -> None:
        """Run one by one what was in flight when a worker was lost; record what ends it again."""
        while suspects:
            task, began = suspects.popleft(), monotonic()
            try:
                self._run(iter([task]), executor, room=1)
            except WorkersLostError as lost:
                limit = task.time_limit
                late = limit is not None and monotonic() - began >= limit + GRACE
                self._store.add(Result(task.run, b"", describe(limit or 0.0) if late else WORKER_DIED))
                self._store.commit()
                lost.tasks = []
                raise

    def _run(self, tasks: Iterator[Task | None], executor: Executor, room: int) -> None:
        """Run tasks, so many in flight, until none is left; raise WorkersLostError if workers are lost."""
        under_way: dict[Future[Result], Task] = {}
        killers: list[tuple[Task, BaseException]] = []
        while True:
            obey()
            waiting = self._hand_out(tasks, executor, room, under_way)
            if not under_way:
                if waiting and not killers:
                    continue
                break
            patience = COMMIT_SECONDS if self._store.is_waiting else ASK_AGAIN
            for future in wait(under_way, patience, return_when=FIRST_COMPLETED).done:
                self._settle(future, under_way, killers)
            self._store.commit_if_due()
            self._tell()
        self._store.commit()
        self._tell()
        if killers:
            raise WorkersLostError([task for task, _ in killers], killers[0][1])

    def _hand_out(
        self,
        tasks: Iterator[Task | None],
        executor: Executor,
        room: int,
        under_way: dict[Future[Result], Task],
    ) -> bool:
        """Submit tasks while there is room; return True if the next depends on those under way."""
        for task in islice(tasks, room - len(under_way)):
            if task is None:
                return True
            try:
                under_way[executor.submit(run_task, task, self._work)] = task
            except BrokenExecutor as error:
                raise WorkersLostError([*self._rescue(under_way), task], error) from error
        return False

    def _settle(
        self,
        future: Future[Result],
        under_way: dict[Future[Result], Task],
        killers: list[tuple[Task, BaseException]],
    ) -> None:
        """Take what a task came to out of those under way; set it aside where its workers died."""
        if future.cancelled():  # by an executor that lost its workers, and no task is to blame
            raise WorkersLostError(self._rescue(under_way), CancelledError(), suspect=False)
        cause = future.exception()
        if cause is None:
            self._take(future.result())
        elif killed_its_workers(cause):  # the executor has others and goes on
            killers.append((under_way[future], cause))
        elif isinstance(cause, RunError):
            raise cause
        else:
            raise WorkersLostError(self._rescue(under_way), cause) from cause
        del under_way[future]

    def _rescue(self, under_way: dict[Future[Result], Task]) -> list[Task]:
        """Take the results there are; return the tasks that have none."""
        lost = []
        for future, task in under_way.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                self._take(future.result())
            else:
                lost.append(task)
        return lost

    def _take(self, result: Result) -> None:
        self._store.add(result)
        self._finished += 1

    def _tell(self) -> None:
        self._progress(self._store.finished, len(self._store.plan), self._store.failed)
        if monotonic() - self._logged > LOG_SECONDS:
            self._session.log(self._finished)
            self._logged = monotonic()

    def _safe(self) -> str:
        return (
            f"{self._store.finished:,} of {len(self._store.plan):,} runs are safe in {self._store.folder}; "
            "the same command goes on from there"
        )

"""What runs the tasks of a sweep: processes here, a Dask cluster, or the ranks of an MPI job.

All three are `concurrent.futures.Executor`s, and a task says all that its run depends on, so the choice
changes nothing but the time. Workers elsewhere may have another version of the model, which would change
numbers unseen: each holds its source against ours before it runs anything. Dask and MPI are optional
(`walled-garden[cluster]`, `walled-garden[mpi]`) and are imported only when asked for.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import json
import logging
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from experiments.store import CHECKOUT
from experiments.sweeps.plan import PACKAGES, source_digest
from model.errors import InputError, RunError, unknown_name

if TYPE_CHECKING:
    from distributed import Client

NAMES = ("processes", "dask", "mpi")
EXTRAS = {"dask": ("distributed", "cluster"), "mpi": ("mpi4py", "mpi")}  # module, extra
MPI_COMMAND = "mpiexec -n 4 python -m mpi4py.futures .venv/bin/walled-garden sweep ... --executor mpi"

ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://.+:\d+")
ALLOWED = (
    "allowed: the address that `dask scheduler` prints, such as tcp://127.0.0.1:8786, or its "
    "scheduler file (.json)"
)

PATIENCE = 10.0  # seconds in which a scheduler must answer
ASK_WORKERS = 5.0  # seconds between asking whether there are any workers
ROOM_DASK = 512  # tasks in flight: workers may join at any time, and all should find some
ROOM_RANK = 4  # tasks in flight a rank

type OpenExecutor = Callable[[], AbstractContextManager[Executor]]
type Tell = Callable[[str], None]


class Chosen(NamedTuple):
    """What `run_sweep` wants to know of an executor: how to open it, and most tasks in flight."""

    open_executor: OpenExecutor | None  # None: processes here
    room: int | None


def choose_executor(name: str, scheduler: str | None = None, tell: Tell = lambda line: None) -> Chosen:
    """Return the executor of a name, with whatever it needs looked for.

    Parameters
    ----------
    scheduler : of Dask: tcp://host:port, or the JSON file that `dask scheduler --scheduler-file` writes
    tell : called with one line where there is something to wait for

    Raises
    ------
    InputError
        There is no such executor, its library is not installed, or it is not told what it needs.
    """
    if name not in NAMES:
        raise unknown_name("executor", name, NAMES)
    if scheduler is not None and name != "dask":
        raise InputError(f"--scheduler is for --executor dask, not {name}; allowed: one of them")
    if name == "processes":
        return Chosen(None, None)
    _require(name)
    if name == "mpi":
        return Chosen(open_mpi, ROOM_RANK * _ranks())
    if scheduler is None:
        raise InputError(f"--executor dask: --scheduler is missing; {ALLOWED}")
    with _connect(scheduler, again=False):
        pass  # before anything is written
    return dask_cluster(scheduler, tell)


def dask_cluster(cluster: Any, tell: Tell = lambda line: None) -> Chosen:
    """Return the workers of a Dask cluster: an address, a scheduler file, or a `Cluster` of dask-jobqueue."""
    connected: list[bool] = []  # whether it ever answered

    @contextlib.contextmanager
    def open_executor() -> Iterator[Executor]:
        with _connect(cluster, bool(connected)) as client:
            connected.append(True)
            with _watching(client, tell), _ending(client.get_executor(pure=False)) as inner:
                yield Checked(inner)

    return Chosen(open_executor, ROOM_DASK)


@contextlib.contextmanager
def open_mpi() -> Iterator[Executor]:
    """Open the other ranks of this MPI job; a rank that dies ends the job, as MPI has it."""
    from mpi4py.futures import MPIPoolExecutor

    with _ending(MPIPoolExecutor()) as inner:
        yield Checked(inner)


def killed_its_workers(cause: BaseException) -> bool:
    """Return True if a task was given up because every worker that ran it died (Dask's own count)."""
    return type(cause).__name__ == "KilledWorker"


class Checked(Executor):
    """Hand work on to an executor whose workers may hold another version of the model."""

    def __init__(self, inner: Executor) -> None:
        self._inner = inner

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have fn(*args) run by a worker, after the worker has held its version against ours."""
        return self._inner.submit(run_checked, version_digest(), fn, *args, **kwargs)


def run_checked(expected: str, fn: Callable[..., Any], *args: Any) -> Any:
    """Return fn(*args); called in a worker.

    Raises
    ------
    RunError
        This worker would run another version of the model.
    """
    if version_digest() != expected:
        raise RunError(
            f"a worker on {socket.gethostname()} ({CHECKOUT}) has another source of the model or other "
            f"versions of {', '.join(PACKAGES)}; install the same there"
        )
    return fn(*args)


@cache
def version_digest() -> str:
    """Return the SHA-256 of everything here, but the task, that decides the numbers of a run."""
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    said = json.dumps({"versions": versions, "source": source_digest(CHECKOUT)}, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _require(name: str) -> None:
    module, extra = EXTRAS[name]
    if importlib.util.find_spec(module) is None:
        raise InputError(
            f"--executor {name} needs {module}, which is not installed; install it with "
            f"`uv sync --extra {extra}` (or `pip install 'walled-garden[{extra}]'`); "
            "allowed without it: processes"
        )


def _ranks() -> int:
    """Return the ranks that run tasks; the first hands them out."""
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise InputError(
            f"--executor mpi: mpi4py finds no MPI library ({' '.join(str(error).split())}); install one "
            "(your cluster's module, or `uv pip install mpich`)"
        ) from error
    size = int(MPI.COMM_WORLD.Get_size())
    if size < 2 or "mpi4py.futures" not in sys.orig_argv:
        raise InputError(f"--executor mpi: not started under MPI with workers; allowed: {MPI_COMMAND}")
    return size - 1


@contextlib.contextmanager
def _connect(cluster: Any, again: bool) -> Iterator["Client"]:
    from distributed import Client

    _check_address(cluster)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters we say ourselves
    given = {"scheduler_file": cluster} if str(cluster).endswith(".json") else {"address": cluster}
    try:
        client = Client(**given, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        if again:
            raise RunError(f"the Dask scheduler at {cluster} was lost and does not answer") from error
        raise InputError(
            f"--scheduler {cluster}: no Dask scheduler answers there "
            f"({' '.join(str(error).split()) or type(error).__name__}); {ALLOWED}"
        ) from error
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):  # the scheduler may be gone
            client.close(timeout=2)


def _check_address(cluster: Any) -> None:
    """Raise InputError for what cannot be an address; Dask itself would wait for it, for ever or not."""
    if not isinstance(cluster, str) or ADDRESS.fullmatch(cluster):
        return
    if not cluster.endswith(".json"):
        raise InputError(f"--scheduler {cluster!r}: {ALLOWED}")
    if not Path(cluster).is_file():
        raise InputError(f"--scheduler {cluster!r}: there is no such file; {ALLOWED}")


@contextlib.contextmanager
def _ending[E: Executor](executor: E) -> Iterator[E]:
    """Shut an executor down: wait for what it does, or give that up when the body fails."""
    try:
        yield executor
    except BaseException:
        with contextlib.suppress(Exception):
            _give_up(executor)
        raise
    executor.shutdown()


def _give_up(executor: Executor) -> None:
    try:
        executor.shutdown(wait=False, cancel_futures=True)
    except TypeError:  # Dask's cancels without being asked
        executor.shutdown(wait=False)


@contextlib.contextmanager
def _watching(client: "Client", tell: Tell) -> Iterator[None]:
    """Say so while the scheduler has no workers: the sweep waits for some, for as long as it takes."""
    over = threading.Event()

    def watch() -> None:
        told = False
        while True:
            with contextlib.suppress(Exception):
                workers = client.nthreads()
                if not workers and not told:
                    tell(f"no workers at {client.scheduler.address}: waiting for some to join")
                told = not workers
            if over.wait(ASK_WORKERS):
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()

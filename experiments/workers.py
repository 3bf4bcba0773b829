"""Worker processes: started early, ended at once when we are interrupted, never left behind.

Workers are forked from a server that has the model loaded, so each starts in milliseconds. This
module imports nothing heavy: starting the server first lets it load while we do.
"""

import contextlib
import multiprocessing as mp
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait
from typing import Any

PATIENCE = 5.0  # seconds to wait for a worker that was told to end
PRELOADED = ["experiments.runner", "model.market"]


def start_server() -> None:
    """Start the server that workers are forked from, unless it runs; it ends when we end."""
    context = _context()
    if context.get_start_method() != "forkserver":
        return
    from multiprocessing.forkserver import ensure_running

    # The server would look for modules in the working directory first, where somebody may well
    # keep a package called "model"; this variable is Python's own way to leave that out.
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        ensure_running()
    finally:
        os.environ.pop("PYTHONSAFEPATH")
        if before is not None:
            os.environ["PYTHONSAFEPATH"] = before


@contextlib.contextmanager
def open_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Open a pool of processes; end them at once when the body fails or is interrupted."""
    start_server()
    _await_server()
    before = set(mp.active_children())
    pool = ProcessPoolExecutor(workers, mp_context=_context(), initializer=_begin)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        children = set(mp.active_children()) - before
        for child in children:
            child.terminate()
        for child in children:
            child.join(PATIENCE)
        raise
    pool.shutdown()


def _await_server() -> None:
    """Wait until the server has loaded the model.

    A worker asked for earlier would start whenever the server gets to it, even if we were
    interrupted and gone by then, and complain of it with a traceback.
    """
    ready = _context().Process(target=int)
    ready.start()
    ready.join()


def _context() -> Any:
    """Return the way to make processes: forked from a server, or afresh where that is not had."""
    if "forkserver" not in mp.get_all_start_methods():
        return mp.get_context("spawn")
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end when the parent is gone (or we would wait for ever)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = mp.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)

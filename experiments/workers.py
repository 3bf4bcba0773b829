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
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Any

from experiments.stopping import note

PATIENCE = 10.0  # seconds to wait for workers that were told to stop
WATCH = 1.0  # seconds between looks at whether the pool is broken
PRELOADED = ["experiments.preloading"]


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
        with _deaf_children():
            ensure_running()
    finally:
        os.environ.pop("PYTHONSAFEPATH")
        if before is not None:
            os.environ["PYTHONSAFEPATH"] = before


@contextlib.contextmanager
def _deaf_children() -> Iterator[None]:
    """Have processes started here leave Ctrl-C to us from their first moment on, before any handler."""
    if threading.current_thread() is not threading.main_thread():  # others may not say who hears what
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def open_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Open a pool of processes; when the body fails or is interrupted, have them stop where they are.

    Workers are asked, not killed: one killed while it sends a result leaves half a message in the
    pipe, and the pool would wait for the other half for ever. They stop after the month they are in;
    who has not stopped when our patience ends is killed. Once one has died by itself the pool is
    broken and reads no more messages: then the others are killed at once.
    """
    start_server()
    _await_server()
    before = set(mp.active_children())
    pool = ProcessPoolExecutor(workers, mp_context=_context(), initializer=_begin)
    closing = threading.Event()
    threading.Thread(target=_watch, args=(pool, before, closing), daemon=True).start()
    try:
        yield pool
    except BaseException as error:
        closing.set()
        children = set(mp.active_children()) - before
        for child in children:
            child.terminate()  # heard by `_begin`'s handler
        broken = any(isinstance(e, BrokenProcessPool) for e in (error, error.__cause__))
        impatience = threading.Timer(0.0 if broken else PATIENCE, _kill, (children,))
        impatience.start()
        try:
            pool.shutdown(cancel_futures=True)
        finally:
            impatience.cancel()
        raise
    closing.set()
    pool.shutdown()


def _watch(pool: ProcessPoolExecutor, before: set[Any], closing: threading.Event) -> None:
    """Kill the workers of a pool that is broken and was not closed for it.

    A pool whose worker died waits for the others, who only note that they are told to stop, and holds
    its lock meanwhile: a `submit` at that moment would never return, and we never hear of it. There
    is no public word of a pool's being broken that does not take that lock.
    """
    while not closing.wait(WATCH):
        if getattr(pool, "_broken", False):
            _kill(set(mp.active_children()) - before)
            return


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
    """Leave Ctrl-C to the parent, note SIGTERM, and end when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, note)
    parent = mp.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _kill(children: set[Any]) -> None:
    for child in children:
        child.kill()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)

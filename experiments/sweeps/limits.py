"""Time limits of runs: three nets, since no single one catches every way to hang.

A run asks for the time each month. Python code that does not come back is interrupted by an alarm,
where there are signals. What hears no signal, a compiled loop that never ends, is ended with its
process by the interpreter's own watchdog, if the process is a worker that may be replaced.
"""

import contextlib
import faulthandler
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from types import FrameType

GRACE = 1.0  # seconds beyond the limit after which a worker that hears nothing is ended

_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))


class TimeLimitError(BaseException):
    """Say that a run took longer than it may; not an Exception, so that no run swallows it."""


@contextlib.contextmanager
def limited(seconds: float | None) -> Iterator[None]:
    """Raise TimeLimitError in the body once it has taken so many seconds; None: never."""
    if seconds is None:
        yield
        return
    before = _deadline.set(time.monotonic() + seconds)
    try:
        with _alarm(seconds), _last_resort(seconds + GRACE):
            yield
    finally:
        _deadline.reset(before)


def check_time() -> None:
    """Raise TimeLimitError if the time of the run under way is over."""
    if time.monotonic() > _deadline.get():
        raise TimeLimitError


def describe(seconds: float) -> str:
    """Return how the store says that a run took too long."""
    return f"TimeLimitError: it ran longer than its time limit of {seconds:g} s"


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _last_resort(seconds: float) -> Iterator[None]:
    """End this process after so many seconds: the watchdog is a thread that needs no interpreter lock."""
    if multiprocessing.parent_process() is None:  # not ours to end: a rank of MPI, a thread of a session
        yield
        return
    with open(os.devnull, "w") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def _ring(number: int, frame: FrameType | None) -> None:
    raise TimeLimitError

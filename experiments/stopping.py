"""Being told to stop: Ctrl-C and SIGTERM are obeyed even where an exception would be lost.

A signal's exception is raised wherever the program happens to be. In a callback of the interpreter
(a weak reference's, a destructor's) Python prints and drops it, and the program would run on. So the
signal is also remembered, and long loops ask `obey()`.
"""

import contextlib
import signal
import sys
from collections.abc import Iterator
from types import FrameType

TERMINATED = 143  # exit status of a program ended by SIGTERM: 128 + 15

_told: list[int] = []


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """Remember SIGINT and SIGTERM while the body runs, and raise for them."""
    _told.clear()
    before = {number: signal.signal(number, _hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def note(number: int, _: FrameType | None) -> None:
    """Remember a signal and raise nothing: a handler for work that asks `obey()` by itself."""
    _told.append(number)


def obey() -> None:
    """Raise KeyboardInterrupt or SystemExit if a signal was noted, or its exception was lost."""
    if _told:
        _stop(_told[-1])


def _hear(number: int, frame: FrameType | None) -> None:
    note(number, frame)
    _stop(number)


def _stop(number: int) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(TERMINATED)

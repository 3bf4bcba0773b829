"""Time limits of runs."""

from collections.abc import Iterator
from contextlib import contextmanager


class TimeLimitError(Exception):
    """Say that a run took longer than it may."""


@contextmanager
def limited(seconds: float | None) -> Iterator[None]:
    """Raise TimeLimitError in the body once it has taken so many seconds."""
    yield


def check_time() -> None:
    """Raise TimeLimitError if the time of the run under way is over."""

"""Files that are there whole or not at all, whatever happens while they are written."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

PARTIAL = ".partial"


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file to write beside `path`; push it to the disk and rename it when the body succeeds."""
    aside = path.with_name(f".{path.name}{PARTIAL}")
    try:
        yield aside
        push(aside)
        aside.rename(path)
        push(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise


def remove(path: Path) -> None:
    """Remove a file if it is there, and have the disk know it."""
    if path.exists():
        path.unlink()
        push(path.parent)


def push(path: Path) -> None:
    """Have the disk know a file or folder as it stands."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

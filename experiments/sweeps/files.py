"""Files written at once, folders the disk knows of, and one process at a time."""

import contextlib
import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from model.errors import InputError
from model.files import push, replacing

LOCK = ".lock"


def write_durably(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, whatever happens."""
    with replacing(path) as aside:
        aside.write_bytes(content)


def make_folder(path: Path) -> None:
    """Make a folder unless it is there, and have the disk know it."""
    if not path.is_dir():
        path.mkdir()
        push(path.parent)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder while the body runs; the system lets go of it however this process ends.

    Raises
    ------
    InputError
        Another process holds it.
    """
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{str(folder)!r} is being filled by {_holder(folder)}; "
                "allowed: wait until it ends or stop it, or another folder"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(_ourselves()).encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _ourselves() -> dict[str, str | int]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"process": os.getpid(), "host": socket.gethostname(), "since": since}


def _holder(folder: Path) -> str:
    try:
        holder = json.loads((folder / LOCK).read_text())
        return f"process {holder['process']} on {holder['host']} since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"

"""A market on the disk, from which it goes on to identical results.

A checkpoint is one file, `month-NNN.checkpoint`, there whole or not at all:

    magic, a line | header, a line of JSON | the market, pickled | each large array | SHA-256 of all before

The market is pickled without its large arrays, which are streamed from memory to disk and back, block by
block, so that neither way takes a second copy. Blocks are compressed (zstd): columns are small numbers, and
disks are slower than processors. A folder keeps the last two.

A pickle can do anything when it is loaded: load only checkpoints you wrote.
"""

import contextlib
import importlib.metadata
import io
import json
import os
import pickle
import platform
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
from mesa.discrete_space import Cell, OrthogonalMooreGrid

from model.errors import InputError
from model.files import PARTIAL, replacing
from model.groundwork import province_grid
from model.market import MobileMarket
from model.observations import load_observations

KEPT = 2  # checkpoints
ENDING = ".checkpoint"
MAGIC = b"walled-garden checkpoint 1\n"
BLOCK = 1 << 22  # bytes compressed at a time
LARGE = 1 << 20  # bytes; smaller arrays stay in the pickle
DIGEST = 32  # bytes
PACKAGES = ("mesa", "numba", "numpy", "pandas")
ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("agents/*.py", "model/*.py", "data/**/*.csv")  # what a run's numbers come from


class Checkpoint(NamedTuple):
    """What a checkpoint says of itself.

    Attributes
    ----------
    path : Path
    month : int
        Months lived through.
    code : dict
        Version or digest of whatever makes the numbers, by name.
    notes : dict
        What was given to `save`.
    """

    path: Path
    month: int
    code: dict[str, str]
    notes: dict[str, Any]


def save(market: MobileMarket, folder: Path, notes: Mapping[str, Any] | None = None) -> Path:
    """Write a market to a folder as it stands, between two months; keep the last two; return the file.

    Parameters
    ----------
    folder : made if it is not there
    notes : JSON values to keep with it

    Raises
    ------
    OSError
        It cannot be written; checkpoints that were there still are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"month-{market.month:03d}{ENDING}"
    pickled, large = _pickle(market)
    header = {"month": market.month, "code": code_versions(), "notes": dict(notes or {})}
    with replacing(path) as aside, aside.open("wb") as file:
        out = _Hashing(file)
        out.write(MAGIC + json.dumps(header).encode() + b"\n")
        threads = market.population.threads
        with ThreadPoolExecutor(threads) as pool:
            for part in (pickled, *large):
                _write_blocks(out, part, pool, room=4 * threads)
        file.write(out.digest.digest())
    for old in _files(folder)[:-KEPT]:
        old.unlink()
    return path


def load(folder: Path, threads: int = 1) -> MobileMarket:
    """Return the market of a folder's last checkpoint; it goes on as if it had never stopped.

    Parameters
    ----------
    threads : threads that share the rows from now on; results do not depend on it

    Raises
    ------
    InputError
        There is no checkpoint, or the last is damaged or by another version of the code.
    """
    found = last(folder)
    if found is None:
        raise InputError(f"no checkpoint in {str(folder)!r}; allowed: a folder that `save` wrote to")
    check(found)
    with found.path.open("rb") as file:
        file.readline()
        file.readline()
        pickled = io.BytesIO(_read_blocks(file))
        market = _unpickle(pickled, _buffers(file))
    market.population.hire(threads)
    return market


def last(folder: Path) -> Checkpoint | None:
    """Return what the last checkpoint of a folder says of itself, None where there is none.

    Raises
    ------
    InputError
        It is damaged.
    """
    files = _files(folder)
    if not files:
        return None
    with files[-1].open("rb") as file:
        magic, header = file.readline(1024), file.readline()
    with contextlib.suppress(ValueError, KeyError, TypeError):
        said = json.loads(header)
        if magic == MAGIC:
            return Checkpoint(files[-1], int(said["month"]), dict(said["code"]), dict(said["notes"]))
    raise _damaged(files[-1])


def check(found: Checkpoint) -> None:
    """Raise InputError unless a checkpoint was written by this code and is what was written."""
    ours = code_versions()
    differing = [name for name in ours if found.code.get(name) != ours[name]]
    if differing:
        raise InputError(
            f"{found.path} was written by other {', '.join(differing)}; allowed: the same code and versions, "
            "or to begin anew without it"
        )
    _check_digest(found.path)


def discard(folder: Path) -> None:
    """Remove every checkpoint of a folder, and the folder if nothing else is in it."""
    for path in (*_files(folder), *folder.glob(f".*{ENDING}{PARTIAL}")):
        path.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()


def most_bytes(consumers: int) -> int:
    """Return the most disk that checkpoints of so many consumers take: those kept, and one more."""
    return (KEPT + 1) * (consumers * bytes_a_row() + 16 * BLOCK)


def bytes_a_row() -> int:
    """Return the memory that a consumer takes, bytes."""
    columns = MobileMarket(consumers=310, months=1).population.columns
    return sum(column.dtype.itemsize for column in columns)


def code_versions() -> dict[str, str]:
    """Return what makes a run's numbers: versions by package, and a digest of rules and data."""
    digest = sha256()
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern)):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    return {"rules and data": digest.hexdigest(), "python": platform.python_version(), **versions}


class _Pickler(pickle.Pickler):
    """Pickles all of a market but its grid, which is made anew.

    Mesa's grid comes back from a pickle with a class of its own for each cell, and cannot be written again.
    """

    def persistent_id(self, obj: Any) -> tuple[Any, ...] | None:
        if isinstance(obj, OrthogonalMooreGrid):
            return ("grid",)
        return ("cell", obj.coordinate) if isinstance(obj, Cell) else None


class _Unpickler(pickle.Unpickler):
    grid: OrthogonalMooreGrid

    def persistent_load(self, pid: tuple[Any, ...]) -> Any:
        _, *where = pid
        return self.grid[where[0]] if where else self.grid


def _unpickle(pickled: io.BytesIO, buffers: Iterator[np.ndarray]) -> MobileMarket:
    """Return the market of what `_pickle` gave, its branches in the cells of a new grid."""
    unpickler = _Unpickler(pickled, buffers=buffers)
    unpickler.grid = province_grid(load_observations(), unpickler.load())
    market: MobileMarket = unpickler.load()
    for branch in chain(*market.branches):
        branch.cell.add_agent(branch)
    return market


class _Hashing:
    """A file that keeps the digest of what is written to it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.digest = file, sha256()

    def write(self, content: Any) -> None:
        self.digest.update(content)
        self.file.write(content)


def _pickle(market: MobileMarket) -> tuple[memoryview, list[memoryview]]:
    """Return a market's pickle without its large arrays, and those arrays' memory, not copied."""
    pickled, large = io.BytesIO(), []

    def stays(buffer: pickle.PickleBuffer) -> bool:
        content = buffer.raw()
        if content.nbytes >= LARGE:
            large.append(content)
        return content.nbytes < LARGE

    pickler = _Pickler(pickled, protocol=5, buffer_callback=stays)
    pickler.dump(market.random)
    pickler.dump(market)
    return pickled.getbuffer(), large


def _write_blocks(out: _Hashing, content: memoryview, pool: ThreadPoolExecutor, room: int) -> None:
    """Write the size of a part, then its blocks, each led by its size; at most `room` wait in memory."""
    codec = pa.Codec("zstd", 1)
    out.write(_number(content.nbytes))
    under_way: deque[Future[bytes]] = deque()
    for start in range(0, content.nbytes, BLOCK):
        under_way.append(pool.submit(codec.compress, content[start : start + BLOCK], asbytes=True))
        if len(under_way) > room:
            _write_block(out, under_way.popleft().result())
    for future in under_way:
        _write_block(out, future.result())


def _write_block(out: _Hashing, block: bytes) -> None:
    out.write(_number(len(block)))
    out.write(block)


def _read_blocks(file: BinaryIO) -> np.ndarray:
    """Return the next part of a file, (bytes,) uint8."""
    codec = pa.Codec("zstd")
    content = np.empty(_read_number(file), np.uint8)
    for start in range(0, len(content), BLOCK):
        room = content[start : start + BLOCK]
        block = file.read(_read_number(file))
        room[:] = np.frombuffer(codec.decompress(block, decompressed_size=len(room)), np.uint8)
    return content


def _buffers(file: BinaryIO) -> Iterator[np.ndarray]:
    """Yield the large arrays' memory in the order in which they were pickled."""
    while True:
        yield _read_blocks(file)


def _number(value: int) -> bytes:
    return value.to_bytes(8, "little")


def _read_number(file: BinaryIO) -> int:
    return int.from_bytes(file.read(8), "little")


def _files(folder: Path) -> list[Path]:
    """Return the checkpoints of a folder, the last month's last."""
    return sorted(folder.glob(f"month-*{ENDING}"))


def _check_digest(path: Path) -> None:
    """Raise InputError unless a checkpoint is what was written."""
    size = os.path.getsize(path) - DIGEST
    digest = sha256()
    with path.open("rb") as file:
        while size > 0 and (block := file.read(min(size, BLOCK))):
            digest.update(block)
            size -= len(block)
        if file.read() != digest.digest():
            raise _damaged(path)


def _damaged(path: Path) -> InputError:
    others = [other for other in _files(path.parent) if other != path]
    rest = f"the run then goes on from {others[-1].name}" if others else "the run then begins anew"
    return InputError(f"{path} is damaged: it is not what was written; remove it, and {rest}")

"""Tables of fixed shapes that lie one after another in memory: a NumPy record.

Compiled code is handed one pointer to all of it, and knows every shape. A tuple of arrays is taken apart
and put together again at every call, seven numbers an array: for the sixty of a room that takes longer than
the work of a few people.
"""

from __future__ import annotations

import mmap
import weakref
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

import numpy as np


def record_type(fields: Mapping[str, tuple[Any, Any]]) -> np.dtype:
    """Return the type of a record.

    Parameters
    ----------
    fields : dict of name to (type, shape)
        The type may be a record's in turn.
    """
    parts = [(name, kind, shape) for name, (kind, shape) in fields.items()]
    return np.dtype((np.record, np.dtype(parts, align=True)))


def make_record(kind: np.dtype) -> np.record:
    """Return a record of some type, all zeros; its tables are views of it."""
    return np.zeros(1, kind).view(np.recarray)[0]


class Shelf:
    """Memory from which records are handed out one after another, each once.

    What nobody uses any more is used again: had anew by each run, the memory for what is kept of a month took
    longer to be given out than to be filled in.

    Parameters
    ----------
    sizes : of int, bytes
        What is going to be asked for, in that order: room for it is had at once, so that no month need wait
        for it. Whoever asks for more gets it too.
    """

    PIECE, BOUNDARY = 1 << 20, 64  # bytes; a record begins where a line of the processor's cache does

    def __init__(self, sizes: Iterable[int] = ()) -> None:
        self._left, self._used = np.zeros(0, np.uint8), False
        self._ready = [_STORE.piece(self.PIECE) for _ in range(self._pieces(sizes))]

    def take(self, kind: np.dtype) -> np.ndarray:
        """Return a record of some type, all zeros, as an array of one."""
        return self._cut(kind.itemsize).view(kind)

    def take_table(self, rows: int, columns: int) -> np.ndarray:
        """Return a table of int64, all zeros."""
        return self._cut(8 * rows * columns).view(np.int64).reshape(rows, columns)

    def _pieces(self, sizes: Iterable[int]) -> int:
        """Return how many pieces some records take; one larger than a piece has one of its own, had later."""
        pieces = left = 0
        for size in sizes:
            room = self._rounded(size)
            if room > self.PIECE:
                left = 0
            elif room > left:
                pieces, left = pieces + 1, self.PIECE - room
            else:
                left -= room
        return pieces

    def _rounded(self, size: int) -> int:
        """Return the room for so many bytes, whole lines."""
        return -(-size // self.BOUNDARY) * self.BOUNDARY

    def _cut(self, size: int) -> np.ndarray:
        """Return so many bytes, all 0."""
        room = self._rounded(size)
        if room > len(self._left):
            ready = self._ready and room <= self.PIECE
            self._left, self._used = self._ready.pop() if ready else _STORE.piece(max(room, self.PIECE))
        taken, self._left = self._left[:size], self._left[room:]
        if self._used:  # whoever had the piece before left something in it
            taken.fill(0)
        return taken

    def __reduce__(self) -> tuple[type[Shelf], tuple[()]]:
        """Pickle and copy as an empty shelf: what was handed out belongs to others."""
        return Shelf, ()


# For this process alone, where memory is to be shared unless one says so; and had in one go, not page by page
# when it is first written to, which takes several times as long.
_OWN = (mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) if hasattr(mmap, "MAP_ANONYMOUS") else 0
_HOW: dict[str, int] = {"flags": _OWN | getattr(mmap, "MAP_POPULATE", 0)} if _OWN else {}


class Store:
    """Pieces of memory that shelves are filled from, some of which are kept for the next.

    Parameters
    ----------
    most : int
        Pieces that are kept.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: list[tuple[mmap.mmap, weakref.ref[np.ndarray]]] = []
        self._taking = Lock()

    def piece(self, size: int) -> tuple[np.ndarray, bool]:
        """Return a piece of memory of some bytes, and whether it was used before; if not it is all zeros."""
        with self._taking:
            for i, (memory, used) in enumerate(self._kept):
                if (
                    len(memory) == size and used() is None
                ):  # no array, and no view of one, lies there any more
                    piece = np.frombuffer(memory, np.uint8)
                    self._kept[i] = memory, weakref.ref(piece)
                    return piece, True
            memory = mmap.mmap(-1, size, **_HOW)
            piece = np.frombuffer(memory, np.uint8)
            if len(self._kept) < self.most:
                self._kept.append((memory, weakref.ref(piece)))
            return piece, False


_STORE = Store(most=32)

"""Tables of fixed shapes that lie one after another in memory: a NumPy record.

Compiled code is handed one pointer to all of it, and knows every shape. A tuple of arrays is taken apart
and put together again at every call, seven numbers an array: for the sixty of a room that takes longer than
the work of a few people.
"""

from __future__ import annotations

from collections.abc import Mapping
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

    It is had in pieces large enough for the system's large pages. Page by small page, what a run keeps of a
    month took longer to be given out than to be filled in.
    """

    PIECE, BOUNDARY = 8 << 20, 64  # bytes; a record begins where a line of the processor's cache does

    def __init__(self) -> None:
        self._left = np.zeros(0, np.uint8)

    def take(self, kind: np.dtype) -> np.ndarray:
        """Return a record of some type, all zeros, as an array of one."""
        size = -(-kind.itemsize // self.BOUNDARY) * self.BOUNDARY
        if size > len(self._left):
            piece = np.zeros(max(size, self.PIECE) + self.BOUNDARY, np.uint8)
            self._left = piece[-piece.ctypes.data % self.BOUNDARY :]
        taken, self._left = self._left[: kind.itemsize], self._left[size:]
        return taken.view(kind)

    def __reduce__(self) -> tuple[type[Shelf], tuple[()]]:
        """Pickle and copy as an empty shelf: what was handed out belongs to others."""
        return Shelf, ()

"""The threads that share out the rows, and the room that each of them works in."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock
from typing import NamedTuple

import numpy as np

from agents.columns import ACCOUNT_BITS
from agents.stretches import make_room

MOST_PARTS = 4  # of the rows, a thread: one that is held up leaves its others to the rest
LEAST_ROWS = 1 << 20  # in a part, where there are several a thread: some 5 ms of work


class Counts(NamedTuple):
    """What is counted at work; see `agents.stretches.room_type`. None is what nobody asks for."""

    people: np.ndarray | None = None
    moves: np.ndarray | None = None
    payments: np.ndarray | None = None


NOTHING = Counts()


class Workplace(NamedTuple):
    """A room as an array of one, and its tables, which take longer to look up in it than to fill."""

    rooms: np.ndarray
    counts: tuple[np.ndarray, ...]  # in the order of `Counts`
    tally: np.ndarray

    @classmethod
    def made(cls, shape: tuple[int, ...]) -> Workplace:
        """Return a workplace for payments of a shape."""
        room = make_room(shape)
        return cls(room.reshape(1), tuple(room[name] for name in Counts._fields), room.tally)


class Crew:
    """Threads that share out stretches of rows, with a room each.

    Parameters
    ----------
    threads : int
        Results do not depend on it.
    shape : tuple of int
        Of the market's payments, (G, K, 2, S, D).
    """

    def __init__(self, threads: int, shape: tuple[int, ...]) -> None:
        self.threads, self.shape = threads, shape
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._free: SimpleQueue[Workplace] = SimpleQueue()
        for _ in range(threads):
            self._free.put(Workplace.made(shape))
        self._adding = Lock()

    @property
    def kinds(self) -> int:
        """Return how many kinds of holding are counted."""
        return (1 + 2 * self.shape[1]) << ACCOUNT_BITS

    def __reduce__(self) -> tuple[type[Crew], tuple[int, tuple[int, ...]]]:
        """Pickle and copy as a crew of the same size: there is nothing in the rooms between two calls."""
        return Crew, (self.threads, self.shape)

    def work(
        self, spans: np.ndarray, work: Callable[[np.ndarray, np.ndarray], None], total: Counts = NOTHING
    ) -> None:
        """Do the work for each part of some stretches of rows, and add up what is counted.

        Parameters
        ----------
        spans : (B, 3) int
        work : takes a part of them and a room, as an array of one, in which nothing is counted yet
        total : Counts
            Added to, with what was counted in parts that did not fail.
        """

        def work_on(part: np.ndarray) -> None:
            here = self._free.get()  # nobody else's, whoever else is at work
            try:
                for count in (*here.counts, here.tally):
                    count.fill(0)
                work(part, here.rooms)
                with self._adding:
                    for sum_of, count in zip(total, here.counts, strict=True):
                        if sum_of is not None:
                            sum_of += count
            finally:
                self._free.put(here)

        if self._pool is None or len(spans) == 1:
            work_on(spans)
        else:
            list(self._pool.map(work_on, _parts_of(spans, self.threads)))


def _parts_of(spans: np.ndarray, threads: int) -> list[np.ndarray]:
    """Return stretches in parts of about as many rows, one a thread, or several where rows are many."""
    sizes = spans[:, 1] - spans[:, 0]
    up_to = np.cumsum(sizes)
    parts = threads * min(max(int(up_to[-1]) // (LEAST_ROWS * threads), 1), MOST_PARTS)
    cuts = np.linspace(0, up_to[-1], parts + 1)[1:-1]
    # A stretch goes where the most of it lies.
    return [part for part in np.split(spans, np.searchsorted(up_to - sizes / 2, cuts)) if len(part)]

"""The threads that share out the rows, and the room that each of them works in."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock
from typing import NamedTuple

import numpy as np

from agents.columns import ACCOUNT_BITS
from agents.compiling import loop, side_by_side
from agents.stretches import make_room

MOST_PARTS = 4  # of the rows, a thread: one that is held up leaves its others to the rest
LEAST_ROWS = 1 << 20  # in a part, where there are several a thread: some 5 ms of work


class Counts(NamedTuple):
    """What is counted at work; see `agents.stretches.room_type`. An empty table is what nobody asks for."""

    people: np.ndarray = np.zeros((0, 0), np.int64)
    moves: np.ndarray = np.zeros((0, 0, 0), np.int64)
    payments: np.ndarray = np.zeros((0, 0, 0, 0, 0), np.int64)


NOTHING = Counts()


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
        self._free: SimpleQueue[np.ndarray] = SimpleQueue()  # rooms, each an array of one
        for _ in range(threads):
            self._free.put(make_room(shape).reshape(1))
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
        spans : (B, 3) int64
        work : takes a part of them and a room, as an array of one, in which nothing is counted yet; it
            counts under the provinces of its stretches only
        total : Counts
            Added to, with what was counted in parts that did not fail.
        """
        if self._pool is None or len(spans) == 1:
            self._work_on(spans, work, total)
        else:
            parts = _parts_of(spans, self.threads)
            list(self._pool.map(lambda part: self._work_on(part, work, total), parts))

    def _work_on(
        self, part: np.ndarray, work: Callable[[np.ndarray, np.ndarray], None], total: Counts
    ) -> None:
        """Do the work for a part of the rows; see `work`."""
        rooms = self._free.get()  # nobody else's, whoever else is at work
        try:
            work(part, rooms)
            with self._adding:
                hand_over(part, rooms, *total)
        except BaseException:
            for name in ("tally", *Counts._fields):
                rooms[name].fill(0)
            raise
        finally:
            self._free.put(rooms)


@loop
def hand_over(spans, rooms, people, moves, payments):  # type: ignore[no-untyped-def]
    """Add what was counted in a room to what others counted; nothing is counted in the room any more.

    Parameters
    ----------
    spans : (B, 3) int64
        Stretches of rows that were worked on.
    rooms : (1,) record of agents.stretches
    people, moves, payments : int64
        See `Counts`.
    """
    room = rooms[0]
    for b in range(len(spans)):
        g = spans[b, 2]
        _hand_over(room.people[g], people[g : g + 1].reshape(-1))
        _hand_over(room.moves[g].reshape(-1), moves[g : g + 1].reshape(-1))
        _hand_over(room.payments[g].reshape(-1), payments[g : g + 1].reshape(-1))
    room.tally[:] = 0


@side_by_side
def _hand_over(counted, total):  # type: ignore[no-untyped-def]
    """Add numbers to a total (n,), or to one that nobody asks for (0,), and count them from 0 again."""
    for i in range(len(total)):
        total[i] += counted[i]
    for i in range(len(counted)):
        counted[i] = 0


def _parts_of(spans: np.ndarray, threads: int) -> list[np.ndarray]:
    """Return stretches in parts of about as many rows, one a thread, or several where rows are many."""
    sizes = spans[:, 1] - spans[:, 0]
    up_to = np.cumsum(sizes)
    parts = threads * min(max(int(up_to[-1]) // (LEAST_ROWS * threads), 1), MOST_PARTS)
    cuts = np.linspace(0, up_to[-1], parts + 1)[1:-1]
    # A stretch goes where the most of it lies.
    return [part for part in np.split(spans, np.searchsorted(up_to - sizes / 2, cuts)) if len(part)]

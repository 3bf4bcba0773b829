"""The market with its consumers run in some other way: the common ground of all contenders.

Coverage, tariffs, deals, settlement and records are `MobileMarket`'s; who runs the consumers is the
contender's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from model import groundwork
from model.market import MobileMarket
from model.people import entered_lines, rows_by_province

SPAN = 32_768  # rows whose columns a processor's cache holds at once


class OtherPeople:
    """All consumers; answers to the market as `agents.population.Population` does.

    shape : provinces, operators, combinations of accounts; given by the market.
    moves : (G, 1 + 2 K, 1 + 2 K) int64, the month's, by subscription before and now, as last counted.
    """

    shape: tuple[int, int, int]
    moves: np.ndarray

    def count(self, provinces: int, operators: int, masks: int) -> tuple[np.ndarray, np.ndarray]:
        """Return people (G, 1 + 2 K, A) by subscription and accounts, and moves (G, 1 + 2 K, 1 + 2 K)."""
        raise NotImplementedError

    def by_holding(self) -> np.ndarray:
        """Return people (G, 1 + 2 K, A) by subscription and accounts; note the moves."""
        people, self.moves = self.count(*self.shape)
        return people

    def live(self, payments: np.ndarray) -> None:
        """Let every consumer live through the month; add the number of payments to (G, K, 2, S, D)."""
        self.run_month()
        self.add_payments(payments)

    def run_month(self) -> None:
        """Let every consumer live through the month: review, pay, perhaps open an account."""
        raise NotImplementedError

    def add_payments(self, payments: np.ndarray) -> None:
        """Add the number of payments made to `payments` (G, K, 2, S, D)."""
        raise NotImplementedError


class OtherMarket(MobileMarket):
    """The same market with consumers run by `make_people`; takes `MobileMarket`'s arguments."""

    def make_people(self, sizes: np.ndarray) -> Any:
        """Return what runs the consumers, so many in each province (G,)."""
        raise NotImplementedError

    def _prepare_people(self, consumers: int, threads: int) -> None:
        """Make the population and bring it to December 2008."""
        data = self.observations
        self.seed_number = int(self._seed)
        sizes = rows_by_province(data.lines[:, self.months], consumers)
        self.scale = data.lines[:, self.months] * 1e6 / sizes
        self.entered_path = entered_lines(data.lines[:, : self.months + 1], sizes)
        self.population = self.make_people(sizes)
        self.population.shape = (self.G, self.K, self.A)
        self.online_path = data.internet_per_line
        self.online_share = self.online_path[:, 0].copy()
        groundwork.settle_people(self, data)


def stretches(sizes: np.ndarray) -> Iterator[tuple[int, slice]]:
    """Yield stretches of at most `SPAN` rows, none across a border: province, rows."""
    first = 0
    for g, size in enumerate(sizes.tolist()):
        for begin in range(first, first + size, SPAN):
            yield g, slice(begin, min(begin + SPAN, first + size))
        first += size


def entry_months(entered_path: np.ndarray, luck: np.random.Generator) -> np.ndarray:
    """Return the month in which each line is taken up (N,) int16, province after province, in random order.

    Parameters
    ----------
    entered_path : (G, T) int
        Lines in use by province and month; all of them in the last.
    """
    months = np.arange(entered_path.shape[1], dtype=np.int16)
    by_province = [np.repeat(months, np.diff(lines, prepend=0)) for lines in entered_path]
    return np.concatenate([luck.permutation(taken_up) for taken_up in by_province])

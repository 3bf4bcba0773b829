"""What Mesa's data collector shows of each month: a few national figures, in real lines and RMB.

The figures are worked out once somebody looks: a sweep's thousands of runs never do.
"""

from functools import partial
from typing import Any, NamedTuple

import mesa
import numpy as np

from model.ledger import FEN
from model.measures import shares
from model.schemas import OPERATORS, PLATFORMS


class Seen(NamedTuple):
    """What the figures of a month are made from.

    Attributes
    ----------
    time : float
        Months lived through, as Mesa counts them.
    operators, parties : tuple of str
    lines, lines_3g : (G, K) real lines
    balances : (G, parties) int64, fen since the start
    accounts : (G, M + K) real accounts
    deals : (G, K) int
        In force.
    """

    time: float
    operators: tuple[str, ...]
    parties: tuple[str, ...]
    lines: np.ndarray
    lines_3g: np.ndarray
    balances: np.ndarray
    accounts: np.ndarray
    deals: np.ndarray


class Month(NamedTuple):
    """A month as Mesa's collector meets it: its time, and its figures by name."""

    time: float
    figures: dict[str, float]


class NationalCollector(mesa.DataCollector):
    """Mesa's data collector of the market's national figures.

    Parameters
    ----------
    market : MobileMarket
        Its first figures are collected at once, as it stands.
    """

    def __init__(self, market: Any) -> None:
        self.waiting: list[Seen] = []
        first = see(market)
        super().__init__(model_reporters={name: partial(_read, name) for name in national(first)})
        self.waiting.append(first)

    def collect(self, market: Any) -> None:
        """Remember what the month's figures will be made from."""
        self.waiting.append(see(market))

    def _catch_up(self) -> None:
        """Work out the figures of the months that wait."""
        waiting, self.waiting = self.waiting, []
        for seen in waiting:
            super().collect(Month(seen.time, national(seen)))

    @property
    def model_vars(self) -> dict[str, list[float]]:
        """Return the figures of all months so far, by name."""
        self._catch_up()
        return self._figures

    @model_vars.setter
    def model_vars(self, figures: dict[str, list[float]]) -> None:
        self._figures = figures

    @property
    def _collection_steps(self) -> list[float]:
        """Return the times of the months so far; Mesa's `batch_run` reads it."""
        self._catch_up()
        return self._times

    @_collection_steps.setter
    def _collection_steps(self, times: list[float]) -> None:
        self._times = times


def see(market: Any) -> Seen:
    """Return what this month's figures are made from."""
    return Seen(
        market.time,
        market.operators,
        market.ledger.parties,
        market.lines,
        market.lines_3g,
        market.ledger.balances.copy(),  # changes in place; the others are made anew
        market.platform_accounts,
        market.measured["deals"][0],
    )


def national(seen: Seen) -> dict[str, float]:
    """Return the figures of a month, by name."""
    lines, lines_3g = seen.lines.sum(axis=0), seen.lines_3g.sum(axis=0)
    share = dict(zip(seen.operators, shares(lines).tolist(), strict=True))
    share_3g = dict(zip(seen.operators, shares(lines_3g).tolist(), strict=True))
    balance = dict(zip(seen.parties, seen.balances.sum(axis=0).tolist(), strict=True))
    return {
        "lines_3g": float(lines_3g.sum()),
        **{f"share_{name}": share[name] for name in OPERATORS},
        **{f"share_3g_{name}": share_3g[name] for name in OPERATORS},
        **{f"profit_{name}": balance[name] / FEN for name in (*OPERATORS, *PLATFORMS)},
        "accounts_alipay": float(seen.accounts[:, 0].sum()),
        "deals": int(seen.deals.sum()),
    }


def _read(name: str, month: Month) -> float:
    """Return one of a month's figures."""
    return month.figures[name]

"""Partnerships of branches and payment platforms: all deals in force.

On which terms they sign is bargained (`agents.bargaining`); who meets whom is `model.negotiation`.
"""

from typing import Any

import numpy as np

from agents.bargaining import Terms
from agents.compiling import loop, rule
from agents.records import record_type

# Deals by operator, province and platform; truth values are bytes, of which compiled records are made.
_TRUTHS = ("in_force", "exclusive", "integrated", "newly_integrated")
_AMOUNTS = ("revenue_share", "fee_rise", "premium")
_MONTHS = ("ends", "talks")


class Partnerships:
    """All deals in force, by operator, province and platform (K, G, M).

    Attributes
    ----------
    tables : (1,) record
        All the others, which are views of it: for compiled loops.
    in_force, exclusive : bool
    revenue_share, fee_rise : float in [0, 1]
    premium : float, RMB a month
    ends : int, last month of the deal
    talks : int, next month the two sides meet when they have no deal
    integrated, newly_integrated : bool, whether the systems were ever joined, and whether this month
    services : (K, G, M, S) bool, what the deal covers
    """

    in_force: np.ndarray
    exclusive: np.ndarray
    integrated: np.ndarray
    newly_integrated: np.ndarray
    revenue_share: np.ndarray
    fee_rise: np.ndarray
    premium: np.ndarray
    ends: np.ndarray
    talks: np.ndarray
    services: np.ndarray

    def __init__(self, operators: int, provinces: int, platforms: int, services: int) -> None:
        shape = (operators, provinces, platforms)
        fields: dict[str, tuple[Any, Any]] = {name: (np.uint8, shape) for name in _TRUTHS}
        fields |= {name: (np.float64, shape) for name in _AMOUNTS}
        fields |= {name: (np.int64, shape) for name in _MONTHS}
        fields["services"] = np.uint8, (*shape, services)
        self._lay_out(np.zeros(1, record_type(fields)))

    def _lay_out(self, tables: np.ndarray) -> None:
        """Take a record of tables for one's own."""
        self.tables = tables
        for name in (*_AMOUNTS, *_MONTHS):
            setattr(self, name, tables[name][0])
        for name in (*_TRUTHS, "services"):
            setattr(self, name, tables[name][0].view(np.bool_))

    def __getstate__(self) -> np.ndarray:
        """Pickle and copy as the record alone, so that tables stay views of it."""
        return self.tables

    def __setstate__(self, tables: np.ndarray) -> None:
        """Come back from a pickle or a copy."""
        self._lay_out(tables.copy())

    def begin_month(self, month: int, wanted: np.ndarray) -> bool:
        """End the deals whose term is over, and those whose branch no longer wants them.

        Parameters
        ----------
        month : int
        wanted : (K, G, M) bool

        Returns
        -------
        bool; whether any branch is to meet a platform this month.
        """
        return begin_month(self.tables, month, wanted)

    def sign(self, platform: int, signing: np.ndarray, terms: Terms, ends: int, services: np.ndarray) -> None:
        """Enter deals with a platform.

        Parameters
        ----------
        platform : int
        signing : (G, K) bool
            The branches that sign.
        terms : Terms
            Of arrays (G, K).
        ends : int
            Last month.
        services : (K, G, M, S) bool
            What a deal covers.
        """
        enter_deals(self.tables, platform, signing, terms, ends, services)


@loop
def begin_month(tables, month, wanted):  # type: ignore[no-untyped-def]
    """End deals that are over; return whether any branch is to meet a platform.

    Parameters
    ----------
    tables : (1,) record
        See `Partnerships`; written.
    month : int
    wanted : (K, G, M) bool
    """
    deals, meeting = tables[0], False
    K, G, M = wanted.shape
    for k in range(K):
        for g in range(G):
            for m in range(M):
                deals.newly_integrated[k, g, m] = False
                over = (deals.ends[k, g, m] < month) | (not wanted[k, g, m])
                if deals.in_force[k, g, m] & over:
                    _end(deals, k, g, m)
                meeting |= to_meet(deals, k, g, m, month, wanted[k, g, m])
    return meeting


@rule
def _end(deals, k, g, m):  # type: ignore[no-untyped-def]
    """End a deal; systems stay joined."""
    deals.in_force[k, g, m] = False
    deals.exclusive[k, g, m] = False
    deals.premium[k, g, m] = 0.0
    for s in range(deals.services.shape[3]):
        deals.services[k, g, m, s] = False


@rule
def to_meet(deals, k, g, m, month, wanted):  # type: ignore[no-untyped-def]
    """Return whether a branch and a platform are to meet: one that wants a deal, and has none."""
    return wanted & (deals.in_force[k, g, m] == 0) & (deals.talks[k, g, m] <= month)


@loop
def enter_deals(tables, m, signing, terms, ends, offered):  # type: ignore[no-untyped-def]
    """Enter deals with platform `m`; see `Partnerships.sign`."""
    deals = tables[0]
    G, K = signing.shape
    for g in range(G):
        for k in range(K):
            if signing[g, k]:
                deals.in_force[k, g, m] = True
                deals.newly_integrated[k, g, m] = 1 - deals.integrated[k, g, m]
                deals.integrated[k, g, m] = True
                deals.exclusive[k, g, m] = terms.exclusive[g, k]
                deals.revenue_share[k, g, m] = terms.revenue_share[g, k]
                deals.fee_rise[k, g, m] = terms.fee_rise[g, k]
                deals.premium[k, g, m] = terms.premium[g, k]
                deals.ends[k, g, m] = ends
                for s in range(offered.shape[3]):
                    deals.services[k, g, m, s] = offered[k, g, m, s]


@rule
def shut_out(deals, k, g, m):  # type: ignore[no-untyped-def]
    """Return whether a rival's exclusive deal keeps a branch from a platform."""
    bound = 0
    for rival in range(len(deals.exclusive)):
        bound |= deals.exclusive[rival, g, m]
    return (bound != 0) & (deals.exclusive[k, g, m] == 0)

"""Arthur's lock-in: markets in which only entrants choose, and a share is worth more than any shock.

Where an operator's standing is a large multiple of its share, the leader gets every entrant, and an operator
that people like better for itself overtakes only if its advantage is larger than the leader's head start:
W. B. Arthur, "Competing technologies, increasing returns, and lock-in by historical events", Economic
Journal 99 (1989). What the market must do is then known to the row.
"""

from typing import NamedTuple

import numpy as np

from agents.columns import NOTHING, holding, subscription_to
from experiments.verification.bare import bare_market, operator_shares
from experiments.verification.checks import Check, Panel, dots, exact, line
from model import census
from model.market import MobileMarket

K = 3  # operators
CONSUMERS, MONTHS = 60_000, 60
PULL = 1000.0  # utils for a share of 1
WIDEST = 33 * np.log(2) + np.log(33 * np.log(2))  # utils: no two shocks of 32-bit draws lie farther apart
CHEAPER = 300.0  # RMB a month, at 1 util per RMB: the laggard's advantage of its own


class LockIn(NamedTuple):
    """A market in which only entrants choose, in rows.

    Attributes
    ----------
    rows : (T + 1, G, K) rows with each operator
    entered : (T + 1, G) rows in use
    lead : (G, K) utils, what an entrant of the first month sees in each operator, shocks aside
    national : (K,) shares of rows in use at the end
    """

    rows: np.ndarray
    entered: np.ndarray
    lead: np.ndarray
    national: np.ndarray


def locked_market(seed: int, shares: np.ndarray, price: np.ndarray) -> LockIn:
    """Return a market where the share of last month's lines decides, from given shares (G, K) on."""
    market = bare_market(
        CONSUMERS,
        MONTHS,
        seed,
        price=price,
        review_hazard=0.0,
        installed_base=PULL,
        price_sensitivity=1.0,
    )
    hand_out(market, shares)
    rows = [market.lines / market.scale[:, None]]
    lead = PULL * rows[0] / rows[0].sum(axis=1, keepdims=True) - price[:, 0]
    while market.running:
        market.step()
        rows.append(market.lines / market.scale[:, None])
    path = np.rint(np.array(rows))
    return LockIn(path, market.entered_path[:, : MONTHS + 1].T, lead, operator_shares(market))


def hand_out(market: MobileMarket, shares: np.ndarray) -> None:
    """Give every province's lines in use to operators by shares (G, K), to the nearest row, without luck."""
    columns, start = market.population.columns, market.population.places.start
    for g, share in enumerate(shares):
        rows = start[g] + np.flatnonzero(columns.held[start[g] : start[g + 1]] != NOTHING)
        ends = np.rint(np.cumsum(share) * len(rows)).astype(int)
        holder = np.searchsorted(ends, np.arange(len(rows)), side="right")
        given = subscription_to(np.minimum(holder, K - 1), 0)
        columns.held[rows] = holding(given, columns.accounts[rows])
    market.population.recount()
    census.count_people(market)


def leaders_market(seed: int) -> LockIn:
    """Return a market whose provinces begin with different leaders, at equal prices."""
    shares = np.stack([np.roll([0.45, 0.3, 0.25], g) for g in range(31)])
    return locked_market(seed, shares, np.full((K, 2), 50.0))


def barrier_market(seed: int) -> LockIn:
    """Return a market whose laggard is cheaper; the leader has another head start in each province."""
    gap = np.append(np.linspace(0.02, 0.25, 15), np.linspace(0.35, 0.6, 16))
    shares = np.stack([0.45 + gap / 2, np.full(31, 0.1), 0.45 - gap / 2], axis=1)
    price = np.full((K, 2), 50.0 + CHEAPER)
    price[2] = 50.0
    return locked_market(seed, shares, price)


def lock_in_checks(name: str, found: LockIn) -> list[Check]:
    """Return every row of every month against the formula: the winner gets all entrants, others none."""
    winner = np.eye(K)[found.lead.argmax(axis=1)]  # (G, K)
    path = found.rows[0] + winner * (found.entered - found.entered[0])[:, :, None]
    sure = np.sort(found.lead, axis=1)
    unsure = int((sure[:, -1] - sure[:, -2] <= WIDEST).sum())
    share = path[-1].sum(axis=0) / path[-1].sum()
    cells = f"{path.size:,} counts"
    return [
        exact(f"{name}: provinces where a shock could decide", 0, unsure),
        exact(
            f"{name}: rows elsewhere than the formula says", 0, np.abs(path - found.rows).sum(), basis=cells
        ),
        exact(f"{name}: first operator's share of rows at the end", share[0], found.national[0]),
    ]


def overtakers(found: LockIn) -> Check:
    """Return the number of provinces in which the laggard's advantage beats the leader's head start."""
    gap = (found.rows[0, :, 0] - found.rows[0, :, 2]) / found.rows[0].sum(axis=1)
    taken = int((gained(found)[:, 2] > 0.5).sum())
    expected = int((PULL * gap < CHEAPER).sum())
    return exact("barrier: provinces in which the laggard gets the entrants", expected, taken)


def gained(found: LockIn) -> np.ndarray:
    """Return each operator's part of all entrants by province (G, K)."""
    return (found.rows[-1] - found.rows[0]) / (found.entered[-1] - found.entered[0])[:, None]


# ---- figures --------------------------------------------------------------------------------------


def paths_panel(found: LockIn) -> Panel:
    """Return the leader's share in three provinces, formula and market."""
    month, series = np.arange(MONTHS + 1), []
    for g in (0, 18, 25):
        leader = int(found.lead[g].argmax())
        formula = found.rows[0, g, leader] + found.entered[:, g] - found.entered[0, g]
        series.append(line(f"formula, province {g + 1}", month, formula / found.entered[:, g]))
        seen = found.rows[::6, g, leader] / found.entered[::6, g]
        series.append(dots(f"market, province {g + 1}", month[::6], seen))
    return Panel("The leader takes all entrants", "month", "leader's share", tuple(series))


def barrier_panel(found: LockIn) -> Panel:
    """Return who gets the entrants against the leader's head start."""
    gap = PULL * (found.rows[0, :, 0] - found.rows[0, :, 2]) / found.rows[0].sum(axis=1)
    step = (line("barrier", [0, CHEAPER, CHEAPER, gap.max()], [1, 1, 0, 0]),)
    title = f"A laggard preferred by {CHEAPER:g} utils"
    series = (*step, dots("market, by province", gap, gained(found)[:, 2]))
    return Panel(title, "leader's head start, utils", "laggard's part of entrants", series)

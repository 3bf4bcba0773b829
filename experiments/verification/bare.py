"""Markets stripped to the one mechanism whose answer is known.

`bare_market` is the project's own `MobileMarket` with every other mechanism switched off by its
parameters, prices and coverage held constant, and everybody starting where the case says.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from model import census
from model.market import MobileMarket
from model.schemas import OPERATORS

PRICE = 50.0  # RMB a month, the same for all: it cancels unless a case sets another

#: Every term of utility but standing and price off; all people alike; everybody reviews every month.
NOTHING: dict[str, float] = {
    "era": 0.0,
    "sensitivity_spread": 0.0,
    "income_elasticity": 0.0,
    "switching_cost": 0.0,
    "switching_spread": 0.0,
    "downgrade_cost": 0.0,
    "lock_in": 0.0,
    "same_operator": 0.0,
    "installed_base": 0.0,
    "word_of_mouth": 0.0,
    "coverage_weight": 0.0,
    "payment_value_2g": 0.0,
    "payment_value_3g": 0.0,
    "join_online": 0.0,
    "dissimilarity": 1.0,
    "review_hazard": 1.0,
    "contract_months": 0,
    "quality_fading": 0.0,
    **{f"standing_{name}": 0.0 for name in OPERATORS},
    **{f"quality_{name}": 0.0 for name in OPERATORS},
    **{f"quality_growth_{name}": 0.0 for name in OPERATORS},
}


def bare_market(
    consumers: int,
    months: int,
    seed: int,
    *,
    standing: Sequence[float] | np.ndarray = (0.0, 0.0, 0.0),
    quality: Sequence[float] | np.ndarray | None = None,
    price: float | np.ndarray | None = PRICE,
    coverage: float | Sequence[float] | None = 1.0,
    start: Sequence[float] | np.ndarray | None = None,
    scenario: str = "closed",
    **changes: Any,
) -> MobileMarket:
    """Return a market in which nothing matters but what is asked for.

    Parameters
    ----------
    consumers, months, seed : int
    standing : (K,) float, utils
    quality : (K,) float, utils, optional
        Of 3G in December 2008; without it there is no 3G.
    price : float or (K, 2) array, RMB a month
        The same every month; None leaves the observed path.
    coverage : float or (K,) array, share of people
        Of 3G, the same everywhere and every month; None leaves the observed path.
    start : (K,) or (G, K) float, optional
        Shares of the lines in use at the start; the observed ones without.
    scenario : str
    **changes
        Parameters that differ from `NOTHING`.
    """
    values = NOTHING | {f"standing_{name}": v for name, v in zip(OPERATORS, standing, strict=True)}
    if quality is not None:
        values |= {f"quality_{name}": v for name, v in zip(OPERATORS, quality, strict=True)} | {"era": 1.0}
    market = MobileMarket(scenario, consumers, months, rng=seed, **(values | changes))
    if price is not None:
        market.price_path = np.broadcast_to(
            np.broadcast_to(np.asarray(price, float), (market.K, 2))[:, :, None], market.price_path.shape
        )
    if quality is not None and coverage is not None:
        reach = np.broadcast_to(np.asarray(coverage, float), (market.K,))
        market.coverage_path = np.broadcast_to(reach[:, None], market.coverage_path.shape).copy()
    if start is not None:
        begin_with(market, np.asarray(start, float))
    return market


def begin_with(market: MobileMarket, shares: np.ndarray) -> None:
    """Draw the starting operators anew from given shares, (K,) for all provinces or (G, K)."""
    population = market.population
    population.settle(
        population.world, market.entered_path[:, 0], np.broadcast_to(shares, (market.G, market.K))
    )
    census.count_people(market)
    market.lines_at_start = market.lines


def seeds_for(seed: int, part: int, count: int = 1) -> list[int]:
    """Return seeds of independent runs for one part of a case; two parts never share one."""
    return np.random.SeedSequence([seed, part]).generate_state(count).tolist()


def rows_in_use(market: MobileMarket) -> np.ndarray:
    """Return which rows (N,) have a line now."""
    return market.population.columns.subscription > 0


def subscription_shares(market: MobileMarket, rows: np.ndarray | None = None) -> np.ndarray:
    """Return the shares (2 K,) of the subscriptions among rows in use, or among the rows given."""
    held = market.population.columns.subscription[rows_in_use(market) if rows is None else rows]
    return np.bincount(held, minlength=1 + 2 * market.K)[1:] / len(held)


def operator_shares(market: MobileMarket, rows: np.ndarray | None = None) -> np.ndarray:
    """Return the operators' shares (K,) among rows in use, or among the rows given."""
    return subscription_shares(market, rows).reshape(market.K, 2).sum(axis=1)

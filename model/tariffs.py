"""The month's tariffs: the observed path, or Bertrand-Nash best replies to what consumers demand.

With `pricing = "bertrand"` each operator sets two prices for the country, 2G and 3G, that maximise

    sum over its networks n of (price[n] - serving_cost[n]) * demand[n]

given its rivals' prices. Demand is that of all lines, consumer by consumer, with their own price
sensitivity, switching cost, contacts, accounts and contracts, followed from the next choice into the
future (agents/demand.py). Networks of contacts, quality, deals and wallets are taken to stay as they
were when the month began: tariffs are set before this month's deals are made. Handset subsidies and the
commission on bills are not weighed.
"""

from typing import Any

import numpy as np

from agents.choice import NO_LINE
from agents.demand import Choosers
from model import outlook
from model.errors import RunError

MOST_PATIENT = 1 - 1e-4  # a month; the limit of no discounting is taken there


def set_observed(market: Any) -> None:
    """Set the month's prices as they were observed."""
    market.price = market.price_path[:, :, market.month]


def set_bertrand(market: Any) -> None:
    """Set the month's prices as best replies to each other; note how they were found.

    What nobody can buy this month keeps its observed price.

    Raises
    ------
    RunError
        There are no such prices, or they were not found.
    """
    from agents.pricing import EquilibriumError, bertrand_nash  # loads SciPy's optimisers

    observed = market.price_path[:, :, market.month]
    last = market.tariffs[-1].offered.reshape(observed.shape) if market.tariffs else np.array(False)
    start = np.where(last, market.price, observed)
    try:
        found = bertrand_nash(choosers(market), costs(market), owners(market), start.ravel())
    except EquilibriumError as error:
        advice = (
            "people held fast, or hardly minding prices, may leave none; pricing = 'observed' always has some"
        )
        raise RunError(f"month {market.month}: no Bertrand-Nash tariffs: {error} ({advice})") from error
    market.tariffs.append(found)
    market.price = np.where(found.offered, found.price, observed.ravel()).reshape(observed.shape)


def choosers(market: Any) -> Choosers:
    """Return everybody with a line this month, with what subscriptions are worth before their price."""
    p = market.parameters
    world = outlook.look_around(market)
    world["price"][:] = 0.0
    entered = market.entered_path[:, market.month]
    asked = market.population.ask_choosers(world, market.month, entered, market.scale)
    discount = min((1.0 + p.discount_rate) ** (-1 / 12), MOST_PATIENT)
    theta = discount * p.review_hazard / (1.0 - discount * (1.0 - p.review_hazard))
    # Worth today of the first month that a line's next choice holds; new lines choose at once.
    due = np.where(asked.state == NO_LINE, 1.0, theta * discount ** (asked.wait - 1.0))
    people = (asked.worth, asked.state, asked.sensitivity, asked.weight * due)
    return Choosers(*people, dissimilarity=p.dissimilarity, theta=theta)


def costs(market: Any) -> np.ndarray:
    """Return what serving a line costs, by product (2 K,), RMB a month."""
    return market.serving_cost.ravel()


def owners(market: Any) -> np.ndarray:
    """Return the operator of each product (2 K,)."""
    return np.repeat(np.arange(market.K), 2)


def note(market: Any, measured: np.ndarray) -> None:
    """Write into the month's record how its prices were found.

    Prices that follow the observed path took no evaluations and have no residual or curvature: 0.
    """
    if market.tariffs:
        found = market.tariffs[-1]
        measured["evaluations"], measured["residual_rmb"] = found.evaluations, found.residual
        measured["curvature"] = found.curvature

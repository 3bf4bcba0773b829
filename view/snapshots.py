"""What the page keeps of each month of a market: small arrays, never changed afterwards."""

from typing import Any, NamedTuple

import numpy as np

from agents.choice import G3
from model.ledger import FEN
from model.measures import ratio
from model.settlement import payments_of


class Snapshot(NamedTuple):
    """A market at the end of a month. G provinces, K operators, M platforms, D methods.

    Attributes
    ----------
    month : int
    lines, lines_3g : (G, K) real lines
    joined, left : (G, K) real lines, this month
    accounts : (G, M + K) real lines, wallets after the platforms
    in_force : (K, G, M) bool, deals
    exclusive : (K, G, M) bool
    stance : (K, G) of agents.stances.Stance
    wallet_open : (G, K) bool
    coverage : (K, G) share of people
    profit : (G, K + M) RMB since the start, operators then platforms
    paid : (G, K, D) RMB this month, by method
    worth_3g : (G, K) utils, what paying by phone is worth to the people of the province on 3G, on average
    flows : {(payer, payee, reason): RMB} this month, the whole country
    """

    month: int
    lines: np.ndarray
    lines_3g: np.ndarray
    joined: np.ndarray
    left: np.ndarray
    accounts: np.ndarray
    in_force: np.ndarray
    exclusive: np.ndarray
    stance: np.ndarray
    wallet_open: np.ndarray
    coverage: np.ndarray
    profit: np.ndarray
    paid: np.ndarray
    worth_3g: np.ndarray
    flows: dict[tuple[str, str, str], float]


def take(market: Any) -> Snapshot:
    """Return a market as it stands; tables that change in place are copied."""
    parties = [market.ledger.parties.index(name) for name in (*market.operators, *market.platforms)]
    begun = market.month > 0
    flows = market.ledger.entries() if begun else {}
    return Snapshot(
        market.month,
        market.lines,
        market.lines_3g,
        market.joined,
        market.left,
        market.platform_accounts,
        market.partnerships.in_force.copy(),
        market.partnerships.exclusive.copy(),
        market.stance.copy(),
        market.wallet_open.copy(),
        market.coverage,
        market.ledger.balances[:, parties] / FEN,
        payments_of(market, market.measured[0])[1].sum(axis=2),
        _worth_on_3g(market),
        {entry: float(fen.sum() / FEN) for entry, fen in flows.items()},
    )


def _worth_on_3g(market: Any) -> np.ndarray:
    """Return the mean over a province's people of what paying by phone would be worth to them on 3G."""
    people = market.customers_by_accounts.sum(axis=(1, 2))  # (G, A)
    value = market.world.payment_value[:, :, G3]  # (G, K, A)
    return ratio(np.einsum("ga,gka->gk", people, value), people.sum(axis=1)[:, None])

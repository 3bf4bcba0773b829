"""What talks know of last month: what customers would spend, who they are, and how people moved."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.columns import G2, G3
from agents.compiling import making_loop
from agents.paying import HANDSETS, PURCHASES, SUBSCRIBING, TELECOM
from model.flows import Flows


@dataclass(frozen=True)
class LastMonth:
    """Last month's customers and moves, as forecasts need them.

    `spent` (G, K, S, A) RMB, on each service, by accounts held; `held` (G, A) share of the province's people;
    `without` (G, K, M) lines without each platform's account; `take_3g` (G,) share of changes of subscription
    that took up 3G; `chosen` (K, K) what each operator's reviewers chose; `flows` of people; `margin` (G, K)
    RMB, what a line leaves its operator each month.
    """

    spent: np.ndarray
    held: np.ndarray
    without: np.ndarray
    take_3g: np.ndarray
    chosen: np.ndarray
    flows: Flows
    margin: np.ndarray


def last_month(market: Any) -> LastMonth:
    """Return what last month's customers would spend at this month's prices, their accounts and moves."""
    moves, scale = market.moves, market.scale
    by_moves = (moves.joined, moves.new_3g)
    of = spend(market.customers_by_accounts, scale, market.price, market.value_each, *by_moves, market.M)
    spent, held, without, customers = of
    flows = Flows.of(moves.entered, moves.from_to, customers, scale)
    return LastMonth(
        spent,
        held,
        without,
        take_3g=moves.new_3g.sum(axis=1) / np.maximum(moves.changes, 1),
        chosen=flows.choices(market.parameters.review_hazard),
        flows=flows,
        margin=margin(market),
    )


@making_loop
def spend(customers, scale, price, each, joined, new_3g, platforms):  # type: ignore[no-untyped-def]
    """Return what customers would spend, and who they are.

    Parameters
    ----------
    customers : (G, K, 2, A) int
        Rows, by the accounts they hold.
    scale : (G,) float
        Real lines a row stands for.
    price : (K, 2) float, RMB
        Of a bill.
    each : (G, K, S) float, RMB
        Of any other payment.
    joined, new_3g : (G, K) int
        Rows that came to the operator, and to its 3G: so many of the average customer's kind will again.
    platforms : int

    Returns
    -------
    spent : (G, K, S, A) float, RMB
    held : (G, A) float
        Share of the province's people. Whoever reviews may be anybody there, so all their accounts count.
    without : (G, K, M) float
        Lines without each platform's account.
    everybody : (G, K) int64
        Rows.
    """
    G, K, _, A = customers.shape
    spent, held = np.zeros((G, K, each.shape[2], A)), np.zeros((G, A))
    without, everybody = np.zeros((G, K, platforms)), np.zeros((G, K), np.int64)
    for g in range(G):
        for k in range(K):
            on_3g = 0
            for accounts in range(A):
                everybody[g, k] += customers[g, k, G2, accounts] + customers[g, k, G3, accounts]
                on_3g += customers[g, k, G3, accounts]
            joins = joined[g, k] / max(everybody[g, k], 1) * each[g, k, SUBSCRIBING]
            upgrades = new_3g[g, k] / max(on_3g, 1) * each[g, k, HANDSETS]
            for accounts in range(A):
                lines_2g = customers[g, k, G2, accounts] * scale[g]
                lines_3g = customers[g, k, G3, accounts] * scale[g]
                lines = lines_2g + lines_3g
                spent[g, k, TELECOM, accounts] = lines_2g * price[k, G2] + lines_3g * price[k, G3]
                spent[g, k, SUBSCRIBING, accounts] = joins * lines
                spent[g, k, HANDSETS, accounts] = upgrades * lines_3g
                spent[g, k, PURCHASES, accounts] = lines_3g * each[g, k, PURCHASES]
                held[g, accounts] += lines
                for m in range(platforms):
                    without[g, k, m] += lines * (1 - ((accounts >> m) & 1))
        lines = max(held[g].sum(), 1.0)
        for accounts in range(A):
            held[g, accounts] /= lines
    return spent, held, without, everybody


def margin(market: Any) -> np.ndarray:
    """Return what a line leaves its operator each month, (G, K) RMB."""
    on_3g = market.lines_3g / np.maximum(market.lines, 1.0)
    earns = market.price - market.serving_cost
    return (1 - on_3g) * earns[:, 0] + on_3g * earns[:, 1]

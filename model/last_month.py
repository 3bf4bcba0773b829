"""What talks know of last month: what customers would spend, who they are, and how people moved."""

from typing import Any, NamedTuple

import numpy as np

from agents.columns import G2, G3
from agents.compiling import making_loop
from agents.paying import HANDSETS, PURCHASES, SUBSCRIBING, TELECOM
from model.flows import Flows, choice_slopes


class LastMonth(NamedTuple):
    """Last month's customers and moves, as forecasts need them.

    Attributes
    ----------
    spent : (G, K, 2, S) float, RMB
        By a line on each network, on each service, the mean over customers.
    held : (G, A) float
        Share of the province's people.
    without : (G, K, M) float
        Lines without each platform's account.
    take_3g : (G,) float
        Share of changes of subscription that took up 3G.
    flows : Flows
        Of people.
    chosen : (K, K) float
        What each operator's reviewers chose.
    slopes : (G, K, K) float, lines a month and util
        Who would come to an operator if it, or another, were worth more.
    margin : (G, K) float, RMB
        What a line leaves its operator each month.
    """

    spent: np.ndarray
    held: np.ndarray
    without: np.ndarray
    take_3g: np.ndarray
    flows: Flows
    chosen: np.ndarray
    slopes: np.ndarray
    margin: np.ndarray


def last_month(market: Any) -> LastMonth:
    """Return what last month's customers would spend at this month's prices, their accounts and moves."""
    moves, lines = market.moves, market.lines
    counts = count_customers(market.customers_by_accounts, market.scale, market.M)
    everybody, on_3g, held, without = counts
    spent = spend(market.price, market.value_each, moves.joined, moves.new_3g, everybody, on_3g)
    take_3g = taking_3g(moves.new_3g, moves.changes)
    flows = Flows.of(moves.entered, moves.from_to, everybody, market.scale)
    review_hazard = float(market.parameters.review_hazard)
    chosen = flows.choices(review_hazard)
    slopes = choice_slopes(lines, chosen, review_hazard, flows.entrants, flows.entering)
    left = margin(lines, market.lines_3g, market.price, market.serving_cost)
    return LastMonth(spent, held, without, take_3g, flows, chosen, slopes, left)


@making_loop
def count_customers(customers, scale, platforms):  # type: ignore[no-untyped-def]
    """Return who the customers are.

    Parameters
    ----------
    customers : (G, K, 2, A) int
        Rows, by the accounts they hold.
    scale : (G,) float
        Real lines a row stands for.
    platforms : int

    Returns
    -------
    everybody, on_3g : (G, K) int64
        Rows.
    held : (G, A) float
        Share of the province's people. Whoever reviews may be anybody there, so all their accounts count.
    without : (G, K, M) float
        Lines without each platform's account.
    """
    G, K, _, A = customers.shape
    everybody, on_3g = np.zeros((G, K), np.int64), np.zeros((G, K), np.int64)
    held, without = np.zeros((G, A)), np.zeros((G, K, platforms))
    for g in range(G):
        people = 0
        for k in range(K):
            for accounts in range(A):
                rows = customers[g, k, G2, accounts] + customers[g, k, G3, accounts]
                everybody[g, k] += rows
                on_3g[g, k] += customers[g, k, G3, accounts]
                held[g, accounts] += rows
            people += everybody[g, k]
            for m in range(platforms):
                rows = 0
                for accounts in range(A):
                    lacking = 1 - ((accounts >> m) & 1)
                    rows += lacking * (customers[g, k, G2, accounts] + customers[g, k, G3, accounts])
                without[g, k, m] = rows * scale[g]
        for accounts in range(A):
            held[g, accounts] /= max(people, 1)
    return everybody, on_3g, held, without


@making_loop
def spend(price, each, joined, new_3g, everybody, on_3g):  # type: ignore[no-untyped-def]
    """Return what an average line on each network would spend on each service, (G, K, 2, S) RMB a month.

    Parameters
    ----------
    price : (K, 2) float, RMB
        Of a bill.
    each : (G, K, S) float, RMB
        Of any other payment.
    joined, new_3g : (G, K) int
        Rows that came to the operator, and to its 3G: so many of the average customer's kind will again.
    everybody, on_3g : (G, K) int
        Rows it has.
    """
    G, K, S = each.shape
    spent = np.zeros((G, K, 2, S))
    for g in range(G):
        for k in range(K):
            for network in range(2):
                spent[g, k, network, TELECOM] = price[k, network]
                joins = joined[g, k] / max(everybody[g, k], 1)
                spent[g, k, network, SUBSCRIBING] = joins * each[g, k, SUBSCRIBING]
            upgrades = new_3g[g, k] / max(on_3g[g, k], 1)
            spent[g, k, G3, HANDSETS] = upgrades * each[g, k, HANDSETS]
            spent[g, k, G3, PURCHASES] = each[g, k, PURCHASES]
    return spent


@making_loop
def taking_3g(new_3g, changes):  # type: ignore[no-untyped-def]
    """Return the share (G,) of changes of subscription (G,) that took up an operator's 3G (G, K)."""
    share = np.zeros(len(changes))
    for g in range(len(changes)):
        for k in range(new_3g.shape[1]):
            share[g] += new_3g[g, k]
        share[g] /= max(changes[g], 1)
    return share


@making_loop
def margin(lines, lines_3g, price, serving_cost):  # type: ignore[no-untyped-def]
    """Return what a line leaves its operator each month; of a branch without lines, what one on 2G would.

    Parameters
    ----------
    lines, lines_3g : (G, K) float
    price, serving_cost : (K, 2) float, RMB a month

    Returns
    -------
    (G, K) float, RMB
    """
    left = np.empty(lines.shape)
    for g in range(len(lines)):
        for k in range(lines.shape[1]):
            on_3g = lines_3g[g, k] / max(lines[g, k], 1.0)
            earns_2g, earns_3g = price[k, G2] - serving_cost[k, G2], price[k, G3] - serving_cost[k, G3]
            left[g, k] = (1 - on_3g) * earns_2g + on_3g * earns_3g
    return left

"""Counting people: by operator and network, by accounts, and how they moved; in real lines."""

from typing import Any, NamedTuple

import numpy as np

from agents.choice import G3, NO_LINE, network_of, operator_of
from agents.compiling import making_loop


class Moves(NamedTuple):
    """How people moved in a month, in rows.

    Attributes
    ----------
    entered : (G, K) int
        Took up a line with the operator.
    from_to : (G, K, K) int
        Left the first operator for the second; 0 on the diagonal.
    joined, left : (G, K) int
        Came to the operator from a rival or from none; left it for a rival.
    new_3g : (G, K) int
        Came to the operator's 3G from anything else.
    changes : (G,) int
        Came to any subscription from another, or from none.
    """

    entered: np.ndarray
    from_to: np.ndarray
    joined: np.ndarray
    left: np.ndarray
    new_3g: np.ndarray
    changes: np.ndarray


def count_people(market: Any) -> None:
    """Count people by what they have and how they moved; everything in real lines."""
    population, scale = market.population, market.scale
    market.people = population.by_holding().copy()  # it goes on changing
    market.customers_by_accounts = market.people[:, 1:].reshape(market.G, market.K, 2, market.A)
    customers = sum_customers(market.customers_by_accounts, scale, market.wallet_open)
    market.lines, market.lines_3g, market.platform_accounts = customers
    market.wallet_users = market.platform_accounts[:, market.M :]
    market.moves = Moves(*sum_moves(population.moves))
    market.joined, market.left = market.moves.joined * scale[:, None], market.moves.left * scale[:, None]


@making_loop
def sum_customers(customers, scale, wallet_open):  # type: ignore[no-untyped-def]
    """Return lines, 3G lines and accounts, in real lines.

    Parameters
    ----------
    customers : (G, K, 2, A) int
        Rows, by the accounts they hold.
    scale : (G,) float
        Real lines a row stands for.
    wallet_open : (G, K) bool
        Whether the operator's wallet runs; in one that does not nobody has an account.

    Returns
    -------
    lines, lines_3g : (G, K) float
    accounts : (G, M + K) float
        At each platform, then in each operator's wallet.
    """
    G, K, _, A = customers.shape
    platforms = 0
    while 2 << platforms < A:  # a bit each, and one for the wallet
        platforms += 1
    lines, lines_3g, accounts = np.zeros((G, K)), np.zeros((G, K)), np.zeros((G, platforms + K))
    holders = np.zeros(platforms, np.int64)
    for g in range(G):
        holders[:] = 0
        for k in range(K):
            with_wallet = 0
            for network in range(2):
                everybody = 0
                for held in range(A):
                    count = customers[g, k, network, held]
                    everybody += count
                    with_wallet += count * (held >> platforms)
                    for m in range(platforms):
                        holders[m] += count * ((held >> m) & 1)
                lines[g, k] += everybody * scale[g]
                if network == G3:
                    lines_3g[g, k] = everybody * scale[g]
            accounts[g, platforms + k] = with_wallet * wallet_open[g, k] * scale[g]
        for m in range(platforms):
            accounts[g, m] = holders[m] * scale[g]
    return lines, lines_3g, accounts


@making_loop
def sum_moves(moves):  # type: ignore[no-untyped-def]
    """Return how people moved, as `Moves` lists it, from moves (G, 1 + 2 K, 1 + 2 K) by subscription."""
    G, states = moves.shape[:2]
    K = states // 2
    entered, from_to = np.zeros((G, K), np.int64), np.zeros((G, K, K), np.int64)
    joined, left = np.zeros((G, K), np.int64), np.zeros((G, K), np.int64)
    new_3g, changes = np.zeros((G, K), np.int64), np.zeros(G, np.int64)
    for g in range(G):
        for before in range(states):
            for now in range(1, states):
                if now == before:
                    continue
                count, own, k = moves[g, before, now], operator_of(before), operator_of(now)
                changes[g] += count
                if network_of(now) == G3:
                    new_3g[g, k] += count
                if before == NO_LINE:
                    entered[g, k] += count
                    joined[g, k] += count
                elif own != k:
                    from_to[g, own, k] += count
                    left[g, own] += count
                    joined[g, k] += count
    return entered, from_to, joined, left, new_3g, changes

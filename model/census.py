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
    people, moves = market.population.by_holding(), market.population.moves
    market.people = people.copy()  # it goes on changing
    market.customers_by_accounts = market.people[:, 1:].reshape(market.G, market.K, 2, market.A)
    customers, holders, with_wallet = sum_people(market.customers_by_accounts, market.M)
    scale = market.scale[:, None]
    by_network = customers * scale[..., None]
    market.lines, market.lines_3g = by_network.sum(axis=2), by_network[:, :, G3]
    market.wallet_users = with_wallet * market.wallet_open * scale
    market.platform_accounts = np.concatenate([holders * scale, market.wallet_users], axis=1)
    market.moves = Moves(*sum_moves(moves))
    market.joined, market.left = market.moves.joined * scale, market.moves.left * scale


@making_loop
def sum_people(customers, platforms):  # type: ignore[no-untyped-def]
    """Return customers by network, and holders of accounts.

    Parameters
    ----------
    customers : (G, K, 2, A) int
        By the accounts they hold.
    platforms : int

    Returns
    -------
    by_network : (G, K, 2) int64
    holders : (G, M) int64
        Of each platform's account.
    with_wallet : (G, K) int64
    """
    G, K, _, A = customers.shape
    by_network, holders = np.zeros((G, K, 2), np.int64), np.zeros((G, platforms), np.int64)
    with_wallet = np.zeros((G, K), np.int64)
    for g in range(G):
        for k in range(K):
            for network in range(2):
                for held in range(A):
                    count = customers[g, k, network, held]
                    by_network[g, k, network] += count
                    with_wallet[g, k] += count * ((held >> platforms) & 1)
                    for m in range(platforms):
                        holders[g, m] += count * ((held >> m) & 1)
    return by_network, holders, with_wallet


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

"""Counting people: by operator and network, by accounts, and how they moved; in real lines."""

from typing import Any

import numpy as np

from agents.choice import G3, NO_LINE, network_of, operator_of
from agents.compiling import loop
from model.flows import Flows


def count_people(market: Any) -> None:
    """Count people by what they have and how they moved; everything in real lines."""
    people, moves = market.population.count(market.G, market.K, market.A)
    market.people = people
    market.customers_by_accounts = people[:, 1:].reshape(market.G, market.K, 2, market.A)
    customers, holders, with_wallet = sum_people(market.customers_by_accounts, market.M)
    scale = market.scale[:, None]
    by_network = customers * scale[..., None]
    market.lines, market.lines_3g = by_network.sum(axis=2), by_network[:, :, G3]
    market.wallet_users = with_wallet * market.wallet_open * scale
    market.platform_accounts = np.concatenate([holders * scale, market.wallet_users], axis=1)
    entered, from_to, new_3g, changes = sum_moves(moves)
    joined, of_each = from_to.sum(axis=1) + entered, customers.sum(axis=2)
    market.joined, market.left = joined * scale, from_to.sum(axis=2) * scale
    # What forecasts need of it:
    market.flows = Flows.of(entered, from_to, of_each, market.scale)
    market.joined_share = joined / np.maximum(of_each, 1)
    market.handset_share = new_3g / np.maximum(customers[:, :, G3], 1)
    market.share_choosing_3g = new_3g.sum(axis=1) / np.maximum(changes, 1)


@loop
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


@loop
def sum_moves(moves):  # type: ignore[no-untyped-def]
    """Return how people moved.

    Parameters
    ----------
    moves : (G, 1 + 2 K, 1 + 2 K) int
        By subscription before and now.

    Returns
    -------
    entered : (G, K) int64
        Took up a line with the operator.
    from_to : (G, K, K) int64
        Left the first operator for the second; 0 on the diagonal.
    new_3g : (G, K) int64
        Came to the operator's 3G from anything else.
    changes : (G,) int64
        Came to any subscription from another, or from none.
    """
    G, states = moves.shape[:2]
    K = states // 2
    entered, from_to = np.zeros((G, K), np.int64), np.zeros((G, K, K), np.int64)
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
                elif own != k:
                    from_to[g, own, k] += count
    return entered, from_to, new_3g, changes

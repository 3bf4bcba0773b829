"""Counting people: by operator and network, by accounts, and how they moved; in real lines."""

from typing import Any

import numpy as np

from model.flows import Flows


def count_people(market: Any) -> None:
    """Count people by what they have and how they moved; everything in real lines."""
    people, moves = market.population.count(market.G, market.K, market.A)
    market.people = people
    market.customers_by_accounts = people[:, 1:].reshape(market.G, market.K, 2, market.A)
    by_network = market.customers_by_accounts.sum(axis=3) * market.scale[:, None, None]
    market.lines, market.lines_3g = by_network.sum(axis=2), by_network[:, :, 1]
    _count_accounts(market, people)
    _count_moves(market, moves)


def _count_accounts(market: Any, people: np.ndarray) -> None:
    """Count accounts at platforms and wallets (G, M + K)."""
    held = (np.arange(market.A)[:, None] >> np.arange(market.M)) & 1
    at_platforms = people[:, 1:].sum(axis=1) @ held
    with_wallet = market.customers_by_accounts[..., market.A // 2 :].sum(axis=(2, 3))
    market.wallet_users = with_wallet * market.wallet_open * market.scale[:, None]
    accounts = at_platforms * market.scale[:, None]
    market.platform_accounts = np.concatenate([accounts, market.wallet_users], axis=1)


def _count_moves(market: Any, moves: np.ndarray) -> None:
    """Count who joined and left whom (G, K), and the shares that forecasts need."""
    K = market.K
    entered = moves[:, 0, 1:].reshape(market.G, K, 2)
    between = moves[:, 1:, 1:].reshape(market.G, K, 2, K, 2)
    from_to = between.sum(axis=(2, 4)) * (1 - np.eye(K, dtype=np.int64))
    joined = from_to.sum(axis=1) + entered.sum(axis=2)
    customers = market.customers_by_accounts.sum(axis=(2, 3))
    market.joined = joined * market.scale[:, None]
    market.left = from_to.sum(axis=2) * market.scale[:, None]
    stayed_3g = np.einsum("gkk->gk", between[:, :, 1, :, 1])
    new_3g = between[:, :, :, :, 1].sum(axis=(1, 2)) - stayed_3g + entered[:, :, 1]
    on_3g = market.customers_by_accounts[:, :, 1].sum(axis=2)
    market.flows = Flows.of(entered.sum(axis=2), from_to, customers, market.scale)
    market.joined_share = joined / np.maximum(customers, 1)
    market.handset_share = new_3g / np.maximum(on_3g, 1)
    changes = moves[:, :, 1:].sum(axis=(1, 2)) - np.einsum("gss->g", moves[:, 1:, 1:])
    to_3g = new_3g.sum(axis=1)
    market.share_choosing_3g = to_3g / np.maximum(changes, 1)

"""Counting people: by operator and network, by accounts, and how they moved; in real lines."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from agents.columns import G2, G3, NO_LINE, network_of, operator_of, subscription_to
from agents.compiling import loop, rule
from agents.records import record_type


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


@cache
def moves_type(provinces: int, operators: int) -> np.dtype:
    """Return the type of a record of `Moves`."""
    G, K = provinces, operators
    shapes = ((G, K), (G, K, K), (G, K), (G, K), (G, K), G)
    return record_type({name: (np.int64, shape) for name, shape in zip(Moves._fields, shapes, strict=True)})


def moves_of(moved: np.ndarray) -> Moves:
    """Return how people moved, from a month's array of one record."""
    return Moves(*(moved[name][0] for name in Moves._fields))


def count_people(market: Any) -> None:
    """Count people by what they have and how they moved; everything in real lines."""
    population, measured = market.population, market.measured
    np.copyto(market.people, population.by_holding())  # it goes on changing
    sum_customers(market.people, market.scale, market.wallet_open, measured)
    sum_moves(population.moves, market.scale, market.moved, measured)
    market.lines, market.lines_3g = measured["lines"][0], measured["lines_3g"][0]
    market.platform_accounts, market.wallet_users = measured["accounts"][0], measured["wallet_users"][0]
    market.joined, market.left = measured["joined"][0], measured["left"][0]


@loop
def sum_customers(people, scale, wallet_open, measured):  # type: ignore[no-untyped-def]
    """Write lines, 3G lines and accounts, in real lines.

    Parameters
    ----------
    people : (G, 1 + 2 K, A) int
        Rows, by subscription and accounts.
    scale : (G,) float
        Real lines a row stands for.
    wallet_open : (G, K) bool
        Whether the operator's wallet runs; in one that does not nobody has an account.
    measured : (1,) record of `model.month.month_type`
        Written.
    """
    of = measured[0]
    G, K = wallet_open.shape
    platforms = of.accounts.shape[1] - K  # an account each, and the wallet's after them
    for g in range(G):
        for k in range(K):
            on_2g, on_3g = people[g, subscription_to(k, G2)], people[g, subscription_to(k, G3)]
            of.lines_3g[g, k] = _count(on_3g) * scale[g]
            of.lines[g, k] = _count(on_2g) * scale[g] + of.lines_3g[g, k]
            with_wallet = _count_holders(on_2g, platforms) + _count_holders(on_3g, platforms)
            of.wallet_users[g, k] = with_wallet * wallet_open[g, k] * scale[g]
            of.accounts[g, platforms + k] = of.wallet_users[g, k]
        for m in range(platforms):
            holders = 0
            for subscription in range(1, 1 + 2 * K):
                holders += _count_holders(people[g, subscription], m)
            of.accounts[g, m] = holders * scale[g]


@rule
def _count(people):  # type: ignore[no-untyped-def]
    """Return how many people there are, by the accounts they hold (A,)."""
    everybody = 0
    for held in range(len(people)):
        everybody += people[held]
    return everybody


@rule
def _count_holders(people, account):  # type: ignore[no-untyped-def]
    """Return how many of some people, by the accounts they hold (A,), have an account, by its number."""
    holders = 0
    for held in range(len(people)):
        holders += people[held] * ((held >> account) & 1)
    return holders


@rule
def _clear(rows, g):  # type: ignore[no-untyped-def]
    """Let nobody of a province have moved."""
    rows.changes[g] = 0
    for k in range(rows.joined.shape[1]):
        rows.entered[g, k] = rows.joined[g, k] = rows.left[g, k] = rows.new_3g[g, k] = 0
        for rival in range(rows.joined.shape[1]):
            rows.from_to[g, k, rival] = 0


@loop
def sum_moves(moves, scale, moved, measured):  # type: ignore[no-untyped-def]
    """Write how people moved.

    Parameters
    ----------
    moves : (G, 1 + 2 K, 1 + 2 K) int
        Rows by subscription before and now.
    scale : (G,) float
        Real lines a row stands for.
    moved : (1,) record of `Moves`
        Written, in rows.
    measured : (1,) record of `model.month.month_type`
        Who came and who left is written, in real lines.
    """
    G, states = moves.shape[:2]
    rows, lines = moved[0], measured[0]
    for g in range(G):
        _clear(rows, g)
        for before in range(states):
            for now in range(1, states):
                if now == before:
                    continue
                count, own, k = moves[g, before, now], operator_of(before), operator_of(now)
                rows.changes[g] += count
                if network_of(now) == G3:
                    rows.new_3g[g, k] += count
                if before == NO_LINE:
                    rows.entered[g, k] += count
                    rows.joined[g, k] += count
                elif own != k:
                    rows.from_to[g, own, k] += count
                    rows.left[g, own] += count
                    rows.joined[g, k] += count
        for k in range(rows.joined.shape[1]):
            lines.joined[g, k] = rows.joined[g, k] * scale[g]
            lines.left[g, k] = rows.left[g, k] * scale[g]

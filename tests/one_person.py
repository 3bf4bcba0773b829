"""One person alone in the loops that people share: the rules a lane at a time.

Months and demand take many people side by side. These functions ask the same rules about one, so that a test
can say what must come out for that person, whoever else might stand beside.
"""

from typing import Any, NamedTuple

import numpy as np

from agents.accounts import opens_account
from agents.choice import choose_subscriptions, weigh_options, write_probabilities, write_utilities
from agents.lanes import make_lanes


class Choice(NamedTuple):
    """What one person chooses, what that is worth (RMB a month), and the utilities (2 K,) behind it."""

    option: int
    surplus: float
    utility: np.ndarray


class Weights(NamedTuple):
    """What `weigh_options` says of one person: weights (2 K,), and what the networks are worth."""

    weight: np.ndarray
    top_2g: float
    sum_2g: float
    nest: float
    sum_3g: float


class Probabilities(NamedTuple):
    """One person's probability of each subscription (2 K,), and of any 3G."""

    of_each: np.ndarray
    any_3g: float


def choose(
    world: Any,
    month: int,
    province: int,
    code: int,
    position: int,
    own: int,
    accounts: int,
    near: np.ndarray,
    near_3g: float,
) -> Choice:
    """Return what a person chooses who holds a subscription and accounts and has contacts (K,)."""
    lanes = make_lanes(len(world.operator_stream))
    lanes.position[0], lanes.own[0], lanes.accounts[0] = position, own, accounts
    lanes.near[:, 0], lanes.near_3g[0] = near, near_3g
    choose_subscriptions(world, month, province, code, lanes, 1)
    return Choice(int(lanes.option[0]), float(lanes.surplus[0]), lanes.utility[:, 0].copy())


def utilities(
    world: Any,
    province: int,
    own: int,
    accounts: int,
    sensitivity: float,
    switching: float,
    near: np.ndarray,
    near_3g: float,
) -> np.ndarray:
    """Return what each subscription is worth to a person (2 K,), utils."""
    found = np.full((2 * len(near), 1), np.nan)
    of_person = (np.array([number]) for number in (own, accounts, sensitivity, switching))
    write_utilities(
        world, province, *of_person, np.asarray(near, float)[:, None], np.array([near_3g]), 1, found
    )
    return found[:, 0]


def weights(utility: np.ndarray, mu: float) -> Weights:
    """Return the weights of subscriptions (2 K,) that are worth so much, in utils."""
    weight, (top_2g, sum_2g, nest, sum_3g) = np.full((len(utility), 1), np.nan), np.full((4, 1), np.nan)
    weigh_options(np.asarray(utility, float)[:, None], mu, 1, weight, top_2g, sum_2g, nest, sum_3g)
    return Weights(weight[:, 0], float(top_2g[0]), float(sum_2g[0]), float(nest[0]), float(sum_3g[0]))


def probabilities(utility: np.ndarray, mu: float, outside: float) -> Probabilities:
    """Return how likely a person is to choose each of the subscriptions (2 K,) that are worth so much."""
    weight, *worth = weights(utility, mu)
    found, any_3g = weight[:, None].copy(), np.full(1, np.nan)
    write_probabilities(outside, 1, found, *(np.array([number]) for number in worth), any_3g)
    return Probabilities(found[:, 0], float(any_3g[0]))


def opens(
    world: Any, province: int, operator: int, online: bool, accounts: int, friends: np.ndarray, luck: float
) -> int:
    """Return the bit of the account opened by a person with such shares of contacts (M + 1,), 0 for none."""
    return int(opens_account(world, province, operator, online, accounts, friends[:, None], 0, luck))

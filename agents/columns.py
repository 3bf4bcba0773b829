"""The state of all consumers, a row each, and where the rows stand.

Three bytes a consumer: what is held now, what was held as the month began, and when the 3G contract ends.
Everything else about a consumer (tastes, contacts, luck) is computed when it is needed.
"""

from typing import NamedTuple

import numpy as np

from agents.compiling import rule
from agents.network import multiplied

# A subscription is one number: 0 no line yet, 1 + 2 k for operator k's 2G, 2 + 2 k for its 3G.
NO_LINE = 0
G2, G3 = 0, 1

# What a consumer holds is one byte: the subscription, then a bit for each kind of account.
ACCOUNT_BITS = 4
NOTHING = 0  # no line, and so no accounts
MOST_SURPLUS = 1 << 24  # rows whose surplus is kept


class Columns(NamedTuple):
    """The state of all consumers, a row each.

    Attributes
    ----------
    held, held_before : (N,) uint8
        Subscription and accounts (`holding`) now, and as the month began: what others can see.
    contract_end : (N,) uint8
        Last month of the 3G contract, 0 without one.
    surplus : (kept,) float32, RMB a month
        Expected consumer surplus of the last choice; 0 until the first choice in the run. It is kept of
        all rows, unless there are more than `MOST_SURPLUS` (`Places.thinning`).
    """

    held: np.ndarray
    held_before: np.ndarray
    contract_end: np.ndarray
    surplus: np.ndarray

    @property
    def subscription(self) -> np.ndarray:
        """Return everybody's subscription now, (N,) uint8."""
        return self.held >> ACCOUNT_BITS

    @property
    def subscription_before(self) -> np.ndarray:
        """Return everybody's subscription as the month began, (N,) uint8."""
        return self.held_before >> ACCOUNT_BITS

    @property
    def accounts(self) -> np.ndarray:
        """Return everybody's accounts now, (N,) uint8: a bit a platform, then one for the own wallet."""
        return self.held & ((1 << ACCOUNT_BITS) - 1)

    @property
    def accounts_before(self) -> np.ndarray:
        """Return everybody's accounts as the month began, (N,) uint8."""
        return self.held_before & ((1 << ACCOUNT_BITS) - 1)


class Places(NamedTuple):
    """Where rows stand: province blocks, their codes, and the order in which lines are taken up.

    Attributes
    ----------
    start : (G + 1,) int64
    code : (G,) int64
    entry_multiplier : (G,) uint64
        Multiplier that turns a position into its rank in the order of entry, as a fraction.
    thinning : int
        The surplus of each `2^thinning`-th row is kept.
    """

    start: np.ndarray
    code: np.ndarray
    entry_multiplier: np.ndarray
    thinning: int = 0


def empty_columns(rows: int, thinning: int = 0) -> Columns:
    """Return columns of people who have no line yet."""
    held, before, contract_end = (np.zeros(rows, np.uint8) for _ in range(3))
    return Columns(held, before, contract_end, np.zeros(-(-rows >> thinning), np.float32))


def thinning_of(rows: int) -> int:
    """Return the least `thinning` that keeps the surplus of no more than `MOST_SURPLUS` rows."""
    return max(-(-rows // MOST_SURPLUS) - 1, 0).bit_length()


@rule
def operator_of(subscription):  # type: ignore[no-untyped-def]
    """Return the operator of a subscription, -1 without a line."""
    return ((np.int64(subscription) + 1) >> 1) - 1


@rule
def network_of(subscription):  # type: ignore[no-untyped-def]
    """Return G2 or G3 for a subscription; meaningless without a line."""
    return (np.int64(subscription) + 1) & 1


@rule
def subscription_to(operator, network):  # type: ignore[no-untyped-def]
    """Return the number of a subscription to an operator's network."""
    return 1 + 2 * operator + network


@rule
def holding(subscription, accounts):  # type: ignore[no-untyped-def]
    """Return a subscription and accounts as one number."""
    return subscription << ACCOUNT_BITS | accounts


@rule
def subscription_of(held):  # type: ignore[no-untyped-def]
    """Return the subscription of what is held."""
    return np.int64(held) >> ACCOUNT_BITS


@rule
def accounts_of(held):  # type: ignore[no-untyped-def]
    """Return the accounts of what is held."""
    return np.int64(held) & ((1 << ACCOUNT_BITS) - 1)


@rule
def unpacked(held):  # type: ignore[no-untyped-def]
    """Return the operator, network and accounts of what somebody with a line holds."""
    subscription = subscription_of(held)
    return operator_of(subscription), network_of(subscription), accounts_of(held)


@rule
def keeps_surplus(places, row):  # type: ignore[no-untyped-def]
    """Return whether the surplus of a row is kept."""
    return row & ((1 << places.thinning) - 1) == 0


@rule
def has_entered(places, province, position, entered):  # type: ignore[no-untyped-def]
    """Return whether the line at a position is in use when `entered[g]` lines are."""
    n = places.start[province + 1] - places.start[province]
    return multiplied(places.entry_multiplier[province], position, n) < entered[province]

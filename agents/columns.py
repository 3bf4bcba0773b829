"""The state of all consumers, a row each, and where the rows stand."""

from typing import NamedTuple

import numpy as np

from agents.compiling import rule
from agents.contacts import multiplied


class Columns(NamedTuple):
    """The state of all consumers, a row each; `_before` is how the month began.

    Attributes
    ----------
    subscription, subscription_before : (N,) uint8
        0 no line yet, 1 + 2 k operator k's 2G, 2 + 2 k its 3G.
    accounts, accounts_before : (N,) uint8
        A bit a platform, then one for the own operator's wallet.
    contract_end : (N,) uint8
        Last month of the 3G contract, 0 without one.
    surplus : (N,) float32, RMB a month
        Expected consumer surplus of the last choice; 0 until the first choice in the run.
    """

    subscription: np.ndarray
    subscription_before: np.ndarray
    accounts: np.ndarray
    accounts_before: np.ndarray
    contract_end: np.ndarray
    surplus: np.ndarray


class Places(NamedTuple):
    """Where rows stand: province blocks, their codes, and the order in which lines are taken up.

    Attributes
    ----------
    start : (G + 1,) int64
    code : (G,) int64
    entry_inverse : (G,) uint64
        Multiplier that turns a position into its rank in the order of entry, as a fraction.
    """

    start: np.ndarray
    code: np.ndarray
    entry_inverse: np.ndarray


@rule
def has_entered(places, province, position, entered):  # type: ignore[no-untyped-def]
    """Return whether the line at a position is in use when `entered[g]` lines are."""
    n = places.start[province + 1] - places.start[province]
    return multiplied(places.entry_inverse[province], position, n) < entered[province]

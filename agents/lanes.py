"""Room for people who act side by side.

Those who choose in a month stand far apart in the rows. They are gathered into lanes, and each step of a
choice is taken for all of them before the next: a processor then works on several people at once.
"""

from typing import NamedTuple

import numba
import numpy as np

from agents.compiling import making_loop, rule
from agents.contacts import SLOTS, Search, make_search

LANES = 2_048  # people side by side: so many that to call a step costs next to nothing
# Lanes are filled up to a multiple of this: the compiler takes so many at a step, plain Python one.
STRIDE = 1 if numba.config.DISABLE_JIT else 16  # type: ignore[attr-defined]


class Lanes(NamedTuple):
    """A lane each for people of one province who choose a subscription (L lanes, K operators).

    Attributes
    ----------
    row, position, own, accounts : (L,) int64
        Who they are, and the subscription and accounts they come with.
    contact : (SLOTS, L) int64
    search : Search
        See `agents.contacts.find_contacts`.
    seen : (SLOTS, L) uint8
        What the contacts held as the month began.
    marks : (L,) int64
        See `agents.acquaintance`.
    near, near_3g : (K, L), (L,) float
        Share of contacts with each operator, and on anybody's 3G.
    sensitivity, switching : (L,) float
        Price sensitivity (utils per RMB) and switching cost (utils).
    wait : (2 K + 1, L) float
        Exponential waiting times: each subscription's, then the one all of 3G shares.
    utility, weight : (2 K, L) float
    top_2g, sum_2g, nest, sum_3g : (L,) float
        See `agents.choice.weigh_options`.
    option : (L,) int64
    surplus : (L,) float
        The subscription chosen, and what the choice is worth, RMB a month.
    """

    row: np.ndarray
    position: np.ndarray
    own: np.ndarray
    accounts: np.ndarray
    contact: np.ndarray
    search: Search
    seen: np.ndarray
    marks: np.ndarray
    near: np.ndarray
    near_3g: np.ndarray
    sensitivity: np.ndarray
    switching: np.ndarray
    wait: np.ndarray
    utility: np.ndarray
    weight: np.ndarray
    top_2g: np.ndarray
    sum_2g: np.ndarray
    nest: np.ndarray
    sum_3g: np.ndarray
    option: np.ndarray
    surplus: np.ndarray


@making_loop
def make_lanes(operators):  # type: ignore[no-untyped-def]
    """Return lanes for a market of so many operators."""
    K = operators
    return Lanes(
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros((SLOTS, LANES), np.int64),
        make_search(LANES),
        np.zeros((SLOTS, LANES), np.uint8),
        np.zeros(LANES, np.int64),
        np.zeros((K, LANES)),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros((2 * K + 1, LANES)),
        np.zeros((2 * K, LANES)),
        np.zeros((2 * K, LANES)),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES, np.int64),
        np.zeros(LANES),
    )


class Openers(NamedTuple):
    """A lane each for people of one province who may open an account (L lanes, M platforms).

    Attributes
    ----------
    row, position, own, operator, accounts : (L,) int64
        Who they are, and what they hold.
    online : (L,) uint8
        Whether they use the internet.
    luck : (L,) float
    contact, search, seen, marks
        See `Lanes`.
    friends, nobody, everybody : (M + 1, L) float
        Share of contacts with each kind of account: as it is, and if it were none or all of them.
    opened, at_most : (L,) int64
        Bit of the account opened, 0 for none; and of the one opened if all contacts had all accounts.
    """

    row: np.ndarray
    position: np.ndarray
    own: np.ndarray
    operator: np.ndarray
    accounts: np.ndarray
    online: np.ndarray
    luck: np.ndarray
    contact: np.ndarray
    search: Search
    seen: np.ndarray
    marks: np.ndarray
    friends: np.ndarray
    nobody: np.ndarray
    everybody: np.ndarray
    opened: np.ndarray
    at_most: np.ndarray


@making_loop
def make_openers(kinds):  # type: ignore[no-untyped-def]
    """Return lanes for people who may open so many kinds of account."""
    return Openers(
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.uint8),
        np.zeros(LANES),
        np.zeros((SLOTS, LANES), np.int64),
        make_search(LANES),
        np.zeros((SLOTS, LANES), np.uint8),
        np.zeros(LANES, np.int64),
        np.zeros((kinds, LANES)),
        np.zeros((kinds, LANES)),
        np.ones((kinds, LANES)),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
    )


@rule
def whole_strides(people):  # type: ignore[no-untyped-def]
    """Return how many lanes so many people take, filled up to whole strides."""
    return -(-people // STRIDE) * STRIDE

"""Room for people who act side by side.

Those who choose in a month stand far apart in the rows. They are gathered into lanes, and each step of a
choice is taken for all of them before the next: a processor then works on several people at once.
"""

from typing import NamedTuple

import numpy as np

from agents.compiling import loop
from agents.contacts import SLOTS

LANES = (
    128  # people side by side: enough to keep the processor busy, few enough to stay in its nearest memory
)
STRIDE = 32  # lanes are filled up to a multiple of this, since the compiler takes that many at a step


class Lanes(NamedTuple):
    """A lane each for people of one province (L lanes, K operators).

    Attributes
    ----------
    row, position, own, accounts : (L,) int64
        Who they are, and the subscription and accounts they come with.
    contact, afar : (SLOTS, L), (L,) int64
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
    afar: np.ndarray
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


@loop
def make_lanes(operators):  # type: ignore[no-untyped-def]
    """Return lanes for a market of so many operators."""
    K = operators
    return Lanes(
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros((SLOTS, LANES), np.int64),
        np.zeros(LANES, np.int64),
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

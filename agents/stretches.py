"""Stretches of rows: the room that work on one takes, and the luck its rows share.

A thread works on one stretch after another in the same room, so that a month allocates nothing. What is
counted is counted in the room too: threads write to nothing that others read.
"""

from typing import NamedTuple

import numpy as np

from agents.columns import ACCOUNT_BITS
from agents.compiling import rule
from agents.draws import fill_shared
from agents.lanes import LANES, Lanes, Openers, make_lanes, make_openers
from agents.vectors import AT_ONCE, KINDS, SURE

SPAN = 65_536  # most rows in a stretch of work: thousands of them choose, and it fits the second cache
GROUPS = SPAN // 4 + 1  # groups of four that a stretch can touch
BILLS, SHOPPING = 0, 1  # what is paid so often that it is counted apart
BUNDLE = 4  # neighbours who are tallied apart, so that none waits for the one before


class Room(NamedTuple):
    """Room for the work of one thread, and what it counted in a month.

    Attributes
    ----------
    words : (4 GROUPS,) uint32
        Random words that the rows of a stretch share.
    marked : (SPAN,) uint8
    chose, moved, listed : (SPAN + AT_ONCE,) int32
        Rows of a stretch, from 0 on: those who chose, those of them who hold another subscription now, and
        some others.
    found : (LANES + AT_ONCE,) int32
        Some of the people in lanes.
    joining : (2, LANES) float
        Luck of those who pay for a new number, and for a new handset.
    lanes, openers
        See `agents.lanes`.
    cash : (2, >= KINDS) uint8
        By what is held, of one province: limits of the luck that surely pays the bill, and what is bought by
        phone, in cash (`agents.vectors`).
    ceiling : (>= KINDS,) uint8
        The same, of the luck that may open an account.
    tally : (2, 1 + 2 K, D, BUNDLE) int64
        Bills and purchases counted in one province, by subscription.
    people : (G, kinds) int64
        Change of lines by what is held.
    moves : (G, 1 + 2 K, 1 + 2 K) int64
        Changes by subscription before and now.
    payments : (G, K, 2, S, D) int64
        Number of payments by operator, network, service and method. Bills and purchases in cash are to be
        added to all that there are.
    """

    words: np.ndarray
    marked: np.ndarray
    chose: np.ndarray
    moved: np.ndarray
    listed: np.ndarray
    found: np.ndarray
    joining: np.ndarray
    lanes: Lanes
    openers: Openers
    cash: np.ndarray
    ceiling: np.ndarray
    tally: np.ndarray
    people: np.ndarray
    moves: np.ndarray
    payments: np.ndarray


def make_room(shape: tuple[int, ...]) -> Room:
    """Return room for a market whose payments have the shape (G, K, 2, S, D), nothing counted yet."""
    provinces, operators, _, _, methods = shape
    states = 1 + 2 * operators
    kinds = states << ACCOUNT_BITS
    table = max(kinds, KINDS)
    return Room(
        words=np.empty(4 * GROUPS, np.uint32),
        marked=np.empty(SPAN, np.uint8),
        chose=np.empty(SPAN + AT_ONCE, np.int32),
        moved=np.empty(SPAN + AT_ONCE, np.int32),
        listed=np.empty(SPAN + AT_ONCE, np.int32),
        found=np.empty(LANES + AT_ONCE, np.int32),
        joining=np.empty((2, LANES)),
        lanes=make_lanes(operators),
        openers=make_openers(methods - 1),  # one for each account there is
        cash=np.full((2, table), SURE, np.uint8),  # who has no bill pays none
        ceiling=np.zeros(table, np.uint8),
        tally=np.zeros((2, states, methods, BUNDLE), np.int64),
        people=np.zeros((provinces, kinds), np.int64),
        moves=np.zeros((provinces, states, states), np.int64),
        payments=np.zeros(shape, np.int64),
    )


@rule
def share_luck(words, world, purpose, month, places, span, stream):  # type: ignore[no-untyped-def]
    """Fill in the draws a stretch of rows shares, in groups of four; return the word of each row."""
    province = span[2]
    first = (span[0] - places.start[province]) >> 2
    last = (span[1] - 1 - places.start[province]) >> 2
    fill_shared(words, world.seed, purpose, month, places.code[province], first, last - first + 1, stream)
    begin = span[0] - places.start[province] - 4 * first
    return words[begin : begin + span[1] - span[0]]

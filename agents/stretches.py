"""Stretches of rows: the room that work on one takes, and the luck its rows share.

A thread works on one stretch after another in the same room, so that a month allocates nothing. What is
counted is counted in the room too: threads write to nothing that others read.
"""

from functools import cache

import numpy as np

from agents.columns import ACCOUNT_BITS
from agents.compiling import rule
from agents.draws import fill_shared
from agents.lanes import LANES, WIDTH, lanes_type, openers_type, whole_strides
from agents.records import make_record, record_type
from agents.vectors import AT_ONCE, KINDS, SURE

SPAN = 65_536  # most rows in a stretch of work: thousands of them choose, and it fits the second cache
GROUPS = SPAN // 4 + 8  # groups of four that a stretch can touch, filled up to whole strides of up to 8
BILLS, SHOPPING = 0, 1  # what is paid so often that it is counted apart
BUNDLE = 4  # neighbours who are tallied apart, so that none waits for the one before


@cache
def room_type(shape: tuple[int, ...]) -> np.dtype:
    """Return the type of the room one thread works in, for payments of the shape (G, K, 2, S, D)."""
    provinces, operators, _, _, methods = shape
    states = 1 + 2 * operators
    kinds = states << ACCOUNT_BITS
    table = max(kinds, KINDS)
    listed = (np.int32, SPAN + AT_ONCE)
    return record_type(
        {
            "words": (np.uint32, 4 * GROUPS),  # random words that the rows of a stretch share
            "marked": (np.uint8, SPAN),
            # Rows of a stretch, from 0 on: those who chose, those of them who hold another subscription now,
            # and some others.
            "chose": listed,
            "moved": listed,
            "listed": listed,
            "found": (np.int32, LANES + AT_ONCE),  # some of the people in lanes
            "joining": (np.float64, (2, WIDTH)),  # luck of those who pay for a number, and for a handset
            "lanes": (lanes_type(operators), ()),
            "openers": (openers_type(methods - 1), ()),  # one for each account there is
            # By what is held, of one province: limits of the luck that surely pays the bill, and what is
            # bought by phone, in cash (`agents.vectors`), and of the luck that may open an account.
            "cash": (np.uint8, (2, table)),
            "ceiling": (np.uint8, table),
            # Bills and purchases counted in one province, by subscription.
            "tally": (np.int64, (2, states, methods, BUNDLE)),
            # What is counted in a month. Change of lines by what is held:
            "people": (np.int64, (provinces, kinds)),
            # Changes by subscription before and now:
            "moves": (np.int64, (provinces, states, states)),
            # Number of payments by operator, network, service and method. Bills and purchases in cash are to
            # be added to all that there are.
            "payments": (np.int64, shape),
        }
    )


def make_room(shape: tuple[int, ...]) -> np.record:
    """Return room for a market whose payments have the shape (G, K, 2, S, D), nothing counted yet."""
    room = make_record(room_type(shape))
    room.cash[:] = SURE  # who has no bill pays none
    room.openers.everybody[:] = 1.0
    return room


@rule
def share_luck(words, world, purpose, month, places, span, stream):  # type: ignore[no-untyped-def]
    """Fill in the draws a stretch of rows shares, in groups of four; return the word of each row."""
    province = span[2]
    first = (span[0] - places.start[province]) >> 2
    last = (span[1] - 1 - places.start[province]) >> 2
    groups = whole_strides(last - first + 1)
    fill_shared(words, world.seed, purpose, month, places.code[province], first, groups, stream)
    begin = span[0] - places.start[province] - 4 * first
    return words[begin : begin + span[1] - span[0]]

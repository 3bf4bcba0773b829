"""Room for people who act side by side.

Those who choose in a month stand far apart in the rows. They are gathered into lanes, and each step of a
choice is taken for all of them before the next: a processor then works on several people at once.
"""

from functools import cache

import numba
import numpy as np

from agents.compiling import rule
from agents.network import OWNED, SLOTS
from agents.records import make_record, record_type
from agents.vectors import AT_ONCE

LANES = 2_048  # people side by side: so many that to call a step costs next to nothing
# Lanes are filled up to a multiple of this: the compiler takes so many at a step, plain Python one.
STRIDE = 1 if numba.config.DISABLE_JIT else 8  # type: ignore[attr-defined]
# Tables have a little more room than there are lanes: rows a power of two apart would push each other out of
# the cache.
WIDTH = LANES + 24

# Scratch of a search for contacts; see `agents.contacts.find_contacts`.
SEARCH = record_type(
    {
        "hashed": (np.uint64, WIDTH),  # people's luck
        # 1 where their own tie, and where somebody else's, leads across the country
        "afar": (np.uint8, (2 * OWNED, WIDTH)),
        "listed": (np.int32, WIDTH + AT_ONCE),  # whom one of those ties concerns
    }
)


@cache
def lanes_type(operators: int) -> np.dtype:
    """Return the type of lanes for people of one province who choose a subscription."""
    K = operators
    return record_type(
        {
            # Who they are, and the subscription and accounts they come with.
            "row": (np.int64, WIDTH),
            "position": (np.int64, WIDTH),
            "own": (np.int64, WIDTH),
            "accounts": (np.int64, WIDTH),
            "contact": (np.int64, (SLOTS, WIDTH)),  # rows, or NOBODY
            "search": (SEARCH, ()),
            "seen": (np.uint8, (SLOTS, WIDTH)),  # what the contacts held as the month began
            "marks": (np.int64, WIDTH),  # see `agents.acquaintance`
            "near": (np.float64, (K, WIDTH)),  # share of contacts with each operator
            "near_3g": (np.float64, WIDTH),  # and on anybody's 3G
            "sensitivity": (np.float64, WIDTH),  # to price, utils per RMB
            "switching": (np.float64, WIDTH),  # cost, utils
            # Exponential waiting times: each subscription's, then the one all of 3G shares.
            "wait": (np.float64, (2 * K + 1, WIDTH)),
            "utility": (np.float64, (2 * K, WIDTH)),
            # See `agents.choice.weigh_options`.
            "weight": (np.float64, (2 * K, WIDTH)),
            "top_2g": (np.float64, WIDTH),
            "sum_2g": (np.float64, WIDTH),
            "nest": (np.float64, WIDTH),
            "sum_3g": (np.float64, WIDTH),
            # The subscription chosen, and what the choice is worth, RMB a month.
            "option": (np.int64, WIDTH),
            "surplus": (np.float64, WIDTH),
        }
    )


@cache
def openers_type(kinds: int) -> np.dtype:
    """Return the type of lanes for people of one province who may open so many kinds of account."""
    return record_type(
        {
            # Who they are, and what they hold.
            "row": (np.int64, WIDTH),
            "position": (np.int64, WIDTH),
            "own": (np.int64, WIDTH),
            "operator": (np.int64, WIDTH),
            "accounts": (np.int64, WIDTH),
            "online": (np.uint8, WIDTH),  # whether they use the internet
            "luck": (np.float64, WIDTH),
            # See `lanes_type`.
            "contact": (np.int64, (SLOTS, WIDTH)),
            "search": (SEARCH, ()),
            "seen": (np.uint8, (SLOTS, WIDTH)),
            "marks": (np.int64, WIDTH),
            # Share of contacts with each kind of account: as it is, and if it were none or all of them.
            "friends": (np.float64, (kinds, WIDTH)),
            "nobody": (np.float64, (kinds, WIDTH)),
            "everybody": (np.float64, (kinds, WIDTH)),
            # Bit of the account opened, 0 for none; and of the one opened if all contacts had all accounts.
            "opened": (np.int64, WIDTH),
            "at_most": (np.int64, WIDTH),
        }
    )


def make_lanes(operators: int) -> np.record:
    """Return lanes for people who choose among so many operators."""
    return make_record(lanes_type(operators))


@rule
def whole_strides(people):  # type: ignore[no-untyped-def]
    """Return how many lanes so many people take, filled up to whole strides."""
    return -(-people // STRIDE) * STRIDE

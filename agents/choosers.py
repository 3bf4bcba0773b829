"""What each subscription is worth to those whom tariffs are set for: the demand that operators face.

The same rules as in the month itself, asked before anybody's luck is known, for what people hold and for
whatever else they might hold by the time they choose again.
"""

from typing import NamedTuple

import numpy as np

from agents.accounts import accounts_on_arrival
from agents.acquaintance import contacts_by_operator
from agents.choice import NO_LINE, operator_of, traits, write_utilities
from agents.columns import has_entered
from agents.compiling import loop
from agents.contacts import SLOTS


class Asked(NamedTuple):
    """Room for the answers of those who are asked, a row each.

    Attributes
    ----------
    worth : (I, 1 + 2 K, 2 K) float, utils
        Utility of each subscription to somebody who holds none, or another; of a world without prices it
        is that before the price.
    state : (I,) int64
        Subscription held as the month begins.
    sensitivity : (I,) float, utils per RMB
    weight : (I,) float
        Real lines each speaks for.
    wait : (I,) int64
        Months until the contract has run out.
    """

    worth: np.ndarray
    state: np.ndarray
    sensitivity: np.ndarray
    weight: np.ndarray
    wait: np.ndarray


@loop
def ask_choosers(  # type: ignore[no-untyped-def]
    spans, columns, places, network, world, month, entered, scale, every, asked
):
    """Write what subscriptions are worth to those with a line, or with one from now; return how many.

    Parameters
    ----------
    scale : (G,) float
        Real lines a row stands for.
    every : int
        Only each so-manieth place of a province is asked, and speaks for that many.
    asked : Asked
        Written, from the first row on.
    """
    near, found = np.zeros(len(world.operator_stream)), np.empty(SLOTS, np.int64)
    i = 0
    for b in range(len(spans)):
        province = spans[b, 2]
        code = places.code[province]
        for row in range(spans[b, 0], spans[b, 1]):
            position = row - places.start[province]
            if position % every != 0:
                continue
            own, accounts = columns.subscription_before[row], columns.accounts_before[row]
            if own == NO_LINE:
                if not has_entered(places, province, position, entered):
                    continue
                accounts = np.uint8(accounts_on_arrival(world, province, code, position))
            near_3g = contacts_by_operator(columns, network, row, province, found, near)
            alpha, switching = traits(world, province, code, position)
            for held in range(asked.worth.shape[1]):
                kept = accounts
                if operator_of(held) != operator_of(own):
                    kept = accounts & (world.wallet_bit - 1)  # the wallet stayed with the operator left
                utility = asked.worth[i, held]
                write_utilities(world, province, held, kept, alpha, switching, near, near_3g, utility)
            asked.state[i] = own
            asked.sensitivity[i] = alpha
            asked.weight[i] = every * scale[province]
            asked.wait[i] = max(np.int64(columns.contract_end[row]) - month + 1, 0)
            i += 1
    return i

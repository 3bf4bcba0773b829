"""What each subscription is worth to those whom tariffs are set for: the demand that operators face.

The same rules as in the month itself, asked before anybody's luck is known, for what people hold and for
whatever else they might hold by the time they choose again.
"""

from typing import NamedTuple

import numpy as np

from agents.accounts import accounts_on_arrival
from agents.acquaintance import look_at_contacts
from agents.choice import NO_LINE, operator_of, write_traits, write_utilities
from agents.columns import accounts_of, has_entered, subscription_of
from agents.compiling import loop, rule


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
    spans, columns, places, network, world, month, entered, scale, every, lanes, asked
):
    """Write what subscriptions are worth to those with a line, or with one from now; return how many.

    Parameters
    ----------
    scale : (G,) float
        Real lines a row stands for.
    every : int
        Only each so-manieth place of a province is asked, and speaks for that many.
    lanes : record of agents.lanes
    asked : Asked
        Written, from the first row on.
    """
    i = 0
    for b in range(len(spans)):
        province = spans[b, 2]
        code = places.code[province]
        for row in range(spans[b, 0], spans[b, 1]):
            position = row - places.start[province]
            if position % every != 0:
                continue
            own = subscription_of(columns.held_before[row])
            accounts = accounts_of(columns.held_before[row])
            if own == NO_LINE:
                if not has_entered(places, province, position, entered):
                    continue
                accounts = accounts_on_arrival(world, province, code, position)
            lanes.row[0], lanes.position[0] = row, position
            look_at_contacts(columns.held_before, network, province, lanes, 1)
            write_traits(world, province, code, lanes.position, 1, lanes.sensitivity, lanes.switching)
            _ask(world, province, own, accounts, lanes, asked.worth[i])
            asked.state[i] = own
            asked.sensitivity[i] = lanes.sensitivity[0]
            asked.weight[i] = every * scale[province]
            asked.wait[i] = max(np.int64(columns.contract_end[row]) - month + 1, 0)
            i += 1
    return i


@rule
def _ask(world, province, own, accounts, lanes, worth):  # type: ignore[no-untyped-def]
    """Write what subscriptions are worth to the person of the first lane, a lane for each that could be held.

    Parameters
    ----------
    own, accounts : int
        What the person holds.
    worth : (1 + 2 K, 2 K) float
        Written.
    """
    states = len(worth)
    for held in range(states):
        lanes.own[held] = held
        lanes.accounts[held] = accounts
        if operator_of(held) != operator_of(own):
            lanes.accounts[held] = accounts & (world.wallet_bit - 1)  # it stayed with the operator left
        lanes.sensitivity[held], lanes.switching[held] = lanes.sensitivity[0], lanes.switching[0]
        lanes.near_3g[held] = lanes.near_3g[0]
        for k in range(len(lanes.near)):
            lanes.near[k, held] = lanes.near[k, 0]
    write_utilities(
        world,
        province,
        lanes.own,
        lanes.accounts,
        lanes.sensitivity,
        lanes.switching,
        lanes.near,
        lanes.near_3g,
        states,
        lanes.utility,
    )
    for held in range(states):
        for option in range(len(lanes.utility)):
            worth[held, option] = lanes.utility[option, held]

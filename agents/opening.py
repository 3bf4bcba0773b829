"""Opening accounts, over a stretch of rows: who may open one this month, and does."""

import numpy as np

from agents.accounts import open_accounts, write_online
from agents.acquaintance import look_at_accounts
from agents.columns import G2, G3, accounts_of, holding, operator_of, subscription_of, subscription_to
from agents.compiling import loop, rule, side_by_side
from agents.draws import ACCOUNT_OPENING, to_unit
from agents.lanes import LANES, whole_strides
from agents.stretches import share_luck
from agents.vectors import ceiling_limit, list_marked, mark_below


@loop
def open_stretch(span, columns, places, network, world, month, room):  # type: ignore[no-untyped-def]
    """Let people in a stretch of rows open accounts at platforms and at their operator's wallet.

    The room has the province's ceilings (`write_ceilings`); what changed is counted in it. The arguments are
    those of `agents.rounds.live_rows`, but for one stretch, one world and one room.
    """
    a, end, province = span[0], span[1], span[2]
    lanes, listed, people = room.openers, room.listed, room.people[province]
    luck = share_luck(room.words, world, ACCOUNT_OPENING, month, places, span, 0)
    mark_below(room.ceiling, columns.held[a:end], luck, 0, room.marked[: end - a])
    count, undecided = list_marked(room.marked, end - a, listed), 0
    for i in range(0, count, LANES):
        some = listed[i : min(i + LANES, count)]
        n = _seat_openers(columns, places, world, province, some, a, luck, lanes)
        # More friends can only bring an account forward: few need to know how many they have.
        _ask_openers(world, province, lanes, lanes.nobody, lanes.everybody, n)
        _mark_undecided(lanes.opened, lanes.at_most, len(some), room.marked)
        for j in range(list_marked(room.marked, len(some), room.found)):
            listed[undecided] = some[room.found[j]]  # never behind those not yet asked
            undecided += 1
        _mark_decided(lanes.opened, lanes.at_most, len(some), room.marked)
        _open_marked(columns, lanes, len(some), room, people)
    for i in range(0, undecided, LANES):
        some = listed[i : min(i + LANES, undecided)]
        n = _seat_openers(columns, places, world, province, some, a, luck, lanes)
        look_at_accounts(columns.held_before, network, province, world.wallet_bit, lanes, n)
        _ask_openers(world, province, lanes, lanes.friends, lanes.friends, n)
        _mark_decided(lanes.opened, lanes.opened, len(some), room.marked)
        _open_marked(columns, lanes, len(some), room, people)


@rule
def write_ceilings(world, province, room):  # type: ignore[no-untyped-def]
    """Write the luck above which nobody of a province opens an account into the room, by what is held."""
    ceiling = world.account_ceiling[province]
    for k in range(len(ceiling)):
        on_2g, on_3g = subscription_to(k, G2), subscription_to(k, G3)
        for accounts in range(ceiling.shape[1]):
            limit = ceiling_limit(ceiling[k, accounts])
            room.ceiling[holding(on_2g, accounts)] = limit
            room.ceiling[holding(on_3g, accounts)] = limit


@rule
def _seat_openers(columns, places, world, province, rows, first, luck, lanes):  # type: ignore[no-untyped-def]
    """Give those who may open an account a lane each; return how many lanes there are, whole strides."""
    n = whole_strides(len(rows))
    for i in range(n):
        place = rows[min(i, len(rows) - 1)]
        row = first + place
        held = columns.held[row]
        lanes.row[i], lanes.position[i] = row, row - places.start[province]
        lanes.own[i], lanes.accounts[i] = subscription_of(held), accounts_of(held)
        lanes.operator[i] = operator_of(lanes.own[i])
        lanes.luck[i] = to_unit(luck[place])
    write_online(world, province, places.code[province], lanes.position, n, lanes.online)
    return n


@rule
def _ask_openers(world, province, lanes, least, most, n):  # type: ignore[no-untyped-def]
    """Write which accounts people in lanes open if their contacts hold the least, and if the most."""
    x = lanes
    open_accounts(
        world, province, x.operator, x.online, x.accounts, least, most, x.luck, n, x.opened, x.at_most
    )


@side_by_side
def _mark_undecided(opened, at_most, n, marked):  # type: ignore[no-untyped-def]
    """Mark who of n people would open another account, or none, if contacts held fewer."""
    for i in range(n):
        marked[i] = opened[i] != at_most[i]


@side_by_side
def _mark_decided(opened, at_most, n, marked):  # type: ignore[no-untyped-def]
    """Mark who of n people opens an account, whatever contacts hold."""
    for i in range(n):
        marked[i] = (opened[i] != 0) & (opened[i] == at_most[i])


@rule
def _open_marked(columns, lanes, n, room, people):  # type: ignore[no-untyped-def]
    """Let those of n people in lanes who are marked hold one account more, and count it."""
    for j in range(list_marked(room.marked, n, room.found)):
        row, bit = lanes.row[room.found[j]], lanes.opened[room.found[j]]
        held = np.int64(columns.held[row])
        columns.held[row] = held | bit
        people[held] -= 1
        people[held | bit] += 1

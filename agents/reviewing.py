"""Reviewing, over a stretch of rows: who chooses a subscription this month, and what they then hold."""

import numpy as np

from agents.accounts import accounts_on_arrival
from agents.acquaintance import look_at_contacts
from agents.choice import choose_subscriptions, contract_is_over, review_is_due
from agents.columns import (
    G3,
    NO_LINE,
    NOTHING,
    accounts_of,
    has_entered,
    holding,
    keeps_surplus,
    network_of,
    operator_of,
    subscription_of,
)
from agents.compiling import loop, rule, side_by_side
from agents.draws import REVIEW, to_unit
from agents.lanes import LANES, whole_strides
from agents.stretches import share_luck
from agents.vectors import list_marked

# Marking is a function and a loop for each kind of number: the narrower the numbers, the more rows a
# processor takes at a step.


@side_by_side
def _mark_due(world, luck, marked):  # type: ignore[no-untyped-def]
    """Mark whose contract would be due, were they free, (rows,) uint8, by their luck (rows,) uint32."""
    for i in range(len(marked)):
        marked[i] = review_is_due(world, to_unit(luck[i]))


@side_by_side
def _keep_free(month, held_before, contract_end, marked):  # type: ignore[no-untyped-def]
    """Leave marked who has a line and no contract that still runs."""
    for i in range(len(marked)):
        marked[i] &= (held_before[i] != NOTHING) & contract_is_over(np.uint8(month), contract_end[i])


@side_by_side
def mark_entering(places, province, first, held_before, entered, marked):  # type: ignore[no-untyped-def]
    """Mark who takes up a line, besides those marked; the first row stands at the position `first`."""
    for i in range(len(marked)):
        marked[i] |= (held_before[i] == NOTHING) & has_entered(places, province, first + i, entered)


@loop
def find_choosers(columns, places, world, month, entered, span, room):  # type: ignore[no-untyped-def]
    """List who of a stretch of rows chooses this month in `room.chose`; return how many do.

    They are those whose contract is due, and those who take up a line.
    """
    a, end, province = span[0], span[1], span[2]
    luck = share_luck(room.words, world, REVIEW, month, places, span, 0)
    held_before, marked = columns.held_before[a:end], room.marked[: end - a]
    _mark_due(world, luck, marked)
    _keep_free(month, held_before, columns.contract_end[a:end], marked)
    mark_entering(places, province, a - places.start[province], held_before, entered, marked)
    return list_marked(marked, end - a, room.chose)


@rule
def seat(columns, places, world, province, first, chose, lanes):  # type: ignore[no-untyped-def]
    """Give those who chose, by their rows from `first` on, a lane each; return how many lanes there are.

    They are whole strides, filled up with the last person, who chooses several times over, once in earnest.
    """
    start, code, n = places.start[province], places.code[province], len(chose)
    filled = whole_strides(n)
    for i in range(filled):
        row = first + chose[min(i, n - 1)]
        lanes.row[i] = row
        lanes.position[i] = row - start
        lanes.own[i] = subscription_of(columns.held_before[row])
        lanes.accounts[i] = accounts_of(columns.held_before[row])
        if lanes.own[i] == NO_LINE:
            lanes.accounts[i] = accounts_on_arrival(world, province, code, row - start)
    return filled


@loop
def review_stretch(span, columns, places, network, world, month, entered, room):  # type: ignore[no-untyped-def]
    """Let those choose whose contract is due, and those who take up a line this month.

    Return how many hold another subscription now. They stand in `room.moved`, and are counted in the room.
    The arguments are those of `agents.rounds.live_rows`, but for one stretch, one world and one room.
    """
    first, province = span[0], span[2]
    lanes, people, moves = room.lanes, room.people[province], room.moves[province]
    count, moved = find_choosers(columns, places, world, month, entered, span, room), 0
    for i in range(0, count, LANES):
        seated = room.chose[i : min(i + LANES, count)]
        n = seat(columns, places, world, province, first, seated, lanes)
        look_at_contacts(columns.held_before, network, province, lanes, n)
        choose_subscriptions(world, month, province, places.code[province], lanes, n)
        moved = take_up(columns, world, month, first, lanes, len(seated), room, moved, people, moves)
        keep_surplus(columns, places, lanes, len(seated), room)
    return moved


@side_by_side
def _mark_moved(own, option, n, marked):  # type: ignore[no-untyped-def]
    """Mark who of n people chose another subscription than their own."""
    for i in range(n):
        marked[i] = option[i] != own[i]


@rule
def take_up(columns, world, month, first, lanes, n, room, moved, people, moves):  # type: ignore[no-untyped-def]
    """Let those of n people in lanes who chose anew hold what they chose, and count it.

    They are added to the first `moved` of `room.moved`, as rows from `first` on; return how many stand there.
    """
    _mark_moved(lanes.own, lanes.option, n, room.marked)
    for j in range(list_marked(room.marked, n, room.found)):
        i = room.found[j]
        row, own, option, accounts = lanes.row[i], lanes.own[i], lanes.option[i], lanes.accounts[i]
        if operator_of(option) != operator_of(own):
            accounts &= world.wallet_bit - 1
        if network_of(option) == G3:
            columns.contract_end[row] = min(month + world.contract_months - 1, 255)
        held = holding(option, accounts)
        people[columns.held[row]] -= 1
        people[held] += 1
        moves[own, option] += 1
        columns.held[row] = held
        room.moved[moved] = row - first
        moved += 1
    return moved


@side_by_side
def _mark_kept(places, row, n, marked):  # type: ignore[no-untyped-def]
    """Mark whose surplus of n people is kept."""
    for i in range(n):
        marked[i] = keeps_surplus(places, row[i])


@rule
def keep_surplus(columns, places, lanes, n, room):  # type: ignore[no-untyped-def]
    """Write the surplus of n people in lanes, of those whose surplus is kept."""
    _mark_kept(places, lanes.row, n, room.marked)
    for j in range(list_marked(room.marked, n, room.found)):
        i = room.found[j]
        columns.surplus[lanes.row[i] >> places.thinning] = lanes.surplus[i]

"""The consumer's month over stretches of rows: review, pay, open accounts.

Somebody's month is over before the next stretch begins its own: rows write to nobody but themselves, and
look at others only through what they held as the month began, so order and threads change nothing. A Mesa
agent's own step is the same function over its one row.
"""

import numpy as np

from agents.accounts import write_accounts_on_arrival
from agents.columns import G2, NOTHING, holding, subscription_to
from agents.compiling import loop, making_loop, side_by_side
from agents.draws import FIRST_OPERATOR, gumbel, uniforms
from agents.lanes import LANES, whole_strides
from agents.opening import open_stretch, write_ceilings
from agents.payments import close_books, mark_moved, open_books, pay_stretch
from agents.reviewing import mark_entering, review_stretch
from agents.stretches import BUNDLE
from agents.vectors import list_marked

# What is done in a month, as bits: all of it, unless somebody wants to look in between.
REVIEW, PAY, OPEN = 1, 2, 4
WHOLE_MONTH = REVIEW | PAY | OPEN

NEIGHBOURS = 16  # rows whose surplus is added at once
BUNDLES = 8  # of them that are added before a sum goes back to memory


@loop
def live_rows(spans, acts, columns, places, network, worlds, month, entered, rooms):  # type: ignore[no-untyped-def]
    """Let people live through a month, or do a part of it; what they did is counted in the room.

    Parameters
    ----------
    spans : (B, 3) int64
        First row, last row + 1 and province of each stretch of rows.
    acts : int
        Any of REVIEW, PAY and OPEN.
    columns : Columns
    places : Places
    network : Network
    worlds, rooms : (1,) records of agents.world and agents.stretches
        The one there is of each. Of a record Numba finds out anew, in 5 to 10 microseconds, of what kind it
        is; of an array of records it remembers it.
    entered : (G,) int64
        Lines in use in each province.
    """
    world, room = worlds[0], rooms[0]
    for b in range(len(spans)):
        span, province = spans[b], spans[b, 2]
        arrives = b == 0 or spans[b - 1, 2] != province
        leaves = b + 1 == len(spans) or spans[b + 1, 2] != province
        if acts & REVIEW:
            moved = review_stretch(span, columns, places, network, world, month, entered, room)
        else:  # whoever did before now
            held, before = columns.held[span[0] : span[1]], columns.held_before[span[0] : span[1]]
            mark_moved(held, before, room.marked[: len(held)])
            moved = list_marked(room.marked, len(held), room.moved)
        if acts & PAY:
            if arrives:
                open_books(world, province, room)
            pay_stretch(span, columns, places, world, month, room, room.moved[:moved])
            if leaves:
                close_books(province, room)
        if acts & OPEN:
            if arrives:
                write_ceilings(world, province, room)
            open_stretch(span, columns, places, network, world, month, room)


@loop
def settle_rows(spans, columns, places, world, entered, log_share, rooms):  # type: ignore[no-untyped-def]
    """Give the lines in use at the start an operator's 2G and the accounts people hold.

    Parameters
    ----------
    log_share : (G, K) float
        Logarithm of each operator's share of the province's lines.
    world : record of agents.world
    others
        See `live_rows`.
    """
    room = rooms[0]
    lanes, marked, rows = room.lanes, room.marked, room.listed
    for b in range(len(spans)):
        a, end, province = spans[b, 0], spans[b, 1], spans[b, 2]
        code, first = places.code[province], a - places.start[province]
        columns.held[a:end] = NOTHING  # whoever was settled before is settled anew
        marked[: end - a] = 0
        mark_entering(places, province, first, columns.held[a:end], entered, marked[: end - a])
        count = list_marked(marked, end - a, rows)
        for i in range(0, count, LANES):
            some = rows[i : min(i + LANES, count)]
            n = whole_strides(len(some))
            for lane in range(n):
                lanes.position[lane] = first + some[min(lane, len(some) - 1)]
            _pick_first_operators(
                world, province, code, log_share, lanes.position, n, lanes.option, lanes.surplus
            )
            write_accounts_on_arrival(world, province, code, lanes.position, n, lanes.accounts)
            for lane in range(len(some)):
                subscription = subscription_to(lanes.option[lane], G2)
                columns.held[a + some[lane]] = holding(subscription, lanes.accounts[lane])


@side_by_side
def _pick_first_operators(world, province, code, log_share, position, n, operator, best):  # type: ignore[no-untyped-def]
    """Write whose lines n people, by their positions, hold at the start, (>= n,) int64; `best` is scratch."""
    for i in range(n):
        best[i], operator[i] = -np.inf, 0
    for k in range(len(world.operator_stream)):
        for i in range(n):
            u, _, _, _ = uniforms(world.seed, FIRST_OPERATOR, 0, code, position[i], world.operator_stream[k])
            score = log_share[province, k] + gumbel(u)
            operator[i] = k if score > best[i] else operator[i]
            best[i] = max(score, best[i])


@making_loop
def count_rows(spans, columns, rooms):  # type: ignore[no-untyped-def]
    """Count people in the room by what they hold, with those who have no line; see `live_rows`."""
    people = rooms[0].people
    tally = np.zeros((BUNDLE, people.shape[1]), np.int64)
    for b in range(len(spans)):
        _tally_held(columns.held[spans[b, 0] : spans[b, 1]], tally)
        for j in range(BUNDLE):
            for held in range(people.shape[1]):
                people[spans[b, 2], held] += tally[j, held]
        tally[:] = 0


@side_by_side
def _tally_held(held, tally):  # type: ignore[no-untyped-def]
    """Add what a stretch of rows holds to `tally` (BUNDLE, kinds), neighbours apart."""
    for i in range(len(held)):
        tally[i & (BUNDLE - 1), held[i]] += 1


@making_loop
def sum_surplus(first, surplus, total):  # type: ignore[no-untyped-def]
    """Write the sum of surplus by province, neighbours added apart, so that a processor takes them at once.

    Parameters
    ----------
    first : (G + 1,) int64
        First row of each province, of those whose surplus is kept, and their number.
    surplus : (kept,) float32
    total : (G,) float
    """
    parts = np.empty(NEIGHBOURS)
    for g in range(len(total)):
        whole = first[g] + (first[g + 1] - first[g]) // NEIGHBOURS * NEIGHBOURS
        parts[:] = 0.0
        _add_neighbours(surplus[first[g] : whole], parts)
        for i in range(whole, first[g + 1]):
            parts[i - whole] += surplus[i]
        total[g] = 0.0
        for j in range(NEIGHBOURS):
            total[g] += parts[j]


@side_by_side
def _add_neighbours(surplus, parts):  # type: ignore[no-untyped-def]
    """Add each `NEIGHBOURS`-th row to a part of its own, (NEIGHBOURS,); there are whole bundles of them."""
    many = NEIGHBOURS * BUNDLES
    whole = len(surplus) - len(surplus) % many
    for i in range(0, whole, many):
        for j in range(NEIGHBOURS):
            part = parts[j]
            for bundle in range(BUNDLES):
                part += surplus[i + bundle * NEIGHBOURS + j]
            parts[j] = part
    for i in range(whole, len(surplus), NEIGHBOURS):
        for j in range(NEIGHBOURS):
            parts[j] += surplus[i + j]

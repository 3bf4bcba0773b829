"""Paying, over a stretch of rows: who pays for what this month, each by a chosen method.

Everybody pays the bill, new customers the subscription, those new on an operator's 3G a handset, and
everybody on 3G shops by phone.
"""

import numpy as np

from agents.columns import (
    ACCOUNT_BITS,
    G2,
    G3,
    holding,
    network_of,
    operator_of,
    subscription_of,
    subscription_to,
    unpacked,
)
from agents.compiling import loop, rule, side_by_side
from agents.draws import PAYMENT, to_unit, uniforms
from agents.lanes import LANES
from agents.paying import CASH, HANDSETS, PURCHASES, SUBSCRIBING, TELECOM, choose_method
from agents.stretches import BILLS, BUNDLE, SHOPPING, share_luck
from agents.vectors import floor_limit, list_marked, mark_below


@loop
def _tally_methods(held, luck, rows, shares, tables, service, tally):  # type: ignore[no-untyped-def]
    """Count by which methods some rows of a stretch pay for a service, neighbours apart.

    Parameters
    ----------
    held : (stretch,) uint8
    luck : (stretch,) uint32
    rows : (n,) int32
    shares : (T, A, D) float
        Tables of cumulative shares of methods in the province.
    tables : (K, S) int64
        Which of them a service has.
    tally : (1 + 2 K, D, BUNDLE) int64
        By subscription; added to.
    """
    for i in range(len(rows)):
        what = np.int64(held[rows[i]])
        k, _, accounts = unpacked(what)
        method = choose_method(to_unit(luck[rows[i]]), shares[tables[k, service], accounts])
        tally[what >> ACCOUNT_BITS, method, i & (BUNDLE - 1)] += 1


@loop
def pay_stretch(span, columns, places, world, month, room, moved):  # type: ignore[no-untyped-def]
    """Let everybody in a stretch of rows pay for what they use this month, each service by a chosen method.

    The room's tables are those of the province (`open_books`). Payments are counted there, but bills and
    purchases as if all stood paid in cash: only those who pay otherwise are found.

    Parameters
    ----------
    span : (3,) int64
        First row, last row + 1 and province.
    moved : (n,) int32
        Rows of the stretch that hold another subscription than before.
    """
    a, end, province = span[0], span[1], span[2]
    held, before, marked = columns.held[a:end], columns.held_before[a:end], room.marked[: end - a]
    shares, tables = world.method_shares[province], world.method_table[province]

    for service, table in ((TELECOM, BILLS), (PURCHASES, SHOPPING)):
        luck = share_luck(room.words, world, PAYMENT, month, places, span, service)
        mark_below(room.cash[table], held, luck, 1, marked)  # and one or two in a thousand who pay in cash
        n = list_marked(marked, end - a, room.listed)
        _tally_methods(held, luck, room.listed[:n], shares, tables, service, room.tally[table])

    tally = room.payments[province]
    code, first = places.code[province], a - places.start[province]
    for i in range(0, len(moved), LANES):
        some = moved[i : min(i + LANES, len(moved))]
        _draw_joining(world, month, code, first, some, room.joining)
        for j in range(len(some)):
            k, on, accounts = unpacked(held[some[j]])
            join, handset = room.joining[0, j], room.joining[1, j]
            if k != operator_of(subscription_of(before[some[j]])):
                subscribing = shares[tables[k, SUBSCRIBING], accounts]
                tally[k, on, SUBSCRIBING, choose_method(join, subscribing)] += 1
            if on == G3:
                handsets = shares[tables[k, HANDSETS], accounts]
                tally[k, on, HANDSETS, choose_method(handset, handsets)] += 1


@side_by_side
def _draw_joining(world, month, code, first, rows, luck):  # type: ignore[no-untyped-def]
    """Write the luck of those who moved, by their rows from the position `first` on, into (2, >= n)."""
    for i in range(len(rows)):
        join, handset, _, _ = uniforms(world.seed, PAYMENT, month, code, first + rows[i], SUBSCRIBING)
        luck[0, i], luck[1, i] = join, handset


@side_by_side
def mark_moved(held, before, marked):  # type: ignore[no-untyped-def]
    """Mark whose subscription in a stretch of rows is another than before."""
    for i in range(len(marked)):
        marked[i] = held[i] >> ACCOUNT_BITS != before[i] >> ACCOUNT_BITS


@loop
def pay_in_cash(people, payments):  # type: ignore[no-untyped-def]
    """Add bills and purchases in cash for all who pay them; `pay_stretch` took off who pays otherwise.

    Parameters
    ----------
    people : (G, kinds) int64
        By what is held.
    payments : (G, K, 2, S, D) int64
        Added to.
    """
    for g in range(len(people)):
        for subscription in range(1, people.shape[1] >> ACCOUNT_BITS):
            k, on, customers = operator_of(subscription), network_of(subscription), 0
            for accounts in range(1 << ACCOUNT_BITS):
                customers += people[g, holding(subscription, accounts)]
            payments[g, k, on, TELECOM, CASH] += customers
            if on == G3:  # everybody on 3G shops by phone
                payments[g, k, on, PURCHASES, CASH] += customers


@rule
def open_books(world, province, room):  # type: ignore[no-untyped-def]
    """Write the luck that surely pays in cash in the province into the room, by what is held."""
    shares, tables = world.method_shares[province], world.method_table[province]
    for k in range(len(tables)):
        on_2g, on_3g = subscription_to(k, G2), subscription_to(k, G3)
        for accounts in range(1 << ACCOUNT_BITS):
            bills = floor_limit(shares[tables[k, TELECOM], accounts, CASH])
            room.cash[BILLS, holding(on_2g, accounts)] = bills
            room.cash[BILLS, holding(on_3g, accounts)] = bills
            # Others than on 3G do not shop by phone: nobody looks for them.
            shopping = floor_limit(shares[tables[k, PURCHASES], accounts, CASH])
            room.cash[SHOPPING, holding(on_3g, accounts)] = shopping


@rule
def close_books(province, room):  # type: ignore[no-untyped-def]
    """Enter what was counted under the province's payments, and count from 0 again."""
    payments = room.payments[province]
    for table, service in ((BILLS, TELECOM), (SHOPPING, PURCHASES)):
        for subscription in range(1, room.tally.shape[1]):
            k, on = operator_of(subscription), network_of(subscription)
            for method in range(payments.shape[-1]):
                count = 0
                for neighbour in range(BUNDLE):
                    count += room.tally[table, subscription, method, neighbour]
                payments[k, on, service, CASH] -= count
                payments[k, on, service, method] += count
    room.tally[:] = 0

"""Paying, over a stretch of rows: who pays for what this month, each by a chosen method.

Everybody pays the bill, new customers the subscription, those new on an operator's 3G a handset, and
everybody on 3G shops by phone.
"""

import numpy as np

from agents.columns import (
    ACCOUNT_BITS,
    G3,
    NOTHING,
    operator_of,
    subscription_of,
    unpacked,
)
from agents.compiling import loop, rule, side_by_side
from agents.draws import PAYMENT, to_unit, uniforms
from agents.paying import CASH, HANDSETS, PURCHASES, SUBSCRIBING, TELECOM, choose_method
from agents.stretches import BUNDLE, share_luck
from agents.vectors import floor_limit, list_marked, mark_below


@side_by_side
def _mark_on_3g(held, marked):  # type: ignore[no-untyped-def]
    """Mark who of a stretch of rows is on 3G."""
    for i in range(len(marked)):
        marked[i] = (held[i] != NOTHING) & ((held[i] >> ACCOUNT_BITS) & 1 == 0)


@loop
def _tally_methods(held, luck, rows, shares, tally):  # type: ignore[no-untyped-def]
    """Count by which methods some rows of a stretch pay, neighbours apart.

    Parameters
    ----------
    held : (stretch,) uint8
    luck : (stretch,) uint32
    rows : (n,) int32
    shares : (kinds, D) float
        Cumulative shares of methods, by what is held.
    tally : (kinds, D, BUNDLE) int64
        Added to.
    """
    for i in range(len(rows)):
        what = np.int64(held[rows[i]])
        tally[what, choose_method(to_unit(luck[rows[i]]), shares[what]), i & (BUNDLE - 1)] += 1


@loop
def pay_stretch(span, columns, places, world, month, room, chose):  # type: ignore[no-untyped-def]
    """Let everybody in a stretch of rows pay for what they use this month, each service by a chosen method.

    The room's tables are those of the province (`open_books`); payments are counted there, but for bills in
    cash: only those who pay otherwise are found.

    Parameters
    ----------
    span : (3,) int64
        First row, last row + 1 and province.
    chose : (n,) int32
        Rows of the stretch that may hold another subscription than before.
    """
    a, end, province = span[0], span[1], span[2]
    held, before, marked = columns.held[a:end], columns.held_before[a:end], room.marked[: end - a]

    luck = share_luck(room.words, world, PAYMENT, month, places, span, TELECOM)
    mark_below(room.cash, held, luck, 1, marked)  # not in cash, but for one or two in a thousand
    n = list_marked(marked, end - a, room.listed)
    _tally_methods(held, luck, room.listed[:n], room.bill_shares, room.bills)

    luck = share_luck(room.words, world, PAYMENT, month, places, span, PURCHASES)
    _mark_on_3g(held, marked)
    n = list_marked(marked, end - a, room.listed)
    _tally_methods(held, luck, room.listed[:n], room.purchase_shares, room.purchases)

    shares, tally = world.method_shares[province], room.payments[province]
    code, first = places.code[province], a - places.start[province]
    for row in chose:
        if held[row] >> ACCOUNT_BITS == before[row] >> ACCOUNT_BITS:
            continue
        k, on, accounts = unpacked(held[row])
        join, handset, _, _ = uniforms(world.seed, PAYMENT, month, code, first + row, SUBSCRIBING)
        if k != operator_of(subscription_of(before[row])):
            tally[k, on, SUBSCRIBING, choose_method(join, shares[k, SUBSCRIBING, accounts])] += 1
        if on == G3:
            tally[k, on, HANDSETS, choose_method(handset, shares[k, HANDSETS, accounts])] += 1


@rule
def open_books(world, province, room):  # type: ignore[no-untyped-def]
    """Write the province's shares of payment methods into the room, by what is held."""
    shares = world.method_shares[province]
    for held in range(1 << ACCOUNT_BITS, len(room.bill_shares)):
        k, _, accounts = unpacked(held)
        room.cash[held] = floor_limit(shares[k, TELECOM, accounts, CASH])
        for method in range(shares.shape[-1]):
            room.bill_shares[held, method] = shares[k, TELECOM, accounts, method]
            room.purchase_shares[held, method] = shares[k, PURCHASES, accounts, method]


@rule
def close_books(province, room):  # type: ignore[no-untyped-def]
    """Enter what was counted by what is held under the province's payments, and count from 0 again."""
    tally = room.payments[province]
    for held in range(1 << ACCOUNT_BITS, len(room.bills)):
        k, on, _ = unpacked(held)
        for method in range(tally.shape[-1]):
            bills, purchases = room.bills[held, method].sum(), room.purchases[held, method].sum()
            tally[k, on, TELECOM, CASH] -= bills
            tally[k, on, TELECOM, method] += bills
            tally[k, on, PURCHASES, method] += purchases
    room.bills[:] = 0
    room.purchases[:] = 0

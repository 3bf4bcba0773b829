"""What consumers know of others: with whom contacts are, and what they hold, as the month began.

Contacts are counted by marks: a number for each contact, whose sum is several counts at once. There are at
most `SLOTS` contacts, so each count has eight bits.
"""

import numpy as np

from agents.columns import (
    ACCOUNT_BITS,
    G3,
    NO_LINE,
    NOTHING,
    accounts_of,
    network_of,
    operator_of,
    subscription_of,
)
from agents.compiling import loop, rule, side_by_side
from agents.contacts import NOBODY, SLOTS, find_contacts
from agents.vectors import fetch_ahead

NEAR = 1 << 21  # rows, a byte each, that stay in a processor's caches; tried out


@loop
def _look_ahead(held_before, contact, n):  # type: ignore[no-untyped-def]
    """Have what contacts of n people hold brought near: most stand in memory nobody looked at for long.

    Neighbours on the ring, who reach a person from behind, are near, and of few rows all are.
    """
    if len(held_before) <= NEAR:
        return
    for slot in range(SLOTS):
        if slot % 4 != 1:
            for i in range(n):
                fetch_ahead(held_before, max(contact[slot, i], 0))


@side_by_side
def _see(held_before, contact, n, seen):  # type: ignore[no-untyped-def]
    """Write what the contacts of n people held as the month began into `seen` (SLOTS, >= n) uint8."""
    for slot in range(SLOTS):
        for i in range(n):
            # Who is nobody holds nothing; the first row is looked at instead: no branch need be guessed.
            held = held_before[max(contact[slot, i], 0)]
            seen[slot, i] = held if contact[slot, i] != NOBODY else NOTHING


@rule
def _mark(held):  # type: ignore[no-untyped-def]
    """Return what a contact's line counts as: a line, 3G, then a customer of each operator."""
    subscription = subscription_of(held)
    k = max(operator_of(subscription), 0)
    on_3g = network_of(subscription) == G3
    return (subscription != NO_LINE) * (1 | on_3g << 8 | np.int64(1) << (16 + 8 * k))


@side_by_side
def _add_marks(seen, n, marks):  # type: ignore[no-untyped-def]
    """Write the sum of the marks of each person's contacts into `marks` (>= n,) int64."""
    for i in range(n):
        marks[i] = 0
    for slot in range(SLOTS):
        for i in range(n):
            marks[i] += _mark(seen[slot, i])


@side_by_side
def _share_out_marks(marks, n, near, near_3g):  # type: ignore[no-untyped-def]
    """Write shares of contacts, from the sums of their marks, into `near` and `near_3g`."""
    for i in range(n):
        near_3g[i] = 1.0 / max(marks[i] & 255, 1)  # one division for all shares
    for k in range(len(near)):
        for i in range(n):
            near[k, i] = ((marks[i] >> (16 + 8 * k)) & 255) * near_3g[i]
    for i in range(n):
        near_3g[i] *= (marks[i] >> 8) & 255


@loop
def look_at_contacts(held_before, network, province, lanes, n):  # type: ignore[no-untyped-def]
    """Write the shares of n people's contacts with each operator, and on 3G, into their lanes."""
    find_contacts(network, province, lanes.row, n, lanes.contact, lanes.search)
    _look_ahead(held_before, lanes.contact, n)
    _see(held_before, lanes.contact, n, lanes.seen)
    _add_marks(lanes.seen, n, lanes.marks)
    _share_out_marks(lanes.marks, n, lanes.near, lanes.near_3g)


@rule
def _account_mark(held, own, wallet_bit):  # type: ignore[no-untyped-def]
    """Return what a contact's accounts count as: a line, the wallet of `own`'s operator, each platform."""
    subscription, accounts = subscription_of(held), accounts_of(held)
    mine = (accounts & wallet_bit != 0) & (operator_of(subscription) == operator_of(own))
    mark = np.int64(subscription != NO_LINE) | mine << 8
    for m in range(ACCOUNT_BITS - 1):
        mark |= ((accounts >> m) & 1) << (16 + 8 * m)  # none without a line
    return mark


@side_by_side
def _add_account_marks(seen, own, wallet_bit, n, marks):  # type: ignore[no-untyped-def]
    """Write the sum of the account marks of each person's contacts into `marks` (>= n,) int64."""
    for i in range(n):
        marks[i] = 0
    for slot in range(SLOTS):
        for i in range(n):
            marks[i] += _account_mark(seen[slot, i], own[i], wallet_bit)


@side_by_side
def _share_out_friends(marks, n, friends):  # type: ignore[no-untyped-def]
    """Write shares of contacts, from the sums of their account marks, into `friends` (M + 1, >= n)."""
    last = len(friends) - 1
    for i in range(n):
        friends[last, i] = 1.0 / max(marks[i] & 255, 1)  # one division for all shares
    for m in range(last):
        for i in range(n):
            friends[m, i] = ((marks[i] >> (16 + 8 * m)) & 255) * friends[last, i]
    for i in range(n):
        friends[last, i] *= (marks[i] >> 8) & 255


@loop
def look_at_accounts(held_before, network, province, wallet_bit, openers, n):  # type: ignore[no-untyped-def]
    """Write the shares of n people's contacts with each platform's account, and with the own wallet.

    Only wallets of a person's own operator count; `own` says which subscription each holds.
    """
    x = openers
    find_contacts(network, province, x.row, n, x.contact, x.search)
    _look_ahead(held_before, x.contact, n)
    _see(held_before, x.contact, n, x.seen)
    _add_account_marks(x.seen, x.own, wallet_bit, n, x.marks)
    _share_out_friends(x.marks, n, x.friends)

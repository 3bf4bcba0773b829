"""What consumers know of others: with whom contacts are, and what they hold, as the month began."""

import numpy as np

from agents.choice import G3, NO_LINE, network_of, operator_of
from agents.columns import NOTHING, accounts_of, subscription_of
from agents.compiling import loop, rule, side_by_side
from agents.contacts import NOBODY, SLOTS, find_contacts


@rule
def _mark(subscription):  # type: ignore[no-untyped-def]
    """Return a mark for somebody's subscription; marks added up count people.

    There are at most SLOTS contacts, so each count has eight bits: all with a line, those on 3G, then the
    customers of each operator.
    """
    k = max(operator_of(subscription), 0)
    on_3g = network_of(subscription) == G3
    return (subscription != NO_LINE) * (1 | on_3g << 8 | np.int64(1) << (16 + 8 * k))


@loop
def _see(held_before, contact, n, seen):  # type: ignore[no-untyped-def]
    """Write what the contacts of n people held as the month began into `seen` (SLOTS, >= n) uint8."""
    for slot in range(SLOTS):
        for i in range(n):
            # Who is nobody holds nothing; the first row is looked at instead, so that no branch need be guessed.
            held = held_before[max(contact[slot, i], 0)]
            seen[slot, i] = held if contact[slot, i] != NOBODY else NOTHING


@side_by_side
def _add_marks(seen, n, marks):  # type: ignore[no-untyped-def]
    """Write the sum of the marks of each person's contacts into `marks` (>= n,) int64."""
    for i in range(n):
        marks[i] = 0
    for slot in range(SLOTS):
        for i in range(n):
            marks[i] += _mark(subscription_of(seen[slot, i]))


@side_by_side
def _share_out_marks(marks, n, near, near_3g):  # type: ignore[no-untyped-def]
    """Write shares of contacts, from the sums of their marks, into `near` and `near_3g`."""
    for i in range(n):
        near_3g[i] = ((marks[i] >> 8) & 255) / max(marks[i] & 255, 1)
    for k in range(len(near)):
        for i in range(n):
            near[k, i] = ((marks[i] >> (16 + 8 * k)) & 255) / max(marks[i] & 255, 1)


@loop
def look_at_contacts(held_before, network, province, lanes, n):  # type: ignore[no-untyped-def]
    """Write the shares of n people's contacts with each operator, and on 3G, into their lanes."""
    find_contacts(network, province, lanes.row, n, lanes.contact, lanes.afar)
    marks = lanes.afar  # no longer needed for what it was
    _see(held_before, lanes.contact, n, lanes.seen)
    _add_marks(lanes.seen, n, marks)
    _share_out_marks(marks, n, lanes.near, lanes.near_3g)


@rule
def contacts_with_accounts(held_before, contact, lane, wallet_bit, own, friends):  # type: ignore[no-untyped-def]
    """Write the share of one person's contacts with each platform's account, and with the wallet of `own`.

    Parameters
    ----------
    contact : (SLOTS, L) int64
        From `find_contacts`.
    lane : int
        Whose contacts.
    own : int
        The consumer's operator: only its customers' wallets count.
    friends : (M + 1,) float
        Written.
    """
    friends[:] = 0.0
    known = 0
    last = len(friends) - 1
    for slot in range(SLOTS):
        if contact[slot, lane] == NOBODY:
            continue
        held = held_before[contact[slot, lane]]
        subscription, accounts = subscription_of(held), accounts_of(held)
        known += subscription != NO_LINE
        for m in range(last):
            friends[m] += (accounts >> m) & 1  # none without a line
        if accounts & wallet_bit and operator_of(subscription) == own:
            friends[last] += 1.0
    if known > 0:
        friends /= known

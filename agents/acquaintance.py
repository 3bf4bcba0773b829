"""What a consumer knows of the others: with whom contacts are, and what they hold, as the month began."""

import numpy as np

from agents.choice import NO_LINE, network_of, operator_of
from agents.compiling import rule
from agents.contacts import find_contacts


@rule
def contacts_by_operator(columns, network, row, province, found, near):  # type: ignore[no-untyped-def]
    """Write the share of contacts with each operator into `near` (K,); return the share on 3G.

    `found` (SLOTS,) is scratch.
    """
    near[:] = 0.0
    on_3g = known = 0
    for slot in range(find_contacts(network, row, province, found)):
        subscription = columns.subscription_before[found[slot]]
        # Without a branch, which a processor could not foresee: who has no line adds nothing.
        has_line = np.int64(subscription != NO_LINE)
        known += has_line
        near[max(operator_of(subscription), 0)] += has_line
        on_3g += has_line & network_of(subscription)
    if known == 0:
        return 0.0
    near /= known
    return on_3g / known


@rule
def contacts_with_accounts(columns, network, world, row, province, own, found, friends):  # type: ignore[no-untyped-def]
    """Write the share of contacts with each platform's account, and with the wallet of `own`.

    Parameters
    ----------
    own : int
        The consumer's operator: only its customers' wallets count.
    found : (SLOTS,) int64
        Scratch.
    friends : (M + 1,) float
        Written.
    """
    friends[:] = 0.0
    known = 0
    last = len(friends) - 1
    for slot in range(find_contacts(network, row, province, found)):
        subscription = columns.subscription_before[found[slot]]
        known += subscription != NO_LINE
        held = columns.accounts_before[found[slot]]  # none without a line
        for m in range(last):
            friends[m] += (held >> m) & 1
        if held & world.wallet_bit and operator_of(subscription) == own:
            friends[last] += 1.0
    if known > 0:
        friends /= known

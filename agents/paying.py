"""How a consumer pays, written once: what a method is worth, and which is chosen.

A logit over the methods that are open, cash among them [Train2009, ch. 3]. The tables of the month work
it out for each combination of accounts; the month itself draws from them.

[Train2009] K. Train, "Discrete Choice Methods with Simulation", 2nd ed., Cambridge.
"""

import numpy as np

from agents.compiling import loop, rule

# Services that can be paid for, in the order of every table.
SUBSCRIBING, TELECOM, HANDSETS, PURCHASES = 0, 1, 2, 3
SERVICES = ("subscribing", "telecom", "handsets", "purchases")

# Payment methods: cash first, then the own operator's wallet, then the platforms.
CASH, WALLET, FIRST_PLATFORM = 0, 1, 2


@rule
def payment_utility(taste, familiarity, merchant_pull, has_account, acceptance):  # type: ignore[no-untyped-def]
    """Return the utility of paying by a method other than cash, whose utility is 0."""
    return taste + familiarity * has_account + merchant_pull * acceptance


@loop
def value_of_methods(weight):  # type: ignore[no-untyped-def]
    """Return the inclusive value `ln(1 + sum exp(w))` of the methods open beside cash.

    Parameters
    ----------
    weight : (D,) float
        exp of each method's utility, 0 where it is not open. Cash (0) is not read: its weight is 1.
    """
    total = 1.0
    for m in range(1, len(weight)):
        total += weight[m]
    return np.log(total)


@loop
def cumulative_method_shares(weight, into):  # type: ignore[no-untyped-def]
    """Write the cumulative logit probabilities of the payment methods (D,) into an array."""
    total = 1.0
    for m in range(1, len(weight)):
        total += weight[m]
    reached = 1.0
    into[CASH] = 1.0 / total
    for m in range(1, len(weight)):
        reached += weight[m]
        into[m] = reached / total
    into[len(weight) - 1] = 1.0


@rule
def choose_method(u, cumulative):  # type: ignore[no-untyped-def]
    """Return the payment method that a uniform draw picks from cumulative probabilities (D,)."""
    method = 0
    for m in range(len(cumulative) - 1):  # counting is faster than looking for the first: no branches
        method += u >= cumulative[m]
    return method

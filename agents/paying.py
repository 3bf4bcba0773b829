"""How a consumer pays, written once: what a method is worth, and which is chosen.

A logit over the methods that are open, cash among them [Train2009, ch. 3]. The tables of the month work
it out for each combination of accounts; the month itself draws from them.

[Train2009] K. Train, "Discrete Choice Methods with Simulation", 2nd ed., Cambridge.
"""

from agents.arithmetic import logarithm
from agents.compiling import rule, side_by_side

# Services that can be paid for, in the order of every table.
SUBSCRIBING, TELECOM, HANDSETS, PURCHASES = 0, 1, 2, 3
SERVICES = ("subscribing", "telecom", "handsets", "purchases")

# Payment methods: cash first, then the own operator's wallet, then the platforms.
CASH, WALLET, FIRST_PLATFORM = 0, 1, 2


@rule
def payment_utility(taste, familiarity, merchant_pull, has_account, acceptance):  # type: ignore[no-untyped-def]
    """Return the utility of paying by a method other than cash, whose utility is 0."""
    return taste + familiarity * has_account + merchant_pull * acceptance


@side_by_side
def weigh_methods(weight, n, value, shares):  # type: ignore[no-untyped-def]
    """Write what the open payment methods are worth to n people side by side, and how likely each is.

    Parameters
    ----------
    weight : (D, >= n) float
        exp of each method's utility, 0 where it is not open. Cash (0) is not read: its weight is 1.
    value : (>= n,) float, utils
        Written: inclusive value of the methods beside cash, `ln(1 + sum exp(w))`.
    shares : (>= n, D) float
        Written: cumulative logit probabilities; the last is 1, and what is not open adds nothing.
    """
    for i in range(n):
        value[i] = 1.0
    for method in range(1, len(weight)):
        for i in range(n):
            value[i] += weight[method, i]  # all weights together, as yet
    for i in range(n):
        total, reached, part = value[i], 1.0, 1.0 / value[i]  # one division for all methods
        for method in range(len(weight)):
            reached += 0.0 if method == CASH else weight[method, i]
            shares[i, method] = reached * part if reached < total else 1.0
    for i in range(n):
        value[i] = logarithm(value[i])


@rule
def choose_method(u, cumulative):  # type: ignore[no-untyped-def]
    """Return the payment method that a uniform draw picks from cumulative probabilities (D,)."""
    method = 0
    for m in range(len(cumulative) - 1):  # counting is faster than looking for the first: no branches
        method += u >= cumulative[m]
    return method

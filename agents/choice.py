"""The consumer's rules, written once: which operator and network, how to pay, when to open an account.

Everything here is about *one* consumer. The fast loop over all rows, a Mesa agent's own step and the
tables of the month all call these functions; there is no second copy.

Notation (docs/notation.md): operator k, payment method m, province g. Utility in utils, prices in RMB
a month. The subscription choice is a nested logit [Train2009, ch. 4] drawn by its shocks: each option
has a type-1 extreme value shock of its own, the 3G options also share one. Drawing by shocks rather
than from probabilities keeps luck in place when a scenario moves a utility: an option that becomes
better is never left for another because of it.

[Train2009] K. Train, "Discrete Choice Methods with Simulation", 2nd ed., Cambridge.
"""

import numpy as np
from numba import njit

from agents.draws import (
    ACCOUNT_OPENING,
    ACCOUNTS_AT_START,
    NEST_STREAM,
    REVIEW,
    TASTE,
    TRAITS,
    gumbel,
    two_normals,
    uniforms,
)

# A subscription is one number: 0 no line yet, 1 + 2 k for operator k's 2G, 2 + 2 k for its 3G.
NO_LINE = 0
G2, G3 = 0, 1

# Services that can be paid for, in the order of every table.
SUBSCRIBING, TELECOM, HANDSETS, PURCHASES = 0, 1, 2, 3
SERVICES = ("subscribing", "telecom", "handsets", "purchases")

# Payment methods: cash first, then the own operator's wallet, then the platforms.
CASH, WALLET, FIRST_PLATFORM = 0, 1, 2


@njit(cache=True, nogil=True, inline="always")
def operator_of(subscription):  # type: ignore[no-untyped-def]
    """Return the operator of a subscription, -1 without a line."""
    return (np.int64(subscription) + 1) // 2 - 1


@njit(cache=True, nogil=True, inline="always")
def network_of(subscription):  # type: ignore[no-untyped-def]
    """Return G2 or G3 for a subscription; meaningless without a line."""
    return (np.int64(subscription) + 1) % 2


@njit(cache=True, nogil=True, inline="always")
def subscription_to(operator, network):  # type: ignore[no-untyped-def]
    """Return the number of a subscription to an operator's network."""
    return 1 + 2 * operator + network


@njit(cache=True, nogil=True)
def traits(world, province, code, position):  # type: ignore[no-untyped-def]
    """Return a person's price sensitivity (utils per RMB) and switching cost (utils).

    Both are log-normal around their mean, so that nobody likes a price and nobody is paid to switch.
    """
    u, v, _, _ = uniforms(world.seed, TRAITS, 0, code, position, 0)
    z_price, z_switch = two_normals(u, v)
    a, s = world.sensitivity_spread, world.switching_spread
    sensitivity = world.price_sensitivity[province] * np.exp(a * z_price - 0.5 * a * a)
    switching = world.switching_cost * np.exp(s * z_switch - 0.5 * s * s)
    return sensitivity, switching


@njit(cache=True, nogil=True, inline="always")
def is_online(world, province, code, position):  # type: ignore[no-untyped-def]
    """Return whether the person uses the internet, and so can hold a platform account."""
    u, _, _, _ = uniforms(world.seed, ACCOUNTS_AT_START, 0, code, position, 0)
    return u < world.online_share[province]


@njit(cache=True, nogil=True)
def accounts_on_arrival(world, province, code, position):  # type: ignore[no-untyped-def]
    """Return the accounts (a bit a platform) that a person brings along with a new line."""
    online, first, second, third = uniforms(world.seed, ACCOUNTS_AT_START, 0, code, position, 0)
    if online >= world.online_share[province]:
        return 0
    held = world.held_online[province]
    return int(first < held[0]) + 2 * int(second < held[1]) + 4 * int(third < held[2])


@njit(cache=True, nogil=True, inline="always")
def review_is_due(world, month, code, position, contract_end):  # type: ignore[no-untyped-def]
    """Return whether a consumer reviews this month: never before a 3G contract has run out."""
    if month <= contract_end:
        return False
    u, _, _, _ = uniforms(world.seed, REVIEW, month, code, position, 0)
    return u < world.review_hazard


@njit(cache=True, nogil=True)
def subscription_utility(world, province, option, own, accounts, sensitivity, switching, near, near_3g):  # type: ignore[no-untyped-def]
    """Return the systematic utility of one subscription to one consumer, in utils.

    Parameters
    ----------
    world : World
    province, option, own : int
        The option and the subscription held now (NO_LINE for an entrant).
    accounts : int
        Bits of the accounts held: one a platform, then the own operator's wallet.
    sensitivity, switching : float
        The person's price sensitivity and switching cost.
    near, near_3g : float in [0, 1]
        Share of contacts with the option's operator, and on anybody's 3G.

    Returns
    -------
    float, minus infinity where the province is not covered.
    """
    k, network = operator_of(option), network_of(option)
    mine = operator_of(own)
    wallet_bit = world.wallet_bit
    keeps = accounts if k == mine else accounts & (wallet_bit - 1)  # wallet money does not move
    v = world.standing[province, k, network] - sensitivity * world.price[k, network]
    v += world.payment_value[province, k, network, keeps] + world.same_operator * near
    if network == G3:
        v += world.word_of_mouth * near_3g
    if own != NO_LINE:
        if k != mine:
            v -= switching
            if accounts & wallet_bit and world.wallet_open[province, mine]:
                v -= world.lock_in
        if network_of(own) == G3 and network == G2:
            v -= world.downgrade_cost
    return v


@njit(cache=True, nogil=True)
def choose_subscription(  # type: ignore[no-untyped-def]
    world, month, province, code, position, own, accounts, near, near_3g
):
    """Return the subscription chosen at a review or on entry, and what the choice is worth.

    A nested logit: the 3G options form a nest with dissimilarity `world.dissimilarity`.

    Parameters
    ----------
    near : (K,) float
        Share of contacts with each operator.

    Returns
    -------
    option : int
    surplus : float
        Expected consumer surplus of the choice, log-sum over price sensitivity, RMB a month
        [Small and Rosen 1981]. It has no absolute zero: only differences mean something.
    """
    sensitivity, switching = traits(world, province, code, position)
    mu = world.dissimilarity
    best_2g = best_3g = -np.inf
    pick_2g = pick_3g = NO_LINE
    top_2g = top_3g = -np.inf  # running maxima and scaled sums of the two log-sums
    sum_2g = sum_3g = 0.0
    for k in range(len(world.operator_stream)):
        u, w, _, _ = uniforms(world.seed, TASTE, month, code, position, world.operator_stream[k])
        for network in range(2):
            option = subscription_to(k, network)
            v = subscription_utility(
                world, province, option, own, accounts, sensitivity, switching, near[k], near_3g
            )
            if v == -np.inf:
                continue
            if network == G2:
                top_2g, sum_2g = _add_to_log_sum(top_2g, sum_2g, v)
                if v + gumbel(u) > best_2g:
                    best_2g, pick_2g = v + gumbel(u), option
            else:
                top_3g, sum_3g = _add_to_log_sum(top_3g, sum_3g, v / mu)
                if v / mu + gumbel(w) > best_3g:
                    best_3g, pick_3g = v / mu + gumbel(w), option
    if pick_3g == NO_LINE:
        return pick_2g, (top_2g + np.log(sum_2g)) / sensitivity
    nest = mu * (top_3g + np.log(sum_3g))
    top, total = _add_to_log_sum(top_2g, sum_2g, nest)
    u, _, _, _ = uniforms(world.seed, TASTE, month, code, position, NEST_STREAM)
    option = pick_3g if nest + gumbel(u) > best_2g else pick_2g
    return option, (top + np.log(total)) / sensitivity


@njit(cache=True, nogil=True, inline="always")
def _add_to_log_sum(top, total, v):  # type: ignore[no-untyped-def]
    """Return the running maximum and scaled sum of exponentials with one more term: no overflow."""
    if v <= top:
        return top, total + np.exp(v - top)
    return v, total * np.exp(top - v) + 1.0


@njit(cache=True, nogil=True, inline="always")
def payment_utility(taste, familiarity, merchant_pull, has_account, acceptance):  # type: ignore[no-untyped-def]
    """Return the utility of paying by a method other than cash, whose utility is 0."""
    return taste + familiarity * has_account + merchant_pull * acceptance


@njit(cache=True, nogil=True)
def value_of_methods(utility):  # type: ignore[no-untyped-def]
    """Return the inclusive value `ln(1 + sum exp(w))` of the methods open beside cash.

    Parameters
    ----------
    utility : (D,) float
        Utility of each method; minus infinity where it is not open. Cash (0) is not read.
    """
    total = 1.0
    for m in range(1, len(utility)):
        total += np.exp(utility[m])
    return np.log(total)


@njit(cache=True, nogil=True)
def cumulative_method_shares(utility, into):  # type: ignore[no-untyped-def]
    """Write the cumulative logit probabilities of the payment methods (D,) into an array."""
    total = np.exp(value_of_methods(utility))
    reached = 1.0 / total
    into[CASH] = reached
    for m in range(1, len(utility)):
        reached += np.exp(utility[m]) / total
        into[m] = reached
    into[len(utility) - 1] = 1.0


@njit(cache=True, nogil=True, inline="always")
def choose_method(u, cumulative):  # type: ignore[no-untyped-def]
    """Return the payment method that a uniform draw picks from cumulative probabilities."""
    method = 0
    while u >= cumulative[method]:
        method += 1
    return method


@njit(cache=True, nogil=True)
def opens_account(world, month, code, position, province, subscription, accounts, friends):  # type: ignore[no-untyped-def]
    """Return the bit of the account a consumer opens this month, 0 for none.

    Adoption follows Bass: a spontaneous hazard, and imitation of the province's users and, where
    the operator is a partner and asks its customers, of the consumer's own contacts. At most one
    account is opened a month; hazards compete.

    Parameters
    ----------
    friends : (M + 1,) float
        Share of contacts that hold an account at each platform, and at the own operator's wallet.
        Not read unless the draw is low enough for them to matter.
    """
    u, _, _, _ = uniforms(world.seed, ACCOUNT_OPENING, month, code, position, 0)
    k = operator_of(subscription)
    online = is_online(world, province, code, position)
    threshold = 0.0
    for slot in range(world.account_hazard.shape[2]):
        bit = 1 << slot
        if accounts & bit or not (online or bit == world.wallet_bit):
            continue
        threshold += world.account_hazard[province, k, slot]
        threshold += world.account_imitation[province, k, slot] * friends[slot]
        if u < threshold:
            return bit
    return 0


@njit(cache=True, nogil=True, inline="always")
def may_open_account(world, month, code, position, province, subscription):  # type: ignore[no-untyped-def]
    """Return False where the draw is too high for any number of friends to change the answer.

    A bound on the hazards of `opens_account`, so that contacts are looked up only when they count.
    """
    u, _, _, _ = uniforms(world.seed, ACCOUNT_OPENING, month, code, position, 0)
    return u < world.account_ceiling[province, operator_of(subscription)]

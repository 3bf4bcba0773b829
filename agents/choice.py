"""The consumer's choice, written once: which operator and network.

Everything here is about *one* consumer. The fast loop over all rows, a Mesa agent's own step and the
tables of the month all call these functions; there is no second copy. How to pay is in `agents.paying`, who
holds and opens accounts in `agents.accounts`.

Notation (docs/notation.md): operator k, payment method m, province g. Utility in utils, prices in RMB
a month. The subscription choice is a nested logit [Train2009, ch. 4] drawn by its shocks: each option
has a type-1 extreme value shock of its own, and the best 3G option meets the 2G options with a shock of
the nest. Drawing by shocks rather
than from probabilities keeps luck in place when a scenario moves a utility: an option that becomes
better is never left for another because of it.

[Train2009] K. Train, "Discrete Choice Methods with Simulation", 2nd ed., Cambridge.
"""

import numpy as np

from agents.compiling import rule
from agents.draws import (
    NEST_STREAM,
    TASTE,
    TRAITS,
    two_normals,
    uniforms,
)

# A subscription is one number: 0 no line yet, 1 + 2 k for operator k's 2G, 2 + 2 k for its 3G.
NO_LINE = 0
G2, G3 = 0, 1


@rule
def operator_of(subscription):  # type: ignore[no-untyped-def]
    """Return the operator of a subscription, -1 without a line."""
    return (np.int64(subscription) + 1) // 2 - 1


@rule
def network_of(subscription):  # type: ignore[no-untyped-def]
    """Return G2 or G3 for a subscription; meaningless without a line."""
    return (np.int64(subscription) + 1) % 2


@rule
def subscription_to(operator, network):  # type: ignore[no-untyped-def]
    """Return the number of a subscription to an operator's network."""
    return 1 + 2 * operator + network


@rule
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


@rule
def review_chance(world, month, contract_end):  # type: ignore[no-untyped-def]
    """Return the chance that a consumer reviews this month: none before a 3G contract has run out."""
    return world.review_hazard if month > contract_end else 0.0


@rule
def review_is_due(world, month, contract_end, luck):  # type: ignore[no-untyped-def]
    """Return whether a consumer reviews this month; `luck` is the consumer's REVIEW draw of the month."""
    return luck < review_chance(world, month, contract_end)


@rule
def subscription_utility(  # type: ignore[no-untyped-def]
    world, province, option, own, accounts, sensitivity, switching, near, near_3g
):
    """Return the systematic utility of one subscription to one consumer, in utils.

    Parameters
    ----------
    world : record of agents.world
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
    # Products rather than branches: whose line it is no processor foresees. Without a line `mine` is -1, so
    # some operator's wallet is looked at, and counts for nothing.
    leaves = (own != NO_LINE) & (k != mine)
    has_wallet = (accounts & wallet_bit != 0) & (world.wallet_open[province, mine] != 0)
    v -= leaves * switching
    v -= (leaves & has_wallet) * world.lock_in
    v -= ((own != NO_LINE) & (network_of(own) == G3) & (network == G2)) * world.downgrade_cost
    return v


@rule
def write_utilities(  # type: ignore[no-untyped-def]
    world, province, own, accounts, sensitivity, switching, near, near_3g, utility
):
    """Write the systematic utility of every subscription to one consumer into `utility` (2 K,).

    Parameters
    ----------
    near : (K,) float
        Share of contacts with each operator.
    others : see `subscription_utility`
    """
    for option in range(1, len(utility) + 1):
        utility[option - 1] = subscription_utility(
            world,
            province,
            option,
            own,
            accounts,
            sensitivity,
            switching,
            near[operator_of(option)],
            near_3g,
        )


@rule
def weigh_options(utility, mu, weight):  # type: ignore[no-untyped-def]
    """Write the weight of each subscription within its network, and return what the networks are worth.

    The 3G options form a nest with dissimilarity `mu`; the 2G options stand alone [Train2009, ch. 4].

    Parameters
    ----------
    utility : (2 K,) float, utils
        Minus infinity where an option is not on offer; some 2G option is.
    weight : (2 K,) float
        Written: `exp(V - best)` for 2G, `exp((V - best) / mu)` for 3G, 0 where not on offer.

    Returns
    -------
    top_2g, sum_2g : float
        Best 2G utility, and the sum of the 2G weights.
    nest, sum_3g : float
        Inclusive value of 3G, minus infinity without any, and the sum of the 3G weights.
    """
    top_2g = top_3g = -np.inf
    for k in range(len(utility) // 2):
        top_2g = max(top_2g, utility[2 * k])
        top_3g = max(top_3g, utility[2 * k + 1])
    sum_2g = sum_3g = 0.0
    for k in range(len(utility) // 2):
        # Shift by the best: shares are unchanged and exp() cannot overflow.
        weight[2 * k] = np.exp(utility[2 * k] - top_2g)
        sum_2g += weight[2 * k]
        weight[2 * k + 1] = 0.0
        if utility[2 * k + 1] > -np.inf:
            weight[2 * k + 1] = np.exp((utility[2 * k + 1] - top_3g) / mu)
            sum_3g += weight[2 * k + 1]
    nest = top_3g + mu * np.log(sum_3g) if sum_3g > 0.0 else -np.inf
    return top_2g, sum_2g, nest, sum_3g


@rule
def write_probabilities(utility, mu, outside, probability):  # type: ignore[no-untyped-def]
    """Write the nested logit's choice probabilities (2 K,); return that of any 3G.

    Parameters
    ----------
    utility : (2 K,) float, utils
    mu : float
    outside : float, utils
        Utility of taking none; minus infinity where there is no such option, as in the market.
    probability : (2 K,) float
        Written. With an outside option they sum to less than 1.
    """
    top_2g, sum_2g, nest, sum_3g = weigh_options(utility, mu, probability)
    top = max(max(top_2g, nest), outside)
    on_2g, on_3g = np.exp(top_2g - top), np.exp(nest - top)
    total = on_2g * sum_2g + on_3g + np.exp(outside - top)
    for k in range(len(utility) // 2):
        probability[2 * k] *= on_2g / total
        if sum_3g > 0.0:
            probability[2 * k + 1] *= on_3g / (total * sum_3g)
    return on_3g / total


@rule
def choose_subscription(  # type: ignore[no-untyped-def]
    world, month, province, code, position, own, accounts, near, near_3g, utility, weight
):
    """Return the subscription chosen at a review or on entry, and what the choice is worth.

    A nested logit: the 3G options form a nest with dissimilarity `world.dissimilarity`. The best
    option by type-1 extreme value shocks is found as the winner of an exponential race [Train2009,
    ch. 3.10]: the largest `exp(V) / E`, E exponential, is the largest `V + shock`.

    Parameters
    ----------
    near : (K,) float
        Share of contacts with each operator.
    utility, weight : (2 K,) float
        Written: the systematic utility of each subscription, 1 first, and its weight.

    Returns
    -------
    option : int
    surplus : float
        Expected consumer surplus of the choice, log-sum over price sensitivity, RMB a month
        [Small and Rosen 1981]. It has no absolute zero: only differences mean something.
    """
    sensitivity, switching = traits(world, province, code, position)
    write_utilities(world, province, own, accounts, sensitivity, switching, near, near_3g, utility)
    top_2g, sum_2g, nest, _ = weigh_options(utility, world.dissimilarity, weight)
    best_2g = best_3g = 0.0
    pick_2g = pick_3g = NO_LINE
    for k in range(len(world.operator_stream)):
        u, w, _, _ = uniforms(world.seed, TASTE, month, code, position, world.operator_stream[k])
        score_2g, score_3g = weight[2 * k] / -np.log(u), weight[2 * k + 1] / -np.log(w)
        if score_2g > best_2g:
            best_2g, pick_2g = score_2g, subscription_to(k, G2)
        if score_3g > best_3g:  # never where it is not on offer: its weight is 0
            best_3g, pick_3g = score_3g, subscription_to(k, G3)
    if pick_3g == NO_LINE:
        return pick_2g, (top_2g + np.log(sum_2g)) / sensitivity
    top = max(top_2g, nest)
    scale, stake = np.exp(top_2g - top), np.exp(nest - top)
    u, _, _, _ = uniforms(world.seed, TASTE, month, code, position, NEST_STREAM)
    option = pick_3g if stake / -np.log(u) > best_2g * scale else pick_2g
    return option, (top + np.log(scale * sum_2g + stake)) / sensitivity

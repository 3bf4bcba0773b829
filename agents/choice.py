"""The consumer's choice, written once: which operator and network.

What a subscription is worth to *one* consumer is a rule; each step from there to the choice is taken for
several consumers side by side, in lanes. The fast loop over all rows, a Mesa agent's own step, for a single
lane, and the demand that tariffs answer all call these functions; there is no second copy. How to pay is in
`agents.paying`, who holds and opens accounts in `agents.accounts`.

Notation (docs/notation.md): operator k, payment method m, province g. Utility in utils, prices in RMB
a month. The subscription choice is a nested logit [Train2009, ch. 4] drawn by its shocks: each option
has a type-1 extreme value shock of its own, and the best 3G option meets the 2G options with a shock of
the nest. Drawing by shocks rather
than from probabilities keeps luck in place when a scenario moves a utility: an option that becomes
better is never left for another because of it.

[Train2009] K. Train, "Discrete Choice Methods with Simulation", 2nd ed., Cambridge.
"""

import numpy as np

from agents.arithmetic import exponential, logarithm
from agents.columns import G2, G3, NO_LINE, network_of, operator_of, subscription_to
from agents.compiling import loop, rule, side_by_side
from agents.draws import (
    NEST_STREAM,
    TASTE,
    TRAITS,
    exponential_wait,
    two_normals,
    uniforms,
)

_LEAST = -1e300  # utils: any utility is more, but that of what is not on offer


@rule
def traits(world, province, code, position):  # type: ignore[no-untyped-def]
    """Return a person's price sensitivity (utils per RMB) and switching cost (utils).

    Both are log-normal around their mean, so that nobody likes a price and nobody is paid to switch.
    """
    u, v, _, _ = uniforms(world.seed, TRAITS, 0, code, position, 0)
    z_price, z_switch = two_normals(u, v)
    a, s = world.sensitivity_spread, world.switching_spread
    sensitivity = world.price_sensitivity[province] * exponential(a * z_price - 0.5 * a * a)
    switching = world.switching_cost * exponential(s * z_switch - 0.5 * s * s)
    return sensitivity, switching


@side_by_side
def write_traits(world, province, code, position, n, sensitivity, switching):  # type: ignore[no-untyped-def]
    """Write the traits of n people, by their positions, into arrays."""
    for i in range(n):
        sensitivity[i], switching[i] = traits(world, province, code, position[i])


@rule
def contract_is_over(month, contract_end):  # type: ignore[no-untyped-def]
    """Return whether a consumer may review: nobody does before a 3G contract has run out."""
    return month > contract_end


@rule
def review_is_due(world, luck):  # type: ignore[no-untyped-def]
    """Return whether a free consumer reviews this month; `luck` is the REVIEW draw."""
    return luck < world.review_hazard


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
    # Products rather than branches: whose line it is no processor foresees.
    leaves = (own != NO_LINE) & (k != mine)
    has_wallet = (accounts & wallet_bit != 0) & (world.wallet_open[province, max(mine, 0)] != 0)
    v -= leaves * switching
    v -= (leaves & has_wallet) * world.lock_in
    v -= ((own != NO_LINE) & (network_of(own) == G3) & (network == G2)) * world.downgrade_cost
    return v


@side_by_side
def write_utilities(  # type: ignore[no-untyped-def]
    world, province, own, accounts, sensitivity, switching, near, near_3g, n, utility
):
    """Write the systematic utility of every subscription to n consumers into `utility` (2 K, >= n).

    Parameters
    ----------
    near : (K, >= n) float
        Share of contacts with each operator.
    others : (>= n,)
        See `subscription_utility`.
    """
    for option in range(1, len(utility) + 1):
        k = operator_of(option)
        for i in range(n):
            utility[option - 1, i] = subscription_utility(
                world,
                province,
                option,
                own[i],
                accounts[i],
                sensitivity[i],
                switching[i],
                near[k, i],
                near_3g[i],
            )


@side_by_side
def weigh_options(utility, mu, n, weight, top_2g, sum_2g, nest, sum_3g):  # type: ignore[no-untyped-def]
    """Write the weight of each subscription within its network, and what the networks are worth.

    The 3G options form a nest with dissimilarity `mu`; the 2G options stand alone [Train2009, ch. 4].

    Parameters
    ----------
    utility : (2 K, >= n) float, utils
        Of n consumers. Minus infinity where an option is not on offer; some 2G option is.
    weight : (2 K, >= n) float
        Written: `exp(V - best)` for 2G, `exp((V - best) / mu)` for 3G, 0 where not on offer.
    top_2g, sum_2g : (>= n,) float
        Written: best 2G utility, and the sum of the 2G weights.
    nest, sum_3g : (>= n,) float
        Written: inclusive value of 3G, minus infinity without any, and the sum of the 3G weights.
    """
    steeper = 1.0 / mu  # one division for all
    for i in range(n):
        top_2g[i] = nest[i] = -np.inf
        sum_2g[i] = sum_3g[i] = 0.0
    for k in range(len(utility) // 2):
        for i in range(n):
            top_2g[i] = max(top_2g[i], utility[2 * k, i])
            nest[i] = max(nest[i], utility[2 * k + 1, i])  # the best of them, as yet
    for k in range(len(utility) // 2):
        for i in range(n):
            # Shift by the best: shares are unchanged and exp() cannot overflow.
            weight[2 * k, i] = exponential(utility[2 * k, i] - top_2g[i])
            sum_2g[i] += weight[2 * k, i]
        for i in range(n):
            behind = utility[2 * k + 1, i] - max(nest[i], _LEAST)
            weight[2 * k + 1, i] = exponential(behind * steeper)
            sum_3g[i] += weight[2 * k + 1, i]
    for i in range(n):
        nest[i] += mu * logarithm(max(sum_3g[i], 1.0))  # the best weighs 1, where there is one


@side_by_side
def write_probabilities(  # type: ignore[no-untyped-def]
    outside, n, probability, top_2g, sum_2g, nest, sum_3g, any_3g
):
    """Turn weights from `weigh_options` into the nested logit's choice probabilities.

    Parameters
    ----------
    outside : float, utils
        Utility of taking none; minus infinity where there is no such option, as in the market.
    probability : (2 K, >= n) float
        Weights; turned into probabilities. With an outside option they sum to less than 1.
    any_3g : (>= n,) float
        Written: the probability of any 3G.
    """
    for i in range(n):
        top = max(max(top_2g[i], nest[i]), outside)
        on_2g, on_3g = exponential(top_2g[i] - top), exponential(nest[i] - top)
        total = on_2g * sum_2g[i] + on_3g + exponential(outside - top)
        for k in range(len(probability) // 2):
            probability[2 * k, i] *= on_2g / total
            probability[2 * k + 1, i] *= on_3g / (total * max(sum_3g[i], 1.0))
        any_3g[i] = on_3g / total


@side_by_side
def draw_waits(world, month, code, position, n, wait):  # type: ignore[no-untyped-def]
    """Write the exponential waiting times (2 K + 1, >= n) that decide the choices of n people."""
    for k in range(len(world.operator_stream)):
        for i in range(n):
            u, v, _, _ = uniforms(world.seed, TASTE, month, code, position[i], world.operator_stream[k])
            wait[2 * k, i], wait[2 * k + 1, i] = exponential_wait(u), exponential_wait(v)
    for i in range(n):
        u, _, _, _ = uniforms(world.seed, TASTE, month, code, position[i], NEST_STREAM)
        wait[len(wait) - 1, i] = exponential_wait(u)


@side_by_side
def pick_options(  # type: ignore[no-untyped-def]
    world, weight, top_2g, sum_2g, nest, wait, sensitivity, n, option, surplus
):
    """Write which subscriptions n people choose, and what their choices are worth.

    A nested logit. The best option by type-1 extreme value shocks is found as the winner of an exponential
    race [Train2009, ch. 3.10]: the largest `exp(V) / E`, E exponential, is the largest `V + shock`. The
    fastest 3G option meets the fastest 2G option with a waiting time of its nest.

    Parameters
    ----------
    world : record of agents.world
        Says how many operators there are; compiled into the loop, which is then unrolled.
    weight, top_2g, sum_2g, nest : (2 K, >= n), (>= n,) float
        From `weigh_options`.
    wait : (2 K + 1, >= n) float
        From `draw_waits`.
    sensitivity : (>= n,) float, utils per RMB
    option : (>= n,) int64
        Written.
    surplus : (>= n,) float
        Written: expected consumer surplus of the choice, log-sum over price sensitivity, RMB a month
        [Small and Rosen 1981]. It has no absolute zero: only differences mean something.
    """
    for i in range(n):
        pick_2g = pick_3g = NO_LINE
        ahead_2g, ahead_3g, time_2g, time_3g = 0.0, 0.0, 1.0, 1.0  # weight and waiting time of the fastest
        for k in range(len(world.operator_stream)):
            # Products are compared, not quotients: a division takes a processor as long as five.
            faster = weight[2 * k, i] * time_2g > ahead_2g * wait[2 * k, i]
            pick_2g = subscription_to(k, G2) if faster else pick_2g
            ahead_2g = weight[2 * k, i] if faster else ahead_2g
            time_2g = wait[2 * k, i] if faster else time_2g
            faster = weight[2 * k + 1, i] * time_3g > ahead_3g * wait[2 * k + 1, i]  # never without weight
            pick_3g = subscription_to(k, G3) if faster else pick_3g
            ahead_3g = weight[2 * k + 1, i] if faster else ahead_3g
            time_3g = wait[2 * k + 1, i] if faster else time_3g
        top = max(top_2g[i], nest[i])
        scale, stake = exponential(top_2g[i] - top), exponential(nest[i] - top)
        # Never where there is no 3G: no stake.
        takes_3g = stake * time_2g > ahead_2g * scale * wait[len(wait) - 1, i]
        option[i] = pick_3g if takes_3g else pick_2g
        surplus[i] = (top + logarithm(scale * sum_2g[i] + stake)) / sensitivity[i]


@loop
def choose_subscriptions(world, month, province, code, lanes, n):  # type: ignore[no-untyped-def]
    """Write which subscriptions n people in lanes choose, at a review or on entry, into their lanes.

    Their subscription, accounts and contacts are known.
    """
    x = lanes
    write_traits(world, province, code, x.position, n, x.sensitivity, x.switching)
    write_utilities(
        world,
        province,
        x.own,
        x.accounts,
        x.sensitivity,
        x.switching,
        x.near,
        x.near_3g,
        n,
        x.utility,
    )
    weigh_options(x.utility, world.dissimilarity, n, x.weight, x.top_2g, x.sum_2g, x.nest, x.sum_3g)
    draw_waits(world, month, code, x.position, n, x.wait)
    pick_options(world, x.weight, x.top_2g, x.sum_2g, x.nest, x.wait, x.sensitivity, n, x.option, x.surplus)

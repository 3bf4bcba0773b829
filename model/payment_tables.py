"""The month's tables of how people pay: worth and shares of the methods, by accounts held.

How somebody pays depends on who they are only through their operator, their province and the
accounts they hold, so the rule of `agents.paying` is worked out once for each combination.
"""

from typing import Any

import numpy as np

from agents.compiling import making_loop, rule
from agents.paying import (
    CASH,
    FIRST_PLATFORM,
    HANDSETS,
    PURCHASES,
    SUBSCRIBING,
    WALLET,
    cumulative_method_shares,
    payment_utility,
    value_of_methods,
)


@rule
def _open_accounts(covered):  # type: ignore[no-untyped-def]
    """Return the accounts, as bits, that make a difference where these methods (D,) are open."""
    accounts = 0
    for method in range(1, len(covered)):
        if covered[method]:
            accounts |= 1 << _bit_of(method, len(covered))
    return accounts


@rule
def _bit_of(method, methods):  # type: ignore[no-untyped-def]
    """Return the bit of a method's account: the platforms' in their order, then the wallet's."""
    return methods - 2 if method == WALLET else method - FIRST_PLATFORM


@rule
def _weigh(taste, familiarity, merchant_pull, reach, weight):  # type: ignore[no-untyped-def]
    """Write exp of a method's utility to those without its account and to those with it, (2,)."""
    for has in range(2):
        weight[has] = np.exp(payment_utility(taste, familiarity, merchant_pull, has, reach))


@rule
def _alike(some, others):  # type: ignore[no-untyped-def]
    """Return whether two rows of a table are the same."""
    alike = True
    for i in range(len(some)):
        alike &= some[i] == others[i]
    return alike


@rule
def _repeat(value, shares, service):  # type: ignore[no-untyped-def]
    """Give a service what the one before it has, in value (S, A) and shares (S, A, D).

    Number by number: assigning whole rows takes four times as long to compile.
    """
    for held in range(value.shape[1]):
        value[service, held] = value[service - 1, held]
        for method in range(shares.shape[2]):
            shares[service, held, method] = shares[service - 1, held, method]


@making_loop
def payment_tables(  # type: ignore[no-untyped-def]
    covered, taste, familiarity, merchant_pull, acceptance, wallet_acceptance, shares
):
    """Return the inclusive values of the payment methods, and write their cumulative shares.

    G provinces, K operators, S services, D = M + 2 methods, A = 2^(M+1) combinations of accounts.

    Parameters
    ----------
    covered : (G, K, S, D) bool
        Which methods are open to an operator's customers for each service.
    taste : (D,) float
        Utility of each method against cash; cash is not read.
    familiarity, merchant_pull : float
    acceptance : (G, M) float
    wallet_acceptance : (G, K) float
    shares : (G, K, S, A, D) float
        Written: cumulative.

    Returns
    -------
    (G, K, S, A) float, utils
    """
    G, K, S, D = covered.shape
    A = 1 << (D - 1)
    value = np.empty((G, K, S, A))
    known, weight = np.zeros((D, 2)), np.zeros(D)
    for g in range(G):
        # What a method is worth depends on whether one has its account, not on what is paid for.
        for method in range(FIRST_PLATFORM, D):
            reach = acceptance[g, method - FIRST_PLATFORM]
            _weigh(taste[method], familiarity, merchant_pull, reach, known[method])
        for k in range(K):
            _weigh(taste[WALLET], familiarity, merchant_pull, wallet_acceptance[g, k], known[WALLET])
            for s in range(S):
                if s > 0 and _alike(covered[g, k, s], covered[g, k, s - 1]):
                    _repeat(value[g, k], shares[g, k], s)
                    continue
                counting = _open_accounts(covered[g, k, s])
                for held in range(A):
                    fewer = held & counting
                    if fewer < held:  # other accounts make no difference
                        value[g, k, s, held] = value[g, k, s, fewer]
                        for method in range(D):
                            shares[g, k, s, held, method] = shares[g, k, s, fewer, method]
                        continue
                    for method in range(1, D):
                        has = (held >> _bit_of(method, D)) & 1
                        weight[method] = known[method, has] if covered[g, k, s, method] else 0.0
                    value[g, k, s, held] = value_of_methods(weight)
                    cumulative_method_shares(weight, shares[g, k, s, held])
    return value


@making_loop
def volume_by_method(spent, shares):  # type: ignore[no-untyped-def]
    """Return what is spent by each method (G, K, S, D), RMB.

    Parameters
    ----------
    spent : (G, K, S, A) float, RMB
    shares : (G, K, S, A, D) float, cumulative
    """
    volume = np.zeros(shares.shape[:3] + shares.shape[4:])
    G, K, S, A, D = shares.shape
    for g in range(G):
        for k in range(K):
            for s in range(S):
                for held in range(A):
                    if spent[g, k, s, held] == 0.0:
                        continue
                    reached = 0.0
                    for method in range(D):
                        share = shares[g, k, s, held, method] - reached
                        volume[g, k, s, method] += spent[g, k, s, held] * share
                        reached = shares[g, k, s, held, method]
    return volume


@making_loop
def payment_worth(value, services, weights, lambda_2g, lambda_3g, join_online):  # type: ignore[no-untyped-def]
    """Return what paying by phone, and on 3G joining online, is worth, (G, K, 2, A) utils.

    Half of the ease of joining online is subscribing, half buying the handset, each through a partner that
    covers it and where one has an account.

    Parameters
    ----------
    value : (G, K, S, A) float
        Inclusive values.
    services : (K, G, M, S) bool
        What each deal covers.
    weights : (S,) float
        Weight of each service; shopping by phone needs 3G.
    lambda_2g, lambda_3g : float
    join_online : float, utils
    """
    G, K, S, A = value.shape
    worth = np.empty((G, K, 2, A))
    for g in range(G):
        for k in range(K):
            by_subscribing, by_handsets = 0, 0  # accounts, as bits, that make joining easier
            for m in range(services.shape[2]):
                by_subscribing |= services[k, g, m, SUBSCRIBING] << m
                by_handsets |= services[k, g, m, HANDSETS] << m
            for held in range(A):
                on_2g = on_3g = 0.0
                for s in range(S):
                    on_3g += value[g, k, s, held] * weights[s]
                    if s != PURCHASES:
                        on_2g += value[g, k, s, held] * weights[s]
                ease = join_online * (0.5 * (held & by_subscribing > 0) + 0.5 * (held & by_handsets > 0))
                worth[g, k, 0, held] = lambda_2g * on_2g
                worth[g, k, 1, held] = lambda_3g * on_3g + ease
    return worth


def worth_and_shares(market: Any, services: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return worth (G, K, 2, A), and write cumulative shares, if deals covered these services.

    Parameters
    ----------
    market : MobileMarket
    services : (K, G, M, S) bool
    shares : (G, K, S, A, D) float
        Written.
    """
    p = market.parameters
    value = payment_tables(
        methods_covered(market.wallet_open, services),
        market.method_tastes,
        p.account_familiarity,
        p.merchant_pull,
        market.acceptance[:, : market.M],
        market.acceptance[:, market.M :],
        shares,
    )
    weights = (market.service_weights, p.payment_value_2g, market.lambda_3g, p.join_online)
    return payment_worth(value, services, *weights)


def methods_covered(wallet_open: np.ndarray, services: np.ndarray) -> np.ndarray:
    """Return which methods are open to whom for what, (G, K, S, D) bool.

    Parameters
    ----------
    wallet_open : (G, K) bool
    services : (K, G, M, S) bool
        What each deal in force covers.
    """
    K, G, M, S = services.shape
    covered = np.zeros((G, K, S, M + 2), bool)
    covered[..., CASH] = True
    covered[..., WALLET] = wallet_open[:, :, None]
    covered[..., FIRST_PLATFORM:] = services.transpose(1, 0, 3, 2)
    return covered

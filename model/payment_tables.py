"""The month's tables of how people pay: worth and shares of the methods, by accounts held.

How somebody pays depends on who they are only through their operator, their province and the
accounts they hold, so the rule of `agents.choice` is worked out once for each combination.
"""

import numpy as np

from agents.choice import (
    CASH,
    FIRST_PLATFORM,
    PURCHASES,
    WALLET,
    cumulative_method_shares,
    payment_utility,
    value_of_methods,
)
from agents.compiling import loop


@loop
def payment_tables(covered, taste, familiarity, merchant_pull, acceptance, wallet_acceptance):  # type: ignore[no-untyped-def]
    """Return the inclusive values and cumulative shares of the payment methods.

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

    Returns
    -------
    value : (G, K, S, A) float, utils
    shares : (G, K, S, A, D) float, cumulative
    """
    G, K, S, D = covered.shape
    A = 1 << (D - 1)
    value = np.zeros((G, K, S, A))
    shares = np.zeros((G, K, S, A, D))
    weight = np.zeros(D)
    for g in range(G):
        for k in range(K):
            for s in range(S):
                for held in range(A):
                    for method in range(1, D):
                        weight[method] = 0.0
                        if not covered[g, k, s, method]:
                            continue
                        if method == WALLET:
                            bit, reach = D - 2, wallet_acceptance[g, k]
                        else:
                            bit = method - FIRST_PLATFORM
                            reach = acceptance[g, bit]
                        weight[method] = np.exp(
                            payment_utility(
                                taste[method], familiarity, merchant_pull, (held >> bit) & 1, reach
                            )
                        )
                    value[g, k, s, held] = value_of_methods(weight)
                    cumulative_method_shares(weight, shares[g, k, s, held])
    return value, shares


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


def value_by_network(
    value: np.ndarray, weights: np.ndarray, lambda_2g: float, lambda_3g: float
) -> np.ndarray:
    """Return what paying by phone is worth on either network, (G, K, 2, A) utils.

    Parameters
    ----------
    value : (G, K, S, A) float
        Inclusive values.
    weights : (S,) float
        Weight of each service; shopping by phone needs 3G.
    lambda_2g, lambda_3g : float
    """
    on_2g = weights.copy()
    on_2g[PURCHASES] = 0.0
    return np.stack(
        [
            lambda_2g * np.einsum("gksa,s->gka", value, on_2g),
            lambda_3g * np.einsum("gksa,s->gka", value, weights),
        ],
        axis=2,
    )


def ease_of_joining(services: np.ndarray, weight: float) -> np.ndarray:
    """Return the ease of joining online, (G, K, A) utils.

    Half of it is subscribing, half buying the handset, each through a partner that covers it and
    where one has an account.

    Parameters
    ----------
    services : (K, G, M, S) bool
    weight : float, utils
    """
    K, G, M, _ = services.shape
    held = (np.arange(1 << (M + 1))[:, None] >> np.arange(M)) & 1  # (A, M)
    ease = np.zeros((G, K, 1 << (M + 1)))
    for service in (0, 2):
        open_to = services[..., service].transpose(1, 0, 2)  # (G, K, M)
        ease += 0.5 * weight * ((open_to.astype(int) @ held.T) > 0)
    return ease

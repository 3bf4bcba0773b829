"""What a consumer can see: last month's world as plain tables, the same for everybody.

The tables are made once a month and only read while consumers act, so nobody's choice depends on who
was asked first.
"""

from typing import NamedTuple

import numpy as np


class World(NamedTuple):
    """Tables and constants the consumer's rules read.

    G provinces, K operators, M platforms; accounts are bit masks of M platforms and one wallet,
    so A = 2^(M+1) combinations; S services; D = M + 2 payment methods (cash, wallet, platforms).

    Attributes
    ----------
    seed : uint64
    operator_stream : (K,) int64
        Each operator's own stream of taste shocks.
    standing : (G, K, 2) float, utils
        What a subscription is worth before prices and payment: base, quality, coverage;
        minus infinity where the network does not reach.
    price : (K, 2) float, RMB a month
    price_sensitivity : (G,) float, utils per RMB
    sensitivity_spread, switching_spread : float
        Standard deviations of the logarithms of the two traits.
    switching_cost, downgrade_cost, lock_in : float, utils
    same_operator, word_of_mouth : float, utils
        Weight of the share of contacts with the operator, and on any 3G.
    payment_value : (G, K, 2, A) float, utils
        What paying by phone, and joining online, is worth by accounts held.
    wallet_open : (G, K) bool
    wallet_bit : int
    dissimilarity, review_hazard : float
    contract_months : int
    online_share : (G,) float
        Share of lines whose holder uses the internet.
    held_online : (G, M) float
        Share of those that hold an account at each platform.
    method_shares : (G, K, S, A, D) float
        Cumulative probabilities of the payment methods.
    account_hazard, account_imitation : (G, K, M + 1) float, a month
        Hazard of opening an account, and its slope in the share of contacts that hold one.
    account_ceiling : (G, K) float
        Upper bound of the summed hazards.
    """

    seed: np.uint64
    operator_stream: np.ndarray
    standing: np.ndarray
    price: np.ndarray
    price_sensitivity: np.ndarray
    sensitivity_spread: float
    switching_spread: float
    switching_cost: float
    downgrade_cost: float
    lock_in: float
    same_operator: float
    word_of_mouth: float
    payment_value: np.ndarray
    wallet_open: np.ndarray
    wallet_bit: int
    dissimilarity: float
    review_hazard: float
    contract_months: int
    online_share: np.ndarray
    held_online: np.ndarray
    method_shares: np.ndarray
    account_hazard: np.ndarray
    account_imitation: np.ndarray
    account_ceiling: np.ndarray

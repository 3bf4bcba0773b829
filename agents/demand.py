"""Demand that those who set prices face: consumers one by one, now and at the choices still to come.

One consumer's choice probabilities are those of `agents.choice`. Here they are followed over the future
and added up, with their exact slopes in every price.
"""

from dataclasses import dataclass

import numpy as np

from agents.choice import G3, weigh_options, write_probabilities
from agents.compiling import making_loop, rule


@dataclass(frozen=True)
class Choosers:
    """Consumers as those who set prices see them.

    A price is announced for good and holds for a consumer from the next choice on. A consumer i who holds
    x chooses again with some hazard h a month, so what i will hold follows a chain whose moves are the
    choice probabilities P[i]. Demand is the discounted share of the future, from that choice on, that i
    spends with each product: with d the discount factor of a month and theta = d h / (1 - d (1 - h)),

        share[i] = P[i][x] (1 - theta) inverse(I - theta P[i]).

    With theta = 0 that is the textbook's demand, the choice itself.

    Attributes
    ----------
    worth : (I, 1 + J, J) float, utils
        What each product (last) is worth before its price to somebody who holds nothing (0) or product
        x - 1; minus infinity where it is not offered. Products are subscriptions in their order:
        operator k's 2G is 2 k, its 3G 2 k + 1.
    state : (I,) int
        What is held: 0 nothing, else product + 1.
    sensitivity : (I,) float, utils per RMB
    weight : (I,) float
        How many consumers each stands for, discounted from the next choice.
    dissimilarity : float
        Of the nest of 3G products.
    theta : float in [0, 1)
    outside : float, utils
        Worth of taking none; minus infinity where there is no such option. Only with theta = 0.
    """

    worth: np.ndarray
    state: np.ndarray
    sensitivity: np.ndarray
    weight: np.ndarray
    dissimilarity: float = 1.0
    theta: float = 0.0
    outside: float = -np.inf

    @classmethod
    def once(
        cls,
        worth: np.ndarray,
        sensitivity: np.ndarray,
        dissimilarity: float = 1.0,
        outside: float = -np.inf,
    ) -> "Choosers":
        """Return consumers (I, J) who hold nothing and choose once: the textbook's logit demand."""
        people, J = worth.shape
        held = np.repeat(np.asarray(worth, float)[:, None], 1 + J, axis=1)
        nothing = np.zeros(people, np.int64)
        return cls(held, nothing, sensitivity, np.ones(people), dissimilarity, 0.0, outside)

    @property
    def offered(self) -> np.ndarray:
        """Return which products (J,) somebody could choose, whatever they cost."""
        there = np.isfinite(self.worth[np.arange(len(self.state)), self.state])
        return (there & (self.weight > 0)[:, None]).any(axis=0)

    def demand(self, price: np.ndarray) -> "Demand":
        """Return what is demanded at prices (J,), RMB, and how it answers them."""
        return self._demand(price, slopes=True)

    def quantity(self, price: np.ndarray) -> np.ndarray:
        """Return what is demanded at prices (J,), RMB; in less time than `demand`."""
        return self._demand(price, slopes=False).quantity

    def _demand(self, price: np.ndarray, slopes: bool) -> "Demand":
        J = self.worth.shape[2]
        quantity, own, slope = np.zeros(J), np.zeros(J), np.zeros((J, J))
        people = (self.worth, self.state, self.sensitivity, self.weight)
        rules = (self.dissimilarity, self.theta, self.outside, slopes)
        add_demand(*people, np.asarray(price, float), *rules, quantity, own, slope)
        return Demand(quantity, own, slope)


@dataclass(frozen=True)
class Demand:
    """Demand at some prices, and its slopes.

    Attributes
    ----------
    quantity : (J,) float, consumers
    own : (J,) float, consumers per RMB
        The part of `slope` on the diagonal that the fixed-point map divides by (`add_slopes`); negative,
        0 for what is not offered.
    slope : (J, J) float, consumers per RMB
        `slope[j, l] = dq[l] / dp[j]`.
    """

    quantity: np.ndarray
    own: np.ndarray
    slope: np.ndarray

    def zeta(self, margin: np.ndarray, owner: np.ndarray) -> np.ndarray:
        """Return the markups (J,) that the fixed-point map gives for margins (J,), RMB."""
        flat = self.profit_slope(margin, owner) - self.own * margin
        with np.errstate(over="ignore", divide="ignore"):  # who minds no price: a markup without end
            return np.divide(-flat, self.own, out=np.zeros_like(flat), where=self.quantity > 0)

    def profit_slope(self, margin: np.ndarray, owner: np.ndarray) -> np.ndarray:
        """Return the slope of each product's owner's profit in its price (J,), consumers."""
        same = owner[:, None] == owner
        return self.quantity + (same * self.slope) @ margin


@making_loop
def add_demand(  # type: ignore[no-untyped-def]
    worth, state, sensitivity, weight, price, mu, theta, outside, slopes, quantity, own, slope
):
    """Add every consumer's demand to `quantity` and, if asked, its slopes to `own` and `slope`.

    See `Choosers` and `Demand` for the arguments. With B = inverse(I - theta P), the differential of
    demand is `(time dP) B`, time being the weight of the choices made in each state.
    """
    J = len(price)
    share, utility, odds = np.zeros((1 + J, J)), np.empty((J, 1 + J)), np.empty((J, 1 + J))
    top_2g, sum_2g, value, sum_3g = np.empty(1 + J), np.empty(1 + J), np.empty(1 + J), np.empty(1 + J)
    nest, time = np.zeros(1 + J), np.zeros(1 + J)
    turn, diagonal, far = np.zeros((J, J)), np.zeros(J), np.zeros((J, J))
    for i in range(len(weight)):
        for j in range(J):
            for held in range(1 + J):
                utility[j, held] = worth[i, held, j] - sensitivity[i] * price[j]
        weigh_options(utility, mu, 1 + J, odds, top_2g, sum_2g, value, sum_3g)
        write_probabilities(outside, 1 + J, odds, top_2g, sum_2g, value, sum_3g, nest)
        for held in range(1 + J):
            for j in range(J):
                share[held, j] = odds[j, held]
        write_resolvent(share, theta, far)
        time[:] = 0.0
        for j in range(J):
            spent = 0.0
            for m in range(J):
                spent += (1.0 - theta) * share[state[i], m] * far[m, j]
            quantity[j] += weight[i] * spent
            time[1 + j] = theta * spent
        time[state[i]] += 1.0 - theta
        if slopes:
            add_turns(share, nest, time, mu, turn, diagonal)
            add_slopes(weight[i] * sensitivity[i], turn, diagonal, far, own, slope)


@rule
def add_slopes(steep, turn, diagonal, far, own, slope):  # type: ignore[no-untyped-def]
    """Add one consumer's slopes, `-steep turn far`, to `slope`, and their part that is `own`.

    What all states lead to alike no turn moves: with theta near 1 that is nearly all of `far`, and left in
    `own` it would make the fixed-point map creep.
    """
    J = len(own)
    for j in range(J):
        alike = far[j, j]
        for m in range(J):
            alike = min(alike, far[m, j])
        own[j] -= steep * diagonal[j] * (far[j, j] - alike)
        for m in range(J):
            for n in range(J):
                slope[j, n] -= steep * turn[j, m] * far[m, n]


@rule
def write_resolvent(share, theta, far):  # type: ignore[no-untyped-def]
    """Write the inverse of `I - theta P` into `far` (J, J), P being `share` without its first row.

    Gauss-Jordan elimination in place. Rows of P sum to 1 at most and theta is below 1, so the matrix is
    diagonally dominant: no pivot is ever 0 and none need be looked for.
    """
    J = len(far)
    for j in range(J):
        for m in range(J):
            far[j, m] = -theta * share[1 + j, m]
        far[j, j] += 1.0
    if theta == 0.0:
        return
    for j in range(J):
        pivot = far[j, j]
        far[j, j] = 1.0
        for m in range(J):
            far[j, m] /= pivot
        for n in range(J):
            if n != j:
                factor = far[n, j]
                far[n, j] = 0.0
                for m in range(J):
                    far[n, m] -= factor * far[j, m]


@rule
def add_turns(share, nest, time, mu, turn, diagonal):  # type: ignore[no-untyped-def]
    """Write how choices turn with utility, over the states in which they are made.

    The nested logit's slopes are `dP[l]/dV[j] = P[l] (d/mu[l] - P[j] - (1/mu - 1) P[j | 3G])`, with d = 1
    for l = j and the last term between 3G products only [Train2009, ch. 4].

    Parameters
    ----------
    share, nest : (1 + J, J), (1 + J,) float
        Choice probabilities by state, and those of any 3G.
    time : (1 + J,) float
        Weight of each state.
    turn : (J, J) float
        Written: weighted sum of `dP[l]/dV[j]` at [j, l].
    diagonal : (J,) float
        Written: the part of it with d.
    """
    J = len(diagonal)
    turn[:] = 0.0
    diagonal[:] = 0.0
    for held in range(1 + J):
        if time[held] == 0.0:
            continue
        for j in range(J):
            if share[held, j] == 0.0:
                continue
            on_3g = j % 2 == G3
            diagonal[j] += time[held] * share[held, j] / (mu if on_3g else 1.0)
            within = (1.0 / mu - 1.0) * share[held, j] / nest[held] if on_3g else 0.0
            for m in range(J):
                both = share[held, j] + (within if m % 2 == G3 else 0.0)
                turn[j, m] -= time[held] * share[held, m] * both
    for j in range(J):
        turn[j, j] += diagonal[j]

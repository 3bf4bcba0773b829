"""Demand and its slopes by hand: the textbook's logit, its nest, and the resolvent of the future."""

import math

import numpy as np
import pytest

from agents.demand import Choosers, Demand, add_demand, add_slopes, add_turns, write_resolvent

ALPHA = np.array([0.02, 0.05])
WEIGHT = np.array([3.0, 0.5])
PRICE = np.array([40.0, 70, 35, 60, 30, 55])
MU, THETA = 0.6, 0.7
IS_3G = np.array([False, True] * 3)


def unlike(seed: int = 4) -> np.ndarray:
    """Return what products are worth to two unlike people, the second of whom has two networks only."""
    worth = np.random.default_rng(seed).normal(size=(2, 7, 6))
    worth[1, :, 3] = -np.inf
    return worth


def probabilities(v: np.ndarray, mu: float, outside: float = -np.inf) -> tuple[np.ndarray, float]:
    """Return nested logit probabilities (6,) and that of any 3G, by the textbook."""
    weight = np.where(IS_3G, np.exp(v / mu), np.exp(v))
    nest = weight[IS_3G].sum()
    total = weight[~IS_3G].sum() + nest**mu + math.exp(outside)
    return np.where(IS_3G, weight / nest * nest**mu if nest else 0.0, weight) / total, nest**mu / total


def turns_of_one(p: np.ndarray, on_3g: float, mu: float) -> np.ndarray:
    """Return `dP[l]/dV[j]` at [j, l] of one choice."""
    found = np.empty((6, 6))
    for j in range(6):
        for m in range(6):
            found[j, m] = p[m] * ((j == m) / (mu if IS_3G[j] else 1.0) - p[j])
            if IS_3G[j] and IS_3G[m] and on_3g > 0:
                found[j, m] -= p[m] * (1 / mu - 1) * p[j] / on_3g
    return found


@pytest.mark.parametrize("outside", [-np.inf, 0.3])
@pytest.mark.parametrize("mu", [1.0, MU])
def test_who_chooses_once(mu: float, outside: float) -> None:
    worth, state = unlike(), np.array([0, 5])
    found = Choosers(worth, state, ALPHA, WEIGHT, mu, 0.0, outside).demand(PRICE)
    quantity, slope, own = np.zeros(6), np.zeros((6, 6)), np.zeros(6)
    for i in range(2):
        p, on_3g = probabilities(worth[i, state[i]] - ALPHA[i] * PRICE, mu, outside)
        quantity += WEIGHT[i] * p
        slope -= WEIGHT[i] * ALPHA[i] * turns_of_one(p, on_3g, mu)
        own -= WEIGHT[i] * ALPHA[i] * p / np.where(IS_3G, mu, 1.0)
    assert found.quantity == pytest.approx(quantity, rel=1e-12)
    assert found.slope == pytest.approx(slope, rel=1e-10, abs=1e-15)
    assert found.own == pytest.approx(own, rel=1e-12)


def test_who_will_choose_again() -> None:
    """The share of the future spent with each product, by inverting a matrix; slopes by differences."""
    worth, state = unlike(), np.array([0, 5])
    choosers = Choosers(worth, state, ALPHA, WEIGHT, MU, THETA)

    def quantity(price: np.ndarray) -> np.ndarray:
        total = np.zeros(6)
        for i in range(2):
            P = np.array([probabilities(worth[i, x] - ALPHA[i] * price, MU)[0] for x in range(7)])
            future = np.linalg.inv(np.eye(6) - THETA * P[1:])
            total += WEIGHT[i] * (1 - THETA) * P[state[i]] @ future
        return total

    found = choosers.demand(PRICE)
    assert found.quantity == pytest.approx(quantity(PRICE), rel=1e-12)
    assert (choosers.quantity(PRICE) == found.quantity).all()
    assert found.quantity.sum() == pytest.approx(WEIGHT.sum())
    for j in range(6):
        step = 1e-4 * np.eye(6)[j]
        assert found.slope[j] == pytest.approx(
            (quantity(PRICE + step) - quantity(PRICE - step)) / 2e-4, rel=1e-5, abs=1e-9
        )


def test_the_part_on_the_diagonal_over_the_future() -> None:
    worth, i = unlike(), 0
    found = Choosers(worth[:1], np.array([3]), ALPHA[:1], WEIGHT[:1], MU, THETA).demand(PRICE)
    P = np.array([probabilities(worth[i, x] - ALPHA[i] * PRICE, MU)[0] for x in range(7)])
    future = np.linalg.inv(np.eye(6) - THETA * P[1:])
    time = np.zeros(7)
    time[1:] = THETA * (1 - THETA) * P[3] @ future
    time[3] += 1 - THETA
    chosen = time @ P / np.where(IS_3G, MU, 1.0)
    alike = future.min(axis=0)  # what every state leads to: no choice moves it
    assert found.own == pytest.approx(-WEIGHT[0] * ALPHA[0] * chosen * (np.diag(future) - alike), rel=1e-10)


def test_demand_is_added_to_what_was_there() -> None:
    worth = unlike()
    quantity, own, slope = np.full(6, 10.0), np.full(6, 20.0), np.full((6, 6), 30.0)
    add_demand(worth, np.array([0, 5]), ALPHA, WEIGHT, PRICE, MU, 0.0, -np.inf, False, quantity, own, slope)
    alone = Choosers(worth, np.array([0, 5]), ALPHA, WEIGHT, MU)
    assert quantity == pytest.approx(10 + alone.quantity(PRICE))
    assert (own == 20).all()  # slopes were not asked for
    assert (slope == 30).all()
    add_demand(worth, np.array([0, 5]), ALPHA, WEIGHT, PRICE, MU, 0.0, -np.inf, True, quantity, own, slope)
    assert own == pytest.approx(20 + alone.demand(PRICE).own)
    assert slope == pytest.approx(30 + alone.demand(PRICE).slope)


def test_whole_prices_are_prices() -> None:
    worth = unlike()
    choosers = Choosers(worth, np.array([0, 5]), ALPHA, WEIGHT, MU)
    assert (choosers.quantity(PRICE.astype(int)) == choosers.quantity(PRICE)).all()


def test_the_textbooks_consumers() -> None:
    worth = np.arange(12.0).reshape(2, 6)
    choosers = Choosers.once(worth, ALPHA, 0.4, 1.5)
    assert (choosers.worth == worth[:, None]).all()
    assert choosers.worth.shape == (2, 7, 6)
    assert choosers.state.tolist() == [0, 0]
    assert choosers.weight.tolist() == [1, 1]
    assert (choosers.sensitivity, choosers.dissimilarity, choosers.outside) == (ALPHA, 0.4, 1.5)
    assert choosers.theta == 0.0
    plain = Choosers.once(worth, ALPHA)
    bare = Choosers(choosers.worth, choosers.state, ALPHA, choosers.weight)
    for usual in (plain, bare):
        assert (usual.dissimilarity, usual.theta, usual.outside) == (1.0, 0.0, -np.inf)


# ---- the parts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("theta", [0.0, 0.4, 0.95])
def test_the_resolvent_is_the_inverse(theta: float) -> None:
    share = np.random.default_rng(2).dirichlet(np.ones(5), 6)
    far = np.full((5, 5), 9.0)
    write_resolvent(share, theta, far)
    assert far == pytest.approx(np.linalg.inv(np.eye(5) - theta * share[1:]), rel=1e-12, abs=1e-14)


# What is not on offer in four states.
LACKING = ([0, 1, 0, 0, 0, 0], [0] * 6, [0] * 6, [0, 1, 0, 1, 0, 1])


def test_turns_by_hand() -> None:
    """Two states with weights: one that lacks a 3G network, one that counts for nothing, then one more."""
    random = np.random.default_rng(3)
    chosen = [probabilities(np.where(gone, -np.inf, random.normal(size=6)), MU) for gone in LACKING]
    share, nest = np.zeros((7, 6)), np.zeros(7)
    time = np.array([0.5, 0.0, 2.0, 1e-9, 0, 0, 0])
    for x, (p, on_3g) in enumerate(chosen):
        share[x], nest[x] = p, on_3g
    share[1] = np.nan  # a choice nobody makes is not read
    turn, diagonal = np.full((6, 6), 5.0), np.full(6, 5.0)
    add_turns(share, nest, time, MU, turn, diagonal)
    parts = [(time[x], *chosen[x]) for x in (0, 2, 3)]
    assert turn == pytest.approx(sum(t * turns_of_one(p, on, MU) for t, p, on in parts), rel=1e-10, abs=1e-16)
    assert diagonal == pytest.approx(sum(t * p / np.where(IS_3G, MU, 1.0) for t, p, _ in parts))


def test_slopes_by_hand() -> None:
    random = np.random.default_rng(5)
    turn, diagonal, far = random.normal(size=(4, 4)), random.random(4), random.normal(size=(4, 4))
    own, slope = np.full(4, 2.0), np.full((4, 4), 3.0)
    add_slopes(0.3, turn, diagonal, far, own, slope)
    assert own == pytest.approx(2 - 0.3 * diagonal * (np.diag(far) - far.min(axis=0)))
    assert slope == pytest.approx(3 - 0.3 * turn @ far)


def test_markups_of_the_map() -> None:
    """Two firms of two products: `zeta` by its definition, 0 for what nobody buys."""
    quantity = np.array([2.0, 3.0, 0.0, 5.0])
    own = np.array([-0.5, -0.25, 0.0, -2.0])
    slope = np.array([[-0.4, 0.1, 0, 0.2], [0.1, -0.2, 0, 0.05], [0, 0, 0, 0], [0.2, 0.3, 0, -1.5]])
    margin, owner = np.array([10.0, 20.0, 7.0, 40.0]), np.array([0, 0, 1, 1])
    demand = Demand(quantity, own, slope)
    flat = [2 - 4 + 2, 3 + 1 - 4, 0, 5 - 60]
    assert demand.profit_slope(margin, owner) == pytest.approx(flat)
    # cross = slope less own on the diagonal: -(q + sum cross m) / own
    expected = [(2 + 0.1 * 10 + 0.1 * 20) / 0.5, (3 + 0.1 * 10 + 0.05 * 20) / 0.25, 0, (5 + 0.5 * 40) / 2]
    assert demand.zeta(margin, owner) == pytest.approx(expected)


def test_who_minds_no_price_pays_without_end() -> None:
    demand = Demand(np.array([1.0]), np.array([0.0]), np.array([[0.0]]))
    assert np.isinf(demand.zeta(np.array([5.0]), np.array([0])))

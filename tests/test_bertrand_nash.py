"""The search for Bertrand-Nash prices, part by part: its map, its checks, and when it gives up."""

from typing import Any

import numpy as np
import pytest
from scipy.special import lambertw

from agents import pricing
from agents.demand import Choosers
from agents.pricing import (
    DEVIATIONS,
    LEAST_GAIN,
    MOST_STEPS,
    RESTARTS,
    TOLERANCE,
    Equilibrium,
    EquilibriumError,
    bertrand_nash,
    best_deviation,
    flat_point,
    mix,
    settle,
    share_gained,
    worst_curvature,
)

OWNER = np.array([0, 0, 1, 1, 2, 2])
COST = np.array([30.0, 45, 30, 45, 30, 45])
ONLY_2G = np.array([0.0, -np.inf] * 3)
ALPHA = 0.02
START = np.array([70.0, 71, 72, 73, 74, 75])


def equals() -> Choosers:
    """Return one consumer, indifferent between three firms of one product each."""
    return Choosers.once(ONLY_2G[None], np.array([ALPHA]))


def unlike() -> Choosers:
    """Return three unlike consumers of six products who choose again and again."""
    worth = np.random.default_rng(1).normal(size=(3, 7, 6))
    alpha, weight = np.array([0.02, 0.03, 0.05]), np.array([2.0, 1, 1])
    return Choosers(worth, np.array([0, 3, 6]), alpha, weight, 0.6, 0.5)


def settings() -> list[float]:
    return [TOLERANCE, MOST_STEPS, LEAST_GAIN, RESTARTS]


def test_how_closely_and_how_long_it_searches() -> None:
    assert settings() == [1e-8, 200, 1e-6, 3]
    assert set(DEVIATIONS) == {
        (0.3, 0.3), (0.5, 0.5), (0.7, 0.7), (0.85, 0.85), (1.25, 1.25), (1.75, 1.75), (3, 3), (8, 8),
        (0.5, 1), (1, 0.5), (2, 1), (1, 2),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("now", "before", "gain"),
    [
        (3.0, 2.0, 0.5),
        (1.0, 2.0, -0.5),
        (-1.0, -2.0, 0.5),
        (-3.0, -2.0, -0.5),
        (0.5, 1.0, -0.5),
        (1.0, -1.0, 2.0),
    ],
)
def test_a_gain_is_a_share_of_what_there_was(now: float, before: float, gain: float) -> None:
    assert share_gained(now, before) == pytest.approx(gain)


@pytest.mark.parametrize(("now", "gain"), [(0.5, np.inf), (0.0, 0.0), (-0.5, 0.0)])
def test_whoever_earned_nothing_gains_by_anything(now: float, gain: float) -> None:
    assert share_gained(now, 0.0) == gain


def test_where_nobody_chooses_prices_stay() -> None:
    """One consumer of no weight: demand is asked for once, and no price is better than another."""
    nobody = Choosers(np.zeros((1, 7, 6)), np.zeros(1, np.int64), np.array([ALPHA]), np.zeros(1))
    found = bertrand_nash(nobody, COST, OWNER, START)
    assert (found.price == START).all()
    assert not found.offered.any()
    assert (found.evaluations, found.residual, found.curvature) == (1, 0.0, 0.0)


# ---- the flat point -----------------------------------------------------------------------------


def test_three_equals() -> None:
    """Margin 1 / (alpha (1 - share)) with shares of a third: 75 RMB."""
    found = flat_point(equals(), COST, OWNER, START, 200)
    assert found.price == pytest.approx([105, 71, 105, 73, 105, 75], abs=1e-5)
    assert (found.price[1::2] == START[1::2]).all()
    assert found.offered.tolist() == [True, False] * 3
    assert 0 <= found.residual <= 1e-8
    assert found.curvature == pytest.approx(-1)


def test_a_monopolist_with_an_outside_option() -> None:
    """Of one product: margin (1 + W(exp(v - alpha c - 1))) / alpha, W Lambert's function."""
    worth = np.full((1, 6), -np.inf)
    worth[0, 2] = 1.5
    choosers = Choosers.once(worth, np.array([ALPHA]), outside=0.0)
    found = flat_point(choosers, COST, OWNER, START, 200)
    margin = (1 + lambertw(np.exp(1.5 - ALPHA * 30 - 1)).real) / ALPHA
    assert found.price[2] == pytest.approx(30 + margin, abs=1e-6)


def test_demand_is_counted_as_often_as_it_is_asked() -> None:
    asked = []

    class Counted(Choosers):
        def demand(self, price: np.ndarray) -> Any:
            asked.append(price)
            return super().demand(price)

        def quantity(self, price: np.ndarray) -> np.ndarray:
            asked.append(price)
            return super().quantity(price)

    whole = unlike()
    found = flat_point(Counted(**vars(whole)), COST, OWNER, START, 200)
    # Of what curvature asks, 1 + 6, nothing is counted.
    assert found.evaluations == len(asked) - 7
    flat = whole.demand(found.price)
    here = COST + flat.zeta(found.price - COST, OWNER)
    assert found.price == pytest.approx(here, abs=1e-7)
    assert found.residual == pytest.approx(np.abs(here - found.price).max(), abs=1e-12)
    assert flat.profit_slope(found.price - COST, OWNER) == pytest.approx(np.zeros(6), abs=1e-8)


# ---- curvature ----------------------------------------------------------------------------------


def profit(choosers: Choosers, price: np.ndarray, owner: np.ndarray, firm: int) -> float:
    mine = owner == firm
    return float(((price - COST) * choosers.quantity(price))[mine].sum())


def eigenvalues_by_differences(choosers: Choosers, price: np.ndarray, owner: np.ndarray) -> float:
    """Return what `worst_curvature` says, from differences of profits alone."""
    worst, h = -np.inf, 0.05
    for firm in np.unique(owner):
        steps = [h * np.eye(6)[j] for j in np.flatnonzero(owner == firm)]
        hessian = [
            [
                profit(choosers, price + a + b, owner, firm) - profit(choosers, price + a - b, owner, firm)
                - profit(choosers, price - a + b, owner, firm) + profit(choosers, price - a - b, owner, firm)
                for a in steps
            ]
            for b in steps
        ]  # fmt: skip
        values = np.linalg.eigvalsh(hessian)
        worst = max(worst, values.max() / np.abs(values).max())
    return worst


@pytest.mark.parametrize("owner", [OWNER, np.array([0, 0, 0, 0, 7, 7]), np.arange(6)])
@pytest.mark.parametrize("rise", [0.0, 25.0, 90.0])
def test_curvature_is_that_of_profits(owner: np.ndarray, rise: float) -> None:
    choosers, price = unlike(), np.array([60.0, 80, 65, 95, 55, 70]) + rise
    found = worst_curvature(choosers, price, COST, owner, np.full(6, True))
    assert found == pytest.approx(eigenvalues_by_differences(choosers, price, owner), rel=2e-3, abs=2e-3)


def test_curvature_near_free_goods() -> None:
    """The step is a ten-thousandth of a price, of a price below 1 RMB a ten-thousandth of 1 RMB."""
    price = np.array([0.0, 0.5, -0.5, 0.0, 1.0, 2.0])
    found = worst_curvature(unlike(), price, COST, OWNER, np.full(6, True))
    assert found == pytest.approx(eigenvalues_by_differences(unlike(), price, OWNER), rel=2e-3)
    # A step of 0.1 RMB would be seen where prices are thousands.
    dear = worst_curvature(equals(), START * 0 + 130.0, COST, OWNER, ONLY_2G == 0)
    assert dear == pytest.approx(-1)


def test_beyond_the_hill_profit_is_convex() -> None:
    """A logit monopolist's profit bends upwards where hardly anybody buys any more."""
    worth = np.full((1, 6), -np.inf)
    worth[0, 2] = 0.0
    choosers = Choosers.once(worth, np.array([ALPHA]), outside=0.0)
    offered = np.arange(6) == 2
    at = [worst_curvature(choosers, np.full(6, p), COST, OWNER, offered) for p in (60.0, 90.0, 400.0)]
    assert at == [-1.0, -1.0, 1.0]


# ---- deviations ---------------------------------------------------------------------------------


def gains_by_hand(choosers: Choosers, price: np.ndarray) -> dict[tuple[int, float, float], float]:
    """Return each firm's relative gain by multiplying its margins on 2G and on 3G."""
    found = {}
    for firm in range(3):
        for on_2g, on_3g in DEVIATIONS:
            tried = price.copy()
            tried[2 * firm] = COST[2 * firm] + on_2g * (price - COST)[2 * firm]
            tried[2 * firm + 1] = COST[2 * firm + 1] + on_3g * (price - COST)[2 * firm + 1]
            now = profit(choosers, price, OWNER, firm)
            found[firm, on_2g, on_3g] = profit(choosers, tried, OWNER, firm) / now - 1
    return found


@pytest.mark.parametrize("price", [START, np.array([200.0, 71, 80, 60, 55, 250]), 3 * START])
def test_the_best_deviation_of_all(price: np.ndarray) -> None:
    gain, better = best_deviation(unlike(), price, COST, OWNER, np.full(6, True))
    by_hand = gains_by_hand(unlike(), price)
    (firm, on_2g, on_3g), most = max(by_hand.items(), key=lambda item: item[1])
    assert gain == pytest.approx(most)
    assert gain > 0
    expected = price.copy()
    expected[2 * firm : 2 * firm + 2] = COST[:2] + np.array([on_2g, on_3g]) * (price - COST)[2 * firm :][:2]
    assert better == pytest.approx(expected)


def test_at_an_equilibrium_everybody_loses() -> None:
    price = np.array([105.0, 71, 105, 73, 105, 75])
    gain, better = best_deviation(equals(), price, COST, OWNER, ONLY_2G == 0)
    assert gain == pytest.approx(0, abs=1e-12)  # by other margins on 3G, which nobody is offered
    assert gain <= 0
    assert better is price


def test_who_has_nothing_on_offer_is_not_asked() -> None:
    """The third firm sells nothing: its profit of 0 is no base for a gain."""
    worth = np.array([[0.5, 0.2, 0.0, 0.3, -np.inf, -np.inf]])
    choosers, offered = Choosers.once(worth, np.array([ALPHA])), np.array([True] * 4 + [False] * 2)
    gain, better = best_deviation(choosers, START, COST, OWNER, offered)
    assert np.isfinite(gain)
    assert (better[4:] == START[4:]).all()


# ---- approaching the point ----------------------------------------------------------------------

AIM = np.array([50.0, 80.0])


@pytest.fixture
def no_mixing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pricing, "mix", lambda *_: None)


def test_mixing_is_tried_first(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(pricing, "mix", lambda *given: seen.append(given) or AIM)

    def move(price: np.ndarray) -> np.ndarray:
        return price

    assert settle(move, START[:2], 17) is AIM
    ((found, start, steps),) = seen
    assert (found, steps) == (move, 17)
    assert (start == START[:2]).all()


def path(slope: float, most_steps: int = 200) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return where the plain map settles that moves prices by `slope` of their distance, and its path."""
    seen = []

    def move(price: np.ndarray) -> np.ndarray:
        seen.append(price)
        return slope * (AIM - price)

    return settle(move, np.add(AIM, [1.0, -2.0]), most_steps), seen


@pytest.mark.usefixtures("no_mixing")
def test_the_plain_map_goes_where_it_is_sent() -> None:
    found, seen = path(0.5)
    assert found == pytest.approx(AIM, abs=2.1e-8)
    assert found is seen[-1]
    left = [float(np.abs(AIM - price).max()) for price in seen]
    assert left == pytest.approx([2.0 * 0.5**i for i in range(len(left))])
    assert 0.5 * left[-1] <= 1e-8 < 0.5 * left[-2]


@pytest.mark.usefixtures("no_mixing")
def test_a_map_that_overshoots_is_followed_half_way() -> None:
    """With a slope of 3 a whole step goes twice too far and the next is halved, then grows by a tenth."""
    found, seen = path(3.0)
    assert found == pytest.approx(AIM, abs=1e-8)
    step, before, distance, expected = 1.0, np.inf, 1.0, []
    while len(expected) < len(seen):
        expected.append(distance)
        step = max(step / 2, 1 / 64) if abs(distance) > before else min(1.1 * step, 1.0)
        before, distance = abs(distance), distance * (1 - 3 * step)
    assert [(price - AIM)[0] for price in seen] == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert expected[:4] == pytest.approx([1.0, -2.0, 1.0, -0.65])


@pytest.mark.usefixtures("no_mixing")
def test_the_smallest_step_is_a_sixty_fourth() -> None:
    moves = []

    def away(price: np.ndarray) -> np.ndarray:
        moves.append(price[0])
        return np.array([1.0 + len(moves)])

    with pytest.raises(EquilibriumError, match=r"still moved by 301 RMB after 300 steps"):
        settle(away, np.zeros(1), 30)
    assert len(moves) == 300
    steps = np.diff(moves) / (2 + np.arange(299))
    assert steps[:8] == pytest.approx([1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 64])


@pytest.mark.usefixtures("no_mixing")
def test_prices_without_end_are_an_error() -> None:
    with pytest.raises(EquilibriumError, match="no demand limits them"):
        settle(lambda price: np.array([np.inf, 1.0]), AIM, 10)
    with pytest.raises(EquilibriumError, match="no demand limits them"):
        settle(lambda price: np.array([np.nan, 1.0]), AIM, 10)


@pytest.mark.usefixtures("no_mixing")
def test_near_enough_is_there() -> None:
    for left in (1e-8, -1e-8):
        assert settle(lambda price, left=left: np.array([left, 0.0]), AIM, 10) is AIM
    asked = []

    def nearly(price: np.ndarray) -> np.ndarray:
        asked.append(price)
        return np.array([1.1e-8 if len(asked) < 3 else 0.0, 0.0])

    settle(nearly, AIM, 10)
    assert len(asked) == 3


# ---- mixing -------------------------------------------------------------------------------------


def bent(price: np.ndarray) -> np.ndarray:
    """Return how far a bent map moves prices; it leaves AIM where it is."""
    return np.array([[-1.0, 0.4], [0.3, -0.8]]) @ (price - AIM) - 0.001 * (price - AIM) ** 3


def test_mixing_finds_the_point() -> None:
    asked = []
    found = mix(lambda price: asked.append(1) or bent(price), np.array([45.0, 90.0]), 200)
    assert found is not None
    assert np.abs(bent(found)).max() <= 1e-8
    assert len(asked) < 40  # the plain map takes twice as many


def test_mixing_gives_up() -> None:
    assert mix(bent, np.array([45.0, 90.0]), 2) is None

    def wild(price: np.ndarray) -> np.ndarray:
        raise FloatingPointError

    def wrong(price: np.ndarray) -> np.ndarray:
        raise ValueError

    assert mix(wild, AIM, 10) is None
    assert mix(wrong, AIM, 10) is None
    assert mix(lambda price: np.full(2, np.nan), AIM, 10) is None


# ---- from flat points to equilibria -------------------------------------------------------------


def scripted(monkeypatch: pytest.MonkeyPatch, *told: tuple[float, float]) -> list[tuple[Any, ...]]:
    """Let searches end with these curvatures and gains; return where each began, and how."""
    seen: list[tuple[Any, ...]] = []

    def flat(choosers: Any, cost: Any, owner: Any, start: np.ndarray, most_steps: int) -> Equilibrium:
        seen.append((start[0], most_steps))
        return Equilibrium(start + 1, np.full(6, True), 10 ** len(seen), 0.0, told[len(seen) - 1][0])

    def deviation(choosers: Any, price: np.ndarray, *_: Any) -> tuple[float, np.ndarray]:
        return told[len(seen) - 1][1], price + 100

    monkeypatch.setattr(pricing, "flat_point", flat)
    monkeypatch.setattr(pricing, "best_deviation", deviation)
    return seen


def test_the_first_flat_point_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = scripted(monkeypatch, (-0.1, LEAST_GAIN))
    found = bertrand_nash(equals(), COST, OWNER, np.zeros(6), 17)
    assert seen == [(0, 17)]
    assert (found.price[0], found.evaluations) == (1, 10)


def test_the_search_begins_again_where_a_firm_would_go(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = scripted(monkeypatch, (-0.1, 2e-6), (0.0, 1e-3), (-0.1, -1.0))
    found = bertrand_nash(equals(), COST, OWNER, [0] * 6)
    assert seen == [(0, 200), (101, 200), (202, 200)]
    assert (found.price[0], found.evaluations) == (203, 1110)


def test_three_searches_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = scripted(monkeypatch, (-0.1, 0.3), (-0.1, 0.2), (-0.1, 0.125))
    with pytest.raises(EquilibriumError, match=r"some firm would gain 12 % by others"):
        bertrand_nash(equals(), COST, OWNER, np.zeros(6))
    assert len(seen) == 3
    scripted(monkeypatch, (0.1, -0.3), (0.1, -0.2), (0.1, -0.125))
    with pytest.raises(EquilibriumError, match=r"some firm's profit is at no maximum"):
        bertrand_nash(equals(), COST, OWNER, np.zeros(6))

"""When to stop replicating: hand examples, properties, and coverage measured where the truth is known."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.inference import bootstrap_intervals, halfwidth, paired_difference
from experiments.sequential import FixedWidth, first_look, look, replications_needed

RULE = FixedWidth(halfwidth=1.0, most=100)


def test_halfwidth_by_hand() -> None:
    # sd 1 of three values, t(0.975; 2) = 4.302653.
    assert halfwidth([1.0, 2.0, 3.0]) == pytest.approx(4.302653 / 3**0.5, abs=1e-6)
    assert math.isnan(halfwidth([1.0]))


def test_how_many_more_by_hand() -> None:
    ten = np.array([-1.0, 1.0] * 5)  # sd 1.0540926, t(0.975; 9) = 2.2621572: 0.7540524
    enough = look(ten, FixedWidth(0.76, most=100))
    assert (enough.more, enough.is_reached) == (0, True)
    assert enough.halfwidth == pytest.approx(0.7540524, abs=1e-6)
    assert look(ten, FixedWidth(0.75, most=100)).more == 3  # 11 might do: a quarter more is the least
    assert look(ten, FixedWidth(0.6, most=100)).more == 6  # 10 * (0.7540524 / 0.6)^2 = 15.8
    assert look(ten, FixedWidth(0.1, most=100)).more == 10  # 569: twice as many is the most
    assert look(ten, FixedWidth(0.1, most=12)).more == 2
    last = look(ten, FixedWidth(0.1, most=10))
    assert (last.more, last.is_reached) == (0, False)


def test_widest_of_several_decides() -> None:
    rng = np.random.default_rng(2)
    narrow, wide = rng.normal(0, 0.1, 10), rng.normal(0, 9, 10)
    assert look(narrow, RULE).more == 0
    assert look(np.column_stack([narrow, wide]), RULE).more == 10


def test_what_never_is_a_number_calls_for_no_more() -> None:
    nothing = look(np.full(10, np.nan), RULE)
    assert (nothing.more, nothing.is_reached) == (0, False)
    both = look(np.column_stack([np.full(10, np.nan), np.arange(10.0)]), FixedWidth(0.1, 100))
    assert both.more == 10


def test_no_spread_is_enough_at_once() -> None:
    assert look(np.zeros(10), RULE).is_reached


@given(st.integers(0, 2**31), st.floats(0.05, 3.0), st.integers(2, 60), st.integers(2, 20))
def test_stops_at_the_same_place_whatever_is_known_beyond(seed: int, h: float, most: int, few: int) -> None:
    rule = FixedWidth(h, most=most, fewest=few)
    values = np.random.default_rng(seed).normal(size=most)
    asked: list[int] = []

    def first(n: int) -> np.ndarray:
        asked.append(n)
        return values[:n]

    seen = replications_needed(first, rule)
    assert asked[0] == first_look(rule)
    assert asked == sorted(set(asked))
    assert seen.replications == asked[-1] <= most
    assert seen.is_reached or seen.replications == most
    assert seen.is_reached == (halfwidth(values[: seen.replications]) <= h)


LAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "student": lambda rng, n: rng.standard_t(5, n) * math.sqrt(3 / 5),
    "exponential": lambda rng, n: rng.exponential(size=n) - 1.0,
}
#: Least coverage of the mean -/+ the half-width asked for, and of the t interval at the stop.
COVERAGE = {"normal": (0.94, 0.925), "student": (0.94, 0.925), "exponential": (0.89, 0.85)}


def cover(law: str, h: float, times: int) -> tuple[float, float, float]:
    """Return both coverages of 0, the mean, and the mean number of replications."""
    rng, rule = np.random.default_rng(11), FixedWidth(h, most=400)
    wide = narrow = total = 0
    for _ in range(times):
        values = LAWS[law](rng, rule.most)
        seen = replications_needed(lambda n, values=values: values[:n], rule)
        off = abs(float(values[: seen.replications].mean()))
        wide, narrow = wide + (off <= h), narrow + (off <= seen.halfwidth)
        total += seen.replications
    return wide / times, narrow / times, total / times


@pytest.mark.slow
@pytest.mark.parametrize("h", [0.6, 0.4, 0.2])
@pytest.mark.parametrize("law", LAWS)
def test_coverage_of_the_rule(law: str, h: float) -> None:
    wide, narrow, _ = cover(law, h, 3000)
    least = COVERAGE[law]
    assert wide >= least[0]
    assert narrow >= least[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "t_least", "bootstrap_range"), [(10, 0.935, (0.86, 0.94)), (40, 0.935, (0.92, 0.96))]
)
def test_coverage_of_the_intervals(n: int, t_least: float, bootstrap_range: tuple[float, float]) -> None:
    samples = np.random.default_rng(12).standard_normal((2000, n)) + 3.0
    found = [paired_difference(row, np.zeros(n)) for row in samples]
    inside = np.mean([one.low <= 3.0 <= one.high for one in found])
    assert t_least <= inside <= 0.965
    low, high = bootstrap_intervals(samples, resamples=999)
    assert bootstrap_range[0] <= np.mean((low <= 3.0) & (high >= 3.0)) <= bootstrap_range[1]


def test_bootstrap_is_scipys() -> None:
    rng = np.random.default_rng(3)
    rows = rng.exponential(size=(3, 12))
    low, high = bootstrap_intervals(rows, seed=5)
    for row, ends in zip(rows, zip(low, high, strict=True), strict=True):
        expected = stats.bootstrap(
            (row,), np.mean, method="BCa", rng=np.random.default_rng(5)
        ).confidence_interval
        assert ends == pytest.approx((expected.low, expected.high), rel=1e-12)


def test_bootstrap_is_the_same_again_and_follows_skew() -> None:
    skewed = np.random.default_rng(4).exponential(size=(1, 30))
    again = [bootstrap_intervals(skewed, seed=1) for _ in range(2)]
    assert np.array_equal(again[0], again[1])
    (low,), (high,) = again[0]
    assert high - skewed.mean() > skewed.mean() - low


def test_bootstrap_of_what_has_no_spread_or_is_no_number() -> None:
    low, high = bootstrap_intervals([[2.0, 2.0, 2.0], [1.0, np.nan, 2.0], [1.0, 2.0, 4.0]], resamples=99)
    assert (low[0], high[0]) == (2.0, 2.0)
    assert np.isnan([low[1], high[1]]).all()
    assert low[2] < 7 / 3 < high[2]
    assert np.isnan(bootstrap_intervals([[1.0]])).all()

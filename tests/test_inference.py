"""Paired differences and their intervals, against worked examples and SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.inference import paired_difference


def test_worked_example() -> None:
    # Differences 1, 2, 3: mean 2, sd 1, and t(0.975; 2) = 4.302653, so 2 -/+ 4.302653 / sqrt(3).
    found = paired_difference([11.0, 22.0, 33.0], [10.0, 20.0, 30.0])
    assert found.mean == 2.0
    assert found.sd == pytest.approx(1.0)
    assert found.low == pytest.approx(2 - 4.302653 / 3**0.5, abs=1e-6)
    assert found.high == pytest.approx(2 + 4.302653 / 3**0.5, abs=1e-6)
    assert (found.replications, found.mean_a, found.mean_b) == (3, 22.0, 20.0)
    # Variances 121 and 100 of the runs against 1 of the differences.
    assert found.variance_reduction == pytest.approx(221.0)


@given(
    st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 2), min_size=2, max_size=40),
    st.sampled_from([0.8, 0.95, 0.99]),
)
def test_interval_is_scipys(pairs: list[tuple[float, float]], confidence: float) -> None:
    a, b = (np.array(column) for column in zip(*pairs, strict=True))
    if np.ptp(a - b) <= 1e-6:
        return  # no spread: SciPy gives no interval, ours has its own tests
    found = paired_difference(a, b, confidence)
    expected = stats.ttest_rel(a, b).confidence_interval(confidence)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-6)


def test_pairing_reduces_variance_where_luck_is_shared() -> None:
    rng = np.random.default_rng(5)
    luck, own = rng.normal(0, 10, 30), rng.normal(0, 1, 30)
    shared = paired_difference(luck + own + 3, luck)
    assert shared.variance_reduction > 50
    assert shared.low < 3 < shared.high
    strangers = paired_difference(luck, rng.normal(0, 10, 30))
    assert strangers.variance_reduction == pytest.approx(1, abs=0.6)
    assert shared.high - shared.low < (strangers.high - strangers.low) / 5


def test_a_scenario_compared_with_itself_differs_by_exactly_nothing() -> None:
    values = [0.1, 1e12 / 3, -7.0]
    found = paired_difference(values, values)
    assert (found.mean, found.low, found.high, found.sd) == (0.0, 0.0, 0.0, 0.0)
    assert found.variance_reduction == np.inf


def test_constant_difference_has_an_interval_of_no_width() -> None:
    found = paired_difference([1.1, 2.1, 5.1], [1.0, 2.0, 5.0])
    assert found.mean == found.low == found.high == pytest.approx(0.1)
    assert found.sd == 0.0


def test_rounding_is_no_effect() -> None:
    # 0.1 + 0.2 is not 0.3 in floating point, and always errs to the same side.
    found = paired_difference([0.1 + 0.2, 0.1 + 0.2, 1.0], [0.3, 0.3, 1.0])
    assert (found.mean, found.low, found.high) == (0.0, 0.0, 0.0)


def test_nothing_varies() -> None:
    assert np.isnan(paired_difference([2.0, 2.0], [1.0, 1.0]).variance_reduction)


def test_undefined_value_leaves_the_difference_undefined() -> None:
    found = paired_difference([np.nan, 1.0, 2.0], [1.0, 1.0, 1.0])
    assert np.isnan([found.mean, found.low, found.high]).all()


@pytest.mark.parametrize(("a", "b"), [([1.0], [2.0]), ([1.0, 2.0], [1.0]), ([], [])])
def test_needs_two_pairs(a: list[float], b: list[float]) -> None:
    with pytest.raises(ValueError, match="at least 2 paired"):
        paired_difference(a, b)

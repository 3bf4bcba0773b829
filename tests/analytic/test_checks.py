"""The yardstick itself: a check fails where it must."""

import math

import numpy as np
import pytest

from experiments.verification.checks import Check, averaged, counted, exact


def test_distance_is_counted_in_errors() -> None:
    check = Check("x", theory=1.0, model=1.3, error=0.1, allowed=4.0, basis="")
    assert check.distance == pytest.approx(3.0)
    assert check.passed
    assert not Check("x", 1.0, 1.5, 0.1, 4.0, "").passed


@pytest.mark.parametrize("model", [math.nan, math.inf])
def test_what_is_no_number_fails(model: float) -> None:
    assert not Check("x", 1.0, model, 0.1, 4.0, "").passed
    assert not Check("x", 1.0, 1.1, math.nan, 4.0, "").passed


def test_without_error_only_the_same_number_passes() -> None:
    assert Check("x", 1.0, 1.0, 0.0, 4.0, "").passed
    assert not Check("x", 1.0, 1.0 + 1e-15, 0.0, 4.0, "").passed


def test_shares_have_binomial_errors() -> None:
    assert counted("x", 0.5, 5_200, 10_000).error == pytest.approx(0.005)
    assert counted("x", 0.5, 5_199, 10_000).passed
    assert not counted("x", 0.5, 5_201, 10_000).passed
    assert not counted("x", 0.0, 1, 10_000).passed


def test_means_allow_more_where_runs_are_few() -> None:
    few, many = (averaged("x", 0.0, np.resize([1.0, -1.0], n)) for n in (4, 4_000))
    assert few.allowed > 10 > many.allowed > 4.0
    assert many.error == pytest.approx(1 / math.sqrt(4_000), rel=1e-3)


def test_exact_numbers_are_held_to_rounding() -> None:
    assert exact("x", 2.0, 2.0 + 1e-9).passed
    assert not exact("x", 2.0, 2.0 + 3e-9).passed

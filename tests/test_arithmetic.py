"""Exponentials, logarithms and turns against NumPy's extended precision, and the same bits in any company."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from agents.arithmetic import exponential, logarithm, turned
from agents.compiling import side_by_side
from tests.conftest import sample

MANY = sample(200_000)
LONG = np.longdouble
# Extended numbers have 64 digits, so they tell errors of a float64's last digit apart.
needs_long = pytest.mark.skipif(np.finfo(LONG).nmant < 63, reason="no extended precision on this machine")


@side_by_side
def exponentials(x, n, into):  # type: ignore[no-untyped-def]
    for i in range(n):
        into[i] = exponential(x[i])


@side_by_side
def logarithms(x, n, into):  # type: ignore[no-untyped-def]
    for i in range(n):
        into[i] = logarithm(x[i])


@side_by_side
def turns(x, n, cosine, sine):  # type: ignore[no-untyped-def]
    for i in range(n):
        cosine[i], sine[i] = turned(x[i])


def together(loop: Any, x: np.ndarray) -> np.ndarray:
    """Return what a loop gives for all numbers at once (n,)."""
    into = np.full_like(x, np.nan)
    loop(x, len(x), into)
    return into


def turned_together(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    cosine, sine = np.full_like(x, np.nan), np.full_like(x, np.nan)
    turns(x, len(x), cosine, sine)
    return cosine, sine


def units_off(found: np.ndarray, true: np.ndarray) -> float:
    """Return the largest error in units of the last place of the true value, given in extended precision."""
    return float(np.max(np.abs(found.astype(LONG) - true) / np.spacing(np.abs(true).astype(float))))


def cosine_and_sine(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both of parts of a full turn in extended precision."""
    angle = 2 * part.astype(LONG) * LONG("3.14159265358979323846264338327950288")
    return np.cos(angle), np.sin(angle)


def spread(low: float, high: float) -> np.ndarray:
    return np.random.default_rng(11).uniform(low, high, MANY)


# ---- how close ----------------------------------------------------------------------------------


@needs_long
@pytest.mark.parametrize("reach", [1e-9, 1e-3, 0.5, 5.0, 50.0, 708.0])
def test_exponentials_are_within_a_unit_of_the_last_place(reach: float) -> None:
    x = spread(-reach, reach)
    assert units_off(together(exponentials, x), np.exp(x.astype(LONG))) < 1.0


@needs_long
@pytest.mark.parametrize("reach", [1e-6, 1e-2, 0.3, 5.0, 700.0])
def test_logarithms_are_within_a_unit_of_the_last_place(reach: float) -> None:
    x = np.exp(spread(-reach, reach))
    assert units_off(together(logarithms, x), np.log(x.astype(LONG))) < 1.0


@needs_long
def test_logarithms_of_draws_are_within_a_unit_of_the_last_place() -> None:
    """Draws are whole numbers and a half, in units of 2^-32: the ends, and some between."""
    words = np.random.default_rng(5).integers(0, 2**32, MANY)
    words = np.append(words, [*range(1000), *range(2**32 - 1000, 2**32)])
    u = (words + 0.5) * 2.0**-32
    assert units_off(together(logarithms, u), np.log(u.astype(LONG))) < 1.0


def around(borders: np.ndarray) -> np.ndarray:
    """Return each of some numbers with its fifty neighbours on either side."""
    return (borders[:, None] + np.spacing(borders)[:, None] * np.arange(-50, 51)).ravel()


@needs_long
def test_nothing_jumps_where_another_power_or_quarter_is_taken_out() -> None:
    halves = around((np.arange(-400, 400) + 0.5) * math.log(2))
    assert units_off(together(exponentials, halves), np.exp(halves.astype(LONG))) < 1.0
    roots = around(math.sqrt(0.5) * 2.0 ** np.arange(-100, 100))
    assert units_off(together(logarithms, roots), np.log(roots.astype(LONG))) < 1.0
    eighths = around(np.array([1, 3, 5, 7]) / 8)
    for found, true in zip(turned_together(eighths), cosine_and_sine(eighths), strict=True):
        assert np.abs(found - true).max() < 2.0**-52


@needs_long
def test_turns_are_within_two_units_of_a_halfs_last_place() -> None:
    """Near a zero the error stays as small as elsewhere: a turn's part has no more digits to tell."""
    part = spread(0.0, 1.0)
    cosine, sine = turned_together(part)
    for found, true in zip((cosine, sine), cosine_and_sine(part), strict=True):
        assert np.abs(found - true).max() < 2.0**-52
    assert np.abs(cosine**2 + sine**2 - 1.0).max() < 4 * 2.0**-52


# ---- what is known exactly ----------------------------------------------------------------------


def test_exact_exponentials() -> None:
    assert exponential(0.0) == 1.0
    assert exponential(-0.0) == 1.0
    assert abs(exponential(1.0) - math.e) <= math.ulp(math.e)
    assert exponential(-math.inf) == 0.0
    assert [exponential(x) for x in (-708.5, -709.0, -1e6, -1e300)] == [0.0] * 4
    assert exponential(-708.0) == pytest.approx(math.exp(-708.0), rel=1e-15)
    assert exponential(708.0) == pytest.approx(math.exp(708.0), rel=1e-15)


def test_exact_logarithms() -> None:
    assert logarithm(1.0) == 0.0
    assert [logarithm(2.0**n) for n in range(-1000, 1024, 7)] == [
        math.log(2.0**n) for n in range(-1000, 1024, 7)
    ]
    assert logarithm(1.0 + 2.0**-52) == math.log1p(2.0**-52)
    assert logarithm(1.0 - 2.0**-53) == math.log1p(-(2.0**-53))


def test_quarter_turns() -> None:
    assert [turned(quarter / 4) for quarter in range(5)] == [(1, 0), (0, 1), (-1, 0), (0, -1), (1, 0)]
    eighth = math.sqrt(0.5)
    for part, signs in ((1, (1, 1)), (3, (-1, 1)), (5, (-1, -1)), (7, (1, -1))):
        assert turned(part / 8) == pytest.approx((signs[0] * eighth, signs[1] * eighth), rel=2.0**-52)


def test_they_undo_each_other() -> None:
    x = spread(-30.0, 30.0)
    back = together(logarithms, together(exponentials, x))
    assert back == pytest.approx(x, rel=1e-15, abs=1e-15)


# ---- the same bits in any company ---------------------------------------------------------------

ODD = np.array([-np.inf, -1e300, -709.0, -708.0, -0.0, 0.0, 1e-300, 708.0])


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 32, 33, 100])
@pytest.mark.parametrize(
    ("loop", "alone", "low", "high"),
    [(exponentials, exponential, -750.0, 700.0), (logarithms, logarithm, 1e-300, 3.0)],
)
def test_side_by_side_gives_the_same_bits_as_one_by_one(
    loop: Any, alone: Callable[[float], float], low: float, high: float, n: int
) -> None:
    """However many stand in the loop, and wherever among them a number stands."""
    x = np.append(spread(low, high)[: 4 * n], ODD if low < 0 else [1.0, 0.5, 2.0**-33])
    expected = np.array([alone(number) for number in x])
    for begin in range(0, len(x) - n + 1):
        found = together(loop, x[begin : begin + n].copy())
        assert found.tobytes() == expected[begin : begin + n].tobytes()


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 32, 33, 100])
def test_turns_side_by_side_give_the_same_bits_as_one_by_one(n: int) -> None:
    part = np.append(spread(0.0, 1.0)[: 4 * n], np.arange(9) / 8)
    expected = np.array([turned(number) for number in part]).T
    for begin in range(0, len(part) - n + 1):
        for found, alone in zip(turned_together(part[begin : begin + n].copy()), expected, strict=True):
            assert found.tobytes() == np.ascontiguousarray(alone[begin : begin + n]).tobytes()

"""Random numbers: published answers, an independent generator, and what the laws of chance ask for."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from agents.compiling import loop
from agents.draws import (
    ACCOUNT_OPENING,
    ACCOUNTS_AT_START,
    FIRST_OPERATOR,
    NEST_STREAM,
    PAYMENT,
    REVIEW,
    TASTE,
    TRAITS,
    exponential_wait,
    fill_shared,
    gumbel,
    stream_of,
    to_unit,
    two_normals,
    uniforms,
)
from experiments.verification.random_numbers import KNOWN_ANSWERS, compiled_philox, plain_philox
from model.schemas import OPERATORS
from tests.conftest import sample

PURPOSES = (TRAITS, ACCOUNTS_AT_START, FIRST_OPERATOR, REVIEW, TASTE, PAYMENT, ACCOUNT_OPENING)
SURPRISING = 1e-4  # a p-value below it would be seen in one of ten thousand sets of seeds
MANY = sample(100_000)


@loop
def many_draws(seed, purpose, month, code, first, stream, into):  # type: ignore[no-untyped-def]
    for i in range(len(into)):
        into[i, 0], into[i, 1], into[i, 2], into[i, 3] = uniforms(
            seed, purpose, month, code, first + i, stream
        )


def draws(purpose=TASTE, month=1, code=11, first=0, stream=0, seed=1, count=MANY):  # type: ignore[no-untyped-def]
    """Return draws (count, 4) of persons in a row."""
    into = np.empty((count, 4))
    many_draws(np.uint64(seed), purpose, month, code, first, np.int64(stream), into)
    return into


@pytest.mark.parametrize(("words", "answer"), KNOWN_ANSWERS)
def test_known_answers(words: str, answer: str) -> None:
    given = [int(word, 16) for word in words.split()]
    expected = [int(word, 16) for word in answer.split()]
    assert plain_philox(given[:4], given[4:], 32) == expected
    assert compiled_philox(given) == expected


def test_agrees_with_the_plain_generator() -> None:
    words = np.random.default_rng(5).integers(0, 2**32, (300, 6)).tolist()
    for row in words:
        assert compiled_philox(row) == plain_philox(row[:4], row[4:], 32)


def test_a_draw_is_keyed_by_everything_it_should_be() -> None:
    seed, purpose, month, code, position, stream = 0xABCDEF0123456789, 5, 60, 65, 2**32 - 1, 0xFFFFFFFE
    whose = code | purpose << 8 | month << 16
    words = plain_philox([position, whose, stream, 0], [seed % 2**32, seed >> 32], 32)
    found = uniforms(np.uint64(seed), purpose, month, code, position, stream)
    assert found == tuple((word + 0.5) / 2**32 for word in words)


def test_draws_lie_inside_the_open_interval() -> None:
    lowest, highest = 0.5 * 2.0**-32, (2.0**32 - 0.5) * 2.0**-32
    assert 0 < lowest < highest < 1
    for u in (lowest, highest):
        assert np.isfinite([gumbel(u), gumbel(1 - u), *two_normals(u, u)]).all()
    found = draws()
    assert found.min() >= lowest
    assert found.max() <= highest


@pytest.mark.parametrize("purpose", PURPOSES)
def test_uniform(purpose: int) -> None:
    for word in draws(purpose).T:
        counts = np.histogram(word, bins=256, range=(0, 1))[0]
        assert stats.chisquare(counts).pvalue > SURPRISING
        assert stats.kstest(word, "uniform").pvalue > SURPRISING


def assert_independent(x: np.ndarray, y: np.ndarray) -> None:
    """Fail where a table of two draws is not the product of its margins."""
    counts = np.histogram2d(x, y, bins=16, range=((0, 1), (0, 1)))[0]
    assert stats.chisquare(counts.ravel()).pvalue > SURPRISING
    assert abs(np.corrcoef(x, y)[0, 1]) < 4.5 / np.sqrt(len(x))


def test_the_four_words_are_independent() -> None:
    words = draws().T
    for a, b in combinations(range(4), 2):
        assert_independent(words[a], words[b])


@pytest.mark.parametrize("a", PURPOSES)
def test_purposes_are_independent(a: int) -> None:
    for b in PURPOSES:
        if a < b:
            assert_independent(draws(a)[:, 0], draws(b)[:, 0])


@pytest.mark.parametrize(
    "other",
    [
        {"month": 2},
        {"month": 257},  # no carry into the province or the purpose
        {"code": 12},
        {"stream": 1},
        {"stream": NEST_STREAM},
        {"seed": 2},
        {"seed": 1 + 2**32},
        {"first": 1},
        {"first": 2**31},
    ],
)
def test_changing_one_key_gives_independent_luck(other: dict[str, int]) -> None:
    assert_independent(draws()[:, 0], draws(**other)[:, 0])


@pytest.mark.parametrize("first", [0, 5, 2**30 - 8])
def test_neighbours_share_one_call_without_sharing_luck(first: int) -> None:
    """Person 4 n + j has word j of the call that group n makes as if it were a person."""
    seed, groups = np.uint64(2**40 + 3), 8
    words = np.zeros(4 * groups + 3, np.uint32)
    fill_shared(words, seed, REVIEW, 7, 33, first, groups, 2)
    assert not words[4 * groups :].any()
    for group in range(first, first + groups):
        own = [to_unit(words[4 * (group - first) + j]) for j in range(4)]
        assert own == list(uniforms(seed, REVIEW, 7, 33, group, 2))
    assert len(np.unique(words[: 4 * groups])) == 4 * groups


def test_exponential_waits() -> None:
    assert exponential_wait(np.exp(-1.0)) == pytest.approx(1.0, rel=1e-15)
    assert exponential_wait(0.5) == pytest.approx(np.log(2), rel=1e-15)  # the median
    waits = np.array([exponential_wait(u) for u in draws()[:, 0]])
    assert waits.min() > 0
    assert stats.kstest(waits, stats.expon.cdf).pvalue > SURPRISING


def test_gumbel_shocks() -> None:
    assert gumbel(np.exp(-1.0)) == pytest.approx(0.0, abs=1e-15)  # F(0) = 1/e
    assert gumbel(0.5) == pytest.approx(-np.log(np.log(2)))  # the median
    shocks = np.array([gumbel(u) for u in draws()[:, 0]])
    assert stats.kstest(shocks, stats.gumbel_r.cdf).pvalue > SURPRISING
    assert shocks.mean() == pytest.approx(np.euler_gamma, abs=4.5 * np.pi / np.sqrt(6 * MANY))


def test_two_normals() -> None:
    assert two_normals(np.exp(-2.0), 0.0) == pytest.approx((2.0, 0.0))  # radius sqrt(-2 ln u)
    assert two_normals(np.exp(-2.0), 0.25) == pytest.approx((0.0, 2.0))
    pairs = np.array([two_normals(u, v) for u, v, _, _ in draws(TRAITS)])
    for z in pairs.T:
        assert stats.kstest(z, "norm").pvalue > SURPRISING
    assert_independent(*stats.norm.cdf(pairs).T)


def test_streams_belong_to_names() -> None:
    assert stream_of("123456789") == 0xCBF43926  # the check value of CRC-32
    streams = {stream_of(name) for name in OPERATORS}
    assert len(streams) == len(OPERATORS)
    assert NEST_STREAM not in {stream_of(str(i)) for i in range(1000)} | streams

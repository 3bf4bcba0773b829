"""Random numbers: published answers, another word size against NumPy, and no sign of order.

The published vectors fix the algorithm. One plain implementation in whole numbers, with the word size as a
parameter, is NumPy's Philox-4x64 with 64-bit constants and the model's Philox-4x32 with the others. The rest
asks whether draws that must have nothing to do with each other show it: tables of pairs and triples, runs,
the periodogram, and correlation at every shift. `tests/analytic/` shows that the same tests at the same sizes
find weak generators.

[Salmon2011] J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11;
vectors: examples/kat_vectors of the Random123 library.
"""

from collections.abc import Sequence

import numpy as np
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
    fill_shared,
    philox_4x32,
    stream_of,
    to_unit,
    uniforms,
)
from experiments.verification.checks import (
    Case,
    Check,
    Findings,
    Panel,
    dots,
    exact,
    line,
    unsurprising,
)
from experiments.verification.independence import pairs_p_values, periodogram, sequence_p_values
from model.schemas import OPERATORS

MANY = 2**16  # draws in each sequence: as many as there can be months
PURPOSES = (TRAITS, ACCOUNTS_AT_START, FIRST_OPERATOR, REVIEW, TASTE, PAYMENT, ACCOUNT_OPENING)

#: Counter and key, and what Philox-4x32-10 makes of them [Salmon2011].
KNOWN_ANSWERS = (
    ("00000000 00000000 00000000 00000000 00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
)
#: Multipliers and Weyl increments by word size [Salmon2011].
CONSTANTS = {
    32: (0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85),
    64: (0xD2E7470EE14C6C93, 0xCA5A826395121157, 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B),
}


def run(seed: int) -> Findings:
    """Return the generator against published and NumPy's answers, and its draws against chance."""
    # Each group of sequences has a month or place of its own: no p-value is counted twice.
    groups = {
        "four words of a draw": words_p_values(seed),
        "purposes": pairs_p_values([draws(seed, purpose, month=7) for purpose in PURPOSES]),
        "months": pairs_p_values([draws(seed, month=month, code=21) for month in (1, 2, 3, 60, 257)]),
        "provinces": pairs_p_values([draws(seed, month=9, code=code) for code in (11, 12, 33, 65)]),
        "streams": pairs_p_values([draws(seed, month=13, stream=stream) for stream in streams()]),
        "seeds": pairs_p_values(
            [draws(other, month=17) for other in (seed, seed + 1, seed + 2, seed + 2**32)]
        ),
        "consumers in a row": sequence_p_values(draws(seed, REVIEW)),
        "consumers in a row, shared calls": sequence_p_values(shared_draws(seed)),
        "months of one consumer": sequence_p_values(draws_by_month(seed)),
    }
    checks = [*algorithm_checks(seed)]
    checks += [unsurprising(f"independent: {name}", p_values) for name, p_values in groups.items()]
    every = np.concatenate(list(groups.values()))
    checks.append(
        unsurprising(f"all {len(every)} p-values: uniform", [stats.kstest(every, "uniform").pvalue])
    )
    return Findings(tuple(checks), (spectrum_panel(seed), p_values_panel(every)))


# ---- the algorithm --------------------------------------------------------------------------------


def plain_philox(counter: Sequence[int], key: Sequence[int], bits: int) -> list[int]:
    """Return the four words of Philox-4 with 10 rounds, in Python's whole numbers [Salmon2011, section 3]."""
    size, (m0, m1, w0, w1) = 1 << bits, CONSTANTS[bits]
    x, k = list(counter), list(key)
    for _ in range(10):
        high_0, low_0 = divmod(m0 * x[0], size)
        high_1, low_1 = divmod(m1 * x[2], size)
        x = [high_1 ^ x[1] ^ k[0], low_1, high_0 ^ x[3] ^ k[1], low_0]
        k = [(k[0] + w0) % size, (k[1] + w1) % size]
    return x


def compiled_philox(words: Sequence[int]) -> list[int]:
    """Return what the model's generator makes of four counter words and two key words."""
    return [int(word) for word in philox_4x32(*(np.uint64(word) for word in words))]


def numpys_philox(counter: Sequence[int], key: Sequence[int]) -> list[int]:
    """Return NumPy's four words for a counter and a key; it steps its counter once before it draws."""
    before = (sum(int(word) << 64 * i for i, word in enumerate(counter)) - 1) % 2**256
    begin = np.array([before >> 64 * i & (2**64 - 1) for i in range(4)], np.uint64)
    generator = np.random.Philox(counter=begin, key=np.array(key, np.uint64))
    return [int(word) for word in generator.random_raw(4)]


def algorithm_checks(seed: int) -> list[Check]:
    """Return how many words differ from the published ones, from NumPy's, and from the plain ones."""
    luck, checks = np.random.default_rng([seed, 10]), []
    for number, (given, answer) in enumerate(KNOWN_ANSWERS, 1):
        found = compiled_philox([int(word, 16) for word in given.split()])
        wrong = differing(found, [int(word, 16) for word in answer.split()])
        checks.append(exact(f"Random123 vector {number}: words that differ", 0, wrong))
    wide = luck.integers(0, 2**64, (50, 6), np.uint64).tolist()
    wrong = sum(differing(plain_philox(w[:4], w[4:], 64), numpys_philox(w[:4], w[4:])) for w in wide)
    checks.append(exact("NumPy's Philox-4x64 against the plain one: words that differ", 0, wrong))
    narrow = luck.integers(0, 2**32, (50, 6), np.uint64).tolist()
    wrong = sum(differing(compiled_philox(w), plain_philox(w[:4], w[4:], 32)) for w in narrow)
    checks.append(exact("the model's Philox-4x32 against the plain one: words that differ", 0, wrong))
    keyed = sum(differing_draw(*(int(x) for x in row)) for row in luck.integers(0, 250, (50, 6)))
    return [*checks, exact("draws that are not keyed as documented", 0, keyed)]


def differing(found: Sequence[int], expected: Sequence[int]) -> int:
    """Return how many words differ."""
    return sum(a != b for a, b in zip(found, expected, strict=True))


def differing_draw(seed: int, purpose: int, month: int, code: int, position: int, stream: int) -> int:
    """Return how many of a consumer's four draws differ from the plain generator's, key by key."""
    seed += seed << 40  # both key words in use
    counter = [position, code | purpose << 8 | month << 16, stream, 0]
    words = plain_philox(counter, [seed % 2**32, seed >> 32], 32)
    found = uniforms(np.uint64(seed), purpose, month, code, position, stream)
    return sum(a != (word + 0.5) / 2**32 for a, word in zip(found, words, strict=True))


# ---- draws ----------------------------------------------------------------------------------------


@loop
def _fill(seed, purpose, months, code, positions, stream, into):  # type: ignore[no-untyped-def]
    for i in range(len(into)):
        into[i, 0], into[i, 1], into[i, 2], into[i, 3] = uniforms(
            seed, purpose, months[i], code, positions[i], stream
        )


@loop
def _fill_shared(seed, month, code, words, into):  # type: ignore[no-untyped-def]
    fill_shared(words, seed, REVIEW, month, code, 0, len(into) >> 2, 0)
    for i in range(len(into)):
        into[i] = to_unit(words[i])


def all_draws(
    seed: int, purpose: int, months: np.ndarray, code: int, positions: np.ndarray, stream: int
) -> np.ndarray:
    """Return the model's draws (n, 4) by month and position, (n,) each."""
    into = np.empty((len(positions), 4))
    _fill(np.uint64(seed), purpose, months, code, positions, np.int64(stream), into)
    return into


def draws(seed: int, purpose: int = TASTE, month: int = 1, code: int = 11, stream: int = 0) -> np.ndarray:
    """Return the first of the four draws of consumers in a row (MANY,)."""
    months = np.full(MANY, month)
    return all_draws(seed, purpose, months, code, np.arange(MANY), stream)[:, 0]


def draws_by_month(seed: int) -> np.ndarray:
    """Return one consumer's draws in many months (MANY,)."""
    return all_draws(seed, TASTE, np.arange(MANY), 11, np.full(MANY, 7), 0)[:, 0]


def shared_draws(seed: int) -> np.ndarray:
    """Return the draws of consumers in a row who share calls of the generator in fours (MANY,)."""
    into = np.empty(MANY)
    _fill_shared(np.uint64(seed), 1, 11, np.empty(MANY, np.uint32), into)
    return into


def streams() -> tuple[int, ...]:
    """Return the streams that a choice draws from: one an operator, and the nest's."""
    return (*(stream_of(name) for name in OPERATORS), NEST_STREAM)


def words_p_values(seed: int) -> np.ndarray:
    """Return p-values of the four draws that one call gives."""
    return pairs_p_values(list(all_draws(seed, PAYMENT, np.ones(MANY, int), 11, np.arange(MANY), 0).T))


# ---- figures --------------------------------------------------------------------------------------


def spectrum_panel(seed: int) -> Panel:
    """Return the cumulative periodograms along consumers and along months."""
    series = [line("no order", [0, 0.5], [0, 1])]
    sequences = {
        "consumers": draws(seed, REVIEW),
        "shared": shared_draws(seed),
        "months": draws_by_month(seed),
    }
    for name, x in sequences.items():
        ordinates = periodogram(x)
        reached = np.cumsum(ordinates) / ordinates.sum()
        frequency = np.arange(1, len(ordinates) + 1) / len(x)
        at = np.linspace(0, len(reached) - 1, 21).astype(int)
        series.append(dots(name, frequency[at], reached[at]))
    return Panel("Cumulative periodogram", "cycles per step", "part of the variance", tuple(series))


def p_values_panel(p_values: np.ndarray) -> Panel:
    """Return all p-values in order against the uniform law."""
    rank = (np.arange(len(p_values)) + 0.5) / len(p_values)
    error = np.sqrt(rank * (1 - rank) / len(p_values))
    series = (line("uniform", [0, 1], [0, 1]), dots("tests", rank, np.sort(p_values), error))
    return Panel(f"{len(p_values)} p-values in order", "rank", "p-value", series)


CASE = Case(
    "random_numbers",
    "Counter-based random numbers",
    "Philox-4x32-10 as published; the same algorithm in 64-bit words is NumPy's; draws for other purposes, "
    "months, consumers, provinces, streams and seeds are independent",
    "Salmon, Moraes, Dror, Shaw, SC'11; Random123 kat_vectors; numpy.random.Philox",
    run,
)

"""Counter-based random numbers: every draw is a function of who draws, when and what for.

A draw is keyed by (seed, purpose, month, person, stream), so two scenarios that share a seed share
their luck, whatever order or number of threads computes them [Salmon2011]. The generator is
Philox-4x32 with 10 rounds, exactly as published with the Random123 library.

A *person* is (province code, position in the province): adding or reordering provinces leaves
everybody's luck alone. A *stream* separates the draws one person makes for several alternatives
(one stream an operator), so relabelling operators relabels the shocks with them.

[Salmon2011] J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC'11, doi:10.1145/2063384.2063405.
"""

import zlib

import numpy as np

from agents.arithmetic import logarithm, turned
from agents.compiling import rule, side_by_side

# Purposes: one number a kind of decision, never reused.
TRAITS = 1  # price sensitivity and switching cost of a person
ACCOUNTS_AT_START = 2  # internet use, and accounts held on arrival
FIRST_OPERATOR = 3  # the operator a line belongs to in December 2008
REVIEW = 4  # is the contract or handset due this month?
TASTE = 5  # type-1 extreme value shocks of the subscription choice
PAYMENT = 6  # which method pays each service
ACCOUNT_OPENING = 7  # does the person open an account this month?

NEST_STREAM = 0xFFFFFFFF  # the shock common to all 3G options

_MASK = np.uint64(0xFFFFFFFF)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_32 = np.uint64(32)
_TO_UNIT = 2.0**-32


@rule
def philox_4x32(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Return the four 32-bit words of Philox-4x32-10 for a 128-bit counter and a 64-bit key.

    All arguments and results are uint64 that hold 32-bit words.
    """
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (p1 >> _32) ^ c1 ^ k0, p1 & _MASK, (p0 >> _32) ^ c3 ^ k1, p0 & _MASK
        k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    return c0, c1, c2, c3


@rule
def _whose(purpose, month, code):  # type: ignore[no-untyped-def]
    """Return the counter word that says what a draw is for, when, and in which province."""
    word = np.uint64(code) | (np.uint64(purpose) << np.uint64(8)) | (np.uint64(month) << np.uint64(16))
    return word & _MASK


@rule
def to_unit(word):  # type: ignore[no-untyped-def]
    """Return a 32-bit word as a draw in (0, 1).

    Half a step inwards: logarithms of a draw and of its complement are always finite.
    """
    return (np.float64(word) + 0.5) * _TO_UNIT


@rule
def uniforms(seed, purpose, month, code, position, stream):  # type: ignore[no-untyped-def]
    """Return four uniform draws in the open interval (0, 1).

    Parameters
    ----------
    seed : uint64
    purpose, month, code, position, stream : int
        What for, month index, province code, position in the province, alternative.
        Purpose below 256, month below 65,536, code below 256, position below 2^32.
    """
    w0, w1, w2, w3 = philox_4x32(
        np.uint64(position),
        _whose(purpose, month, code),
        np.uint64(stream),
        np.uint64(0),
        seed & _MASK,
        seed >> _32,
    )
    return to_unit(w0), to_unit(w1), to_unit(w2), to_unit(w3)


@side_by_side
def fill_shared(words, seed, purpose, month, code, first, groups, stream):  # type: ignore[no-untyped-def]
    """Write the random words that groups of four neighbours in line share into `words`.

    One call of the generator gives four words: where everybody needs just one draw a month, it serves
    the persons 4 n to 4 n + 3, whose group is `position >> 2`, a word each. Filling many groups at once
    lets the compiler work on several at a time, five times faster than one by one.

    Parameters
    ----------
    words : (>= 4 groups,) uint32
        Written.
    first, groups : int
        First group, and how many.
    """
    whose = _whose(purpose, month, code)
    k0, k1 = seed & _MASK, seed >> _32
    for i in range(groups):
        w0, w1, w2, w3 = philox_4x32(
            np.uint64(first + i) & _MASK, whose, np.uint64(stream) & _MASK, np.uint64(0), k0, k1
        )
        words[4 * i] = np.uint32(w0)
        words[4 * i + 1] = np.uint32(w1)
        words[4 * i + 2] = np.uint32(w2)
        words[4 * i + 3] = np.uint32(w3)


@rule
def exponential_wait(u):  # type: ignore[no-untyped-def]
    """Return the exponential waiting time (mean 1) of a uniform draw."""
    return -logarithm(u)


@rule
def gumbel(u):  # type: ignore[no-untyped-def]
    """Return the type-1 extreme value shock (location 0, scale 1) of a uniform draw."""
    return -logarithm(-logarithm(u))


@rule
def two_normals(u, v):  # type: ignore[no-untyped-def]
    """Return two independent standard normal draws from two uniform ones [Box and Muller 1958]."""
    radius = np.sqrt(-2.0 * logarithm(u))
    along, across = turned(v)
    return radius * along, radius * across


def stream_of(name: str) -> int:
    """Return the stream number that belongs to a name, the same in every run and ordering."""
    return zlib.crc32(name.encode()) & 0xFFFF_FFFE

"""Where people stand in the network, and the permutations of its rewired ties: a few numbers a province.

Everybody has a *place* on one ring of the whole country, on which provinces follow each other in the order of
their codes. Rewired ties follow permutations `(stride * r + shift) % n`, which are worked out without a
division (`fractions`, `multiplied`). Who knows whom by them: `agents.contacts`.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from agents.compiling import rule

OWNED = 4  # ties a person owns: half the mean degree
SLOTS = 4 * OWNED  # own tie, neighbour's lattice tie, two inverse permutations; for each owned tie
SALT = 0xC0117AC7  # sets the network's luck apart from other uses of the seed
COUNTRY = 0  # stands for a code where all provinces are meant
MOST = 256  # provinces; their codes are below that (agents.draws)


class Network(NamedTuple):
    """The rule of the network: who stands where, and the permutations of the rewired ties.

    Attributes
    ----------
    start : (G + 1,) int64
        First row of each province.
    to_place : (G,) int64
        What turns the rows of each province into places on the country's ring, when added.
    ring : (MOST,) int64
        First place of each province, in the order of codes; beyond them, places nobody has.
    to_row : (G,) int64
        What turns the places of each province, in the order of codes, back into rows.
    stride, inverse : (G + 1,) uint64
        Multiplier of the permutation `(stride * r + shift) % n` and its inverse modulo n, as
        `fraction_of` gives them; the last entry permutes all rows of the country.
    shift : (G + 1, OWNED) int64
        Its offsets, one for each tie a person owns.
    rewired, across : int
        Probability, in units of 2^-16, that a tie is rewired at all, and that it leads to anywhere
        in the country.
    key : uint64
        Seed of the rewiring.
    """

    start: np.ndarray
    to_place: np.ndarray
    ring: np.ndarray
    to_row: np.ndarray
    stride: np.ndarray
    inverse: np.ndarray
    shift: np.ndarray
    rewired: int
    across: int
    key: np.uint64


def build_network(
    start: np.ndarray, codes: Sequence[int], rewired: float, across: float, seed: int
) -> Network:
    """Return the network of people who stand in blocks of rows, one block a province.

    Parameters
    ----------
    start : (G + 1,) int
        First row of each province, and the number of rows.
    codes : (G,) int
        Province codes, 1 to 255, all different; they key the luck of the rewiring.
    rewired, across : float in [0, 1]
        Share of ties rewired inside the province, and share rewired across the country.
    seed : int
    """
    start = np.asarray(start, np.int64)
    sizes = np.append(np.diff(start), start[-1])
    strides = [coprime_stride(int(n)) for n in sizes]
    inverses = [pow(s, -1, int(n)) if n > 1 else 0 for s, n in zip(strides, sizes, strict=True)]
    to_place, ring, to_row = _lay_ring(start, codes)
    return Network(
        start,
        to_place,
        ring,
        to_row,
        fractions(strides, sizes),
        fractions(inverses, sizes),
        np.stack([_shifts(int(n), code, seed) for n, code in zip(sizes, [*codes, COUNTRY], strict=True)]),
        round(min(rewired + across, 1.0) * 65536),
        round(across * 65536),
        np.uint64(np.random.default_rng([seed, SALT]).integers(0, 2**63)),
    )


def _lay_ring(start: np.ndarray, codes: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return `to_place`, `ring` and `to_row` of a network: provinces in the order of their codes."""
    order = np.argsort(codes)
    ring = np.full(MOST, np.iinfo(np.int64).max)
    ring[: len(order)] = np.append(0, np.cumsum(np.diff(start)[order])[:-1])
    to_row = start[order] - ring[: len(order)]
    to_place = np.empty_like(to_row)
    to_place[order] = -to_row
    return to_place, ring, to_row


@lru_cache(maxsize=4096)  # scenarios that are compared share their seed
def _shifts(people: int, code: int, seed: int) -> np.ndarray:
    """Return the offsets of a block's permutations (OWNED,) int64, from luck that belongs to its code."""
    return np.random.default_rng([seed, SALT, code + 1]).integers(0, max(people, 1), OWNED)


@lru_cache(maxsize=4096)  # all runs of a sweep have provinces of the same sizes
def coprime_stride(n: int) -> int:
    """Return the number nearest the golden section of n that shares no factor with it.

    Steps of that length visit every position once and spread evenly over the ring.
    """
    stride = max(round(n * 0.6180339887498949), 1)
    while np.gcd(stride, n) != 1:
        stride += 1
    return stride % n if n > 1 else 0


def fractions(multipliers: Sequence[int], sizes: np.ndarray) -> np.ndarray:
    """Return multipliers as fractions of sizes in units of 2^-64, rounded up, (G,) uint64.

    With them `multiplied` finds `(multiplier * position) % n` without a division, which is slow. The
    rounding adds less than position / 2^64 to a fraction whose steps are 1 / n, so the result is exact
    for n below 2^32.
    """
    pairs = zip(multipliers, sizes.tolist(), strict=True)
    return np.array([-((-int(m) << 64) // n) % 2**64 for m, n in pairs], np.uint64)


@rule
def multiplied(fraction, position, n):  # type: ignore[no-untyped-def]
    """Return `(multiplier * position) % n` for a multiplier given as a fraction of n."""
    part = fraction * np.uint64(position)  # whole turns overflow away
    size = np.uint64(n)
    low = ((part & np.uint64(0xFFFFFFFF)) * size) >> np.uint64(32)
    return np.int64(((part >> np.uint64(32)) * size + low) >> np.uint64(32))

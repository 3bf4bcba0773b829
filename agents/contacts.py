"""Who knows whom: a small-world network that is computed, never stored.

Inside a province people stand on a ring and know their nearest neighbours; each tie is rewired with
a small probability, most often to somebody far away in the province, now and then to somebody in
another province. It is the graph of Watts and Strogatz with one change that makes it computable from
both ends: rewired ties follow a *permutation* of the people (one for each of the ties a person owns),
so that the inverse permutation tells who was rewired to me. Ties are mutual, the mean degree is
exactly `2 * OWNED`, and no memory is needed beyond a few numbers a province.

Each person owns `OWNED` ties, to the next people on the ring. Somebody's contacts are the far ends of
their own ties and of those ties of others that reach them: at most `SLOTS` candidates, each of which
is looked up in constant time.

[Watts1998] D. Watts, S. Strogatz, "Collective dynamics of 'small-world' networks", Nature 393.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

OWNED = 4  # ties a person owns: half the mean degree
SLOTS = 4 * OWNED  # own tie, neighbour's lattice tie, two inverse permutations; for each owned tie

LATTICE, WITHIN, ACROSS = 0, 1, 2  # where a tie leads


class Network(NamedTuple):
    """The rule of the network: who stands where, and the permutations of the rewired ties.

    Attributes
    ----------
    start : (G + 1,) int64
        First row of each province.
    stride, inverse : (G + 1,) int64
        Multiplier of the permutation `(stride * r + shift) % n` and its inverse modulo n;
        the last entry permutes all rows of the country.
    shift : (G + 1, OWNED) int64
        Its offsets, one for each tie a person owns.
    rewired, across : float
        Probability that a tie is rewired at all, and that it leads to anywhere in the country.
    key : uint64
        Seed of the rewiring.
    """

    start: np.ndarray
    stride: np.ndarray
    inverse: np.ndarray
    shift: np.ndarray
    rewired: float
    across: float
    key: np.uint64


def build_network(start: np.ndarray, rewired: float, across: float, seed: int) -> Network:
    """Return the network of people who stand in blocks of rows, one block a province.

    Parameters
    ----------
    start : (G + 1,) int
        First row of each province, and the number of rows.
    rewired, across : float in [0, 1]
        Share of ties rewired inside the province, and share rewired across the country.
    seed : int
    """
    sizes = np.append(np.diff(start), start[-1]).astype(np.int64)
    strides = [coprime_stride(int(n)) for n in sizes]
    inverses = [pow(s, -1, int(n)) if n > 1 else 0 for s, n in zip(strides, sizes, strict=True)]
    generator = np.random.default_rng([seed, 0xC0117AC7])
    shift = generator.integers(0, np.maximum(sizes, 1)[:, None], (len(sizes), OWNED))
    return Network(
        np.asarray(start, np.int64),
        np.array(strides, np.int64),
        np.array(inverses, np.int64),
        shift.astype(np.int64),
        float(rewired + across),
        float(across),
        np.uint64(generator.integers(0, 2**63)),
    )


def coprime_stride(n: int) -> int:
    """Return the number nearest the golden section of n that shares no factor with it.

    Steps of that length visit every position once and spread evenly over the ring.
    """
    stride = max(round(n * 0.6180339887498949), 1)
    while np.gcd(stride, n) != 1:
        stride += 1
    return stride % n if n > 1 else 0


@njit(cache=True, nogil=True, inline="always")
def _hash(key, row):  # type: ignore[no-untyped-def]
    """Return 64 well-mixed bits for a row (the finaliser of SplitMix64 [Steele 2014])."""
    z = key + np.uint64(row) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True, inline="always")
def _leads_to(network, row, tie):  # type: ignore[no-untyped-def]
    """Return where an owned tie of a row leads: LATTICE, WITHIN the province or ACROSS."""
    bits = (_hash(network.key, row) >> np.uint64(16 * tie)) & np.uint64(0xFFFF)
    u = (np.float64(bits) + 0.5) / 65536.0
    if u < network.across:
        return ACROSS
    return WITHIN if u < network.rewired else LATTICE


@njit(cache=True, nogil=True, inline="always")
def _permuted(network, block, tie, position, n):  # type: ignore[no-untyped-def]
    """Return where the permutation of a block sends a position."""
    return (network.stride[block] * position + network.shift[block, tie]) % n


@njit(cache=True, nogil=True, inline="always")
def _sent_here(network, block, tie, position, n):  # type: ignore[no-untyped-def]
    """Return which position the permutation of a block sends here."""
    return (network.inverse[block] * ((position - network.shift[block, tie] + n) % n)) % n


@njit(cache=True, nogil=True)
def contact(network, row, province, slot):  # type: ignore[no-untyped-def]
    """Return the row of the contact in a slot, or -1 where the slot is empty.

    Parameters
    ----------
    network : Network
    row, province : int
    slot : int in 0..SLOTS-1
    """
    first = network.start[province]
    n = network.start[province + 1] - first
    everywhere = len(network.start) - 1
    people = network.start[everywhere]
    position = row - first
    tie = slot // 4
    end = slot % 4
    other = np.int64(-1)
    if end == 0:
        kind = _leads_to(network, row, tie)
        if kind == LATTICE:
            other = first + (position + tie + 1) % n
        elif kind == WITHIN:
            other = first + _permuted(network, province, tie, position, n)
        else:
            other = _permuted(network, everywhere, tie, row, people)
    elif end == 1:
        owner = first + (position - tie - 1 + n * (1 + tie // n)) % n
        if _leads_to(network, owner, tie) == LATTICE:
            other = owner
    elif end == 2:
        owner = first + _sent_here(network, province, tie, position, n)
        if _leads_to(network, owner, tie) == WITHIN:
            other = owner
    else:
        owner = _sent_here(network, everywhere, tie, row, people)
        if _leads_to(network, owner, tie) == ACROSS:
            other = owner
    # In a tiny province a tie can lead back to its owner; nobody is their own contact.
    return other if other != row else np.int64(-1)

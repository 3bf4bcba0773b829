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

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.compiling import rule

OWNED = 4  # ties a person owns: half the mean degree
SLOTS = 4 * OWNED  # own tie, neighbour's lattice tie, two inverse permutations; for each owned tie

LATTICE, WITHIN, ACROSS = 0, 1, 2  # where a tie leads


class Network(NamedTuple):
    """The rule of the network: who stands where, and the permutations of the rewired ties.

    Attributes
    ----------
    start : (G + 1,) int64
        First row of each province.
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
    stride: np.ndarray
    inverse: np.ndarray
    shift: np.ndarray
    rewired: int
    across: int
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
        fractions(strides, sizes),
        fractions(inverses, sizes),
        shift.astype(np.int64),
        round(min(rewired + across, 1.0) * 65536),
        round(across * 65536),
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


@rule
def _hash(key, row):  # type: ignore[no-untyped-def]
    """Return 64 well-mixed bits for a row (the finaliser of SplitMix64 [Steele 2014])."""
    z = key + np.uint64(row) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@rule
def _leads_to(network, hashed, tie):  # type: ignore[no-untyped-def]
    """Return where an owned tie of a hashed row leads: LATTICE, WITHIN the province or ACROSS."""
    bits = (hashed >> np.uint64(16 * tie)) & np.uint64(0xFFFF)
    if bits >= network.rewired:
        return LATTICE
    return ACROSS if bits < network.across else WITHIN


@rule
def _around(position, n):  # type: ignore[no-untyped-def]
    """Return a position a few steps off the end of a ring of n brought back onto it."""
    while position >= n:
        position -= n
    while position < 0:
        position += n
    return position


@rule
def _permuted(network, block, tie, position, n):  # type: ignore[no-untyped-def]
    """Return where the permutation of a block sends a position."""
    to = multiplied(network.stride[block], position, n) + network.shift[block, tie]
    return to if to < n else to - n


@rule
def _sent_here(network, block, tie, position, n):  # type: ignore[no-untyped-def]
    """Return which position the permutation of a block sends here."""
    back = position - network.shift[block, tie]
    return multiplied(network.inverse[block], back if back >= 0 else back + n, n)


@rule
def find_contacts(network, row, province, found):  # type: ignore[no-untyped-def]
    """Write the rows of a person's contacts into `found` (SLOTS,) and return how many there are.

    For each tie: where my own leads, then whose leads to me along the ring, inside the province,
    and across the country.
    """
    first = network.start[province]
    n = network.start[province + 1] - first
    everywhere = len(network.start) - 1
    people = network.start[everywhere]
    position = row - first
    mine = _hash(network.key, row)
    count = 0
    for tie in range(OWNED):
        kind = _leads_to(network, mine, tie)
        if kind == LATTICE:
            other = first + _around(position + tie + 1, n)
        elif kind == WITHIN:
            other = first + _permuted(network, province, tie, position, n)
        else:
            other = _permuted(network, everywhere, tie, row, people)
        # In a tiny province a tie can lead back to its owner; nobody is their own contact.
        if other != row:
            found[count] = other
            count += 1
        owner = first + _around(position - tie - 1, n)
        if owner != row and _leads_to(network, _hash(network.key, owner), tie) == LATTICE:
            found[count] = owner
            count += 1
        owner = first + _sent_here(network, province, tie, position, n)
        if owner != row and _leads_to(network, _hash(network.key, owner), tie) == WITHIN:
            found[count] = owner
            count += 1
        owner = _sent_here(network, everywhere, tie, row, people)
        if owner != row and _leads_to(network, _hash(network.key, owner), tie) == ACROSS:
            found[count] = owner
            count += 1
    return count


def contacts_of(network: Network, row: int, province: int) -> list[int]:
    """Return the rows of a person's contacts; somebody tied twice is named twice."""
    found = np.empty(SLOTS, np.int64)
    return found[: find_contacts(network, row, province, found)].tolist()

"""Who knows whom: a small-world network that is computed, never stored.

Inside a province people stand on a ring and know their nearest neighbours; each tie is rewired with
a small probability, most often to somebody far away in the province, now and then to somebody in
another province. It is the graph of Watts and Strogatz with one change that makes it computable from
both ends: rewired ties follow a *permutation* of the people (one for each of the ties a person owns),
so that the inverse permutation tells who was rewired to me. Ties are mutual, the mean degree is
exactly `2 * OWNED`, and no memory is needed beyond a few numbers a province.

Who knows whom does not depend on the order in which provinces stand in the rows. Everybody has a
*place* on one ring of the whole country, on which provinces follow each other in the order of their
codes; luck and the country's permutation go by places, and a place is turned into a row only once a tie
is known to lead there, which for ties across the country is rare.

Each person owns `OWNED` ties, to the next people on the ring. Somebody's contacts are the far ends of
their own ties and of those ties of others that reach them: at most `SLOTS` candidates, each of which
is looked up in constant time.

[Watts1998] D. Watts, S. Strogatz, "Collective dynamics of 'small-world' networks", Nature 393.
"""

import numpy as np

from agents.compiling import loop, rule, side_by_side
from agents.lanes import SEARCH
from agents.network import OWNED, SLOTS, Network, multiplied
from agents.records import make_record
from agents.vectors import list_marked

LATTICE, WITHIN, ACROSS = 0, 1, 2  # where a tie leads
NOBODY = -1


@rule
def _hash(key, place):  # type: ignore[no-untyped-def]
    """Return 64 well-mixed bits for a place (the finaliser of SplitMix64 [Steele 2014])."""
    z = key + np.uint64(place) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@rule
def _luck_of_tie(hashed, tie):  # type: ignore[no-untyped-def]
    """Return the 16 bits of a hashed place that say where one of its owned ties leads."""
    return np.int64((hashed >> np.uint64(16 * tie)) & np.uint64(0xFFFF))


@rule
def _leads(network, luck, where):  # type: ignore[no-untyped-def]
    """Return whether the tie with this luck leads along the LATTICE, WITHIN the province or ACROSS."""
    if where == LATTICE:
        return luck >= network.rewired
    if where == WITHIN:
        return (luck < network.rewired) & (luck >= network.across)
    return luck < network.across


@rule
def _onto_ring(position, n):  # type: ignore[no-untyped-def]
    """Return a position less than a turn off either end of a ring of n brought back onto it."""
    position -= n * (position >= n)
    return position + n * (position < 0)


@rule
def _permuted(network, block, tie, position, n):  # type: ignore[no-untyped-def]
    """Return where the permutation of a block sends a position."""
    return _onto_ring(multiplied(network.stride[block], position, n) + network.shift[block, tie], n)


@rule
def _sent_here(network, block, tie, position, n):  # type: ignore[no-untyped-def]
    """Return which position the permutation of a block sends here."""
    return multiplied(network.inverse[block], _onto_ring(position - network.shift[block, tie], n), n)


@rule
def _row_at(network, place):  # type: ignore[no-untyped-def]
    """Return the row of a place on the country's ring, found by halving it eight times."""
    ring = network.ring
    block = 0
    for step in (128, 64, 32, 16, 8, 4, 2, 1):
        block += step * (ring[block + step] <= place)
    return place + network.to_row[block]


@side_by_side
def _find_candidates(network, province, row, n, contact, hashed, afar):  # type: ignore[no-untyped-def]
    """Write contacts inside the province as rows, and those across the country as places; say which.

    See `find_contacts` and `SEARCH`.
    """
    first = network.start[province]
    size = network.start[province + 1] - first
    everywhere = len(network.start) - 1
    people = network.start[everywhere]
    to_place = network.to_place[province]
    for i in range(n):
        hashed[i] = _hash(network.key, row[i] + to_place)
    for tie in range(OWNED):
        step = (tie + 1) % size  # in a tiny province a step can lead around the ring
        for i in range(n):
            position, place = row[i] - first, row[i] + to_place
            luck = _luck_of_tie(hashed[i], tie)
            ahead = _onto_ring(position + step, size)
            sent = _permuted(network, province, tie, position, size)
            other = first + (ahead if _leads(network, luck, LATTICE) else sent)
            far = _permuted(network, everywhere, tie, place, people)
            across = _leads(network, luck, ACROSS)
            inside = NOBODY if other == row[i] else other
            contact[4 * tie, i] = (NOBODY if far == place else far) if across else inside
            afar[2 * tie, i] = across & (far != place)
        for i in range(n):
            owner = first + _onto_ring(row[i] - first - step, size)
            luck = _luck_of_tie(_hash(network.key, owner + to_place), tie)
            reaches = (owner != row[i]) & _leads(network, luck, LATTICE)
            contact[4 * tie + 1, i] = owner if reaches else NOBODY
        for i in range(n):
            owner = first + _sent_here(network, province, tie, row[i] - first, size)
            luck = _luck_of_tie(_hash(network.key, owner + to_place), tie)
            reaches = (owner != row[i]) & _leads(network, luck, WITHIN)
            contact[4 * tie + 2, i] = owner if reaches else NOBODY
        for i in range(n):
            place = row[i] + to_place
            owner = _sent_here(network, everywhere, tie, place, people)
            luck = _luck_of_tie(_hash(network.key, owner), tie)
            reaches = (owner != place) & _leads(network, luck, ACROSS)
            contact[4 * tie + 3, i] = owner if reaches else NOBODY
            afar[2 * tie + 1, i] = reaches


@loop
def find_contacts(network, province, row, n, contact, search):  # type: ignore[no-untyped-def]
    """Write the rows of the contacts of n people of a province, NOBODY where a tie leads to none.

    For each tie: where one's own leads, then whose leads here along the ring, inside the province, and
    across the country.

    Parameters
    ----------
    row : (>= n,) int64
    contact : (SLOTS, >= n) int64
        Written.
    search : record of SEARCH
        With room for WIDTH people (agents/lanes.py).
    """
    _find_candidates(network, province, row, n, contact, search.hashed, search.afar)
    for tie in range(OWNED):
        for whose, slot in ((0, 4 * tie), (1, 4 * tie + 3)):
            for j in range(list_marked(search.afar[2 * tie + whose], n, search.listed)):
                i = search.listed[j]
                contact[slot, i] = _row_at(network, contact[slot, i])


def contacts_of(network: Network, row: int, province: int) -> list[int]:
    """Return the rows of a person's contacts; somebody tied twice is named twice."""
    contact = np.empty((SLOTS, 1), np.int64)
    find_contacts(network, province, np.array([row]), 1, contact, make_record(SEARCH))
    return contact[contact != NOBODY].tolist()

"""The computed network against the stored one of Watts and Strogatz, and against whole-number arithmetic."""

import math
from collections.abc import Sequence
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.compiling import loop
from agents.contacts import NOBODY, SLOTS, contacts_of, find_contacts
from agents.lanes import SEARCH
from agents.network import OWNED, Network, build_network, coprime_stride, fractions, multiplied
from agents.records import make_record

DEGREE = 2 * OWNED


def starts(*sizes: int) -> np.ndarray:
    return np.append(0, np.cumsum(sizes)).astype(np.int64)


def among(
    sizes: Sequence[int], rewired: float, across: float, seed: int, codes: Sequence[int] | None = None
) -> Network:
    """Return the network of provinces of these sizes; their codes rise unless given."""
    return build_network(starts(*sizes), codes or range(11, 11 + len(sizes)), rewired, across, seed)


def everybody(network: Network) -> list[list[int]]:
    """Return the contacts of every row."""
    return [
        contacts_of(network, row, province)
        for province, (first, end) in enumerate(pairwise(network.start.tolist()))
        for row in range(first, end)
    ]


def as_graph(contacts: list[list[int]]) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(range(len(contacts)))
    graph.add_edges_from((a, b) for a, known in enumerate(contacts) for b in known)
    return graph


def test_nothing_rewired_is_the_lattice() -> None:
    contacts = everybody(among((20, 13), 0.0, 0.0, 1))
    for first, n in ((0, 20), (20, 13)):
        for position in range(n):
            steps = (1, 2, 3, 4, -1, -2, -3, -4)
            expected = [first + (position + step) % n for step in steps]
            assert sorted(contacts[first + position]) == sorted(expected)


@pytest.mark.parametrize("sizes", [(400, 700, 55), (1, 2, 3, 5, 8, 9), (1,), (2,), (31,) * 6])
@pytest.mark.parametrize(("rewired", "across"), [(0.0, 0.0), (0.1, 0.02), (0.5, 0.5), (0.0, 1.0)])
@pytest.mark.parametrize("falling", [False, True])
def test_ties_are_mutual(sizes: tuple[int, ...], rewired: float, across: float, falling: bool) -> None:
    codes = range(60, 60 - len(sizes), -1) if falling else None
    contacts = everybody(among(sizes, rewired, across, 7, codes))
    for a, known in enumerate(contacts):
        assert len(known) <= SLOTS
        assert a not in known
        for b in known:
            assert 0 <= b < len(contacts)
            assert contacts[b].count(a) == known.count(b)


@pytest.mark.parametrize("rewired", [0.0, 0.1, 0.5, 1.0])
def test_mean_degree(rewired: float) -> None:
    n = 4000
    contacts = everybody(among((n,), rewired, 0.0, 3))
    missing = DEGREE * n - sum(len(known) for known in contacts)
    # Only a permutation's fixed points miss: of random ones, one for each owned tie on average.
    assert missing % 2 == 0
    assert 0 <= missing <= 2 * OWNED * 4
    if rewired == 0:
        assert missing == 0


@pytest.mark.parametrize("rewired", [0.0, 0.03, 0.1, 0.3])
def test_like_watts_and_strogatz(rewired: float) -> None:
    n = 4000
    ours = as_graph(everybody(among((n,), rewired, 0.0, 3)))
    theirs = nx.watts_strogatz_graph(n, DEGREE, rewired, seed=3)
    clustering = 3 * (DEGREE - 2) / (4 * (DEGREE - 1)) * (1 - rewired) ** 3  # Barrat & Weigt 2000
    assert nx.average_clustering(theirs) == pytest.approx(clustering, abs=0.02)
    assert nx.average_clustering(ours) == pytest.approx(clustering, abs=0.02)
    degrees = [np.array([d for _, d in graph.degree()]) for graph in (ours, theirs)]
    assert degrees[0].mean() == pytest.approx(degrees[1].mean(), abs=0.02)
    # Theirs varies by p (2 - p) a tie owned, ours by 2 p (1 - p): a permutation hits nobody twice.
    slack = 6 * DEGREE / math.sqrt(n)
    assert degrees[1].var() == pytest.approx(OWNED * rewired * (2 - rewired), abs=slack)
    assert degrees[0].var() == pytest.approx(2 * OWNED * rewired * (1 - rewired), abs=slack)


def test_a_small_world() -> None:
    n = 800
    ours = as_graph(everybody(among((n,), 0.1, 0.0, 3)))
    theirs = nx.watts_strogatz_graph(n, DEGREE, 0.1, seed=3)
    length = [nx.average_shortest_path_length(graph) for graph in (ours, theirs)]
    assert length[0] == pytest.approx(length[1], rel=0.1)
    assert length[0] < n / (2 * DEGREE) / 10  # the lattice's mean distance is n / (2 k): 50


def test_where_ties_lead() -> None:
    sizes, rewired, across = (3000, 5000, 2000), 0.1, 0.05
    province = np.repeat(np.arange(3), sizes)
    contacts = everybody(among(sizes, rewired, across, 5))
    near = within = away = 0
    for a, known in enumerate(contacts):
        for b in known:
            n = sizes[province[a]]
            if province[a] != province[b]:
                away += 1
            elif min((a - b) % n, (b - a) % n) <= OWNED:
                near += 1
            else:
                within += 1
    ties = DEGREE * sum(sizes)
    elsewhere = 1 - sum((n / sum(sizes)) ** 2 for n in sizes)  # of ties to anybody in the country
    se = 6 / math.sqrt(ties / 2)
    assert near / ties == pytest.approx(1 - rewired - across, abs=se)
    assert away / ties == pytest.approx(across * elsewhere, abs=se)
    assert within / ties == pytest.approx(rewired + across * (1 - elsewhere), abs=se)


def test_other_seeds_rewire_others() -> None:
    one, same, two = (everybody(among((500,), 0.2, 0.05, s)) for s in (1, 1, 2))
    assert one == same
    assert one != two


def by_people(sizes: Sequence[int], codes: Sequence[int], order: Sequence[int]) -> dict:
    """Return who knows whom by (code, position), found with the provinces in some order."""
    sizes, codes = [sizes[g] for g in order], [codes[g] for g in order]
    people = [(code, position) for n, code in zip(sizes, codes, strict=True) for position in range(n)]
    contacts = everybody(among(sizes, 0.3, 0.2, 9, codes))
    return {who: [people[row] for row in known] for who, known in zip(people, contacts, strict=True)}


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.data())
@settings(deadline=None, max_examples=30)
def test_the_order_of_provinces_does_not_matter(sizes: list[int], data: st.DataObject) -> None:
    codes = data.draw(st.lists(st.integers(1, 255), min_size=len(sizes), max_size=len(sizes), unique=True))
    order = data.draw(st.permutations(range(len(sizes))))
    assert by_people(sizes, codes, range(len(sizes))) == by_people(sizes, codes, order)


def test_as_many_provinces_as_there_are_codes() -> None:
    """Every place of a full ring leads back to its row, whatever the order of codes."""
    codes = np.random.default_rng(4).permutation(np.arange(1, 256)).tolist()
    sizes = [1 + code % 3 for code in codes]
    contacts = everybody(among(sizes, 0.0, 1.0, 2, codes))
    assert sum(len(known) for known in contacts) == pytest.approx(DEGREE * sum(sizes), rel=0.02)
    for a, known in enumerate(contacts):
        assert all(contacts[b].count(a) == known.count(b) for b in known)


def test_two_thousand_million_people_need_no_memory() -> None:
    network = among((1_200_000_000, 947_000_000), 0.5, 0.3, 11)
    rows = np.random.default_rng(1).integers(0, 2_147_000_000, 300).tolist()
    degrees = []
    for row in rows:
        known = contacts_of(network, row, int(row >= 1_200_000_000))
        degrees.append(len(known))
        for other in known:
            assert contacts_of(network, other, int(other >= 1_200_000_000)).count(row) >= 1
    assert np.mean(degrees) == pytest.approx(DEGREE, abs=0.5)


@settings(deadline=None)  # the first call compiles
@given(st.integers(2, 2**31), st.data())
def test_multiplied_is_exact(n: int, data: st.DataObject) -> None:
    multiplier = data.draw(st.one_of(st.integers(0, n - 1), st.integers(max(0, n - 3), n - 1)))
    positions = st.one_of(st.integers(0, n - 1), st.integers(max(0, n - 3), n - 1))
    position = data.draw(positions)
    fraction = fractions([multiplier], np.array([n]))[0]
    assert multiplied(fraction, position, n) == multiplier * position % n


@loop
def all_multiplied(fraction, n, into):  # type: ignore[no-untyped-def]
    for position in range(n):
        into[position] = multiplied(fraction, position, n)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 9, 30, 31, 997, 1000, 65_536, 100_003])
def test_strides_visit_everybody_once(n: int) -> None:
    stride = coprime_stride(n)
    assert math.gcd(stride, n) == 1
    to, back = np.empty(n, np.int64), np.empty(n, np.int64)
    forward, inverse = fractions([stride, pow(stride, -1, n)], np.array([n, n]))
    all_multiplied(forward, n, to)
    all_multiplied(inverse, n, back)
    assert (np.sort(to) == np.arange(n)).all()
    assert (back[to] == np.arange(n)).all()


# ---- many people at once -----------------------------------------------------------------------


def at_once(network: Network, province: int, rows: Sequence[int]) -> list[list[int]]:
    """Return the contacts of people of a province, found side by side, in room for three more."""
    n = len(rows)
    contact, row = np.full((SLOTS, n + 3), -77), np.append(rows, [0, 0, 0]).astype(np.int64)
    find_contacts(network, province, row, n, contact, make_record(SEARCH))
    assert (contact[:, n:] == -77).all()  # nobody else's
    assert row.tolist() == [*rows, 0, 0, 0]
    assert contact[:, :n].min() >= NOBODY
    return [[other for other in column if other != NOBODY] for column in contact[:, :n].T.tolist()]


@pytest.mark.parametrize("sizes", [tuple(range(1, 10)), (9, 1, 1, 2), (400, 55), (33,), (1,)])
@pytest.mark.parametrize(("rewired", "across"), [(0.0, 0.0), (0.1, 0.02), (0.5, 0.5), (0.0, 1.0)])
@pytest.mark.parametrize("falling", [False, True])
def test_people_side_by_side_know_whom_they_know_alone(
    sizes: tuple[int, ...], rewired: float, across: float, falling: bool
) -> None:
    codes = range(60, 60 - len(sizes), -1) if falling else None
    network, luck = among(sizes, rewired, across, 7, codes), np.random.default_rng(3)
    for province, (first, end) in enumerate(pairwise(network.start.tolist())):
        # In any order, some several times over.
        for rows in (
            range(first, end),
            luck.permutation(np.arange(first, end)),
            luck.integers(first, end, 130),
        ):
            expected = [contacts_of(network, int(row), province) for row in rows]
            assert at_once(network, province, [int(row) for row in rows]) == expected

"""People who act side by side do what each would do alone, however many there are and in whatever order."""

from typing import Any

import numpy as np
import pytest

from agents.acquaintance import look_at_contacts
from agents.choice import choose_subscriptions, write_traits
from agents.columns import holding
from agents.contacts import contacts_of
from agents.lanes import LANES, STRIDE, WIDTH, make_lanes
from agents.network import build_network
from tests.conftest import MakeWorld
from tests.one_person import choose
from tests.test_choice import GUANGDONG, MAY, lively_world

COUNTS = sorted({1, 2, 127, 128, *(m * STRIDE + d for m in (1, 2) for d in (-1, 0, 1)), LANES - 1, LANES})
OPERATORS, PEOPLE = 3, LANES + 50
LAST_PLACE = 2.0**-52  # shares are counts times the inverse of another count
SPOILT = 10**6  # what is left from other people in lanes that are not asked


@pytest.fixture
def world(make_hand_world: MakeWorld) -> Any:
    """Return a world in which every term of utility counts; no 3G of the second operator."""
    world = lively_world(make_hand_world)
    standing = world.standing.copy()
    standing[1, 1, 1] = -np.inf
    return lively_world(make_hand_world, standing=standing)


class People:
    """People of all kinds, an array each: what they hold, and whom they know."""

    def __init__(self) -> None:
        random = np.random.default_rng(4)
        self.position = random.permutation(10_000)[:PEOPLE]
        self.own = random.integers(0, 7, PEOPLE)
        self.accounts = random.integers(0, 16, PEOPLE)
        self.accounts[self.own == 0] &= 7  # nobody brings a wallet along
        self.near = random.dirichlet(np.ones(OPERATORS), PEOPLE).T
        self.near_3g = random.random(PEOPLE)

    def chosen_alone(self, world: Any, i: int) -> tuple[int, float]:
        of_person = int(self.position[i]), int(self.own[i]), int(self.accounts[i])
        option, surplus, _ = choose(world, MAY, 1, GUANGDONG, *of_person, self.near[:, i], self.near_3g[i])
        return option, surplus


def columns_of(lanes: np.record) -> list[np.ndarray]:
    """Return everything there is a lane for, the search for contacts included."""
    tables = [lanes[name] for name in lanes.dtype.names if name != "search"]
    return [*tables, lanes.search.hashed, lanes.search.afar]


def spoilt_lanes() -> np.record:
    """Return lanes that others have used before: whatever is not written anew is far off."""
    lanes = make_lanes(OPERATORS)
    for column in columns_of(lanes):
        column[...] = SPOILT if column.dtype.kind in "fi" else np.iinfo(column.dtype).max
    return lanes


def seat(lanes: np.record, people: People, who: np.ndarray) -> None:
    """Give people a lane each, from the first on."""
    n = len(who)
    lanes.position[:n], lanes.own[:n], lanes.accounts[:n] = (
        column[who] for column in (people.position, people.own, people.accounts)
    )
    lanes.near[:, :n], lanes.near_3g[:n] = people.near[:, who], people.near_3g[who]


def test_lanes_are_whole_strides() -> None:
    assert LANES % STRIDE == 0
    for column in columns_of(make_lanes(OPERATORS)):
        assert column.shape[-1] == WIDTH >= LANES
        assert not column.any()


@pytest.mark.parametrize("n", COUNTS)
def test_choices_side_by_side_are_those_made_alone(world: Any, n: int) -> None:
    """To the last bit, in any order, among any others."""
    people, random = People(), np.random.default_rng(n)
    alone = {}
    lanes = spoilt_lanes()
    for _ in range(3):
        who = random.permutation(PEOPLE)[:n]
        seat(lanes, people, who)
        choose_subscriptions(world, MAY, 1, GUANGDONG, lanes, n)
        for i, person in enumerate(who):
            if person not in alone:
                alone[person] = people.chosen_alone(world, person)
            assert (lanes.option[i], lanes.surplus[i]) == alone[person]
    assert (lanes.option[n:] == SPOILT).all()  # nobody else chose
    assert (lanes.surplus[n:] == SPOILT).all()
    if n > 30:
        assert {option for option, _ in alone.values()} == {1, 2, 3, 5, 6}


@pytest.mark.parametrize("n", COUNTS)
def test_the_same_person_in_every_lane_chooses_the_same(world: Any, n: int) -> None:
    people, lanes = People(), spoilt_lanes()
    for person in (0, 1, 2):
        seat(lanes, people, np.full(n, person))
        choose_subscriptions(world, MAY, 1, GUANGDONG, lanes, n)
        option, surplus = people.chosen_alone(world, person)
        assert (lanes.option[:n] == option).all()
        assert (lanes.surplus[:n] == surplus).all()


@pytest.mark.parametrize("n", COUNTS)
def test_traits_side_by_side_are_each_persons_own(world: Any, n: int) -> None:
    people = People()
    together, alone = np.full((2, n + 1), np.nan), np.full((2, 1), np.nan)
    write_traits(world, 1, GUANGDONG, people.position, n, *together)
    assert np.isnan(together[:, n]).all()
    for i in range(n):
        write_traits(world, 1, GUANGDONG, people.position[i : i + 1], 1, *alone)
        assert together[:, i].tobytes() == alone[:, 0].tobytes()


@pytest.mark.parametrize("n", COUNTS)
def test_people_side_by_side_see_their_own_contacts(n: int) -> None:
    """Shares of contacts with a line, counted one contact at a time."""
    start = np.array([0, PEOPLE, 2 * PEOPLE], np.int64)
    known = build_network(start, [11, 44], 0.3, 0.2, 5)
    random = np.random.default_rng(n)
    subscription = random.integers(0, 7, 2 * PEOPLE)
    subscription[random.random(2 * PEOPLE) < 0.3] = 0
    held = holding(subscription, random.integers(0, 16, 2 * PEOPLE) * (subscription > 0)).astype(np.uint8)
    lanes = spoilt_lanes()
    for province in (0, 1):
        rows = start[province] + random.permutation(PEOPLE)[:n]
        lanes.row[:n] = rows
        look_at_contacts(held, known, province, lanes, n)
        for i, row in enumerate(rows.tolist()):
            lines = subscription[contacts_of(known, row, province)]
            lines = lines[lines > 0]
            operator = (lines - 1) // 2
            near = [(operator == k).sum() / max(len(lines), 1) for k in range(OPERATORS)]
            assert lanes.near[:, i] == pytest.approx(near, rel=LAST_PLACE, abs=0.0)
            on_3g = (lines % 2 == 0).sum() / max(len(lines), 1)
            assert lanes.near_3g[i] == pytest.approx(on_3g, rel=LAST_PLACE, abs=0.0)
    assert (lanes.near[:, n:] == SPOILT).all()
    assert (lanes.near_3g[n:] == SPOILT).all()

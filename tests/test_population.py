"""The population's bookkeeping: who stands where, who is next to get a line, how work is shared out."""

import copy
import math
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from agents import crew as crew_module
from agents.columns import holding
from agents.contacts import contacts_of
from agents.crew import LEAST_ROWS, MOST_PARTS, Counts, Crew, _parts_of
from agents.network import OWNED, multiplied
from agents.population import Population, _entry_multipliers, _spans
from agents.stretches import SPAN
from tests.conftest import MakeWorld

SIZES, CODES = np.array([9, 1, 2, 14]), [11, 12, 13, 44]


def population(threads: int = 1, seed: int = 3) -> Population:
    return Population(SIZES, CODES, 0.1, 0.05, seed, threads)


def test_who_stands_where() -> None:
    people = population()
    assert people.places.start.tolist() == [0, 9, 10, 12, 26]
    assert people.places.code.tolist() == CODES
    assert len(people) == 26
    provinces = [people.province_of(row) for row in range(26)]
    assert provinces == [0] * 9 + [1] + [2] * 2 + [3] * 14
    assert people.span_of(0).tolist() == [[0, 1, 0]]
    assert people.span_of(9).tolist() == [[9, 10, 1]]
    assert people.span_of(25).tolist() == [[25, 26, 3]]
    assert people.entered.tolist() == [0, 0, 0, 0]
    assert people.month == 0
    for column in people.columns:
        assert len(column) == 26
        assert not column.any()
    assert [column.dtype.name for column in people.columns] == ["uint8"] * 3 + ["float32"]


def test_the_network_is_drawn_from_the_seed() -> None:
    one, same, other = (population(seed=seed).network for seed in (3, 3, 4))
    assert (one.key, one.rewired, one.across) == (same.key, round(0.15 * 65536), round(0.05 * 65536))
    assert one.key != other.key
    assert (one.start == population().places.start).all()


def test_stretches_of_rows() -> None:
    start = np.array([0, 5, 5, 5 + SPAN, 6 + 3 * SPAN])
    assert _spans(start).tolist() == [
        [0, 5, 0],
        [5, 5 + SPAN, 2],
        [5 + SPAN, 5 + 2 * SPAN, 3],
        [5 + 2 * SPAN, 5 + 3 * SPAN, 3],
        [5 + 3 * SPAN, 6 + 3 * SPAN, 3],
    ]
    assert _spans(np.array([0, 0])).shape == (0, 3)


# ---- the order of entry -------------------------------------------------------------------------

# Some provinces at random, and those in which the inverse of a good stride, which ranks once went by, is next
# to a whole number.
BIG = [
    1154,
    1607,
    5483,
    16_166,
    16_449,
    17_751,
    92_400,
    *np.random.default_rng(5).integers(2000, 60_000, 12).tolist(),
]
QUARTERS = 27  # each a little fuller than in China, where 2.0 to 3.0 % of all rows enter in a quarter
FROM_START = 0.4  # of the rows, or more, have a line from the first month on


def ranks_of_entry(n: int) -> np.ndarray:
    """Return the rank of entry of each position of a province of n rows (n,)."""
    fraction = _entry_multipliers(np.array([n]))[0]
    return np.array([int(multiplied(fraction, position, n)) for position in range(n)])


@pytest.mark.parametrize("n", range(1, 200))
def test_everybody_has_a_rank_of_entry(n: int) -> None:
    """Ranks go on by one step, the best there is by trying all: nearest 0.27547 n, the lower of two."""
    ranks = ranks_of_entry(n)
    assert sorted(ranks) == list(range(n))
    step = int(ranks[1 % n])
    assert [step * position % n for position in range(n)] == ranks.tolist()
    others = [k for k in range(n) if math.gcd(k, n) == 1]
    assert step == min(others, key=lambda k: abs(k - 0.27547 * n))


def test_steps_of_entry_by_hand() -> None:
    """27.547: 27. 8.26: 7, as 8 is even and 9 a third of 27. 2.75: 3. 0.83, 0.55: 1. One row: 0."""
    fractions = _entry_multipliers(np.array([100, 30, 10, 3, 2, 1]))
    sizes = (100, 30, 10, 3, 2, 1)
    steps = [int(multiplied(fraction, 1 % n, n)) for fraction, n in zip(fractions, sizes, strict=True)]
    assert steps == [27, 7, 3, 1, 1, 0]


@pytest.mark.parametrize("n", [*range(100, 400), *BIG])
def test_neighbours_enter_in_one_quarter_no_more_often_than_chance(n: int) -> None:
    """Of the pairs up to OWNED places apart, the square of each quarter's share would by chance."""
    ranks = ranks_of_entry(n)
    quarter = ranks * QUARTERS // n
    together = sum(int((quarter == np.roll(quarter, -d)).sum()) for d in range(1, OWNED + 1))
    by_chance = OWNED * float((np.bincount(quarter) ** 2).sum()) / n
    assert together <= by_chance


@pytest.mark.parametrize("n", BIG)
def test_a_contact_has_a_line_as_often_as_anybody(n: int) -> None:
    """Two contacts both have a line as often as two strangers do, whatever share has entered, to 4 %."""
    ranks = ranks_of_entry(n)
    for share in np.arange(FROM_START, 1.0, 0.05):
        entered = ranks < share * n
        both = np.mean([(entered & np.roll(entered, -d)).mean() for d in range(1, OWNED + 1)])
        assert both == pytest.approx(entered.mean() ** 2, rel=0.04)


@pytest.mark.parametrize("n", [16_166, 17_751])
def test_contacts_of_a_network_enter_apart(n: int) -> None:
    """With ties rewired as they are by default, too: a newcomer's contacts are not all new."""
    people = Population(np.array([n]), [41], 0.15, 0.05, 7)
    ranks, some = ranks_of_entry(n), range(0, n, 5)
    pairs = [(row, other) for row in some for other in contacts_of(people.network, row, 0)]
    one, other = ranks[np.array(pairs)].T
    together = QUARTERS * one // n == QUARTERS * other // n
    chance = 1 / QUARTERS
    assert together.mean() < chance + 4 * np.sqrt(chance / len(pairs))


# ---- work ---------------------------------------------------------------------------------------


SHAPE = (4, 3, 2, 4, 5)


def counts_of_nothing() -> Counts:
    provinces, operators, *_ = SHAPE
    states = 1 + 2 * operators
    shapes = ((provinces, states << 4), (provinces, states, states), SHAPE)
    return Counts(*(np.zeros(shape, np.int64) for shape in shapes))


def counted(crew: Crew, spans: np.ndarray, work: Any) -> Any:
    total = counts_of_nothing()
    crew.work(spans, work, total)
    return total


def count_one(part: np.ndarray, rooms: np.ndarray) -> None:
    """Count one person of every kind in the province where the part begins."""
    rooms[0].people[part[0, 2]] += 1


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_work_is_shared_out(threads: int) -> None:
    """Everybody is worked on once, in a room of their own, and what is counted is counted once."""
    people, seen = population(threads), []

    def work(part: np.ndarray, rooms: np.ndarray) -> None:
        assert not any(
            count.any() for count in (rooms[0].people, rooms[0].moves, rooms[0].payments, rooms[0].tally)
        )
        seen.extend(part.tolist())
        first, last = part[0, 2], part[-1, 2]
        rooms[0].people[first, 0] += len(part)
        rooms[0].moves[last, 1, 2] += 1
        rooms[0].payments[last, 0, 0, 0, 0] += 1
        rooms[0].tally[:] = 7  # what a month cut short leaves behind

    crew = Crew(threads, SHAPE)
    for spans in (people.spans, people.span_of(3)):
        seen.clear()
        total = counted(crew, spans, work)
        parts = 1 if len(spans) == 1 else threads
        assert sorted(seen) == spans.tolist()
        assert total.people[:, 0].sum() == total.people.sum() == len(spans)
        assert total.moves[:, 1, 2].sum() == total.moves.sum() == parts
        assert total.payments[:, 0, 0, 0, 0].sum() == total.payments.sum() == parts
        last = spans[-1, 2]
        assert total.moves[last, 1, 2] == total.payments[last, 0, 0, 0, 0] == 1
        crew.work(spans, work, total)
        assert total.people.sum() == 2 * len(spans)  # added to, not replaced


def test_a_crew_goes_on_after_a_part_has_failed() -> None:
    people, crew = population(2), Crew(2, SHAPE)

    def fail(part: np.ndarray, rooms: np.ndarray) -> None:
        rooms[0].people[:] = 1
        raise ZeroDivisionError

    total = counts_of_nothing()
    for _ in range(3):  # rooms are given back
        with pytest.raises(ZeroDivisionError):
            crew.work(people.spans, fail, total)
    crew.work(people.spans, lambda part, rooms: None, total)
    assert not total.people.any()


def test_what_nobody_asks_for_is_not_counted_on() -> None:
    """Only some of what was counted is wanted: nothing of the rest is left in the room."""
    people, crew = population(), Crew(1, SHAPE)

    def work(part: np.ndarray, rooms: np.ndarray) -> None:
        for count in (rooms[0].people, rooms[0].moves, rooms[0].payments):
            assert not count.any()
            count[part[:, 2]] = 1

    everything = counted(crew, people.spans, work)
    assert all((count == 1).all() for count in everything)
    for wanted in Counts._fields:
        total = Counts()._replace(**{wanted: getattr(counts_of_nothing(), wanted)})
        crew.work(people.spans, work, total)
        assert (getattr(total, wanted) == 1).all()
        crew.work(people.spans, work)


def test_one_thread_after_the_other_adds_what_it_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    people, crew, inside, seen = population(3), Crew(3, SHAPE), [], []
    both = threading.Barrier(3, timeout=60)

    def watched(*given: Any) -> None:
        inside.append(1)
        time.sleep(0.05)  # whoever need not wait comes in meanwhile
        seen.append(len(inside))
        inside.pop()

    monkeypatch.setattr(crew_module, "hand_over", watched)
    crew.work(people.spans, lambda part, rooms: both.wait())
    assert seen == [1, 1, 1]


def test_who_works_at_the_same_time_works_apart() -> None:
    """Two callers, whose parts wait for each other, share nothing."""
    people, crew = population(2), Crew(2, SHAPE)
    both = threading.Barrier(2, timeout=60)

    def work(part: np.ndarray, rooms: np.ndarray) -> None:
        both.wait()
        rooms[0].people[part[0, 2], 0] += 1
        both.wait()

    with ThreadPoolExecutor(2) as callers:
        totals = list(callers.map(lambda row: counted(crew, people.span_of(row), work), (1, 20)))
    assert [total.people.sum() for total in totals] == [1, 1]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda crew: pickle.loads(pickle.dumps(crew))])
def test_a_copied_crew_has_rooms_of_its_own(copied: Any) -> None:
    crew = Crew(2, SHAPE)
    other = copied(crew)
    assert (other.threads, other.shape) == (2, SHAPE)
    for one in (crew, other):
        total = counted(one, population().spans, count_one)
        parts = _parts_of(population().spans, 2)
        each = np.bincount([part[0, 2] for part in parts], minlength=len(SIZES))
        assert (total.people == each[:, None]).all()


@pytest.mark.parametrize("rows", [LEAST_ROWS // 2, 2 * LEAST_ROWS, 6 * LEAST_ROWS, 40 * LEAST_ROWS])
@pytest.mark.parametrize("threads", [2, 3])
def test_parts_have_about_as_many_rows(rows: int, threads: int) -> None:
    spans = _spans(np.append(0, np.cumsum(np.random.default_rng(1).multinomial(rows, np.full(31, 1 / 31)))))
    parts = _parts_of(spans, threads)
    assert np.concatenate(parts).tolist() == spans.tolist()
    assert len(parts) == threads * min(max(rows // (threads * LEAST_ROWS), 1), MOST_PARTS)
    sizes = [int((part[:, 1] - part[:, 0]).sum()) for part in parts]
    assert max(sizes) - rows / len(parts) <= SPAN


def lively(make_hand_world: MakeWorld) -> Any:
    """Return a world of two provinces in which 3G is liked and everybody opens accounts."""
    standing = np.zeros((2, 3, 2))
    standing[..., 1] = 2.0
    return make_hand_world(
        standing=standing, account_hazard=0.2, account_imitation=0.1, online_share=0.8, review_hazard=0.7,
        method_shares=np.array([0.2, 0.4, 0.6, 0.8, 1.0]),
    )  # fmt: skip


def test_a_month_of_the_population(make_hand_world: MakeWorld) -> None:
    world = lively(make_hand_world)
    shares = np.array([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]])
    entered = np.array([30, 25])
    months = []
    for threads in (1, 3):
        people = Population(np.array([40, 30]), [11, 12], 0.1, 0.05, 5, threads)
        people.settle(world, entered, shares)
        assert people.entered is entered
        assert people.world is world
        now = people.columns.subscription
        assert [(now[:40] > 0).sum(), (now[40:] > 0).sum()] == [30, 25]
        assert set(now[:40]) == {0, 3, 5}
        assert set(now[40:]) == {0, 1}
        assert (people.columns.subscription_before == now).all()
        later = np.array([35, 30])
        people.columns.held[:] = holding(now, now > 0)  # an account each, for those with a line
        people.recount()
        people.begin_month(world, 4, later)
        assert (people.month, people.entered is later) == (4, True)
        assert (people.columns.accounts_before == (now > 0)).all()
        before = now
        people.review()
        now = people.columns.subscription
        assert ((now > 0) == (before > 0)).mean() < 1
        assert (now[:40] > 0).sum() == 35
        assert (now[40:] > 0).all()
        assert (people.columns.subscription_before == before).all()
        payments = np.ones((2, 3, 2, 4, 5), np.int64)
        people.pay(payments)
        assert payments[:, :, :, 1].sum() == 65 + 2 * 3 * 2 * 5  # a bill each, added to what was there
        people.open_accounts()
        assert (people.columns.accounts > 1).any()
        counted, moves = people.by_holding(), people.moves
        assert counted.shape == (2, 7, 16)
        assert moves.shape == (2, 7, 7)
        for g, rows in enumerate((slice(0, 40), slice(40, 70))):
            assert counted[g].sum(axis=1).tolist() == np.bincount(now[rows], minlength=7).tolist()
            went = np.zeros((7, 7), int)
            np.add.at(went, (before[rows], now[rows]), 1)
            elsewhere = ~np.eye(7, dtype=bool)
            assert (moves[g] == went * elsewhere).all()  # who stays did not move
            held = np.bincount(people.columns.accounts[rows], minlength=16)
            assert counted[g].sum(axis=0).tolist() == held.tolist()
        surplus = people.columns.surplus
        expected = [surplus[:40].sum(dtype=float), surplus[40:].sum(dtype=float)]
        assert people.surplus_by_province() == pytest.approx(expected, rel=1e-12)
        months.append((now.tolist(), payments.tolist(), people.columns.accounts.tolist()))
    assert months[0] == months[1]


def test_one_persons_own_work(make_hand_world: MakeWorld) -> None:
    """Work on a stretch touches nobody outside it."""
    world = lively(make_hand_world)
    people = Population(np.array([40, 30]), [11, 12], 0.1, 0.05, 5)
    people.settle(world, np.array([40, 30]), np.full((2, 3), 1 / 3))
    people.begin_month(world, 4, np.array([40, 30]))
    payments = np.zeros((2, 3, 2, 4, 5), np.int64)
    before = people.columns.subscription
    row = 52
    while people.columns.subscription[row] == before[row]:
        row += 1
        people.review(people.span_of(row))
    people.pay(payments, people.span_of(row))
    people.columns.held[:] = holding(people.columns.subscription, 0)
    people.open_accounts(people.span_of(row))
    others = np.arange(70) != row
    assert (people.columns.subscription == before)[others].sum() == 69
    assert payments[0].sum() == 0
    assert payments[1, :, :, 1].sum() == 1
    assert not people.columns.accounts[others].any()

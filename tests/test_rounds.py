"""The consumer's month over rows: a dozen people, each worked out alone from the one-person rules."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from agents.accounts import accounts_on_arrival, is_online
from agents.columns import Columns, Places, empty_columns, holding
from agents.contacts import contacts_of
from agents.draws import (
    ACCOUNT_OPENING,
    FIRST_OPERATOR,
    PAYMENT,
    REVIEW,
    gumbel,
    uniforms,
)
from agents.lanes import LANES, whole_strides
from agents.network import Network, build_network, fractions
from agents.paying import CASH, choose_method
from agents.rounds import OPEN, PAY, WHOLE_MONTH, count_rows, live_rows, settle_rows, sum_surplus
from agents.rounds import REVIEW as CHOOSE
from agents.stretches import GROUPS, SPAN, make_room
from agents.world import shares_by_service
from tests.conftest import COMPILED, MakeWorld
from tests.one_person import choose, opens

SIZES, CODES, MONTH = (23, 14), (11, 44), 7
STEP = (7, 3)  # steps that visit every position of a province: the order of entry
ENTERED = np.array([17, 12])
# Cut where it hurts: inside groups of four, and with a stretch of one row.
SPANS = np.array([[0, 6, 0], [6, 7, 0], [7, 23, 0], [23, 25, 1], [25, 37, 1]], np.int64)
WALLET = 8
KINDS = 7 * 16  # what can be held: seven subscriptions, sixteen sets of accounts
SUBSCRIBING, BILL, HANDSET, SHOPPING = range(4)


def places() -> Places:
    start = np.append(0, np.cumsum(SIZES)).astype(np.int64)
    inverse = [pow(step, -1, n) for step, n in zip(STEP, SIZES, strict=True)]
    return Places(start, np.array(CODES), fractions(inverse, np.array(SIZES)))


def network() -> Network:
    return build_network(places().start, CODES, 0.3, 0.2, 5)


def everybody() -> list[tuple[int, int, int]]:
    """Return row, province and position of everybody."""
    start = places().start.tolist()
    return [(row, g, row - a) for g, (a, b) in enumerate(pairwise(start)) for row in range(a, b)]


def is_in(province: int, position: int) -> bool:
    """Return whether a line is in use: rank r stands at position STEP r."""
    return position in [STEP[province] * r % SIZES[province] for r in range(ENTERED[province])]


def columns() -> Columns:
    """Return people of all kinds: no line, 2G, 3G, in and out of contract, every set of accounts."""
    rows = sum(SIZES)
    random = np.random.default_rng(8)
    subscription = np.array([random.integers(1, 7) if is_in(g, p) else 0 for _, g, p in everybody()])
    subscription[[0, 7]] = 0  # of the lines in use some have entered only this month
    accounts = random.integers(0, 16, rows) * (subscription > 0)
    contract = random.choice([0, MONTH - 1, MONTH, MONTH + 1], rows) * (subscription > 0)
    held = holding(subscription, accounts).astype(np.uint8)
    return Columns(held, held.copy(), contract.astype(np.uint8), np.full(rows, -1, np.float32))


def with_line(rows: int, subscription: int) -> Columns:
    """Return people who all hold one subscription and no account, their contract never ending."""
    state = empty_columns(rows)
    state.held[:] = state.held_before[:] = holding(subscription, 0)
    state.contract_end[:] = 255
    return state


def counted(state: Columns) -> np.ndarray:
    """Return people by province and what they hold (2, KINDS), counted one by one."""
    people = np.zeros((2, KINDS), np.int64)
    for row, g, _ in everybody():
        people[g, state.held[row]] += 1
    return people


def room() -> np.record:
    """Return room to work in, in which nothing is counted yet."""
    return make_room((2, 3, 2, 4, 5))


def lived(
    acts: int, spans: Any, state: Columns, world: Any, there: Places, known: Network, entered: Any = ENTERED
) -> np.record:
    """Let people live through the month, or a part of it; return what was counted."""
    counts = room()
    of, on = world.reshape(1), counts.reshape(1)
    live_rows(np.array(spans, np.int64), acts, state, there, known, of, MONTH, np.array(entered), on)
    return counts


def live(acts: int, state: Columns, world: Any) -> np.record:
    """Let the dozen people live through the month, or a part of it; return what was counted."""
    return lived(acts, SPANS, state, world, places(), network())


def copied(state: Columns) -> Columns:
    return Columns(*(column.copy() for column in state))


def shared_luck(world: Any, purpose: int, province: int, position: int, stream: int = 0) -> float:
    """Return the draw of a person in a group of four that shares a call of the generator."""
    group, word = divmod(position, 4)
    return uniforms(world.seed, purpose, MONTH, CODES[province], group, stream)[word]


@pytest.fixture
def world(make_hand_world: MakeWorld) -> Any:
    """Return a world of numbers drawn once, in which contacts, accounts and provinces all matter."""
    random = np.random.default_rng(2)
    shares = np.sort(random.random((2, 3, 4, 16, 5)), axis=-1)
    shares[..., -1] = 1
    hazard, imitation = random.random((2, 3, 4)) / 8, random.random((2, 3, 4)) / 4
    held = np.arange(16)[:, None] >> np.arange(4) & 1
    return make_hand_world(
        seed=12,
        standing=random.normal(size=(2, 3, 2)),
        switching_cost=0.3,
        lock_in=0.4,
        same_operator=2.0,
        word_of_mouth=1.5,
        payment_value=random.random((2, 3, 2, 16)),
        wallet_open=1,
        dissimilarity=0.7,
        review_hazard=0.6,
        contract_months=10,
        online_share=np.array([0.7, 0.5]),
        held_online=random.random((2, 3)) * 0.6,
        method_shares=shares.reshape(2, 12, 16, 5),
        account_hazard=hazard,
        account_imitation=imitation,
        account_ceiling=(hazard + imitation) @ (1 - held).T,
    )


# ---- who stands where ---------------------------------------------------------------------------


def test_lines_in_use_get_an_operator_and_accounts(world: Any) -> None:
    state = empty_columns(sum(SIZES))
    share = np.array([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6]])
    settle_rows(SPANS, state, places(), world, ENTERED, np.log(share), room().reshape(1))
    for row, g, position in everybody():
        if not is_in(g, position):
            assert (state.subscription[row], state.accounts[row]) == (0, 0)
            continue
        score = [
            np.log(share[g, k]) + gumbel(uniforms(world.seed, FIRST_OPERATOR, 0, CODES[g], position, s)[0])
            for k, s in enumerate(world.operator_stream)
        ]
        assert state.subscription[row] == 1 + 2 * np.argmax(score)
        assert state.accounts[row] == accounts_on_arrival(world, g, CODES[g], position)
    assert set(state.subscription) == {0, 1, 3, 5}
    assert state.accounts.any()


def test_who_is_settled_twice_is_settled_anew(world: Any) -> None:
    once, twice = empty_columns(sum(SIZES)), empty_columns(sum(SIZES))
    share = np.array([[0.1, 0.1, 0.8], [0.8, 0.1, 0.1]])
    settle_rows(SPANS, once, places(), world, ENTERED, np.log(share), room().reshape(1))
    for shares in (share[::-1], share):
        settle_rows(SPANS, twice, places(), world, ENTERED, np.log(shares), room().reshape(1))
    assert (once.held == twice.held).all()


def test_count() -> None:
    state, counts = columns(), room()
    people = counts.people.reshape(2, 7, 16)
    people[:] = 1
    state.held_before[:] = 0  # what is held now counts
    expected = np.zeros((2, 7, 16), np.int64)
    for row, g, _ in everybody():
        expected[g, state.subscription[row], state.accounts[row]] += 1
    count_rows(SPANS, state, counts.reshape(1))
    assert (people == 1 + expected).all()  # added to what was there
    count_rows(SPANS, state, counts.reshape(1))
    assert (people == 1 + 2 * expected).all()


# ---- the review ---------------------------------------------------------------------------------


def known_to(state: Columns, row: int, province: int) -> tuple[np.ndarray, float]:
    """Return the share of a person's contacts with each operator, and on 3G."""
    lines = [int(state.subscription_before[other]) for other in contacts_of(network(), row, province)]
    lines = [line for line in lines if line > 0]
    if not lines:
        return np.zeros(3), 0.0
    near = [sum(line in (1 + 2 * k, 2 + 2 * k) for line in lines) / len(lines) for k in range(3)]
    return np.array(near), sum(line in (2, 4, 6) for line in lines) / len(lines)


def reviewed(state: Columns, world: Any, row: int, g: int, position: int) -> tuple[int, int, int, float]:
    """Return subscription, accounts, end of contract and surplus of a person after the review."""
    own, accounts = int(state.subscription_before[row]), int(state.accounts_before[row])
    end = int(state.contract_end[row])
    as_before = own, accounts, end, float(state.surplus[row])
    if own == 0:
        if not is_in(g, position):
            return as_before
        accounts = accounts_on_arrival(world, g, CODES[g], position)
    elif end >= MONTH or shared_luck(world, REVIEW, g, position) >= world.review_hazard:
        return as_before
    near, near_3g = known_to(state, row, g)
    option, surplus, _ = choose(world, MONTH, g, CODES[g], position, own, accounts, near, near_3g)
    if own == 0 or (own - 1) // 2 != (option - 1) // 2:
        accounts %= WALLET
    if option in (2, 4, 6) and option != own:
        end = min(MONTH + int(world.contract_months) - 1, 255)
    return option, accounts, end, float(np.float32(surplus))


@pytest.mark.parametrize("contract_months", [10, 1, 250])
def test_review(world: Any, contract_months: int) -> None:
    world = world.copy()
    world.contract_months = contract_months
    state = columns()
    found = copied(state)
    moved = np.zeros((2, 7, 7), np.int64)
    counts = live(CHOOSE, found, world)
    happened = dict.fromkeys(("entered", "moved", "stayed", "to 3G", "left a wallet"), 0)
    for row, g, position in everybody():
        subscription, accounts, end, surplus = reviewed(state, world, row, g, position)
        assert found.subscription[row] == subscription
        assert found.accounts[row] == accounts
        assert found.contract_end[row] == end
        assert found.surplus[row] == pytest.approx(surplus, rel=1e-6)
        before = int(state.subscription_before[row])
        moved[g, before, subscription] += subscription != before
        happened["entered"] += before == 0 < subscription
        happened["moved"] += 0 < before != subscription
        happened["stayed"] += before == subscription and surplus != -1
        happened["to 3G"] += end != state.contract_end[row]
        happened["left a wallet"] += accounts < WALLET <= state.accounts[row]
    assert min(happened.values()) > 0, happened
    assert (found.held_before == state.held_before).all()
    assert (counted(state) + counts.people == counted(found)).all()
    assert (counts.moves == moved).all()


def test_who_is_alone_in_the_world_knows_nobody(world: Any) -> None:
    """Where no contact has a line, nobody is near; the choice is made all the same."""
    state = columns()
    for column in state:
        column[:] = 0
    found = copied(state)
    live(CHOOSE, found, world)
    for row, g, position in everybody():
        assert found.subscription[row] == reviewed(state, world, row, g, position)[0]
    assert (found.subscription > 0).sum() == ENTERED.sum()


# ---- payment ------------------------------------------------------------------------------------


def test_pay(world: Any) -> None:
    state = columns()
    found = copied(state)
    live(CHOOSE, found, world)
    # What people hold now decides, not what they held.
    found.held_before[:] = holding(found.subscription_before, 0)
    shares = shares_by_service(world)
    bills, expected = np.zeros((2, 3, 2), np.int64), np.zeros((2, 3, 2, 4, 5), np.int64)
    for row, g, position in everybody():
        now, before = int(found.subscription[row]), int(found.subscription_before[row])
        if now == 0:
            continue
        k, on = divmod(now - 1, 2)
        luck = {BILL: shared_luck(world, PAYMENT, g, position, BILL)}
        if on == 1:
            luck[SHOPPING] = shared_luck(world, PAYMENT, g, position, SHOPPING)
        own = uniforms(world.seed, PAYMENT, MONTH, CODES[g], position, SUBSCRIBING)
        if before == 0 or (before - 1) // 2 != k:
            luck[SUBSCRIBING] = own[0]
        if on == 1 and now != before:
            luck[HANDSET] = own[1]
        for service, u in luck.items():
            cumulative = shares[g, k, service, found.accounts[row]]
            expected[g, k, on, service, choose_method(u, cumulative)] += 1
        bills[g, k, on] += 1
    payments = live(PAY, found, world).payments
    payments[:, :, :, BILL, CASH] += bills  # all in cash, but for those who were found to pay otherwise
    payments[:, :, 1, SHOPPING, CASH] += bills[:, :, 1]
    assert (payments == expected).all()
    assert (expected.sum(axis=(0, 1, 2, 4)) > 4).all()  # every service was bought by several


# ---- accounts -----------------------------------------------------------------------------------


def friends_of(state: Columns, row: int, province: int, own: int) -> np.ndarray:
    """Return the share of contacts with each platform's account, and with the own operator's wallet."""
    friends = np.zeros(4)
    lines = 0
    for other in contacts_of(network(), row, province):
        line, held = int(state.subscription_before[other]), int(state.accounts_before[other])
        if line == 0:
            continue
        lines += 1
        friends += [held & 1, held >> 1 & 1, held >> 2 & 1, held >= WALLET and (line - 1) // 2 == own]
    return friends / max(lines, 1)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_open_accounts(world: Any, seed: int) -> None:
    world = world.copy()
    world.seed = seed
    state = columns()
    found = copied(state)
    people = counted(state) + live(OPEN, found, world).people
    undecided = opened = 0
    for row, g, position in everybody():
        now, held = int(state.subscription[row]), int(state.accounts[row])
        if now == 0:
            assert found.accounts[row] == held
            continue
        k, luck = (now - 1) // 2, shared_luck(world, ACCOUNT_OPENING, g, position)
        online = is_online(world, g, CODES[g], position)
        friends = friends_of(state, row, g, k)
        bit, without = (opens(world, g, k, online, held, known, luck) for known in (friends, np.zeros(4)))
        assert found.accounts[row] == held | bit
        undecided += bit != without
        opened += bit > 0
    assert opened > 2
    assert undecided > 0
    assert (people == counted(found)).all()
    assert (found.subscription == state.subscription).all()


def test_friends_accounts_are_last_months(world: Any) -> None:
    """Whoever opens an account this month is no example yet, wherever they stand in the row."""
    state = columns()
    state.held[:] = state.held_before[:] = holding(state.subscription, 0)
    some = world.copy()
    some.account_hazard[:] = 0
    some.account_imitation[:] = 1.0
    live(OPEN, state, some)
    assert not state.accounts.any()


def test_without_contacts_nobody_imitates(world: Any) -> None:
    """The only line there is: its own hazard counts, and none of nothing is nothing."""
    row, opened = 4, 0
    for seed in range(40):
        some = world.copy()
        some.seed = seed
        state = columns()
        for column in state:
            column[:] = 0
        state.held[row] = state.held_before[row] = holding(3, 0)
        live(OPEN, state, some)
        luck = shared_luck(some, ACCOUNT_OPENING, 0, row)
        online = is_online(some, 0, CODES[0], row)
        assert state.accounts[row] == opens(some, 0, 1, online, 0, np.zeros(4), luck)
        opened += int(state.accounts[row] > 0)
    assert 0 < opened < 40


def test_a_ceiling_only_saves_time(world: Any) -> None:
    tight, none = copied(columns()), copied(columns())
    live(OPEN, tight, world)
    high = world.copy()
    high.account_ceiling[:] = 9
    live(OPEN, none, high)
    assert (tight.accounts == none.accounts).all()
    low = world.copy()
    low.account_ceiling[:] = 0
    nobody = copied(columns())
    live(OPEN, nobody, low)
    assert (nobody.accounts == columns().accounts).all()


whole_crowds = pytest.mark.skipif(not COMPILED, reason="tens of thousands of choices")


# ---- stretches of rows --------------------------------------------------------------------------


def test_the_longest_stretch_fits_its_scratch(make_hand_world: MakeWorld) -> None:
    """A stretch that begins on the last of a group of four touches one group more than fits evenly."""
    assert whole_strides(SPAN // 4 + 1) <= GROUPS
    rows = SPAN + 3
    start = np.array([0, rows], np.int64)
    there = Places(start, np.array([11]), fractions([1], np.array([rows])))
    state = with_line(rows, 1)  # nobody reviews: only the draws are filled in
    world = make_hand_world()
    spans = [[3, 3 + SPAN, 0]]
    known = build_network(start, [11], 0.1, 0.1, 1)
    lived(CHOOSE, spans, state, world, there, known, [rows])
    assert (state.subscription == 1).all()


@whole_crowds
def test_everybody_in_the_longest_stretch_can_choose_at_once(make_hand_world: MakeWorld) -> None:
    """Those due and those who enter share one list; together they fill it, and nobody falls off it."""
    start = np.array([0, SPAN], np.int64)
    there = Places(start, np.array([11]), fractions([1], np.array([SPAN])))
    known = build_network(start, [11], 0.1, 0.1, 1)
    world = make_hand_world(review_hazard=1.0)
    found = []
    for spans in ([[0, SPAN, 0]], [[row, min(row + 1000, SPAN), 0] for row in range(0, SPAN, 1000)]):
        state = empty_columns(SPAN)
        state.surplus[:] = np.nan
        state.held_before[::3] = state.held[::3] = holding(1, 0)
        lived(CHOOSE, spans, state, world, there, known, [SPAN])
        assert not np.isnan(state.surplus).any()
        found.append(state)
    for together, in_parts in zip(*found, strict=True):
        np.testing.assert_array_equal(together, in_parts)


def test_a_late_stretch_fills_in_its_own_draws_only(make_hand_world: MakeWorld) -> None:
    """Draws from the start of the province on would not fit."""
    start = np.array([0, 30, 30 + 2 * SPAN], np.int64)
    there = Places(start, np.array([11, 12]), fractions([1, 1], np.diff(start)))
    state = with_line(start[-1], 1)
    spans = [[30 + SPAN, 30 + 2 * SPAN, 1]]
    known = build_network(start, [11, 12], 0.1, 0.1, 1)
    lived(CHOOSE, spans, state, make_hand_world(), there, known, [30, 2 * SPAN])
    assert (state.subscription == 1).all()


def crowd(rows: int) -> Columns:
    """Return people of all kinds in one province, one in ten without a line."""
    random = np.random.default_rng(rows)
    subscription = random.integers(1, 7, rows) * (random.random(rows) < 0.9)
    accounts = random.integers(0, 16, rows) * (subscription > 0)
    state = empty_columns(rows)
    state.held[:] = state.held_before[:] = holding(subscription, accounts)
    state.contract_end[:] = random.choice([0, MONTH - 1, MONTH, 200], rows) * (subscription > 0)
    return state


MANY = 6 * LANES


@pytest.mark.parametrize("rows", [1, 2, 5, 31, 32, 33, 129, pytest.param(MANY, marks=whole_crowds)])
def test_a_stretch_of_any_length_does_what_its_rows_do_one_by_one(world: Any, rows: int) -> None:
    """More people choose, and ask their contacts, than there are lanes; the last lanes are not full."""
    start = np.array([0, rows], np.int64)
    there = Places(start, np.array([CODES[0]]), fractions([1], np.array([rows])))
    known = build_network(start, [CODES[0]], 0.3, 0.0, 5)
    eager = world.copy()
    eager.review_hazard = 0.9
    eager.account_hazard[:] = 0.01
    eager.account_imitation[:] = 0.9
    eager.account_ceiling[:] = 9
    months = []
    for spans in ([[0, rows, 0]], [[row, row + 1, 0] for row in range(rows)]):
        state = crowd(rows)
        counts = lived(WHOLE_MONTH, spans, state, eager, there, known, [rows])
        months.append((*state, counts.people, counts.moves, counts.payments))
    for together, alone in zip(*months, strict=True):
        np.testing.assert_array_equal(together, alone)
    if rows == MANY:
        before = crowd(rows)
        assert (state.surplus != 0).sum() > 2 * LANES  # so many chose
        assert (state.accounts & ~before.accounts > 0).sum() > 2 * LANES  # so many opened an account


def test_a_month_at_once_is_its_parts_one_after_another(world: Any) -> None:
    at_once, apart = columns(), columns()
    whole = live(WHOLE_MONTH, at_once, world)
    parts = [live(act, apart, world) for act in (CHOOSE, PAY, OPEN)]
    for together, one_by_one in zip(at_once, apart, strict=True):
        np.testing.assert_array_equal(together, one_by_one)
    for count in ("people", "moves", "payments"):
        assert (getattr(whole, count) == sum(getattr(part, count) for part in parts)).all()
        assert getattr(whole, count).any()


def test_the_next_month_in_the_same_room_counts_on(world: Any) -> None:
    """Nothing of a month stays in the tables that another needs."""
    state, counts = columns(), room()
    for month in (MONTH, MONTH + 1):
        before = {name: getattr(counts, name).copy() for name in ("people", "moves", "payments")}
        alone, anew, of = copied(state), room(), world.reshape(1)
        live_rows(SPANS, WHOLE_MONTH, state, places(), network(), of, month, ENTERED, counts.reshape(1))
        live_rows(SPANS, WHOLE_MONTH, alone, places(), network(), of, month, ENTERED, anew.reshape(1))
        for name, old in before.items():
            assert (getattr(counts, name) - old == getattr(anew, name)).all()


@pytest.mark.parametrize("sizes", [(0, 1, 5), (16, 17, 40), (1000, 3)])
def test_surplus_is_summed_by_province(sizes: tuple[int, ...]) -> None:
    first = np.append(0, np.cumsum(sizes))
    surplus = np.random.default_rng(1).normal(size=first[-1]).astype(np.float32)
    total = np.full(len(sizes), np.nan)
    sum_surplus(first, surplus, total)
    expected = [surplus[a:b].sum(dtype=np.float64) for a, b in pairwise(first)]
    assert total == pytest.approx(np.array(expected), rel=1e-12)


def test_surplus_is_always_summed_in_the_same_order() -> None:
    """Each sixteenth row after the other, then the sixteen sums; any other order gives other last digits."""
    random = np.random.default_rng(3)
    surplus = (random.normal(size=16 * 8 * 5 + 40) * 10.0 ** random.integers(-8, 9, 680)).astype(np.float32)
    total, expected = np.empty(1), 0.0
    for neighbour in range(16):
        part = 0.0
        for value in surplus[neighbour::16].tolist():
            part += value
        expected += part
    sum_surplus(np.array([0, len(surplus)]), surplus, total)
    assert total[0] == expected
    backwards = np.empty(1)
    sum_surplus(np.array([0, len(surplus)]), surplus[::-1].copy(), backwards)
    assert backwards[0] != expected

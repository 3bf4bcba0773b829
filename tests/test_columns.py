"""What a consumer holds is one byte, and surplus may be kept of some rows for all."""

from typing import Any

import numpy as np
import pytest

from agents import columns as of_agents
from agents.columns import (
    ACCOUNT_BITS,
    MOST_SURPLUS,
    NOTHING,
    Columns,
    Places,
    accounts_of,
    empty_columns,
    holding,
    keeps_surplus,
    network_of,
    operator_of,
    subscription_of,
    thinning_of,
    unpacked,
)
from agents.consumers import Consumer
from agents.population import Population
from model.market import MobileMarket
from model.tables import TABLES
from tests.conftest import COMPILED

SUBSCRIPTIONS, ACCOUNTS = range(7), range(16)  # three operators, three platforms and the own wallet


# ---- one byte -----------------------------------------------------------------------------------


def test_what_is_held_tells_subscription_and_accounts_apart() -> None:
    seen = set()
    for subscription in SUBSCRIPTIONS:
        for accounts in ACCOUNTS:
            held = holding(subscription, accounts)
            assert 0 <= held < 256
            for number in (held, np.uint8(held), np.int64(held)):
                assert (subscription_of(number), accounts_of(number)) == (subscription, accounts)
            if subscription:
                named = (subscription - 1) // 2, (subscription - 1) % 2, accounts
                assert unpacked(np.uint8(held)) == named
                assert (operator_of(subscription), network_of(subscription)) == named[:2]
            seen.add(int(held))
    assert len(seen) == len(SUBSCRIPTIONS) * len(ACCOUNTS)
    assert holding(0, 0) == NOTHING == 0
    assert len(ACCOUNTS) == 1 << ACCOUNT_BITS


def test_columns_show_what_is_held() -> None:
    held = np.arange(112, dtype=np.uint8)
    state = Columns(held, held[::-1].copy(), np.zeros(112, np.uint8), np.zeros(112, np.float32))
    assert state.subscription.tolist() == [number // 16 for number in range(112)]
    assert state.accounts.tolist() == [number % 16 for number in range(112)]
    assert state.subscription_before.tolist() == [number // 16 for number in reversed(range(112))]
    assert state.accounts_before.tolist() == [number % 16 for number in reversed(range(112))]
    state.subscription[:] = 3  # a copy: columns are the only state, and this is not one of them
    assert (state.held == held).all()
    with pytest.raises(AttributeError):
        state.accounts = held  # type: ignore[misc]


@pytest.mark.parametrize(
    ("rows", "thinning", "kept"), [(0, 0, 0), (5, 0, 5), (8, 2, 2), (9, 2, 3), (1, 5, 1)]
)
def test_empty_columns(rows: int, thinning: int, kept: int) -> None:
    state = empty_columns(rows, thinning)
    assert [len(column) for column in state] == [rows, rows, rows, kept]
    assert [column.dtype.name for column in state] == ["uint8", "uint8", "uint8", "float32"]
    assert not any(column.any() for column in state)


# ---- surplus of some rows for all ---------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 4, 1000])
def test_as_much_surplus_is_kept_as_there_is_room_for(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(of_agents, "MOST_SURPLUS", most)
    for rows in (0, 1, most - 1, most, most + 1, 2 * most, 2 * most + 1, 4 * most, 40 * most + 3):
        thinning = thinning_of(rows)
        kept = [row for row in range(rows) if keeps_surplus(places_with(thinning), row)]
        assert len(kept) == len(empty_columns(rows, thinning).surplus) <= most
        assert kept == list(range(0, rows, 2**thinning))
        if rows <= most:
            assert thinning == 0
        else:  # a finer choice would not fit
            assert len(range(0, rows, 2 ** (thinning - 1))) > most


def test_all_china_fits() -> None:
    """1.229 thousand million lines, December 2013: each 128th is kept."""
    assert thinning_of(MOST_SURPLUS) == 0
    assert thinning_of(1_229_000_000) == 7


def places_with(thinning: int) -> Places:
    return Places(np.array([0]), np.array([11]), np.array([0], np.uint64), thinning)


SIZES = (64, 5, 1, 3, 202)


def people_with(surplus: np.ndarray, most: int, monkeypatch: pytest.MonkeyPatch) -> Population:
    """Return people of whom each has a surplus (N,), kept where there is room for so many."""
    monkeypatch.setattr(of_agents, "MOST_SURPLUS", most)
    people = Population(np.array(SIZES), range(11, 16), 0.1, 0.05, 3)
    people.columns.surplus[:] = surplus[:: 1 << people.places.thinning]
    return people


def by_province(surplus: np.ndarray) -> list[float]:
    return [float(part.sum()) for part in np.split(surplus, np.cumsum(SIZES)[:-1])]


def test_with_room_for_all_sums_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    surplus = np.random.default_rng(3).integers(-500, 500, sum(SIZES)) / 4  # sums without any rounding
    people = people_with(surplus, sum(SIZES), monkeypatch)
    assert people.places.thinning == 0
    assert people.surplus_by_province().tolist() == by_province(surplus)


@pytest.mark.parametrize("most", [200, 100, 40, 3])
def test_kept_surplus_stands_for_the_rest(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    people = people_with(np.full(sum(SIZES), 12.5), most, monkeypatch)
    assert people.places.thinning > 0
    start = people.places.start
    for g, total in enumerate(people.surplus_by_province()):
        some = any(row % 2**people.places.thinning == 0 for row in range(start[g], start[g + 1]))
        assert total == (12.5 * SIZES[g] if some else 0.0)  # of a province with none kept nothing is known


def test_sums_estimate_the_sums_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    surplus = np.random.default_rng(4).normal(40.0, 10.0, sum(SIZES))
    people = people_with(surplus, 70, monkeypatch)
    assert people.places.thinning == 2
    for g in (0, 4):  # of the others one row or none is kept
        kept = SIZES[g] / 4
        error = SIZES[g] * 10.0 / np.sqrt(kept)
        assert people.surplus_by_province()[g] == pytest.approx(by_province(surplus)[g], abs=4 * error)


def run(scenario: str, monkeypatch: pytest.MonkeyPatch, most: int, **others: Any) -> MobileMarket:
    monkeypatch.setattr(of_agents, "MOST_SURPLUS", most)
    return MobileMarket(scenario, 4000, 10, rng=2, review_hazard=0.3, **others).run()


compiled = pytest.mark.skipif(not COMPILED, reason="whole runs")


@compiled
@pytest.mark.parametrize("activation", ["columns", "agents"])
def test_keeping_less_surplus_changes_no_other_number(
    monkeypatch: pytest.MonkeyPatch, activation: str
) -> None:
    full = run("history", monkeypatch, 1 << 24)
    some = run("history", monkeypatch, 1000, activation=activation)
    assert (full.population.places.thinning, some.population.places.thinning) == (0, 2)
    for a, b in zip(full.population.columns[:3], some.population.columns[:3], strict=True):
        assert (a == b).all()
    assert (full.population.columns.surplus[::4] == some.population.columns.surplus).all()
    estimated = ("consumer_surplus_rmb", "welfare_rmb")
    for name in TABLES:
        for level in ("national", "province"):
            a, b = (market.recorder.table(name, level) for market in (full, some))
            kept = [column for column in a.columns if column not in estimated]
            assert a[kept].equals(b[kept]), (name, level)
    a, b = (m.recorder.table("market", "national")["consumer_surplus_rmb"] for m in (full, some))
    assert not a.equals(b)
    per_line = full.population.columns.surplus
    spread = full.scale.mean() * 4000 * per_line.std() / np.sqrt(1000)
    assert abs(a.iloc[-1] - b.iloc[-1]) < 4 * spread


@compiled
def test_a_window_shows_the_surplus_of_its_own_row_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    full, some = run("history", monkeypatch, 1 << 24), run("history", monkeypatch, 1000)
    for row in (0, 1, 2, 3, 4, 8, 1777, 3996, 3999):
        of_full, of_some = (Consumer(market, market.population, row).surplus for market in (full, some))
        assert of_full == full.population.columns.surplus[row]
        assert of_some == of_full if row % 4 == 0 else np.isnan(of_some)

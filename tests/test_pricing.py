"""Prices that answer demand: exact slopes, prices nobody gains by leaving, and the market that uses them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents import pricing
from agents.demand import Choosers
from agents.pricing import EquilibriumError, bertrand_nash
from model import tariffs
from model.errors import InputError, RunError
from model.market import MobileMarket
from model.scenarios import read_scenario
from model.schemas import OPERATORS

OWNER = np.array([0, 0, 1, 1, 2, 2])
COST = np.array([30.0, 45, 30, 45, 30, 45])


@st.composite
def many_choosers(draw: st.DrawFn) -> Choosers:
    """Draw a few unlike consumers, some products not offered, who choose once or for ever after."""
    people = draw(st.integers(1, 4))
    worth = draw(arrays(float, (people, 7, 6), elements=st.floats(-3, 3)))
    worth[..., 1::2] = np.where(draw(arrays(bool, 3)), -np.inf, worth[..., 1::2])
    theta = draw(st.sampled_from([0.0, 0.3, 0.9]))
    outside = draw(st.sampled_from([-np.inf, 0.0])) if theta == 0 else -np.inf
    sensitivity = draw(arrays(float, people, elements=st.floats(0.005, 0.06)))
    weight = draw(arrays(float, people, elements=st.floats(0.1, 5)))
    state = draw(arrays(np.int64, people, elements=st.sampled_from([0, 1, 3, 5])))
    return Choosers(worth, state, sensitivity, weight, draw(st.floats(0.2, 1)), theta, outside)


prices = arrays(float, 6, elements=st.floats(20, 150))


@settings(deadline=None)
@given(many_choosers(), prices)
def test_slopes_are_the_differences_of_demand(choosers: Choosers, price: np.ndarray) -> None:
    found, h = choosers.demand(price).slope, 1e-3
    for j, step in enumerate(np.eye(6) * h):
        rise = choosers.demand(price + step).quantity - choosers.demand(price - step).quantity
        assert found[j] == pytest.approx(rise / (2 * h), rel=1e-5, abs=1e-8)


@settings(deadline=None)
@given(many_choosers(), prices, st.floats(1, 50), st.integers(0, 5))
def test_a_dearer_product_loses_and_nobody_is_lost(
    choosers: Choosers, price: np.ndarray, rise: float, product: int
) -> None:
    dearer = price + rise * np.eye(6)[product]
    before, after = choosers.quantity(price), choosers.quantity(dearer)
    assert after[product] <= before[product] + 1e-12
    if choosers.outside == -np.inf:
        for quantity in (before, after):
            assert quantity.sum() == pytest.approx(choosers.weight.sum())
    else:
        assert before.sum() < choosers.weight.sum()
    assert (choosers.demand(price).quantity == before).all()


def test_demand_over_the_future_is_the_chains() -> None:
    """Summed month by month: what a chain of choices with a review hazard makes of the future."""
    rng, hazard, discount = np.random.default_rng(1), 0.2, 0.97
    worth, alpha, price = rng.normal(size=(1, 7, 6)), 0.02, rng.uniform(30, 90, 6)
    utility = worth[0] - alpha * price
    weight = np.exp(utility)
    P = weight / weight.sum(axis=1, keepdims=True)
    theta = discount * hazard / (1 - discount * (1 - hazard))
    for state in (0, 4):
        choosers = Choosers(worth, np.array([state]), np.array([alpha]), np.ones(1), theta=theta)
        held, total = P[state], np.zeros(6)
        for month in range(2_000):
            total += (1 - discount) * discount**month * held
            held = (1 - hazard) * held + hazard * held @ P[1:]
        assert choosers.quantity(price) == pytest.approx(total, rel=1e-9)


def test_the_start_does_not_matter() -> None:
    worth = np.array([[1.0, -0.5, 0.5, 0.3, 0.2, 0.2], [0.0, 1.0, 0.0, 0.0, 0.0, 2.0]])
    choosers = Choosers.once(worth, np.array([0.02, 0.04]), 0.6)
    found = [
        bertrand_nash(choosers, COST, OWNER, np.full(6, start)).price for start in (0.0, 31.0, 90.0, 700.0)
    ]
    for price in found:
        assert price == pytest.approx(found[0], abs=1e-6)


def test_a_start_beyond_all_demand_leads_back() -> None:
    """At 40,000 RMB nobody buys, to the last bit of a number: the product is on offer all the same."""
    choosers = Choosers.once(
        np.array([[1.0, -np.inf, 0.5, -np.inf, 0.2, -np.inf]]), np.array([0.02]), 1.0, 0.0
    )
    near, far = (
        bertrand_nash(choosers, COST, OWNER, np.array([start, 60.0, 60, 60, 60, 60])).price
        for start in (60.0, 40_000.0)
    )
    assert far == pytest.approx(near, abs=1e-6)


def test_what_is_not_offered_keeps_its_price() -> None:
    worth = np.array([[1.0, -np.inf, 0.5, 0.3, 0.2, -np.inf]])
    found = bertrand_nash(Choosers.once(worth, np.array([0.02])), COST, OWNER, np.full(6, 77.0))
    assert found.offered.tolist() == [True, False, True, True, True, False]
    assert (found.price[[1, 5]] == 77.0).all()
    assert (found.price[found.offered] > COST[found.offered]).all()


def test_captives_on_both_sides_leave_no_stable_prices() -> None:
    """Each firm would rather charge its own captives dear, or all of the other's a little less."""
    held = np.zeros((2, 7, 6))
    held[..., 1::2] = -np.inf
    held[..., 4] = -np.inf  # two firms
    held[0, :, 2], held[1, :, 0] = -12.0, -12.0
    choosers = Choosers(held, np.array([1, 3]), np.array([0.1, 0.1]), np.ones(2))
    with pytest.raises(EquilibriumError, match=r"prices|firm"):
        bertrand_nash(choosers, COST, OWNER, np.full(6, 60.0))


def test_people_who_do_not_mind_prices_are_an_error_not_a_price() -> None:
    choosers = Choosers.once(np.zeros((1, 6)), np.zeros(1))
    with pytest.raises(EquilibriumError):
        bertrand_nash(choosers, COST, OWNER, np.full(6, 60.0))


def test_a_search_cut_short_says_so() -> None:
    worth = np.array([[1.0, -0.5, 0.5, 0.3, 0.2, 0.2]])
    with pytest.raises(EquilibriumError, match=r"still moved by .* RMB after 10 steps"):
        bertrand_nash(Choosers.once(worth, np.array([0.02])), COST, OWNER, np.full(6, 500.0), most_steps=1)


# ---- the market ---------------------------------------------------------------------------------


def bertrand(months: int = 4, **others: Any) -> MobileMarket:
    arguments: dict[str, Any] = {"scenario": "open", "consumers": 1_000, "rng": 3} | others
    return MobileMarket(months=months, pricing="bertrand", **arguments).run()


def test_the_market_reports_how_prices_were_found() -> None:
    market = bertrand()
    table = market.recorder.table("tariffs", "national")
    assert len(table) == 4 * 3 * 2
    assert (table["residual_rmb"] <= pricing.TOLERANCE).all()
    assert (table["curvature"] < 0).all()
    assert (table["evaluations"] > 0).all()
    last = table[table["month"] == 4]["price_rmb"].to_numpy()
    assert (last == market.price.ravel()).all()
    serving = np.tile([market.parameters.serving_cost_2g, market.parameters.serving_cost_3g], 3)
    assert table[table["month"] == 4]["markup_rmb"].to_numpy() == pytest.approx(last - serving)


def test_observed_tariffs_are_reported_too() -> None:
    market = MobileMarket("open", 400, 3, rng=1).run()
    table = market.recorder.table("tariffs", "national")
    assert table["price_rmb"].to_numpy() == pytest.approx(
        market.price_path[:, :, 1:4].transpose(2, 0, 1).ravel()
    )
    assert (table[["evaluations", "residual_rmb", "curvature"]] == 0).all(axis=None)


def test_what_nobody_can_buy_keeps_its_observed_price() -> None:
    market = bertrand(months=2)  # 3G starts in China Mobile's network first
    covered = market.coverage.max(axis=1) > 0
    assert covered.tolist() == [True, False, False]
    assert (market.price[~covered, 1] == market.price_path[~covered, 1, 2]).all()
    assert (market.price[:, 0] != market.price_path[:, 0, 2]).all()


@pytest.mark.parametrize("month", [1, 9])
def test_no_operator_gains_by_other_prices(month: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a grid far wider and finer than the one the search itself tries."""
    asked: list[Choosers] = []
    original = tariffs.choosers
    monkeypatch.setattr(tariffs, "choosers", lambda market: asked.append(original(market)) or asked[-1])
    market = bertrand(months=month, consumers=600)
    price, cost = market.tariffs[-1].price, tariffs.costs(market)
    margin, grid = price - cost, np.concatenate([np.linspace(0, 2, 21), [3, 5, 10, 30]])
    earned = margin * asked[-1].quantity(price)
    for k in range(3):
        mine = k == OWNER
        for a in grid:
            for b in grid if market.tariffs[-1].offered[2 * k + 1] else (1.0,):
                tried = margin * np.where(mine, np.tile([a, b], 3), 1.0)
                gain = (tried * asked[-1].quantity(cost + tried))[mine].sum() - earned[mine].sum()
                assert gain <= 1e-9 * earned[mine].sum(), (k, a, b)


@pytest.mark.parametrize(
    "other", [{"threads": 3}, {"activation": "shuffled"}, {"operators": OPERATORS[::-1]}]
)
def test_prices_do_not_depend_on_how_the_market_is_run(other: dict[str, Any]) -> None:
    one, two = bertrand(months=3, consumers=400), bertrand(months=3, consumers=400, **other)
    order = [two.operators.index(name) for name in one.operators]
    assert two.price[order] == pytest.approx(one.price, abs=1e-5)
    assert two.lines[:, order] == pytest.approx(one.lines)


def test_thinned_demand_gives_nearly_the_same_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bertrand(months=2, consumers=4_000).price
    monkeypatch.setattr("agents.population.MOST_ASKED", 1_000)
    assert bertrand(months=2, consumers=4_000).price == pytest.approx(whole, rel=0.03)


@pytest.mark.parametrize("seed", [3, 4])
def test_prices_are_found_where_the_future_weighs_all(seed: int) -> None:
    """Without discounting nearly all demand is the same wherever one starts from."""
    found = bertrand(months=1, consumers=400, rng=seed, discount_rate=0, switching_cost=1).tariffs[-1]
    assert found.evaluations < 40


def test_who_never_chooses_again_leaves_the_observed_prices() -> None:
    market = bertrand(months=3, consumers=310, review_hazard=0)
    nobody = [t + 1 for t, found in enumerate(market.tariffs) if not found.offered.any()]
    assert nobody == [t for t in (1, 2, 3) if (np.diff(market.entered_path)[:, t - 1] == 0).all()]
    table = market.recorder.table("tariffs", "national")
    for t in nobody:
        told = table[table["month"] == t]["price_rmb"].to_numpy()
        assert told == pytest.approx(market.price_path[:, :, t].ravel())
    assert nobody


def test_a_firm_without_a_customer_is_at_no_maximum() -> None:
    worth = np.array([[1.0, -np.inf, 0.5, -np.inf, 0.2, -np.inf]])
    choosers, price = Choosers.once(worth, np.array([1.0])), np.array([31.5, 0, 31.5, 0, 5_000, 0])
    offered = np.array([True, False] * 3)
    assert pricing.worst_curvature(choosers, price, COST, OWNER, offered) == 0.0
    assert pricing.share_gained(0.0, 0.0) == 0.0
    assert pricing.share_gained(1.0, 0.0) == np.inf
    assert pricing.share_gained(3.0, 2.0) == 0.5


def test_dearer_service_is_passed_on() -> None:
    cheap, dear = (bertrand(months=1, serving_cost_2g=cost).price for cost in (20, 40))
    assert (dear[:, 0] > cheap[:, 0] + 5).all()


def test_a_scenario_may_ask_for_it() -> None:
    raw = {"title": "Mine", "stances": dict.fromkeys(OPERATORS, "open"), "pricing": "bertrand"}
    by_file = MobileMarket(read_scenario("mine", raw), 400, 2, rng=1).run()
    assert by_file.pricing == "bertrand"
    given = MobileMarket(
        read_scenario("mine", raw | {"pricing": "observed"}), 400, 2, rng=1, pricing="bertrand"
    )
    assert (given.run().price == by_file.price).all()
    with pytest.raises(InputError, match=r"scenario mine pricing 'bertrant': did you mean 'bertrand'"):
        read_scenario("mine", raw | {"pricing": "bertrant"})


def test_other_words_are_refused() -> None:
    with pytest.raises(InputError, match="unknown pricing 'nash': allowed: observed, bertrand"):
        MobileMarket("open", 400, 2, pricing="nash")


def test_without_stable_prices_the_run_fails_and_says_when() -> None:
    with pytest.raises(RunError, match=r"month \d+: no Bertrand-Nash tariffs: .*people held fast"):
        bertrand(months=6, switching_cost=20, switching_spread=0, discount_rate=1, review_hazard=0.05)

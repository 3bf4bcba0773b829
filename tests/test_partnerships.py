"""Bargaining by hand and by its axioms; what branches and platforms expect of a deal, by hand."""

import copy
import math
import pickle
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.bargaining import (
    Gains,
    Terms,
    bargain,
    bargain_exclusivity,
    bargained_transfer,
    nash_split,
    platform_keeps,
)
from agents.partnerships import Partnerships, shut_out
from agents.platforms import bargain_all, bargain_all_exclusivity
from agents.stances import Stance
from model import forecast, last_month
from model.census import Moves
from model.flows import Flows, choice_slopes
from model.payment_changes import expect_changes, room_for_changes
from model.payment_tables import Ways
from model.settlement import Rates

money = st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: round(x, 2))
weights = st.floats(0, 1)


def test_split_by_hand() -> None:
    assert nash_split(100.0, 0.5, (0.0, 0.0)) == (50.0, 50.0)
    assert nash_split(100.0, 0.3, (10.0, 20.0)) == pytest.approx((59.0, 41.0))  # 70 to share
    assert nash_split(100.0, 0.0, (10.0, 20.0)) == (80.0, 20.0)
    assert nash_split(100.0, 1.0, (10.0, 20.0)) == (10.0, 90.0)
    assert nash_split(10.0, 0.5, (-20.0, 10.0)) == (-10.0, 20.0)


def test_nothing_to_gain_leaves_the_disagreement_point() -> None:
    assert nash_split(30.0, 0.4, (10.0, 20.0)) == (10.0, 20.0)
    assert nash_split(25.0, 0.4, (10.0, 20.0)) == (10.0, 20.0)


@given(money, weights, money, money)
def test_nobody_bargains_below_the_disagreement_point(
    joint: float, weight: float, first: float, second: float
) -> None:
    one, two = nash_split(joint, weight, (first, second))
    assert one >= first
    assert two >= second
    if joint - first - second > 0:
        assert one + two == pytest.approx(joint, abs=1e-5)


@given(st.floats(1, 1e6), st.floats(0.05, 0.95))
def test_the_split_maximises_the_nash_product(joint: float, weight: float) -> None:
    one, two = nash_split(joint, weight, (0.0, 0.0))
    product = one ** (1 - weight) * two**weight
    for step in (-0.01, 0.01):
        x = one + step * joint
        assert max(x, 0) ** (1 - weight) * max(joint - x, 0) ** weight <= product * (1 + 1e-12)


def test_fee_terms_by_hand() -> None:
    # Joint gain 100, half each: the platform must pass on 80 - 50 = 30 of a pool of 120.
    gains = Gains(operator=20.0, platform=80.0, pool=120.0, headroom=40.0)
    assert gains.joint == 100
    assert bargain(gains, 0.5) == Terms(revenue_share=0.25)
    assert bargain(gains, 0.2) == Terms(revenue_share=0.5)
    assert bargain(gains, 0.8) == Terms()  # the reference terms give each its part
    # With a weight of 0.9 the platform is owed 10 more: a quarter of what the fee can rise by.
    assert bargain(gains, 0.9) == Terms(fee_rise=pytest.approx(0.25))
    assert bargained_transfer(gains, 0.9) == pytest.approx(-10)
    assert platform_keeps(gains, Terms(revenue_share=0.25)) == 50
    assert platform_keeps(gains, Terms(fee_rise=0.25)) == 90


def test_fee_terms_have_ends() -> None:
    assert bargain(Gains(80.0, 20.0, pool=120.0, headroom=20.0), 0.5) == Terms(fee_rise=1.0)  # owed 30
    assert bargain(Gains(80.0, 20.0, pool=120.0), 0.5) == Terms()  # no way to raise the fee
    assert bargain(Gains(-10.0, 110.0, pool=50.0), 0.5) == Terms(revenue_share=1.0)  # owed 60
    assert bargain(Gains(20.0, 80.0, pool=0.0), 0.5) == Terms()


def test_no_deal_without_a_joint_gain_or_with_fees_too_small() -> None:
    assert not bargain(Gains(-60.0, 50.0, pool=100.0), 0.5).agreed
    assert not bargain(Gains(-50.0, 50.0, pool=100.0), 0.5).agreed
    assert not bargain(Gains(-30.0, 100.0, pool=20.0), 0.5).agreed  # all the pool still leaves -10
    assert not bargain(Gains(100.0, -30.0, pool=200.0), 0.5).agreed  # a share cannot be negative
    assert not bargain(Gains(100.0, -30.0, pool=200.0, headroom=20.0), 0.5).agreed
    assert bargain(Gains(100.0, -30.0, pool=200.0, headroom=130.0), 0.5) == Terms(fee_rise=0.5)


def kept(gains: Gains, terms: Terms) -> tuple[float, float]:
    """Return what each side gains under fee terms, whichever way the money goes."""
    passed = terms.revenue_share * gains.pool - terms.fee_rise * gains.headroom
    return gains.operator + passed, gains.platform - passed


@given(money, money, st.floats(0, 1e9), st.floats(0, 1e9), weights)
def test_no_side_loses_by_a_deal(
    operator: float, platform: float, pool: float, headroom: float, weight: float
) -> None:
    gains = Gains(operator, platform, pool, headroom)
    terms = bargain(gains, weight)
    slack = 1e-9 * max(abs(operator), abs(platform), pool, headroom, 1)
    assert 0 <= terms.revenue_share <= 1
    assert 0 <= terms.fee_rise <= 1
    assert min(terms.revenue_share, terms.fee_rise) == 0
    assert (terms.premium, terms.exclusive) == (0, False)
    if not terms.agreed:
        # Either nothing is gained together, or one side loses by the terms that suit it best.
        owed = platform - weight * max(gains.joint, 0.0)
        sides = operator + min(max(owed, -headroom), pool), platform - min(max(owed, -headroom), pool)
        assert gains.joint <= 0 or min(sides) < slack
        assert kept(gains, terms) == pytest.approx(sides, abs=slack)
        return
    assert gains.joint > 0
    assert min(kept(gains, terms)) >= -slack


table = st.tuples(money, money, st.floats(0, 1e9), st.floats(0, 1e9), money, weights)


@settings(deadline=None)  # the first may have to be compiled
@given(
    st.lists(table, min_size=1, max_size=5),
    st.floats(0, 1e9),
    st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_many_tables_at_once_are_bargained_like_each_alone(
    tables: list[Any], forgone: float, asked: list[bool]
) -> None:
    """A province a table, with one branch each; where nobody proposes a deal none is agreed."""
    *parts, weight = np.array(tables).T
    gains, proposed = (
        Gains(*(part[:, None].copy() for part in parts)),
        np.array(asked[: len(tables)])[:, None],
    )
    ordinary = bargain_all(gains, weight.copy(), proposed)
    lost = np.full(proposed.shape, forgone)
    won = bargain_all_exclusivity(gains, ordinary, lost, weight.copy(), proposed)
    for i, (*one, its_weight) in enumerate(tables):
        alone = bargain(Gains(*one), its_weight)
        alone = alone._replace(agreed=alone.agreed and asked[i])
        assert alone == tuple(part[i, 0] for part in ordinary)
        assert bargain_exclusivity(Gains(*one), alone, forgone, its_weight) == tuple(
            part[i, 0] for part in won
        )


def test_a_gain_that_is_only_the_last_digit_of_a_sum_is_none() -> None:
    x = 65619053618.81908
    for loss in (x, np.nextafter(x, 0.0), np.nextafter(x, np.inf)):
        assert not bargain(Gains(x, -loss, pool=8.77e10, headroom=x), 0.0).agreed


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 0.99))
def test_large_fees_reach_the_free_split(operator: float, platform: float, weight: float) -> None:
    gains = Gains(operator, platform, pool=1e7, headroom=1e7)
    terms = bargain(gains, weight)
    assert terms.agreed == (gains.joint > gains.rounding)
    if not terms.agreed:
        return
    split = (1 - weight) * gains.joint, weight * gains.joint
    assert kept(gains, terms) == pytest.approx(split, abs=1e-6)


@given(st.floats(0.01, 1e6), st.floats(0.01, 1e6), st.sampled_from((0.0, 1.0)))
def test_a_side_that_gains_nothing_still_signs(operator: float, platform: float, weight: float) -> None:
    gains = Gains(operator, platform, pool=1e7, headroom=1e7)
    terms = bargain(gains, weight)
    assert terms.agreed
    assert kept(gains, terms) == pytest.approx(((1 - weight) * gains.joint, weight * gains.joint), abs=1e-6)


def test_equals_share_equally() -> None:
    gains = Gains(20.0, 80.0, pool=200.0, headroom=200.0)
    assert kept(gains, bargain(gains, 0.5)) == pytest.approx((50, 50))
    mirrored = Gains(80.0, 20.0, pool=200.0, headroom=200.0)
    assert kept(mirrored, bargain(mirrored, 0.5)) == pytest.approx((50, 50))


def test_weights_at_their_extremes() -> None:
    gains = Gains(20.0, 80.0, pool=200.0, headroom=200.0)
    assert kept(gains, bargain(gains, 0.0)) == pytest.approx((100, 0))
    assert kept(gains, bargain(gains, 1.0)) == pytest.approx((0, 100))


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(1, 1e6), st.floats(0, 1e6))
def test_a_heavier_platform_never_passes_on_more(
    operator: float, platform: float, pool: float, headroom: float
) -> None:
    gains = Gains(operator, platform, pool, headroom)
    passed = [bargained_transfer(gains, weight) for weight in (0, 0.3, 0.6, 1)]
    assert passed == sorted(passed, reverse=True)


def test_exclusivity_by_hand() -> None:
    gains, terms = Gains(20.0, 80.0, pool=120.0, exclusivity=50.0), Terms(0.25)
    # 50 gained, 30 forgone: of the 20 that are left the platform gets a quarter on top of its 30.
    assert bargain_exclusivity(gains, terms, 30.0, 0.25) == Terms(0.25, premium=35.0, exclusive=True)
    assert not bargain_exclusivity(gains, terms, 50.0, 0.25).agreed
    assert not bargain_exclusivity(gains, terms, 60.0, 0.25).agreed
    assert not bargain_exclusivity(Gains(20.0, 80.0, 120.0), terms, 0.0, 0.25).agreed
    # No ordinary deal, no exclusive one.
    assert not bargain_exclusivity(gains, terms._replace(agreed=False), 30.0, 0.25).agreed


@given(st.floats(0, 1e6), st.floats(0, 1e6), weights)
def test_a_premium_makes_good_what_is_forgone(exclusivity: float, forgone: float, weight: float) -> None:
    gains, ordinary = Gains(1.0, 1.0, 1.0, exclusivity=exclusivity), Terms(fee_rise=0.5)
    won = bargain_exclusivity(gains, ordinary, forgone, weight)
    assert won.agreed == (exclusivity > forgone)
    if not won.agreed:
        return
    assert won.exclusive
    assert (won.revenue_share, won.fee_rise) == (0, 0.5)
    assert forgone <= won.premium <= exclusivity * (1 + 1e-12)


# ---- deals in force -----------------------------------------------------------------------------


def terms_of(shape: tuple[int, int], **values: Any) -> Terms:
    """Return terms that are the same for all, or arrays of them, as arrays of a shape (G, K)."""
    given = Terms(**({"revenue_share": 0.0} | values))
    kinds = (float, float, float, bool, bool)
    return Terms(*(np.full(shape, part, kind) for part, kind in zip(given, kinds, strict=True)))


def shut_out_of(deals: Partnerships, platform: int) -> list[list[bool]]:
    """Return which branches a rival's exclusive deal keeps from a platform, by province and operator."""
    K, G, _ = deals.in_force.shape
    return [[bool(shut_out(deals.tables[0], k, g, platform)) for k in range(K)] for g in range(G)]


def test_a_deal_runs_to_its_last_month() -> None:
    deals = Partnerships(2, 3, 1, 4)
    wanted = np.ones((2, 3, 1), bool)
    terms = terms_of((3, 2), revenue_share=0.4, fee_rise=0.2, premium=7.0, exclusive=True)
    signing = np.zeros((3, 2), bool)
    signing[2, 1] = True
    services = np.tile(np.array([1, 1, 0, 1], bool), (2, 3, 1, 1))
    deals.sign(0, signing, terms, ends=12, services=services)
    assert deals.newly_integrated.sum() == 1
    deals.begin_month(12, wanted)
    assert deals.in_force.sum() == 1
    assert deals.in_force[1, 2, 0]
    assert deals.revenue_share[1, 2, 0] == 0.4
    assert deals.fee_rise[1, 2, 0] == 0.2
    assert deals.premium[1, 2, 0] == 7
    assert deals.services[1, 2, 0].tolist() == [True, True, False, True]
    # Nobody shuts out oneself, or anybody in another province.
    assert shut_out_of(deals, 0) == [[False, False], [False, False], [True, False]]
    deals.begin_month(13, wanted)
    assert not deals.in_force.any()
    assert not deals.exclusive.any()
    assert not deals.services.any()
    assert not deals.premium.any()
    assert shut_out_of(deals, 0) == [[False, False]] * 3
    assert deals.integrated.sum() == 1
    assert deals.integrated[1, 2, 0]  # once is for good


def test_systems_are_joined_once() -> None:
    deals, everything = Partnerships(1, 2, 1, 4), np.ones((1, 2, 1, 4), bool)
    wanted, signing = np.ones((1, 2, 1), bool), np.array([[True], [False]])
    deals.sign(0, signing, terms_of((2, 1)), ends=5, services=everything)
    assert deals.newly_integrated[0, :, 0].tolist() == [True, False]
    deals.begin_month(6, wanted)
    assert not deals.newly_integrated.any()
    deals.sign(0, ~signing | signing, terms_of((2, 1)), ends=9, services=everything)
    assert deals.newly_integrated[0, :, 0].tolist() == [False, True]
    assert deals.integrated.all()


def test_who_does_not_sign_keeps_what_holds() -> None:
    deals = Partnerships(2, 2, 2, 4)
    everything = np.ones((2, 2, 2, 4), bool)
    deals.sign(1, np.ones((2, 2), bool), terms_of((2, 2), revenue_share=0.1), ends=5, services=everything)
    share = np.array([[0.5, 0.6], [0.7, 0.8]])  # by province
    later = np.array([[True, False], [True, False]])
    deals.sign(1, later, terms_of((2, 2), revenue_share=share), ends=9, services=everything)
    assert deals.revenue_share[:, :, 1].tolist() == [[0.5, 0.7], [0.1, 0.1]]
    assert deals.ends[:, :, 1].tolist() == [[9, 9], [5, 5]]
    assert not deals.in_force[:, :, 0].any()  # with another platform


def test_a_branch_that_closes_ends_its_deal() -> None:
    deals = Partnerships(1, 2, 1, 4)
    terms, everything = terms_of((2, 1), revenue_share=0.4), np.ones((1, 2, 1, 4), bool)
    deals.sign(0, np.ones((2, 1), bool), terms, ends=12, services=everything)
    deals.begin_month(2, np.array([[[True], [False]]]))
    assert deals.in_force[0, :, 0].tolist() == [True, False]


def test_who_is_to_meet() -> None:
    """Whoever wants a deal, has none, and is not to wait for the next talks."""
    deals, nobody = Partnerships(1, 2, 1, 4), np.zeros((1, 2, 1), bool)
    first = np.array([[[True], [False]]])
    assert deals.begin_month(2, first)
    assert not deals.begin_month(2, nobody)
    deals.talks[0, 0, 0] = 4
    assert not deals.begin_month(3, first)
    assert deals.begin_month(4, first)
    assert deals.begin_month(3, ~first)
    deals.sign(0, first[0], terms_of((2, 1)), ends=5, services=np.ones((1, 2, 1, 4), bool))
    assert not deals.begin_month(5, first)
    assert deals.begin_month(6, first)


def test_a_copy_of_deals_is_apart_and_of_one_piece() -> None:
    deals = Partnerships(1, 2, 1, 4)
    for other in (copy.deepcopy(deals), pickle.loads(pickle.dumps(deals))):
        other.sign(0, np.ones((2, 1), bool), terms_of((2, 1)), ends=5, services=np.ones((1, 2, 1, 4), bool))
        assert other.in_force.all()
        assert other.services.all()
        assert (other.ends == 5).all()
        assert not deals.in_force.any()


# ---- what a deal is expected to be worth --------------------------------------------------------


def small_market(**changes: Any) -> Any:
    """Return a province of 1,000 lines: 600, 300 and 100 at three operators; one platform."""
    parameters = SimpleNamespace(
        review_hazard=0.1,
        deal_months=12,
    )
    people = np.zeros((1, 3, 2, 4))
    people[0, :, 0, 0] = [50, 20, 8]
    people[0, :, 1, 1] = [10, 10, 2]
    market = SimpleNamespace(
        parameters=parameters,
        lines=np.array([[600.0, 300.0, 100.0]]),
        lines_3g=np.array([[60.0, 150.0, 0.0]]),
        price=np.array([[70.0, 100.0], [60.0, 90.0], [50.0, 80.0]]),
        serving_cost=np.array([[30.0, 40.0]] * 3),
        A=4,
        customers_by_accounts=people,
        scale=np.array([10.0]),
        platform_accounts=np.array([[200.0]]),
        online_share=np.array([0.4]),
        stance=np.array([[Stance.OPEN], [Stance.EXCLUSIVE], [Stance.CLOSED]]),
        flows=Flows(
            between=np.array([[0, 0.02, 0.01], [0.03, 0, 0.02], [0.04, 0.05, 0]]),
            leaving=np.array([0.03, 0.05, 0.09]),
            entering=np.array([0.5, 0.3, 0.2]),
            entrants=np.array([20.0]),
        ),
    )
    vars(market).update(changes)
    # What forecasts know of last month.
    chosen = market.flows.choices(parameters.review_hazard)
    margin = last_month.margin(market.lines, market.lines_3g, market.price, market.serving_cost)
    moving = (market.flows.entrants, market.flows.entering)
    slopes = choice_slopes(market.lines, chosen, parameters.review_hazard, *moving)
    market.last = SimpleNamespace(flows=market.flows, chosen=chosen, slopes=slopes, margin=margin)
    return market


def people_won(market: Any, pull: np.ndarray) -> list[float]:
    """Return the customers that each branch of the province wins by a pull (K,), mean over a deal's year."""
    return [forecast.people_won(market.last.slopes[0], k, pull) * 12 / 2 for k in range(3)]


def kept_from_rivals(market: Any, pull: np.ndarray) -> list[float]:
    """Return the customers that each branch keeps where rivals go without a pull (K,), mean over the year."""
    stance = np.array(market.stance[:, 0], np.int64)
    return [forecast.kept_from_rivals(market.last.slopes[0], k, pull, stance) * 12 / 2 for k in range(3)]


def test_margin() -> None:
    # 2G earns 40, 30, 20 a month and 3G 60, 50, 40; a tenth, a half and none are on 3G.
    assert small_market().last.margin == pytest.approx(np.array([[42.0, 40.0, 20.0]]))


def test_flows_by_hand() -> None:
    """Two provinces, a row stands for 10 and for 20 lines; the first operator ends with 12 + 5 rows."""
    from_to = np.array([[[0, 3], [1, 0]], [[0, 1], [2, 0]]])
    entered = np.array([[4, 0], [0, 1]])
    customers = np.array([[12, 8], [5, 5]])
    flows = Flows.of(entered, from_to, customers, np.array([10.0, 20.0]))
    # At the start: 12 - 1 + 3 - 4 = 10 and 5 - 2 + 1 = 4 rows, so 180 lines, of which 30 + 20 left.
    # The second: 8 - 3 + 1 = 6 and 5 - 1 + 2 - 1 = 5 rows, so 160 lines, of which 10 + 40 left.
    assert flows.between == pytest.approx(np.array([[0, 50 / 180], [50 / 160, 0]]))
    assert flows.leaving == pytest.approx([50 / 180, 50 / 160])
    assert flows.entering == pytest.approx([40 / 60, 20 / 60])
    assert flows.entrants == pytest.approx([40, 20])
    still = Flows.of(entered * 0, from_to * 0, customers, np.array([10.0, 20.0]))
    assert not still.between.any()
    assert not still.entering.any()


def test_people_won() -> None:
    """Of a tenth who review, 30 % of the second's customers come: 300 * 0.03 * (1 - 0.3), and so on."""
    first = (300 * 0.03 * 0.7 + 100 * 0.04 * 0.6) + 600 * 0.03 * 0.7 + 20 * 0.5 * 0.5
    second = (600 * 0.02 * 0.8 + 100 * 0.05 * 0.5) + 300 * 0.05 * 0.5 + 20 * 0.3 * 0.7
    won = people_won(small_market(), np.array([0.5, 1.0, 0.0]))
    assert won == pytest.approx([first * 0.5 * 6, second * 6, 0])


def moves(utility: np.ndarray, switching: float) -> np.ndarray:
    """Return logit probabilities of going from the row's operator to the column's."""
    weight = np.exp(utility - switching * (1 - np.eye(3)))
    return weight / weight.sum(axis=1, keepdims=True)


def logit_market(switching: float) -> Any:
    """Return the small market with the flows of a logit, a tenth of the lines reviewing."""
    chances, new = moves(np.array([0.3, 0.0, -0.5]), switching), moves(np.array([0.3, 0.0, -0.5]), 0)[0]
    between = 0.1 * chances * (1 - np.eye(3))
    flows = Flows(between, between.sum(axis=1), new, np.array([20.0]))
    stance = np.full((3, 1), Stance.OPEN)
    return small_market(flows=flows, stance=stance)


def chosen(pull: np.ndarray, switching: float) -> np.ndarray:
    """Return how many of the month's reviewers and entrants choose each operator."""
    utility = np.array([0.3, 0.0, -0.5]) + pull
    reviewing = 0.1 * np.array([600.0, 300.0, 100.0])
    return reviewing @ moves(utility, switching) + 20 * moves(utility, 0)[0]


@pytest.mark.parametrize("switching", [0.0, 1.0, 4.0])
def test_people_won_is_the_logits_slope(switching: float) -> None:
    pull, market = 1e-5 * np.eye(3), logit_market(switching)
    for k in range(3):
        gained = chosen(pull[k], switching)[k] - chosen(-pull[k], switching)[k]
        assert people_won(market, pull[k])[k] == pytest.approx(gained / 2 * 6, rel=1e-6)


def test_kept_from_rivals() -> None:
    """The closed rival does not partner anyway, so its pull of 2 takes nobody."""
    kept = kept_from_rivals(small_market(), np.array([0.5, 1.0, 2.0]))
    # Of 60, 30 and 10 who review, shares (.7, .2, .1), (.3, .5, .2) and (.4, .5, .1) choose each.
    met = 60 * 0.7 * 0.2 + 30 * 0.3 * 0.5 + 10 * 0.4 * 0.5
    first = met * 1.0 + 20 * 0.5 * 0.3 * 1.0
    second = met * 0.5 + 20 * 0.3 * 0.5 * 0.5
    third = 60 * 0.1 * (0.35 + 0.2) + 30 * 0.2 * (0.15 + 0.5) + 10 * 0.1 * (0.2 + 0.5)
    third += 20 * 0.2 * (0.5 * 0.5 + 0.3 * 1.0)
    assert kept == pytest.approx(np.array([first, second, third]) * 6)


@pytest.mark.parametrize("switching", [0.0, 1.0, 4.0])
def test_kept_from_rivals_is_the_logits_slope(switching: float) -> None:
    pull = 1e-5
    market = logit_market(switching)
    kept = kept_from_rivals(market, np.full(3, pull))
    for k in range(3):
        rivals = pull * (np.arange(3) != k)
        lost = (chosen(-rivals, switching)[k] - chosen(rivals, switching)[k]) / 2
        assert kept[k] == pytest.approx(lost * 6, rel=1e-6)


def test_accounts_brought() -> None:
    # A hazard of 0.01 + 0.02 * 0.2; of those without an account (0.4 - 0.2) / (1 - 0.2) are online.
    without = np.array([500.0, 200.0, 80.0])
    # What promotes another platform, and its own lines without an account, do not count.
    campaign, contacts = np.array([9.0, 0.01, 9.0]), np.array([9.0, 0.02, 9.0])
    market, lacking = small_market(), np.stack([without + 1, without], axis=1)[None]
    accounts = np.array([[700.0, 200.0]])
    brought = forecast.accounts_brought(
        campaign, contacts, accounts, market.lines, market.online_share, lacking, 1
    )
    assert brought[0] == pytest.approx(0.014 * 0.25 * without)
    # Where all who use the internet have an account, nobody is left to open one.
    accounts[0, 1] = 400.0
    none = forecast.accounts_brought(
        campaign, contacts, accounts, market.lines, market.online_share, lacking, 1
    )
    assert (none == 0).all()


def test_what_last_months_customers_would_spend() -> None:
    """Two operators in each of two provinces, no two alike; the platform's account is the first bit."""
    customers = np.zeros((2, 2, 2, 4), np.int64)
    customers[0, 0, :, :2], customers[0, 1, :, ::2] = [[4, 0], [0, 2]], [[0, 3], [1, 0]]
    customers[1, 0, 0, :2], customers[1, 1, :, ::3] = [1, 1], [[2, 0], [0, 2]]
    each = np.array([[[1.0, 0, 500, 60], [2, 0, 600, 61]], [[3, 0, 700, 62], [4, 0, 800, 63]]])
    scale = np.array([10.0, 100.0])
    everybody, on_3g, held, without = last_month.count_customers(customers, scale, 1)
    a_line = last_month.spend(
        np.array([[50.0, 80.0], [40.0, 60.0]]),
        each,
        np.array([[3, 1], [0, 2]]),  # of 6, 4, 2 and 4 who joined
        np.array([[1, 1], [0, 1]]),  # of 2, 1, 0 and 2 on 3G who came to it
        everybody,
        on_3g,
    )
    assert everybody.tolist() == [[6, 4], [2, 4]]
    assert on_3g.tolist() == [[2, 1], [0, 2]]
    assert held == pytest.approx(np.array([[0.5, 0.2, 0.3, 0], [3 / 6, 1 / 6, 0, 2 / 6]]))
    assert without[..., 0].tolist() == [[40, 40], [100, 200]]
    lines = customers * scale[:, None, None, None]
    subscribing, bills, handsets, purchases = np.einsum("gkna,gkns->sgka", lines, a_line)
    assert bills.tolist() == [
        [[2000, 1600, 0, 0], [600, 0, 1200, 0]],
        [[5000, 5000, 0, 0], [8000, 0, 0, 12000]],
    ]
    assert subscribing == pytest.approx(
        np.array([[[20, 10, 0, 0], [5, 0, 15, 0]], [[0] * 4, [400, 0, 0, 400]]])
    )
    assert handsets == pytest.approx(
        np.array([[[0, 5000, 0, 0], [6000, 0, 0, 0]], [[0] * 4, [0, 0, 0, 80000]]])
    )
    assert purchases.tolist() == [[[0, 1200, 0, 0], [610, 0, 0, 0]], [[0] * 4, [0, 0, 0, 12600]]]


def test_expected_payments_by_hand() -> None:
    """One operator in one province: half of its 200 lines hold the platform's account."""
    log = math.log
    market = SimpleNamespace(
        parameters=SimpleNamespace(
            review_hazard=0.1,
        ),
        wallet_open=np.zeros((1, 1), bool),
        ways=Ways(np.zeros(3), log(3), 0.0, np.array([0.1, 0.4, 0.1, 0.4]), 0.1, 1.0, 0.2),
        acceptance=np.zeros((1, 2)),
        M=1,
        services_offered=np.ones((1, 1, 1, 4), bool),
        partnerships=SimpleNamespace(services=np.zeros((1, 1, 1, 4), bool)),
        customers_by_accounts=np.array([[[[5, 5, 0, 0], [5, 5, 0, 0]]]]),
        scale=np.array([10.0]),
        price=np.array([[50.0, 80.0]]),
        serving_cost=np.array([[30.0, 30.0]]),
        lines=np.array([[200.0]]),
        lines_3g=np.array([[100.0]]),
        # Of 20 rows 2 joined; of 10 on 3G 2 came to it, of the 8 who changed anything.
        moves=Moves(
            entered=np.array([[1]]), from_to=np.array([[[0]]]), joined=np.array([[2]]), left=np.array([[0]]),
            new_3g=np.array([[2]]), changes=np.array([8]),
        ),
        value_each=np.array([[[40.0, 0.0, 500.0, 60.0]]]),
    )  # fmt: skip
    # Without an account the platform is worth as much as cash, with one three times as much.
    last = last_month.last_month(market)
    assert last.without[0, 0] == pytest.approx([100])
    assert last.take_3g == pytest.approx([0.25])
    found = forecast.expected_changes(market, 0, last)
    bills = (100 * 50 + 100 * 80) / 2
    other = 0.1 * 100 * 40 + 0.2 * 50 * 500
    by_cash, by_platform = 1 / 2 + 1 / 4, 1 / 2 + 3 / 4
    assert found.bills[0, 0] == pytest.approx((bills + other) * by_platform)
    assert found.saved[0, 0] == pytest.approx((bills + other) * (2 - by_cash))  # all was cash
    assert found.purchases[0, 0] == pytest.approx(3000 * by_platform)
    value = (log(2) + log(4)) / 2
    joining = 0.2 / 2  # on 3G, for those with an account
    on_2g, on_3g = 0.1 * 0.6 * value, 1.0 * value + joining
    assert found.pull[0, 0] == pytest.approx(0.75 * on_2g + 0.25 * on_3g)
    # A deal in force is looked at as if it were not.
    market.partnerships.services[:] = True
    for before, now in zip(found, forecast.expected_changes(market, 0, last), strict=True):
        assert before == pytest.approx(now)


def random_branches(rng: np.random.Generator) -> dict[str, Any]:
    """Return two provinces, three operators and three platforms, with wallets, deals and offers by chance."""
    covered = rng.random((3, 2, 3, 4)) < 0.6
    covered[:, :, :, 1] = covered[:, :, :, 0]  # now and then a service is open as the one before
    return {
        "wallet_open": np.array([[True, True, False], [False, True, True]]),
        "services": covered,
        "acceptance": rng.random((2, 6)),
        "platform": 1,
        "offered": rng.random((3, 2, 3, 4)) < 0.7,
        "customers": rng.integers(0, 9, (2, 3, 2, 16)),
        "scale": np.array([10.0, 30.0]),
        "spent": 100 * rng.random((2, 3, 2, 4)) * [[1, 1, 0, 0], [1, 1, 1, 1]],
        "held": rng.dirichlet(np.ones(16), 2),
        "take_3g": rng.random(2),
        "room": np.zeros(1, room_for_changes(3)),
    }


def plain_payments(ways: Ways, at: dict[str, Any], services: np.ndarray, g: int, k: int) -> list[np.ndarray]:
    """Return RMB by service and method (S, D), and the mean worth, by a branch's deals (M, S); ODD 7.10."""
    held = np.arange(16)
    accounts = np.array([0 * held, held >> 3, held & 1, held >> 1 & 1, held >> 2 & 1])  # (D, A)
    reach = np.array([0.0, at["acceptance"][g, 3 + k], *at["acceptance"][g, :3]])
    utility = ways.taste[:, None] + ways.familiarity * accounts + ways.merchant_pull * reach[:, None]
    utility[0] = 0.0
    lines = at["customers"][g, k] * at["scale"][g]
    rmb, on_2g, on_3g = np.zeros((4, 5)), 0.0, 0.0
    for s in range(4):
        can = np.array([True, at["wallet_open"][g, k], *services[:, s]])
        weight = np.exp(utility) * can[:, None]
        rmb[s] = (weight / weight.sum(axis=0)) @ (at["spent"][g, k, :, s] @ lines)
        value = ways.service_weights[s] * np.log(weight.sum(axis=0))
        on_2g, on_3g = on_2g + value * (s != 3), on_3g + value
    eased = sum((accounts[2:].T @ services[:, s] > 0) / 2 for s in (0, 2))
    on_2g, on_3g = ways.lambda_2g * on_2g, ways.lambda_3g * on_3g + ways.join_online * eased
    take_3g = at["take_3g"][g]
    return [rmb, at["held"][g] @ ((1 - take_3g) * on_2g + take_3g * on_3g)]


@pytest.mark.parametrize("seed", range(5))
def test_what_a_deal_changes_is_the_logit_with_it_less_the_logit_without(seed: int) -> None:
    rng = np.random.default_rng(seed)
    at = random_branches(rng)
    ways = Ways(rng.normal(size=5), 0.8, 1.5, np.array([0.1, 0.4, 0.2, 0.3]), 0.4, 1.3, 0.6)
    bills, purchases, saved, pull = expect_changes(ways, *at.values())
    for g in range(2):
        for k in range(3):
            without, with_deal = at["services"][k, g].copy(), at["services"][k, g].copy()
            without[1], with_deal[1] = False, at["offered"][k, g, 1]
            before, worth_before = plain_payments(ways, at, without, g, k)
            after, worth_after = plain_payments(ways, at, with_deal, g, k)
            assert bills[g, k] == pytest.approx(after[:3, 3].sum())
            assert purchases[g, k] == pytest.approx(after[3, 3])
            assert saved[g, k] == pytest.approx((before - after)[:3, 0].sum())
            assert pull[g, k] == pytest.approx(worth_after - worth_before)


def test_gains_by_hand() -> None:
    """Three branches of which the last is closed; only the second's systems were joined before."""
    rates = Rates(
        merchant_fee=0.006,
        processing_cost=0.002,
        outlet_commission=0.05,
        service_fee=0.01,
        fee_headroom=0.04,
        handset_cost=0.0,
        wallet_fixed_cost=0.0,
        integration_cost=600.0,
        coverage_cost=0.0,
        web_purchases=50.0,
    )
    changes = forecast.Changes(
        bills=np.array([[4000.0, 1000, 0]]),
        purchases=np.array([[500.0, 0, 1000]]),
        saved=np.array([[3000.0, 1000, 0]]),
        pull=np.array([[0.1, 0.2, 0.4]]),
    )
    slopes = np.array([[[5.0, -2, -1], [-2, 3, -0.5], [-1, -0.5, 2]]])
    brought, margin = np.array([[20.0, 0, 10]]), np.array([[40.0, 30, 20]])
    stance = np.array([[Stance.OPEN], [Stance.EXCLUSIVE], [Stance.CLOSED]], np.int64)
    integrated = np.array([[[False, True]], [[True, False]], [[True, True]]])
    known = (brought, slopes, margin, stance, integrated)
    gains = Gains(*forecast.weigh_up(rates, 12.0, 0, changes, *known))
    # Integration is 50 a month; of what is won at the start of a year six months' worth is the mean.
    won = np.array([5 * 0.1 * 40, 3 * 0.2 * 30, 2 * 0.4 * 20]) * 6
    assert gains.operator[0] == pytest.approx(np.array([150 - 40 - 50, 50 - 10, 0]) + won)
    assert gains.pool[0] == pytest.approx([40 + 3, 10, 6])
    assert gains.headroom[0] == pytest.approx([160, 40, 0])
    # An account brings 50 a month spent on the web, less 0.2 of 0.6 per cent: 0.2 RMB.
    web = np.array([20, 0, 10]) * 6 * 0.2
    assert gains.platform[0] == pytest.approx(np.array([43 - 9 - 50, 10 - 2, 6 - 2]) + web)
    kept = np.array([2 * 0.2 * 40, 2 * 0.1 * 30, (1 * 0.1 + 0.5 * 0.2) * 20]) * 6
    assert gains.exclusivity[0] == pytest.approx(kept)

"""Stances taken by hand while a market runs."""

from typing import Any

import numpy as np
import pytest

from agents.stances import Stance
from model.errors import InputError
from model.market import MobileMarket
from model.scenarios import load_scenario, read_scenario

ZHEJIANG = 10  # place in the order of codes
MOBILE = 0


def run(scenario: Any, months: int = 12, **others: Any) -> MobileMarket:
    return MobileMarket(scenario, 1_000, months, rng=3, **others)


def live(market: MobileMarket, months: int) -> MobileMarket:
    for _ in range(months):
        market.step()
    return market


def same(a: MobileMarket, b: MobileMarket) -> bool:
    return all(
        np.array_equal(one[name], two[name])
        for one, two in zip(a.recorder.months, b.recorder.months, strict=True)
        for name in one.dtype.names
    )


def test_opened_by_hand_is_opened_by_a_scenario() -> None:
    """Whoever opens in month 6, by hand or as planned, lives through the same months."""
    stances = dict.fromkeys(("china_mobile", "china_unicom", "china_telecom"), "closed")
    branch = {
        "operator": "china_mobile",
        "province": "Zhejiang",
        "stance": "open",
        "opens": "2009-06",
    }
    planned = run(read_scenario("planned", {"title": "t", "stances": stances, "branches": [branch]})).run()
    by_hand = live(run("closed"), 5)
    by_hand.take_stance("china_mobile", "open", "Zhejiang")
    by_hand.run()
    assert planned.provinces[ZHEJIANG] == "Zhejiang"
    assert planned.partnerships.in_force[MOBILE, ZHEJIANG].any()
    assert same(planned, by_hand)


def test_all_branches_by_hand_are_a_scenario() -> None:
    by_hand = live(run("closed"), 3)
    for operator in by_hand.operators:
        by_hand.take_stance(operator, "open")
    assert same(by_hand.run(), run("open").run())


def test_closing_ends_deals_at_once_and_opens_the_wallet() -> None:
    market, untouched = live(run("open", months=30), 20), live(run("open", months=30), 21)
    assert market.partnerships.in_force[MOBILE, ZHEJIANG].any()
    market.take_stance("china_mobile", "closed", "Zhejiang")
    assert market.stance[MOBILE, ZHEJIANG] == Stance.OPEN  # this month is over; the next is another
    market.step()
    deals, planned = market.partnerships.in_force, untouched.partnerships.in_force
    assert not deals[MOBILE, ZHEJIANG].any()
    others = np.arange(31) != ZHEJIANG
    assert np.array_equal(deals[:, others], planned[:, others])
    assert planned[1:, ZHEJIANG].any(axis=1).all()
    assert deals[1:, ZHEJIANG].any(axis=1).all()
    assert market.wallet_open[ZHEJIANG, MOBILE] == (market.wallet_launch[MOBILE] <= market.month)
    assert market.branches[MOBILE][ZHEJIANG].stance == Stance.CLOSED


def test_opened_again_it_waits_for_the_old_term() -> None:
    """Signed in month 4 for twelve months: the next talks are in month 16, deal or no deal until then."""
    market = live(run("open", months=30), 8)
    deals = market.partnerships.in_force[MOBILE, ZHEJIANG]
    assert deals.any()
    market.take_stance("china_mobile", "closed", "Zhejiang")
    live(market, 2).take_stance("china_mobile", "open", "Zhejiang")
    for _ in range(11, 16):
        market.step()
        assert not deals.any()
        assert market.branches[MOBILE][ZHEJIANG].stance == Stance.OPEN
    market.step()
    assert market.month == 16
    assert deals.any()


def test_history_by_hand_is_bargained() -> None:
    """A branch that was never recorded may partner; one that closes stays closed whatever is recorded."""
    market = live(run("history", months=20), 1)
    market.take_stance("china_mobile", "closed", "Zhejiang")  # recorded from April 2009 on
    market.take_stance("china_mobile", "open", "Guangdong")
    guangdong = market.provinces.index("Guangdong")
    assert not market.recorded[MOBILE, guangdong].any()
    assert market.recorded[MOBILE, ZHEJIANG].all()
    market.run()
    deals = market.recorder.stacked("deals")[:, :, MOBILE]
    assert not deals[:, ZHEJIANG].any()
    assert deals[-1, guangdong] > 0
    untouched = run("history", months=20).run()
    assert untouched.recorder.stacked("deals")[-1, ZHEJIANG, MOBILE] > 0
    assert untouched.recorder.stacked("deals")[-1, guangdong, MOBILE] == 0


def test_nothing_before_the_change_moves() -> None:
    market = live(run("closed"), 6)
    market.take_stance("china_unicom", "open")
    market.run()
    plain = run("closed").run()
    for name in ("lines_3g", "profit_rmb", "deals", "accounts"):
        assert np.array_equal(market.recorder.stacked(name)[:6], plain.recorder.stacked(name)[:6])
    assert not np.array_equal(market.recorder.stacked("deals"), plain.recorder.stacked("deals"))
    assert load_scenario("closed").stances["china_unicom"] == Stance.CLOSED


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("china_mobil", "open"), "unknown operator 'china_mobil': did you mean 'china_mobile'?"),
        (("china_mobile", "ajar"), "unknown stance 'ajar': allowed: closed, open, exclusive"),
        (("china_mobile", "open", "Zhejang"), "did you mean"),
    ],
)
def test_names_are_checked(given: tuple[str, ...], says: str) -> None:
    with pytest.raises(InputError, match=says.replace("?", r"\?")):
        run("closed").take_stance(*given)


def test_after_the_last_month_nothing_can_change() -> None:
    market = run("closed", months=2).run()
    with pytest.raises(InputError, match="month 2 was the last"):
        market.take_stance("china_mobile", "open")

"""Nothing is decoration: every parameter, and every entry of a scenario, moves some outcome."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.outcomes import measure_run
from model.market import MobileMarket
from model.parameters import Parameters
from model.scenarios import ALLOWED, FOLDER, read_scenario
from model.schemas import OPERATORS

type Finished = Callable[..., MobileMarket]

CONSUMERS, MONTHS = 1000, 15  # a deal signed in April 2009 is bargained anew in April 2010

# A parameter moves nothing where it has nothing to work on; these need a particular market.
ABOUT_WALLETS = ("lock_in", "taste_wallet", "wallet_campaign", "wallet_contacts", "wallet_fixed_cost")
NEEDS: dict[str, dict[str, Any]] = {
    **{name: {"scenario": "closed"} for name in ABOUT_WALLETS},
    "sensitivity_spread": {"review_hazard": 0.3},
    "wallet_contacts": {"scenario": "closed", "wallet_campaign": 0.1},
    "lock_in": {"scenario": "closed", "wallet_campaign": 0.1, "review_hazard": 0.3},
    "downgrade_cost": {"review_hazard": 0.5, "contract_months": 0},
    "dissimilarity": {"review_hazard": 0.5, "consumers": 4000},
    "taste_unionpay_online": {"scenario": "history"},
    "lines_ceiling": {"consumers": 400, "months": 62},
}
# Its plausible range would be symmetric around its value, which is 0 by definition.
MOVED_TO: dict[str, float] = {"standing_china_mobile": 1.0}
SETTLED = ("discount_rate",)  # used where outcomes are added up over months


def tables(market: MobileMarket) -> dict[str, np.ndarray]:
    """Return the national tables' numbers."""
    return {
        name: market.recorder.table(name, "national").select_dtypes("number").to_numpy()
        for name in ("operators", "platforms", "market", "payments")
    }


def moved(a: MobileMarket, b: MobileMarket) -> bool:
    one, two = tables(a), tables(b)
    return any(one[name].shape != two[name].shape or (one[name] != two[name]).any() for name in one)


def another_value(name: str) -> float:
    """Return the end of the plausible range that lies further from the default."""
    about = Parameters.fields()[name]
    if name in MOVED_TO:
        return MOVED_TO[name]
    value = max(about["plausible"], key=lambda end: abs(end - about["default"]))
    return float(round(value) if about["unit"] == "months" else value)


@pytest.mark.parametrize("name", [name for name in Parameters.fields() if name not in SETTLED])
def test_every_parameter_moves_something(finished: Finished, name: str) -> None:
    setting = {"scenario": "exclusive", "consumers": CONSUMERS, "months": MONTHS} | NEEDS.get(name, {})
    usual = finished(**setting)
    assert moved(usual, finished(**(setting | {name: another_value(name)}))), f"{name} moves nothing"


def test_the_discount_rate_moves_outcomes(finished: Finished) -> None:
    market = finished("exclusive", CONSUMERS, MONTHS)
    frames = [market.recorder.table(name, "national") for name in ("operators", "platforms", "market")]
    now, later = (measure_run(*frames, rate) for rate in (0.0, 0.15))
    assert now != later


def test_the_same_values_move_nothing(finished: Finished) -> None:
    """The test above can fail: a parameter set to its own default changes no number."""
    usual = finished("exclusive", CONSUMERS, MONTHS)
    default = Parameters.fields()["lock_in"]["default"]
    assert not moved(usual, finished("exclusive", CONSUMERS, MONTHS, lock_in=default))


PLAIN: dict[str, Any] = {"title": "Plain", "stances": dict.fromkeys(OPERATORS, "open")}
ENTRIES: dict[str, dict[str, Any]] = {
    "opens": {"opens": "2009-06"},
    "deals": {"deals": "observed"},
    "pricing": {"pricing": "bertrand"},
    "stances": {"stances": dict.fromkeys(OPERATORS, "closed")},
    "branches": {"branches": [{"operator": "china_mobile", "province": "Guangdong", "stance": "closed"}]},
    "parameters": {"parameters": {"era": 0.5}},
}


def run_of(raw: dict[str, Any]) -> MobileMarket:
    return MobileMarket(read_scenario("mine", raw), CONSUMERS, 8, rng=1).run()


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_of_a_scenario_moves_something(entry: str) -> None:
    assert moved(run_of(PLAIN), run_of(PLAIN | ENTRIES[entry]))


@pytest.mark.parametrize("stance", ["closed", "exclusive"])
def test_every_stance_moves_something(stance: str) -> None:
    other = {"stances": PLAIN["stances"] | {"china_mobile": stance}}
    plain = PLAIN | {"opens": "2009-04"}
    assert moved(run_of(plain), run_of(plain | other))


def test_exclusivity_from_january_moves_something() -> None:
    """Nobody has moved before the first month, so the first talks with anything to go by are later."""
    other = {"stances": PLAIN["stances"] | {"china_mobile": "exclusive"}}
    assert moved(run_of(PLAIN), run_of(PLAIN | other))


def test_when_a_branch_opens_moves_something() -> None:
    closed = PLAIN | {"stances": dict.fromkeys(OPERATORS, "closed")}
    branch = {"operator": "china_mobile", "province": "Guangdong", "stance": "open"}
    early, late = (
        run_of(closed | {"branches": [branch | {"opens": month}]}) for month in ("2009-02", "2009-07")
    )
    assert moved(early, late)


def test_a_refusal_of_exclusivity_moves_something_where_somebody_bids() -> None:
    stances = {"stances": PLAIN["stances"] | {"china_mobile": "exclusive"}, "opens": "2009-04"}
    bids, open_ones = PLAIN | stances, PLAIN | {"opens": "2009-04"}
    refuses = {"refuse_exclusivity": ["alipay", "tenpay", "unionpay_online"]}
    assert moved(run_of(bids), run_of(bids | refuses))
    assert not moved(run_of(open_ones), run_of(bids | refuses))  # then an exclusive branch is an open one
    assert not moved(run_of(PLAIN), run_of(PLAIN | refuses))


def test_words_about_a_scenario_move_nothing() -> None:
    assert set(ENTRIES) | {"title", "about", "refuse_exclusivity"} == set(ALLOWED)
    assert not moved(run_of(PLAIN), run_of(PLAIN | {"title": "Other", "about": "Words."}))


def test_scenarios_differ(finished: Finished) -> None:
    names = [path.stem for path in sorted(Path(FOLDER).glob("*.toml"))]
    for a in names:
        for b in names:
            same = a == b
            assert moved(finished(a, CONSUMERS, 12), finished(b, CONSUMERS, 12)) != same

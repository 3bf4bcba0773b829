"""Nobody costs more than the rule needs: counted call by call, not by the clock.

What is needed follows from docs/odd.md, not from what the code did before: one choice for everybody who is
due or enters, one look at contacts a choice, a call of the generator for four neighbours who share a draw.
More is a regression, whatever it does to the time on some machine; less is welcome.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from counting import FAULTS

HERE = Path(__file__).resolve().parent
# 3G worth having and short contracts: some are in a contract, some are due, some enter.
BUSY = {
    "months": 6,
    "review_hazard": 0.2,
    "contract_months": 3,
    "quality_china_mobile": 0.0,
    "quality_china_unicom": 0.0,
    "quality_china_telecom": 0.0,
}
CASES: dict[str, dict[str, Any]] = {
    "open": {"scenario": "open"},
    "closed": {"scenario": "closed"},
    "open, busy": {"scenario": "open", **BUSY},
    "closed, busy": {"scenario": "closed", "wallet_campaign": 0.1, "wallet_contacts": 0.2, **BUSY},
}
MODEST = {"settle: draws for first operator", "settle: draws for arrival"}

type Month = dict[str, Any]

pytestmark = pytest.mark.slow


@cache
def counted(case: str, fault: str | None = None) -> list[Month]:
    """Return what every month took and needed, counted where rules are plain Python."""
    done = subprocess.run(
        # Without compilation, whole numbers of 64 bits that wrap around (as they must) are warned of.
        [
            sys.executable,
            "-W",
            "ignore",
            str(HERE / "counting.py"),
            json.dumps(CASES[case] | {"fault": fault}),
        ],
        cwd=HERE.parents[1],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def most_allowed(needed: dict[str, int]) -> dict[str, int]:
    """Return the most of each that a month may take; what is not named here may not happen at all.

    K operators. A choice takes an exponential for each of its 2 K options, two for the person's traits, two
    to hold the best 3G against 2G; a logarithm for each option's shock, for the 3G nest's value and for its
    shock, for the surplus, and for the normal draws behind the traits. One draw gives an operator's two
    shocks, another the nest's.
    """
    K, choices = needed["operators"], needed["due"] + needed["new"]
    return {
        "review: choices": choices,
        "review: contacts": choices,
        "review: exp": choices * (2 * K + 4),
        "review: log": choices * (2 * K + 4),
        "review: draws for review": needed["groups"],
        "review: draws for traits": choices,
        "review: draws for taste": choices * (K + 1),
        "review: draws for arrival": needed["new"],
        # The bill, and shopping by phone; whoever changes the subscription also pays for number and handset.
        "pay: draws for payment": 2 * needed["groups"] + needed["changed"],
        "open_accounts: draws for opening": needed["groups"],
        # Is the person online? Asked once, and again if friends matter; each time two answers are given: with
        # no friend and with all of them, then twice with those there are.
        "open_accounts: draws for arrival": needed["lucky"] + needed["asking"],
        "open_accounts: openings": 2 * (needed["lucky"] + needed["asking"]),
        "open_accounts: contacts": needed["asking"],
    }


def excesses(month: Month) -> set[str]:
    """Return what a month did more often than it needed; "strangers" drew in a review without choosing."""
    most, done = most_allowed(month["needed"]), month["done"]
    found = {name for name, times in done.items() if times > most.get(name, 0)}
    return found | ({"strangers"} if month["strangers"] else set())


@pytest.mark.parametrize("case", CASES)
def test_a_month_takes_no_more_than_the_rule_needs(case: str) -> None:
    assert {month["month"]: excesses(month) for month in counted(case)[1:] if excesses(month)} == {}


@pytest.mark.parametrize("case", CASES)
def test_whoever_must_choose_does(case: str) -> None:
    """Fewer choices would be wrong, and a name that has moved would let everything pass unseen."""
    for month in counted(case)[1:]:
        needed, done = month["needed"], month["done"]
        assert done["review: choices"] == needed["due"] + needed["new"]
        assert done["review: contacts"] > 0
        assert done["review: draws for review"] > 0
        assert done["review: log"] > 0


@pytest.mark.parametrize("case", ["open, busy", "closed, busy"])
def test_the_busy_markets_have_all_kinds_of_people(case: str) -> None:
    months = [month["needed"] for month in counted(case)[1:]]
    for kind in ("due", "new", "changed", "lucky", "asking"):
        assert sum(needed[kind] for needed in months) > 20
    assert max(needed["in contract"] for needed in months) > 100  # who must not be visited


@pytest.mark.parametrize("case", ["open", "closed"])
def test_the_start_takes_a_draw_an_operator_and_one_for_accounts(case: str) -> None:
    start = counted(case)[0]
    lines = start["needed"]["in use"]
    assert 0 < start["done"]["settle: draws for first operator"] <= lines * start["needed"]["operators"]
    assert 0 < start["done"]["settle: draws for arrival"] <= lines
    assert {name for name in start["done"] if "draws" in name} == MODEST


WRONG = {
    "visit_everybody": {"review: draws for taste", "strangers"},
    "choose_without_being_due": {"review: choices", "review: contacts", "strangers"},
    "look_contacts_up_twice": {"review: contacts"},
    "draw_one_by_one": {"review: draws for review", "pay: draws for payment"},
    "ask_without_need": {"open_accounts: contacts"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    found = set().union(*(excesses(month) for month in counted("open, busy", fault)[1:]))
    assert WRONG[fault] <= found

"""Docking: a second market, written from docs/odd.md alone, makes the same choices [Axtell1996].

`plain` is slow and plain: one object a consumer, no table, no rule of `agents` or `model`. Given the same
draws, every consumer must choose the same in every month, and every deal, payment and measure must be the
same. That holds the document, the rules and the compiled loops to each other.

[Axtell1996] R. Axtell, R. Axelrod, J. Epstein, M. Cohen, "Aligning simulation models: a case study and
results", Computational and Mathematical Organization Theory 1(2).
"""

import ast
import itertools
import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from cases import CASES, PRICED, SENSITIVE, SMALL_CASES, random_case
from comparing import (
    PRICES_AGREE,
    both_markets,
    differences,
    live_through_a_month,
    payments_differ,
    people_differ,
    prices_of,
)
from count_branches import DEMAND, MORE_RULES, PLAIN, RULES, TABLES
from plain import tariffs
from plain.consumer import Consumer
from plain.deals import Forecast
from plain.given import Luck
from plain.payments import Menu
from plain.places import Province
from plain.tariffs import Demand

from model.parameters import Parameters

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

# The only functions in the files of rules whose lines and branches need not be taken.
NOT_RULES = {
    # People who choose once, for checks against the textbook.
    "agents/demand.py": ("once",),
    # What was held as the month began, for whoever looks at the columns; rules read the byte.
    "agents/columns.py": ("subscription_before", "accounts_before"),
    # Sums of a deal's gains for whoever looks at them; loops call the rules themselves.
    "agents/bargaining.py": ("joint", "rounding"),
    # Payments valued for whoever looks at their table, by the same `value_payments` as settling.
    "model/settlement.py": ("payments_of", "value_month"),
    # How deals are pickled and copied.
    "agents/partnerships.py": ("__getstate__", "__setstate__"),
    # Totals of a platform for whoever looks at it as a Mesa agent; no rule reads them.
    "agents/platforms.py": ("accounts", "acceptance", "partners"),
}
# All that the plain market may have of the project: input data, and the draws and ties that are given.
GIVEN = {
    "agents.draws": {
        "ACCOUNTS_AT_START",
        "ACCOUNT_OPENING",
        "FIRST_OPERATOR",
        "NEST_STREAM",
        "PAYMENT",
        "REVIEW",
        "TASTE",
        "TRAITS",
        "stream_of",
        "uniforms",
    },
    "agents.contacts": {"contacts_of"},
    "agents.network": {"build_network"},
    "model.horizon": {"extended"},
    "model.observations": {"load_observations"},
    "model.parameters": {"Parameters"},
    "model.people": {"entered_lines", "rows_by_province"},
    "model.scenarios": {"load_scenario"},
    "scipy.optimize": {"root"},
}
OF_PYTHON = {"collections", "copy", "dataclasses", "functools", "itertools", "math"}


@pytest.mark.parametrize("file", PLAIN)
def test_the_plain_market_shares_no_rule(file):
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            names = {name.name for name in node.names}
            # NumPy only to hand over what is given, and to add up demand.
            assert names <= OF_PYTHON | ({"numpy"} if file.endswith(("given.py", "tariffs.py")) else set())
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] not in {"plain", *OF_PYTHON}:
            assert {name.name for name in node.names} <= GIVEN[node.module]


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_both_markets_make_the_same_choices(name):
    assert list(islice(differences(CASES[name]), 10)) == []


@pytest.mark.parametrize("name", SMALL_CASES)
def test_small_markets_make_the_same_choices(name):
    assert list(islice(differences(SMALL_CASES[name]), 10)) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4))
def test_both_markets_agree_on_random_markets(number):
    assert list(islice(differences(random_case(number)), 10)) == []


# ---- tariffs -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", PRICED)
def test_both_markets_find_the_same_prices_and_agree_on_what_follows(name):
    assert list(islice(differences(PRICED[name]), 10)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["open", "closed, wallets hold", "mixed, all review"])
def test_the_plain_markets_own_prices_lead_to_the_same_choices(name):
    case = PRICED[name]
    market, plain = both_markets(case)
    for _ in range(case.months):
        market.step()
        plain.step()
        assert list(people_differ(market, plain)) == []
        assert list(payments_differ(market, plain)) == []


@pytest.fixture(scope="module", params=["closed, wallets hold", "history, hasty", "open, patient"])
def priced(request):
    """Return the plain market's demand in the last month of a case, and the market's prices."""
    case = PRICED[request.param]
    market, plain = both_markets(case)
    for _ in range(case.months):
        live_through_a_month(case, market, plain)
    return plain.demand, np.array([prices_of(market)[product] for product in plain.demand.products])


def profit(demand, owner, price):
    """Return the profit that an operator, by number, sets its prices by, RMB."""
    return ((price - demand.cost) * demand.quantity(price))[demand.owner == owner].sum()


def test_the_plain_slopes_are_those_of_the_plain_demand(priced):
    demand, price = priced
    for product, slopes in enumerate(demand.slope(price).T):
        # The slope of an analytic function, without a difference of nearly equal numbers.
        step = 1e-30j * (np.arange(len(price)) == product)
        assert slopes == pytest.approx(demand.quantity(price + step).imag / 1e-30, rel=1e-9)


def test_profits_are_flat_at_the_markets_prices(priced):
    demand, price = priced
    assert np.abs(demand.distance(price)).max() < PRICES_AGREE
    step = 1e-30j * np.eye(len(price))
    for product, owner in enumerate(demand.owner):
        flat = profit(demand, owner, price + step[product]).imag / 1e-30
        assert abs(flat) < 1e-6 * demand.quantity(price)[product]


MULTIPLES = (0, 0.3, 0.6, 0.8, 0.9, 0.97, 1, 1.03, 1.1, 1.25, 1.5, 2, 3, 5, 12, 30)


def test_no_operator_gains_by_other_prices_in_the_plain_market(priced):
    demand, price = priced
    for owner in set(demand.owner):
        earned = profit(demand, owner, price)
        for on_2g, on_3g in itertools.product(MULTIPLES, repeat=2):
            multiple = np.where(demand.on_3g, on_3g, on_2g)
            tried = demand.cost + (price - demand.cost) * np.where(demand.owner == owner, multiple, 1)
            assert profit(demand, owner, tried) <= earned * (1 + 1e-9)


# ---- every branch was taken ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """Return coverage.py's report, by file, of the small cases run in pure Python."""
    report = tmp_path_factory.mktemp("docking") / "report.json"
    # Without compilation, whole numbers of 64 bits that wrap around (as they must) are warned of.
    command = [sys.executable, "-W", "ignore", str(HERE / "count_branches.py"), str(report)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(report.read_text())


@pytest.mark.slow
@pytest.mark.parametrize("file", PLAIN)
def test_every_line_and_branch_of_the_plain_market_is_taken(counted, file):
    report = counted["files"][file]
    assert (report["missing_lines"], report["missing_branches"]) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("file", [*RULES, *MORE_RULES, *TABLES, *DEMAND])
def test_every_line_and_branch_of_the_rules_is_taken(counted, file):
    report = counted["files"][file]
    excepted = [report["functions"][name] for name in excepted_functions(report, file)]
    allowed_lines = {line for part in excepted for line in part["missing_lines"]}
    allowed_branches = {tuple(branch) for part in excepted for branch in part["missing_branches"]}
    assert set(report["missing_lines"]) == allowed_lines
    assert set(map(tuple, report["missing_branches"])) == allowed_branches


@pytest.mark.slow
def test_every_condition_inside_an_expression_came_out_both_ways(counted):
    assert counted["conditions"] > 150
    # Whether rules are compiled is no rule, and here they never are.
    assert [found for found in counted["one_sided"] if found[2] != "numba.config.DISABLE_JIT"] == []


def excepted_functions(report, file):
    """Return the full names of a file's functions that are no rules; each must exist."""
    names = [name for name in report["functions"] if name.rpartition(".")[2] in NOT_RULES.get(file, ())]
    assert len(names) == len(NOT_RULES.get(file, ()))
    return names


# ---- the comparison can fail -----------------------------------------------------------------------

TARIFFS = PRICED["history, hasty"]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(Parameters.fields()))
def test_a_change_of_any_parameter_is_noticed(name):
    # Observed prices ask nobody what tomorrow is worth; where lines end is felt beyond the data only.
    needs = {"discount_rate": TARIFFS, "lines_ceiling": CASES["beyond the data"]}
    case = needs.get(name, SENSITIVE)
    about = Parameters.fields()[name]
    value = case.parameters.get(name, about["default"])
    step = 1.0 if about["unit"] == "months" else 0.5 * (abs(value) or 1.0)
    changed = value + step if value + step <= about["bounds"][1] else max(value - step, about["bounds"][0])
    assert next(differences(case, **{name: changed}), None)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Consumer, "cost_of_moving"),
        (Consumer, "hazard"),
        (Menu, "utility"),
        (Menu, "ease_of_joining"),
        (Forecast, "customers_won"),
        (Forecast, "accounts_brought"),
        (Forecast, "keeps"),
    ],
)
def test_a_wrong_sign_is_noticed(monkeypatch, owner, name):
    right = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *arguments: -right(*arguments))
    assert next(differences(SENSITIVE), None)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Consumer, "expected_surplus"),
        (Forecast, "customers_won"),
        (Forecast, "accounts_brought"),
        (Forecast, "keeps"),
        (Menu, "probability"),
        (Province, "share_of_changes_to_3g"),
    ],
)
def test_an_error_of_a_millionth_is_noticed(monkeypatch, owner, name):
    right = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *arguments: right(*arguments) * (1.0 + 1e-6))
    assert next(differences(SENSITIVE), None)


def test_an_error_of_a_millionth_in_demand_is_noticed(monkeypatch):
    right = Demand.quantity
    monkeypatch.setattr(Demand, "quantity", lambda *arguments: right(*arguments) * (1.0 + 1e-6))
    assert "price of" in next(differences(TARIFFS))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("due", lambda person, month, monthly, theta: theta),
        ("thinning", lambda market: 2),
        ("as_if", lambda person, product: person),
        ("people_asked", lambda market: [person for person in market.people if person.subscription]),
    ],
)
def test_a_wrong_demand_is_noticed(monkeypatch, name, wrong):
    monkeypatch.setattr(tariffs, name, wrong)
    assert "price of" in next(differences(TARIFFS))


def test_another_persons_luck_is_noticed(monkeypatch):
    right = Luck.one
    monkeypatch.setattr(
        Luck,
        "one",
        lambda self, purpose, month, code, position, stream=0: right(
            self, purpose, month, code, position ^ 1, stream
        ),
    )
    assert next(differences(SENSITIVE), None)

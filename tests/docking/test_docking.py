"""Docking: a second market, written from docs/odd.md alone, makes the same choices [Axtell1996].

`plain` is slow and plain: one object a consumer, no table, no rule of `agents` or `model`. Given the same
draws, every consumer must choose the same in every month, and every deal, payment and measure must be the
same. That holds the document, the rules and the compiled loops to each other.

[Axtell1996] R. Axtell, R. Axelrod, J. Epstein, M. Cohen, "Aligning simulation models: a case study and
results", Computational and Mathematical Organization Theory 1(2).
"""

import ast
import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from cases import CASES, SENSITIVE, random_case
from comparing import differences
from count_branches import MORE_RULES, PLAIN, RULES, TABLES
from plain.consumer import Consumer
from plain.deals import Forecast
from plain.given import Luck
from plain.payments import Menu
from plain.places import Province

from model.parameters import Parameters

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

# The only functions in the files of rules whose branches need not be taken.
NOT_RULES = {
    # Probabilities, for checks against theory; the market draws.
    "agents/choice.py": ("write_probabilities",),
    # Totals of a platform for whoever looks at it as a Mesa agent; no rule reads them.
    "agents/platforms.py": ("accounts", "acceptance", "partners"),
}
# The only parts of conditions that need not come out both ways.
NO_CONDITIONS = {
    # A value, not a condition: the terms themselves, which are always something.
    ("model/negotiation.py", "platform.terms_as_recorded(g, expected)"),
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
    "agents.contacts": {"build_network", "contacts_of", "multiplied"},
    "agents.population": {"_entry_inverses"},
    "model.observations": {"load_observations"},
    "model.parameters": {"Parameters"},
    "model.people": {"entered_lines", "rows_by_province"},
    "model.scenarios": {"load_scenario"},
}
OF_PYTHON = {"collections", "dataclasses", "functools", "itertools", "math"}


@pytest.mark.parametrize("file", PLAIN)
def test_the_plain_market_shares_no_rule(file):
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            names = {name.name for name in node.names}
            # NumPy only to hand over what is given, in given.py.
            assert names <= OF_PYTHON | ({"numpy"} if file.endswith("given.py") else set())
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] not in {"plain", *OF_PYTHON}:
            assert {name.name for name in node.names} <= GIVEN[node.module]


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_both_markets_make_the_same_choices(name):
    assert list(islice(differences(CASES[name]), 10)) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4))
def test_both_markets_agree_on_random_markets(number):
    assert list(islice(differences(random_case(number)), 10)) == []


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
@pytest.mark.parametrize("file", [*RULES, *MORE_RULES, *TABLES])
def test_every_line_and_branch_of_the_rules_is_taken(counted, file):
    report = counted["files"][file]
    excepted = [report["functions"][name] for name in excepted_functions(report, file)]
    allowed_lines = {line for part in excepted for line in part["missing_lines"]}
    allowed_branches = {tuple(branch) for part in excepted for branch in part["missing_branches"]}
    assert set(report["missing_lines"]) == allowed_lines
    assert set(map(tuple, report["missing_branches"])) == allowed_branches


@pytest.mark.slow
def test_every_condition_inside_an_expression_came_out_both_ways(counted):
    one_sided = {(file, condition) for file, _, condition, _ in counted["one_sided"]}
    assert counted["conditions"] > 100
    assert one_sided == NO_CONDITIONS


def excepted_functions(report, file):
    """Return the full names of a file's functions that are no rules; each must exist."""
    names = [name for name in report["functions"] if name.rpartition(".")[2] in NOT_RULES.get(file, ())]
    assert len(names) == len(NOT_RULES.get(file, ()))
    return names


# ---- the comparison can fail -----------------------------------------------------------------------

# Moves nothing within a run: outcomes of different months are weighed by it afterwards.
OUTSIDE_THE_MARKET = {"discount_rate"}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(Parameters.fields().keys() - OUTSIDE_THE_MARKET))
def test_a_change_of_any_parameter_is_noticed(name):
    case = SENSITIVE
    about = Parameters.fields()[name]
    value = case.parameters.get(name, about["default"])
    step = 1.0 if about["unit"] == "months" else 0.5 * (abs(value) or 1.0)
    changed = value + step if value + step <= about["bounds"][1] else value - step
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

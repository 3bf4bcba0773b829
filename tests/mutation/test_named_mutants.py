"""Sabotage by name: each wrong rule, written into a copy of the packages, makes quick tests fail."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.mutation.killers import OWN, WITHOUT

ROOT = Path(__file__).parents[2]
PACKAGES = ("agents", "model", "experiments", "data", "tests")
CHOICE, ROUNDS, PARTNERS = (
    "tests/test_choice.py::test_",
    "tests/test_rounds.py::test_",
    "tests/test_partnerships.py::test_",
)
OUTLOOK = "tests/test_outlook.py::test_"


class Sabotage(NamedTuple):
    """A wrong rule: the file, what it says, what it says instead, and a test that must notice."""

    file: str
    right: str
    wrong: str
    test: str


SIGN_OF_SWITCHING = Sabotage(
    "agents/choice.py",
    "v -= leaves * switching\n",
    "v += leaves * switching\n",
    CHOICE + "leaving_costs_the_switching_cost",
)
SABOTAGE = {
    "switching cost with the wrong sign": SIGN_OF_SWITCHING,
    "coverage ignored": Sabotage(
        "model/outlook.py",
        "on_3g if coverage > 0.0 else -np.inf",
        "on_3g",
        OUTLOOK + "without_coverage_there_is_no_3g",
    ),
    "friends with the operator count twice": Sabotage(
        "agents/choice.py",
        "world.same_operator * near\n",
        "2.0 * world.same_operator * near\n",
        CHOICE + "contacts_count_once_each",
    ),
    "the installed base counts twice": Sabotage(
        "model/outlook.py",
        "+ appeal.installed_base * share",
        "+ 2.0 * appeal.installed_base * share",
        OUTLOOK + "what_a_network_is_worth_before_price",
    ),
    "lock-in ignored": Sabotage(
        "agents/choice.py",
        "v -= (leaves & has_wallet) * world.lock_in\n",
        "v -= 0.0\n",
        CHOICE + "a_wallet_locks_in_only_while_it_runs",
    ),
    "price with the wrong sign": Sabotage(
        "agents/choice.py",
        "- sensitivity * world.price[k, network]",
        "+ sensitivity * world.price[k, network]",
        CHOICE + "standing_and_price",
    ),
    "wallet money is thought to move": Sabotage(
        "agents/choice.py",
        "accounts if k == mine else accounts & (wallet_bit - 1)",
        "accounts",
        CHOICE + "wallet_money_does_not_move",
    ),
    "wallet money moves": Sabotage(
        "agents/reviewing.py",
        "accounts &= world.wallet_bit - 1\n",
        "pass\n",
        ROUNDS + "review[10]",
    ),
    "dissimilarity ignored": Sabotage(
        "agents/choice.py",
        "weigh_options(x.utility, world.dissimilarity, n,",
        "weigh_options(x.utility, 1.0, n,",
        CHOICE + "the_best_by_utility_and_shock_is_chosen",
    ),
    "merchants do not follow": Sabotage(
        "agents/platforms.py",
        "return acceptance + speed * (users - acceptance)",
        "return acceptance",
        "tests/test_platforms.py::test_merchants_follow_users_with_a_lag",
    ),
    "exclusivity does not shut out": Sabotage(
        "agents/partnerships.py",
        "return (bound != 0) & (deals.exclusive[k, g, m] == 0)",
        "return False",
        PARTNERS + "a_deal_runs_to_its_last_month",
    ),
    "a contract a month too long": Sabotage(
        "agents/reviewing.py",
        "month + world.contract_months - 1",
        "month + world.contract_months",
        ROUNDS + "review[10]",
    ),
    "everybody reviews twice as often": Sabotage(
        "agents/choice.py",
        "return luck < world.review_hazard\n",
        "return luck < 2.0 * world.review_hazard\n",
        CHOICE + "who_is_free_reviews_by_luck",
    ),
    "a review in the contract's last month": Sabotage(
        "agents/choice.py",
        "return month > contract_end\n",
        "return month >= contract_end\n",
        CHOICE + "contract_holds_to_its_last_month",
    ),
    "the last lane chooses for all": Sabotage(
        "agents/reviewing.py",
        "lanes.position[i] = row - start\n",
        "lanes.position[i] = first + chose[n - 1] - start\n",
        ROUNDS + "review[10]",
    ),
    "whoever holds a wallet is a friend of its kind": Sabotage(
        "agents/acquaintance.py",
        "& (operator_of(subscription) == operator_of(own))",
        "& True",
        ROUNDS + "open_accounts",
    ),
}


def copied(to: Path) -> Path:
    """Return a copy of the packages; nothing compiled comes along."""
    ignored = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, to / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


def spoil(copy: Path, sabotage: Sabotage) -> None:
    """Write the wrong rule in place of the right one, which must stand there once."""
    path = copy / sabotage.file
    source = path.read_text(encoding="utf-8")
    assert source.count(sabotage.right) == 1
    path.write_text(source.replace(sabotage.right, sabotage.wrong), encoding="utf-8")


def test_every_module_of_rules_has_tests_of_its_own() -> None:
    modules = {path.stem for path in (ROOT / "agents").glob("*.py")}
    assert modules - set(WITHOUT) == set(OWN)
    for test in (test.split("::")[0] for tests in OWN.values() for test in tests):
        assert (ROOT / test).is_file()


type Outcomes = dict[str, tuple[int, str]]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Return what came of the test of every sabotage, and of all tests without any: `none`."""
    every = sorted({one.test for one in SABOTAGE.values()})
    copies = {name: copied(tmp_path_factory.mktemp("copy")) for name in ("none", *SABOTAGE)}
    for name, sabotage in SABOTAGE.items():
        spoil(copies[name], sabotage)
    tests = {"none": every} | {name: [one.test] for name, one in SABOTAGE.items()}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "forked.py")],
        input=json.dumps([(str(copies[name]), tests[name]) for name in copies]),
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return {name: tuple(found) for name, found in zip(copies, json.loads(done.stdout), strict=True)}


@pytest.mark.slow
@pytest.mark.parametrize("name", SABOTAGE)
def test_sabotage_is_noticed(outcomes: Outcomes, name: str) -> None:
    status, said = outcomes[name]
    assert status == 1, said  # 1: tests ran, and some failed
    assert "1 failed" in said


@pytest.mark.slow
def test_without_sabotage_all_is_well(outcomes: Outcomes) -> None:
    status, said = outcomes["none"]
    assert status == 0, said


@pytest.mark.slow
def test_verification_disagrees_with_a_wrong_sign(tmp_path: Path) -> None:
    """With the compiler on, through the command a reader would use."""
    copy = copied(tmp_path)
    spoil(copy, SIGN_OF_SWITCHING)
    command = (
        "import sys, agents; print(agents.__file__);"
        "from experiments.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", command, "verify", "--case", "switching", "--workers", "1"],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy), "NUMBA_DISABLE_JIT": "0"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith(str(copy))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "DISAGREES" in done.stdout

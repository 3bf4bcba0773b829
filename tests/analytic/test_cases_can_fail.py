"""A limiting case notices when one ingredient of the market is not what its theory says."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from experiments.verification.bare import bare_market
from experiments.verification.cases import MODULES, case_of
from experiments.verification.checks import Check
from model.market import MobileMarket

SEED = 3


def times(name: str, factor: float) -> Callable[[dict], dict]:
    """Return a change of keywords that multiplies one, where it is given."""
    return lambda given: given | ({name: given[name] * factor} if name in given else {})


def always(**values: Any) -> Callable[[dict], dict]:
    """Return a change of keywords that sets some."""
    return lambda given: given | values


WRONG: list[tuple[str, str, Callable[[dict], dict], str]] = [
    ("logit", "a tighter nest", times("dissimilarity", 0.95), "share of"),
    ("logit", "dearer money", times("price_sensitivity", 1.02), "surplus"),
    ("logit", "a rarer review", times("review_hazard", 0.9), "on 3G after"),
    ("logit", "a contract that ends", times("contract_months", 0.05), "on 3G after 12 months"),
    ("logit", "a cost of leaving", always(switching_cost=0.1), "share of"),
    ("mean_field", "a rarer review", times("review_hazard", 0.9), "at the end"),
    ("mean_field", "a longer contract", always(contract_months=4), "at the end"),
    ("mean_field", "coverage flat at nine tenths", always(coverage=0.9), "at the end"),
    ("mean_field", "twice the feedback", times("installed_base", 2.0), "at the end"),
    ("mean_field", "leaving for free", always(switching_cost=0.0), "power of N"),
    ("mean_field", "a looser nest", times("dissimilarity", 1.3), "at the end"),
    ("mean_field", "word of mouth", always(word_of_mouth=0.2), "at the end"),
    ("switching", "a higher cost", times("switching_cost", 1.03), "from"),
    ("switching", "costs that differ", always(switching_spread=0.3), "from"),
    ("switching", "a rarer review", always(review_hazard=0.95), "churn"),
    ("network_effects", "twice the effect", times("installed_base", 2.0), "stands still"),
    ("network_effects", "a rarer review", always(review_hazard=0.85), "growth"),
    ("network_effects", "contacts that count", always(same_operator=0.1), "response"),
    ("network_effects", "a cost of leaving", always(switching_cost=0.1), "growth"),
]


def failed_checks(case: str, change: Callable[[dict], dict], monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """Return what a case misses in markets that are not what it asks for."""

    def another(rows: int, months: int, seed: int, **given: Any) -> MobileMarket:
        return bare_market(rows, months, seed, **change(given))

    module = import_module(f"experiments.verification.{MODULES[case]}")
    monkeypatch.setattr(module, "bare_market", another)
    if case == "mean_field":  # fewer runs: what is wrong here is seen in a few
        monkeypatch.setattr(module, "RUNS", {1_000: 6, 10_000: 6, 100_000: 4})
    if case == "network_effects":
        monkeypatch.setattr(module, "MARKETS", 1)
    return [check for check in case_of(case).run(SEED).checks if not check.passed]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "change", "where"),
    [pytest.param(case, change, where, id=f"{case}: {name}") for case, name, change, where in WRONG],
)
def test_a_wrong_ingredient_is_noticed(
    case: str, change: Callable[[dict], dict], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert any(where in check.what for check in failed_checks(case, change, monkeypatch))

"""Names and order of operators, and the order of provinces, mean nothing.

Luck goes with names and province codes, so the same market under other names, or in another order, does
the same in every row. Money is the same but for the last digits of sums taken in another order.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from likeness import assert_alike, parameters_with_names, with_names, with_places
from worlds import Case, cases, tries

from agents.draws import stream_of
from model.market import MobileMarket
from model.observations import load_observations
from model.parameters import Parameters
from model.schemas import OPERATORS

SAME = {name: name for name in OPERATORS}


def renamed(case: Case, names: dict[str, str]) -> MobileMarket:
    """Return a finished run of the same world in which operators exchanged all but their luck's name."""
    old = {new: name for name, new in names.items()}
    scenario: dict[str, Any] = case.scenario | {
        "stances": {names[name]: stance for name, stance in case.scenario["stances"].items()},
        "branches": [entry | {"operator": names[entry["operator"]]} for entry in case.scenario["branches"]],
    }
    given = Parameters.with_values(case.parameters).as_dict()
    case = replace(case, scenario=scenario, parameters=parameters_with_names(given, names))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.market.load_observations", lambda: with_names(load_observations(), names))
        patch.setattr("model.groundwork.stream_of", lambda name: stream_of(old[name]))
        return case.market().run()


def with_provinces_in(order: Sequence[int], case: Case) -> MobileMarket:
    """Return a finished run with the provinces in another order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.market.load_observations", lambda: with_places(load_observations(), order))
        return case.market().run()


@given(cases(), st.permutations(OPERATORS))
@tries(25)
def test_the_order_of_operators_means_nothing(case: Case, order: list[str]) -> None:
    assert_alike(case.market().run(), case.market(operators=tuple(order)).run(), SAME)


@given(cases(), st.permutations(OPERATORS))
@tries(25)
def test_operators_by_other_names_do_the_same(case: Case, called: list[str]) -> None:
    names = dict(zip(OPERATORS, called, strict=True))
    assert_alike(case.market().run(), renamed(case, names), names)


@given(cases(), st.permutations(range(31)))
@tries(25)
def test_the_order_of_provinces_means_nothing(case: Case, order: list[int]) -> None:
    places = [order.index(g) for g in range(31)]
    assert_alike(case.market().run(), with_provinces_in(order, case), SAME, places)

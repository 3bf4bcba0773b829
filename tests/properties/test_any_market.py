"""Whatever may be asked for gives a market in which people and money are conserved and finite."""

import re

import pytest
from checks import check_run
from hypothesis import given
from hypothesis import strategies as st
from worlds import Case, cases, parameter_sets, plausible_values, tries

from agents.pricing import TOLERANCE
from model.errors import RunError
from model.market import MobileMarket
from model.parameters import Parameters

PLAUSIBLE = st.fixed_dictionaries({name: plausible_values(name) for name in Parameters.fields()})


@pytest.mark.slow
@given(cases())
@tries(60)
def test_what_must_hold_in_every_month(case: Case) -> None:
    check_run(case.market())


@pytest.mark.slow
@given(cases(PLAUSIBLE, months=30))
@tries(15)
def test_all_parameters_plausible_at_once(case: Case) -> None:
    check_run(case.market())


@pytest.mark.slow
@given(cases(parameter_sets(), months=5))
@tries(15)
def test_with_tariffs_that_answer_demand(case: Case) -> None:
    """Either prices are found every month, or the run ends with one line that names the month."""
    market = case.market(pricing="bertrand")
    failure = failure_of(market)
    if failure:
        assert re.fullmatch(rf"month {market.month}: no Bertrand-Nash tariffs: .*", failure)
        return
    costs = [market.parameters.serving_cost_2g, market.parameters.serving_cost_3g]
    found = market.tariffs[-1]
    assert found.residual <= TOLERANCE
    assert (market.price >= costs)[found.offered.reshape(-1, 2)].all()


def failure_of(market: MobileMarket) -> str:
    """Return why a run failed, nothing if what must hold held to its end."""
    try:
        check_run(market)
    except RunError as error:
        return str(error)
    return ""

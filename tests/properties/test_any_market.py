"""Whatever market may be asked for, what must hold in every month holds, and no number is lost.

Parameters come from all that their bounds allow, often from the ends of it; stances, deals, single
branches, months, seeds, threads and the order of operators come as they may.
"""

from dataclasses import replace

import pytest
from checks import check_run
from hypothesis import given
from worlds import PARAMETERS, Case, cases, tries

from model.errors import RunError
from model.schemas import OPERATORS

CLOSED_OPEN_EXCLUSIVE = dict(zip(OPERATORS, ("closed", "open", "exclusive"), strict=True))
MIXED = {"title": "Mixed", "opens": "2009-03", "deals": "bargained", "stances": CLOSED_OPEN_EXCLUSIVE}
AT_AN_END = {
    end: {name: about["bounds"][end == "high"] for name, about in PARAMETERS.items()}
    for end in ("low", "high")
}


@pytest.mark.slow
@given(cases())
@tries(40)
def test_what_must_hold_holds_in_any_market(case: Case) -> None:
    check_run(case.market())


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("months", [14, 60])
def test_what_must_hold_holds_with_all_parameters_at_an_end(end: str, months: int) -> None:
    check_run(Case(MIXED, 700, months, 1, parameters=AT_AN_END[end]).market())


@pytest.mark.slow
@given(cases(months=2))
@tries(6)
def test_what_must_hold_holds_where_tariffs_answer_demand(case: Case) -> None:
    market = replace(case, consumers=310).market(pricing="bertrand")
    try:
        check_run(market)
    except RunError as error:  # not every market has such tariffs; then it says so, in a line
        complaint = str(error)
    else:
        return
    assert f"month {market.month}: no Bertrand-Nash tariffs" in complaint
    assert "\n" not in complaint

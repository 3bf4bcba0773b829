"""Changes of scale that must change nothing, or everything by the same factor."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from likeness import entries_of
from worlds import Case, cases, parameter_sets, tries

from model.market import MobileMarket
from model.observations import load_observations
from model.parameters import Parameters

FIXED = ("wallet_fixed_cost", "integration_cost", "coverage_cost_bn")  # RMB, whatever the number of lines
PURE_3G = ("quality_china_mobile", "quality_growth_china_unicom", "quality_fading", "coverage_weight",
           "word_of_mouth", "downgrade_cost", "contract_months", "serving_cost_3g", "handset_cost",
           "subsidy_china_telecom", "purchases_rmb", "weight_purchases", "join_online")  # fmt: skip


def rows(market: MobileMarket) -> list[np.ndarray]:
    """Return what every row has: subscription, accounts, end of contract."""
    columns = market.population.columns
    return [columns.subscription, columns.accounts, columns.contract_end]


def same_rows(one: MobileMarket, two: MobileMarket) -> bool:
    return all((a == b).all() for a, b in zip(rows(one), rows(two), strict=True))


@given(cases(parameter_sets(*FIXED), months=8), st.sampled_from([0.5, 2.0, 8.0]))
@tries(25)
def test_a_larger_country_is_the_same_country(case: Case, factor: float) -> None:
    """All lines times a power of two: the same rows, every amount times the same factor to the fen."""
    free = dict.fromkeys(FIXED, 0)
    usual = case.market(**free).run()
    data = load_observations()
    larger = replace(data, lines=data.lines * factor, initial_lines=data.initial_lines * factor)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.market.load_observations", lambda: larger)
        scaled = case.market(**free).run()
    assert same_rows(usual, scaled)
    assert scaled.lines == pytest.approx(factor * usual.lines, rel=1e-12)
    for a, b in zip(entries_of(usual), entries_of(scaled), strict=True):
        paid = sum((fen.astype(float) for fen in b.values()), np.zeros(31))
        for entry in a.keys() | b.keys():
            one, two = a.get(entry, np.zeros(31)), b.get(entry, np.zeros(31))
            assert (np.abs(factor * one - two) <= 2 + 2 * factor + 1e-9 * paid).all(), entry


@given(cases(parameter_sets(), months=8), st.floats(-3, 3))
@tries(25)
def test_what_all_operators_gain_alike_changes_nothing(case: Case, shift: float) -> None:
    given = Parameters.with_values(case.parameters).as_dict()
    names = [name for name in given if name.startswith("standing_")]
    inner = {name: np.clip(given[name], -6, 6) for name in names}
    moved = {name: value + shift for name, value in inner.items()}
    assert same_rows(case.market(**inner).run(), case.market(**moved).run())


@given(cases(parameter_sets("era", *PURE_3G), months=8), st.data())
@tries(20)
def test_without_the_era_nothing_of_3g_matters(case: Case, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(PURE_3G))
    low, high = Parameters.fields()[name]["bounds"]
    one, two = (case.market(era=0, **{name: value}).run() for value in (low, high))
    assert same_rows(one, two)
    assert not one.lines_3g.any()
    for a, b in zip(entries_of(one), entries_of(two), strict=True):
        assert a.keys() == b.keys()
        assert all((a[entry] == b[entry]).all() for entry in a)

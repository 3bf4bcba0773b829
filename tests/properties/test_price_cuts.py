"""A price cut never loses the operator a customer at the choice it is made for, and wins lines over time."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import Case, cases, parameter_sets, tries

from model.market import MobileMarket
from model.schemas import OPERATORS

SEEDS = 16
MARKETS: list[dict[str, Any]] = [
    {},
    {"switching_cost": 0.5, "same_operator": 2.0},
    {"dissimilarity": 0.3, "contract_months": 0},
]


def with_cut(market: MobileMarket, operator: str, networks: tuple[int, ...], left: float) -> MobileMarket:
    """Return the market with an operator's prices cut to a part of what they were."""
    path, k = market.price_path.copy(), market.operators.index(operator)
    path[k, list(networks)] *= left
    market.price_path = path
    return market


def operator_of(market: MobileMarket) -> np.ndarray:
    """Return each row's operator by name, "" without a line."""
    return np.array(["", *np.repeat(market.operators, 2)])[market.population.columns.subscription]


@given(cases(parameter_sets("contract_months"), months=3), st.sampled_from(OPERATORS), st.floats(0, 1))
@tries(40)
def test_nobody_leaves_what_got_cheaper(case: Case, operator: str, left: float) -> None:
    """In the first month, in which both worlds start alike: row by row, one network's price cut or both."""
    usual, one, both = case.market(), case.market(), case.market()
    with_cut(one, operator, (1,), left)
    with_cut(both, operator, (0, 1), left)
    for market in (usual, one, both):
        market.step()
    k = usual.operators.index(operator)
    on_its_3g = usual.population.columns.subscription == 2 + 2 * k
    assert (one.population.columns.subscription[on_its_3g] == 2 + 2 * k).all()
    mine = operator_of(usual) == operator
    assert (operator_of(both)[mine] == operator).all()


@pytest.mark.slow
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("parameters", MARKETS)
def test_a_cut_wins_lines_over_a_year(operator: str, parameters: dict[str, Any]) -> None:
    """A tenth off both prices, 16 seeds with shared luck.

    Row by row it need not hold: who came earlier because of the cut may be free to leave again in a month in
    which, having come later, they would still be bound. So the mean of the paired differences is held:
    above 0 by more than chance allows (4 standard errors), and no pair below 0 by more than it varies.
    """
    won = []
    for seed in range(SEEDS):
        usual = MobileMarket("open", 2_000, 12, rng=seed, **parameters).run()
        cut = with_cut(MobileMarket("open", 2_000, 12, rng=seed, **parameters), operator, (0, 1), 0.9).run()
        k = usual.operators.index(operator)
        won.append((cut.lines[:, k].sum() - usual.lines[:, k].sum()) / usual.lines.sum())
    mean, error = np.mean(won), np.std(won, ddof=1) / np.sqrt(SEEDS)
    assert mean > 4 * error
    assert min(won) > -4 * error * np.sqrt(SEEDS)

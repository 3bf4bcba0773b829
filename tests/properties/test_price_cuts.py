"""An operator that cuts its prices loses nobody by it in the first month, and no lines in a year.

Shocks stay with their option, so the first holds consumer by consumer. One network's cut keeps all who
chose it. A cut of both keeps all of the operator's if the same yuan come off both: of 2G cheaper by less,
3G as a whole may become the better choice, and the best of 3G a rival's.

Over a year others answer: contacts, accounts, contracts. And a branch that earns less by a customer may
forgo a deal that would have won some, so the year is lived where no bargain decides who signs.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from checks import operator_of
from hypothesis import given
from hypothesis import strategies as st
from worlds import PARAMETERS, Case, cases, plausible_values, tries

from model.market import MobileMarket
from model.observations import load_observations
from model.schemas import OPERATORS

CLOSED = {
    "title": "Closed",
    "opens": "2009-01",
    "deals": "bargained",
    "stances": dict.fromkeys(OPERATORS, "closed"),
    "branches": [],
}
SEEDS = 8
MOST_SE = 5  # of the mean paired difference; where nothing changed, 8 pairs pass it once in 1,000 times
CHEAPEST = float(load_observations().price.min())


@dataclass(frozen=True)
class Cut:
    """A price cut: whose, on which networks, and by how many yuan a month."""

    operator: str
    networks: tuple[int, ...]
    rmb: float

    def of(self, market: MobileMarket) -> MobileMarket:
        """Return a market before its first month, its prices cut for good."""
        market.price_path = market.price_path.copy()  # the observations belong to everybody
        market.price_path[self.number_in(market), list(self.networks)] -= self.rmb
        return market

    def number_in(self, market: MobileMarket) -> int:
        """Return the number a market gives the operator that cuts."""
        return market.operators.index(self.operator)


def cuts(*networks: int, least: float = 0.0) -> st.SearchStrategy[Cut]:
    """Draw a cut of any operator's prices that leaves them above nothing."""
    return st.builds(Cut, st.sampled_from(OPERATORS), st.just(networks), st.floats(least, CHEAPEST))


def keeps_its_own(case: Case, cut: Cut) -> None:
    """Check that nobody who chose what a cut made cheaper leaves it for that."""
    plain, cheaper = case.market(), cut.of(case.market())
    plain.step()
    cheaper.step()
    before, after = (market.population.columns.subscription for market in (plain, cheaper))
    k = cut.number_in(plain)
    if len(cut.networks) == 1:
        option = 1 + 2 * k + cut.networks[0]
        assert (after[before == option] == option).all()
    else:
        assert (operator_of(after)[operator_of(before) == k] == k).all()


def lines_gained(case: Case, cut: Cut) -> np.ndarray:
    """Return what a cut changes in its operator's national lines, run by run with the same luck."""
    gained = []
    for seed in range(SEEDS):
        plain = case.market(rng=case.rng + seed).run()
        cheaper = cut.of(case.market(rng=case.rng + seed)).run()
        gained.append((cheaper.lines - plain.lines)[:, cut.number_in(plain)].sum())
    return np.array(gained)


def is_no_loss(gained: np.ndarray) -> bool:
    """Return whether the mean of paired differences is not below 0 by more than luck."""
    return bool(gained.mean() >= -MOST_SE * gained.std(ddof=1) / np.sqrt(len(gained)))


@given(cases(), st.one_of(cuts(0), cuts(1)))
@tries(40)
def test_nobody_leaves_what_became_cheaper(case: Case, cut: Cut) -> None:
    keeps_its_own(case, cut)


@given(cases(), cuts(0, 1))
@tries(40)
def test_nobody_leaves_an_operator_both_of_whose_networks_became_cheaper(case: Case, cut: Cut) -> None:
    keeps_its_own(case, cut)


def test_a_cut_of_3g_alone_may_send_people_of_2g_to_a_rival() -> None:
    """Why both networks have to be cut by the same: 3G as a whole gains, also for who likes a rival's."""
    everywhere = {"review_hazard": 1.0, "coverage_weight": 0.0, "price_sensitivity": 0.1}
    level = {f"quality_{name}": 2.0 for name in OPERATORS} | {f"standing_{name}": 0.0 for name in OPERATORS}
    case = Case(CLOSED, 1500, 14, 3, parameters=everywhere | level)
    before, after = case.market(), case.market()
    for market in (before, after):
        while market.month < 13:  # until all three have 3G
            market.step()
    Cut("china_unicom", (1,), CHEAPEST).of(after)
    first, then = (operator_of(market.run().population.columns.subscription) for market in (before, after))
    k = before.operators.index("china_unicom")
    assert ((first == k) & (then != k)).any()


#: Deals, if any, are signed as recorded whatever prices are.
WITHOUT_BARGAIN = st.fixed_dictionaries(
    {
        "title": st.just("Without a bargain"),
        "opens": st.just("2009-01"),
        "deals": st.just("observed"),
        "stances": st.fixed_dictionaries({name: st.sampled_from(["closed", "open"]) for name in OPERATORS}),
        "branches": st.just([]),
    }
)
PLAUSIBLE = st.fixed_dictionaries({}, optional={name: plausible_values(name) for name in PARAMETERS})


@pytest.mark.slow
@given(cases(PLAUSIBLE, WITHOUT_BARGAIN), cuts(0, 1, least=2.0))
@tries(4)
def test_a_price_cut_costs_no_lines_in_a_year(case: Case, cut: Cut) -> None:
    case = replace(case, rng=case.rng // 2, consumers=620, months=12, threads=1)
    assert is_no_loss(lines_gained(case, cut))

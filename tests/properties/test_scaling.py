"""Changes of the whole market whose effect is known: twice the people, everybody liked more, no 3G."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from likeness import entries_of
from worlds import PARAMETERS, Case, cases, parameter_sets, tries, values

from model.ledger import Entry
from model.market import MobileMarket
from model.observations import load_observations
from model.parameters import Parameters
from model.schemas import OPERATORS

COUNTS = ("lines", "lines_3g", "joined", "left", "accounts", "wallet_users", "bills_rmb", "volume_rmb")
SAME = ("acceptance", "stance", "deals", "platform_deals")
# What a market of any size pays: it doubles only if these do.
FIXED_COSTS = ("coverage_cost_bn", "wallet_fixed_cost", "integration_cost")
STANDINGS = tuple(f"standing_{name}" for name in OPERATORS)


def entries(one: MobileMarket, two: MobileMarket) -> Iterator[tuple[Entry, np.ndarray, np.ndarray]]:
    """Yield each entry of two ledgers (G,) fen, month by month."""
    nothing = np.zeros(one.G, np.int64)
    for a, b in zip(entries_of(one), entries_of(two), strict=True):
        for entry in a.keys() | b.keys():
            yield entry, a.get(entry, nothing), b.get(entry, nothing)


def same_rows(one: MobileMarket, two: MobileMarket) -> None:
    """Check that everybody chose the same, and everything was paid the same."""
    a, b = one.population.columns, two.population.columns
    assert (a.subscription == b.subscription).all()
    assert (a.accounts == b.accounts).all()
    assert (a.contract_end == b.contract_end).all()
    for entry, fen, other in entries(one, two):
        assert (fen == other).all(), entry


# ---- twice the people ----------------------------------------------------------------------------


def with_all_lines_doubled(case: Case) -> MobileMarket:
    """Return a finished run in which every line of the observations is two."""
    data = load_observations()
    doubled = replace(data, lines=2 * data.lines, initial_lines=2 * data.initial_lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.market.load_observations", lambda: doubled)
        return case.market().run()


def assert_doubled(one: MobileMarket, two: MobileMarket, but: tuple[str, ...] = ()) -> None:
    """Check that a run is another twice over: people to the last bit, the ledger to the fen."""
    for a, b in zip(one.recorder.months, two.recorder.months, strict=True):
        for name in COUNTS:
            assert (2 * a[name] == b[name]).all() or name in ("bills_rmb", "volume_rmb"), name
            assert np.allclose(2 * a[name], b[name], rtol=1e-12, atol=0), name
        for name in SAME:
            assert (a[name] == b[name]).all(), name
    for entry, fen, other in entries(one, two):
        if entry[2] in but:
            assert (fen == other).all(), entry
        else:  # an entry may be made of two payments, each rounded
            assert np.abs(2 * fen - other).max() <= 3, entry


@given(cases(), st.fixed_dictionaries({name: values(name) for name in FIXED_COSTS}))
@tries(20)
def test_twice_the_people_do_everything_twice(case: Case, costs: dict[str, float]) -> None:
    half = {name: cost / 2 for name, cost in costs.items()}
    one = replace(case, parameters=case.parameters | half).market().run()
    assert_doubled(one, with_all_lines_doubled(replace(case, parameters=case.parameters | costs)))


@given(cases())
@tries(10)
def test_fixed_costs_alone_do_not_grow_with_the_people(case: Case) -> None:
    """Without deals: the cost of joining systems is weighed in them."""
    closed = {"stances": dict.fromkeys(OPERATORS, "closed"), "branches": [], "deals": "bargained"}
    case = replace(case, scenario=case.scenario | closed)
    but = ("building coverage", "running the wallet")
    assert_doubled(case.market().run(), with_all_lines_doubled(case), but)


# ---- everybody liked more ------------------------------------------------------------------------


@given(cases(parameter_sets(*STANDINGS)), st.tuples(*[st.floats(-5, 5)] * 3), st.floats(-5, 5))
@tries(25)
def test_standings_matter_by_their_differences(case: Case, standings: tuple[float, ...], more: float) -> None:
    runs = []
    for added in (0.0, more):
        values = {name: v + added for name, v in zip(STANDINGS, standings, strict=True)}
        runs.append(replace(case, parameters=case.parameters | values).market().run())
    same_rows(*runs)


# ---- no 3G ---------------------------------------------------------------------------------------

OF_3G = (
    *(name for name in PARAMETERS if name.startswith(("quality", "subsidy", "coverage"))),
    *("word_of_mouth", "downgrade_cost", "dissimilarity", "contract_months", "payment_value_3g"),
    *("weight_purchases", "join_online", "purchases_rmb", "handset_cost", "serving_cost_3g"),
)


@given(cases(parameter_sets(*OF_3G)), st.fixed_dictionaries({}, optional={n: values(n) for n in OF_3G}))
@tries(25)
def test_without_the_era_nothing_of_3g_matters(case: Case, of_3g: dict[str, float]) -> None:
    case = replace(case, parameters=case.parameters | {"era": 0.0})
    one, two = case.market().run(), replace(case, parameters=case.parameters | of_3g).market().run()
    same_rows(one, two)
    assert (one.population.columns.surplus == two.population.columns.surplus).all()
    assert not two.lines_3g.any()


def test_no_3g_parameter_was_forgotten() -> None:
    """All that speak of 3G or of what only 3G has, but for the era itself."""
    words = ("3G", "coverage", "handset", "mobile purchases of", "shopping by phone", "subscribing online")
    named = {name for name, about in PARAMETERS.items() if any(word in about["meaning"] for word in words)}
    of_2g = {"era", "review_hazard", "weight_handsets"}  # these have a part on 2G too
    assert named - of_2g - {"dissimilarity"} <= set(OF_3G)
    assert set(OF_3G) <= set(Parameters.fields())

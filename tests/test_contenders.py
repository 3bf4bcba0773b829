"""Whatever the columns are measured against follows the same law as they do, with luck of its own.

The loop in C shares the luck, too, and is held against the columns one by one in tests/test_c_month.py.
"""

from functools import cache
from typing import Any

import numpy as np
import pytest

from agents.paying import PURCHASES, SERVICES, TELECOM
from bench.contenders import CONTENDERS, chosen
from model.errors import InputError
from model.market import MobileMarket

# mesa-frames asks Polars in words that Polars is about to give up.
pytestmark = pytest.mark.filterwarnings("ignore:`is_in` with a collection:DeprecationWarning")

CONSUMERS, MONTHS, SEEDS = 5_000, 15, 12
STANDARD_ERRORS = 4.0
# Settings in which everything happens; short contracts show on which month they end.
MARKETS: dict[str, dict[str, Any]] = {
    "open": {"scenario": "open"},
    "closed": {"scenario": "closed"},
    "short contracts": {"scenario": "open", "months": 8, "review_hazard": 0.6, "contract_months": 2},
}


def models(*names: str) -> pytest.MarkDecorator:
    """Return the mark that asks for a test with each of some contenders, as far as they can run here."""
    return pytest.mark.parametrize(
        "name",
        [
            pytest.param(n, marks=pytest.mark.skipif(bool(why), reason=str(why)))
            for n in names
            for why in [CONTENDERS[n].missing()]
        ],
    )


def outcomes(market: Any) -> dict[str, float]:
    """Return what a market has come to, by name; nation-wide, in real units."""
    left, payments = 0.0, 0.0
    while market.running:
        market.step()
        left += float(market.left.sum())
        payments = payments + market.payment_counts.sum(axis=(0, 1, 2))
    found = {"left": left, "surplus": float(market.population.surplus_by_province() @ market.scale)}
    found["deals"] = float(market.partnerships.in_force.sum())
    for name, by_name, labels in (
        ("lines", market.lines.sum(axis=0), market.operators),
        ("lines 3g", market.lines_3g.sum(axis=0), market.operators),
        ("accounts", market.platform_accounts.sum(axis=0), market.all_platforms),
    ):
        found |= {f"{name}, {label}": float(x) for label, x in zip(labels, by_name, strict=True)}
    for service, row in zip(SERVICES, np.asarray(payments), strict=True):
        found |= {f"{service} by {m}": float(x) for m, x in zip(market.methods, row, strict=True)}
    return found


@cache
def outcomes_of_seeds(name: str, market: str, first_seed: int) -> list[dict[str, float]]:
    """Return the outcomes of a contender by seed."""
    seeds = range(first_seed, first_seed + SEEDS)
    market_type = CONTENDERS[name].market()
    arguments = {"consumers": CONSUMERS, "months": MONTHS, **MARKETS[market]}
    return [outcomes(market_type(rng=seed, **arguments)) for seed in seeds]


@pytest.mark.slow
@pytest.mark.parametrize("market", MARKETS)
@models("numpy", "mesa-frames", "tuned-mesa", "plain-mesa", "agentpy")
def test_same_law_as_columns(name: str, market: str) -> None:
    columns = outcomes_of_seeds("columns", market, 0)
    others = outcomes_of_seeds(name, market, 100)
    compared = 0
    for what in columns[0]:
        ours = np.array([run[what] for run in columns])
        theirs = np.array([run[what] for run in others])
        error = np.sqrt((ours.var(ddof=1) + theirs.var(ddof=1)) / SEEDS)
        distance = abs(ours.mean() - theirs.mean())
        assert distance <= STANDARD_ERRORS * error, (
            f"{what}: {ours.mean():.6g} in columns, {theirs.mean():.6g} in {name}, error {error:.3g}"
        )
        compared += bool(error > 0)
    # Every branch of the rule has been taken: moves, 3G, accounts, and payments of every service.
    assert compared >= 20


@models("c", "numpy", "mesa-frames", "tuned-mesa", "plain-mesa", "agentpy")
def test_everybody_pays_a_bill(name: str) -> None:
    market = CONTENDERS[name].market()(scenario="open", consumers=2_000, months=6, rng=4).run()
    made = market.payment_counts
    lines = market.customers_by_accounts.sum(axis=3)
    np.testing.assert_array_equal(made[:, :, :, TELECOM].sum(axis=-1), lines)
    np.testing.assert_array_equal(made[:, :, 1, PURCHASES].sum(axis=-1), lines[:, :, 1])
    assert not made[:, :, 0, PURCHASES].any()
    assert (made >= 0).all()


@models("c", "numpy", "mesa-frames", "tuned-mesa", "plain-mesa", "agentpy")
def test_lines_are_taken_up_in_time_and_moves_add_up(name: str) -> None:
    market = CONTENDERS[name].market()(scenario="closed", consumers=1_000, months=4, rng=5)
    in_use = [int(market.people[:, 1:].sum())]
    while market.running:
        before = market.people.sum(axis=2)
        market.step()
        _, moves = market.population.count(market.G, market.K, market.A)
        np.testing.assert_array_equal(moves.sum(axis=2), before)
        np.testing.assert_array_equal(moves.sum(axis=1), market.people.sum(axis=2))
        in_use.append(int(market.people[:, 1:].sum()))
    assert in_use == market.entered_path.sum(axis=0).tolist()
    assert len(market.population) == 1_000


@models("numpy")
def test_ties_of_the_contact_table_are_mutual(name: str) -> None:
    market = CONTENDERS[name].market()(scenario="open", consumers=1_000, months=1, rng=5)
    columns = market.population.columns
    knows = np.repeat(np.arange(1_000), np.diff(columns.contacts_end))
    there = np.stack([knows, columns.contacts])
    back = there[:, np.lexsort(there)]
    np.testing.assert_array_equal(there[:, np.lexsort(there[::-1])], back[::-1])
    assert (knows != columns.contacts).all()
    assert 7.8 <= len(knows) / 1_000 <= 8.0


def test_contenders_are_named_and_the_columns_always_among_them() -> None:
    assert list(chosen(())) == list(CONTENDERS)
    assert list(chosen(("c",))) == ["columns", "c"]
    assert CONTENDERS["columns"].market() is MobileMarket
    with pytest.raises(InputError, match="unknown contender 'mesa-frame': did you mean 'mesa-frames'"):
        chosen(("mesa-frame",))

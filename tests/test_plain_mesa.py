"""The Mesa models of `bench/` follow the same law as the columns, with luck of their own."""

from typing import Any

import mesa
import numpy as np
import pytest

from agents.choice import PURCHASES, SERVICES, TELECOM
from bench.plain_mesa import PlainMarket
from model.market import MobileMarket

CONSUMERS, MONTHS, SEEDS = 5_000, 12, 12
STANDARD_ERRORS = 4.0


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


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["open", "closed"])
def test_same_law_as_columns(scenario: str) -> None:
    arguments = {"scenario": scenario, "consumers": CONSUMERS, "months": MONTHS}
    columns = [outcomes(MobileMarket(rng=seed, **arguments)) for seed in range(SEEDS)]
    plain = [outcomes(PlainMarket(rng=100 + seed, **arguments)) for seed in range(SEEDS)]
    compared = 0
    for name in columns[0]:
        ours = np.array([run[name] for run in columns])
        theirs = np.array([run[name] for run in plain])
        error = np.sqrt((ours.var(ddof=1) + theirs.var(ddof=1)) / SEEDS)
        distance = abs(ours.mean() - theirs.mean())
        assert distance <= STANDARD_ERRORS * error, (
            f"{name}: {ours.mean():.6g} in columns, {theirs.mean():.6g} plain, error {error:.3g}"
        )
        compared += bool(error > 0)
    # Every branch of the rule has been taken: moves, 3G, accounts, and payments of every service.
    assert compared >= 20


def test_counts_agree_with_the_objects() -> None:
    market = PlainMarket(scenario="closed", consumers=2_000, months=8, rng=3).run()
    people, moves = market.population.count(market.G, market.K, market.A)
    seen = np.zeros_like(people)
    places = {id(place): g for g, place in enumerate(market.population.places)}
    for consumer in market.consumers:
        seen[places[id(consumer.place)], consumer.subscription, consumer.accounts] += 1
    waiting = market.population.sizes - market.population.entered
    seen[:, 0, 0] += waiting
    np.testing.assert_array_equal(seen, people)
    np.testing.assert_array_equal(moves.sum(axis=(1, 2)), market.population.sizes)
    np.testing.assert_array_equal(moves.sum(axis=1), people.sum(axis=2))
    surplus = sum(consumer.surplus for consumer in market.consumers)
    assert market.population.surplus_by_province().sum() == pytest.approx(surplus)


def test_everybody_pays_a_bill() -> None:
    market = PlainMarket(scenario="open", consumers=2_000, months=6, rng=4).run()
    made = market.payment_counts
    lines = market.customers_by_accounts.sum(axis=3)
    np.testing.assert_array_equal(made[:, :, :, TELECOM].sum(axis=-1), lines)
    np.testing.assert_array_equal(made[:, :, 1, PURCHASES].sum(axis=-1), lines[:, :, 1])
    assert not made[:, :, 0, PURCHASES].any()
    assert (made >= 0).all()


def test_consumers_are_ordinary_mesa_agents() -> None:
    market = PlainMarket(scenario="open", consumers=1_000, months=3, rng=5)
    in_use = market.population.entered.sum()
    assert len(market.consumers) == in_use
    assert all(isinstance(agent, PlainConsumer | mesa.Agent) for agent in market.agents)
    market.step()
    assert len(market.agents_by_type[PlainConsumer]) == market.population.entered.sum() > in_use

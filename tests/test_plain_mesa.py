"""The Mesa models of `bench/` follow the same law as the columns, with luck of their own."""

from functools import cache
from typing import Any

import mesa
import numpy as np
import pytest

from agents.paying import PURCHASES, SERVICES, TELECOM
from bench.plain_consumers import Consumer
from bench.plain_mesa import PlainMarket
from bench.tuned_mesa import TunedMarket
from model.market import MobileMarket

CONSUMERS, MONTHS, SEEDS = 5_000, 15, 12
STANDARD_ERRORS = 4.0
MODELS = pytest.mark.parametrize("market_type", [PlainMarket, TunedMarket])


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
def outcomes_of_seeds(market_type: Any, scenario: str, first_seed: int) -> list[dict[str, float]]:
    """Return the outcomes of a model by seed."""
    seeds = range(first_seed, first_seed + SEEDS)
    arguments = {"scenario": scenario, "consumers": CONSUMERS, "months": MONTHS}
    return [outcomes(market_type(rng=seed, **arguments)) for seed in seeds]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["open", "closed"])
@MODELS
def test_same_law_as_columns(market_type: Any, scenario: str) -> None:
    columns = outcomes_of_seeds(MobileMarket, scenario, 0)
    objects = outcomes_of_seeds(market_type, scenario, 100)
    compared = 0
    for name in columns[0]:
        ours = np.array([run[name] for run in columns])
        theirs = np.array([run[name] for run in objects])
        error = np.sqrt((ours.var(ddof=1) + theirs.var(ddof=1)) / SEEDS)
        distance = abs(ours.mean() - theirs.mean())
        assert distance <= STANDARD_ERRORS * error, (
            f"{name}: {ours.mean():.6g} in columns, {theirs.mean():.6g} as objects, error {error:.3g}"
        )
        compared += bool(error > 0)
    # Every branch of the rule has been taken: moves, 3G, accounts, and payments of every service.
    assert compared >= 20


def test_counts_agree_with_the_plain_objects() -> None:
    market = PlainMarket(scenario="closed", consumers=2_000, months=8, rng=3).run()
    people, moves = market.population.count(market.G, market.K, market.A)
    for k in range(market.K):
        for network in (0, 1):
            seen = market.consumers.select(lambda c, k=k, n=network: (c.operator, c.network) == (k, n))
            assert people[:, 1 + 2 * k + network].sum() == len(seen)
    held = [sum(c.accounts[m] for c in market.consumers) for m in range(market.M + 1)]
    by_mask = people.sum(axis=(0, 1))
    assert held == [by_mask[(np.arange(market.A) >> m) & 1 == 1].sum() for m in range(market.M + 1)]
    np.testing.assert_array_equal(moves.sum(axis=1), people.sum(axis=2))
    assert people.sum() == len(market.population) == 2_000


def test_counts_agree_with_the_tuned_objects() -> None:
    market = TunedMarket(scenario="closed", consumers=2_000, months=8, rng=3).run()
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


@MODELS
def test_everybody_pays_a_bill(market_type: Any) -> None:
    market = market_type(scenario="open", consumers=2_000, months=6, rng=4).run()
    made = market.payment_counts
    lines = market.customers_by_accounts.sum(axis=3)
    np.testing.assert_array_equal(made[:, :, :, TELECOM].sum(axis=-1), lines)
    np.testing.assert_array_equal(made[:, :, 1, PURCHASES].sum(axis=-1), lines[:, :, 1])
    assert not made[:, :, 0, PURCHASES].any()
    assert (made >= 0).all()


@MODELS
def test_consumers_are_ordinary_mesa_agents(market_type: Any) -> None:
    market = market_type(scenario="open", consumers=1_000, months=3, rng=5)
    assert all(isinstance(agent, mesa.Agent) for agent in market.agents)
    market.step()
    assert len(market.agents_by_type[market_type.person]) >= market.entered_path[:, 1].sum()


def test_lines_are_taken_up_in_time_and_ties_are_mutual() -> None:
    market = PlainMarket(scenario="open", consumers=1_000, months=3, rng=5)
    for month in (0, 1, 2, 3):
        in_use = sum(c.operator is not None for c in market.consumers)
        assert in_use == market.entered_path[:, month].sum()
        market.step()
    consumers = list(market.consumers)
    assert all(isinstance(c, Consumer) for c in consumers)
    assert all(
        c.contacts.count(friend) == friend.contacts.count(c) for c in consumers for friend in c.contacts
    )
    assert 7.8 <= sum(len(c.contacts) for c in consumers) / len(consumers) <= 8.0


def test_plain_traits_follow_their_distribution() -> None:
    market = PlainMarket(scenario="open", consumers=20_000, months=1, rng=6)
    p = market.parameters
    means = [market.mean_sensitivity[c.home.index] for c in market.consumers]
    relative = np.array([c.sensitivity for c in market.consumers]) / means
    assert relative.mean() == pytest.approx(1.0, abs=0.02)
    assert np.log(relative).std() == pytest.approx(p.sensitivity_spread, rel=0.02)
    switching = np.array([c.switching for c in market.consumers])
    assert switching.mean() == pytest.approx(p.switching_cost, rel=0.02)

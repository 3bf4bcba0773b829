"""The Mesa models of `bench/`: their agents, contacts and counts (the law: tests/test_contenders.py)."""

from typing import Any

import mesa
import numpy as np
import pytest

from bench.plain_consumers import Consumer
from bench.plain_mesa import PlainMarket
from bench.tuned_mesa import TunedMarket

MODELS = pytest.mark.parametrize("market_type", [PlainMarket, TunedMarket])


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

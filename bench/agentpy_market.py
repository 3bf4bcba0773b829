"""The market with its consumers as agentpy agents: one object each, run by an `agentpy.Model`.

What a consumer does is written in `bench.plain_consumers`; here stands what is agentpy's: an agent list made
with `setup`, a step that calls every agent, and an update in which the month's changes show.
"""

from __future__ import annotations

from typing import Any

import agentpy as ap
import numpy as np

from bench.other_market import OtherMarket
from bench.plain_consumers import Person, Province
from bench.plain_mesa import People


class Consumer(Person, ap.Agent):
    """One present or future mobile line, as an agentpy agent."""

    def setup(self, home: Province, entry_month: int) -> None:
        """Begin without a line."""
        self.random = self.model.random
        self.begin(home, entry_month)


class ConsumerModel(ap.Model):
    """All consumers; `t` is the month."""

    def setup(self, people: AgentpyPeople, shares: np.ndarray) -> None:
        """Make everybody, and note what the consumers read of the market."""
        market = people.market
        self.parameters, self.M, self.ways = market.parameters, market.M, market.ways
        self.weights, self.mean_sensitivity = (
            market.ways.service_weights.tolist(),
            market.price_sensitivity.tolist(),
        )
        people.make_everybody(shares)
        self.consumers = ap.AgentList(self, [c for home in people.provinces for c in home.consumers])

    @property
    def month(self) -> int:
        """Return the month."""
        return self.t

    def step(self) -> None:
        """Let every consumer live through the month."""
        self.consumers.step()

    def update(self) -> None:
        """Let what the month has changed be seen."""
        self.consumers.advance()


class AgentpyPeople(People):
    """All consumers as agentpy agents; answers to the market as `agents.population.Population` does."""

    def __init__(self, market: OtherMarket) -> None:
        super().__init__(market)
        self.model: Any = None

    @property
    def consumers(self) -> Any:  # type: ignore[override]
        """Return all consumers."""
        return self.model.consumers

    def make(self, province: Province, months: list[int]) -> list[Any]:
        """Return new consumers of a province, who take up their lines in these months."""
        made = ap.AgentList(self.model, len(months), Consumer, home=province, entry_month=ap.AttrIter(months))
        return list(made)

    def settle(self, world: np.record, entered: np.ndarray, shares: np.ndarray) -> None:
        """Make all consumers; give the lines in use at the start their operator and accounts."""
        self.begin_month(world, 0, entered)
        self.model = ConsumerModel({"seed": self.market.seed_number}, people=self, shares=shares)
        self.model.sim_setup()

    def run_month(self) -> None:
        """Let every consumer live through the month: review, pay, perhaps open an account."""
        self.model.sim_step()


class AgentpyMarket(OtherMarket):
    """The same market with its consumers as agentpy agents."""

    def make_people(self, sizes: np.ndarray) -> AgentpyPeople:
        """Return what runs the consumers."""
        return AgentpyPeople(self)

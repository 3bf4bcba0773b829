"""Mesa's view of the consumers: a `Consumer` is a window on one row of the population.

Windows are made when somebody looks and compare equal when they show the same row of the same
population, so Mesa's `AgentSet` tools (`select`, `get`, `agg`, `groupby`, `do`, `shuffle_do`) work on
a million consumers without a million objects. Columns stay the only state.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from mesa.agentset import AbstractAgentSet

from agents.choice import traits
from agents.columns import G3, NO_LINE, keeps_surplus, network_of, operator_of
from agents.contacts import contacts_of
from agents.population import Population


class Consumer:
    """A window on one row of the population: one present or future mobile line.

    Its own `step` runs the very functions of the fast loop over its one row.
    """

    __slots__ = ("__weakref__", "model", "population", "row")

    def __init__(self, model: Any, population: Population, row: int) -> None:
        self.model = model
        self.population = population
        self.row = row

    def __eq__(self, other: object) -> bool:
        """Return whether both windows show the same row of the same population."""
        return isinstance(other, Consumer) and other.row == self.row and other.population is self.population

    def __hash__(self) -> int:
        """Return a hash by population and row."""
        return hash((id(self.population), self.row))

    def __repr__(self) -> str:
        """Name the consumer by province and row."""
        return f"<Consumer {self.row} in {self.province}, {self.operator or 'no line yet'}>"

    @property
    def unique_id(self) -> tuple[str, int]:
        """Identify the consumer in the model: a tuple, so it meets no other agent's number."""
        return ("consumer", self.row)

    @property
    def province(self) -> str:
        """Name the province."""
        return self.model.provinces[self.population.province_of(self.row)]

    @property
    def subscription(self) -> int:
        """Return the subscription's number: 0 no line, 1 + 2 k 2G, 2 + 2 k 3G of operator k."""
        return int(self.population.columns.subscription[self.row])

    @property
    def has_line(self) -> bool:
        """Return whether the line is in use yet."""
        return self.subscription != NO_LINE

    @property
    def operator(self) -> str | None:
        """Name the operator, None before the line is taken up."""
        return self.model.operators[operator_of(self.subscription)] if self.has_line else None

    @property
    def on_3g(self) -> bool:
        """Return whether the line is a 3G line."""
        return self.has_line and network_of(self.subscription) == G3

    @property
    def accounts(self) -> tuple[str, ...]:
        """Name the platforms, and the operator's wallet, where the consumer holds an account."""
        held = int(self.population.columns.accounts[self.row])
        names = (*self.model.platforms, f"{self.operator}_wallet")
        return tuple(name for bit, name in enumerate(names) if held >> bit & 1)

    @property
    def contract_end(self) -> int:
        """Return the last month of the 3G contract, 0 without one."""
        return int(self.population.columns.contract_end[self.row])

    @property
    def surplus(self) -> float:
        """Return the expected consumer surplus of the last choice, RMB a month, NaN where it is not kept."""
        places = self.population.places
        if not keeps_surplus(places, self.row):
            return math.nan
        return float(self.population.columns.surplus[self.row >> places.thinning])

    @property
    def traits(self) -> tuple[float, float]:
        """Return price sensitivity (utils per RMB) and switching cost (utils)."""
        places = self.population.places
        g = self.population.province_of(self.row)
        return traits(self.population.world, g, places.code[g], self.row - places.start[g])

    @property
    def contacts(self) -> list[Consumer]:
        """List the people this consumer knows."""
        g = self.population.province_of(self.row)
        rows = contacts_of(self.population.network, self.row, g)
        return [Consumer(self.model, self.population, row) for row in rows]

    def review(self) -> None:
        """Choose again if the contract is due, or for the first time if the line is taken up."""
        self.population.review(self.population.span_of(self.row))

    def pay(self) -> None:
        """Pay this month's bill, and what else was bought, each by a chosen method."""
        self.population.pay(self.model.payment_counts, self.population.span_of(self.row))

    def open_account(self) -> None:
        """Open an account, or not."""
        self.population.open_accounts(self.population.span_of(self.row))

    def step(self) -> None:
        """Live through one month: review, pay, perhaps open an account."""
        self.population.live(self.model.payment_counts, self.population.span_of(self.row))


class AgentsView(AbstractAgentSet):
    """A Mesa agent set of ordinary agents and of consumers, whose windows are made on the way.

    Parameters
    ----------
    agents : iterable of agents
        Kept in their order; consumers among them are kept as row numbers.
    random : random.Random
        For shuffling.
    model, population, rows : optional
        Consumers that follow the agents, given by row without making their windows. A `range` is kept as
        it is: rows that follow one another cost no memory, however many they are.
    """

    def __init__(
        self,
        agents: Iterable[Any] = (),
        random: Any = None,
        *,
        model: Any = None,
        population: Any = None,
        rows: Iterable[int] | None = None,
    ) -> None:
        members = list(agents)
        if rows is None and members and all(isinstance(a, Consumer) for a in members):
            model, population = members[0].model, members[0].population
            rows, members = [a.row for a in members], []
        self.ordinary = members
        self.model, self.population = model, population
        self.rows: range | np.ndarray = (
            rows if isinstance(rows, range) else np.asarray([] if rows is None else rows, np.int64)
        )
        self.random = random

    def __len__(self) -> int:
        """Return the number of agents."""
        return len(self.ordinary) + len(self.rows)

    def __iter__(self) -> Iterator[Any]:
        """Go through the ordinary agents, then make the consumers one after another."""
        windows = (Consumer(self.model, self.population, int(row)) for row in self.rows)
        return itertools.chain(self.ordinary, windows)

    def __contains__(self, agent: object) -> bool:
        """Return whether an agent belongs to the set."""
        if not isinstance(agent, Consumer):
            return agent in self.ordinary
        here = agent.population is self.population and agent.row in self.rows
        return here or agent in self.ordinary

    def __getitem__(self, item: int | slice) -> Any:
        """Return the agent at a place, or a list for a slice."""
        if isinstance(item, slice):
            return list(itertools.islice(self, *item.indices(len(self))))
        item = item + len(self) if item < 0 else item
        if item < len(self.ordinary):
            return self.ordinary[item]
        return Consumer(self.model, self.population, int(self.rows[item - len(self.ordinary)]))

    @property
    def _agents(self) -> dict[Any, None]:
        """Members as the keys of a dictionary, as Mesa's own methods want them."""
        return dict.fromkeys(self)

    def _update(self, agents: Iterable[Any]) -> AgentsView:
        self.__init__(agents, self.random)  # type: ignore[misc]
        return self

    def _derived(self, agents: Iterable[Any], inplace: bool) -> AgentsView:
        """Return a set of other members, this one itself if it is to change in place."""
        return self._update(agents) if inplace else type(self)(agents, self.random)

    def select(
        self,
        filter_func: Callable[[Any], bool] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> AgentsView:
        """Return the agents a test holds for; see Mesa's `AgentSet.select`."""
        kept: Iterator[Any] = iter(self)
        if agent_type is not None:
            kept = (agent for agent in kept if isinstance(agent, agent_type))
        if filter_func is not None:
            kept = filter(filter_func, kept)
        if at_most != float("inf"):
            share = isinstance(at_most, float) and at_most <= 1.0
            kept = itertools.islice(kept, int(len(self) * at_most if share else at_most))
        return self._derived(kept, inplace)

    def shuffle(self, inplace: bool = False) -> AgentsView:
        """Return the agents in random order."""
        members = list(self)
        self.random.shuffle(members)
        return self._derived(members, inplace)

    def sort(
        self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False
    ) -> AgentsView:
        """Return the agents sorted by an attribute or a function."""
        by = (lambda a: getattr(a, key)) if isinstance(key, str) else key
        return self._derived(sorted(self, key=by, reverse=not ascending), inplace)

    def do(self, method: str | Callable, *args: Any, **kwargs: Any) -> AgentsView:
        """Call a method of every agent, in order; return the set."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable, *args: Any, **kwargs: Any) -> AgentsView:
        """Call a method of every agent in random order; return the set."""
        self.shuffle().map(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable, *args: Any, **kwargs: Any) -> list[Any]:
        """Return what a method gives for every agent."""
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in self]
        return [method(agent, *args, **kwargs) for agent in self]

    def add(self, agent: Any) -> None:
        """Refuse: consumers come with the population; other agents register with the model."""
        raise TypeError("this set shows the model's agents; make an agent to add it to the model")

    def discard(self, agent: Any) -> None:
        """Refuse, like `add`."""
        raise TypeError("this set shows the model's agents; remove an agent through the agent")

    def remove(self, agent: Any) -> None:
        """Refuse, like `add`."""
        self.discard(agent)

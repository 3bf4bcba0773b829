"""A plain Mesa model of the same market, as one writes it from docs/odd.md: one object a consumer.

A consumer keeps what it is and has in its attributes, knows its contacts as a list of other consumers,
and works out everything it needs when it needs it (`bench.plain_consumers`). Luck is its own, so runs
agree with `MobileMarket` in law, not draw for draw (tests/test_plain_mesa.py).

The market around consumers (coverage, tariffs, deals, settlement, records) is inherited: the comparison
is of how consumers are run. Every month it posts an `Offer` for each province and operator.
`bench.tuned_mesa` is the same model with every trick we know.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import mesa
import numpy as np

from agents.choice import G2, G3
from agents.network import OWNED
from agents.paying import FIRST_PLATFORM, SERVICES, WALLET
from bench.other_market import OtherMarket, OtherPeople
from bench.plain_consumers import Consumer, Offer, Province


class PlainMarket(OtherMarket):
    """The same market with its consumers as ordinary Mesa agents; takes `MobileMarket`'s arguments."""

    agents = mesa.Model.agents
    person: type[mesa.Agent] = Consumer

    @property
    def consumers(self) -> Any:
        """Return the consumers that Mesa knows of."""
        return self.agents_by_type[self.person]

    def make_people(self, sizes: np.ndarray) -> Any:
        """Return what runs the consumers."""
        self.weights, self.mean_sensitivity = (
            self.ways.service_weights.tolist(),
            self.price_sensitivity.tolist(),
        )
        return MesaPeople(self)


class People(OtherPeople):
    """All consumers as objects; answers to the market as `agents.population.Population` does."""

    consumers: Any  # all of them

    def __init__(self, market: OtherMarket) -> None:
        self.market = market
        self.provinces = [Province(g) for g in range(market.G)]

    def __len__(self) -> int:
        """Return the number of consumers, those without a line yet included."""
        return len(self.consumers)

    def make(self, province: Province, months: list[int]) -> list[Any]:
        """Return new consumers of a province, who take up their lines in these months."""
        raise NotImplementedError

    def do(self, what: str) -> None:
        """Let every consumer do something."""
        raise NotImplementedError

    def settle(self, world: np.record, entered: np.ndarray, shares: np.ndarray) -> None:
        """Make all consumers; give the lines in use at the start their operator and accounts."""
        self.begin_month(world, 0, entered)
        self.make_everybody(shares)
        self.do("advance")

    def make_everybody(self, shares: np.ndarray) -> None:
        """Make all consumers, their contacts and first operators; shares (G, K) are of a province's lines."""
        market, p, random = self.market, self.market.parameters, self.market.random
        for province, lines in zip(self.provinces, market.entered_path, strict=True):
            months = np.repeat(np.arange(len(lines)), np.diff(lines, prepend=0)).tolist()
            random.shuffle(months)
            province.consumers = self.make(province, months)
        make_contacts(self.provinces, p.rewired_ties, p.distant_ties, random)
        for province, share in zip(self.provinces, shares.tolist(), strict=True):
            for consumer in province.consumers:
                if consumer.entry_month == 0:
                    consumer.next_operator = random.choices(range(market.K), share)[0]
                    consumer.next_accounts = consumer.accounts_on_arrival()

    def begin_month(self, world: np.record, month: int, entered: np.ndarray) -> None:
        """Post the month's offers, in Python's own numbers."""
        for g, province in enumerate(self.provinces):
            province.online_share = float(world.online_share[g])
            province.held_online = world.held_online[g].tolist()
            province.offers = [self._offer(world, g, k) for k in range(self.market.K)]

    def _offer(self, world: np.record, g: int, k: int) -> Offer:
        """Return what operator k offers in province g."""
        market, p = self.market, self.market.parameters
        pull = p.merchant_pull * market.acceptance[g]
        utilities = (market.ways.taste[2:] + pull[: market.M]).tolist()
        by_wallet = float(market.ways.taste[WALLET] + pull[market.M + k])
        runs_wallet = bool(world.wallet_open[g, k])
        covered = market.partnerships.services[k, g].T  # (S, M)
        partners = [np.flatnonzero(row).tolist() for row in covered]
        wallet = [(WALLET, market.M, by_wallet)] if runs_wallet else []
        methods = [wallet + [(FIRST_PLATFORM + m, m, utilities[m]) for m in row] for row in partners]
        return Offer(
            standing=world.standing[g, k].tolist(),
            price=world.price[k].tolist(),
            runs_wallet=runs_wallet,
            methods=methods,
            partners=partners,
            hazard=world.account_hazard[g, k].tolist(),
            imitation=world.account_imitation[g, k].tolist(),
            paid=[[[0] * len(market.methods) for _ in SERVICES] for _ in (G2, G3)],
        )

    def run_month(self) -> None:
        """Let every consumer live through the month: review, pay, perhaps open an account."""
        self.do("step")
        self.do("advance")

    def add_payments(self, payments: np.ndarray) -> None:
        """Add the number of payments made to `payments` (G, K, 2, S, D)."""
        payments += np.array([[offer.paid for offer in province.offers] for province in self.provinces])

    def count(self, provinces: int, operators: int, masks: int) -> tuple[np.ndarray, np.ndarray]:
        """Return people (G, 1 + 2 K, A) by subscription and accounts, and moves (G, 1 + 2 K, 1 + 2 K)."""
        states = 1 + 2 * operators
        people = np.zeros((provinces, states, masks), np.int64)
        moves = np.zeros((provinces, states, states), np.int64)
        found = Counter(
            (c.home.index, c.was_operator, c.was_network, c.operator, c.network, c.accounts)
            for c in self.consumers
        )
        for (g, was_operator, was_network, operator, network, accounts), lines in found.items():
            before = 0 if was_operator is None else 1 + 2 * was_operator + was_network
            now = 0 if operator is None else 1 + 2 * operator + network
            people[g, now, sum(1 << m for m, held in enumerate(accounts) if held)] += lines
            moves[g, before, now] += lines
        return people, moves

    def surplus_by_province(self) -> np.ndarray:
        """Return the sum of consumer surplus over lines (G,), RMB a month."""
        return np.array([sum(c.surplus for c in province.consumers) for province in self.provinces])


class MesaPeople(People):
    """All consumers as Mesa agents."""

    @property
    def consumers(self) -> Any:  # type: ignore[override]
        """Return all consumers."""
        return self.market.consumers

    def make(self, province: Province, months: list[int]) -> list[Any]:
        """Return new consumers of a province, who take up their lines in these months."""
        return [Consumer(self.market, province, month) for month in months]

    def do(self, what: str) -> None:
        """Let every consumer do something."""
        self.market.consumers.do(what)


def make_contacts(provinces: list[Province], rewired: float, across: float, random: Any) -> None:
    """Tie everybody to the next people on the ring of their province, some ties rewired."""
    everybody = [consumer for province in provinces for consumer in province.consumers]
    for province in provinces:
        people = province.consumers
        for position, person in enumerate(people):
            for distance in range(1, OWNED + 1):
                luck = random.random()
                if luck < across:
                    other = random.choice(everybody)
                elif luck < across + rewired:
                    other = random.choice(people)
                else:
                    other = people[(position + distance) % len(people)]
                if other is not person:
                    person.contacts.append(other)
                    other.contacts.append(person)

"""The plain Mesa model with every trick we know: the hardest baseline for the columns.

Still one Mesa object a consumer that steps through `agents.do("step")`, but NumPy draws the traits and who
knows whom, the market's compiled tables say what paying is worth and how people pay, lines that are not in
use yet are kept out of Mesa's agent set, and the garbage collector rests (bench/contenders.py). This is no
longer what one would write from docs/odd.md; it shows how far Python objects can be pushed.
"""

from __future__ import annotations

import gc
import itertools
from bisect import bisect_right
from random import Random

import numpy as np

from agents.choice import G3
from agents.paying import PURCHASES, TELECOM
from bench.numpy_market import contact_table
from bench.other_market import OtherPeople
from bench.plain_mesa import PlainMarket
from bench.tuned_consumers import Place, TunedConsumer


class TunedPeople(OtherPeople):
    """All consumers as Mesa agents; answers to the market as `agents.population.Population` does."""

    def __init__(self, market: PlainMarket, sizes: np.ndarray, seed: int) -> None:
        self.market, self.sizes = market, sizes
        self.draw = Random(seed).random
        self.luck = np.random.default_rng(seed)
        self.places: list[Place] = []
        self.entered = np.zeros(len(sizes), np.int64)

    def __len__(self) -> int:
        """Return the number of consumers, those without a line yet included."""
        return int(self.sizes.sum())

    def settle(self, world: np.record, entered: np.ndarray, shares: np.ndarray) -> None:
        """Make all consumers; give the lines in use at the start their operator and accounts."""
        collecting = gc.isenabled()
        gc.disable()  # a million objects that all stay: looking for garbage among them doubles the time
        try:
            consumers = self._make_consumers(world)
            self._introduce(consumers)
        finally:
            if collecting:
                gc.enable()
        self._show(world, 0)
        self._take_up(entered)
        for place, share in zip(self.places, shares.cumsum(axis=1).tolist(), strict=True):
            newcomers, place.changed = place.changed, []
            share[-1] = 1.0
            place.changed = [
                (c, 1 + 2 * bisect_right(share, self.draw()), c.accounts) for c, _, _ in newcomers
            ]
            place.end_month()

    def _make_consumers(self, world: np.record) -> list[TunedConsumer]:
        """Make everybody, province by province, and queue them in random order for a line."""
        states, masks = 1 + 2 * len(world.price), world.payment_value.shape[-1]
        a, s = float(world.sensitivity_spread), float(world.switching_spread)
        everybody: list[TunedConsumer] = []
        for g, n in enumerate(self.sizes.tolist()):
            place = Place(n, states, masks, self.draw)
            place.people[0][0] = n
            mean = float(np.log(world.price_sensitivity[g]))
            sensitivity = self.luck.lognormal(mean - 0.5 * a * a, a, n).tolist()
            switching = (world.switching_cost * self.luck.lognormal(-0.5 * s * s, s, n)).tolist()
            online = self.luck.random(n).tolist()
            local = list(map(TunedConsumer, itertools.repeat(place), sensitivity, switching, online))
            place.queue = [local[i] for i in self.luck.permutation(n).tolist()]
            self.places.append(place)
            everybody += local
        return everybody

    def _introduce(self, consumers: list[TunedConsumer]) -> None:
        """Tell everybody who they know."""
        p = self.market.parameters
        table = contact_table(self.sizes, p.rewired_ties, p.distant_ties, self.luck)
        friends = tuple(map(consumers.__getitem__, table["contacts"].tolist()))
        begin = 0
        for consumer, end in zip(consumers, table["contacts_end"][1:].tolist(), strict=True):
            consumer.contacts = friends[begin:end]
            begin = end

    def _show(self, world: np.record, month: int) -> None:
        """Show the month's tables to every province."""
        for g, place in enumerate(self.places):
            place.show(world, g, month)

    def _take_up(self, entered: np.ndarray) -> None:
        """Let the next lines in the queues be taken up."""
        for place, new in zip(self.places, (entered - self.entered).tolist(), strict=True):
            waiting = len(place.queue) - new
            newcomers = place.queue[waiting:]
            del place.queue[waiting:]
            # In the order they were made: neighbours in memory are visited one after another.
            newcomers.sort(key=id)
            for consumer in newcomers:
                consumer.enter(self.market)
                if place.month == 0:
                    place.changed.append((consumer, 0, 0))
        self.entered = entered

    def begin_month(self, world: np.record, month: int, entered: np.ndarray) -> None:
        """Show the month's tables and let lines be taken up."""
        self._show(world, month)
        self._take_up(entered)

    def run_month(self) -> None:
        """Let every consumer live through the month: review, pay, perhaps open an account."""
        self.market.agents_by_type[TunedConsumer].do("step")
        for place in self.places:
            place.end_month()

    def add_payments(self, payments: np.ndarray) -> None:
        """Add the number of payments made to `payments` (G, K, 2, S, D)."""
        for g, place in enumerate(self.places):
            made = np.array(place.tallies)[:, 1:]  # (S, 2 K, D)
            # Everybody pays a bill and everybody on 3G shops: who did not pay otherwise paid cash.
            lines = np.array(place.people)[1:].sum(axis=1)
            made[TELECOM, :, 0] = lines - made[TELECOM].sum(axis=1)
            made[PURCHASES, G3::2, 0] = (lines - made[PURCHASES].sum(axis=1))[G3::2]
            services, states, methods = made.shape
            by_network = made.reshape(services, states // 2, 2, methods)
            payments[g] += by_network.transpose(1, 2, 0, 3)

    def count(self, provinces: int, operators: int, masks: int) -> tuple[np.ndarray, np.ndarray]:
        """Return people (G, 1 + 2 K, A) by subscription and accounts, and moves (G, 1 + 2 K, 1 + 2 K)."""
        people = np.array([place.people for place in self.places], np.int64)
        moves = np.array([place.moves for place in self.places], np.int64)
        stayed = people.sum(axis=2) - moves.sum(axis=1)  # those here now who came from elsewhere go off
        diagonal = np.arange(1 + 2 * operators)
        moves[:, diagonal, diagonal] = stayed
        return people, moves

    def surplus_by_province(self) -> np.ndarray:
        """Return the sum of consumer surplus over lines (G,), RMB a month."""
        return np.array([place.surplus for place in self.places])


class TunedMarket(PlainMarket):
    """The plain market with tuned consumers."""

    person = TunedConsumer

    def make_people(self, sizes: np.ndarray) -> TunedPeople:
        """Return what runs the consumers."""
        return TunedPeople(self, sizes, self.seed_number)

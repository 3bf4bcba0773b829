"""A plain Mesa model of the same market, one Python object a consumer: what the columns are measured against.

The law is that of `agents.choice` and `agents.rounds`, written again the way a Mesa model is usually
written, and as well as we can: slots, locals, tuples of contacts, the standard library's generator
and `math`, counts kept up to date where somebody changes instead of taken anew. Luck is its own, so
runs agree with `MobileMarket` in law, not draw for draw (tests/test_plain_mesa.py).

The market around consumers (coverage, tariffs, deals, settlement, the month's tables) is inherited: the
comparison is of how consumers are run. Three things are given to the plain model as a present: it uses
the compiled network to find who knows whom, NumPy to draw traits, and it keeps lines that are not in
use yet out of Mesa's agent set, so that nobody is called in vain.

A number a line: its subscription, 0 none yet, 1 + 2 k operator k's 2G, 2 + 2 k its 3G; odd is 2G.
"""

from __future__ import annotations

import gc
import itertools
from bisect import bisect_right
from collections.abc import Callable
from math import exp, log
from random import Random
from typing import Any

import mesa
import numpy as np

from agents.choice import G3, HANDSETS, PURCHASES, SUBSCRIBING, TELECOM
from agents.compiling import loop
from agents.contacts import SLOTS, Network, build_network, find_contacts
from model.market import MobileMarket
from model.people import entered_lines, rows_by_province


class Place:
    """A province as its consumers see it this month, and what has been counted there.

    Tables are plain lists and tuples: NumPy numbers are slow one at a time.
    """

    __slots__ = (
        "ceiling",  # [subscription][accounts]: no draw above it opens an account
        "changed",  # (consumer, subscription, accounts) to take effect at the end of the month
        "contract_months",
        "downgrade_cost",
        "draw",  # the generator's `random`
        "hazards",  # [operator]: (bit, hazard, imitation) of each kind of account
        "held_online",
        "lock_in",  # [operator]: utils, 0 where it runs no wallet
        "methods",  # [service][subscription][accounts]: (share of cash, cumulative shares, tally)
        "month",
        "moves",  # [before][now]: lines that changed
        "online_share",
        "people",  # [subscription][accounts]: lines
        "queue",  # lines not in use yet, the next one last
        "review_hazard",
        "same_operator",
        "size",
        "steepness",  # 1 / dissimilarity
        "surplus",  # sum over lines, RMB a month
        "tallies",  # [service][subscription][method]: payments; cash bills and purchases are the rest
        "wallet_bit",
        "word_of_mouth",
        "worth",  # [accounts][operator]: (2G, 3G) utils before price, (2G, 3G) price
    )

    def __init__(self, size: int, states: int, masks: int, draw: Callable[[], float]) -> None:
        self.size, self.draw, self.surplus = size, draw, 0.0
        self.people = [[0] * masks for _ in range(states)]
        self.changed: list[tuple[PlainConsumer, int, int]] = []
        self.queue: list[PlainConsumer] = []

    def show(self, world: np.record, g: int, month: int) -> None:
        """Lay out the month's tables of province g as Python numbers, and clear the counts."""
        self.month = month
        self.review_hazard, self.contract_months = world.review_hazard.item(), world.contract_months.item()
        self.same_operator, self.word_of_mouth = world.same_operator.item(), world.word_of_mouth.item()
        self.downgrade_cost, self.wallet_bit = world.downgrade_cost.item(), world.wallet_bit.item()
        self.steepness = 1.0 / world.dissimilarity.item()
        self.online_share, self.held_online = world.online_share[g].item(), world.held_online[g].tolist()
        self.lock_in = (world.lock_in * world.wallet_open[g]).tolist()
        value = world.standing[g][:, :, None] + world.payment_value[g]  # (K, 2, A)
        price = np.broadcast_to(world.price[:, :, None], value.shape)
        self.worth = np.concatenate([value, price], axis=1).transpose(2, 0, 1).tolist()
        self._show_hazards(world, g)
        self._show_methods(world.method_shares[g])

    def _show_hazards(self, world: np.record, g: int) -> None:
        """Lay out the hazards of opening an account, and for each person's state their sum."""
        hazard, imitation = world.account_hazard[g], world.account_imitation[g]
        bits = [1 << slot for slot in range(hazard.shape[1])]
        self.hazards = [
            list(zip(bits, h, i, strict=True))
            for h, i in zip(hazard.tolist(), imitation.tolist(), strict=True)
        ]
        masks = range(len(self.people[0]))
        by_operator = [
            [sum(h + i for bit, h, i in options if not held & bit) for held in masks]
            for options in self.hazards
        ]
        self.ceiling = [by_operator[0], *(row for row in by_operator for _ in (0, 1))]

    def _show_methods(self, shares: np.ndarray) -> None:
        """Lay out the cumulative shares of payment methods (K, S, A, D), each with its tally."""
        states, methods = len(self.people), shares.shape[-1]
        self.moves = [[0] * states for _ in range(states)]
        self.tallies = [[[0] * methods for _ in range(states)] for _ in range(shares.shape[1])]
        rows = shares.tolist()
        self.methods = [
            [
                [(cumulative[0], cumulative, tally[state]) for cumulative in rows[(state - 1) // 2][service]]
                for state in range(states)
            ]
            for service, tally in enumerate(self.tallies)
        ]

    def end_month(self) -> None:
        """Let the month's changes take effect, and keep the counts of people."""
        people, moves = self.people, self.moves
        for consumer, now, held in self.changed:
            own = consumer.subscription
            people[own][consumer.accounts if own else 0] -= 1
            people[now][held] += 1
            if own != now:
                moves[own][now] += 1
            consumer.subscription, consumer.accounts = now, held
        self.changed.clear()


class PlainConsumer(mesa.Agent):
    """One present or future mobile line; known to Mesa from the day the line is taken up.

    Parameters
    ----------
    place : Place
    sensitivity, switching : float
        Price sensitivity, utils per RMB, and switching cost, utils.
    online_luck : float
        The person uses the internet when the province's share of users is above it.
    """

    __slots__ = (
        "accounts",
        "contacts",
        "contract_end",
        "online_luck",
        "place",
        "sensitivity",
        "subscription",
        "surplus",
        "switching",
    )

    def __init__(self, place: Place, sensitivity: float, switching: float, online_luck: float) -> None:
        # No call of Mesa's constructor, which would register the line: see `enter`.
        self.place = place
        self.sensitivity, self.switching, self.online_luck = sensitivity, switching, online_luck
        self.subscription = self.accounts = self.contract_end = 0
        self.surplus = 0.0

    def enter(self, market: mesa.Model) -> None:
        """Take up the line: join the model's agents, with the accounts the person holds."""
        super().__init__(market)
        place = self.place
        if self.online_luck < place.online_share:
            draw = place.draw
            self.accounts = sum(1 << m for m, held in enumerate(place.held_online) if draw() < held)

    def step(self) -> None:
        """Live through one month: review, pay, perhaps open an account."""
        place = self.place
        draw = place.draw
        own = now = self.subscription
        held = before = self.accounts
        if not own or (draw() < place.review_hazard and place.month > self.contract_end):
            now = self.choose(place, own, held)
            if now != own:
                held = self.move(place, own, now, held)
        cash, shares, tally = place.methods[TELECOM][now][held]
        luck = draw()
        if luck >= cash:
            tally[bisect_right(shares, luck)] += 1
        if not now & 1:
            cash, shares, tally = place.methods[PURCHASES][now][held]
            luck = draw()
            if luck >= cash:
                tally[bisect_right(shares, luck)] += 1
        luck = draw()
        if luck < place.ceiling[now][held]:
            held |= self.open_account(place, now, held, luck)
        if now != own or held != before:
            place.changed.append((self, now, held))

    def choose(self, place: Place, own: int, held: int) -> int:
        """Return the subscription chosen, a nested logit drawn from its probabilities.

        The three operators are written out: a loop over them takes half as long again.
        """
        contacts = self.contacts
        count = [0, 0, 0, 0, 0, 0, 0]
        for friend in contacts:
            count[friend.subscription] += 1
        none, a2, a3, b2, b3, c2, c3 = count
        known = len(contacts) - none or 1
        near, steepness = place.same_operator / known, place.steepness
        a, b, c = near * (a2 + a3), near * (b2 + b3), near * (c2 + c3)
        buzz = (a3 + b3 + c3) * place.word_of_mouth / known
        first, second, third = place.worth[held & (place.wallet_bit - 1)]
        down = 0.0
        if own:
            mine = (own - 1) >> 1
            leaving = self.switching
            if held & place.wallet_bit:
                leaving += place.lock_in[mine]
            if mine == 0:
                first, b, c = place.worth[held][0], b - leaving, c - leaving
            elif mine == 1:
                second, a, c = place.worth[held][1], a - leaving, c - leaving
            else:
                third, a, b = place.worth[held][2], a - leaving, b - leaving
            if not own & 1:
                down = place.downgrade_cost
        # Utilities stay within some fifty utils of 0, so exp() needs no shift.
        s = -self.sensitivity
        on_2g, on_3g, price_2g, price_3g = first
        a_2g, a_3g = (
            exp(a + on_2g + s * price_2g - down),
            exp((a + on_3g + s * price_3g + buzz) * steepness),
        )
        on_2g, on_3g, price_2g, price_3g = second
        b_2g, b_3g = (
            exp(b + on_2g + s * price_2g - down),
            exp((b + on_3g + s * price_3g + buzz) * steepness),
        )
        on_2g, on_3g, price_2g, price_3g = third
        c_2g, c_3g = (
            exp(c + on_2g + s * price_2g - down),
            exp((c + on_3g + s * price_3g + buzz) * steepness),
        )
        inside = a_3g + b_3g + c_3g
        nest = inside ** (1.0 / steepness)
        total = nest + a_2g + b_2g + c_2g
        surplus = log(total) / -s
        place.surplus += surplus - self.surplus
        self.surplus = surplus
        luck = place.draw() * total
        if luck < nest:
            luck *= inside / nest
            return 2 if luck < a_3g else 4 if luck < a_3g + b_3g else 6
        luck -= nest
        return 1 if luck < a_2g else 3 if luck < a_2g + b_2g else 5

    def move(self, place: Place, own: int, now: int, held: int) -> int:
        """Pay for a new number and a 3G handset; return the accounts that move along."""
        if (own - 1) // 2 != (now - 1) // 2:
            held &= place.wallet_bit - 1  # wallet money does not move
            self._pay(place, SUBSCRIBING, now, held)
        if not now & 1:
            self.contract_end = min(place.month + place.contract_months, 255)
            self._pay(place, HANDSETS, now, held)
        return held

    def _pay(self, place: Place, service: int, now: int, held: int) -> None:
        """Pay once for a service by a chosen method."""
        _, shares, tally = place.methods[service][now][held]
        tally[bisect_right(shares, place.draw())] += 1

    def open_account(self, place: Place, now: int, held: int, luck: float) -> int:
        """Return the bit of the account opened this month, 0 for none."""
        online = self.online_luck < place.online_share
        wallet, k = place.wallet_bit, (now - 1) // 2
        threshold, known = 0.0, -1
        for bit, hazard, imitation in place.hazards[k]:
            if held & bit or not (online or bit == wallet):
                continue
            threshold += hazard
            if luck < threshold:
                return bit
            if imitation:
                if known < 0:
                    friends = [(f.subscription, f.accounts) for f in self.contacts if f.subscription]
                    known = len(friends) or 1
                if bit == wallet:
                    having = [(s - 1) // 2 == k and a & bit for s, a in friends].count(bit)
                else:
                    having = [a & bit for _, a in friends].count(bit)
                threshold += imitation * having / known
                if luck < threshold:
                    return bit
        return 0


@loop
def _contact_table(network, provinces, rows, flat, ends):  # type: ignore[no-untyped-def]
    """Write everybody's contacts one after another into `flat`; return nothing.

    Parameters
    ----------
    network : Network
    provinces : (N,) int64
    rows : int
    flat : (>= N * mean degree,) int64
    ends : (N,) int64
        Written: where each person's contacts end in `flat`.
    """
    found = np.empty(SLOTS, np.int64)
    filled = 0
    for row in range(rows):
        for slot in range(find_contacts(network, row, provinces[row], found)):
            flat[filled] = found[slot]
            filled += 1
        ends[row] = filled


class PlainPeople:
    """All consumers as Mesa agents; answers to the market as `agents.population.Population` does."""

    def __init__(self, market: mesa.Model, sizes: np.ndarray, network: Network, seed: int) -> None:
        self.market, self.sizes, self.network = market, sizes, network
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

    def _make_consumers(self, world: np.record) -> list[PlainConsumer]:
        """Make everybody, province by province, and queue them in random order for a line."""
        states, masks = 1 + 2 * len(world.price), world.payment_value.shape[-1]
        a, s = float(world.sensitivity_spread), float(world.switching_spread)
        everybody: list[PlainConsumer] = []
        for g, n in enumerate(self.sizes.tolist()):
            place = Place(n, states, masks, self.draw)
            place.people[0][0] = n
            mean = float(np.log(world.price_sensitivity[g]))
            sensitivity = self.luck.lognormal(mean - 0.5 * a * a, a, n).tolist()
            switching = (world.switching_cost * self.luck.lognormal(-0.5 * s * s, s, n)).tolist()
            online = self.luck.random(n).tolist()
            local = list(map(PlainConsumer, itertools.repeat(place), sensitivity, switching, online))
            place.queue = [local[i] for i in self.luck.permutation(n).tolist()]
            self.places.append(place)
            everybody += local
        return everybody

    def _introduce(self, consumers: list[PlainConsumer]) -> None:
        """Tell everybody who they know."""
        n = len(consumers)
        flat, ends = np.empty(n * SLOTS, np.int64), np.empty(n, np.int64)
        _contact_table(self.network, np.repeat(np.arange(len(self.sizes)), self.sizes), n, flat, ends)
        friends = tuple(map(consumers.__getitem__, flat[: ends[-1]].tolist()))
        begin = 0
        for consumer, end in zip(consumers, ends.tolist(), strict=True):
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

    def review(self) -> None:
        """Let every consumer live through the month: review, pay, perhaps open an account."""
        self.market.agents_by_type[PlainConsumer].do("step")
        for place in self.places:
            place.end_month()

    def pay(self, payments: np.ndarray) -> None:
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

    def open_accounts(self) -> None:
        """Do nothing: consumers open accounts in their own step."""

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


class PlainMarket(MobileMarket):
    """The same market with its consumers as ordinary Mesa agents; takes `MobileMarket`'s arguments."""

    agents = mesa.Model.agents

    @property
    def consumers(self) -> Any:
        """Return the consumers whose lines are in use."""
        return self.agents_by_type[PlainConsumer]

    def _prepare_people(self, consumers: int, threads: int) -> None:
        """Make the population and bring it to December 2008."""
        data, p = self.observations, self.parameters
        self.seed_number = int(self._seed)
        sizes = rows_by_province(data.lines[:, self.months], consumers)
        self.scale = data.lines[:, self.months] * 1e6 / sizes
        self.entered_path = entered_lines(data.lines[:, : self.months + 1], sizes)
        start = np.append(0, np.cumsum(sizes))
        network = build_network(start, p.rewired_ties, p.distant_ties, self.seed_number)
        self.population = PlainPeople(self, sizes, network, self.seed_number)  # type: ignore[assignment]
        self.online_path = data.internet_per_line
        self.online_share = self.online_path[:, 0]
        self._settle_people(data)

"""Consumers of the tuned Mesa model: one object each, and as little as possible for it to do.

The law is that of `bench.plain_consumers`. What a review is worth and how people pay comes from the
month's compiled tables, by accounts held; slots, locals and tuples of contacts; friends are asked only
when the answer can matter; counts are kept where somebody changes instead of taken anew.

A number a line: its subscription, 0 none yet, 1 + 2 k operator k's 2G, 2 + 2 k its 3G; odd is 2G.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from math import exp, log

import mesa
import numpy as np

from agents.paying import HANDSETS, PURCHASES, SUBSCRIBING, TELECOM
from agents.world import shares_by_service


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
        self.changed: list[tuple[TunedConsumer, int, int]] = []
        self.queue: list[TunedConsumer] = []

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
        self._show_methods(shares_by_service(world, g))

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


class TunedConsumer(mesa.Agent):
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
            self.contract_end = place.month + place.contract_months - 1
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

"""Consumers as plain objects: one each, which works out everything when it needs it.

What paying by phone is worth with every operator, which subscription is best, how to pay, which account
to open: docs/odd.md 7.4 to 7.11 as one writes them in Python, with luck from the framework's generator.
Mesa's `Consumer` is here; agentpy's is in `bench.agentpy_market`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log
from random import Random
from typing import Any

import mesa

from agents.choice import G2, G3
from agents.paying import CASH, HANDSETS, PURCHASES, SUBSCRIBING, TELECOM


@dataclass
class Offer:
    """What an operator offers this month in a province, and how its customers there have paid.

    Accounts are numbered by platform; the last is the operator's own wallet.
    """

    standing: list[float]  # [network], utils; -inf where there is no 3G
    price: list[float]  # [network], RMB
    runs_wallet: bool
    methods: list[list[tuple[int, int, float]]]  # [service]: (method, account, utility without it)
    partners: list[list[int]]  # [service]: platforms whose deal covers it
    hazard: list[float]  # [account] monthly hazard of opening it
    imitation: list[float]  # [account] how much it rises with the share of contacts that have it
    paid: list[list[list[int]]]  # [network][service][method]: payments this month


@dataclass
class Province:
    """A province as its consumers see it this month."""

    index: int
    consumers: list[Any] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    online_share: float = 0.0
    held_online: list[float] = field(default_factory=list)


class Person:
    """One present or future mobile line; an agent of a framework that has `model` and `random`.

    What a consumer does in `step` shows in `advance`, so that everybody sees last month's world.
    """

    model: Any
    random: Random

    def begin(self, home: Province, entry_month: int) -> None:
        """Take on what a consumer is and has before the line is taken up."""
        model = self.model
        p, random = model.parameters, model.random
        a, s = p.sensitivity_spread, p.switching_spread
        self.home, self.entry_month = home, entry_month
        self.sensitivity = model.mean_sensitivity[home.index] * random.lognormvariate(-0.5 * a * a, a)
        self.switching = p.switching_cost * random.lognormvariate(-0.5 * s * s, s)
        self.online_luck = random.random()
        self.contacts: list[Any] = []
        self.operator = self.next_operator = self.was_operator = None
        self.network = self.next_network = self.was_network = G2
        self.accounts = self.next_accounts = (False,) * (model.M + 1)
        self.contract_end = 0
        self.surplus = 0.0

    def step(self) -> None:
        """Live through one month: review, pay, perhaps open an account."""
        if self.model.month >= self.entry_month:
            self.review()
            self.pay()
            self.open_account()

    def advance(self) -> None:
        """Let what the month has changed be seen."""
        self.was_operator, self.was_network = self.operator, self.network
        self.operator, self.network = self.next_operator, self.next_network
        self.accounts = self.next_accounts

    # ---- review --------------------------------------------------------------------------------

    def review(self) -> None:
        """Choose a subscription, where a review is due or the line is new."""
        month, p = self.model.month, self.model.parameters
        if self.operator is None:
            self.accounts = self.next_accounts = self.accounts_on_arrival()
        elif month <= self.contract_end or self.random.random() >= p.review_hazard:
            return
        operator, network = self.choose(self.utilities())
        if operator != self.operator:
            self.next_accounts = (*self.accounts[:-1], False)  # wallet money does not move
        if network == G3 and (operator != self.operator or self.network != G3):
            self.contract_end = month + p.contract_months - 1
        self.next_operator, self.next_network = operator, network

    def accounts_on_arrival(self) -> tuple[bool, ...]:
        """Return the accounts a person brings along with a new line."""
        if self.online_luck >= self.home.online_share:
            return self.accounts
        random = self.random.random
        return (*(random() < held for held in self.home.held_online), False)

    def utilities(self) -> list[tuple[float, float]]:
        """Return what each operator's 2G and 3G are worth, utils."""
        p, mine, accounts = self.model.parameters, self.operator, self.accounts
        near, near_3g = self.look_around()
        leaving = self.switching
        if mine is not None and accounts[-1] and self.home.offers[mine].runs_wallet:
            leaving += p.lock_in
        elsewhere = (*accounts[:-1], False)
        found = []
        for k, offer in enumerate(self.home.offers):
            on_2g, on_3g = self.payment_value(offer, accounts if k == mine else elsewhere)
            common = p.same_operator * near[k]
            if mine is not None and k != mine:
                common -= leaving
            on_2g += common + offer.standing[G2] - self.sensitivity * offer.price[G2]
            on_3g += common + offer.standing[G3] - self.sensitivity * offer.price[G3]
            if mine is not None and self.network == G3:
                on_2g -= p.downgrade_cost
            found.append((on_2g, on_3g + p.word_of_mouth * near_3g))
        return found

    def look_around(self) -> tuple[list[float], float]:
        """Return the share of contacts with each operator, and the share on anybody's 3G."""
        with_operator = [0] * len(self.home.offers)
        on_3g = 0
        for friend in self.contacts:
            if friend.operator is not None:
                with_operator[friend.operator] += 1
                on_3g += friend.network
        known = sum(with_operator) or 1
        return [count / known for count in with_operator], on_3g / known

    def payment_value(self, offer: Offer, accounts: tuple[bool, ...]) -> tuple[float, float]:
        """Return what an operator's ways to pay are worth on 2G and on 3G, utils."""
        model = self.model
        familiarity, everywhere, on_3g = model.parameters.account_familiarity, 0.0, 0.0
        for service, methods in enumerate(offer.methods):
            if methods:
                total = 1.0  # cash
                for _, account, utility in methods:
                    total += exp(utility + familiarity) if accounts[account] else exp(utility)
                value = model.weights[service] * log(total)
                if service == PURCHASES:
                    on_3g += value
                else:
                    everywhere += value
        join = 0.0
        for service in (SUBSCRIBING, HANDSETS):
            for platform in offer.partners[service]:
                if accounts[platform]:
                    join += 0.5 * model.parameters.join_online
                    break
        ways = model.ways
        return ways.lambda_2g * everywhere, ways.lambda_3g * (everywhere + on_3g) + join

    def choose(self, utilities: list[tuple[float, float]]) -> tuple[int, int]:
        """Return the operator and network chosen: a nested logit with the 3G options in a nest."""
        mu = self.model.parameters.dissimilarity
        weights_2g = [exp(on_2g) for on_2g, _ in utilities]
        weights_3g = [exp(on_3g / mu) for _, on_3g in utilities]
        inside = sum(weights_3g)
        nest = inside**mu
        total = sum(weights_2g) + nest
        self.surplus = log(total) / self.sensitivity
        luck = self.random.random() * total
        if luck < nest:
            return self.pick(weights_3g, luck * inside / nest), G3
        return self.pick(weights_2g, luck - nest), G2

    @staticmethod
    def pick(weights: list[float], luck: float) -> int:
        """Return which weight a number between 0 and their sum falls on."""
        last = 0
        for number, weight in enumerate(weights):
            if weight > 0.0:
                last = number
                if luck < weight:
                    break
                luck -= weight
        return last

    # ---- paying --------------------------------------------------------------------------------

    def pay(self) -> None:
        """Pay the bill; on 3G for what is bought by phone; a new number; a new handset."""
        offer = self.home.offers[self.next_operator]
        new = self.next_operator != self.operator
        self.pay_for(TELECOM, offer)
        if self.next_network == G3:
            self.pay_for(PURCHASES, offer)
            if new or self.network != G3:
                self.pay_for(HANDSETS, offer)
        if new:
            self.pay_for(SUBSCRIBING, offer)

    def pay_for(self, service: int, offer: Offer) -> None:
        """Pay once for a service, by a method drawn from a logit in which cash is worth 0."""
        familiarity, accounts = self.model.parameters.account_familiarity, self.next_accounts
        methods, method = offer.methods[service], CASH
        if methods:
            weights = [
                exp(utility + familiarity) if accounts[account] else exp(utility)
                for _, account, utility in methods
            ]
            luck = self.random.random() * (1.0 + sum(weights)) - 1.0
            if luck >= 0.0:
                method = methods[self.pick(weights, luck)][0]
        offer.paid[self.next_network][service][method] += 1

    # ---- accounts ------------------------------------------------------------------------------

    def open_account(self) -> None:
        """Open at most one account, by competing hazards."""
        offer, accounts = self.home.offers[self.next_operator], self.next_accounts
        online, wallet = self.online_luck < self.home.online_share, len(accounts) - 1
        luck, threshold = self.random.random(), 0.0
        for account, hazard in enumerate(offer.hazard):
            if accounts[account] or not (online or account == wallet):
                continue
            threshold += hazard
            if offer.imitation[account]:
                threshold += offer.imitation[account] * self.friends_with(account, account == wallet)
            if luck < threshold:
                self.next_accounts = (*accounts[:account], True, *accounts[account + 1 :])
                return

    def friends_with(self, account: int, wallet: bool) -> float:
        """Return the share of contacts that have an account; of a wallet only my operator's count."""
        mine, known, having = self.next_operator, 0, 0
        for friend in self.contacts:
            if friend.operator is not None:
                known += 1
                if friend.accounts[account] and (not wallet or friend.operator == mine):
                    having += 1
        return having / known if known else 0.0


class Consumer(Person, mesa.Agent):
    """One present or future mobile line, as a Mesa agent."""

    def __init__(self, model: Any, home: Province, entry_month: int) -> None:
        super().__init__(model)
        self.begin(home, entry_month)

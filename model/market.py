"""The market: builds the world from data, then lives through months, one phase after another."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import mesa
import numpy as np
from mesa.discrete_space import OrthogonalMooreGrid

from agents.choice import FIRST_PLATFORM
from agents.consumers import AgentsView, Consumer
from agents.draws import stream_of
from agents.operators import Branch, Operator
from agents.partnerships import Partnerships, Stance, Terms
from agents.platforms import PaymentPlatform, adoption_hazard, merchants_follow
from agents.population import Population
from agents.world import make_world, world_type
from model import negotiation, settlement
from model.errors import InputError, unknown_name
from model.flows import Flows
from model.ledger import OTHERS, Ledger
from model.observations import Observations, load_observations
from model.parameters import Parameters
from model.payment_tables import (
    ease_of_joining,
    methods_covered,
    payment_tables,
    value_by_network,
)
from model.people import entered_lines, rows_by_province
from model.recorder import Recorder
from model.scenarios import Scenario, load_scenario
from model.schemas import OPERATORS, PLATFORMS, SERVICES

PHASES = (
    "extend_coverage",
    "set_tariffs",
    "negotiate_partnerships",
    "consumers_review",
    "consumers_pay",
    "platforms_grow",
    "settle_accounts",
    "observe",
)
ACTIVATIONS = ("columns", "agents", "shuffled")
LEAST_CONSUMERS, MOST_CONSUMERS = 310, 2_000_000_000


class MobileMarket(mesa.Model):
    """China's mobile market, January 2009 to December 2013, a month a step.

    Parameters
    ----------
    scenario : str, path or Scenario
        Who is closed, open or exclusive: a name from `scenario_names()`, a file, or an object.
    consumers : int
        Rows; each stands for a known number of real lines.
    months : int
        Months to run, 1 to 60.
    rng : int
        Seed, 0 or more; None for one nobody chose. Scenarios with the same seed share every
        consumer's luck.
    threads : int
        Threads that share the rows; results do not depend on it.
    activation : str
        "columns": compiled loops over all rows; "agents", "shuffled": each consumer's own step, in
        order or shuffled. Results do not depend on it.
    operators : tuple of str
        Order of the operators in every table; results do not depend on it.
    **parameters
        Any parameter of `model.parameters`, by name.

    Raises
    ------
    InputError
        An argument that is not allowed, named with what is.
    """

    # The month's state, by operator k, province g, platform m (wallets after the platforms).
    coverage: np.ndarray  # (K, G) share of people within reach of 3G
    coverage_built: np.ndarray  # (K, G) the part of it built this month
    coverage_path: np.ndarray  # (K, G, T)
    price: np.ndarray  # (K, 2) RMB a month
    price_path: np.ndarray  # (K, 2, T)
    stance: np.ndarray  # (K, G) of agents.partnerships.Stance
    stance_path: np.ndarray  # (T, K, G)
    wanted: np.ndarray  # (K, G, M) bool, deals a branch would make
    deals_since: np.ndarray  # (K, G, M) month from which a deal may be made
    newly_integrated: np.ndarray  # (K, G, M) bool
    partnerships: Partnerships
    wallet_open: np.ndarray  # (G, K) bool
    wallet_launch: np.ndarray  # (K,) month
    lines: np.ndarray  # (G, K) real lines
    lines_3g: np.ndarray  # (G, K)
    platform_accounts: np.ndarray  # (G, M + K)
    acceptance: np.ndarray  # (G, M + K) share of merchants
    online_share: np.ndarray  # (G,)
    payment_counts: np.ndarray  # (G, K, 2, S, D) rows' payments this month

    def __init__(
        self,
        scenario: str | Scenario = "history",
        consumers: int = 50_000,
        months: int = 60,
        rng: int | None = 0,
        threads: int = 1,
        activation: str = "columns",
        operators: tuple[str, ...] = OPERATORS,
        **parameters: float,
    ) -> None:
        data = load_observations()
        seed = int(np.random.SeedSequence().entropy) >> 65 if rng is None else rng  # type: ignore[arg-type]
        _check_arguments(consumers, months, seed, threads, activation, operators, data)
        super().__init__(rng=int(seed))
        self.observations = data
        self.plan = load_scenario(scenario)
        given = Parameters.with_values(self.plan.parameters)
        self.parameters = Parameters.with_values(parameters, given)
        self.months, self.month, self.activation = int(months), 0, activation
        self.operators, self.platforms = tuple(operators), PLATFORMS
        self.provinces = data.provinces
        self.wallets = tuple(f"{operator}_wallet" for operator in self.operators)
        self.all_platforms = (*self.platforms, *self.wallets)
        self.methods = ("cash", "wallet", *self.platforms)
        self.G, self.K, self.M = len(self.provinces), len(self.operators), len(self.platforms)
        self.A = 1 << (self.M + 1)
        self.not_held = 1 - ((np.arange(self.A)[:, None] >> np.arange(self.M + 1)) & 1)  # (A, M + 1)
        self.world_type = world_type(self.G, self.K, self.M, len(SERVICES))
        self._prepare_paths(data)
        self._prepare_people(int(consumers), int(threads))
        self._make_agents(data)
        self.ledger = Ledger((*self.operators, *self.platforms, *OTHERS), self.G)
        self.recorder = Recorder(self)
        self.datacollector = mesa.DataCollector(model_reporters=_reporters())
        self.datacollector.collect(self)

    # ---- the month -----------------------------------------------------------------------------

    def step(self) -> None:
        """Live through one month: the phases, in order."""
        if self.month >= self.months:
            self.running = False
            return
        self.month += 1
        for phase in PHASES:
            getattr(self, phase)()
        self.datacollector.collect(self)
        self.running = self.month < self.months

    def run(self) -> MobileMarket:
        """Live through all months that are left; return the market."""
        while self.running:
            self.step()
        return self

    def extend_coverage(self) -> None:
        """Let the operators' 3G networks reach further, by province."""
        before = self.coverage
        self.coverage = self.coverage_path[:, :, self.month]
        self.coverage_built = np.maximum(self.coverage - before, 0.0)

    def set_tariffs(self) -> None:
        """Set this month's prices on 2G and 3G: the observed path."""
        self.price = self.price_path[:, :, self.month]

    def negotiate_partnerships(self) -> None:
        """Let branches whose stance allows it, and platforms, make deals; open or shut wallets."""
        self.stance = self.stance_path[self.month]
        open_to = self.stance != Stance.CLOSED
        self.wanted = open_to[:, :, None] & (self.deals_since <= self.month)
        self.wallet_open = (~open_to & (self.wallet_launch <= self.month)[:, None]).T
        self.newly_integrated = np.zeros((self.K, self.G, self.M), bool)
        self.partnerships.expire(self.month, self.wanted)
        negotiation.hold_talks(self)

    def sign(self, deal: tuple[int, int, int], terms: Terms) -> None:
        """Enter a deal of operator, province and platform on the terms both accepted."""
        ends = self.month + int(self.parameters.deal_months) - 1
        self.partnerships.sign(deal, terms, ends, self.services_offered[deal])
        self.newly_integrated[deal] = not self.partnerships.integrated[deal]
        self.partnerships.integrated[deal] = True

    def consumers_review(self) -> None:
        """Let those choose whose contract is due, and those who take up a line."""
        self.world = self._look_around()
        self.population.begin_month(self.world, self.month, self.entered_path[:, self.month])
        self.payment_counts = np.zeros((self.G, self.K, 2, len(SERVICES), len(self.methods)), np.int64)
        if self.activation == "columns":
            self.population.review()
        elif self.activation == "agents":
            self.consumers.do("step")
        else:
            self.consumers.shuffle_do("step")

    def consumers_pay(self) -> None:
        """Let bills, numbers, handsets and mobile purchases be paid, each by a chosen method."""
        if self.activation == "columns":
            self.population.pay(self.payment_counts)

    def platforms_grow(self) -> None:
        """Let people open accounts, and merchants follow the users there were."""
        if self.activation == "columns":
            self.population.open_accounts()
        users = self.platform_accounts / np.maximum(self.lines.sum(axis=1, keepdims=True), 1.0)
        speed = self.parameters.merchant_speed
        self.acceptance = merchants_follow(self.acceptance, users, speed)
        self._count()

    def settle_accounts(self) -> None:
        """Enter every payment of the month in the ledger."""
        self.paid = settlement.volumes(self)
        settlement.settle(self, self.paid)
        self.ledger.close_month()

    def observe(self) -> None:
        """Take the month's measures."""
        surplus = self.population.surplus_by_province() * self.scale
        profits = {party: self.ledger.net(party) for party in (*self.operators, *self.platforms)}
        deals = self.partnerships.in_force
        rmb = self.paid.rmb
        wallet_zero = np.zeros((self.G, self.K))
        by_platform = [rmb[..., FIRST_PLATFORM:].sum(axis=(1, 2)), rmb[:, :, :, 1].sum(axis=2)]
        self.recorder.record(
            lines=self.lines,
            lines_3g=self.lines_3g,
            joined=self.joined,
            left=self.left,
            bills_rmb=rmb[:, :, 1].sum(axis=2),
            revenue_rmb=np.stack([self.ledger.received(name) for name in self.operators], axis=1),
            profit_rmb=np.stack([profits[name] for name in self.operators], axis=1),
            stance=self.stance.T,
            deals=deals.sum(axis=2).T,
            wallet_users=self.wallet_users,
            accounts=self.platform_accounts,
            acceptance=self.acceptance,
            volume_rmb=np.concatenate(by_platform, axis=1),
            fees_rmb=np.concatenate(
                [np.stack([self.ledger.received(m) for m in self.platforms], axis=1), wallet_zero],
                axis=1,
            ),
            platform_profit_rmb=np.concatenate(
                [np.stack([profits[name] for name in self.platforms], axis=1), wallet_zero], axis=1
            ),
            platform_deals=np.concatenate([deals.sum(axis=0), wallet_zero.astype(int)], axis=1),
            consumer_surplus_rmb=surplus,
            welfare_rmb=surplus + sum(profits.values()),
            payments=self.paid.count.sum(axis=2),
            payments_rmb=rmb,
        )

    # ---- what consumers see --------------------------------------------------------------------

    def _look_around(self) -> np.record:
        """Return the tables consumers see this month, made from last month's world."""
        p, deals = self.parameters, self.partnerships
        value, shares = payment_tables(
            methods_covered(self.wallet_open, deals.services),
            self.method_tastes,
            p.account_familiarity,
            p.merchant_pull,
            self.acceptance[:, : self.M],
            self.acceptance[:, self.M :],
        )
        worth = value_by_network(value, self.service_weights, p.payment_value_2g, self.lambda_3g)
        worth[:, :, 1] += ease_of_joining(deals.services, p.join_online)
        self.online_share = self.online_path[:, self.month]
        hazard, imitation = self._account_hazards()
        return self._world(worth, shares, hazard, imitation)

    def _world(
        self, worth: np.ndarray, shares: np.ndarray, hazard: np.ndarray, imitation: np.ndarray
    ) -> np.record:
        """Return the consumer's world with this month's tables in it."""
        p = self.parameters
        return make_world(
            self.world_type,
            seed=self.seed_number,
            operator_stream=self.operator_stream,
            standing=self._standing(),
            price=self.price,
            price_sensitivity=self.price_sensitivity,
            sensitivity_spread=p.sensitivity_spread,
            switching_spread=p.switching_spread,
            switching_cost=p.switching_cost,
            downgrade_cost=p.downgrade_cost,
            lock_in=p.lock_in,
            same_operator=p.same_operator,
            word_of_mouth=p.word_of_mouth,
            payment_value=worth,
            wallet_open=self.wallet_open,
            wallet_bit=1 << self.M,
            dissimilarity=p.dissimilarity,
            review_hazard=p.review_hazard,
            contract_months=p.contract_months,
            online_share=self.online_share,
            held_online=self._held_online(),
            method_shares=shares,
            account_hazard=hazard,
            account_imitation=imitation,
            account_ceiling=(hazard + imitation) @ self.not_held.T,
        )

    def _standing(self) -> np.ndarray:
        """Return what each subscription is worth before price and payment, (G, K, 2) utils."""
        p = self.parameters
        years = self.month / 12.0
        risen = -np.expm1(-p.quality_fading * years) / p.quality_fading if p.quality_fading else years
        quality = self.quality_start + self.quality_growth * risen
        on_3g = (self.base + quality)[:, None] + p.coverage_weight * self.coverage
        on_3g = np.where(self.coverage > 0, on_3g, -np.inf)
        on_2g = np.broadcast_to(self.base[:, None], on_3g.shape)
        return np.stack([on_2g.T, on_3g.T], axis=2)

    def _held_online(self) -> np.ndarray:
        """Return the share of internet users that hold an account at each platform (G, M)."""
        online = self.lines.sum(axis=1, keepdims=True) * self.online_share[:, None]
        accounts = self.platform_accounts[:, : self.M]
        return np.minimum(accounts / np.maximum(online, 1.0), 1.0)

    def _account_hazards(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the monthly hazard of opening each account, and its slope in contacts (G, K, M + 1)."""
        p = self.parameters
        shape = (self.G, self.K, self.M + 1)
        hazard, imitation = np.zeros(shape), np.zeros(shape)
        partner = self.partnerships.in_force.transpose(1, 0, 2)
        hazard[:, :, : self.M] = adoption_hazard(
            p.adoption_spontaneous,
            p.adoption_imitation,
            p.adoption_merchants,
            self._held_online(),
            self.acceptance[:, : self.M],
        )[:, None]
        hazard[:, :, : self.M] += p.adoption_campaign * partner
        imitation[:, :, : self.M] = p.adoption_contacts * partner
        hazard[:, :, self.M] = p.wallet_campaign * self.wallet_open
        imitation[:, :, self.M] = p.wallet_contacts * self.wallet_open
        return hazard, imitation

    # ---- counting people -----------------------------------------------------------------------

    def _count(self) -> None:
        """Count people by what they have and how they moved; everything in real lines."""
        people, moves = self.population.count(self.G, self.K, self.A)
        self.people = people
        self.customers_by_accounts = people[:, 1:].reshape(self.G, self.K, 2, self.A)
        by_network = self.customers_by_accounts.sum(axis=3) * self.scale[:, None, None]
        self.lines, self.lines_3g = by_network.sum(axis=2), by_network[:, :, 1]
        self.lines_by_province = self.lines.sum(axis=1)
        self._count_accounts(people)
        self._count_moves(moves)

    def _count_accounts(self, people: np.ndarray) -> None:
        """Count accounts at platforms and wallets (G, M + K)."""
        held = (np.arange(self.A)[:, None] >> np.arange(self.M)) & 1
        at_platforms = people[:, 1:].sum(axis=1) @ held
        with_wallet = self.customers_by_accounts[..., self.A // 2 :].sum(axis=(2, 3))
        self.wallet_users = with_wallet * self.wallet_open * self.scale[:, None]
        accounts = at_platforms * self.scale[:, None]
        self.platform_accounts = np.concatenate([accounts, self.wallet_users], axis=1)

    def _count_moves(self, moves: np.ndarray) -> None:
        """Count who joined and left whom (G, K), and the shares that forecasts need."""
        K = self.K
        entered = moves[:, 0, 1:].reshape(self.G, K, 2)
        between = moves[:, 1:, 1:].reshape(self.G, K, 2, K, 2)
        from_to = between.sum(axis=(2, 4)) * (1 - np.eye(K, dtype=np.int64))
        joined = from_to.sum(axis=1) + entered.sum(axis=2)
        customers = self.customers_by_accounts.sum(axis=(2, 3))
        self.joined = joined * self.scale[:, None]
        self.left = from_to.sum(axis=2) * self.scale[:, None]
        stayed_3g = np.einsum("gkk->gk", between[:, :, 1, :, 1])
        new_3g = between[:, :, :, :, 1].sum(axis=(1, 2)) - stayed_3g + entered[:, :, 1]
        on_3g = self.customers_by_accounts[:, :, 1].sum(axis=2)
        self.flows = Flows.of(entered.sum(axis=2), from_to, customers, self.scale)
        self.joined_share = joined / np.maximum(customers, 1)
        self.handset_share = new_3g / np.maximum(on_3g, 1)
        changes = moves[:, :, 1:].sum(axis=(1, 2)) - np.einsum("gss->g", moves[:, 1:, 1:])
        to_3g = new_3g.sum(axis=1)
        self.share_choosing_3g = to_3g / np.maximum(changes, 1)

    # ---- building ------------------------------------------------------------------------------

    def _prepare_paths(self, data: Observations) -> None:
        """Lay out the paths that months read: coverage, prices, stances, deals."""
        p, order = self.parameters, [OPERATORS.index(name) for name in self.operators]
        urban = np.average(data.urban_share, weights=data.residents) / data.urban_share
        reach = data.coverage[order][:, None, :] ** (urban**p.coverage_urban_lead)[None, :, None]
        self.coverage_path = np.where(data.coverage[order][:, None, :] > 0, reach, 0.0) * p.era
        self.coverage, self.coverage_built = self.coverage_path[:, :, 0], np.zeros((self.K, self.G))
        self.price_path = data.price[order]
        self.price = self.price_path[:, :, 0]
        self.wallet_launch = data.wallet_launch[order]
        self.stance_path = self.plan.stance_path(data, self.operators)
        self.stance = self.stance_path[0]
        self.deals_as_recorded = self.plan.observed_deals
        shape = (self.K, self.G, self.M)
        self.deals_since = np.zeros(shape, np.int64)
        self.services_offered = np.ones((*shape, len(SERVICES)), bool)
        if self.deals_as_recorded:
            self.deals_since, self.services_offered = self.plan.services_from_deals(
                data, self.operators, self.platforms
            )
        self.partnerships = Partnerships(*shape, len(SERVICES))
        self._prepare_constants(data)

    def _prepare_constants(self, data: Observations) -> None:
        """Gather parameters by operator, method, service and province."""
        p = self.parameters
        by_operator = lambda stem: np.array(  # noqa: E731
            [getattr(p, f"{stem}_{name}") for name in self.operators], float
        )
        self.base = by_operator("standing")
        self.quality_start, self.quality_growth = (
            by_operator("quality"),
            by_operator("quality_growth"),
        )
        self.handset_price = np.maximum(p.handset_cost - by_operator("subsidy"), 0.0)
        tastes = [getattr(p, f"taste_{name}") for name in ("wallet", *self.platforms)]
        self.method_tastes = np.array([0.0, *tastes])
        self.service_weights = np.array([getattr(p, f"weight_{name}") for name in SERVICES])
        self.fee_headroom = max(p.outlet_commission - p.service_fee, 0.0)
        self.lambda_3g = p.payment_value_2g + p.era * (p.payment_value_3g - p.payment_value_2g)
        relative = data.income / np.average(data.income, weights=data.residents)
        self.price_sensitivity = p.price_sensitivity * relative**-p.income_elasticity
        self.purchases_each = p.purchases_rmb * relative
        self.resident_share = data.residents / data.residents.sum()
        self.operator_stream = np.array([stream_of(name) for name in self.operators], np.int64)

    def _prepare_people(self, consumers: int, threads: int) -> None:
        """Make the population and bring it to December 2008."""
        data, p = self.observations, self.parameters
        self.seed_number = int(self._seed)
        sizes = rows_by_province(data.lines[:, self.months], consumers)
        self.scale = data.lines[:, self.months] * 1e6 / sizes
        self.entered_path = entered_lines(data.lines[:, : self.months + 1], sizes)
        self.population = Population(
            sizes, data.codes, p.rewired_ties, p.distant_ties, self.seed_number, threads
        )
        self.online_path = data.internet_per_line
        self.online_share = self.online_path[:, 0]
        self._settle_people(data)

    def _settle_people(self, data: Observations) -> None:
        """Give lines in use in December 2008 an operator, accounts, and platforms their merchants."""
        order = [OPERATORS.index(name) for name in self.operators]
        starting = data.initial_lines[:, order]
        self.lines = starting * 1e6
        self.wallet_open = (np.zeros((self.K, self.G)) + (self.wallet_launch <= 0)[:, None] > 0).T
        self.acceptance = np.zeros((self.G, self.M + self.K))
        online_lines = self.lines.sum(axis=1) * self.online_share
        self.platform_accounts = np.concatenate(
            [data.initial_accounts * online_lines[:, None], np.zeros((self.G, self.K))], axis=1
        )
        shape = (self.G, self.K, len(SERVICES), self.A, len(self.methods))
        nothing = np.zeros((self.G, self.K, 2, self.A))
        no_hazard = np.zeros((self.G, self.K, self.M + 1))
        world = self._world(nothing, np.zeros(shape), no_hazard, no_hazard)
        shares = starting / starting.sum(axis=1, keepdims=True)
        self.population.settle(world, self.entered_path[:, 0], shares)
        self._count()
        self.lines_at_start = self.lines
        self.joined, self.left = np.zeros((self.G, self.K)), np.zeros((self.G, self.K))
        users = self.platform_accounts / np.maximum(self.lines.sum(axis=1, keepdims=True), 1.0)
        self.acceptance = users

    def _make_agents(self, data: Observations) -> None:
        """Make operators, their branches on the province grid, platforms and wallets."""
        height, width = data.tile.max(axis=0) + 1
        self.grid = OrthogonalMooreGrid((int(height), int(width)), random=self.random)
        cells = [self.grid[tuple(int(x) for x in tile)] for tile in data.tile]
        self.branches: list[list[Branch]] = []
        for k, name in enumerate(self.operators):
            operator = Operator(self, name, k)
            operator.branches = [Branch(self, operator, g, cell) for g, cell in enumerate(cells)]
            self.branches.append(operator.branches)
        owners = (*(None for _ in self.platforms), *self.operators)
        self.payment_platforms = [
            PaymentPlatform(self, name, number, owner)
            for number, (name, owner) in enumerate(zip(self.all_platforms, owners, strict=True))
        ]
        self._agents_by_type[Consumer] = self.consumers  # type: ignore[index, assignment]

    # ---- Mesa's view ---------------------------------------------------------------------------

    @property
    def consumers(self) -> AgentsView:
        """Return all consumers as a Mesa agent set."""
        rows = range(len(self.population))
        return AgentsView((), self.random, model=self, population=self.population, rows=rows)

    @property
    def agents(self) -> AgentsView:  # type: ignore[override]
        """Return everybody: operators, branches, platforms, then consumers."""
        rows = range(len(self.population))
        return AgentsView(
            list(self._all_agents), self.random, model=self, population=self.population, rows=rows
        )


def _check_arguments(
    consumers: Any,
    months: Any,
    seed: Any,
    threads: Any,
    activation: Any,
    operators: Any,
    data: Observations,
) -> None:
    """Raise InputError for an argument that is not allowed."""
    limits = {
        "consumers": (consumers, LEAST_CONSUMERS, MOST_CONSUMERS),
        "months": (months, 1, data.last_month),
        "seed": (seed, 0, 2**63 - 1),
        "threads": (threads, 1, 1024),
    }
    for name, (value, low, high) in limits.items():
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or not low <= value <= high:
            more = " (the data end in December 2013)" if name == "months" else ""
            raise InputError(f"{name} = {value!r}; allowed: a whole number {low} to {high}{more}")
    if activation not in ACTIVATIONS:
        raise unknown_name("activation", str(activation), ACTIVATIONS)
    if sorted(operators) != sorted(OPERATORS):
        raise InputError(f"operators = {operators!r}; allowed: {', '.join(OPERATORS)}, in any order")


def _reporters() -> dict[str, Callable[[MobileMarket], float]]:
    """Return what Mesa's data collector notes each month, national, in real lines and RMB."""

    def profit(party: str) -> Callable[[MobileMarket], float]:
        return lambda market: market.ledger.total(party)

    def share(operator: str, network: str) -> Callable[[MobileMarket], float]:
        return lambda market: _share(getattr(market, network), market, operator)

    return {
        "lines_3g": lambda market: float(market.lines_3g.sum()),
        **{f"share_{name}": share(name, "lines") for name in OPERATORS},
        **{f"share_3g_{name}": share(name, "lines_3g") for name in OPERATORS},
        **{f"profit_{name}": profit(name) for name in (*OPERATORS, *PLATFORMS)},
        "accounts_alipay": lambda market: float(market.platform_accounts[:, 0].sum()),
        "deals": lambda market: int(market.partnerships.in_force.sum()),
    }


def _share(lines: np.ndarray, market: MobileMarket, operator: str) -> float:
    """Return an operator's share of lines (G, K)."""
    total = float(lines.sum())
    return float(lines[:, market.operators.index(operator)].sum()) / total if total else 0.0


def _explicit_signature() -> inspect.Signature:
    """Return the constructor's signature with every parameter spelled out, for tools that look."""
    known = inspect.signature(MobileMarket.__init__)
    fixed = [a for a in known.parameters.values() if a.kind is not inspect.Parameter.VAR_KEYWORD]
    keyword = inspect.Parameter.KEYWORD_ONLY
    numbers = [
        inspect.Parameter(f.name, keyword, default=f.default, annotation=float) for f in fields(Parameters)
    ]
    return known.replace(parameters=[*fixed, *numbers])


MobileMarket.__init__.__signature__ = _explicit_signature()  # type: ignore[attr-defined]

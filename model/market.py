"""The market: builds the world from data, then lives through months, one phase after another."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from agents.bargaining import Terms
from agents.consumers import AgentsView
from agents.operators import Branch
from agents.partnerships import Partnerships
from agents.platforms import PaymentPlatform, grow_acceptance
from agents.population import Population
from agents.records import Shelf
from agents.world import world_type
from model import (
    census,
    groundwork,
    horizon,
    interventions,
    negotiation,
    outlook,
    readiness,
    settlement,
    tariffs,
)
from model.ledger import Ledger
from model.month import take_measures
from model.observations import load_observations
from model.parameters import Parameters
from model.people import entered_lines, rows_by_province
from model.recorder import Recorder
from model.reporters import NationalCollector
from model.scenarios import Scenario, load_scenario
from model.schemas import OPERATORS, PLATFORMS, SERVICES
from model.sheet import Sheet

if TYPE_CHECKING:
    from agents.pricing import Equilibrium

PHASES = (
    "extend_coverage",
    "set_tariffs",
    "negotiate_partnerships",
    "consumers_live",
    "platforms_grow",
    "settle_accounts",
    "observe",
)


class MobileMarket(mesa.Model):
    """China's mobile market from January 2009 on, a month a step.

    Parameters
    ----------
    scenario : str, path or Scenario
        Who is closed, open or exclusive: a name from `scenario_names()`, a file, or an object.
    consumers : int
        Rows; each stands for a known number of real lines.
    months : int
        Months to run, 1 to 240. The data end with month 60, December 2013; what comes later is
        extrapolation (`model.horizon`).
    rng : int
        Seed, 0 or more; None for one nobody chose. Scenarios with the same seed share every
        consumer's luck.
    threads : int
        Threads that share the rows; results do not depend on it.
    activation : str
        "columns": compiled loops over all rows; "agents", "shuffled": each consumer's own step, in
        order or shuffled. Results do not depend on it.
    pricing : str, optional
        "observed": tariffs follow the published path; "bertrand": each month they are Bertrand-Nash
        best replies to the consumers' demand. The scenario's where it is not given.
    operators : tuple of str
        Order of the operators in every table; results do not depend on it.
    **parameters
        Any parameter of `model.parameters`, by name.

    Raises
    ------
    InputError
        An argument that is not allowed, named with what is.
    """

    # Who there is, what they see, and the books (model.groundwork).
    branches: list[list[Branch]]  # by operator and province
    payment_platforms: list[PaymentPlatform]  # wallets after the platforms
    world: np.record  # of agents.world
    shelf: Shelf
    sheet: Sheet
    ledger: Ledger
    month_type: np.dtype  # of model.month
    till: np.ndarray

    # The month's state, by operator k, province g, platform m (wallets after the platforms). Whoever wants to
    # keep a table copies it: some are written anew each month.
    coverage: np.ndarray  # (K, G) share of people within reach of 3G
    coverage_built: np.ndarray  # (K, G) the part of it built this month
    coverage_path: np.ndarray  # (T, K, G)
    price: np.ndarray  # (K, 2) RMB a month
    price_path: np.ndarray  # (K, 2, T)
    tariffs: list[Equilibrium]  # how each month's Bertrand-Nash prices were found
    stance: np.ndarray  # (K, G) of agents.stances.Stance
    stance_path: np.ndarray  # (T, K, G)
    wanted: np.ndarray  # (K, G, M) bool, deals a branch would make
    deals_since: np.ndarray  # (K, G, M) month from which a deal may be made
    recorded: np.ndarray  # (K, G, M) bool, deals made as recorded, whatever the bargain says of them
    partnerships: Partnerships
    wallet_open: np.ndarray  # (G, K) bool
    wallet_launch: np.ndarray  # (K,) month
    people: np.ndarray  # (G, 1 + 2 K, A) rows by subscription and accounts, as the month ended
    lines: np.ndarray  # (G, K) real lines
    lines_3g: np.ndarray  # (G, K)
    platform_accounts: np.ndarray  # (G, M + K)
    acceptance: np.ndarray  # (G, M + K) share of merchants
    online_share: np.ndarray  # (G,) of lines, as consumers last saw it: talks know last month's
    payment_counts: np.ndarray  # (G, K, 2, S, D) rows' payments this month
    measured: np.ndarray  # the month's record (model.month.month_type), as an array of one
    moved: np.ndarray  # a record of model.census.Moves, as an array of one

    def __init__(
        self,
        scenario: str | Scenario = "history",
        consumers: int = 50_000,
        months: int = 60,
        rng: int | None = 0,
        threads: int = 1,
        activation: str = "columns",
        pricing: str | None = None,
        operators: tuple[str, ...] = OPERATORS,
        **parameters: float,
    ) -> None:
        observed = load_observations()
        seed = int(np.random.SeedSequence().entropy) >> 65 if rng is None else rng  # type: ignore[arg-type]
        groundwork.check_arguments(consumers, months, seed, threads, activation, operators)
        super().__init__(rng=int(seed))
        self.plan = load_scenario(scenario)
        self.pricing = self.plan.pricing if pricing is None else groundwork.check_pricing(pricing)
        readiness.ensure_compiled(self.pricing)
        self.tariffs = []
        given = Parameters.with_values(self.plan.parameters)
        self.parameters = Parameters.with_values(parameters, given)
        self.months, self.month, self.activation = int(months), 0, activation
        data = horizon.extended(observed, self.months, self.parameters.lines_ceiling)
        self.observations = data
        self.operators, self.platforms = tuple(operators), PLATFORMS
        self.provinces = data.provinces
        self.wallets = tuple(f"{operator}_wallet" for operator in self.operators)
        self.all_platforms = (*self.platforms, *self.wallets)
        self.methods = ("cash", "wallet", *self.platforms)
        self.G, self.K, self.M = len(self.provinces), len(self.operators), len(self.platforms)
        self.A = 1 << (self.M + 1)
        self.world_type = world_type(self.G, self.K, self.M, len(SERVICES))
        groundwork.lay_paths(self, data)
        groundwork.lay_out_books(self)
        self._prepare_people(int(consumers), int(threads))
        groundwork.make_agents(self, data)
        self.recorder = Recorder(self)
        self.datacollector = NationalCollector(self)

    # ---- the month -----------------------------------------------------------------------------

    def step(self) -> None:
        """Live through one month: the phases, in order."""
        if self.month >= self.months:
            self.running = False
            return
        self.month += 1
        self.measured = self.shelf.take(self.month_type)
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
        self.coverage = self.coverage_path[self.month]
        np.subtract(self.coverage, before, out=self.coverage_built)
        np.maximum(self.coverage_built, 0.0, out=self.coverage_built)

    def set_tariffs(self) -> None:
        """Set this month's prices on 2G and 3G: the observed path, or best replies to each other."""
        if self.pricing == "bertrand":
            tariffs.set_bertrand(self)
        else:
            tariffs.set_observed(self)

    def negotiate_partnerships(self) -> None:
        """Let branches whose stance allows it, and platforms, make deals; open or shut wallets."""
        self.stance = self.stance_path[self.month]
        given = self.stance, self.deals_since, self.wallet_launch
        negotiation.follow_stances(self.month, *given, self.wanted, self.wallet_open)
        # Nobody meets in the first month: there is no month yet to judge by.
        if self.partnerships.begin_month(self.month, self.wanted) and self.month > 1:
            negotiation.hold_talks(self)

    def take_stance(self, operator: str, stance: str, province: str | None = None) -> None:
        """Give an operator's branches another stance from the next month on; see `model.interventions`."""
        interventions.take_stance(self, operator, stance, province)

    def sign(self, platform: int, signing: np.ndarray, terms: Terms) -> None:
        """Enter deals of branches, (G, K) bool, with a platform on the terms both accepted, arrays (G, K)."""
        ends = self.month + int(self.parameters.deal_months) - 1
        self.partnerships.sign(platform, signing, terms, ends, self.services_offered)

    def consumers_live(self) -> None:
        """Let everybody live through the month: review, pay for what is used, perhaps open an account."""
        outlook.look_around(self)
        np.copyto(self.online_share, self.online_path[:, self.month])
        self.population.begin_month(self.world, self.month, self.entered_path[:, self.month])
        self.payment_counts.fill(0)
        if self.activation == "columns":
            self.population.live(self.payment_counts)
        elif self.activation == "agents":
            self.consumers.do("step")
        else:
            self.consumers.shuffle_do("step")

    def platforms_grow(self) -> None:
        """Let merchants follow the users there were, and count people."""
        before, self.acceptance = self.acceptance, self.measured["acceptance"][0]
        speed = float(self.parameters.merchant_speed)
        grow_acceptance(before, self.platform_accounts, self.lines, speed, self.acceptance)
        census.count_people(self)

    def settle_accounts(self) -> None:
        """Enter every payment of the month in the ledger."""
        settlement.settle(self)

    def observe(self) -> None:
        """Take the month's measures."""
        surplus = self.population.surplus_by_province() * self.scale
        books = self.ledger.months[-1].paid, self.ledger.last_received, self.ledger.last_net
        deals, tariff = self.partnerships.in_force, (self.price, self.serving_cost)
        take_measures(books, self.sheet.wallet_fees, deals, self.stance, surplus, *tariff, self.measured)
        tariffs.note(self, self.measured)
        self.recorder.record(self.measured[0])

    @property
    def moves(self) -> census.Moves:
        """Return how people moved last month, views of a record that is written anew each month."""
        return census.moves_of(self.moved)

    @property
    def customers_by_accounts(self) -> np.ndarray:
        """Return the operators' customers (G, K, 2, A) as the month ended, rows by network and accounts."""
        return self.people[:, 1:].reshape(self.G, self.K, 2, self.A)

    # ---- building ------------------------------------------------------------------------------

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
        self.online_path = data.internet_per_line.copy()  # to be written to or not is another type to Numba
        self.online_share = self.online_path[:, 0].copy()
        groundwork.settle_people(self, data)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Come back from a checkpoint, with the one world that everybody sees."""
        self.__dict__.update(state)
        room = np.zeros(1, self.world_type)  # a record that owns its memory gives copies, not views
        room[0] = self.world
        self.world = room.view(np.recarray)[0]
        self.population.world = self.world

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

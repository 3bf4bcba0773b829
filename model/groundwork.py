"""Before the first month: checked arguments, paths that months read, parameters, books, people and agents."""

from random import Random
from typing import Any

import numpy as np
from mesa.discrete_space import OrthogonalMooreGrid

from agents.consumers import Consumer
from agents.draws import stream_of
from agents.operators import Branch, Operator
from agents.partnerships import Partnerships
from agents.paying import HANDSETS, PURCHASES, SERVICES, SUBSCRIBING
from agents.platforms import PaymentPlatform
from agents.records import Shelf, make_record
from model import census, outlook
from model.errors import InputError, unknown_name
from model.horizon import MOST_MONTHS, WHY_MONTHS
from model.ledger import OTHERS, Ledger
from model.month import month_type
from model.observations import Observations
from model.payment_tables import Ways, workings_type
from model.scenarios import PRICINGS
from model.schemas import OPERATORS
from model.settlement import Rates, till_type
from model.sheet import Sheet

ACTIVATIONS = ("columns", "agents", "shuffled")
LEAST_CONSUMERS, MOST_CONSUMERS = 310, 2_000_000_000


def check_arguments(
    consumers: Any,
    months: Any,
    seed: Any,
    threads: Any,
    activation: Any,
    operators: Any,
) -> None:
    """Raise InputError for an argument that is not allowed."""
    limits = {
        "consumers": (consumers, LEAST_CONSUMERS, MOST_CONSUMERS),
        "months": (months, 1, MOST_MONTHS),
        "seed": (seed, 0, 2**63 - 1),
        "threads": (threads, 1, 1024),
    }
    for name, (value, low, high) in limits.items():
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or not low <= value <= high:
            more = f" ({WHY_MONTHS})" if name == "months" else ""
            raise InputError(f"{name} = {value!r}; allowed: a whole number {low} to {high}{more}")
    if activation not in ACTIVATIONS:
        raise unknown_name("activation", str(activation), ACTIVATIONS)
    if sorted(operators) != sorted(OPERATORS):
        raise InputError(f"operators = {operators!r}; allowed: {', '.join(OPERATORS)}, in any order")


def check_pricing(name: Any) -> str:
    """Return the name of a way to set tariffs, or raise InputError with those there are."""
    if name not in PRICINGS:
        raise unknown_name("pricing", str(name), PRICINGS)
    return str(name)


def province_grid(data: Observations, luck: Random) -> OrthogonalMooreGrid:
    """Return Mesa's grid of the layout in which provinces are drawn; 31 of its cells are provinces."""
    height, width = data.tile.max(axis=0) + 1
    return OrthogonalMooreGrid((int(height), int(width)), random=luck)


def lay_paths(market: Any, data: Observations) -> None:
    """Lay out the paths that months read: coverage, prices, stances, deals."""
    p, order = market.parameters, [OPERATORS.index(name) for name in market.operators]
    urban = np.average(data.urban_share, weights=data.residents) / data.urban_share
    nation = np.ascontiguousarray(data.coverage[order].T)[:, :, None]  # (T, K, 1)
    reach = nation ** (urban**p.coverage_urban_lead)[None, None, :]
    market.coverage_path = np.where(nation > 0, reach, 0.0) * p.era
    market.coverage, market.coverage_built = market.coverage_path[0], np.zeros((market.K, market.G))
    market.price_path = data.price[order]
    market.price = market.price_path[:, :, 0]
    market.wallet_launch = data.wallet_launch[order]
    market.stance_path = market.plan.stance_path(data, market.operators)
    market.stance = market.stance_path[0]
    shape = (market.K, market.G, market.M)
    market.recorded = np.full(shape, market.plan.observed_deals)
    market.deals_since = np.zeros(shape, np.int64)
    market.wanted = np.zeros(shape, bool)
    market.services_offered = np.ones((*shape, len(SERVICES)), bool)
    if market.plan.observed_deals:
        market.deals_since, market.services_offered = market.plan.services_from_deals(
            data, market.operators, market.platforms
        )
    market.partnerships = Partnerships(*shape, len(SERVICES))
    _gather_constants(market, data)


def _gather_constants(market: Any, data: Observations) -> None:
    """Gather parameters by operator, method, service and province."""
    p = market.parameters
    by_operator = lambda stem: np.array(  # noqa: E731
        [getattr(p, f"{stem}_{name}") for name in market.operators], float
    )
    market.appeal = outlook.appeal_of(p, market.operators, market.M)
    handset_price = np.maximum(p.handset_cost - by_operator("subsidy"), 0.0)
    market.serving_cost = np.tile(np.array([p.serving_cost_2g, p.serving_cost_3g], float), (market.K, 1))
    market.rates = Rates(
        merchant_fee=float(p.merchant_fee),
        processing_cost=float(p.processing_cost),
        outlet_commission=float(p.outlet_commission),
        service_fee=float(p.service_fee),
        fee_headroom=max(float(p.outlet_commission) - float(p.service_fee), 0.0),
        handset_cost=float(p.handset_cost),
        wallet_fixed_cost=float(p.wallet_fixed_cost) * 1e6,
        integration_cost=float(p.integration_cost) * 1e6,
        coverage_cost=float(p.coverage_cost_bn) * 1e9,
        web_purchases=float(p.web_purchases_rmb),
    )
    tastes = [getattr(p, f"taste_{name}") for name in ("wallet", *market.platforms)]
    market.ways = Ways(
        taste=np.array([0.0, *tastes]),
        familiarity=float(p.account_familiarity),
        merchant_pull=float(p.merchant_pull),
        service_weights=np.array([getattr(p, f"weight_{name}") for name in SERVICES], float),
        lambda_2g=float(p.payment_value_2g),
        lambda_3g=float(p.payment_value_2g + p.era * (p.payment_value_3g - p.payment_value_2g)),
        join_online=float(p.join_online),
    )
    market.workings = make_record(workings_type(len(market.methods), market.K * len(SERVICES))).reshape(1)
    relative = data.income / np.average(data.income, weights=data.residents)
    market.price_sensitivity = p.price_sensitivity * relative**-p.income_elasticity
    market.value_each = np.zeros((market.G, market.K, len(SERVICES)))  # bills go by the month's prices
    market.value_each[:, :, SUBSCRIBING] = p.connection_fee
    market.value_each[:, :, HANDSETS] = handset_price
    market.value_each[:, :, PURCHASES] = (p.purchases_rmb * relative)[:, None]
    market.resident_share = data.residents / data.residents.sum()
    market.operator_stream = np.array([stream_of(name) for name in market.operators], np.int64)


def lay_out_books(market: Any) -> None:
    """Lay out what is kept of each month: its measures and its payments, with room for all months."""
    parties = (*market.operators, *market.platforms, *OTHERS)
    market.month_type = month_type(market.G, market.K, market.M, len(SERVICES))
    market.sheet = Sheet(market.G, market.operators, market.platforms, parties)
    measures, payments = market.month_type.itemsize, market.sheet.layout.size(market.G)
    market.shelf = Shelf([measures, *[measures, payments] * market.months])
    market.measured = market.shelf.take(market.month_type)
    market.till = np.zeros(1, till_type(len(SERVICES), len(market.methods)))
    market.payment_counts = np.zeros((market.G, market.K, 2, len(SERVICES), len(market.methods)), np.int64)
    market.ledger = Ledger(parties, market.G, market.shelf)


def settle_people(market: Any, data: Observations) -> None:
    """Give lines in use in December 2008 an operator, accounts, and platforms their merchants."""
    order = [OPERATORS.index(name) for name in market.operators]
    starting = np.ascontiguousarray(data.initial_lines[:, order])
    market.lines = starting * 1e6
    market.wallet_open = np.tile(market.wallet_launch <= 0, (market.G, 1))
    market.acceptance = np.zeros((market.G, market.M + market.K))
    online_lines = market.lines.sum(axis=1) * market.online_share
    market.platform_accounts = np.concatenate(
        [data.initial_accounts * online_lines[:, None], np.zeros((market.G, market.K))], axis=1
    )
    market.moved = np.zeros(1, census.moves_type(market.G, market.K))
    market.people = np.zeros((market.G, 1 + 2 * market.K, market.A), np.int64)
    market.world = outlook.first_world(market)
    shares = starting / starting.sum(axis=1, keepdims=True)
    market.population.settle(market.world, market.entered_path[:, 0], shares)
    census.count_people(market)
    market.lines_at_start = market.lines.copy()
    users = market.platform_accounts / np.maximum(market.lines.sum(axis=1, keepdims=True), 1.0)
    market.acceptance = users


def make_agents(market: Any, data: Observations) -> None:
    """Make operators, their branches on the province grid, platforms and wallets."""
    market.grid = province_grid(data, market.random)
    cells = [market.grid[tuple(int(x) for x in tile)] for tile in data.tile]
    market.branches = []
    for k, name in enumerate(market.operators):
        operator = Operator(market, name, k)
        operator.branches = [Branch(market, operator, g, cell) for g, cell in enumerate(cells)]
        market.branches.append(operator.branches)
    owners = (*(None for _ in market.platforms), *market.operators)
    market.payment_platforms = [
        PaymentPlatform(market, name, number, owner, name not in market.plan.refuse_exclusivity)
        for number, (name, owner) in enumerate(zip(market.all_platforms, owners, strict=True))
    ]
    market._agents_by_type[Consumer] = market.consumers  # type: ignore[index, assignment]

"""What consumers see: last month's people and this month's offers, laid out as tables once a month."""

from typing import Any

import numpy as np

from agents.columns import G2, G3
from agents.compiling import loop, rule
from agents.platforms import adoption_hazard
from agents.records import make_record, record_type
from agents.world import make_world
from model.parameters import Parameters
from model.payment_tables import write_payment_tables

# What consumers see beside prices that is not the same every month.
SEEN_ANEW = (
    "standing",
    "wallet_open",
    "online_share",
    "held_online",
    "payment_value",
    "method_shares",
    "method_table",
    "account_hazard",
    "account_imitation",
    "account_ceiling",
)

# Parameters that `appeal_of` gathers as they are.
NUMBERS = (
    "installed_base",
    "coverage_weight",
    "adoption_spontaneous",
    "adoption_imitation",
    "adoption_merchants",
)


def look_around(market: Any) -> np.record:
    """Return the tables consumers see this month, made from last month's world."""
    worlds = market.world.reshape(1)
    _see_offers(market, worlds)
    market.world["price"][...] = market.price
    services, acceptance = market.partnerships.services, market.acceptance
    write_payment_tables(market.ways, services, acceptance, market.workings, worlds)
    return market.world


def first_world(market: Any) -> np.record:
    """Return the consumer's world of December 2008: what never changes, and all else but payments."""
    p = market.parameters
    world = make_world(
        market.world_type,
        seed=market.seed_number,
        operator_stream=market.operator_stream,
        price=market.price,
        price_sensitivity=market.price_sensitivity,
        sensitivity_spread=p.sensitivity_spread,
        switching_spread=p.switching_spread,
        switching_cost=p.switching_cost,
        downgrade_cost=p.downgrade_cost,
        lock_in=p.lock_in,
        same_operator=p.same_operator,
        word_of_mouth=p.word_of_mouth,
        wallet_bit=1 << market.M,
        dissimilarity=p.dissimilarity,
        review_hazard=p.review_hazard,
        contract_months=p.contract_months,
        **{name: np.zeros(market.world_type[name].shape) for name in SEEN_ANEW},
    )
    _see_offers(market, world.reshape(1))
    return world


def appeal_of(p: Parameters, operators: tuple[str, ...], platforms: int) -> np.ndarray:
    """Return what never changes of what subscriptions and accounts are worth: an array of one record.

    Gathered when the market is made: whoever changes such a parameter while it runs has to write here.

    Its fields are parameters, by operator (K,) or account (M + 1,) where there are several.
    """
    by_operator = {
        name: [getattr(p, f"{name}_{operator}") for operator in operators]
        for name in ("standing", "quality", "quality_growth")
    }
    by_account = {
        "campaign": [*[p.adoption_campaign] * platforms, p.wallet_campaign],
        "contacts": [*[p.adoption_contacts] * platforms, p.wallet_contacts],
    }
    numbers = {name: getattr(p, name) for name in NUMBERS}
    given = by_operator | by_account | numbers
    appeal = make_record(record_type({name: (np.float64, np.shape(given[name])) for name in given}))
    for name, value in given.items():
        appeal[name] = value
    return appeal.reshape(1)


def _see_offers(market: Any, worlds: np.ndarray) -> None:
    """Write all but prices and payments into a world, given as an array of it alone."""
    fading, years = market.parameters.quality_fading, market.month / 12.0
    risen = float(-np.expm1(-fading * years) / fading) if fading else years
    people = (market.lines, market.online_path, market.platform_accounts, market.acceptance)
    offers = (market.coverage, market.wallet_open, market.partnerships.in_force)
    write_offers(worlds, market.appeal, market.month, risen, *people, *offers)


@loop
def write_offers(  # type: ignore[no-untyped-def]
    worlds, appeals, month, risen, lines, online_path, accounts, acceptance, coverage, wallet_open, in_force
):
    """Write what consumers see of last month's people and this month's offers, but no prices or payments.

    Parameters
    ----------
    worlds : (1,) record of agents.world
        Written.
    appeals : (1,) record
        See `appeal_of`.
    month : int
    risen : float, years
        Growth of quality since December 2008, were it as fast as then all the time.
    lines : (G, K) float
    online_path : (G, T) float
        Share of lines whose holder uses the internet, by month.
    accounts, acceptance : (G, >= M) float
        Lines whose holder has each platform's account, and the share of merchants that accept it.
    coverage : (K, G) float
    wallet_open : (G, K) bool
    in_force : (K, G, M) bool
        Deals: which accounts operators promote.
    """
    world, appeal = worlds[0], appeals[0]
    for g in range(len(lines)):
        all_lines = 0.0
        for k in range(lines.shape[1]):
            all_lines += lines[g, k]
        world.online_share[g] = online_path[g, month]
        for k in range(lines.shape[1]):
            share = lines[g, k] / max(all_lines, 1.0)
            _write_standing(world.standing[g, k], appeal, k, risen, share, coverage[k, g])
            world.wallet_open[g, k] = wallet_open[g, k]
        for m in range(in_force.shape[2]):
            users = min(accounts[g, m] / max(all_lines * online_path[g, month], 1.0), 1.0)
            world.held_online[g, m] = users
            _write_hazards(world, appeal, g, m, users, acceptance[g, m], in_force)
        _write_wallets(world, appeal, g)
        for k in range(lines.shape[1]):
            _write_ceilings(
                world.account_hazard[g, k], world.account_imitation[g, k], world.account_ceiling[g, k]
            )


@rule
def _write_standing(standing, appeal, k, risen, share, coverage):  # type: ignore[no-untyped-def]
    """Write what an operator's subscriptions are worth before price and payment, (2,) utils.

    Parameters
    ----------
    share, coverage : float
        Of the province's lines, and of its people within reach of 3G.
    """
    quality = appeal.quality[k] + appeal.quality_growth[k] * risen
    on_2g = appeal.standing[k] + appeal.installed_base * share
    on_3g = on_2g + quality + appeal.coverage_weight * coverage
    standing[G2] = on_2g
    standing[G3] = on_3g if coverage > 0.0 else -np.inf


@rule
def _write_hazards(world, appeal, g, m, users, acceptance, in_force):  # type: ignore[no-untyped-def]
    """Write the monthly hazard of opening a platform's account in a province, and its slope in contacts.

    Whoever one's operator is, there is adoption; that one's operator promotes the account adds to it.
    """
    spontaneous, imitation = appeal.adoption_spontaneous, appeal.adoption_imitation
    adoption = adoption_hazard(spontaneous, imitation, appeal.adoption_merchants, users, acceptance)
    for k in range(len(in_force)):
        world.account_hazard[g, k, m] = appeal.campaign[m] * in_force[k, g, m] + adoption
        world.account_imitation[g, k, m] = appeal.contacts[m] * in_force[k, g, m]


@rule
def _write_wallets(world, appeal, g):  # type: ignore[no-untyped-def]
    """Write the same of the operators' own wallets, which only they promote."""
    wallet = len(appeal.campaign) - 1
    for k in range(world.wallet_open.shape[1]):
        world.account_hazard[g, k, wallet] = appeal.campaign[wallet] * world.wallet_open[g, k]
        world.account_imitation[g, k, wallet] = appeal.contacts[wallet] * world.wallet_open[g, k]


@rule
def _write_ceilings(hazard, imitation, ceiling):  # type: ignore[no-untyped-def]
    """Write the most that hazards of accounts (M + 1,) can add up to, by accounts held (A,)."""
    for held in range(len(ceiling)):
        ceiling[held] = 0.0
    for slot in range(len(hazard)):
        most = hazard[slot] + imitation[slot]
        for held in range(len(ceiling)):
            ceiling[held] += most * (1 - ((held >> slot) & 1))

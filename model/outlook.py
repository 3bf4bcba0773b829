"""What consumers see: last month's people and this month's offers, laid out as tables once a month."""

from typing import Any

import numpy as np

from agents.columns import G2, G3
from agents.compiling import loop
from agents.platforms import adoption_hazard
from agents.world import fill, make_world
from model import measures
from model.payment_tables import write_payment_tables


def look_around(market: Any) -> np.record:
    """Return the tables consumers see this month, made from last month's world."""
    p, world, deals = market.parameters, market.world_tables, market.partnerships
    held_online = _held_online(market)
    fill(
        world,
        standing=_standing(market),
        price=market.price,
        wallet_open=market.wallet_open,
        online_share=market.online_path[:, market.month],
        held_online=held_online,
    )
    tables = (world["method_shares"], world["payment_value"])
    write_payment_tables(market.ways, market.wallet_open, deals.services, market.acceptance, *tables)
    hazard = adoption_hazard(
        p.adoption_spontaneous,
        p.adoption_imitation,
        p.adoption_merchants,
        held_online,
        market.acceptance[:, : market.M],
    )
    campaign = (market.campaign, market.campaign_contacts, deals.in_force, market.wallet_open)
    hazards = (world["account_hazard"], world["account_imitation"], world["account_ceiling"])
    write_account_tables(hazard, *campaign, *hazards)
    return market.world


def first_world(market: Any) -> np.record:
    """Return the consumer's world of December 2008: what never changes, and nothing on offer yet."""
    p = market.parameters
    later = ("payment_value", "method_shares", "account_hazard", "account_imitation", "account_ceiling")
    return make_world(
        market.world_type,
        seed=market.seed_number,
        operator_stream=market.operator_stream,
        standing=_standing(market),
        price=market.price,
        price_sensitivity=market.price_sensitivity,
        sensitivity_spread=p.sensitivity_spread,
        switching_spread=p.switching_spread,
        switching_cost=p.switching_cost,
        downgrade_cost=p.downgrade_cost,
        lock_in=p.lock_in,
        same_operator=p.same_operator,
        word_of_mouth=p.word_of_mouth,
        wallet_open=market.wallet_open,
        wallet_bit=1 << market.M,
        dissimilarity=p.dissimilarity,
        review_hazard=p.review_hazard,
        contract_months=p.contract_months,
        online_share=market.online_path[:, market.month],
        held_online=_held_online(market),
        **{name: np.zeros(market.world_type[name].shape) for name in later},
    )


def _standing(market: Any) -> np.ndarray:
    """Return what each subscription is worth before price and payment, (G, K, 2) utils."""
    p = market.parameters
    years = market.month / 12.0
    risen = -np.expm1(-p.quality_fading * years) / p.quality_fading if p.quality_fading else years
    quality = market.quality_start + market.quality_growth * risen
    standing = np.empty((*market.lines.shape, 2))
    weights = (float(p.installed_base), float(p.coverage_weight))
    write_standing(market.base, quality, measures.shares(market.lines), market.coverage, *weights, standing)
    return standing


@loop
def write_standing(  # type: ignore[no-untyped-def]
    base, quality, share, coverage, installed_base, coverage_weight, standing
):
    """Write what each subscription is worth before price and payment.

    Parameters
    ----------
    base, quality : (K,) float, utils
    share : (G, K) float
        Of the province's lines.
    coverage : (K, G) float
    installed_base, coverage_weight : float, utils
    standing : (G, K, 2) float, utils
        Written; minus infinity where there is no 3G.
    """
    for g in range(len(share)):
        for k in range(len(base)):
            on_2g = base[k] + installed_base * share[g, k]
            on_3g = on_2g + quality[k] + coverage_weight * coverage[k, g]
            standing[g, k, G2] = on_2g
            standing[g, k, G3] = on_3g if coverage[k, g] > 0.0 else -np.inf


def _held_online(market: Any) -> np.ndarray:
    """Return the share of internet users that hold an account at each platform (G, M)."""
    online = market.lines.sum(axis=1, keepdims=True) * market.online_path[:, market.month, None]
    accounts = market.platform_accounts[:, : market.M]
    return np.minimum(accounts / np.maximum(online, 1.0), 1.0)


@loop
def write_account_tables(  # type: ignore[no-untyped-def]
    adoption, campaign, contacts, in_force, wallet_open, hazard, imitation, ceiling
):
    """Write the monthly hazard of opening each account, its slope in contacts, and the most it can be.

    Parameters
    ----------
    adoption : (G, M) float
        Hazard of opening each platform's account, whoever one's operator is.
    campaign, contacts : (M + 1,) float
        What it adds, by itself and with all contacts, that one's operator promotes it; its wallet last.
    in_force : (K, G, M) bool
        Which accounts operators promote.
    wallet_open : (G, K) bool
    hazard, imitation : (G, K, M + 1) float
        Written.
    ceiling : (G, K, A) float
        Written: sum of both over accounts not held.
    """
    G, K, A = ceiling.shape
    platforms = adoption.shape[1]
    for g in range(G):
        for k in range(K):
            for m in range(platforms):
                hazard[g, k, m] = campaign[m] * in_force[k, g, m] + adoption[g, m]
                imitation[g, k, m] = contacts[m] * in_force[k, g, m]
            hazard[g, k, platforms] = campaign[platforms] * wallet_open[g, k]
            imitation[g, k, platforms] = contacts[platforms] * wallet_open[g, k]
            for held in range(A):
                ceiling[g, k, held] = 0.0
            for slot in range(platforms + 1):
                most = hazard[g, k, slot] + imitation[g, k, slot]
                for held in range(A):
                    ceiling[g, k, held] += most * (1 - ((held >> slot) & 1))

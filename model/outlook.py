"""What consumers see: last month's people and this month's offers, laid out as tables once a month."""

from typing import Any

import numpy as np

from agents.choice import G2, G3
from agents.platforms import adoption_hazard
from agents.world import fill, make_world
from model import measures
from model.payment_tables import worth_and_shares


def look_around(market: Any) -> np.record:
    """Return the tables consumers see this month, made from last month's world."""
    world = market.world_tables
    held_online = _held_online(market)
    hazard, imitation = _account_hazards(market, held_online)
    fill(
        world,
        standing=_standing(market),
        price=market.price,
        payment_value=worth_and_shares(market, market.partnerships.services, world["method_shares"]),
        wallet_open=market.wallet_open,
        online_share=market.online_path[:, market.month],
        held_online=held_online,
        account_hazard=hazard,
        account_imitation=imitation,
        account_ceiling=(hazard + imitation) @ market.not_held.T,
    )
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
    base = market.base[:, None] + p.installed_base * measures.shares(market.lines).T  # (K, G)
    on_3g = base + quality[:, None] + p.coverage_weight * market.coverage
    on_3g = np.where(market.coverage > 0, on_3g, -np.inf)
    standing = np.empty((*market.lines.shape, 2))
    standing[:, :, G2], standing[:, :, G3] = base.T, on_3g.T
    return standing


def _held_online(market: Any) -> np.ndarray:
    """Return the share of internet users that hold an account at each platform (G, M)."""
    online = market.lines.sum(axis=1, keepdims=True) * market.online_path[:, market.month, None]
    accounts = market.platform_accounts[:, : market.M]
    return np.minimum(accounts / np.maximum(online, 1.0), 1.0)


def _account_hazards(market: Any, held_online: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the monthly hazard of opening each account, and its slope in contacts (G, K, M + 1).

    Parameters
    ----------
    held_online : (G, M) float
        Share of internet users that hold an account at each platform.
    """
    p = market.parameters
    partners = np.empty((market.G, market.K, market.M + 1), bool)  # whose account one's operator promotes
    partners[:, :, : market.M] = market.partnerships.in_force.transpose(1, 0, 2)
    partners[:, :, market.M] = market.wallet_open
    hazard = market.campaign * partners
    hazard[:, :, : market.M] += adoption_hazard(
        p.adoption_spontaneous,
        p.adoption_imitation,
        p.adoption_merchants,
        held_online,
        market.acceptance[:, : market.M],
    )[:, None]
    return hazard, market.campaign_contacts * partners

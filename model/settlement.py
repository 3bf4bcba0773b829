"""Settling accounts: the month's payments, valued and entered in the ledger.

Units: simulated payments times the lines a row stands for times RMB. Purchases of goods go from
consumers to merchants whatever the method; the fees on them are separate entries.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.choice import (
    CASH,
    FIRST_PLATFORM,
    HANDSETS,
    PURCHASES,
    SUBSCRIBING,
    TELECOM,
    WALLET,
)
from model.ledger import BANKS, CONSUMERS, FEN, HANDSET_MAKERS, MERCHANTS, OUTLETS, SUPPLIERS

OWN_SERVICES = (SUBSCRIBING, TELECOM, HANDSETS)  # what is paid to the operator itself


@dataclass(frozen=True)
class Volumes:
    """The month's payments in real numbers.

    `count` (G, K, 2, S, D) payments; `rmb` (G, K, S, D) their value.
    """

    count: np.ndarray
    rmb: np.ndarray


def volumes(market: Any) -> Volumes:
    """Return the month's payments, scaled to real lines and valued in RMB."""
    count = market.payment_counts * market.scale[:, None, None, None, None]
    rmb = np.zeros(count.shape[:2] + count.shape[3:])
    rmb[:, :, TELECOM] = np.einsum("gknd,kn->gkd", count[..., TELECOM, :], market.price)
    joined = count[..., SUBSCRIBING, :].sum(axis=2)
    rmb[:, :, SUBSCRIBING] = joined * market.parameters.connection_fee
    handsets = count[..., HANDSETS, :].sum(axis=2)
    rmb[:, :, HANDSETS] = handsets * market.handset_price[:, None]
    shopping = count[..., PURCHASES, :].sum(axis=2)
    rmb[:, :, PURCHASES] = shopping * market.purchases_each[:, None, None]
    return Volumes(count, rmb)


def settle(market: Any, paid: Volumes) -> None:
    """Enter every payment of the month in the ledger.

    Parameters
    ----------
    market : MobileMarket
    paid : Volumes
    """
    own = paid.rmb[:, :, list(OWN_SERVICES)].sum(axis=2)  # (G, K, D)
    purchases = paid.rmb[:, :, PURCHASES]  # (G, K, D)
    for k, operator in enumerate(market.operators):
        _settle_services(market, operator, paid.rmb[:, k])
        _settle_costs(market, k, operator, paid.count[:, k])
        _settle_collection(market, k, own[:, k], purchases[:, k])
        for m in range(market.M):
            if market.newly_integrated[k, :, m].any():
                _settle_integration(market, k, m)
            if market.partnerships.in_force[k, :, m].any():
                method = FIRST_PLATFORM + m
                _settle_partnership(market, k, m, own[:, k, method], purchases[:, k, method])
    for m, platform in enumerate(market.platforms):
        _settle_web(market, m, platform)


def _settle_services(market: Any, operator: str, rmb: np.ndarray) -> None:
    """Enter what consumers pay an operator and merchants; rmb (G, S, D)."""
    pay, total = market.ledger.pay, rmb.sum(axis=2)
    pay(CONSUMERS, operator, "bills", total[:, TELECOM])
    pay(CONSUMERS, operator, "connection fees", total[:, SUBSCRIBING])
    pay(CONSUMERS, operator, "handsets", total[:, HANDSETS])
    pay(CONSUMERS, MERCHANTS, "mobile purchases", total[:, PURCHASES])


def _settle_costs(market: Any, k: int, operator: str, count: np.ndarray) -> None:
    """Enter what serving lines, handsets and coverage cost an operator; count (G, 2, S, D)."""
    p, pay = market.parameters, market.ledger.pay
    lines = count[:, :, TELECOM].sum(axis=2)
    pay(operator, SUPPLIERS, "serving lines", lines @ [p.serving_cost_2g, p.serving_cost_3g])
    handsets = count[:, :, HANDSETS].sum(axis=(1, 2))
    pay(operator, HANDSET_MAKERS, "handsets", handsets * p.handset_cost)
    built = market.coverage_built[k] * market.resident_share * p.coverage_cost_bn * 1e9
    pay(operator, SUPPLIERS, "building coverage", built)


def _settle_collection(market: Any, k: int, own: np.ndarray, purchases: np.ndarray) -> None:
    """Enter what collecting money by cash and own wallet costs and earns; volumes (G, D)."""
    p, pay, operator = market.parameters, market.ledger.pay, market.operators[k]
    pay(operator, OUTLETS, "outlet commission", p.outlet_commission * own[:, CASH])
    open_here = market.wallet_open[:, k]
    if open_here.any():
        pay(operator, SUPPLIERS, "running the wallet", open_here * p.wallet_fixed_cost * 1e6)
        through = own[:, WALLET] + purchases[:, WALLET]
        pay(operator, BANKS, "wallet processing", p.processing_cost * through)
        pay(MERCHANTS, operator, "merchant fees", p.merchant_fee * purchases[:, WALLET])


def _settle_integration(market: Any, k: int, m: int) -> None:
    """Enter what joining their systems costs an operator and a platform that sign for the first time."""
    signed = market.newly_integrated[k, :, m] * market.parameters.integration_cost * 1e6
    for side in (market.operators[k], market.platforms[m]):
        market.ledger.pay(side, SUPPLIERS, "integration", signed)


def _settle_partnership(market: Any, k: int, m: int, own: np.ndarray, purchases: np.ndarray) -> None:
    """Enter what passes between an operator, a platform and its merchants.

    Parameters
    ----------
    own, purchases : (G,) float, RMB
        What the operator's customers paid through the platform for its own services, and to merchants.
    """
    p, pay, deals = market.parameters, market.ledger.pay, market.partnerships
    operator, platform = market.operators[k], market.platforms[m]
    fees = (p.service_fee + deals.fee_rise[k, :, m] * market.fee_headroom) * own
    pay(operator, platform, "service fees", fees)
    pay(MERCHANTS, platform, "merchant fees", p.merchant_fee * purchases)
    pool = fees + p.merchant_fee * purchases
    pay(platform, operator, "revenue share", deals.revenue_share[k, :, m] * pool)
    pay(operator, platform, "exclusivity premium", deals.in_force[k, :, m] * deals.premium[k, :, m])
    pay(platform, BANKS, "processing", p.processing_cost * (own + purchases))


def _settle_web(market: Any, m: int, platform: str) -> None:
    """Enter what a platform's accounts earn it away from the phone."""
    p = market.parameters
    spent = market.platform_accounts[:, m] * p.web_purchases_rmb
    market.ledger.pay(MERCHANTS, platform, "web merchant fees", p.merchant_fee * spent)
    market.ledger.pay(platform, BANKS, "web processing", p.processing_cost * spent)


def wallet_fees(market: Any) -> np.ndarray:
    """Return what each wallet took in merchant fees last month, (G, K) RMB; it is its operator's money."""
    entries, nothing = market.ledger.history[-1], np.zeros(market.G)
    fees = [entries.get((MERCHANTS, name, "merchant fees"), nothing) for name in market.operators]
    return np.stack(fees, axis=1) / FEN

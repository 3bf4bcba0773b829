"""Settling accounts: the month's payments, valued and entered in the ledger.

Units: simulated payments times the lines a row stands for times RMB. Purchases of goods go from
consumers to merchants whatever the method; the fees on them are separate entries.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any

import numpy as np

from agents.paying import CASH, FIRST_PLATFORM, HANDSETS, PURCHASES, SUBSCRIBING, TELECOM, WALLET
from model.ledger import BANKS, CONSUMERS, HANDSET_MAKERS, MERCHANTS, OUTLETS, SUPPLIERS, Entry

OWN_SERVICES = (SUBSCRIBING, TELECOM, HANDSETS)  # what is paid to the operator itself
OPERATORS, PLATFORMS = "each operator", "each platform"  # as payer or payee: the one whose axis it is

# What is paid by whom to whom for what, (G, K, M) RMB: by province, operator and platform, with an axis of
# length 1 for operators or platforms that have no part in it.
type Payments = dict[Entry, np.ndarray]


@dataclass(frozen=True)
class Volumes:
    """The month's payments in real numbers.

    `by_network` (G, K, 2, S, D) and `count` (G, K, S, D) payments; `rmb` (G, K, S, D) their value; `own`
    (G, K, D) the part of it that is paid to the operator itself.
    """

    by_network: np.ndarray
    count: np.ndarray
    rmb: np.ndarray
    own: np.ndarray


def volumes(market: Any) -> Volumes:
    """Return the month's payments, scaled to real lines and valued in RMB."""
    by_network = market.payment_counts * market.scale[:, None, None, None, None]
    count = by_network.sum(axis=2)
    each = np.zeros(count.shape[:3])  # RMB a payment, where both networks pay the same
    each[:, :, SUBSCRIBING] = market.parameters.connection_fee
    each[:, :, HANDSETS] = market.handset_price
    each[:, :, PURCHASES] = market.purchases_each[:, None]
    rmb = count * each[..., None]
    rmb[:, :, TELECOM] = np.einsum("gknd,kn->gkd", by_network[:, :, :, TELECOM], market.price)
    return Volumes(by_network, count, rmb, rmb[:, :, list(OWN_SERVICES)].sum(axis=2))


def settle(market: Any, paid: Volumes) -> None:
    """Enter every payment of the month in the ledger."""
    payments = {
        **_services(paid),
        **_costs(market, paid),
        **_collection(market, paid),
        **_partnerships(market, paid),
        **_web(market),
    }
    kinds = tuple((kind, amount.shape[1:]) for kind, amount in payments.items())
    entries = _spelled_out(kinds, market.operators, market.platforms)
    amounts = np.concatenate([amount.reshape(market.G, -1) for amount in payments.values()], axis=1)
    market.ledger.file(entries, amounts)


@lru_cache(maxsize=64)
def _spelled_out(
    kinds: tuple[tuple[Entry, tuple[int, ...]], ...], operators: tuple[str, ...], platforms: tuple[str, ...]
) -> tuple[Entry, ...]:
    """Return the entry of every payment of some kinds and shapes, with everybody's name."""
    names = {OPERATORS: np.array(operators)[:, None], PLATFORMS: np.array(platforms)}
    entries: list[Entry] = []
    for (payer, payee, reason), shape in kinds:
        both = [np.broadcast_to(names.get(party, party), shape).ravel().tolist() for party in (payer, payee)]
        entries += zip(*both, repeat(reason))
    return tuple(entries)


def _services(paid: Volumes) -> Payments:
    """Return what consumers pay operators and merchants."""
    total = paid.rmb.sum(axis=3)[..., None]  # (G, K, S, 1)
    return {
        (CONSUMERS, OPERATORS, "bills"): total[:, :, TELECOM],
        (CONSUMERS, OPERATORS, "connection fees"): total[:, :, SUBSCRIBING],
        (CONSUMERS, OPERATORS, "handsets"): total[:, :, HANDSETS],
        (CONSUMERS, MERCHANTS, "mobile purchases"): total[:, :, PURCHASES],
    }


def _costs(market: Any, paid: Volumes) -> Payments:
    """Return what serving lines, handsets and coverage cost operators."""
    p = market.parameters
    lines = paid.by_network[:, :, :, TELECOM].sum(axis=3)  # (G, K, 2)
    handsets = paid.by_network[:, :, :, HANDSETS].sum(axis=(2, 3))
    built = market.coverage_built * market.resident_share * p.coverage_cost_bn * 1e9  # (K, G)
    return {
        (OPERATORS, SUPPLIERS, "serving lines"): lines @ [[p.serving_cost_2g], [p.serving_cost_3g]],
        (OPERATORS, HANDSET_MAKERS, "handsets"): handsets[..., None] * p.handset_cost,
        (OPERATORS, SUPPLIERS, "building coverage"): built.T[..., None],
    }


def _collection(market: Any, paid: Volumes) -> Payments:
    """Return what collecting money by cash and own wallet costs and earns."""
    p, running = market.parameters, market.wallet_open[..., None]
    cash, wallet = paid.own[..., CASH, None], paid.own[..., WALLET, None]
    purchases = paid.rmb[:, :, PURCHASES, WALLET, None]
    return {
        (OPERATORS, OUTLETS, "outlet commission"): p.outlet_commission * cash,
        (OPERATORS, SUPPLIERS, "running the wallet"): running * p.wallet_fixed_cost * 1e6,
        (OPERATORS, BANKS, "wallet processing"): p.processing_cost * (wallet + purchases),
        (MERCHANTS, OPERATORS, "merchant fees"): p.merchant_fee * purchases,
    }


def _partnerships(market: Any, paid: Volumes) -> Payments:
    """Return what passes between operators, platforms and their merchants, and what signing cost."""
    p, deals = market.parameters, market.partnerships
    own = paid.own[..., FIRST_PLATFORM:]  # (G, K, M): for an operator's own services
    purchases = paid.rmb[:, :, PURCHASES, FIRST_PLATFORM:]
    fees = (p.service_fee + by_province(deals.fee_rise) * market.fee_headroom) * own
    signed = by_province(market.newly_integrated) * p.integration_cost * 1e6
    pool = fees + p.merchant_fee * purchases
    return {
        (OPERATORS, SUPPLIERS, "integration"): signed,
        (PLATFORMS, SUPPLIERS, "integration"): signed,
        (OPERATORS, PLATFORMS, "service fees"): fees,
        (MERCHANTS, PLATFORMS, "merchant fees"): p.merchant_fee * purchases,
        (PLATFORMS, OPERATORS, "revenue share"): by_province(deals.revenue_share) * pool,
        (OPERATORS, PLATFORMS, "exclusivity premium"): by_province(deals.in_force * deals.premium),
        (PLATFORMS, BANKS, "processing"): p.processing_cost * (own + purchases),
    }


def _web(market: Any) -> Payments:
    """Return what platforms' accounts earn them away from the phone."""
    p = market.parameters
    spent = market.platform_accounts[:, None, : market.M] * p.web_purchases_rmb
    return {
        (MERCHANTS, PLATFORMS, "web merchant fees"): p.merchant_fee * spent,
        (PLATFORMS, BANKS, "web processing"): p.processing_cost * spent,
    }


def by_province(deals: np.ndarray) -> np.ndarray:
    """Return what stands by operator, province and platform (K, G, M) with provinces first."""
    return deals.transpose(1, 0, 2)


def wallet_fees(market: Any) -> np.ndarray:
    """Return what each wallet took in merchant fees last month, (G, K) RMB; it is its operator's money."""
    return market.ledger.entered(*((MERCHANTS, name, "merchant fees") for name in market.operators))

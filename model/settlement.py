"""Settling accounts: the month's payments, valued and entered in the ledger.

Units: simulated payments times the lines a row stands for times RMB. Purchases of goods go from
consumers to merchants whatever the method; the fees on them are separate entries.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any

import numpy as np

from agents.compiling import making_loop
from agents.paying import CASH, FIRST_PLATFORM, HANDSETS, PURCHASES, SERVICES, SUBSCRIBING, TELECOM, WALLET
from model.ledger import BANKS, CONSUMERS, HANDSET_MAKERS, MERCHANTS, OUTLETS, SUPPLIERS, Entry

OPERATORS, PLATFORMS = "each operator", "each platform"  # as payer or payee: the one whose axis it is

# What is paid by whom to whom for what, (G, K, M) RMB: by province, operator and platform, with an axis of
# length 1 for operators or platforms that have no part in it.
type Payments = dict[Entry, np.ndarray]


@dataclass(frozen=True)
class Volumes:
    """The month's payments in real numbers.

    Attributes
    ----------
    count : (G, K, S, D) float
    rmb : (G, K, S, D) float
    total : (G, K, S) float, RMB
        By any method.
    own : (G, K, D) float, RMB
        The part that is paid to the operator itself.
    by_platform : (G, M + K) float, RMB
        Through each platform, wallets after them.
    lines : (G, K, 2) float
        That paid a bill.
    """

    count: np.ndarray
    rmb: np.ndarray
    total: np.ndarray
    own: np.ndarray
    by_platform: np.ndarray
    lines: np.ndarray


def volumes(market: Any) -> Volumes:
    """Return the month's payments, scaled to real lines and valued in RMB."""
    each = np.empty((market.G, market.K, len(SERVICES)))  # RMB a payment; that of bills is not read
    each[:, :, SUBSCRIBING] = market.parameters.connection_fee
    each[:, :, HANDSETS] = market.handset_price
    each[:, :, PURCHASES] = market.purchases_each[:, None]
    return Volumes(*value_payments(market.payment_counts, market.scale, market.price, each))


@making_loop
def value_payments(payments, scale, price, each):  # type: ignore[no-untyped-def]
    """Return what `Volumes` lists, in its order.

    Parameters
    ----------
    payments : (G, K, 2, S, D) int
        Of rows, by network.
    scale : (G,) float
        Real lines a row stands for.
    price : (K, 2) float, RMB
        Of a bill, by network.
    each : (G, K, S) float, RMB
        Of any other payment.
    """
    G, K, _, S, D = payments.shape
    count, rmb = np.empty((G, K, S, D)), np.empty((G, K, S, D))
    total, own, lines = np.zeros((G, K, S)), np.zeros((G, K, D)), np.zeros((G, K, 2))
    platforms = D - FIRST_PLATFORM
    by_platform = np.zeros((G, platforms + K))
    for g in range(G):
        for k in range(K):
            for s in range(S):
                for d in range(D):
                    on_2g, on_3g = payments[g, k, 0, s, d] * scale[g], payments[g, k, 1, s, d] * scale[g]
                    count[g, k, s, d] = on_2g + on_3g
                    if s == TELECOM:
                        lines[g, k, 0] += on_2g
                        lines[g, k, 1] += on_3g
                        value = on_2g * price[k, 0] + on_3g * price[k, 1]
                    else:
                        value = (on_2g + on_3g) * each[g, k, s]
                    rmb[g, k, s, d] = value
                    total[g, k, s] += value
                    if s != PURCHASES:
                        own[g, k, d] += value
                    if d == WALLET:
                        by_platform[g, platforms + k] += value
                    elif d != CASH:
                        by_platform[g, d - FIRST_PLATFORM] += value
    return count, rmb, total, own, by_platform, lines


def settle(market: Any, paid: Volumes) -> None:
    """Enter every payment of the month in the ledger."""
    p, purchases = market.parameters, paid.rmb[:, :, PURCHASES]
    # By wallet and platforms, (G, K, 1 + M): merchants' fees on purchases, and what banks charge.
    fees = p.merchant_fee * purchases[..., WALLET:]
    processing = p.processing_cost * (paid.own + purchases)[..., WALLET:]
    payments = {
        **_services(paid),
        **_costs(market, paid),
        **_collection(market, paid, fees[..., :1], processing[..., :1]),
        **_partnerships(market, paid, fees[..., 1:], processing[..., 1:]),
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
    total = paid.total[..., None]
    return {
        (CONSUMERS, OPERATORS, "bills"): total[:, :, TELECOM],
        (CONSUMERS, OPERATORS, "connection fees"): total[:, :, SUBSCRIBING],
        (CONSUMERS, OPERATORS, "handsets"): total[:, :, HANDSETS],
        (CONSUMERS, MERCHANTS, "mobile purchases"): total[:, :, PURCHASES],
    }


def _costs(market: Any, paid: Volumes) -> Payments:
    """Return what serving lines, handsets and coverage cost operators."""
    p = market.parameters
    handsets = paid.count[:, :, HANDSETS].sum(axis=2, keepdims=True)
    built = market.coverage_built * market.resident_share * p.coverage_cost_bn * 1e9  # (K, G)
    return {
        (OPERATORS, SUPPLIERS, "serving lines"): (paid.lines * market.serving_cost).sum(
            axis=2, keepdims=True
        ),
        (OPERATORS, HANDSET_MAKERS, "handsets"): handsets * p.handset_cost,
        (OPERATORS, SUPPLIERS, "building coverage"): built.T[..., None],
    }


def _collection(market: Any, paid: Volumes, fees: np.ndarray, processing: np.ndarray) -> Payments:
    """Return what collecting money by cash and own wallet costs and earns."""
    p, running = market.parameters, market.wallet_open[..., None]
    return {
        (OPERATORS, OUTLETS, "outlet commission"): p.outlet_commission * paid.own[..., CASH, None],
        (OPERATORS, SUPPLIERS, "running the wallet"): running * p.wallet_fixed_cost * 1e6,
        (OPERATORS, BANKS, "wallet processing"): processing,
        (MERCHANTS, OPERATORS, "merchant fees"): fees,
    }


def _partnerships(market: Any, paid: Volumes, fees: np.ndarray, processing: np.ndarray) -> Payments:
    """Return what passes between operators, platforms and their merchants, and what signing cost."""
    p, deals = market.parameters, market.partnerships
    rate = p.service_fee + by_province(deals.fee_rise) * market.fee_headroom
    service_fees = rate * paid.own[..., FIRST_PLATFORM:]
    signed = by_province(market.newly_integrated) * p.integration_cost * 1e6
    return {
        (OPERATORS, SUPPLIERS, "integration"): signed,
        (PLATFORMS, SUPPLIERS, "integration"): signed,
        (OPERATORS, PLATFORMS, "service fees"): service_fees,
        (MERCHANTS, PLATFORMS, "merchant fees"): fees,
        (PLATFORMS, OPERATORS, "revenue share"): by_province(deals.revenue_share) * (service_fees + fees),
        (OPERATORS, PLATFORMS, "exclusivity premium"): by_province(deals.premium),
        (PLATFORMS, BANKS, "processing"): processing,
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

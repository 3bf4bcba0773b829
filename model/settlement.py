"""Settling accounts: the month's payments, valued and entered in the ledger.

Units: simulated payments times the lines a row stands for times RMB. Purchases of goods go from
consumers to merchants whatever the method; the fees on them are separate entries.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from agents.columns import G2, G3
from agents.compiling import loop, rule
from agents.paying import CASH, FIRST_PLATFORM, HANDSETS, PURCHASES, SUBSCRIBING, TELECOM, WALLET
from agents.records import record_type
from model.ledger import MERCHANTS


class Volumes(NamedTuple):
    """The month's payments in real numbers: what there is of each province, all provinces together.

    Attributes
    ----------
    number : (G, K, S, D) float
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

    number: np.ndarray
    rmb: np.ndarray
    total: np.ndarray
    own: np.ndarray
    by_platform: np.ndarray
    lines: np.ndarray


class Rates(NamedTuple):
    """What is paid at a rate: shares of what passes through, and RMB."""

    merchant_fee: float
    processing_cost: float
    outlet_commission: float
    service_fee: float
    fee_headroom: float
    handset_cost: float
    wallet_fixed_cost: float  # a month
    integration_cost: float  # to each of the two sides
    coverage_cost: float  # of the whole country
    web_purchases: float  # a month and account


@cache
def _volumes_type(operators: int, services: int, methods: int) -> np.dtype:
    """Return the type of a province's record of `Volumes`."""
    K, S, D = operators, services, methods
    shapes = ((K, S, D), (K, S, D), (K, S), (K, D), D - FIRST_PLATFORM + K, (K, 2))
    return record_type(
        {name: (np.float64, shape) for name, shape in zip(Volumes._fields, shapes, strict=True)}
    )


def settle(market: Any) -> Volumes:
    """Enter every payment of the month in the ledger; return what was paid."""
    K, _, S, D = market.payment_counts.shape[1:]
    paid = np.zeros(market.G, _volumes_type(K, S, D))
    deals, sheet = market.partnerships, market.sheet
    value_payments(market.payment_counts, market.scale, market.price, market.value_each, paid)
    draw_up(
        paid,
        market.rates,
        market.serving_cost,
        market.wallet_open,
        market.coverage_built,
        market.resident_share,
        (deals.fee_rise, deals.revenue_share, deals.premium, market.newly_integrated),
        market.platform_accounts,
        sheet.provinces,
    )
    market.ledger.file(sheet.layout, sheet.amounts)
    return Volumes(*(paid[name] for name in Volumes._fields))


@loop
def value_payments(payments, scale, price, each, paid):  # type: ignore[no-untyped-def]
    """Write the month's payments, scaled to real lines and valued in RMB.

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
    paid : (G,) records of `Volumes`
        Written; zeros before.
    """
    G, K, _, S, D = payments.shape
    platforms = D - FIRST_PLATFORM
    for g in range(G):
        of = paid[g]
        for k in range(K):
            for s in range(S):
                for d in range(D):
                    on_2g, on_3g = payments[g, k, G2, s, d] * scale[g], payments[g, k, G3, s, d] * scale[g]
                    of.number[k, s, d] = on_2g + on_3g
                    if s == TELECOM:
                        of.lines[k, G2] += on_2g
                        of.lines[k, G3] += on_3g
                        value = on_2g * price[k, G2] + on_3g * price[k, G3]
                    else:
                        value = (on_2g + on_3g) * each[g, k, s]
                    of.rmb[k, s, d] = value
                    of.total[k, s] += value
                    if s != PURCHASES:
                        of.own[k, d] += value
                    if d == WALLET:
                        of.by_platform[platforms + k] += value
                    elif d != CASH:
                        of.by_platform[d - FIRST_PLATFORM] += value


@loop
def draw_up(  # type: ignore[no-untyped-def]
    paid, rates, serving_cost, wallet_open, built, resident_share, deals, accounts, sheet
):
    """Write what is paid in a month.

    Parameters
    ----------
    paid : (G,) records of `Volumes`
    rates : Rates
    serving_cost : (K, 2) float, RMB a line and month
    wallet_open : (G, K) bool
    built : (K, G) float
        Share of people whom 3G has come to reach.
    resident_share : (G,) float
    deals : tuple of (K, G, M) arrays
        How far fees rose and which part of them is shared, the premium in RMB, and whether it was signed by
        two who had never joined their systems.
    accounts : (G, >= M) float
    sheet : (G,) records of `model.sheet.PAYMENTS`
        Written.
    """
    for g in range(len(sheet)):
        of, into = paid[g], sheet[g]
        for k in range(len(serving_cost)):
            _pay_for_services(of, k, into)
            _pay_costs(of, rates, serving_cost, built[k, g] * resident_share[g], k, into)
            _pay_for_collection(of, rates, wallet_open[g, k], k, into)
            _pay_partners(of, rates, deals, g, k, into)
        for m in range(into.web_processing.shape[1]):
            spent = accounts[g, m] * rates.web_purchases
            into.web_merchant_fees[0, m] = rates.merchant_fee * spent
            into.web_processing[0, m] = rates.processing_cost * spent


@rule
def _pay_for_services(paid, k, into):  # type: ignore[no-untyped-def]
    """Write what consumers pay an operator, and merchants."""
    into.bills[k, 0] = paid.total[k, TELECOM]
    into.connection_fees[k, 0] = paid.total[k, SUBSCRIBING]
    into.handsets[k, 0] = paid.total[k, HANDSETS]
    into.purchases[k, 0] = paid.total[k, PURCHASES]


@rule
def _pay_costs(paid, rates, serving_cost, reached, k, into):  # type: ignore[no-untyped-def]
    """Write what serving lines, handsets and coverage cost an operator."""
    handsets = 0.0
    for method in range(paid.number.shape[2]):
        handsets += paid.number[k, HANDSETS, method]
    on_2g, on_3g = paid.lines[k, G2] * serving_cost[k, G2], paid.lines[k, G3] * serving_cost[k, G3]
    into.serving_lines[k, 0] = on_2g + on_3g
    into.making_handsets[k, 0] = handsets * rates.handset_cost
    into.building_coverage[k, 0] = reached * rates.coverage_cost


@rule
def _pay_for_collection(paid, rates, wallet_open, k, into):  # type: ignore[no-untyped-def]
    """Write what collecting money by cash and own wallet costs an operator, and earns."""
    shopped = paid.rmb[k, PURCHASES, WALLET]
    into.outlet_commission[k, 0] = rates.outlet_commission * paid.own[k, CASH]
    into.running_the_wallet[k, 0] = wallet_open * rates.wallet_fixed_cost
    into.wallet_processing[k, 0] = rates.processing_cost * (paid.own[k, WALLET] + shopped)
    into.wallet_merchant_fees[k, 0] = rates.merchant_fee * shopped


@rule
def _pay_partners(paid, rates, deals, g, k, into):  # type: ignore[no-untyped-def]
    """Write what passes between an operator, platforms and their merchants, and what signing cost."""
    fee_rise, revenue_share, premium, signed = deals
    for m in range(into.service_fees.shape[1]):
        own, shopped = paid.own[k, FIRST_PLATFORM + m], paid.rmb[k, PURCHASES, FIRST_PLATFORM + m]
        service_fees = (rates.service_fee + fee_rise[k, g, m] * rates.fee_headroom) * own
        merchant_fees = rates.merchant_fee * shopped
        joining = signed[k, g, m] * rates.integration_cost
        into.integration_of_operators[k, m] = joining
        into.integration_of_platforms[k, m] = joining
        into.service_fees[k, m] = service_fees
        into.merchant_fees[k, m] = merchant_fees
        into.revenue_share[k, m] = revenue_share[k, g, m] * (service_fees + merchant_fees)
        into.exclusivity_premium[k, m] = premium[k, g, m]
        into.processing[k, m] = rates.processing_cost * (own + shopped)


def wallet_fees(market: Any) -> np.ndarray:
    """Return what each wallet took in merchant fees last month, (G, K) RMB; it is its operator's money."""
    return market.ledger.entered(*((MERCHANTS, name, "merchant fees") for name in market.operators))

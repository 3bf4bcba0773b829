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
def till_type(services: int, methods: int) -> np.dtype:
    """Return the type of a till, where what an operator was paid in a province is sorted.

    RMB by service, RMB paid to the operator itself by method, and lines that paid a bill, by network.
    """
    number = np.float64
    return record_type({"total": (number, services), "own": (number, methods), "lines": (number, 2)})


def settle(market: Any) -> None:
    """Count and value the month's payments, and enter every one of them in the ledger."""
    deals, sheet = market.partnerships, market.sheet
    draw_up(
        (market.payment_counts, market.scale, market.price, market.value_each),
        market.rates,
        market.serving_cost,
        market.wallet_open,
        market.coverage_built,
        market.resident_share,
        (deals.fee_rise, deals.revenue_share, deals.premium, market.newly_integrated),
        market.till,
        market.measured,
        sheet.provinces,
    )
    market.ledger.file(sheet.layout, sheet.amounts)


@loop
def draw_up(  # type: ignore[no-untyped-def]
    payments, rates, serving_cost, wallet_open, built, resident_share, deals, till, measured, sheet
):
    """Write what is paid in a month.

    Parameters
    ----------
    payments : tuple
        See `value_payments`.
    rates : Rates
    serving_cost : (K, 2) float, RMB a line and month
    wallet_open : (G, K) bool
    built : (K, G) float
        Share of people whom 3G has come to reach.
    resident_share : (G,) float
    deals : tuple of (K, G, M) arrays
        How far fees rose and which part of them is shared, the premium in RMB, and whether it was signed by
        two who had never joined their systems.
    till : (1,) record of `till_type`
        Room to work in.
    measured : (1,) record of `model.month.month_type`
        Accounts are read; payments, bills and platforms' volumes are written.
    sheet : (G,) records of `model.sheet.PAYMENTS`
        Written.
    """
    of, month = till[0], measured[0]
    for g in range(len(sheet)):
        into = sheet[g]
        for k in range(len(serving_cost)):
            value_payments(payments, g, k, of, month)
            reached = built[k, g] * resident_share[g]
            _pay_for_services(of, k, into)
            _pay_costs(of, month.payments[g, k], rates, serving_cost, reached, k, into)
            _pay_for_collection(of, month.payments_rmb[g, k], rates, wallet_open[g, k], k, into)
            _pay_partners(of, month.payments_rmb[g, k], rates, deals, g, k, into)
        for m in range(into.web_processing.shape[1]):
            spent = month.accounts[g, m] * rates.web_purchases
            into.web_merchant_fees[0, m] = rates.merchant_fee * spent
            into.web_processing[0, m] = rates.processing_cost * spent


@loop
def value_payments(payments, g, k, till, month):  # type: ignore[no-untyped-def]
    """Count what an operator's customers in a province paid, in real lines and RMB; sort it into the till.

    Parameters
    ----------
    payments : tuple
        Payments (G, K, 2, S, D) of rows, by network; real lines a row stands for (G,); RMB of a bill, by
        network (K, 2), and of any other payment (G, K, S).
    till, month : see `draw_up`
        Written; what is summed up in the month is 0 before.
    """
    counts, scale, price, each = payments
    S, D = counts.shape[3:]
    till.lines[G2] = till.lines[G3] = 0.0
    for d in range(D):
        till.own[d] = 0.0
    for s in range(S):
        till.total[s] = 0.0
        for d in range(D):
            on_2g, on_3g = counts[g, k, G2, s, d] * scale[g], counts[g, k, G3, s, d] * scale[g]
            if s == TELECOM:
                till.lines[G2] += on_2g
                till.lines[G3] += on_3g
                value = on_2g * price[k, G2] + on_3g * price[k, G3]
            else:
                value = (on_2g + on_3g) * each[g, k, s]
            month.payments[g, k, s, d] = on_2g + on_3g
            month.payments_rmb[g, k, s, d] = value
            till.total[s] += value
            if s != PURCHASES:
                till.own[d] += value
            if d == WALLET:
                month.volume_rmb[g, D - FIRST_PLATFORM + k] += value
            elif d != CASH:
                month.volume_rmb[g, d - FIRST_PLATFORM] += value
    month.bills_rmb[g, k] = till.total[TELECOM]


@rule
def _pay_for_services(till, k, into):  # type: ignore[no-untyped-def]
    """Write what consumers pay an operator, and merchants."""
    into.bills[k, 0] = till.total[TELECOM]
    into.connection_fees[k, 0] = till.total[SUBSCRIBING]
    into.handsets[k, 0] = till.total[HANDSETS]
    into.purchases[k, 0] = till.total[PURCHASES]


@rule
def _pay_costs(till, number, rates, serving_cost, reached, k, into):  # type: ignore[no-untyped-def]
    """Write what serving lines, handsets and coverage cost an operator."""
    handsets = 0.0
    for method in range(number.shape[1]):
        handsets += number[HANDSETS, method]
    on_2g, on_3g = till.lines[G2] * serving_cost[k, G2], till.lines[G3] * serving_cost[k, G3]
    into.serving_lines[k, 0] = on_2g + on_3g
    into.making_handsets[k, 0] = handsets * rates.handset_cost
    into.building_coverage[k, 0] = reached * rates.coverage_cost


@rule
def _pay_for_collection(till, rmb, rates, wallet_open, k, into):  # type: ignore[no-untyped-def]
    """Write what collecting money by cash and own wallet costs an operator, and earns."""
    shopped = rmb[PURCHASES, WALLET]
    into.outlet_commission[k, 0] = rates.outlet_commission * till.own[CASH]
    into.running_the_wallet[k, 0] = wallet_open * rates.wallet_fixed_cost
    into.wallet_processing[k, 0] = rates.processing_cost * (till.own[WALLET] + shopped)
    into.wallet_merchant_fees[k, 0] = rates.merchant_fee * shopped


@rule
def _pay_partners(till, rmb, rates, deals, g, k, into):  # type: ignore[no-untyped-def]
    """Write what passes between an operator, platforms and their merchants, and what signing cost."""
    fee_rise, revenue_share, premium, signed = deals
    for m in range(into.service_fees.shape[1]):
        own, shopped = till.own[FIRST_PLATFORM + m], rmb[PURCHASES, FIRST_PLATFORM + m]
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

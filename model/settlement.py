"""Settling accounts: the month's payments, valued and entered in the ledger.

Units: simulated payments times the lines a row stands for times RMB. Purchases of goods go from
consumers to merchants whatever the method; the fees on them are separate entries.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from agents.columns import G2, G3
from agents.compiling import loop, making_loop, rule
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

    number, rmb : (S, D) float
        Real payments, and what they come to.
    total : (S,) float, RMB
        By any method.
    own : (D,) float, RMB
        The part that is paid to the operator itself.
    lines : (2,) float
        That paid a bill, by network.
    """
    S, D = services, methods
    shapes = {"number": (S, D), "rmb": (S, D), "total": S, "own": D, "lines": 2}
    return record_type({name: (np.float64, shape) for name, shape in shapes.items()})


def settle(market: Any) -> None:
    """Count and value the month's payments, and enter every one of them in the ledger."""
    deals, sheet = market.partnerships, market.sheet
    draw_up(
        market.payment_counts,
        (market.scale, market.price, market.value_each),
        market.rates,
        market.serving_cost,
        market.wallet_open,
        market.coverage_built,
        market.resident_share,
        (deals.fee_rise, deals.revenue_share, deals.premium, deals.newly_integrated),
        market.till,
        market.measured,
        sheet.provinces,
    )
    market.ledger.file(sheet.layout, sheet.amounts)


def payments_of(market: Any, month: np.record) -> tuple[np.ndarray, np.ndarray]:
    """Return a month's payments from its record: how many there were and RMB, (G, K, S, D) each."""
    values = (market.scale, month["price_rmb"], market.value_each)
    till = np.zeros(1, till_type(*month["paid_rows"].shape[-2:]))  # whoever settles meanwhile has another
    return value_month(month["paid_rows"], values, till)


@loop
def draw_up(  # type: ignore[no-untyped-def]
    rows, values, rates, serving_cost, wallet_open, built, resident_share, deals, till, measured, sheet
):
    """Write what is paid in a month.

    Parameters
    ----------
    rows, values : (G, K, 2, S, D) int, tuple
        See `value_month`.
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
    scale, price, each = values
    for g in range(len(sheet)):
        into = sheet[g]
        for m in range(month.volume_rmb.shape[1]):
            month.volume_rmb[g, m] = 0.0
        for k in range(len(serving_cost)):
            value_payments(rows[g, k], scale[g], price[k], each[g, k], of)
            _keep(rows[g, k], of, month, g, k)
            reached = built[k, g] * resident_share[g]
            _pay_for_services(of, k, into)
            _pay_costs(of, rates, serving_cost, reached, k, into)
            _pay_for_collection(of, rates, wallet_open[g, k], k, into)
            _pay_partners(of, rates, deals, g, k, into)
        for m in range(into.web_processing.shape[1]):
            spent = month.accounts[g, m] * rates.web_purchases
            into.web_merchant_fees[0, m] = rates.merchant_fee * spent
            into.web_processing[0, m] = rates.processing_cost * spent


@making_loop
def value_month(rows, values, till):  # type: ignore[no-untyped-def]
    """Return a month's payments in real numbers and RMB, (G, K, S, D) each.

    Parameters
    ----------
    rows : (G, K, 2, S, D) int
        Payments that rows made, by network.
    values : tuple
        Real lines a row stands for (G,); RMB of a bill, by network (K, 2), and of any other payment
        (G, K, S).
    till : (1,) record of `till_type`
        Room to work in.
    """
    G, K, _, S, D = rows.shape
    number, rmb = np.empty((G, K, S, D)), np.empty((G, K, S, D))
    scale, price, each = values
    for g in range(G):
        for k in range(K):
            value_payments(rows[g, k], scale[g], price[k], each[g, k], till[0])
            for s in range(S):
                for d in range(D):
                    number[g, k, s, d], rmb[g, k, s, d] = till[0].number[s, d], till[0].rmb[s, d]
    return number, rmb


@loop
def value_payments(rows, lines, price, each, till):  # type: ignore[no-untyped-def]
    """Sort into the till what an operator's customers in a province paid.

    Parameters
    ----------
    rows : (2, S, D) int
        Payments that rows made, by network.
    lines : float
        Real lines a row stands for.
    price, each : (2,), (S,) float, RMB
        Of a bill, by network, and of any other payment.
    till : record of `till_type`
        Written.
    """
    S, D = rows.shape[1:]
    till.lines[G2] = till.lines[G3] = 0.0
    for d in range(D):
        till.own[d] = 0.0
    for s in range(S):
        till.total[s] = 0.0
        for d in range(D):
            on_2g, on_3g = rows[G2, s, d] * lines, rows[G3, s, d] * lines
            if s == TELECOM:
                till.lines[G2] += on_2g
                till.lines[G3] += on_3g
                value = on_2g * price[G2] + on_3g * price[G3]
            else:
                value = (on_2g + on_3g) * each[s]
            till.number[s, d] = on_2g + on_3g
            till.rmb[s, d] = value
            till.total[s] += value
            if s != PURCHASES:
                till.own[d] += value


@rule
def _keep(rows, till, month, g, k):  # type: ignore[no-untyped-def]
    """Keep what an operator's customers paid in a province: of every payment no more than its rows."""
    for network in range(rows.shape[0]):
        for s in range(rows.shape[1]):
            for d in range(rows.shape[2]):
                month.paid_rows[g, k, network, s, d] = rows[network, s, d]
    month.bills_rmb[g, k] = till.total[TELECOM]
    platforms = till.rmb.shape[1] - FIRST_PLATFORM
    for s in range(till.rmb.shape[0]):
        month.volume_rmb[g, platforms + k] += till.rmb[s, WALLET]
        for m in range(platforms):
            month.volume_rmb[g, m] += till.rmb[s, FIRST_PLATFORM + m]


@rule
def _pay_for_services(till, k, into):  # type: ignore[no-untyped-def]
    """Write what consumers pay an operator, and merchants."""
    into.bills[k, 0] = till.total[TELECOM]
    into.connection_fees[k, 0] = till.total[SUBSCRIBING]
    into.handsets[k, 0] = till.total[HANDSETS]
    into.purchases[k, 0] = till.total[PURCHASES]


@rule
def _pay_costs(till, rates, serving_cost, reached, k, into):  # type: ignore[no-untyped-def]
    """Write what serving lines, handsets and coverage cost an operator."""
    handsets = 0.0
    for method in range(till.number.shape[1]):
        handsets += till.number[HANDSETS, method]
    on_2g, on_3g = till.lines[G2] * serving_cost[k, G2], till.lines[G3] * serving_cost[k, G3]
    into.serving_lines[k, 0] = on_2g + on_3g
    into.making_handsets[k, 0] = handsets * rates.handset_cost
    into.building_coverage[k, 0] = reached * rates.coverage_cost


@rule
def _pay_for_collection(till, rates, wallet_open, k, into):  # type: ignore[no-untyped-def]
    """Write what collecting money by cash and own wallet costs an operator, and earns."""
    shopped = till.rmb[PURCHASES, WALLET]
    into.outlet_commission[k, 0] = rates.outlet_commission * till.own[CASH]
    into.running_the_wallet[k, 0] = wallet_open * rates.wallet_fixed_cost
    into.wallet_processing[k, 0] = rates.processing_cost * (till.own[WALLET] + shopped)
    into.wallet_merchant_fees[k, 0] = rates.merchant_fee * shopped


@rule
def _pay_partners(till, rates, deals, g, k, into):  # type: ignore[no-untyped-def]
    """Write what passes between an operator, platforms and their merchants, and what signing cost."""
    fee_rise, revenue_share, premium, signed = deals
    for m in range(into.service_fees.shape[1]):
        own, shopped = till.own[FIRST_PLATFORM + m], till.rmb[PURCHASES, FIRST_PLATFORM + m]
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

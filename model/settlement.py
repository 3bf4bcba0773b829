"""Settling accounts: the month's payments, valued and entered in the ledger.

Units: simulated payments times the lines a row stands for times RMB. Purchases of goods go from
consumers to merchants whatever the method; the fees on them are separate entries.
"""

from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from agents.columns import G2, G3
from agents.compiling import loop, making_loop, rule
from agents.paying import CASH, FIRST_PLATFORM, HANDSETS, PURCHASES, SUBSCRIBING, TELECOM, WALLET
from model.ledger import (
    BANKS,
    CONSUMERS,
    HANDSET_MAKERS,
    MERCHANTS,
    OUTLETS,
    SUPPLIERS,
    Entry,
    Layout,
    lay_out,
)

OPERATORS, PLATFORMS = "each operator", "each platform"  # as payer or payee: the one whose axis it is


class Volumes(NamedTuple):
    """The month's payments in real numbers.

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


class Payments(NamedTuple):
    """What is paid for what, (G, K, M) RMB by province, operator and platform.

    The axis of those who have no part in it, operators or platforms, is of length 1. Who pays whom says
    `WHO_PAYS_WHOM`.
    """

    bills: np.ndarray
    connection_fees: np.ndarray
    handsets: np.ndarray
    purchases: np.ndarray
    serving_lines: np.ndarray
    making_handsets: np.ndarray
    building_coverage: np.ndarray
    outlet_commission: np.ndarray
    running_the_wallet: np.ndarray
    wallet_processing: np.ndarray
    wallet_merchant_fees: np.ndarray
    integration_of_operators: np.ndarray
    integration_of_platforms: np.ndarray
    service_fees: np.ndarray
    merchant_fees: np.ndarray
    revenue_share: np.ndarray
    exclusivity_premium: np.ndarray
    processing: np.ndarray
    web_merchant_fees: np.ndarray
    web_processing: np.ndarray


# The entry under which each of the `Payments` goes into the ledger, in their order, and whether it is kept
# apart by operator and by platform.
WHO_PAYS_WHOM: tuple[tuple[Entry, bool, bool], ...] = (
    ((CONSUMERS, OPERATORS, "bills"), True, False),
    ((CONSUMERS, OPERATORS, "connection fees"), True, False),
    ((CONSUMERS, OPERATORS, "handsets"), True, False),
    ((CONSUMERS, MERCHANTS, "mobile purchases"), True, False),
    ((OPERATORS, SUPPLIERS, "serving lines"), True, False),
    ((OPERATORS, HANDSET_MAKERS, "handsets"), True, False),
    ((OPERATORS, SUPPLIERS, "building coverage"), True, False),
    ((OPERATORS, OUTLETS, "outlet commission"), True, False),
    ((OPERATORS, SUPPLIERS, "running the wallet"), True, False),
    ((OPERATORS, BANKS, "wallet processing"), True, False),
    ((MERCHANTS, OPERATORS, "merchant fees"), True, False),
    ((OPERATORS, SUPPLIERS, "integration"), True, True),
    ((PLATFORMS, SUPPLIERS, "integration"), True, True),
    ((OPERATORS, PLATFORMS, "service fees"), True, True),
    ((MERCHANTS, PLATFORMS, "merchant fees"), True, True),
    ((PLATFORMS, OPERATORS, "revenue share"), True, True),
    ((OPERATORS, PLATFORMS, "exclusivity premium"), True, True),
    ((PLATFORMS, BANKS, "processing"), True, True),
    ((MERCHANTS, PLATFORMS, "web merchant fees"), False, True),
    ((PLATFORMS, BANKS, "web processing"), False, True),
)


class Sheet:
    """The sheet on which each month's payments are drawn up, before the ledger takes them.

    Parameters
    ----------
    provinces : int
    operators, platforms, parties : tuple of str
        `parties` are the ledger's.

    Attributes
    ----------
    amounts : (G, E) float, RMB
    payments : Payments
        Views of `amounts`.
    layout : Layout
    """

    def __init__(
        self, provinces: int, operators: tuple[str, ...], platforms: tuple[str, ...], parties: tuple[str, ...]
    ) -> None:
        self._made_of = provinces, operators, platforms, parties
        shapes = [
            (len(operators) if by_operator else 1, len(platforms) if by_platform else 1)
            for _, by_operator, by_platform in WHO_PAYS_WHOM
        ]
        ends = np.cumsum([wide * deep for wide, deep in shapes])
        self.amounts = np.zeros((provinces, int(ends[-1])))
        parts = zip(np.split(self.amounts, ends[:-1], axis=1), shapes, strict=True)
        self.payments = Payments(*(_folded(part, shape) for part, shape in parts))
        entries: list[Entry] = []
        for (entry, _, _), shape in zip(WHO_PAYS_WHOM, shapes, strict=True):
            entries += _named(entry, shape, operators, platforms)
        self.layout: Layout = lay_out(tuple(entries), parties)

    def __reduce__(self) -> tuple[type["Sheet"], tuple[Any, ...]]:
        """Pickle and copy as an empty sheet: views would come back as arrays of their own."""
        return Sheet, self._made_of


def _folded(part: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return some columns of a table (G, wide deep) as a view (G, wide, deep)."""
    wide, deep = shape
    along, across = part.strides
    return np.lib.stride_tricks.as_strided(part, (len(part), wide, deep), (along, across * deep, across))


def _named(
    entry: Entry, shape: tuple[int, int], operators: tuple[str, ...], platforms: tuple[str, ...]
) -> list[Entry]:
    """Return the entry of every operator and platform that take part, with their names."""
    names = {OPERATORS: np.array(operators)[:, None], PLATFORMS: np.array(platforms)}
    payer, payee, reason = entry
    both = [np.broadcast_to(names.get(party, party), shape).ravel().tolist() for party in (payer, payee)]
    return list(zip(*both, repeat(reason), strict=False))


def volumes(market: Any) -> Volumes:
    """Return the month's payments, scaled to real lines and valued in RMB."""
    paid = value_payments(market.payment_counts, market.scale, market.price, market.value_each)
    return Volumes(*paid)


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
    number, rmb = np.empty((G, K, S, D)), np.empty((G, K, S, D))
    total, own, lines = np.zeros((G, K, S)), np.zeros((G, K, D)), np.zeros((G, K, 2))
    platforms = D - FIRST_PLATFORM
    by_platform = np.zeros((G, platforms + K))
    for g in range(G):
        for k in range(K):
            for s in range(S):
                for d in range(D):
                    on_2g, on_3g = payments[g, k, 0, s, d] * scale[g], payments[g, k, 1, s, d] * scale[g]
                    number[g, k, s, d] = on_2g + on_3g
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
    return number, rmb, total, own, by_platform, lines


def settle(market: Any, paid: Volumes) -> None:
    """Enter every payment of the month in the ledger."""
    deals, sheet = market.partnerships, market.sheet
    draw_up(
        paid,
        market.rates,
        market.serving_cost,
        market.wallet_open,
        market.coverage_built,
        market.resident_share,
        (deals.fee_rise, deals.revenue_share, deals.premium, market.newly_integrated),
        market.platform_accounts,
        sheet.payments,
    )
    market.ledger.file(sheet.layout, sheet.amounts)


@loop
def draw_up(  # type: ignore[no-untyped-def]
    paid, rates, serving_cost, wallet_open, built, resident_share, deals, accounts, into
):
    """Write what is paid in a month.

    Parameters
    ----------
    paid : Volumes
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
    into : Payments
        Written.
    """
    for g in range(len(resident_share)):
        for k in range(len(serving_cost)):
            _pay_for_services(paid, g, k, into)
            _pay_costs(paid, rates, serving_cost, built[k, g] * resident_share[g], g, k, into)
            _pay_for_collection(paid, rates, wallet_open[g, k], g, k, into)
            _pay_partners(paid, rates, deals, g, k, into)
        for m in range(into.web_processing.shape[2]):
            spent = accounts[g, m] * rates.web_purchases  # away from the phone
            into.web_merchant_fees[g, 0, m] = rates.merchant_fee * spent
            into.web_processing[g, 0, m] = rates.processing_cost * spent


@rule
def _pay_for_services(paid, g, k, into):  # type: ignore[no-untyped-def]
    """Write what consumers pay an operator, and merchants."""
    into.bills[g, k, 0] = paid.total[g, k, TELECOM]
    into.connection_fees[g, k, 0] = paid.total[g, k, SUBSCRIBING]
    into.handsets[g, k, 0] = paid.total[g, k, HANDSETS]
    into.purchases[g, k, 0] = paid.total[g, k, PURCHASES]


@rule
def _pay_costs(paid, rates, serving_cost, reached, g, k, into):  # type: ignore[no-untyped-def]
    """Write what serving lines, handsets and coverage cost an operator."""
    handsets = 0.0
    for method in range(paid.number.shape[3]):
        handsets += paid.number[g, k, HANDSETS, method]
    on_2g, on_3g = paid.lines[g, k, G2] * serving_cost[k, G2], paid.lines[g, k, G3] * serving_cost[k, G3]
    into.serving_lines[g, k, 0] = on_2g + on_3g
    into.making_handsets[g, k, 0] = handsets * rates.handset_cost
    into.building_coverage[g, k, 0] = reached * rates.coverage_cost


@rule
def _pay_for_collection(paid, rates, wallet_open, g, k, into):  # type: ignore[no-untyped-def]
    """Write what collecting money by cash and own wallet costs an operator, and earns."""
    shopped = paid.rmb[g, k, PURCHASES, WALLET]
    into.outlet_commission[g, k, 0] = rates.outlet_commission * paid.own[g, k, CASH]
    into.running_the_wallet[g, k, 0] = wallet_open * rates.wallet_fixed_cost
    into.wallet_processing[g, k, 0] = rates.processing_cost * (paid.own[g, k, WALLET] + shopped)
    into.wallet_merchant_fees[g, k, 0] = rates.merchant_fee * shopped


@rule
def _pay_partners(paid, rates, deals, g, k, into):  # type: ignore[no-untyped-def]
    """Write what passes between an operator, platforms and their merchants, and what signing cost."""
    fee_rise, revenue_share, premium, signed = deals
    for m in range(into.service_fees.shape[2]):
        own, shopped = paid.own[g, k, FIRST_PLATFORM + m], paid.rmb[g, k, PURCHASES, FIRST_PLATFORM + m]
        service_fees = (rates.service_fee + fee_rise[k, g, m] * rates.fee_headroom) * own
        merchant_fees = rates.merchant_fee * shopped
        joining = signed[k, g, m] * rates.integration_cost
        into.integration_of_operators[g, k, m] = joining
        into.integration_of_platforms[g, k, m] = joining
        into.service_fees[g, k, m] = service_fees
        into.merchant_fees[g, k, m] = merchant_fees
        into.revenue_share[g, k, m] = revenue_share[k, g, m] * (service_fees + merchant_fees)
        into.exclusivity_premium[g, k, m] = premium[k, g, m]
        into.processing[g, k, m] = rates.processing_cost * (own + shopped)


def wallet_fees(market: Any) -> np.ndarray:
    """Return what each wallet took in merchant fees last month, (G, K) RMB; it is its operator's money."""
    return market.ledger.entered(*((MERCHANTS, name, "merchant fees") for name in market.operators))

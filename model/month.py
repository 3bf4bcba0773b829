"""What is kept of a month: one record, which its phases fill in, and the measures taken at its end."""

from functools import cache

import numpy as np

from agents.compiling import loop
from agents.records import record_type
from model.ledger import FEN


@cache
def month_type(provinces: int, operators: int, platforms: int, services: int) -> np.dtype:
    """Return the type of a month's record.

    By province and operator (G, K): real lines, people who came and left, RMB, the branch's stance, its deals
    and the users of its wallet. By province and platform, wallets after the platforms (G, M + K): accounts,
    the share of merchants that accept it, RMB, and deals; a wallet's deals and profit are its operator's, and
    0 here. By province (G,): RMB. By province, operator, network, service and method (G, K, 2, S, D): what
    rows paid for, from which all else about payments follows (`model.settlement.payments_of`). Tariffs by
    operator and network (K, 2): RMB, and how they were found.
    """
    G, K, both, D = provinces, operators, platforms + operators, platforms + 2
    number, whole = np.float64, np.int64
    by_operator = ("lines", "lines_3g", "joined", "left", "bills_rmb", "revenue_rmb", "profit_rmb")
    by_platform = ("accounts", "acceptance", "volume_rmb", "fees_rmb", "platform_profit_rmb")
    return record_type(
        {
            **{name: (number, (G, K)) for name in (*by_operator, "wallet_users")},
            "stance": (whole, (G, K)),
            "deals": (whole, (G, K)),
            **{name: (number, (G, both)) for name in by_platform},
            "platform_deals": (whole, (G, both)),
            "consumer_surplus_rmb": (number, G),
            "welfare_rmb": (number, G),
            "paid_rows": (np.uint32, (G, K, 2, services, D)),
            "price_rmb": (number, (K, 2)),
            "serving_cost_rmb": (number, (K, 2)),
            "evaluations": (whole, ()),
            "residual_rmb": (number, ()),
            "curvature": (number, ()),
        }
    )


@loop
def take_measures(books, wallet_fees, in_force, stance, surplus, price, cost, measured):  # type: ignore[no-untyped-def]
    """Write what is measured when all is paid; the rest of the record stands already.

    Parameters
    ----------
    books : tuple of (G, entries), (G, P) and (G, P) int, fen
        What was paid under each entry, and what each party received and kept. Operators come first, then
        platforms.
    wallet_fees : (K,) int
        Column of the ledger under which each operator's wallet earns its fees; they are its operator's money.
    in_force : (K, G, M) bool
    stance : (K, G) int
    surplus : (G,) float, RMB
    price, cost : (K, 2) float, RMB
    measured : (1,) record of `month_type`
        Written.
    """
    of = measured[0]
    paid, received, net = books
    K, G, platforms = in_force.shape
    for k in range(K):
        for network in range(2):
            of.price_rmb[k, network] = price[k, network]
            of.serving_cost_rmb[k, network] = cost[k, network]
    for g in range(G):
        profits = 0.0
        for m in range(platforms):
            of.platform_deals[g, m] = 0
        for k in range(K):
            of.revenue_rmb[g, k] = received[g, k] / FEN
            of.profit_rmb[g, k] = net[g, k] / FEN
            of.stance[g, k] = stance[k, g]
            of.deals[g, k] = 0
            of.fees_rmb[g, platforms + k] = paid[g, wallet_fees[k]] / FEN
            profits += of.profit_rmb[g, k]
            for m in range(platforms):
                of.deals[g, k] += in_force[k, g, m]
                of.platform_deals[g, m] += in_force[k, g, m]
        for m in range(platforms):
            of.fees_rmb[g, m] = received[g, K + m] / FEN
            of.platform_profit_rmb[g, m] = net[g, K + m] / FEN
            profits += of.platform_profit_rmb[g, m]
        of.consumer_surplus_rmb[g] = surplus[g]
        of.welfare_rmb[g] = surplus[g] + profits

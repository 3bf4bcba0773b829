"""The month's tables of how people pay: worth and shares of the methods, by accounts held.

How somebody pays depends on who they are only through their operator, their province and the
accounts they hold, so the rule of `agents.paying` is worked out once for each combination.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from agents.arithmetic import exponential
from agents.columns import G2, G3
from agents.compiling import loop, rule, side_by_side
from agents.paying import (
    FIRST_PLATFORM,
    HANDSETS,
    PURCHASES,
    SUBSCRIBING,
    WALLET,
    payment_utility,
    weigh_methods,
)
from agents.records import record_type


class Ways(NamedTuple):
    """What people think of ways to pay.

    Attributes
    ----------
    taste : (D,) float
        Utility of each method against cash; cash is not read.
    familiarity, merchant_pull : float
    service_weights : (S,) float
        Weight of each service; shopping by phone needs 3G.
    lambda_2g, lambda_3g : float
    join_online : float, utils
        Half of the ease of joining online is subscribing, half buying the handset, each through a partner
        that covers it and where one has an account.
    """

    taste: np.ndarray
    familiarity: float
    merchant_pull: float
    service_weights: np.ndarray
    lambda_2g: float
    lambda_3g: float
    join_online: float


@rule
def weigh_method(ways, method, reach, weight):  # type: ignore[no-untyped-def]
    """Write exp of a method's utility to those without its account and to those with it, (2,)."""
    for has in range(2):
        utility = payment_utility(ways.taste[method], ways.familiarity, ways.merchant_pull, has, reach)
        weight[has] = exponential(utility)


@rule
def usable_accounts(wallet_open, services, k, g, service):  # type: ignore[no-untyped-def]
    """Return the accounts, as bits, by which a service can be paid for: the platforms', then the wallet's."""
    platforms = services.shape[2]
    accounts = np.int64(wallet_open[g, k]) << platforms
    for m in range(platforms):
        accounts |= np.int64(services[k, g, m, service]) << m
    return accounts


@side_by_side
def spread_weights(known, accounts, weight):  # type: ignore[no-untyped-def]
    """Write the weight of each method (D, A), by accounts held, where those of some bits can be used."""
    platforms = len(weight) - FIRST_PLATFORM
    for method in range(1, len(weight)):
        bit = platforms if method == WALLET else method - FIRST_PLATFORM
        can = (accounts >> bit) & 1
        without, with_it = (known[method, 0], known[method, 1]) if can else (0.0, 0.0)
        for held in range(weight.shape[1]):
            weight[method, held] = with_it if (held >> bit) & 1 else without


@side_by_side
def add_worth(value, service, weight, worth):  # type: ignore[no-untyped-def]
    """Add the value (A,) of the methods to pay for a service to what paying by phone is worth, (2, A)."""
    shops = service == PURCHASES
    for held in range(len(value)):
        worth[G2, held] += 0.0 if shops else value[held] * weight
        worth[G3, held] += value[held] * weight


@side_by_side
def value_worth(ways, by_subscribing, by_handsets, worth):  # type: ignore[no-untyped-def]
    """Turn sums of values (2, A) into what paying by phone, and on 3G joining online, is worth."""
    for held in range(worth.shape[1]):
        eased = 0.5 * (held & by_subscribing > 0) + 0.5 * (held & by_handsets > 0)
        worth[G2, held] *= ways.lambda_2g
        worth[G3, held] = ways.lambda_3g * worth[G3, held] + ways.join_online * eased


@loop
def weigh_platforms(ways, acceptance, g, known):  # type: ignore[no-untyped-def]
    """Write what paying through each platform is worth in a province, whoever one's operator is."""
    for method in range(FIRST_PLATFORM, len(known)):
        weigh_method(ways, method, acceptance[g, method - FIRST_PLATFORM], known[method])


@loop
def _work_out(ways, wallet_open, services, acceptance, g, k, written, room, world):  # type: ignore[no-untyped-def]
    """Write how an operator's customers in a province would pay; `weigh_platforms` has been there.

    The arguments are those of `write_payment_tables`, but for one province, one operator, one world and room.
    So many tables of the province stand written; return how many now do.
    """
    platforms = services.shape[2]
    if wallet_open[g, k]:  # otherwise nobody reads what it is worth
        weigh_method(ways, WALLET, acceptance[g, platforms + k], room.known[WALLET])
    table, alike, whose = world.method_table[g, k], k > 0, np.int64(wallet_open[g, k]) * (k + 1)
    for s in range(len(table)):
        accounts = usable_accounts(wallet_open, services, k, g, s)
        # A wallet is its operator's alone: tables with one are told apart by whose it is.
        paid_by = accounts | (whose << (platforms + 1))
        table[s] = _find_table(paid_by, written, room)
        if table[s] == written:
            _write_table(paid_by, accounts, written, room, world.method_shares[g, written])
            written += 1
        alike &= table[s] == world.method_table[g, max(k - 1, 0), s]
    if alike:
        _copy_worth(world.payment_value[g, k - 1], world.payment_value[g, k])
    else:
        _write_worth(ways, table, platforms, room, world.payment_value[g, k])
    return written


@rule
def _find_table(paid_by, written, room):  # type: ignore[no-untyped-def]
    """Return the number of the table of some accounts, that of the next one where none is written yet."""
    table = 0
    while table < written and room.paid_by[table] != paid_by:
        table += 1
    return table


@rule
def _write_table(paid_by, accounts, table, room, shares):  # type: ignore[no-untyped-def]
    """Write a table: how those pay, by accounts held, who can pay by some accounts."""
    room.paid_by[table] = paid_by
    spread_weights(room.known, accounts, room.weight)
    weigh_methods(room.weight, room.weight.shape[1], room.value[table], shares)


@side_by_side
def _copy_worth(worth, copy):  # type: ignore[no-untyped-def]
    """Copy what paying by phone is worth, (2, A)."""
    for held in range(worth.shape[1]):
        copy[G2, held], copy[G3, held] = worth[G2, held], worth[G3, held]


@rule
def _write_worth(ways, table, platforms, room, worth):  # type: ignore[no-untyped-def]
    """Write what paying by phone, and joining online, is worth, (2, A), by each service's table (S,)."""
    worth[:] = 0.0
    for s in range(len(table)):
        add_worth(room.value[table[s]], s, ways.service_weights[s], worth)
    partners = (1 << platforms) - 1  # whose accounts make joining easier; the wallet's do not
    by_subscribing, by_handsets = room.paid_by[table[SUBSCRIBING]], room.paid_by[table[HANDSETS]]
    value_worth(ways, by_subscribing & partners, by_handsets & partners, worth)


@cache
def workings_type(methods: int, tables: int) -> np.dtype:
    """Return the type of room to work out how a province's people would pay: a record.

    known : (D, 2) float
        exp of each method's utility, to those without its account and to those with it.
    weight : (D, A) float
        See `agents.paying.weigh_methods`.
    value : (T, A) float
        The same, of each table.
    paid_by : (T,) int
        Of each table by which accounts one can pay, as bits, and then whose wallet is among them.
    """
    accounts = 1 << (methods - 1)
    shapes = {"known": (methods, 2), "weight": (methods, accounts), "value": (tables, accounts)}
    numbers = {name: (np.float64, shape) for name, shape in shapes.items()}
    return record_type({**numbers, "paid_by": (np.int64, tables)})


@loop
def write_payment_tables(ways, services, acceptance, rooms, worlds):  # type: ignore[no-untyped-def]
    """Write how people would pay, and what paying by phone is worth to them, by the accounts they hold.

    G provinces, K operators, M platforms, S services.

    Parameters
    ----------
    ways : Ways
    services : (K, G, M, S) bool
        What each deal covers.
    acceptance : (G, M + K) float
        Share of merchants that accept each platform, wallets after them.
    rooms : (1,) record of `workings_type`
        Scratch.
    worlds : (1,) record of agents.world
        Its `wallet_open` is read; `method_shares` and `method_table`, cumulative shares of the methods, and
        `payment_value`, what paying by phone, and on 3G joining online, is worth, are written.
    """
    room, world = rooms[0], worlds[0]
    wallet_open = world.wallet_open
    for g in range(len(wallet_open)):
        weigh_platforms(ways, acceptance, g, room.known)
        written = 0
        for k in range(wallet_open.shape[1]):
            written = _work_out(ways, wallet_open, services, acceptance, g, k, written, room, world)

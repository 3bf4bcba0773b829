"""What a deal would change in how customers pay: what it draws, and what paying by phone is then worth."""

from functools import cache

import numpy as np

from agents.columns import G2, G3
from agents.compiling import loop, making_loop, rule, side_by_side
from agents.paying import CASH, FIRST_PLATFORM, HANDSETS, PURCHASES, SUBSCRIBING, WALLET, weigh_methods
from agents.records import record_type
from model.payment_tables import (
    add_worth,
    spread_weights,
    usable_accounts,
    value_worth,
    weigh_method,
    weigh_platforms,
)


@cache
def room_for_changes(platforms: int) -> np.dtype:
    """Return the type of room to work out how customers would pay without a deal (0) and with it (1).

    A record, whose tables are about the customers of one operator in one province.

    known, weight : (D, 2), (D, A) float
        See `model.payment_tables.workings_type`.
    value, shares : (2, A), (2, A, D) float
        Of the methods to pay for a service; see `agents.paying.weigh_methods`.
    lines : (2, A) float
        By network.
    drawn : (2, A) float
        Share of payments that the platform draws from cash (0), and from all other methods (1).
    bills, purchases : (2, A) float, RMB
        What it draws so, of the operator's own services and of purchases.
    worth : (2, 2, A) float, utils
        What paying by phone is worth by network, as far as the deal touches it.
    """
    D, A = platforms + FIRST_PLATFORM, 2 << platforms
    shapes = {"known": (D, 2), "weight": (D, A), "value": (2, A), "shares": (2, A, D), "worth": (2, 2, A)}
    shapes |= {name: (2, A) for name in ("lines", "drawn", "bills", "purchases")}
    return record_type({name: (np.float64, shape) for name, shape in shapes.items()})


@making_loop
def expect_changes(  # type: ignore[no-untyped-def]
    ways, wallet_open, services, acceptance, platform, offered, customers, scale, spent, held, take_3g, room
):
    """Return what each branch's deal with a platform would change in how its customers pay.

    Parameters
    ----------
    wallet_open : (G, K) bool
    services : (K, G, M, S) bool
        What each deal in force covers; one with the platform is left out.
    platform : int
    offered : (K, G, M, S) bool
        What a deal would cover.
    customers : (G, K, 2, A) int
        Rows by network, by accounts held.
    scale : (G,) float
        Real lines a row stands for.
    spent : (G, K, 2, S) float, RMB
        By a line on each network, on each service.
    held : (G, A) float
        Share of the province's people who hold some accounts.
    take_3g : (G,) float
        Share of changes of subscription that take up 3G.
    room : (1,) record of `room_for_changes`
    others
        See `model.payment_tables.write_payment_tables`.

    Returns
    -------
    bills, purchases : (G, K) float, RMB
        Paid for the operator's own services, and for purchases, through the platform.
    saved : (G, K) float, RMB
        No longer paid in cash for the operator's own services.
    pull : (G, K) float, utils
        Rise in what paying by phone is worth, the mean over the province's people.
    """
    shape = spent.shape[:2]
    bills, purchases, saved, pull = np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape)
    deals, people = (wallet_open, services, offered, platform), (customers, scale, spent, held, take_3g)
    _fill_changes(ways, deals, acceptance, people, room[0], bills, purchases, saved, pull)
    return bills, purchases, saved, pull


@loop
def _fill_changes(  # type: ignore[no-untyped-def]
    ways, deals, acceptance, people, room, bills, purchases, saved, pull
):
    """Do what `expect_changes` does, in a room."""
    customers, scale, spent, held, take_3g = people
    platforms = len(room.known) - FIRST_PLATFORM
    for g in range(len(bills)):
        weigh_platforms(ways, acceptance, g, room.known)
        weighed = (-1, 0)  # nothing yet
        for k in range(bills.shape[1]):
            weigh_method(ways, WALLET, acceptance[g, platforms + k], room.known[WALLET])
            _count_lines(customers[g, k], scale[g], room.lines)
            weighed = _compare_payments(ways, deals, g, k, spent[g, k], weighed, room)
            _compare_worth(ways, deals, g, k, room.worth)
            found = _add_up(room, held[g], take_3g[g])
            bills[g, k], purchases[g, k], saved[g, k], pull[g, k] = found


@rule
def _open_without(deals, k, g, service):  # type: ignore[no-untyped-def]
    """Return the accounts, as bits, by which a service can be paid for without the deal in question."""
    wallet_open, services, _, platform = deals
    return usable_accounts(wallet_open, services, k, g, service) & ~(1 << platform)


@loop
def _compare_payments(ways, deals, g, k, spent, weighed, room):  # type: ignore[no-untyped-def]
    """Write what a deal draws of what a line spends, (2, S) RMB, and add up what the methods are worth.

    A service that the deal does not cover is paid for with it as without it. `weighed` is what the room has
    shares for: the accounts that can be used, and whose wallet, from 1, is among them. Return what it now is.
    """
    wallet_open, _, offered, platform = deals
    owner = wallet_open[g, k] * (k + 1)
    room.worth[:] = 0.0
    room.bills[:] = 0.0
    room.purchases[:] = 0.0
    for s in range(spent.shape[1]):
        if not offered[k, g, platform, s]:
            continue
        accounts = _open_without(deals, k, g, s)
        if (accounts, owner) != weighed:
            _weigh_both_ways(accounts, platform, room)
        weighed = (accounts, owner)
        for deal in range(2):
            add_worth(room.value[deal], s, ways.service_weights[s], room.worth[deal])
        _add_drawn(room.lines, spent[:, s], room.drawn, room.purchases if s == PURCHASES else room.bills)
    return weighed


@loop
def _weigh_both_ways(accounts, platform, room):  # type: ignore[no-untyped-def]
    """Weigh the methods where some accounts can be used, and where the platform's can too."""
    for deal in range(2):
        spread_weights(room.known, accounts | deal << platform, room.weight)
        weigh_methods(room.weight, room.weight.shape[1], room.value[deal], room.shares[deal])
    _compare_shares(room.shares, FIRST_PLATFORM + platform, room.drawn)


@side_by_side
def _compare_shares(shares, method, drawn):  # type: ignore[no-untyped-def]
    """Write what a method draws from cash and from all others (2, A), by cumulative shares (2, A, D)."""
    for held in range(drawn.shape[1]):
        drawn[0, held] = shares[0, held, CASH] - shares[1, held, CASH]
        drawn[1, held] = shares[1, held, method] - shares[1, held, method - 1]


@side_by_side
def _count_lines(rows, scale, lines):  # type: ignore[no-untyped-def]
    """Write the real lines (2, A) that rows (2, A) stand for."""
    for held in range(lines.shape[1]):
        lines[G2, held] = rows[G2, held] * scale
        lines[G3, held] = rows[G3, held] * scale


@side_by_side
def _add_drawn(lines, each, drawn, volume):  # type: ignore[no-untyped-def]
    """Add what is drawn (2, A) of what lines (2, A) spend on a service, (2,) RMB each, to a volume (2, A)."""
    for held in range(lines.shape[1]):
        spent = lines[G2, held] * each[G2] + lines[G3, held] * each[G3]
        volume[0, held] += spent * drawn[0, held]
        volume[1, held] += spent * drawn[1, held]


@loop
def _compare_worth(ways, deals, g, k, worth):  # type: ignore[no-untyped-def]
    """Turn sums of values (2, 2, A) into what paying by phone, and joining online, is worth."""
    _, services, offered, platform = deals
    partners = (1 << services.shape[2]) - 1
    for deal in range(2):
        by_subscribing = _open_without(deals, k, g, SUBSCRIBING) & partners
        by_handsets = _open_without(deals, k, g, HANDSETS) & partners
        by_subscribing |= np.int64(deal * offered[k, g, platform, SUBSCRIBING]) << platform
        by_handsets |= np.int64(deal * offered[k, g, platform, HANDSETS]) << platform
        value_worth(ways, by_subscribing, by_handsets, worth[deal])


@loop
def _add_up(room, held, take_3g):  # type: ignore[no-untyped-def]
    """Return bills, purchases, saved and pull of a branch; see `expect_changes`."""
    bills = purchases = saved = pull = 0.0
    without, under_deal = room.worth[0], room.worth[1]
    for accounts in range(len(held)):
        bills += room.bills[1, accounts]
        purchases += room.purchases[1, accounts]
        saved += room.bills[0, accounts]
        on_2g = under_deal[G2, accounts] - without[G2, accounts]
        on_3g = under_deal[G3, accounts] - without[G3, accounts]
        pull += held[accounts] * ((1.0 - take_3g) * on_2g + take_3g * on_3g)
    return bills, purchases, saved, pull

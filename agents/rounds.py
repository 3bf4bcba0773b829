"""The consumer's month over a range of rows: review, pay, open accounts.

Each function walks rows and calls the rules for one consumer after another. A Mesa
agent's own step is the same function over its one row. Rows write to nobody but themselves, and look
at others only through last month's columns, so order and threads change nothing.
"""

import numpy as np

from agents.accounts import accounts_on_arrival, is_online, opens_account
from agents.acquaintance import contacts_by_operator, contacts_with_accounts
from agents.choice import (
    G3,
    NO_LINE,
    choose_subscription,
    network_of,
    operator_of,
    review_is_due,
    subscription_to,
)
from agents.columns import has_entered
from agents.compiling import loop, rule
from agents.contacts import SLOTS
from agents.draws import (
    ACCOUNT_OPENING,
    FIRST_OPERATOR,
    PAYMENT,
    REVIEW,
    fill_shared,
    gumbel,
    shared_uniform,
    uniforms,
)
from agents.paying import HANDSETS, PURCHASES, SUBSCRIBING, TELECOM, choose_method

SPAN = 16_384  # most rows in a stretch of work: small enough to share out, large enough to be cheap
GROUPS = SPAN // 4 + 1  # groups of four that a stretch can touch


@loop
def settle_rows(spans, columns, places, world, entered, log_share):  # type: ignore[no-untyped-def]
    """Give the lines in use at the start an operator's 2G and the accounts people hold.

    Parameters
    ----------
    spans : (B, 3) int64
        First row, last row + 1 and province of each stretch of rows.
    columns : Columns
    places : Places
    world : record of agents.world
    entered : (G,) int64
        Lines in use in each province.
    log_share : (G, K) float
        Logarithm of each operator's share of the province's lines.
    """
    for b in range(len(spans)):
        province = spans[b, 2]
        code = places.code[province]
        for row in range(spans[b, 0], spans[b, 1]):
            position = row - places.start[province]
            if not has_entered(places, province, position, entered):
                continue
            best, pick = -np.inf, 0
            for k in range(log_share.shape[1]):
                u, _, _, _ = uniforms(world.seed, FIRST_OPERATOR, 0, code, position, world.operator_stream[k])
                score = log_share[province, k] + gumbel(u)
                if score > best:
                    best, pick = score, k
            columns.subscription[row] = subscription_to(pick, 0)
            columns.accounts[row] = accounts_on_arrival(world, province, code, position)


@rule
def _share_luck(words, world, purpose, month, places, span, stream):  # type: ignore[no-untyped-def]
    """Fill in the draws a stretch of rows shares, in groups of four; return the first group."""
    province = span[2]
    first = (span[0] - places.start[province]) >> 2
    last = (span[1] - 1 - places.start[province]) >> 2
    fill_shared(words, world.seed, purpose, month, places.code[province], first, last - first + 1, stream)
    return first


@rule
def _find_choosers(columns, places, world, month, entered, span, words, first, rows):  # type: ignore[no-untyped-def]
    """Write which rows of a stretch choose this month into `rows`, and return how many do.

    Those whose contract is due come first, then those who take up a line. They are found before any of
    them chooses, and without branches: who chooses no processor foresees, and it works on several
    choices at a time where it need not guess.
    """
    province = span[2]
    start = places.start[province]
    due, last = 0, len(rows) - 1
    none = last
    for row in range(span[0], span[1]):
        has_line = columns.subscription_before[row] != NO_LINE
        luck = shared_uniform(words, first, row - start)
        rows[due] = row
        due += has_line & review_is_due(world, month, columns.contract_end[row], luck)
        rows[none] = row  # filled from behind
        none -= not has_line
    for i in range(none + 1, last + 1):
        row = rows[i]
        rows[due] = row
        due += has_entered(places, province, row - start, entered)
    return due


@loop
def review_rows(spans, columns, places, network, world, month, entered):  # type: ignore[no-untyped-def]
    """Let those choose whose contract is due, and those who take up a line this month."""
    near = np.zeros(len(world.operator_stream))
    utility, weight = np.zeros(2 * len(near)), np.zeros(2 * len(near))
    found = np.empty(SLOTS, np.int64)
    words, rows = np.empty((4, GROUPS), np.uint32), np.empty(SPAN + 1, np.int64)
    for b in range(len(spans)):
        province = spans[b, 2]
        code = places.code[province]
        first = _share_luck(words, world, REVIEW, month, places, spans[b], 0)
        for i in range(_find_choosers(columns, places, world, month, entered, spans[b], words, first, rows)):
            row = rows[i]
            own = columns.subscription_before[row]
            position = row - places.start[province]
            accounts = columns.accounts_before[row]
            if own == NO_LINE:
                accounts = np.uint8(accounts_on_arrival(world, province, code, position))
            near_3g = contacts_by_operator(columns, network, row, province, found, near)
            option, surplus = choose_subscription(
                world, month, province, code, position, own, accounts, near, near_3g, utility, weight
            )
            if operator_of(option) != operator_of(own):
                accounts &= world.wallet_bit - 1
            if network_of(option) == G3 and option != own:
                columns.contract_end[row] = min(month + world.contract_months - 1, 255)
            columns.subscription[row] = option
            columns.accounts[row] = accounts
            columns.surplus[row] = surplus


@loop
def pay_rows(spans, columns, places, world, month, payments):  # type: ignore[no-untyped-def]
    """Let everybody pay for what they use this month, each service by a chosen method.

    Everybody pays the bill, new customers the subscription, those new on an operator's 3G a handset,
    and everybody on 3G shops by phone.

    Parameters
    ----------
    payments : (G, K, 2, S, D) int64
        Number of payments by province, operator, network, service and method; added to.
    """
    bills, shops = np.empty((4, GROUPS), np.uint32), np.empty((4, GROUPS), np.uint32)
    for b in range(len(spans)):
        province = spans[b, 2]
        code = places.code[province]
        first = _share_luck(bills, world, PAYMENT, month, places, spans[b], TELECOM)
        _share_luck(shops, world, PAYMENT, month, places, spans[b], PURCHASES)
        shares = world.method_shares[province]
        tally = payments[province]
        for row in range(spans[b, 0], spans[b, 1]):
            now = columns.subscription[row]
            if now == NO_LINE:
                continue
            position = row - places.start[province]
            k, on = operator_of(now), network_of(now)
            held = columns.accounts[row]
            method = choose_method(shared_uniform(bills, first, position), shares[k, TELECOM, held])
            tally[k, on, TELECOM, method] += 1
            if on == G3:
                luck = shared_uniform(shops, first, position)
                tally[k, on, PURCHASES, choose_method(luck, shares[k, PURCHASES, held])] += 1
            before = columns.subscription_before[row]
            if now == before:
                continue
            join, handset, _, _ = uniforms(world.seed, PAYMENT, month, code, position, SUBSCRIBING)
            if k != operator_of(before):
                tally[k, on, SUBSCRIBING, choose_method(join, shares[k, SUBSCRIBING, held])] += 1
            if on == G3:
                tally[k, on, HANDSETS, choose_method(handset, shares[k, HANDSETS, held])] += 1


@loop
def open_account_rows(spans, columns, places, network, world, month):  # type: ignore[no-untyped-def]
    """Let people open accounts at platforms and at their operator's wallet."""
    friends = np.zeros(world.account_hazard.shape[2])
    found = np.empty(SLOTS, np.int64)
    words = np.empty((4, GROUPS), np.uint32)
    nobody, everybody = np.zeros(len(friends)), np.ones(len(friends))
    for b in range(len(spans)):
        province = spans[b, 2]
        code = places.code[province]
        first = _share_luck(words, world, ACCOUNT_OPENING, month, places, spans[b], 0)
        for row in range(spans[b, 0], spans[b, 1]):
            now = columns.subscription[row]
            if now == NO_LINE:
                continue
            position = row - places.start[province]
            luck = shared_uniform(words, first, position)
            held = columns.accounts[row]
            k = operator_of(now)
            if luck >= world.account_ceiling[province, k, held]:
                continue
            online = is_online(world, province, code, position)
            bit = opens_account(world, province, k, online, held, nobody, luck)
            most = opens_account(world, province, k, online, held, everybody, luck)
            if bit != most:  # only now does it matter who the friends are
                contacts_with_accounts(columns, network, world, row, province, k, found, friends)
                bit = opens_account(world, province, k, online, held, friends, luck)
            columns.accounts[row] = held | bit


@loop
def count_rows(spans, columns, people, moves):  # type: ignore[no-untyped-def]
    """Count people by subscription and accounts, and the moves of the month.

    Parameters
    ----------
    people : (G, 1 + 2 K, A) int64
        Lines by province, subscription and accounts held; added to.
    moves : (G, 1 + 2 K, 1 + 2 K) int64
        Lines by province, subscription before and now; added to.
    """
    for b in range(len(spans)):
        province = spans[b, 2]
        for row in range(spans[b, 0], spans[b, 1]):
            now = columns.subscription[row]
            people[province, now, columns.accounts[row]] += 1
            moves[province, columns.subscription_before[row], now] += 1

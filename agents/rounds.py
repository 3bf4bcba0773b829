"""The consumer's month over a range of rows: review, pay, open accounts.

Each function walks rows, finds out who acts, and calls the rules for those. A Mesa agent's own step is the
same function over its one row. Rows write to nobody but themselves, and look at others only through what they
held as the month began, so order and threads change nothing.
"""

import numpy as np

from agents.accounts import accounts_on_arrival, is_online, opens_account
from agents.acquaintance import contacts_with_accounts, look_at_contacts
from agents.choice import (
    G3,
    NO_LINE,
    choose_subscriptions,
    contract_is_over,
    network_of,
    operator_of,
    review_is_due,
    subscription_to,
)
from agents.columns import ACCOUNT_BITS, NOTHING, accounts_of, has_entered, holding, subscription_of
from agents.compiling import loop, rule, side_by_side
from agents.contacts import find_contacts
from agents.draws import (
    ACCOUNT_OPENING,
    FIRST_OPERATOR,
    PAYMENT,
    REVIEW,
    fill_shared,
    gumbel,
    to_unit,
    uniforms,
)
from agents.lanes import LANES, STRIDE, make_lanes
from agents.paying import CASH, HANDSETS, PURCHASES, SUBSCRIBING, TELECOM, choose_method

SPAN = 16_384  # most rows in a stretch of work: small enough to share out, large enough to be cheap
GROUPS = SPAN // 4 + 1  # groups of four that a stretch can touch
BUNDLE = 4  # neighbours who are tallied apart, so that none waits for the one before


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
            accounts = accounts_on_arrival(world, province, code, position)
            columns.held[row] = holding(subscription_to(pick, 0), accounts)


@rule
def _share_luck(words, world, purpose, month, places, span, stream):  # type: ignore[no-untyped-def]
    """Fill in the draws a stretch of rows shares, in groups of four; return the word of each row."""
    province = span[2]
    first = (span[0] - places.start[province]) >> 2
    last = (span[1] - 1 - places.start[province]) >> 2
    fill_shared(words, world.seed, purpose, month, places.code[province], first, last - first + 1, stream)
    begin = span[0] - places.start[province] - 4 * first
    return words.reshape(-1)[begin : begin + span[1] - span[0]]


@rule
def _list_marked(marked, rows, first, listed):  # type: ignore[no-untyped-def]
    """Write rows that are marked, the first of them `first`, into `listed`; return how many.

    Without a branch: who is marked no processor foresees. `listed` has room for one more.
    """
    count = 0
    for i in range(rows):
        listed[count] = first + i
        count += marked[i]
    return count


@side_by_side
def _mark_choosers(  # type: ignore[no-untyped-def]
    world, places, month, province, first, held_before, contract_end, luck, entered, marked
):
    """Mark who of a stretch of rows chooses this month: whose contract is due, and who takes up a line.

    Parameters
    ----------
    first : int
        The first row's position in its province.
    held_before, contract_end, luck, marked : (rows,) uint8, uint8, uint32, uint8
        The last is written.
    """
    # A loop for each kind of number: the narrower it is, the more rows the processor takes at a step.
    for i in range(len(marked)):
        marked[i] = review_is_due(world, to_unit(luck[i]))
    for i in range(len(marked)):
        marked[i] &= (held_before[i] != NOTHING) & contract_is_over(np.uint8(month), contract_end[i])
    for i in range(len(marked)):
        marked[i] |= (held_before[i] == NOTHING) & has_entered(places, province, first + i, entered)


@loop
def find_choosers(columns, places, world, month, entered, span, words, marked, rows):  # type: ignore[no-untyped-def]
    """Write which rows of a stretch choose this month into `rows`, and return how many do."""
    luck = _share_luck(words, world, REVIEW, month, places, span, 0)
    a, b, province = span[0], span[1], span[2]
    _mark_choosers(
        world,
        places,
        month,
        province,
        a - places.start[province],
        columns.held_before[a:b],
        columns.contract_end[a:b],
        luck,
        entered,
        marked[: b - a],
    )
    return _list_marked(marked, b - a, a, rows)


@rule
def _seat(columns, places, world, province, rows, lanes):  # type: ignore[no-untyped-def]
    """Give those who choose, by their rows, a lane each; return how many lanes there are, whole strides.

    Lanes are filled up with the last person, who chooses several times over, once in earnest.
    """
    start, code, n = places.start[province], places.code[province], len(rows)
    lanes_filled = -(-n // STRIDE) * STRIDE
    for i in range(lanes_filled):
        row = rows[min(i, n - 1)]
        lanes.row[i] = row
        lanes.position[i] = row - start
        lanes.own[i] = subscription_of(columns.held_before[row])
        lanes.accounts[i] = accounts_of(columns.held_before[row])
        if lanes.own[i] == NO_LINE:
            lanes.accounts[i] = accounts_on_arrival(world, province, code, row - start)
    return lanes_filled


@loop
def review_rows(spans, columns, places, network, world, month, entered):  # type: ignore[no-untyped-def]
    """Let those choose whose contract is due, and those who take up a line this month."""
    lanes = make_lanes(len(world.operator_stream))
    words, marked, rows = make_scratch()
    for b in range(len(spans)):
        province = spans[b, 2]
        code = places.code[province]
        count = find_choosers(columns, places, world, month, entered, spans[b], words, marked, rows)
        for i in range(0, count, LANES):
            seated = rows[i : min(i + LANES, count)]
            n = _seat(columns, places, world, province, seated, lanes)
            look_at_contacts(columns.held_before, network, province, lanes, n)
            choose_subscriptions(world, month, province, code, lanes, n)
            _take_up(columns, places, world, month, lanes, len(seated))


@loop
def make_scratch():  # type: ignore[no-untyped-def]
    """Return room for a stretch's random words, marks, and rows that are marked."""
    return np.empty((GROUPS, 4), np.uint32), np.empty(SPAN, np.uint8), np.empty(SPAN + 1, np.int64)


@rule
def _take_up(columns, places, world, month, lanes, n):  # type: ignore[no-untyped-def]
    """Let n people in lanes hold what they chose."""
    for i in range(n):
        row, own, option, accounts = lanes.row[i], lanes.own[i], lanes.option[i], lanes.accounts[i]
        if operator_of(option) != operator_of(own):
            accounts &= world.wallet_bit - 1
        new_on_3g = (network_of(option) == G3) & (option != own)
        term = min(month + world.contract_months - 1, 255)
        columns.contract_end[row] = term if new_on_3g else columns.contract_end[row]
        columns.held[row] = holding(option, accounts)
        if row % places.every == 0:
            columns.surplus[row // places.every] = lanes.surplus[i]


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
    words, marked, rows = make_scratch()
    for b in range(len(spans)):
        a, end, province = spans[b, 0], spans[b, 1], spans[b, 2]
        held, before, mine = columns.held[a:end], columns.held_before[a:end], marked[: end - a]
        shares, tally = world.method_shares[province], payments[province]

        luck = _share_luck(words, world, PAYMENT, month, places, spans[b], TELECOM)
        _tally_lines(held, tally[:, :, TELECOM, CASH])
        _mark_cashless(world, province, held, luck, mine)
        for i in range(_list_marked(mine, end - a, 0, rows)):
            k, on, accounts = _unpacked(held[rows[i]])
            tally[k, on, TELECOM, CASH] -= 1
            tally[k, on, TELECOM, choose_method(to_unit(luck[rows[i]]), shares[k, TELECOM, accounts])] += 1

        luck = _share_luck(words, world, PAYMENT, month, places, spans[b], PURCHASES)
        _mark_on_3g(held, mine)
        for i in range(_list_marked(mine, end - a, 0, rows)):
            k, on, accounts = _unpacked(held[rows[i]])
            method = choose_method(to_unit(luck[rows[i]]), shares[k, PURCHASES, accounts])
            tally[k, on, PURCHASES, method] += 1

        _mark_changed(held, before, mine)
        code, first = places.code[province], a - places.start[province]
        for i in range(_list_marked(mine, end - a, 0, rows)):
            k, on, accounts = _unpacked(held[rows[i]])
            join, handset, _, _ = uniforms(world.seed, PAYMENT, month, code, first + rows[i], SUBSCRIBING)
            if k != operator_of(subscription_of(before[rows[i]])):
                tally[k, on, SUBSCRIBING, choose_method(join, shares[k, SUBSCRIBING, accounts])] += 1
            if on == G3:
                tally[k, on, HANDSETS, choose_method(handset, shares[k, HANDSETS, accounts])] += 1


@rule
def _unpacked(held):  # type: ignore[no-untyped-def]
    """Return the operator, network and accounts of what somebody with a line holds."""
    return operator_of(subscription_of(held)), network_of(subscription_of(held)), accounts_of(held)


@side_by_side
def _tally_lines(held, tally):  # type: ignore[no-untyped-def]
    """Add the lines of a stretch of rows by operator and network to `tally` (K, 2)."""
    for subscription in range(1, 1 + tally.size):
        lines = 0
        for i in range(len(held)):
            lines += held[i] >> ACCOUNT_BITS == subscription
        tally[operator_of(subscription), network_of(subscription)] += lines


@side_by_side
def _mark_cashless(world, province, held, luck, marked):  # type: ignore[no-untyped-def]
    """Mark who of a stretch of rows does not pay the bill in cash."""
    shares = world.method_shares[province]
    for i in range(len(marked)):
        k = max(operator_of(subscription_of(held[i])), 0)
        marked[i] = to_unit(luck[i]) >= shares[k, TELECOM, accounts_of(held[i]), CASH]
    for i in range(len(marked)):
        marked[i] &= held[i] != NOTHING


@side_by_side
def _mark_on_3g(held, marked):  # type: ignore[no-untyped-def]
    """Mark who of a stretch of rows is on 3G."""
    for i in range(len(marked)):
        marked[i] = (held[i] != NOTHING) & ((held[i] >> ACCOUNT_BITS) & 1 == 0)


@side_by_side
def _mark_changed(held, before, marked):  # type: ignore[no-untyped-def]
    """Mark whose subscription in a stretch of rows is another than before."""
    for i in range(len(marked)):
        marked[i] = held[i] >> ACCOUNT_BITS != before[i] >> ACCOUNT_BITS


@loop
def open_account_rows(spans, columns, places, network, world, month):  # type: ignore[no-untyped-def]
    """Let people open accounts at platforms and at their operator's wallet."""
    lanes = make_lanes(len(world.operator_stream))
    words, marked, rows = make_scratch()
    friends = np.zeros(world.account_hazard.shape[2])
    nobody, everybody = np.zeros(len(friends)), np.ones(len(friends))
    for b in range(len(spans)):
        a, end, province = spans[b, 0], spans[b, 1], spans[b, 2]
        code, start = places.code[province], places.start[province]
        luck = _share_luck(words, world, ACCOUNT_OPENING, month, places, spans[b], 0)
        _mark_openers(world, province, columns.held[a:end], luck, marked[: end - a])
        undecided = 0
        for i in range(_list_marked(marked, end - a, a, rows)):
            row = rows[i]
            k, _, accounts = _unpacked(columns.held[row])
            online = is_online(world, province, code, row - start)
            bit = opens_account(world, province, k, online, accounts, nobody, to_unit(luck[row - a]))
            most = opens_account(world, province, k, online, accounts, everybody, to_unit(luck[row - a]))
            rows[undecided] = row
            undecided += bit != most
            columns.held[row] |= bit if bit == most else 0
        for i in range(0, undecided, LANES):  # only now does it matter who the friends are
            n = min(undecided - i, LANES)
            lanes.row[:n] = rows[i : i + n]
            find_contacts(network, province, lanes.row, n, lanes.contact, lanes.afar)
            for lane in range(n):
                row = lanes.row[lane]
                k, _, accounts = _unpacked(columns.held[row])
                online = is_online(world, province, code, row - start)
                contacts_with_accounts(columns.held_before, lanes.contact, lane, world.wallet_bit, k, friends)
                luck_of_row = to_unit(luck[row - a])
                columns.held[row] |= opens_account(world, province, k, online, accounts, friends, luck_of_row)


@side_by_side
def _mark_openers(world, province, held, luck, marked):  # type: ignore[no-untyped-def]
    """Mark who of a stretch of rows may open an account, by their luck."""
    ceiling = world.account_ceiling[province]
    for i in range(len(marked)):
        k = max(operator_of(subscription_of(held[i])), 0)
        marked[i] = to_unit(luck[i]) < ceiling[k, accounts_of(held[i])]
    for i in range(len(marked)):
        marked[i] &= held[i] != NOTHING


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
    kinds = people.shape[1] << ACCOUNT_BITS
    tally = np.zeros((BUNDLE, kinds), np.int64)
    _, marked, rows = make_scratch()
    for b in range(len(spans)):
        a, end, province = spans[b, 0], spans[b, 1], spans[b, 2]
        held, before, mine = columns.held[a:end], columns.held_before[a:end], marked[: end - a]
        _tally_held(held, tally)
        for kind in range(kinds):
            subscription = subscription_of(kind)
            for j in range(BUNDLE):
                people[province, subscription, accounts_of(kind)] += tally[j, kind]
                moves[province, subscription, subscription] += tally[j, kind]
        tally[:] = 0
        _mark_changed(held, before, mine)
        for i in range(_list_marked(mine, end - a, 0, rows)):
            then, now = subscription_of(before[rows[i]]), subscription_of(held[rows[i]])
            moves[province, then, now] += 1
            moves[province, now, now] -= 1


@side_by_side
def _tally_held(held, tally):  # type: ignore[no-untyped-def]
    """Add what a stretch of rows holds to `tally` (BUNDLE, kinds), neighbours apart."""
    for i in range(len(held)):
        tally[i & (BUNDLE - 1), held[i]] += 1

"""The consumer's month over a range of rows: review, pay, open accounts.

Each function walks rows, finds out who acts, and calls the rules for those. A Mesa agent's own step is the
same function over its one row. Rows write to nobody but themselves, and look at others only through what they
held as the month began, so order and threads change nothing.
"""

import numpy as np

from agents.accounts import (
    accounts_on_arrival,
    open_accounts,
    write_accounts_on_arrival,
    write_online,
)
from agents.acquaintance import look_at_accounts, look_at_contacts
from agents.choice import choose_subscriptions, contract_is_over, review_is_due
from agents.columns import (
    ACCOUNT_BITS,
    G2,
    G3,
    NO_LINE,
    NOTHING,
    accounts_of,
    has_entered,
    holding,
    keeps_surplus,
    network_of,
    operator_of,
    subscription_of,
    subscription_to,
    unpacked,
)
from agents.compiling import loop, rule, side_by_side
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
from agents.lanes import LANES, make_lanes, make_openers, whole_strides
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
    lanes = make_lanes(len(world.operator_stream))
    _, marked, rows = make_scratch()
    for b in range(len(spans)):
        a, end, province = spans[b, 0], spans[b, 1], spans[b, 2]
        code, start = places.code[province], places.start[province]
        columns.held[a:end] = NOTHING  # whoever was settled before is settled anew
        marked[: end - a] = 0
        _mark_entering(places, province, a - start, columns.held[a:end], entered, marked[: end - a])
        count = _list_marked(marked, end - a, a, rows)
        for i in range(0, count, LANES):
            some = rows[i : min(i + LANES, count)]
            n = whole_strides(len(some))
            for lane in range(n):
                lanes.position[lane] = some[min(lane, len(some) - 1)] - start
            _pick_first_operators(
                world, province, code, log_share, lanes.position, n, lanes.option, lanes.surplus
            )
            write_accounts_on_arrival(world, province, code, lanes.position, n, lanes.accounts)
            for lane in range(len(some)):
                subscription = subscription_to(lanes.option[lane], G2)
                columns.held[some[lane]] = holding(subscription, lanes.accounts[lane])


@side_by_side
def _pick_first_operators(world, province, code, log_share, position, n, operator, best):  # type: ignore[no-untyped-def]
    """Write whose lines n people, by their positions, hold at the start, (>= n,) int64; `best` is scratch."""
    for i in range(n):
        best[i], operator[i] = -np.inf, 0
    for k in range(len(world.operator_stream)):
        for i in range(n):
            u, _, _, _ = uniforms(world.seed, FIRST_OPERATOR, 0, code, position[i], world.operator_stream[k])
            score = log_share[province, k] + gumbel(u)
            operator[i] = k if score > best[i] else operator[i]
            best[i] = max(score, best[i])


@rule
def _share_luck(words, world, purpose, month, places, span, stream):  # type: ignore[no-untyped-def]
    """Fill in the draws a stretch of rows shares, in groups of four; return the word of each row."""
    province = span[2]
    first = (span[0] - places.start[province]) >> 2
    last = (span[1] - 1 - places.start[province]) >> 2
    fill_shared(words, world.seed, purpose, month, places.code[province], first, last - first + 1, stream)
    begin = span[0] - places.start[province] - 4 * first
    return words[begin : begin + span[1] - span[0]]


@side_by_side
def _list_marked(marked, rows, first, listed):  # type: ignore[no-untyped-def]
    """Write rows that are marked, the first of them `first`, into `listed`; return how many.

    Without a branch: who is marked no processor foresees. Both halves are listed at once, since each entry
    waits for the one before it. `listed` has room for one more.
    """
    half = rows // 2
    low, high = 0, half
    for i in range(half):
        listed[low] = first + i
        low += np.int64(marked[i])
        listed[high] = first + half + i
        high += np.int64(marked[half + i])
    if rows % 2 == 1:
        listed[high] = first + rows - 1
        high += np.int64(marked[rows - 1])
    for i in range(half, high):
        listed[low + i - half] = listed[i]
    return low + high - half


# Marking is a function and a loop for each kind of number: the narrower the numbers, the more rows a
# processor takes at a step.


@side_by_side
def _mark_due(world, luck, marked):  # type: ignore[no-untyped-def]
    """Mark whose contract would be due, were they free, (rows,) uint8, by their luck (rows,) uint32."""
    for i in range(len(marked)):
        marked[i] = review_is_due(world, to_unit(luck[i]))


@side_by_side
def _keep_free(month, held_before, contract_end, marked):  # type: ignore[no-untyped-def]
    """Leave marked who has a line and no contract that still runs."""
    for i in range(len(marked)):
        marked[i] &= (held_before[i] != NOTHING) & contract_is_over(np.uint8(month), contract_end[i])


@side_by_side
def _mark_entering(places, province, first, held_before, entered, marked):  # type: ignore[no-untyped-def]
    """Mark who takes up a line, besides those marked; the first row stands at the position `first`."""
    for i in range(len(marked)):
        marked[i] |= (held_before[i] == NOTHING) & has_entered(places, province, first + i, entered)


@loop
def find_choosers(columns, places, world, month, entered, span, words, marked, rows):  # type: ignore[no-untyped-def]
    """Write which rows of a stretch choose this month into `rows`, and return how many do.

    They are those whose contract is due, and those who take up a line.
    """
    a, b, province = span[0], span[1], span[2]
    luck = _share_luck(words, world, REVIEW, month, places, span, 0)
    held_before, mine = columns.held_before[a:b], marked[: b - a]
    _mark_due(world, luck, mine)
    _keep_free(month, held_before, columns.contract_end[a:b], mine)
    _mark_entering(places, province, a - places.start[province], held_before, entered, mine)
    return _list_marked(mine, b - a, a, rows)


@rule
def _seat(columns, places, world, province, rows, lanes):  # type: ignore[no-untyped-def]
    """Give those who choose, by their rows, a lane each; return how many lanes there are, whole strides.

    Lanes are filled up with the last person, who chooses several times over, once in earnest.
    """
    start, code, n = places.start[province], places.code[province], len(rows)
    filled = whole_strides(n)
    for i in range(filled):
        row = rows[min(i, n - 1)]
        lanes.row[i] = row
        lanes.position[i] = row - start
        lanes.own[i] = subscription_of(columns.held_before[row])
        lanes.accounts[i] = accounts_of(columns.held_before[row])
        if lanes.own[i] == NO_LINE:
            lanes.accounts[i] = accounts_on_arrival(world, province, code, row - start)
    return filled


@loop
def review_rows(spans, columns, places, network, world, month, entered, people, moves):  # type: ignore[no-untyped-def]
    """Let those choose whose contract is due, and those who take up a line this month.

    Parameters
    ----------
    people : (G, kinds) int64
        Lines by province and what is held; kept up to date.
    moves : (G, 1 + 2 K, 1 + 2 K) int64
        Changes by province, subscription before and now; added to.
    """
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
            _take_up(columns, places, world, month, lanes, len(seated), people[province], moves[province])


@loop
def make_scratch():  # type: ignore[no-untyped-def]
    """Return room for a stretch's random words, marks, and rows that are marked."""
    return np.empty(4 * GROUPS, np.uint32), np.empty(SPAN, np.uint8), np.empty(SPAN + 1, np.int64)


@rule
def _take_up(columns, places, world, month, lanes, n, people, moves):  # type: ignore[no-untyped-def]
    """Let n people in lanes hold what they chose, and count it."""
    for i in range(n):
        row, own, option, accounts = lanes.row[i], lanes.own[i], lanes.option[i], lanes.accounts[i]
        if operator_of(option) != operator_of(own):
            accounts &= world.wallet_bit - 1
        new_on_3g = (network_of(option) == G3) & (option != own)
        term = min(month + world.contract_months - 1, 255)
        columns.contract_end[row] = term if new_on_3g else columns.contract_end[row]
        held = holding(option, accounts)
        if option != own:
            people[columns.held[row]] -= 1
            people[held] += 1
            moves[own, option] += 1
        columns.held[row] = held
        if keeps_surplus(places, row):
            columns.surplus[row >> places.thinning] = lanes.surplus[i]


@loop
def pay_rows(spans, columns, places, world, month, payments):  # type: ignore[no-untyped-def]
    """Let everybody pay for what they use this month, each service by a chosen method.

    Everybody pays the bill, new customers the subscription, those new on an operator's 3G a handset,
    and everybody on 3G shops by phone.

    Parameters
    ----------
    payments : (G, K, 2, S, D) int64
        Number of payments by province, operator, network, service and method; added to. All bills stand
        there as paid in cash; here those who pay otherwise are found.
    """
    words, marked, rows = make_scratch()
    cash = np.full((1 + 2 * payments.shape[1]) << ACCOUNT_BITS, np.inf)  # who has no bill pays none
    for b in range(len(spans)):
        a, end, province = spans[b, 0], spans[b, 1], spans[b, 2]
        held, before, mine = columns.held[a:end], columns.held_before[a:end], marked[: end - a]
        shares, tally = world.method_shares[province], payments[province]

        luck = _share_luck(words, world, PAYMENT, month, places, spans[b], TELECOM)
        _write_cash_shares(shares, cash)
        _mark_cashless(cash, held, luck, mine)
        for i in range(_list_marked(mine, end - a, 0, rows)):
            k, on, accounts = unpacked(held[rows[i]])
            tally[k, on, TELECOM, CASH] -= 1
            tally[k, on, TELECOM, choose_method(to_unit(luck[rows[i]]), shares[k, TELECOM, accounts])] += 1

        luck = _share_luck(words, world, PAYMENT, month, places, spans[b], PURCHASES)
        _mark_on_3g(held, mine)
        for i in range(_list_marked(mine, end - a, 0, rows)):
            k, on, accounts = unpacked(held[rows[i]])
            method = choose_method(to_unit(luck[rows[i]]), shares[k, PURCHASES, accounts])
            tally[k, on, PURCHASES, method] += 1

        _mark_changed(held, before, mine)
        code, first = places.code[province], a - places.start[province]
        for i in range(_list_marked(mine, end - a, 0, rows)):
            k, on, accounts = unpacked(held[rows[i]])
            join, handset, _, _ = uniforms(world.seed, PAYMENT, month, code, first + rows[i], SUBSCRIBING)
            if k != operator_of(subscription_of(before[rows[i]])):
                tally[k, on, SUBSCRIBING, choose_method(join, shares[k, SUBSCRIBING, accounts])] += 1
            if on == G3:
                tally[k, on, HANDSETS, choose_method(handset, shares[k, HANDSETS, accounts])] += 1


@rule
def _write_cash_shares(shares, cash):  # type: ignore[no-untyped-def]
    """Write the share of bills paid in cash, by what is held (kinds,)."""
    for held in range(1 << ACCOUNT_BITS, len(cash)):
        k, _, accounts = unpacked(held)
        cash[held] = shares[k, TELECOM, accounts, CASH]


@side_by_side
def _mark_cashless(cash, held, luck, marked):  # type: ignore[no-untyped-def]
    """Mark who of a stretch of rows does not pay the bill in cash."""
    for i in range(len(marked)):
        marked[i] = to_unit(luck[i]) >= cash[held[i]]


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
def open_account_rows(spans, columns, places, network, world, month, people):  # type: ignore[no-untyped-def]
    """Let people open accounts at platforms and at their operator's wallet.

    Parameters
    ----------
    people : (G, kinds) int64
        Lines by province and what is held; kept up to date.
    """
    lanes = make_openers(world.account_hazard.shape[2])
    words, marked, rows = make_scratch()
    ceiling = np.zeros(people.shape[1])
    for b in range(len(spans)):
        a, end, province = spans[b, 0], spans[b, 1], spans[b, 2]
        luck = _share_luck(words, world, ACCOUNT_OPENING, month, places, spans[b], 0)
        _write_ceiling(world, province, ceiling)
        _mark_openers(ceiling, columns.held[a:end], luck, marked[: end - a])
        count, undecided = _list_marked(marked, end - a, a, rows), 0
        for i in range(0, count, LANES):
            some = rows[i : min(i + LANES, count)]
            n = _seat_openers(columns, places, world, province, some, a, luck, lanes)
            # More friends can only bring an account forward: few need to know how many they have.
            _ask_openers(world, province, lanes, lanes.nobody, lanes.everybody, n)
            for lane in range(len(some)):
                row, bit = lanes.row[lane], lanes.opened[lane]
                rows[undecided] = row
                undecided += bit != lanes.at_most[lane]
                if bit != 0 and bit == lanes.at_most[lane]:
                    _open_account(columns, row, bit, people[province])
        for i in range(0, undecided, LANES):
            some = rows[i : min(i + LANES, undecided)]
            n = _seat_openers(columns, places, world, province, some, a, luck, lanes)
            look_at_accounts(columns.held_before, network, province, world.wallet_bit, lanes, n)
            _ask_openers(world, province, lanes, lanes.friends, lanes.friends, n)
            for lane in range(len(some)):
                if lanes.opened[lane] != 0:
                    _open_account(columns, lanes.row[lane], lanes.opened[lane], people[province])


@rule
def _write_ceiling(world, province, ceiling):  # type: ignore[no-untyped-def]
    """Write the luck above which nobody opens an account, by what is held (kinds,)."""
    for held in range(1 << ACCOUNT_BITS, len(ceiling)):
        k, _, accounts = unpacked(held)
        ceiling[held] = world.account_ceiling[province, k, accounts]


@side_by_side
def _mark_openers(ceiling, held, luck, marked):  # type: ignore[no-untyped-def]
    """Mark who of a stretch of rows may open an account, by their luck."""
    for i in range(len(marked)):
        marked[i] = to_unit(luck[i]) < ceiling[held[i]]


@rule
def _seat_openers(columns, places, world, province, rows, first, luck, lanes):  # type: ignore[no-untyped-def]
    """Give those who may open an account a lane each; return how many lanes there are, whole strides."""
    n = whole_strides(len(rows))
    for i in range(n):
        row = rows[min(i, len(rows) - 1)]
        held = columns.held[row]
        lanes.row[i], lanes.position[i] = row, row - places.start[province]
        lanes.own[i], lanes.accounts[i] = subscription_of(held), accounts_of(held)
        lanes.operator[i] = operator_of(lanes.own[i])
        lanes.luck[i] = to_unit(luck[row - first])
    write_online(world, province, places.code[province], lanes.position, n, lanes.online)
    return n


@rule
def _ask_openers(world, province, lanes, least, most, n):  # type: ignore[no-untyped-def]
    """Write which accounts people in lanes open if their contacts hold the least, and if the most."""
    x = lanes
    open_accounts(
        world, province, x.operator, x.online, x.accounts, least, most, x.luck, n, x.opened, x.at_most
    )


@rule
def _open_account(columns, row, bit, people):  # type: ignore[no-untyped-def]
    """Let somebody hold one account more, and count it."""
    held = np.int64(columns.held[row])
    columns.held[row] = held | bit
    people[held] -= 1
    people[held | bit] += 1


@loop
def count_rows(spans, columns, people):  # type: ignore[no-untyped-def]
    """Count people by what they hold.

    Parameters
    ----------
    people : (G, kinds) int64
        Lines by province and what is held, with those who have none; added to.
    """
    tally = np.zeros((BUNDLE, people.shape[1]), np.int64)
    for b in range(len(spans)):
        _tally_held(columns.held[spans[b, 0] : spans[b, 1]], tally)
        for j in range(BUNDLE):
            for held in range(people.shape[1]):
                people[spans[b, 2], held] += tally[j, held]
        tally[:] = 0


@side_by_side
def _tally_held(held, tally):  # type: ignore[no-untyped-def]
    """Add what a stretch of rows holds to `tally` (BUNDLE, kinds), neighbours apart."""
    for i in range(len(held)):
        tally[i & (BUNDLE - 1), held[i]] += 1

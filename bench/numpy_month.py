"""The consumer's month as whole-array expressions in NumPy: each function takes many people at once.

The law is that of docs/odd.md 7.4 to 7.11. People are given by their rows; `Columns` hold what they have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.choice import G3, NO_LINE
from agents.paying import CASH, HANDSETS, PURCHASES, SUBSCRIBING, TELECOM
from agents.world import shares_by_service

type Rows = np.ndarray


@dataclass
class Columns:
    """The state of all consumers, a row each; `_before` is how the month began.

    subscription : (N,) uint8, 0 no line yet, 1 + 2 k operator k's 2G, 2 + 2 k its 3G.
    accounts : (N,) uint8, a bit a platform, then one for the own operator's wallet.
    contract_end : (N,) int16, last month of the 3G contract.
    surplus : (N,) float32, RMB a month.
    entry_month : (N,) int16.
    sensitivity, switching : (N,) float32, utils per RMB and utils.
    online_luck : (N,) float32, the person uses the internet where the province's share is above it.
    contacts : (E,) int32, rows of everybody's contacts, one person after another.
    contacts_end : (N + 1,) int64, where a person's contacts begin, and end with the next one's beginning.
    """

    subscription: np.ndarray
    subscription_before: np.ndarray
    accounts: np.ndarray
    accounts_before: np.ndarray
    contract_end: np.ndarray
    surplus: np.ndarray
    entry_month: np.ndarray
    sensitivity: np.ndarray
    switching: np.ndarray
    online_luck: np.ndarray
    contacts: np.ndarray
    contacts_end: np.ndarray


@dataclass
class Place:
    """A province's tables of the month.

    choices : a subscription and accounts as one number, `subscription * A + accounts`.
    shares : (S, (1 + 2 K) * A, D) float32, cumulative shares of payment methods by `choices`.
    ceiling : ((1 + 2 K) * A,) float32, no draw above it opens an account.
    """

    world: np.record
    g: int
    month: int
    shares: np.ndarray
    ceiling: np.ndarray

    @staticmethod
    def of(world: np.record, g: int, month: int) -> Place:
        """Lay out a province's tables by `choices`."""
        shares = shares_by_service(world, g)  # (K, S, A, D)
        operators, services, masks, methods = shares.shape
        by_state = np.full((services, 1 + 2 * operators, masks, methods), 2.0, np.float32)
        by_state[:, 1:] = np.repeat(shares.transpose(1, 0, 2, 3), 2, axis=1)
        ceiling = np.zeros((1 + 2 * operators, masks), np.float32)
        ceiling[1:] = np.repeat(world.account_ceiling[g], 2, axis=0)
        return Place(world, g, month, by_state.reshape(services, -1, methods), ceiling.ravel())


def contacts_of(columns: Columns, who: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Return whose contacts they are, as positions in `who`, and the contacts' rows."""
    first = columns.contacts_end[who]
    known = columns.contacts_end[who + 1] - first
    whose = np.repeat(np.arange(len(who)), known)
    skipped = np.repeat(first - np.cumsum(known) + known, known)
    return whose, columns.contacts[skipped + np.arange(len(whose))]


def look_around(columns: Columns, who: Rows, states: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of contacts with each operator (K, n), and on anybody's 3G (n,)."""
    whose, rows = contacts_of(columns, who)
    seen = np.bincount(whose * states + columns.subscription_before[rows], minlength=len(who) * states)
    seen = seen.reshape(-1, states).T  # (states, n)
    known = np.maximum(seen[1:].sum(axis=0), 1)
    return (seen[1::2] + seen[2::2]) / known, seen[2::2].sum(axis=0) / known


def accounts_on_arrival(columns: Columns, place: Place, who: Rows, luck: np.random.Generator) -> np.ndarray:
    """Return the accounts that people bring along with a new line (n,)."""
    held_online = place.world.held_online[place.g]
    online = columns.online_luck[who] < place.world.online_share[place.g]
    held = luck.random((len(held_online), len(who))) < held_online[:, None]
    return online * (held * (1 << np.arange(len(held_online)))[:, None]).sum(axis=0).astype(np.uint8)


def find_choosers(columns: Columns, place: Place, rows: slice, luck: np.random.Generator) -> Rows:
    """Return who chooses this month: those due, and those who take up a line."""
    has_line = columns.subscription_before[rows] != NO_LINE
    lucky = luck.random(len(has_line), np.float32) < place.world.review_hazard
    due = lucky & has_line & (columns.contract_end[rows] < place.month)
    taken_up = ~has_line & (columns.entry_month[rows] <= place.month)
    return rows.start + np.flatnonzero(due | taken_up)


def utilities(columns: Columns, place: Place, who: Rows, own: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Return what every subscription is worth to each (2, K, n), utils."""
    world, g = place.world, place.g
    standing, price, value = world.standing[g], world.price, world.payment_value[g]
    operators = len(price)
    near, near_3g = look_around(columns, who, 1 + 2 * operators)
    mine = (own.astype(np.int64) + 1) // 2 - 1
    sensitivity = columns.sensitivity[who].astype(float)
    has_wallet = (held & world.wallet_bit != 0) & (world.wallet_open[g][mine] != 0)
    leaving = (own != NO_LINE) * (columns.switching[who] + has_wallet * world.lock_in)
    elsewhere = held & (world.wallet_bit - 1)
    found = np.empty((2, operators, len(who)))
    for k in range(operators):
        common = world.same_operator * near[k] - (mine != k) * leaving
        keeps = np.where(mine == k, held, elsewhere)
        for network in range(2):
            found[network, k] = standing[k, network] - sensitivity * price[k, network]
            found[network, k] += value[k, network][keeps] + common
    found[G3] += world.word_of_mouth * near_3g
    found[0] -= ((own != NO_LINE) & (own % 2 == 0)) * world.downgrade_cost
    return found


def choose(columns: Columns, place: Place, who: Rows, luck: np.random.Generator) -> None:
    """Let people choose a subscription: a nested logit drawn from its probabilities."""
    world = place.world
    own, held = columns.subscription_before[who], columns.accounts_before[who]
    new = own == NO_LINE
    held[new] = accounts_on_arrival(columns, place, who[new], luck)
    utility = utilities(columns, place, who, own, held)
    mu = world.dissimilarity
    on_2g, on_3g = np.exp(utility[0]), np.exp(utility[1] / mu)
    inside = on_3g.sum(axis=0)
    nest = inside**mu
    on_3g *= nest / np.where(inside > 0.0, inside, 1.0)
    upto = (
        np.stack([on_2g, on_3g], axis=1).reshape(2 * len(on_2g), len(who)).cumsum(axis=0)
    )  # by operator, 2G first
    total = upto[-1]
    # Rounding may leave the last draw of all beyond the sum: it goes to the last option on offer.
    option = 1 + (luck.random(len(who)) * total >= upto[:-1]).sum(axis=0)
    columns.surplus[who] = np.log(total) / columns.sensitivity[who]
    moved = (option + 1) // 2 != (own.astype(np.int64) + 1) // 2
    columns.accounts[who] = np.where(moved, held & (world.wallet_bit - 1), held)
    columns.subscription[who] = option
    signed = (option % 2 == 0) & (option != own)
    columns.contract_end[who[signed]] = place.month + world.contract_months - 1


def tally(place: Place, service: int, choices: np.ndarray, luck: np.ndarray, paid: np.ndarray) -> None:
    """Let people pay once for a service; add to the number of payments (2 K, S, D).

    Most pay cash: only the others' methods are looked up one by one.
    """
    shares = place.shares[service]
    states, masks = 1 + len(paid), shares.shape[0] // (1 + len(paid))
    others = np.flatnonzero(luck >= shares[:, CASH][choices])
    choices_of, luck_of = choices[others].astype(np.int64), luck[others]
    methods = shares.shape[1]
    method = (luck_of >= shares[choices_of, :-1].T).sum(axis=0)
    state = choices_of // masks
    found = np.bincount(state * methods + method, minlength=states * methods).reshape(states, methods)
    payers = np.bincount(choices // masks, minlength=states)
    found[:, CASH] = payers - found.sum(axis=1)
    paid[:, service] += found[1:]


def pay(columns: Columns, place: Place, rows: slice, luck: np.random.Generator, paid: np.ndarray) -> None:
    """Let a stretch of people pay: the bill; on 3G for what is bought by phone; a new number; a handset."""
    now, before = columns.subscription[rows], columns.subscription_before[rows]
    masks = place.shares.shape[1] // (1 + len(paid))
    choices = now * np.uint8(masks) + columns.accounts[rows]
    bills = luck.random(len(now), np.float32)
    tally(place, TELECOM, choices, bills, paid)
    on_3g = choices[(now % 2 == 0) & (now != NO_LINE)]
    tally(place, PURCHASES, on_3g, luck.random(len(on_3g), np.float32), paid)
    changed = np.flatnonzero(now != before)
    now, before, choices = now[changed], before[changed], choices[changed]
    joined = choices[(now + 1) // 2 != (before + 1) // 2]
    tally(place, SUBSCRIBING, joined, luck.random(len(joined), np.float32), paid)
    fitted = choices[now % 2 == 0]
    tally(place, HANDSETS, fitted, luck.random(len(fitted), np.float32), paid)


def open_accounts(columns: Columns, place: Place, rows: slice, luck: np.random.Generator) -> None:
    """Let a stretch of people open an account, or not, by competing hazards."""
    world, g = place.world, place.g
    now, held = columns.subscription[rows], columns.accounts[rows]
    masks = world.payment_value.shape[-1]
    draws = luck.random(len(now), np.float32)
    lucky = np.flatnonzero(draws < place.ceiling[now * np.uint8(masks) + held])
    who, draws, held = rows.start + lucky, draws[lucky], held[lucky].astype(np.int64)
    k = (now[lucky].astype(np.int64) + 1) // 2 - 1
    online = columns.online_luck[who] < world.online_share[g]
    friends = friends_with(columns, who, k, int(world.wallet_bit))
    threshold, opened = np.zeros(len(who)), np.zeros(len(who), np.int64)
    for slot in range(len(friends)):
        bit = 1 << slot
        may = (held & bit == 0) & (online | (bit == world.wallet_bit))
        hazard = world.account_hazard[g, :, slot][k] + world.account_imitation[g, :, slot][k] * friends[slot]
        threshold += may * hazard
        opened = np.where((opened == 0) & may & (draws < threshold), bit, opened)
    columns.accounts[who] = held | opened


def friends_with(columns: Columns, who: Rows, operator: np.ndarray, wallet_bit: int) -> np.ndarray:
    """Return the share of contacts with each account (M + 1, n); wallets of the own operator's customers."""
    whose, rows = contacts_of(columns, who)
    theirs, have = columns.subscription_before[rows], columns.accounts_before[rows]
    known = np.maximum(np.bincount(whose[theirs != NO_LINE], minlength=len(who)), 1)
    same = (theirs.astype(np.int64) + 1) // 2 - 1 == operator[whose]
    slots = [1 << slot for slot in range(wallet_bit.bit_length())]
    counts = [
        np.bincount(whose[(have & bit != 0) & (same | (bit != wallet_bit))], minlength=len(who))
        for bit in slots
    ]
    return np.array(counts) / known

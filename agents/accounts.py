"""Accounts at platforms and wallets, written once: who brings them along, and when one is opened.

Adoption follows F. Bass, "A new product growth for model consumer durables", Management Science 15
(1969), with imitation of the consumer's own contacts where a partner asks its customers.
"""

from agents.compiling import rule, side_by_side
from agents.draws import ACCOUNTS_AT_START, uniforms


@rule
def is_online(world, province, code, position):  # type: ignore[no-untyped-def]
    """Return whether the person uses the internet, and so can hold a platform account."""
    u, _, _, _ = uniforms(world.seed, ACCOUNTS_AT_START, 0, code, position, 0)
    return u < world.online_share[province]


@rule
def accounts_on_arrival(world, province, code, position):  # type: ignore[no-untyped-def]
    """Return the accounts (a bit a platform) that a person brings along with a new line."""
    online, first, second, third = uniforms(world.seed, ACCOUNTS_AT_START, 0, code, position, 0)
    held = world.held_online[province]
    accounts = int(first < held[0]) + 2 * int(second < held[1]) + 4 * int(third < held[2])
    return accounts * (online < world.online_share[province])


@side_by_side
def write_accounts_on_arrival(world, province, code, position, n, accounts):  # type: ignore[no-untyped-def]
    """Write the accounts that n people, by their positions, bring along, (>= n,) int64."""
    for i in range(n):
        accounts[i] = accounts_on_arrival(world, province, code, position[i])


@rule
def opens_account(world, province, operator, online, accounts, friends, person, luck):  # type: ignore[no-untyped-def]
    """Return the bit of the account a consumer opens this month, 0 for none.

    Adoption follows Bass: a spontaneous hazard, imitation of the province's users, and, where the
    operator is a partner and asks its customers, imitation of the consumer's own contacts. Hazards
    compete: at most one account is opened a month. More friends can only bring an account forward in
    the list, so asking with none and with all of them tells whether contacts matter at all.

    Parameters
    ----------
    operator : int
        The consumer's operator.
    online : bool
        Whether the consumer uses the internet: without it, only the wallet can be opened.
    friends : (M + 1, > person) float in [0, 1]
        Share of each person's contacts that hold an account at each platform, and at the own operator's
        wallet; `person` says whose to take.
    luck : float
        The consumer's ACCOUNT_OPENING draw of the month.
    """
    threshold, opened = 0.0, 0
    for slot in range(world.account_hazard.shape[2]):
        bit = 1 << slot
        # Products rather than branches: who could open what no processor foresees.
        can = (accounts & bit == 0) & (online | (bit == world.wallet_bit))
        hazard = world.account_hazard[province, operator, slot]
        hazard += world.account_imitation[province, operator, slot] * friends[slot, person]
        threshold += can * hazard
        opened = bit if (opened == 0) & can & (luck < threshold) else opened
    return opened


@side_by_side
def open_accounts(  # type: ignore[no-untyped-def]
    world, province, operator, online, accounts, least, most, luck, n, opened, at_most
):
    """Write the bits of the accounts that n consumers open, if contacts hold the least and if the most.

    Parameters
    ----------
    least, most : (M + 1, >= n) float
        Friends, as `opens_account` takes them.
    opened, at_most : (>= n,) int64
        Written.
    others : (>= n,)
        See `opens_account`.
    """
    for i in range(n):
        k, uses, held = operator[i], online[i], accounts[i]
        opened[i] = opens_account(world, province, k, uses, held, least, i, luck[i])
        at_most[i] = opens_account(world, province, k, uses, held, most, i, luck[i])


@side_by_side
def write_online(world, province, code, position, n, online):  # type: ignore[no-untyped-def]
    """Write which of n people, by their positions, use the internet, (>= n,) uint8."""
    for i in range(n):
        online[i] = is_online(world, province, code, position[i])

"""Branches and platforms meet: who meets whom, and who signs on which terms.

Both sides judge a deal by what they expect of it (`model.forecast`).
"""

from typing import Any

import numpy as np

from agents.bargaining import Gains, gains_at, platform_keeps, terms_at
from agents.compiling import loop, making_loop
from agents.partnerships import shut_out, to_meet
from agents.stances import Stance
from model.forecast import prospects
from model.last_month import last_month

_CLOSED, _EXCLUSIVE = int(Stance.CLOSED), int(Stance.EXCLUSIVE)


@loop
def follow_stances(  # type: ignore[no-untyped-def]
    month, stance, deals_since, wallet_launch, wanted, wallet_open
):
    """Write which deals branches would make, and which wallets run: a closed branch's, once launched.

    Parameters
    ----------
    month : int
    stance : (K, G) int
    deals_since : (K, G, M) int
        Month from which a deal may be made.
    wallet_launch : (K,) int, month
    wanted : (K, G, M) bool
        Written.
    wallet_open : (G, K) bool
        Written.
    """
    K, G, M = wanted.shape
    for k in range(K):
        for g in range(G):
            closed = stance[k, g] == _CLOSED
            wallet_open[g, k] = closed & (wallet_launch[k] <= month)
            for m in range(M):
                wanted[k, g, m] = (not closed) & (deals_since[k, g, m] <= month)


def hold_talks(market: Any) -> None:
    """Let every branch that wants a partner, and has none or whose deal is up, meet the platforms.

    Platforms are met one after another: a later one knows the deals just signed.
    """
    last, again = last_month(market), market.month + int(market.parameters.deal_months)
    bidders = bool((market.stance == _EXCLUSIVE).any())
    for m in range(market.M):
        proposed = propose(market.partnerships.tables, m, market.wanted, market.month, again)
        if proposed.any():
            _talk(market, m, proposed, prospects(market, m, last), bidders)


@making_loop
def propose(tables, m, wanted, month, again):  # type: ignore[no-untyped-def]
    """Return which branches meet a platform and propose a deal, (G, K) bool; note when they meet again.

    Parameters
    ----------
    tables : (1,) record
        See `agents.partnerships.Partnerships`.
    m : int
    wanted : (K, G, M) bool
    month, again : int
        This month, and that of the next talks.
    """
    K, G, _ = wanted.shape
    deals, proposed = tables[0], np.empty((G, K), np.bool_)
    for g in range(G):
        for k in range(K):
            proposed[g, k] = to_meet(deals, k, g, m, month, wanted[k, g, m])
            if proposed[g, k]:
                deals.talks[k, g, m] = again
    return proposed


def _talk(market: Any, m: int, proposed: np.ndarray, gains: Gains, bidders: bool) -> None:
    """Let branches propose deals to a platform, (G, K) bool, and sign what is agreed.

    Exclusive bids are heard first; where a platform has several it takes the one that pays it most.
    """
    platform, deals = market.payment_platforms[m], market.partnerships.tables
    terms = platform.answer(proposed, gains)
    if bidders:
        bids, forgone = bid(deals, m, market.stance, gains, terms)
        take_bids(platform.answer_exclusive(bids, gains, terms, forgone), gains, forgone, terms)
    market.sign(m, who_signs(deals, m, market.recorded, proposed, terms), terms)


@making_loop
def bid(tables, m, stance, gains, terms):  # type: ignore[no-untyped-def]
    """Return which branches bid for exclusivity, and what the platform would forgo.

    Parameters
    ----------
    tables : (1,) record
        See `agents.partnerships.Partnerships`.
    m : int
        The platform.
    stance : (K, G) int
    gains, terms : Gains and Terms of arrays (G, K)
        Terms are those of ordinary deals.

    Returns
    -------
    bids : (G, K) bool
    forgone : (G, K) float, RMB a month
        What deals with the rivals of each are worth to the platform.
    """
    deals, (G, K) = tables[0], terms.agreed.shape
    bids, forgone = np.empty((G, K), np.bool_), np.zeros((G, K))
    for g in range(G):
        honoured = 0  # deals with rivals run to their end
        for k in range(K):
            honoured |= deals.in_force[k, g, m]
        for k in range(K):
            bids[g, k] = terms.agreed[g, k] & (stance[k, g] == _EXCLUSIVE) & (honoured == 0)
            # Who signs does not lose: less than nothing is the last digits of a sum, and must not make a bid.
            keeps = platform_keeps(gains_at(gains, g, k), terms_at(terms, g, k))
            worth = terms.agreed[g, k] * max(0.0, keeps)
            for rival in range(K):
                forgone[g, rival] += (rival != k) * worth
    return bids, forgone


@loop
def take_bids(won, gains, forgone, terms):  # type: ignore[no-untyped-def]
    """Make the ordinary deal exclusive whose bid a platform takes, at most one a province.

    The platform's weight is the same in all bids of a province, so the largest joint gain pays it most. One
    without weight is paid nothing on top by anybody, and takes the largest all the same; of equal ones the
    first operator's.

    Parameters
    ----------
    won : Terms of arrays (G, K)
        Of the bids; agreed where the platform accepts.
    gains : Gains of arrays (G, K)
    forgone : (G, K) float, RMB a month
    terms : Terms of arrays (G, K)
        Of ordinary deals; written.
    """
    G, K = forgone.shape
    for g in range(G):
        best, most = -1, -np.inf
        for k in range(K):
            added = gains.exclusivity[g, k] - forgone[g, k]
            if won.agreed[g, k] & (added > most):
                best, most = k, added
        if best >= 0:
            terms.exclusive[g, best] = True
            terms.premium[g, best] = won.premium[g, best]


@making_loop
def who_signs(tables, m, recorded, proposed, terms):  # type: ignore[no-untyped-def]
    """Return which branches sign a deal with a platform, (G, K) bool.

    Parameters
    ----------
    tables : (1,) record
        See `agents.partnerships.Partnerships`.
    m : int
        The platform.
    recorded : (K, G, M) bool
        A recorded deal was made: where the bargain sees no gain, the best terms in reach hold.
    proposed : (G, K) bool
    terms : Terms of arrays (G, K)
        Exclusive where the platform takes such a bid, which leaves rivals nothing to sign.
    """
    G, K = proposed.shape
    deals, signing = tables[0], np.empty((G, K), np.bool_)
    for g in range(G):
        taken = False
        for k in range(K):
            taken |= terms.exclusive[g, k]
        for k in range(K):
            wanted = proposed[g, k] & (recorded[k, g, m] | terms.agreed[g, k])
            ordinary = wanted & (not taken) & (not shut_out(deals, k, g, m))
            signing[g, k] = terms.exclusive[g, k] | ordinary
    return signing

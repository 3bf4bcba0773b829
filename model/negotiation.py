"""Branches and platforms meet: who meets whom, and who signs on which terms.

Both sides judge a deal by what they expect of it (`model.forecast`).
"""

from typing import Any

import numpy as np

from agents.partnerships import Gains, Stance, Terms, platform_keeps
from model.forecast import prospects
from model.last_month import last_month


def hold_talks(market: Any) -> None:
    """Let every branch that wants a partner, and has none or whose deal is up, meet the platforms.

    Platforms are met one after another: a later one knows the deals just signed.
    """
    due = _talks_due(market)
    if not due.any():
        return
    last, again = last_month(market), market.month + int(market.parameters.deal_months)
    for m in range(market.M):
        if due[:, :, m].any():
            np.copyto(market.partnerships.talks[:, :, m], again, where=due[:, :, m])
            _talk(market, m, due[:, :, m].T, prospects(market, m, last))


def _talks_due(market: Any) -> np.ndarray:
    """Return which branches and platforms meet this month, (K, G, M) bool.

    Nobody meets in the first month: there is no month yet to judge by.
    """
    deals = market.partnerships
    if market.month == 1:
        return np.zeros_like(market.wanted)
    return market.wanted & ~deals.in_force & (deals.talks <= market.month)


def _talk(market: Any, m: int, proposed: np.ndarray, gains: Gains) -> None:
    """Let branches propose deals to a platform, (G, K) bool, and sign what is agreed.

    Exclusive bids are heard first; where a platform has several it takes the one that pays it most.
    """
    terms = market.payment_platforms[m].answer(proposed, gains)
    taken, premium = _exclusive(market, m, gains, terms)
    # A recorded deal was made: where the bargain sees no gain, the best terms in reach hold.
    wanted = np.where(market.recorded[:, :, m].T, proposed, terms.agreed)
    ordinary = wanted & ~market.partnerships.shut_out(m).T & ~taken.any(axis=1, keepdims=True)
    terms = terms._replace(exclusive=taken, premium=premium)
    market.sign(m, (ordinary | taken).T, Terms(*(part.T for part in terms)))


def _exclusive(market: Any, m: int, gains: Gains, terms: Terms) -> tuple[np.ndarray, np.ndarray]:
    """Return which branch signs exclusively, at most one a province, and at what premium, else 0; (G, K).

    The platform's weight is the same in all bids of a province, so the largest joint gain pays it most. One
    without weight is paid nothing on top by anybody, and takes the largest all the same.
    """
    bidding = terms.agreed & (market.stance.T == Stance.EXCLUSIVE)
    if not bidding.any():
        return bidding, np.zeros(bidding.shape)
    honoured = market.partnerships.in_force[:, :, m].any(axis=0)  # deals with rivals run to their end
    bidding &= ~honoured[:, None]
    # Who signs does not lose: less than nothing is the last digits of a sum, and must not make a bid.
    worth = np.where(terms.agreed, np.maximum(platform_keeps(gains, terms), 0.0), 0.0)
    forgone = worth @ (1.0 - np.eye(market.K))  # with the rivals of each
    won = market.payment_platforms[m].answer_exclusive(bidding, gains, terms, forgone)
    bid = np.where(won.agreed, gains.exclusivity - forgone, -np.inf)
    best = bid.argmax(axis=1)[:, None] == np.arange(market.K)  # of equal ones the first operator's
    taken = won.agreed & best
    return taken, np.where(taken, won.premium, 0.0)

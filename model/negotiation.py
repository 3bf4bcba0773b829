"""Branches and platforms meet: what each deal is expected to be worth, and who signs.

Both sides judge a deal on last month's market: how its customers would pay with the deal and
without, which people it would win, which accounts it would bring. Forecasts are monthly means over
the term of the deal. They leave out second-round effects (merchants' and rivals' answers); those happen
in the market, not in the forecast.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from agents.partnerships import Gains, Stance, Terms, platform_keeps
from agents.paying import CASH, FIRST_PLATFORM
from model.last_month import LastMonth, last_month
from model.payment_tables import expect_payments


@dataclass(frozen=True)
class Forecast:
    """What one platform would mean to every branch, (G, K) RMB a month.

    `operator` and `platform` are gains at the reference terms, `pool` the fees that can be shared,
    `headroom` what the highest service fee would add, and `pull` the utility the deal adds for an
    average person of the province.
    """

    operator: np.ndarray
    platform: np.ndarray
    pool: np.ndarray
    headroom: np.ndarray
    pull: np.ndarray


def forecast(market: Any, platform: int, last: LastMonth) -> Forecast:
    """Return what a deal with a platform would be worth to every branch that has none yet."""
    p = market.parameters
    services = market.partnerships.services.copy()
    services[:, :, platform] = False
    without = expected_payments(market, services, last)
    services[:, :, platform] = market.services_offered[:, :, platform]
    with_deal = expected_payments(market, services, last)
    method = FIRST_PLATFORM + platform
    bills, purchases = with_deal.own_services[..., method], with_deal.purchases[..., method]
    saved = without.own_services[..., CASH] - with_deal.own_services[..., CASH]
    pull = with_deal.mean_value - without.mean_value
    monthly_integration = p.integration_cost * 1e6 / p.deal_months
    monthly_integration *= 1.0 - market.partnerships.integrated[:, :, platform].T
    pool = p.service_fee * bills + p.merchant_fee * purchases
    operator = p.outlet_commission * saved - p.service_fee * bills - monthly_integration
    operator += people_won(market, last, pull) * last.margin
    brought = accounts_brought(market, platform, last.without[:, :, platform])
    per_account = p.web_purchases_rmb * (p.merchant_fee - p.processing_cost)
    processing = p.processing_cost * (bills + purchases)
    platform_gain = pool - processing + brought * per_account - monthly_integration
    return Forecast(operator, platform_gain, pool, market.rates.fee_headroom * bills, pull)


class ExpectedPayments(NamedTuple):
    """Expected monthly volumes by method, RMB, and the mean worth of paying by phone, utils.

    `own_services` and `purchases` (G, K, D); `mean_value` (G, K).
    """

    own_services: np.ndarray
    purchases: np.ndarray
    mean_value: np.ndarray


def expected_payments(market: Any, services: np.ndarray, last: LastMonth) -> ExpectedPayments:
    """Return how last month's customers would pay if the deals covered these services, (K, G, M, S) bool."""
    deals = (market.ways, market.wallet_open, services, market.acceptance)
    return ExpectedPayments(*expect_payments(*deals, last.spent, last.held, last.take_3g))


def people_won(market: Any, last: LastMonth, pull: np.ndarray) -> np.ndarray:
    """Return the customers a pull on everybody wins, mean over the term of a deal (G, K).

    First order in the logit: whoever chooses k with probability p does so with `p + p (1 - p) pull`
    under a pull. The probabilities are those of last month's national flows. Customers won at the
    start of the term stay longest, hence half of it.
    """
    p, chosen, flows = market.parameters, last.chosen, last.flows
    reviewed = p.review_hazard * market.lines @ (chosen * (1.0 - chosen))
    entered = np.outer(flows.entrants, flows.entering * (1.0 - flows.entering))
    return (reviewed + entered) * pull * p.deal_months / 2.0


def accounts_brought(market: Any, platform: int, without: np.ndarray) -> np.ndarray:
    """Return the accounts a deal brings a platform, mean over its term (G, K).

    Parameters
    ----------
    without : (G, K) float
        Lines whose holder has no account there.
    """
    p = market.parameters
    users = market.platform_accounts[:, platform] / np.maximum(market.lines.sum(axis=1), 1.0)
    hazard = p.adoption_campaign + p.adoption_contacts * users
    online = np.maximum(market.online_share - users, 0.0) / np.maximum(1.0 - users, 1e-9)
    return hazard[:, None] * online[:, None] * without * p.deal_months / 2.0


def kept_from_rivals(market: Any, last: LastMonth, pull: np.ndarray) -> np.ndarray:
    """Return what each branch gains when rivals go without a platform, (G, K) RMB a month.

    By the logit's cross effects the pull of a rival j takes `p_k p_j` of those who choose; without the
    deal it does not.
    """
    p, chosen, flows = market.parameters, last.chosen, last.flows
    pulls = (market.stance.T != Stance.CLOSED) * pull  # of those that want the platform
    drawn = pulls @ chosen.T  # (G, L): pull of all, as it reaches each operator's customers
    others = drawn[:, :, None] - pulls[:, None, :] * chosen  # (G, L, K): of all but k
    reviewed = p.review_hazard * np.einsum("gl,lk,glk->gk", market.lines, chosen, others)
    at_entry = pulls * flows.entering
    entered = flows.entrants[:, None] * flows.entering * (at_entry.sum(axis=1, keepdims=True) - at_entry)
    return (reviewed + entered) * p.deal_months / 2.0 * last.margin


def prospects(market: Any, platform: int, last: LastMonth) -> Gains:
    """Return the gains every branch and the platform expect of a deal, arrays (G, K)."""
    expected = forecast(market, platform, last)
    keeps = kept_from_rivals(market, last, expected.pull)
    return Gains(expected.operator, expected.platform, expected.pool, expected.headroom, keeps)


def hold_talks(market: Any) -> None:
    """Let every branch that wants a partner, and has none or whose deal is up, meet the platforms.

    Platforms are met one after another: a later one knows the deals just signed.
    """
    due = _talks_due(market)
    if not due.any():
        return
    last = last_month(market)
    for m in range(market.M):
        if due[:, :, m].any():
            market.partnerships.talks[due[:, :, m], m] = market.month + int(market.parameters.deal_months)
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
    terms = terms._replace(exclusive=taken, premium=np.where(taken, premium, 0.0))
    market.sign(m, (ordinary | taken).T, Terms(*(part.T for part in terms)))


def _exclusive(market: Any, m: int, gains: Gains, terms: Terms) -> tuple[np.ndarray, np.ndarray]:
    """Return which branch signs exclusively, at most one a province, and at what premium; (G, K) both.

    The platform's weight is the same in all bids of a province, so the largest joint gain pays it most. One
    without weight is paid nothing on top by anybody, and takes the largest all the same.
    """
    honoured = market.partnerships.in_force[:, :, m].any(axis=0)  # deals with rivals run to their end
    bidding = terms.agreed & (market.stance.T == Stance.EXCLUSIVE) & ~honoured[:, None]
    if not bidding.any():
        return bidding, np.zeros(bidding.shape)
    # Who signs does not lose: less than nothing is the last digits of a sum, and must not make a bid.
    worth = np.where(terms.agreed, np.maximum(platform_keeps(gains, terms), 0.0), 0.0)
    forgone = worth @ (1.0 - np.eye(market.K))  # with the rivals of each
    won = market.payment_platforms[m].answer_exclusive(bidding, gains, terms, forgone)
    bid = np.where(won.agreed, gains.exclusivity - forgone, -np.inf)
    best = bid.argmax(axis=1)[:, None] == np.arange(market.K)  # of equal ones the first operator's
    return won.agreed & best, won.premium

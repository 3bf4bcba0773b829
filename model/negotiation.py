"""Branches and platforms meet: what each deal is expected to be worth, and who signs.

Both sides judge a deal on last month's market: how its customers would pay with the deal and
without, which people it would win, which accounts it would bring. Forecasts are monthly means over
the term of the deal. They leave out second-round effects (merchants' and rivals' answers); those happen
in the market, not in the forecast.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from agents.columns import G2, G3
from agents.compiling import making_loop
from agents.partnerships import Gains, Stance, Terms, platform_keeps
from agents.paying import CASH, FIRST_PLATFORM, HANDSETS, PURCHASES, SUBSCRIBING, TELECOM
from model.flows import Flows
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


@dataclass(frozen=True)
class LastMonth:
    """Last month's customers and moves, as forecasts need them.

    `spent` (G, K, S, A) RMB, on each service, by accounts held; `held` (G, A) share of the province's people;
    `without` (G, K, M) lines without each platform's account; `take_3g` (G,) share of changes of subscription
    that took up 3G; `chosen` (K, K) what each operator's reviewers chose; `flows` of people; `margin` (G, K)
    RMB, what a line leaves its operator each month.
    """

    spent: np.ndarray
    held: np.ndarray
    without: np.ndarray
    take_3g: np.ndarray
    chosen: np.ndarray
    flows: Flows
    margin: np.ndarray


def last_month(market: Any) -> LastMonth:
    """Return what last month's customers would spend at this month's prices, their accounts and moves."""
    moves, scale = market.moves, market.scale
    by_moves = (moves.joined, moves.new_3g)
    of = spend(market.customers_by_accounts, scale, market.price, market.value_each, *by_moves, market.M)
    spent, held, without, customers = of
    flows = Flows.of(moves.entered, moves.from_to, customers, scale)
    return LastMonth(
        spent,
        held,
        without,
        take_3g=moves.new_3g.sum(axis=1) / np.maximum(moves.changes, 1),
        chosen=flows.choices(market.parameters.review_hazard),
        flows=flows,
        margin=margin(market),
    )


@making_loop
def spend(customers, scale, price, each, joined, new_3g, platforms):  # type: ignore[no-untyped-def]
    """Return what customers would spend, and who they are.

    Parameters
    ----------
    customers : (G, K, 2, A) int
        Rows, by the accounts they hold.
    scale : (G,) float
        Real lines a row stands for.
    price : (K, 2) float, RMB
        Of a bill.
    each : (G, K, S) float, RMB
        Of any other payment.
    joined, new_3g : (G, K) int
        Rows that came to the operator, and to its 3G: so many of the average customer's kind will again.
    platforms : int

    Returns
    -------
    spent : (G, K, S, A) float, RMB
    held : (G, A) float
        Share of the province's people. Whoever reviews may be anybody there, so all their accounts count.
    without : (G, K, M) float
        Lines without each platform's account.
    everybody : (G, K) int64
        Rows.
    """
    G, K, _, A = customers.shape
    spent, held = np.zeros((G, K, each.shape[2], A)), np.zeros((G, A))
    without, everybody = np.zeros((G, K, platforms)), np.zeros((G, K), np.int64)
    for g in range(G):
        for k in range(K):
            on_3g = 0
            for accounts in range(A):
                everybody[g, k] += customers[g, k, G2, accounts] + customers[g, k, G3, accounts]
                on_3g += customers[g, k, G3, accounts]
            joins = joined[g, k] / max(everybody[g, k], 1) * each[g, k, SUBSCRIBING]
            upgrades = new_3g[g, k] / max(on_3g, 1) * each[g, k, HANDSETS]
            for accounts in range(A):
                lines_2g = customers[g, k, G2, accounts] * scale[g]
                lines_3g = customers[g, k, G3, accounts] * scale[g]
                lines = lines_2g + lines_3g
                spent[g, k, TELECOM, accounts] = lines_2g * price[k, G2] + lines_3g * price[k, G3]
                spent[g, k, SUBSCRIBING, accounts] = joins * lines
                spent[g, k, HANDSETS, accounts] = upgrades * lines_3g
                spent[g, k, PURCHASES, accounts] = lines_3g * each[g, k, PURCHASES]
                held[g, accounts] += lines
                for m in range(platforms):
                    without[g, k, m] += lines * (1 - ((accounts >> m) & 1))
        lines = max(held[g].sum(), 1.0)
        for accounts in range(A):
            held[g, accounts] /= lines
    return spent, held, without, everybody


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


def margin(market: Any) -> np.ndarray:
    """Return what a line leaves its operator each month, (G, K) RMB."""
    on_3g = market.lines_3g / np.maximum(market.lines, 1.0)
    earns = market.price - market.serving_cost
    return (1 - on_3g) * earns[:, 0] + on_3g * earns[:, 1]


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

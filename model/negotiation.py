"""Branches and platforms meet: what each deal is expected to be worth, and who signs.

Both sides judge a deal on last month's market: how its customers would pay with the deal and
without, which people it would win, which accounts it would bring. Forecasts are monthly means over
the term of the deal. They leave out second-round effects (merchants' and rivals' answers); those happen
in the market, not in the forecast.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.partnerships import Gains, Stance, Terms, platform_keeps
from agents.paying import CASH, FIRST_PLATFORM, HANDSETS, PURCHASES, SERVICES, SUBSCRIBING, TELECOM
from model.payment_tables import volume_by_method, worth_and_shares


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
    """Last month's customers, as forecasts need them.

    `spent` (G, K, S, A) RMB, on each service, by accounts held; `held` (G, A) share of the province's people.
    """

    spent: np.ndarray
    held: np.ndarray


def last_month(market: Any) -> LastMonth:
    """Return what last month's customers would spend at this month's prices, and which accounts they hold."""
    people = market.customers_by_accounts * market.scale[:, None, None, None]  # (G, K, 2, A)
    on_3g, on_both = people[:, :, 1], people.sum(axis=2)
    spent = np.zeros((market.G, market.K, len(SERVICES), market.A))
    spent[:, :, TELECOM] = np.einsum("gkna,kn->gka", people, market.price)
    spent[:, :, SUBSCRIBING] = market.joined_share[..., None] * on_both * market.parameters.connection_fee
    spent[:, :, HANDSETS] = market.handset_share[..., None] * on_3g * market.handset_price[:, None]
    spent[:, :, PURCHASES] = on_3g * market.purchases_each[:, None, None]
    # Whoever reviews may be anybody in the province, so all its people's accounts count.
    everybody = on_both.sum(axis=1)
    return LastMonth(spent, everybody / np.maximum(everybody.sum(axis=1, keepdims=True), 1.0))


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
    operator += people_won(market, pull) * margin(market)
    brought = accounts_brought(market, platform)
    per_account = p.web_purchases_rmb * (p.merchant_fee - p.processing_cost)
    processing = p.processing_cost * (bills + purchases)
    platform_gain = pool - processing + brought * per_account - monthly_integration
    return Forecast(operator, platform_gain, pool, market.fee_headroom * bills, pull)


@dataclass(frozen=True)
class ExpectedPayments:
    """Expected monthly volumes by method, RMB, and the mean worth of paying by phone, utils.

    `own_services` and `purchases` (G, K, D); `mean_value` (G, K).
    """

    own_services: np.ndarray
    purchases: np.ndarray
    mean_value: np.ndarray


def expected_payments(market: Any, services: np.ndarray, last: LastMonth) -> ExpectedPayments:
    """Return how last month's customers would pay if the deals covered these services, (K, G, M, S) bool."""
    worth, shares = worth_and_shares(market, services)
    volume = volume_by_method(last.spent, shares)
    own = volume[:, :, SUBSCRIBING] + volume[:, :, TELECOM] + volume[:, :, HANDSETS]
    by_network = np.einsum("gkna,ga->gkn", worth, last.held)
    take_3g = market.share_choosing_3g[:, None]
    mean = (1 - take_3g) * by_network[:, :, 0] + take_3g * by_network[:, :, 1]
    return ExpectedPayments(own, volume[:, :, PURCHASES], mean)


def people_won(market: Any, pull: np.ndarray) -> np.ndarray:
    """Return the customers a pull on everybody wins, mean over the term of a deal (G, K).

    First order in the logit: whoever chooses k with probability p does so with `p + p (1 - p) pull`
    under a pull. The probabilities are those of last month's national flows. Customers won at the
    start of the term stay longest, hence half of it.
    """
    flows, p = market.flows, market.parameters
    chosen = flows.choices(p.review_hazard)
    reviewed = p.review_hazard * market.lines @ (chosen * (1.0 - chosen))
    entered = np.outer(flows.entrants, flows.entering * (1.0 - flows.entering))
    return (reviewed + entered) * pull * p.deal_months / 2.0


def margin(market: Any) -> np.ndarray:
    """Return what a line leaves its operator each month, (G, K) RMB."""
    p = market.parameters
    on_3g = market.lines_3g / np.maximum(market.lines, 1.0)
    earns = market.price - np.array([p.serving_cost_2g, p.serving_cost_3g])
    return (1 - on_3g) * earns[:, 0] + on_3g * earns[:, 1]


def accounts_brought(market: Any, platform: int) -> np.ndarray:
    """Return the accounts a deal brings a platform, mean over its term (G, K)."""
    p = market.parameters
    held = (np.arange(market.A) >> platform) & 1
    people = market.customers_by_accounts.sum(axis=2) * market.scale[:, None, None]
    without = np.einsum("gka,a->gk", people, 1 - held)
    users = market.platform_accounts[:, platform] / np.maximum(market.lines.sum(axis=1), 1.0)
    hazard = p.adoption_campaign + p.adoption_contacts * users
    online = np.maximum(market.online_share - users, 0.0) / np.maximum(1.0 - users, 1e-9)
    return hazard[:, None] * online[:, None] * without * p.deal_months / 2.0


def kept_from_rivals(market: Any, pull: np.ndarray) -> np.ndarray:
    """Return what each branch gains when rivals go without a platform, (G, K) RMB a month.

    By the logit's cross effects the pull of a rival j takes `p_k p_j` of those who choose; without the
    deal it does not.
    """
    flows, p = market.flows, market.parameters
    pulls = (market.stance.T != Stance.CLOSED) * pull  # of those that want the platform
    chosen = flows.choices(p.review_hazard)
    drawn = pulls @ chosen.T  # (G, L): pull of all, as it reaches each operator's customers
    others = drawn[:, :, None] - pulls[:, None, :] * chosen  # (G, L, K): of all but k
    reviewed = p.review_hazard * np.einsum("gl,lk,glk->gk", market.lines, chosen, others)
    at_entry = pulls * flows.entering
    entered = flows.entrants[:, None] * flows.entering * (at_entry.sum(axis=1, keepdims=True) - at_entry)
    return (reviewed + entered) * p.deal_months / 2.0 * margin(market)


def prospects(market: Any, platform: int, last: LastMonth) -> np.ndarray:
    """Return the gains every branch and the platform expect of a deal (G, K, 5), in the order of `Gains`."""
    expected = forecast(market, platform, last)
    keeps = kept_from_rivals(market, expected.pull)
    return np.stack([expected.operator, expected.platform, expected.pool, expected.headroom, keeps], axis=2)


def hold_talks(market: Any) -> None:
    """Let every branch that wants a partner, and has none or whose deal is up, meet the platforms.

    Exclusive bids are heard first; where a platform has several it takes the one that pays it most.
    """
    due = _talks_due(market)
    if not due.any():
        return
    last = last_month(market)
    for m in range(market.M):
        if not due[:, :, m].any():
            continue
        market.partnerships.talks[due[:, :, m], m] = market.month + int(market.parameters.deal_months)
        # In plain numbers from here: the few of one talk are no work for arrays.
        expected = prospects(market, m, last).tolist()
        for g, meets in enumerate(due[:, :, m].T.tolist()):
            if any(meets):
                gains = {k: Gains(*expected[g][k]) for k in range(market.K) if meets[k]}
                _talks_in_province(market, m, g, gains)


def _talks_due(market: Any) -> np.ndarray:
    """Return which branches and platforms meet this month, (K, G, M) bool.

    Nobody meets in the first month: there is no month yet to judge by.
    """
    deals = market.partnerships
    if market.month == 1:
        return np.zeros_like(market.wanted)
    return market.wanted & ~deals.in_force & (deals.talks <= market.month)


def _talks_in_province(market: Any, m: int, g: int, gains: dict[int, Gains]) -> None:
    """Hold the talks about one platform in one province, with what those who meet it expect."""
    platform = market.payment_platforms[m]
    offers = {k: (each, market.branches[k][g].propose(platform, each)) for k, each in gains.items()}
    exclusive = _best_exclusive(market, m, g, offers)
    for k, (expected, terms) in offers.items():
        if exclusive is not None and k == exclusive[0]:
            market.sign((k, g, m), exclusive[1])
        elif market.partnerships.shut_out(k, g, m) or exclusive is not None:
            continue
        elif market.deals_as_recorded:
            # A recorded deal was made: where the bargain sees no gain, the best terms in reach hold.
            market.sign((k, g, m), terms or platform.terms_as_recorded(g, expected))
        elif terms is not None:
            market.sign((k, g, m), terms)


def _best_exclusive(
    market: Any, m: int, g: int, offers: dict[int, tuple[Gains, Terms | None]]
) -> tuple[int, Terms] | None:
    """Return the operator whose exclusive bid pays the platform most, and its terms.

    The platform's weight is the same in all bids, so the largest joint gain pays it most. One without
    weight is paid nothing on top by anybody, and takes the largest all the same.
    """
    honoured = market.partnerships.in_force[:, g, m].tolist()  # deals with rivals run to their end
    if any(honoured) or Stance.EXCLUSIVE not in market.stance[:, g].tolist():
        return None
    platform = market.payment_platforms[m]
    # Who signs does not lose: less than nothing is the last digits of a sum, and must not make a bid.
    worth = {
        k: max(platform_keeps(gains, terms), 0.0) for k, (gains, terms) in offers.items() if terms is not None
    }
    bids: list[tuple[float, int, Terms]] = []
    for k, (gains, terms) in offers.items():
        if terms is None:
            continue
        forgone = sum(value for rival, value in worth.items() if rival != k)
        won = market.branches[k][g].propose_exclusive(platform, gains, terms, forgone)
        if won is not None:
            bids.append((gains.exclusivity - forgone, -k, won))
    if not bids:
        return None
    best = max(bids, key=lambda bid: bid[:2])
    return -best[1], best[2]

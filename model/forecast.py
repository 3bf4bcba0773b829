"""What a deal is expected to be worth to a branch and to a platform, judged by last month's market.

How the branch's customers would pay with the deal and without, which people it would win, which accounts it
would bring. Forecasts are monthly means over the term of the deal. They leave out second-round effects
(merchants' and rivals' answers); those happen in the market, not in the forecast.
"""

from typing import Any, NamedTuple

import numpy as np

from agents.bargaining import Gains
from agents.compiling import making_loop, rule
from agents.platforms import users_of
from agents.stances import Stance
from model.last_month import LastMonth
from model.payment_changes import expect_changes, room_for_changes

_CLOSED = int(Stance.CLOSED)


class Changes(NamedTuple):
    """What deals with a platform would change, by province and operator (G, K).

    Attributes
    ----------
    bills, purchases : float, RMB a month
        Paid for the operator's own services, and for purchases, through the platform.
    saved : float, RMB a month
        No longer paid in cash for the operator's own services.
    pull : float, utils
        The deal adds for an average person of the province.
    """

    bills: np.ndarray
    purchases: np.ndarray
    saved: np.ndarray
    pull: np.ndarray


def prospects(market: Any, platform: int, last: LastMonth) -> Gains:
    """Return the gains every branch and the platform expect of a deal, arrays (G, K).

    A branch that has one already is looked at as if it had none.
    """
    changes = expected_changes(market, platform, last)
    brought = accounts_brought(
        market.appeal["campaign"][0],
        market.appeal["contacts"][0],
        market.platform_accounts,
        market.lines,
        market.online_share,
        last.without,
        platform,
    )
    months = float(market.parameters.deal_months)
    joined = market.partnerships.integrated
    known = (brought, last.slopes, last.margin, market.stance, joined)
    return Gains(*weigh_up(market.rates, months, platform, changes, *known))


def expected_changes(market: Any, platform: int, last: LastMonth) -> Changes:
    """Return what deals with a platform would change in how last month's customers pay."""
    deals = (market.ways, market.wallet_open, market.partnerships.services, market.acceptance)
    customers = (market.customers_by_accounts, market.scale, last.spent, last.held, last.take_3g)
    room = np.zeros(1, room_for_changes(market.M))
    return Changes(*expect_changes(*deals, platform, market.services_offered, *customers, room))


@making_loop
def weigh_up(  # type: ignore[no-untyped-def]
    rates, months, platform, changes, brought, slopes, margin, stance, integrated
):
    """Return what deals with a platform are worth to each side, as `agents.bargaining.Gains` lists it.

    Parameters
    ----------
    rates : model.settlement.Rates
    months : float
        Term of a deal. What is won at its start stays longest: the mean over the term is half of it.
    platform : int
    changes : Changes
    brought : (G, K) float, accounts a month
    slopes, margin : (G, K, K), (G, K) float
        See `model.last_month.LastMonth`.
    stance : (K, G) int
    integrated : (K, G, M) bool
        Whether the systems were ever joined.

    Returns
    -------
    operator, platform, pool, headroom, exclusivity : (G, K) float, RMB a month
    """
    G, K = margin.shape
    gain_operator, gain_platform, pool = np.empty((G, K)), np.empty((G, K)), np.empty((G, K))
    headroom, exclusivity = np.empty((G, K)), np.empty((G, K))
    per_account = rates.web_purchases * (rates.merchant_fee - rates.processing_cost)
    for g in range(G):
        pull = changes.pull[g]
        for k in range(K):
            bills, purchases = changes.bills[g, k], changes.purchases[g, k]
            won = people_won(slopes[g], k, pull) * months / 2.0
            kept = kept_from_rivals(slopes[g], k, pull, stance[:, g]) * months / 2.0
            accounts = brought[g, k] * months / 2.0
            integration = (1.0 - integrated[k, g, platform]) * rates.integration_cost / months
            cash = rates.outlet_commission * changes.saved[g, k] - rates.service_fee * bills
            pool[g, k] = rates.service_fee * bills + rates.merchant_fee * purchases
            processing = rates.processing_cost * (bills + purchases)
            headroom[g, k] = rates.fee_headroom * bills
            gain_operator[g, k] = cash - integration + won * margin[g, k]
            gain_platform[g, k] = pool[g, k] - processing + accounts * per_account - integration
            exclusivity[g, k] = kept * margin[g, k]
    return gain_operator, gain_platform, pool, headroom, exclusivity


@rule
def people_won(slopes, k, pull):  # type: ignore[no-untyped-def]
    """Return the lines a month that an operator wins in a province by its own pull; first order in the logit.

    Parameters
    ----------
    slopes : (K, K) float
        Of the province; see `model.flows.choice_slopes`.
    k : int
    pull : (K,) float, utils
    """
    return slopes[k, k] * pull[k]


@rule
def kept_from_rivals(slopes, k, pull, stance):  # type: ignore[no-untyped-def]
    """Return the lines a month that an operator would lose to rivals' pull, and keeps where they go without.

    Parameters
    ----------
    stance : (K,) int
        A closed rival goes without the platform anyway.
    others
        See `people_won`.
    """
    lost = 0.0
    for rival in range(len(pull)):
        if rival != k and stance[rival] != _CLOSED:
            lost -= slopes[k, rival] * pull[rival]
    return lost


@making_loop
def accounts_brought(  # type: ignore[no-untyped-def]
    campaign, contacts, accounts, lines, online_share, without, platform
):
    """Return the accounts a month that a branch's deal brings a platform at first.

    Parameters
    ----------
    campaign, contacts : (M + 1,) float, a month
        Hazard of opening an account that promotion adds, by itself and with all contacts.
    accounts : (G, M + K) float
    lines : (G, K) float
    online_share : (G,) float
        Of lines whose holder uses the internet, as every holder of an account does.
    without : (G, K, M) float
        Lines whose holder has no account there.
    platform : int

    Returns
    -------
    (G, K) float
    """
    G, K = lines.shape
    brought = np.empty((G, K))
    for g in range(G):
        users = users_of(accounts, lines, g, platform)
        hazard = campaign[platform] + contacts[platform] * users
        online = max(online_share[g] - users, 0.0) / max(1.0 - users, 1e-9)
        for k in range(K):
            brought[g, k] = hazard * online * without[g, k, platform]
    return brought

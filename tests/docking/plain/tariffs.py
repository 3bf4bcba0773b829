"""Tariffs that answer demand: every operator's two prices, best replies to its rivals' (ODD 7.2).

What each product is worth to a person is asked of the person. Sums over people are left to NumPy and the
search for prices to SciPy: a month takes dozens of sums.
"""

import math
from copy import copy

import numpy as np
from scipy.optimize import root

from plain.given import NETWORKS, OPERATORS, WALLET

MOST_ASKED = 2_500


def set_tariffs(market):
    """Set the month's prices: best replies for what somebody can buy, observed prices for the rest."""
    for province in market.provinces:
        for branch in province.branches.values():
            branch.lay_out_menu()
    market.demand = Demand(market)
    market.best_replies = best_replies(market)
    market.prices = market.best_replies | market.told
    for province in market.provinces:
        for (operator, network), price in market.prices.items():
            province.branches[operator].price[network] = price


def best_replies(market):
    """Return the prices at which every operator's profit is flat, by operator and network."""
    demand, observed = market.demand, observed_prices(market.given, market.month)
    if demand.weight.sum() == 0.0:
        return observed
    start = [market.prices[product] for product in demand.products]
    found = root(demand.distance, start, method="hybr", options={"xtol": 1e-13})
    return observed | dict(zip(demand.products, found.x.tolist(), strict=True))


def observed_prices(given, month):
    """Return the observed prices by operator and network."""
    return {(k, n): given.price(k, n, month) for k in OPERATORS for n in NETWORKS}


class Demand:
    """The country's discounted demand for every product on offer, given last month's people.

    Parameters
    ----------
    market : PlainMarket
    """

    def __init__(self, market):
        p, people = market.p, people_asked(market)
        self.products = products_on_offer(market)
        self.on_3g = np.array([network == "3g" for _, network in self.products])
        self.owner = np.array([OPERATORS.index(operator) for operator, _ in self.products])
        self.cost = np.where(self.on_3g, p.serving_cost_3g, p.serving_cost_2g)
        self.spread = np.where(self.on_3g, p.dissimilarity, 1.0)
        monthly = min((1.0 + p.discount_rate) ** (-1.0 / 12.0), 0.9999)
        self.theta = monthly * p.review_hazard / (1.0 - monthly * (1.0 - p.review_hazard))
        self.alpha = np.array([person.alpha for person in people])
        self.weight = np.array(
            [
                person.province.scale * thinning(market) * due(person, market.month, monthly, self.theta)
                for person in people
            ]
        )
        worth = [worth_of(person, self.products) for person in people]
        self.first = np.array([first for first, _ in worth])  # by person and product
        self.later = np.array([later for _, later in worth])  # by person, product held, and product

    # ---- choices ---------------------------------------------------------------------------------

    def chances(self, worth, price):
        """Return the nested logit's probability of every product (ODD 7.9), and that within its nest."""
        value = worth - self.alpha.reshape(-1, *[1] * (worth.ndim - 1)) * price
        within = np.ones_like(value)
        options = value[..., ~self.on_3g]
        if self.on_3g.any():
            nest = value[..., self.on_3g] / self.spread[self.on_3g]
            within[..., self.on_3g] = np.exp(nest - log_of_sum(nest))
            value[..., self.on_3g] = self.spread[self.on_3g] * log_of_sum(nest)
            options = np.concatenate([options, value[..., self.on_3g][..., :1]], axis=-1)
        return np.exp(value - log_of_sum(options)) * within, within

    def turns(self, worth, price):
        """Return the change of every product's probability with every product's utility."""
        chance, within = self.chances(worth, price)
        own = np.eye(len(self.products)) / self.spread
        nested = np.outer(self.on_3g, self.on_3g) * (1.0 - 1.0 / self.spread)
        return chance[..., :, None] * (own + nested * within[..., None, :] - chance[..., None, :])

    # ---- sums over people ------------------------------------------------------------------------

    def quantity(self, price):
        """Return D of every product, real lines."""
        first, _ = self.chances(self.first, price)
        return (1.0 - self.theta) * np.einsum("i,ix,ixj->j", self.weight, first, self.visits(price))

    def visits(self, price):
        """Return how much of the future, from holding a product on, falls to every product."""
        later, _ = self.chances(self.later, price)
        return np.linalg.inv(np.eye(len(self.products)) - self.theta * later)

    def slope(self, price):
        """Return the change of D of every product (rows) with every price (columns), lines per RMB."""
        first, _ = self.chances(self.first, price)
        visits = self.visits(price)
        # A price turns the first choice, and every later one wherever it is made.
        made = self.theta * np.einsum("ix,ixy->iy", first, visits)
        turned = self.turns(self.first, price)
        turned += np.einsum("ix,ixjl->ijl", made, self.turns(self.later, price))
        weight = (1.0 - self.theta) * self.weight * -self.alpha
        return np.einsum("i,ijl,ijm->ml", weight, turned, visits)

    # ---- operators -------------------------------------------------------------------------------

    def distance(self, price):
        """Return how far prices are from where profits are flat, RMB, were demand a straight line."""
        slope = self.slope(price)
        own_products = slope * (self.owner[:, None] == self.owner)
        return (self.quantity(price) + (price - self.cost) @ own_products) / -np.diag(slope)


def log_of_sum(values):
    """Return the logarithm of the sum of exponentials over the last axis, which is kept."""
    top = values.real.max(axis=-1, keepdims=True)
    return top + np.log(np.exp(values - top).sum(axis=-1, keepdims=True))


def products_on_offer(market):
    """Return the subscriptions that somebody can have."""
    return [
        (operator, network)
        for operator in OPERATORS
        for network in NETWORKS
        if network == "2g" or any(p.branches[operator].coverage > 0.0 for p in market.provinces)
    ]


def thinning(market):
    """Return how many rows each row that is asked speaks for."""
    return math.ceil(len(market.people) / market.most_asked)


def people_asked(market):
    """Return those asked, at every so-manieth position, who have a line or take one up this month."""
    return [
        person
        for person in market.people
        if person.position % thinning(market) == 0
        and (person.subscription is not None or person.takes_up_line(market.month))
    ]


def due(person, month, monthly, theta):
    """Return what the next choice weighs: the sooner it comes the more."""
    if person.subscription is None:
        return 1.0
    wait = max(person.contract_end - month + 1, 0)
    return theta * monthly ** (wait - 1)


def worth_of(person, products):
    """Return what products are worth to a person but for prices: at the next choice, and at any later one."""
    near, near_3g = person.contacts_by_operator()

    def worth_to(chooser):
        return [chooser.utility_but_for_price(k, n, near[k], near_3g) for k, n in products]

    now = copy(person)
    if now.subscription is None:
        now.accounts = now.accounts_brought(now.province.held)
    return worth_to(now), [worth_to(as_if(now, product)) for product in products]


def as_if(person, product):
    """Return the person as it would be with another product; a wallet stays with the operator left."""
    moved = copy(person)
    moved.subscription = product
    if person.subscription is None or person.subscription[0] != product[0]:
        moved.accounts = person.accounts - {WALLET}
    return moved

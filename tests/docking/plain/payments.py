"""Methods of payment: which are open to a branch's customers, and what they are worth (ODD 7.6)."""

import math

from plain.given import CASH, PLATFORMS, SERVICES, WALLET


class Menu:
    """The methods open to the customers of one branch.

    Parameters
    ----------
    given : Given
    acceptance : dict
        Share of merchants that accept a method, by method.
    wallet_runs : bool
    covered : dict
        Services covered by each partner's deal, by platform.
    """

    def __init__(self, given, acceptance, wallet_runs, covered):
        self.given, self.acceptance = given, acceptance
        self.wallet_runs, self.covered = wallet_runs, covered
        self._kept = {}

    def with_partner(self, platform, services):
        """Return the menu with one more partner."""
        covered = {**self.covered, platform: services}
        return Menu(self.given, self.acceptance, self.wallet_runs, covered)

    def beside_cash(self, service):
        """Return the methods other than cash that can pay for a service."""
        partners = [m for m in PLATFORMS if service in self.covered.get(m, ())]
        if self.wallet_runs:
            return [WALLET, *partners]
        return partners

    def utility(self, method, accounts):
        """Return w, what a method is worth against cash."""
        p = self.given.p
        utility = self.given.of("taste", method) + p.merchant_pull * self.acceptance[method]
        if method in accounts:
            utility += p.account_familiarity
        return utility

    def weights(self, service, accounts):
        """Return exp(w) of every open method, cash first."""
        key = service, accounts
        if key not in self._kept:
            open_now = self.beside_cash(service)
            self._kept[key] = {CASH: 1.0} | {d: math.exp(self.utility(d, accounts)) for d in open_now}
        return self._kept[key]

    def value(self, service, accounts):
        """Return v, the inclusive value of the methods beside cash."""
        return math.log(sum(self.weights(service, accounts).values()))

    def probability(self, method, service, accounts):
        """Return P, the probability that a method pays for a service."""
        weights = self.weights(service, accounts)
        return weights.get(method, 0.0) / sum(weights.values())

    def method_drawn(self, service, accounts, u):
        """Return the method a uniform draw falls on, methods laid end to end."""
        reached = 0.0
        methods = list(self.weights(service, accounts))
        for method in methods[:-1]:
            reached += self.probability(method, service, accounts)
            if u < reached:
                return method
        return methods[-1]

    def worth(self, network, accounts):
        """Return W, what paying by phone is worth on a network."""
        p = self.given.p
        key = network, accounts
        if key in self._kept:
            return self._kept[key]
        eta = {s: self.given.of("weight", s) for s in SERVICES}
        if network == "2g":
            services = sum(eta[s] * self.value(s, accounts) for s in SERVICES if s != "purchases")
            worth = p.payment_value_2g * services
        else:
            weight = p.payment_value_2g + p.era * (p.payment_value_3g - p.payment_value_2g)
            services = sum(eta[s] * self.value(s, accounts) for s in SERVICES)
            worth = weight * services + self.ease_of_joining(accounts)
        self._kept[key] = worth
        return worth

    def ease_of_joining(self, accounts):
        """Return what it is worth to subscribe and to buy the handset at a partner one knows."""
        ease = 0.0
        for service in ("subscribing", "handsets"):
            if any(service in self.covered[m] for m in self.covered if m in accounts):
                ease += self.given.p.join_online / 2.0
        return ease

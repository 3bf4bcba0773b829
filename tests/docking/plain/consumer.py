"""One consumer: who it is, what it chooses, how it pays, which accounts it opens (ODD 7.4 to 7.11)."""

import math

from agents.draws import (
    ACCOUNT_OPENING,
    ACCOUNTS_AT_START,
    FIRST_OPERATOR,
    NEST_STREAM,
    PAYMENT,
    REVIEW,
    TASTE,
    TRAITS,
    stream_of,
)
from plain.arithmetic import log_sum, share_of
from plain.given import NETWORKS, OPERATORS, PLATFORMS, SERVICES, WALLET, exponential, gumbel, two_normals

NO_ACCOUNT = frozenset()


class Consumer:
    """A present or future line.

    Parameters
    ----------
    province : Province
    position : int
        Place on the province's ring.
    """

    def __init__(self, province, position):
        self.province, self.position = province, position
        self.given, self.p = province.given, province.given.p
        self.subscription = self.subscription_before = None  # (operator, network)
        self.accounts = self.accounts_before = NO_ACCOUNT
        self.contract_end = 0
        self.surplus = 0.0
        self.methods = {}  # of the month's payments, by service
        self.contacts = []
        self.alpha, self.sigma = self._traits()

    def _luck(self, purpose, month=0, stream=0):
        return self.given.luck.four(purpose, month, self.province.code, self.position, stream)

    def _shared_luck(self, purpose, month, stream=0):
        return self.given.luck.one(purpose, month, self.province.code, self.position, stream)

    def _traits(self):
        """Return price sensitivity and switching cost."""
        p = self.p
        u, v, _, _ = self._luck(TRAITS)
        z1, z2 = two_normals(u, v)
        a, b = p.sensitivity_spread, p.switching_spread
        mean = p.price_sensitivity * self.province.relative_income ** (-p.income_elasticity)
        return mean * math.exp(a * z1 - a * a / 2.0), p.switching_cost * math.exp(b * z2 - b * b / 2.0)

    # ---- before the first month ----------------------------------------------------------------

    def settle(self, shares, held):
        """Take the line one has in December 2008: 2G at an operator drawn with its share."""
        if not self.given.line_in_use(self.province.number, self.position, 0):
            return
        scores = {}
        for operator in OPERATORS:
            u, _, _, _ = self._luck(FIRST_OPERATOR, stream=stream_of(operator))
            scores[operator] = math.log(shares[operator]) + gumbel(u)
        self.subscription = max(scores, key=scores.get), "2g"
        self.accounts = self.accounts_brought(held)

    def is_online(self):
        """Return whether the person uses the internet."""
        return self._luck(ACCOUNTS_AT_START)[0] < self.province.online

    def accounts_brought(self, held):
        """Return the platform accounts that come with a line that is taken up."""
        if not self.is_online():
            return NO_ACCOUNT
        own = self._luck(ACCOUNTS_AT_START)[1:]
        return frozenset(m for m, u in zip(PLATFORMS, own, strict=True) if u < held[m])

    # ---- the review ----------------------------------------------------------------------------

    def begin_month(self):
        """Keep what others see of this person during the month."""
        self.subscription_before, self.accounts_before = self.subscription, self.accounts

    def review(self, month):
        """Choose anew if that is due, or for the first time if the line comes into use."""
        if self.subscription is None:
            if not self.given.line_in_use(self.province.number, self.position, month):
                return
            self.accounts = self.accounts_brought(self.province.held)
        elif not self.review_is_due(month):
            return
        utility = self.utilities()
        choice = self.choose(utility, month)
        self.surplus = self.expected_surplus(utility)
        self.take(choice, month)

    def review_is_due(self, month):
        """Return whether the contract has run out and the hazard strikes."""
        return month > self.contract_end and self._shared_luck(REVIEW, month) < self.p.review_hazard

    def utilities(self):
        """Return V of every subscription that can be had, by operator and network."""
        near, near_3g = self.contacts_by_operator()
        return {
            (operator, network): self.utility(operator, network, near[operator], near_3g)
            for operator in OPERATORS
            for network in NETWORKS
            if network == "2g" or self.province.branches[operator].coverage > 0.0
        }

    def utility(self, operator, network, near, near_3g):
        """Return V of one subscription."""
        p, branch = self.p, self.province.branches[operator]
        known = self.accounts
        if self.subscription is None or self.subscription[0] != operator:
            known = known - {WALLET}
        value = self.given.of("standing", operator) - self.alpha * branch.price[network]
        value += branch.menu.worth(network, known) + p.same_operator * near
        value += p.installed_base * self.province.installed_base[operator]
        if network == "3g":
            value += branch.quality + p.coverage_weight * branch.coverage + p.word_of_mouth * near_3g
        if self.subscription is not None:
            value -= self.cost_of_moving(operator, network)
        return value

    def cost_of_moving(self, operator, network):
        """Return what it costs somebody with a line to take another subscription."""
        mine, now_on = self.subscription
        cost = 0.0
        if operator != mine:
            cost += self.sigma
            if WALLET in self.accounts and self.province.branches[mine].wallet_runs:
                cost += self.p.lock_in
        if now_on == "3g" and network == "2g":
            cost += self.p.downgrade_cost
        return cost

    def choose(self, utility, month):
        """Return the winner of the exponential race between 2G options and the nest of 3G options.

        Rates over waiting times are compared by their logarithms, which are finite for any utility.
        """
        mu = self.p.dissimilarity
        score_2g, score_3g = {}, {}
        for operator in OPERATORS:
            u, w, _, _ = self._luck(TASTE, month, stream_of(operator))
            score_2g[operator] = utility[operator, "2g"] - math.log(exponential(u))
            if (operator, "3g") in utility:
                score_3g[operator] = utility[operator, "3g"] / mu - math.log(exponential(w))
        best_2g = max(score_2g, key=score_2g.get)
        if not score_3g:
            return best_2g, "2g"
        u, _, _, _ = self._luck(TASTE, month, NEST_STREAM)
        if self.nest_value(utility) - math.log(exponential(u)) > score_2g[best_2g]:
            return max(score_3g, key=score_3g.get), "3g"
        return best_2g, "2g"

    def nest_value(self, utility):
        """Return I, the inclusive value of the 3G options that there are."""
        mu = self.p.dissimilarity
        return mu * log_sum([v / mu for (_, network), v in utility.items() if network == "3g"])

    def expected_surplus(self, utility):
        """Return CS, RMB a month."""
        options = [v for (_, network), v in utility.items() if network == "2g"]
        if len(utility) > len(options):
            options.append(self.nest_value(utility))
        return log_sum(options) / self.alpha

    def take(self, choice, month):
        """Take a subscription: the contract it binds by, the wallet left behind."""
        before = self.subscription
        if choice == before:
            return
        if before is not None and choice[0] != before[0]:
            self.accounts = self.accounts - {WALLET}
        if choice[1] == "3g":
            self.contract_end = month + int(self.p.contract_months) - 1
        self.subscription = choice

    # ---- contacts ------------------------------------------------------------------------------

    def contacts_with_line(self):
        """Return the contacts that had a line when the month began."""
        return [other for other in self.contacts if other.subscription_before is not None]

    def contacts_by_operator(self):
        """Return the shares of contacts with each operator, and on anybody's 3G."""
        others = [other.subscription_before for other in self.contacts_with_line()]
        near = {k: share_of(others, lambda other, k=k: other[0] == k) for k in OPERATORS}
        return near, share_of(others, lambda other: other[1] == "3g")

    def contacts_with_account(self, kind):
        """Return the share of contacts with an account; for a wallet, my operator's customers with it."""
        mine = self.subscription[0]
        return share_of(
            self.contacts_with_line(),
            lambda other: (
                kind in other.accounts_before and (kind != WALLET or other.subscription_before[0] == mine)
            ),
        )

    # ---- paying --------------------------------------------------------------------------------

    def pay(self, month):
        """Pay for what the month brings, each service by a method drawn for it."""
        self.methods = {}
        if self.subscription is None:
            return
        menu = self.province.branches[self.subscription[0]].menu
        for service in self.services_bought():
            self.methods[service] = menu.method_drawn(
                service, self.accounts, self.payment_luck(service, month)
            )

    def services_bought(self):
        """Return the services that the person pays for this month."""
        (operator, network), before = self.subscription, self.subscription_before
        new_here = before is None or before[0] != operator
        on_3g = network == "3g"
        bought = {
            "subscribing": new_here,
            "telecom": True,
            "handsets": on_3g and self.subscription != before,
            "purchases": on_3g,
        }
        return [service for service in SERVICES if bought[service]]

    def payment_luck(self, service, month):
        """Return the draw that decides how a service is paid."""
        if service in ("telecom", "purchases"):
            return self._shared_luck(PAYMENT, month, SERVICES.index(service))
        join, handset, _, _ = self._luck(PAYMENT, month, SERVICES.index("subscribing"))
        return {"subscribing": join, "handsets": handset}[service]

    # ---- accounts ------------------------------------------------------------------------------

    def open_account(self, month):
        """Open at most one account: the hazards of those not yet held are laid end to end."""
        if self.subscription is None:
            return
        u, reached = self._shared_luck(ACCOUNT_OPENING, month), 0.0
        for kind in (*PLATFORMS, WALLET):
            if kind not in self.accounts:
                reached += self.hazard(kind)
                if u < reached:
                    self.accounts = self.accounts | {kind}
                    return

    def hazard(self, kind):
        """Return the chance of opening an account this month, were it the only one."""
        p, province = self.p, self.province
        branch = province.branches[self.subscription[0]]
        if kind == WALLET:
            if not branch.wallet_runs:
                return 0.0
            return p.wallet_campaign + p.wallet_contacts * self.contacts_with_account(WALLET)
        if not self.is_online():
            return 0.0
        merchants = p.adoption_merchants * province.acceptance[kind]
        alone = p.adoption_spontaneous + p.adoption_imitation * province.held[kind] + merchants
        if kind not in branch.deals:
            return min(1.0, alone)
        return min(1.0, alone) + p.adoption_campaign + p.adoption_contacts * self.contacts_with_account(kind)

"""Talks between branches and platforms: forecasts, bargain, exclusivity (ODD 7.13 to 7.15)."""

from dataclasses import dataclass
from functools import cached_property

from plain.arithmetic import clip, ratio
from plain.books import fee_headroom, price_of
from plain.given import CASH, NETWORKS, OPERATORS, OWN_SERVICES, PLATFORMS, SERVICES


@dataclass
class Deal:
    """A contract between a branch and a platform."""

    services: frozenset
    revenue_share: float
    fee_rise: float
    last_month: int
    premium: float = 0.0
    exclusive: bool = False


class Forecast:
    """What a deal would change in a month, at the reference terms.

    Parameters
    ----------
    market : PlainMarket
    branch : Branch
    platform : str
    services : frozenset
    """

    def __init__(self, market, branch, platform, services):
        self.market, self.branch, self.platform, self.services = market, branch, platform, services
        self.p, self.province, self.flows = market.p, branch.province, market.flows
        branch.lay_out_menu()
        self.without = branch.menu
        self.with_deal = branch.menu.with_partner(platform, services)

    # ---- payments ------------------------------------------------------------------------------

    def payments_a_month(self):
        """Yield service, accounts and RMB that last month's customers would pay at today's prices.

        As many join and buy a handset as last month, with the accounts of customers, of 3G customers.
        """
        branch, province = self.branch, self.province
        joined, equipped = province.newcomers(branch.operator)
        rmb = {s: price_of(province, branch.operator, s) for s in ("subscribing", "handsets", "purchases")}
        for (operator, network, accounts), rows in province.customers.items():
            if operator != branch.operator:
                continue
            lines = rows * province.scale
            yield "telecom", accounts, lines * branch.price[network]
            yield "subscribing", accounts, lines * rmb["subscribing"] * joined / province.rows(operator)
            if network == "3g":
                yield "purchases", accounts, lines * rmb["purchases"]
                share = equipped / province.rows(operator, "3g")
                yield "handsets", accounts, lines * rmb["handsets"] * share

    def through(self, method, menu, services):
        """Return what is paid by a method for some services, RMB a month."""
        return sum(
            rmb * menu.probability(method, service, accounts)
            for service, accounts, rmb in self.payments_a_month()
            if service in services
        )

    @cached_property
    def bills(self):
        """Return B."""
        return self.through(self.platform, self.with_deal, OWN_SERVICES)

    @cached_property
    def purchases(self):
        """Return U."""
        return self.through(self.platform, self.with_deal, ("purchases",))

    @cached_property
    def cash_saved(self):
        """Return dCash."""
        before = self.through(CASH, self.without, OWN_SERVICES)
        return before - self.through(CASH, self.with_deal, OWN_SERVICES)

    # ---- customers -----------------------------------------------------------------------------

    @cached_property
    def pull(self):
        """Return the rise in the mean worth of paying by phone over all people of the province."""
        share_3g = self.province.share_of_changes_to_3g()
        weight = {"2g": 1.0 - share_3g, "3g": share_3g}
        rise = rows_seen = 0.0
        for (_, _, accounts), rows in self.province.customers.items():
            rows_seen += rows
            for network in NETWORKS:
                gain = self.with_deal.worth(network, accounts) - self.without.worth(network, accounts)
                rise += rows * weight[network] * gain
        return ratio(rise, rows_seen)

    @cached_property
    def margin(self):
        """Return price less serving cost, the mean over the branch's lines."""
        cost = {"2g": self.p.serving_cost_2g, "3g": self.p.serving_cost_3g}
        lines = {n: self.province.lines(self.branch.operator, n) for n in NETWORKS}
        if sum(lines.values()) == 0.0:
            return self.branch.price["2g"] - cost["2g"]
        return sum(lines[n] * (self.branch.price[n] - cost[n]) for n in NETWORKS) / sum(lines.values())

    @property
    def half_term(self):
        """Return D / 2: how long a customer won during the term stays in it on average."""
        return self.p.deal_months / 2.0

    def customers_won(self):
        """Return the customers a deal wins, mean over its term."""
        own, flows = self.branch.operator, self.flows
        reviewers = self.p.review_hazard * sum(
            self.province.lines(k) * flows.chose[k][own] * (1.0 - flows.chose[k][own]) for k in OPERATORS
        )
        e = flows.entry_share[own]
        return (reviewers + self.market.new_lines(self.province) * e * (1.0 - e)) * self.pull * self.half_term

    def accounts_brought(self):
        """Return the accounts a deal brings the platform, mean over its term."""
        own, lines = self.branch.operator, self.province.lines()
        users = ratio(self.province.accounts(self.platform), lines)
        without = self.province.scale * sum(
            rows
            for (k, _, accounts), rows in self.province.customers.items()
            if k == own and self.platform not in accounts
        )
        online = ratio(self.province.online_before - users, 1.0 - users)
        hazard = self.p.adoption_campaign + self.p.adoption_contacts * users
        return hazard * without * max(online, 0.0) * self.half_term

    # ---- gains at the reference terms ----------------------------------------------------------

    @cached_property
    def pool(self):
        """Return the most that the platform can pass on."""
        return self.p.service_fee * self.bills + self.p.merchant_fee * self.purchases

    @cached_property
    def headroom(self):
        """Return the most that a higher service fee can bring the platform."""
        return fee_headroom(self.p) * self.bills

    @cached_property
    def integration(self):
        """Return the cost of joining systems, a month of the term; once."""
        if self.platform in self.branch.integrated:
            return 0.0
        return self.p.integration_cost * 1e6 / self.p.deal_months

    @cached_property
    def gain_operator(self):
        """Return gain_op."""
        saved = self.p.outlet_commission * self.cash_saved - self.p.service_fee * self.bills
        return saved - self.integration + self.customers_won() * self.margin

    @cached_property
    def gain_platform(self):
        """Return gain_pl."""
        p = self.p
        web = self.accounts_brought() * p.web_purchases_rmb * (p.merchant_fee - p.processing_cost)
        return self.pool - p.processing_cost * (self.bills + self.purchases) + web - self.integration

    def keeps(self, rivals):
        """Return what the branch keeps when rivals that are not closed go without a deal."""
        own, flows, province = self.branch.operator, self.flows, self.province
        reviewers = sum(
            province.lines(k)
            * flows.chose[k][own]
            * sum(flows.chose[k][j] * rival.pull for j, rival in rivals.items())
            for k in OPERATORS
        )
        e = flows.entry_share
        drawn = sum(e[j] * rival.pull for j, rival in rivals.items())
        new = self.market.new_lines(province) * e[own] * drawn
        return (self.p.review_hazard * reviewers + new) * self.half_term * self.margin


class Bargain:
    """The terms two sides would agree on (ODD 7.14).

    Parameters
    ----------
    forecast : Forecast
    """

    def __init__(self, forecast):
        p, province, platform = forecast.p, forecast.province, forecast.platform
        users = ratio(province.accounts(platform), province.lines())
        self.beta = clip(p.bargaining_floor + p.bargaining_users * users, 0.0, 1.0)
        self.joint = forecast.gain_operator + forecast.gain_platform
        self.size = abs(forecast.gain_operator) + abs(forecast.gain_platform)
        # A recorded deal without a joint gain leaves the platform as well off as without it.
        wanted = forecast.gain_platform - self.beta * max(self.joint, 0.0)
        self.transfer = clip(wanted, -forecast.headroom, forecast.pool)
        self.platform_gets = forecast.gain_platform - self.transfer
        self.operator_gets = forecast.gain_operator + self.transfer
        self.revenue_share = self.fee_rise = 0.0
        if self.transfer > 0.0:
            self.revenue_share = self.transfer / forecast.pool
        elif self.transfer < 0.0:
            self.fee_rise = -self.transfer / forecast.headroom

    @property
    def agreed(self):
        """Return whether both gain together and neither loses, but for the last bits of the sums."""
        least = -1e-12 * self.size
        return self.joint > 0.0 and self.operator_gets >= least and self.platform_gets >= least


def hold_talks(market, province, platform, month):
    """Let a platform meet the branches of a province whose talks are due, and sign."""
    branches = province.branches.values()
    shut = any(platform in b.deals and b.deals[platform].exclusive for b in branches)
    due = [b for b in branches if talks_are_due(market, b, platform, month)]
    if not due:
        return
    forecasts = {
        b.operator: Forecast(market, b, platform, services_on_offer(market, b, platform))
        for b in branches
        if b.stance != "closed"
    }
    bargains = {b.operator: Bargain(forecasts[b.operator]) for b in due}
    signed = {k: bargain for k, bargain in bargains.items() if bargain.agreed or market.as_recorded}
    winner, premium = best_bid(province, platform, signed, forecasts)
    for b in due:
        if not shut and b.operator in signed and winner in (None, b.operator):
            sign(market, b, platform, signed[b.operator], month, premium, winner is not None)
        b.next_talks[platform] = month + int(market.p.deal_months)


def talks_are_due(market, branch, platform, month):
    """Return whether a branch wants a deal that it does not have, and the time to meet has come."""
    if branch.stance == "closed" or platform in branch.deals or month < branch.next_talks[platform]:
        return False
    if market.as_recorded:
        since, _ = market.given.recorded_deal(branch.operator, branch.province.number, platform)
        return month >= since
    return True


def services_on_offer(market, branch, platform):
    """Return the services a deal would cover."""
    if market.as_recorded:
        return market.given.recorded_deal(branch.operator, branch.province.number, platform)[1]
    return frozenset(SERVICES)


def best_bid(province, platform, signed, forecasts):
    """Return the operator whose bid for exclusivity the platform takes, and the premium (ODD 7.15)."""
    if any(platform in b.deals for b in province.branches.values()):
        return None, 0.0
    bids = []
    for operator, bargain in signed.items():
        if province.branches[operator].stance != "exclusive":
            continue
        rivals = {k: f for k, f in forecasts.items() if k != operator}
        forgone = sum(signed[k].platform_gets for k in rivals if k in signed)
        gain = forecasts[operator].keeps(rivals) - forgone
        if gain > 0.0:
            bids.append((bargain.beta * gain, gain, forgone, operator))
    if not bids:
        return None, 0.0
    above, _, forgone, operator = max(bids)
    return operator, forgone + above


def sign(market, branch, platform, bargain, month, premium, exclusive):
    """Put a deal in force."""
    last = month + int(market.p.deal_months) - 1
    services = services_on_offer(market, branch, platform)
    branch.deals[platform] = Deal(services, bargain.revenue_share, bargain.fee_rise, last, premium, exclusive)
    if platform not in branch.integrated:
        branch.integrated.add(platform)
        branch.newly_integrated.add(platform)


def end_deals(branch, month):
    """End the deals whose term is over, and all deals of a branch that has closed."""
    for platform in PLATFORMS:
        deal = branch.deals.get(platform)
        if deal and (branch.stance == "closed" or month > deal.last_month):
            del branch.deals[platform]

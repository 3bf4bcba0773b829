"""The books: every payment of a month with payer, payee and reason, in whole fen (ODD 7.16)."""

from collections import Counter, defaultdict

from plain.given import CASH, OPERATORS, OWN_SERVICES, PLATFORMS, SERVICES, WALLET


def fee_headroom(p):
    """Return how far the service fee can rise above its reference rate."""
    return max(p.outlet_commission - p.service_fee, 0.0)


def price_of(province, operator, service, network=None):
    """Return what a customer pays for a service, RMB (ODD 7.10); a bill depends on the network."""
    given, p = province.given, province.given.p
    if service == "telecom":
        return province.branches[operator].price[network]
    return {
        "subscribing": p.connection_fee,
        "handsets": max(p.handset_cost - given.of("subsidy", operator), 0.0),
        "purchases": p.purchases_rmb * province.relative_income,
    }[service]


def volumes(province):
    """Return what was paid in real RMB, and how many rows paid, by operator, service and method."""
    rmb, rows = Counter(), Counter()
    for person in province.people:
        for service, method in person.methods.items():
            operator, network = person.subscription
            rows[operator, service, method] += 1
            price = price_of(province, operator, service, network)
            rmb[operator, service, method] += price * province.scale
    return rmb, rows


class Books:
    """One province's entries of one month, RMB, by payer, payee and reason."""

    def __init__(self, province, coverage_bn):
        self.province, self.p = province, province.given.p
        self.coverage_bn = coverage_bn
        self.rmb, self.rows = volumes(province)
        self.entries = defaultdict(float)
        for operator in OPERATORS:
            self.enter_service(operator)
            self.enter_costs(operator)
            self.enter_wallet(operator)
            for platform in PLATFORMS:
                self.enter_deal(operator, platform)
        for platform in PLATFORMS:
            self.enter_web(platform)

    def pay(self, payer, payee, reason, rmb):
        """Enter a payment."""
        self.entries[payer, payee, reason] += rmb

    def paid(self, operator, services, method=None):
        """Return what was paid for services of an operator, by one method where one is named."""
        return sum(
            rmb
            for (k, service, by), rmb in self.rmb.items()
            if k == operator and service in services and method in (None, by)
        )

    def enter_service(self, operator):
        """Enter what consumers pay."""
        self.pay("consumers", operator, "bills", self.paid(operator, ("telecom",)))
        self.pay("consumers", operator, "connection fees", self.paid(operator, ("subscribing",)))
        self.pay("consumers", operator, "handsets", self.paid(operator, ("handsets",)))
        self.pay("consumers", "merchants", "mobile purchases", self.paid(operator, ("purchases",)))

    def enter_costs(self, operator):
        """Enter what it costs an operator to serve, equip and reach its customers."""
        p, province = self.p, self.province
        lines = {n: province.lines(operator, n) for n in ("2g", "3g")}
        serving = lines["2g"] * p.serving_cost_2g + lines["3g"] * p.serving_cost_3g
        self.pay(operator, "suppliers", "serving lines", serving)
        handsets = sum(n for (k, s, _), n in self.rows.items() if k == operator and s == "handsets")
        self.pay(operator, "handset_makers", "handsets", handsets * province.scale * p.handset_cost)
        built = province.branches[operator].built * province.residents_share * self.coverage_bn * 1e9
        self.pay(operator, "suppliers", "building coverage", built)
        cash = self.paid(operator, OWN_SERVICES, CASH)
        self.pay(operator, "outlets", "outlet commission", p.outlet_commission * cash)

    def enter_wallet(self, operator):
        """Enter what a wallet costs and earns its operator."""
        p = self.p
        if self.province.branches[operator].wallet_runs:
            self.pay(operator, "suppliers", "running the wallet", p.wallet_fixed_cost * 1e6)
        everything = self.paid(operator, SERVICES, WALLET)
        self.pay(operator, "banks", "wallet processing", p.processing_cost * everything)
        purchases = self.paid(operator, ("purchases",), WALLET)
        self.pay("merchants", operator, "merchant fees", p.merchant_fee * purchases)

    def enter_deal(self, operator, platform):
        """Enter what a deal moves."""
        p, branch = self.p, self.province.branches[operator]
        if platform in branch.newly_integrated:
            for side in (operator, platform):
                self.pay(side, "suppliers", "integration", p.integration_cost * 1e6)
        if platform not in branch.deals:
            return
        deal = branch.deals[platform]
        rate = p.service_fee + deal.fee_rise * fee_headroom(p)
        service_fees = rate * self.paid(operator, OWN_SERVICES, platform)
        merchant_fees = p.merchant_fee * self.paid(operator, ("purchases",), platform)
        self.pay(operator, platform, "service fees", service_fees)
        self.pay("merchants", platform, "merchant fees", merchant_fees)
        shared = deal.revenue_share * (service_fees + merchant_fees)
        self.pay(platform, operator, "revenue share", shared)
        self.pay(operator, platform, "exclusivity premium", deal.premium)
        processing = p.processing_cost * self.paid(operator, SERVICES, platform)
        self.pay(platform, "banks", "processing", processing)

    def enter_web(self, platform):
        """Enter what a platform earns away from the phone."""
        p = self.p
        web = p.web_purchases_rmb * self.province.accounts(platform)
        self.pay("merchants", platform, "web merchant fees", p.merchant_fee * web)
        self.pay(platform, "banks", "web processing", p.processing_cost * web)

    def received(self, party):
        """Return what a party received, RMB."""
        return sum(rmb for (_, payee, _), rmb in self.entries.items() if payee == party)

    def profit(self, party):
        """Return what a party received less what it paid, RMB."""
        return self.received(party) - sum(
            rmb for (payer, _, _), rmb in self.entries.items() if payer == party
        )

"""A province and the operators' branches in it, with last month's count of its people."""

import math
from collections import Counter

from plain.arithmetic import mean, ratio
from plain.given import NETWORKS, OPERATORS, PLATFORMS, WALLET
from plain.payments import Menu


class Branch:
    """An operator's branch in one province.

    Parameters
    ----------
    province : Province
    operator : str
    """

    def __init__(self, province, operator):
        self.province, self.operator = province, operator
        self.stance = "closed"
        self.price = {}
        self.quality = self.coverage = self.built = 0.0
        self.wallet_runs = province.given.launch(operator) <= 0
        self.deals = {}  # by platform
        self.integrated = set()  # platforms whose systems were ever joined with the branch's
        self.newly_integrated = set()
        self.next_talks = dict.fromkeys(PLATFORMS, 0)
        self.menu = None

    def look_up_month(self, month):
        """Take the month's coverage, quality and prices (ODD 7.1, 7.2, 7.8)."""
        given = self.province.given
        coverage = self.coverage_in(month)
        self.built = max(coverage - self.coverage_in(month - 1), 0.0)
        self.coverage = coverage
        self.quality = given.of("quality", self.operator) + risen(given, self.operator, month / 12.0)
        self.price = {n: given.price(self.operator, n, month) for n in NETWORKS}

    def coverage_in(self, month):
        """Return the share of the province within reach of 3G."""
        given, province = self.province.given, self.province
        national = given.national_coverage(self.operator, month)
        if national == 0.0:
            return 0.0
        lead = province.urban_mean_over_own**given.p.coverage_urban_lead
        return given.p.era * national**lead

    def lay_out_menu(self):
        """Make the month's menu of payment methods from the wallet and the deals in force."""
        covered = {platform: deal.services for platform, deal in self.deals.items()}
        self.menu = Menu(
            self.province.given, self.province.accepted_of(self.operator), self.wallet_runs, covered
        )


def risen(given, operator, years):
    """Return how far 3G quality has risen since December 2008; the rise slows down."""
    growth, fading = given.of("quality_growth", operator), given.p.quality_fading
    if fading == 0.0:
        return growth * years
    return growth * (1.0 - math.exp(-fading * years)) / fading


class Province:
    """A province: its people, branches, merchants, and how they were counted last.

    Parameters
    ----------
    given : Given
    number : int
    """

    def __init__(self, given, number):
        data = given.data
        self.given, self.number = given, number
        self.code, self.name = data.codes[number], data.provinces[number]
        self.scale = float(given.scale[number])
        residents = data.residents.tolist()
        self.residents_share = residents[number] / sum(residents)
        self.relative_income = data.income.tolist()[number] / mean(data.income.tolist(), residents)
        urban = data.urban_share.tolist()
        self.urban_mean_over_own = mean(urban, residents) / urban[number]
        self.online = self.online_before = float(data.internet_per_line[number, 0])
        self.people = []
        self.branches = {operator: Branch(self, operator) for operator in OPERATORS}
        self.acceptance = {}
        self.held = {}
        self.customers, self.moves = Counter(), Counter()
        self.wallet_users, self.installed_base = {}, {}

    def accepted_of(self, operator):
        """Return merchants' acceptance of the methods of an operator's customers."""
        return {m: self.acceptance[m] for m in PLATFORMS} | {WALLET: self.acceptance[operator]}

    def count(self):
        """Count people, rows, by subscription and accounts, and their moves of the month."""
        self.customers = Counter(
            (*person.subscription, person.accounts) for person in self.people if person.subscription
        )
        self.moves = Counter((person.subscription_before, person.subscription) for person in self.people)
        self.wallet_users = {k: self.customers_with_wallet(k) for k in OPERATORS}
        self.installed_base = {k: ratio(self.rows(k), self.rows()) for k in OPERATORS}

    def rows(self, operator=None, network=None):
        """Return last counted people with a line, of an operator and on a network where one is named."""
        return sum(
            n for (k, on, _), n in self.customers.items() if operator in (None, k) and network in (None, on)
        )

    def lines(self, operator=None, network=None):
        """Return the real lines they stand for."""
        return self.rows(operator, network) * self.scale

    def newcomers(self, operator):
        """Return how many rows joined an operator in the month counted, and how many its 3G."""
        joined = equipped = 0
        for (before, now), n in self.moves.items():
            if now == before or now[0] != operator:
                continue
            if before is None or before[0] != operator:
                joined += n
            if now[1] == "3g":
                equipped += n
        return joined, equipped

    def leavers(self, operator):
        """Return how many rows left an operator for a rival in the month counted."""
        return sum(
            n
            for (before, now), n in self.moves.items()
            if before is not None and before[0] == operator and now[0] != operator
        )

    def share_of_changes_to_3g(self):
        """Return the share of the month's changes of subscription that took up 3G; 0 of none."""
        changes = [(now, n) for (before, now), n in self.moves.items() if now != before]
        to_3g = sum(n for now, n in changes if now[1] == "3g")
        return ratio(to_3g, sum(n for _, n in changes))

    def accounts(self, platform):
        """Return last counted lines whose holder has an account at a platform."""
        return self.scale * sum(n for (_, _, held), n in self.customers.items() if platform in held)

    def customers_with_wallet(self, operator):
        """Return an operator's customers with its wallet; where it does not run, accounts lie idle."""
        if not self.branches[operator].wallet_runs:
            return 0.0
        return self.scale * sum(
            n for (k, _, held), n in self.customers.items() if k == operator and WALLET in held
        )

    def users(self):
        """Return users over lines of every platform, and of every operator's wallet."""
        lines = self.lines()
        return {m: ratio(self.accounts(m), lines) for m in PLATFORMS} | {
            k: ratio(self.wallet_users[k], lines) for k in OPERATORS
        }

    def note_accounts_held(self):
        """Work out `held`, accounts over lines of internet users, from last month's people.

        In a small province more may hold an account than are expected to be online.
        """
        online_lines = self.lines() * self.online
        self.held = {m: min(ratio(self.accounts(m), online_lines), 1.0) for m in PLATFORMS}

    def merchants_follow(self, users):
        """Let merchants close part of the gap between users and acceptance (ODD 7.12)."""
        speed = self.given.p.merchant_speed
        for name, share in users.items():
            self.acceptance[name] += speed * (share - self.acceptance[name])

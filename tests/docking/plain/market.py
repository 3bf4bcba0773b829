"""The month, phase by phase (ODD 3), and the start (ODD 5)."""

from plain import measures
from plain.books import Books
from plain.consumer import Consumer
from plain.deals import end_deals, hold_talks
from plain.flows import Flows
from plain.given import OPERATORS, PLATFORMS, Given
from plain.places import Province


class PlainMarket:
    """A market of plain objects.

    Parameters
    ----------
    scenario : str or Scenario
    consumers, months, seed : int
    **parameters : float
    """

    def __init__(self, scenario, consumers, months, seed, **parameters):
        self.given = Given(scenario, consumers, months, seed, **parameters)
        self.p, self.as_recorded = self.given.p, self.given.plan.observed_deals
        self.month = 0
        self.observed = []  # measures by month, of the market and of each operator
        self.provinces = [Province(self.given, g) for g in range(len(self.given.rows))]
        for province, rows in zip(self.provinces, self.given.rows, strict=True):
            province.people = [Consumer(province, position) for position in range(rows)]
        self.people = [person for province in self.provinces for person in province.people]
        for row, person in enumerate(self.people):
            person.contacts = [self.people[i] for i in self.given.contacts(row, person.province.number)]
        self.settle()

    def settle(self):
        """Bring everybody to December 2008."""
        data = self.given.data
        for g, province in enumerate(self.provinces):
            lines = data.initial_lines[g].tolist()
            shares = {k: n / sum(lines) for k, n in zip(OPERATORS, lines, strict=True)}
            held = dict(zip(PLATFORMS, data.initial_accounts[g].tolist(), strict=True))
            for person in province.people:
                person.settle(shares, held)
                person.begin_month()
            province.count()
            province.acceptance = province.users()

    def step(self):
        """Live through one month."""
        self.month += 1
        opening = measures.national_lines(self)
        self.flows = Flows(self.provinces, self.p.review_hazard)
        for province in self.provinces:
            self.look_up_month(province)
        for province in self.provinces:
            self.negotiate(province)
        for person in self.people:
            person.begin_month()
        for person in self.people:
            person.review(self.month)
        for person in self.people:
            person.pay(self.month)
        for province in self.provinces:
            self.grow(province)
        self.books = [Books(province, self.p.coverage_cost_bn) for province in self.provinces]
        self.observed.append(
            {"market": measures.of_market(self)}
            | {k: measures.of_operator(self, k, opening) for k in OPERATORS}
        )

    def look_up_month(self, province):
        """Take what the month brings from outside: coverage, prices, internet use, stances."""
        month, given = self.month, self.given
        province.online_before = province.online
        province.online = float(given.data.internet_per_line[province.number, month])
        province.note_accounts_held()
        for operator, branch in province.branches.items():
            branch.look_up_month(month)
            branch.stance = given.stance(operator, province.number, month)
            branch.wallet_runs = branch.stance == "closed" and month >= given.launch(operator)
            branch.newly_integrated = set()
            end_deals(branch, month)

    def negotiate(self, province):
        """Let platforms and branches meet, and lay out what consumers can pay by."""
        if self.month > 1:
            for platform in PLATFORMS:
                hold_talks(self, province, platform, self.month)
        for branch in province.branches.values():
            branch.lay_out_menu()

    def grow(self, province):
        """Let people open accounts and merchants follow last month's users; count people."""
        users = province.users()
        for person in province.people:
            person.open_account(self.month)
        province.merchants_follow(users)
        province.count()

    def new_lines(self, province):
        """Return the lines that came into use in a province last month."""
        rows = sum(n for (before, now), n in province.moves.items() if before is None and now is not None)
        return rows * province.scale

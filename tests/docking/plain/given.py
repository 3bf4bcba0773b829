"""What both markets are given: parameters, observed paths, stances, draws, who knows whom.

Tables become plain lists, and names take the place of numbers. The only rule here is the order in which lines
are taken up.
"""

import math
from itertools import accumulate

import numpy as np

from agents.contacts import contacts_of
from agents.draws import uniforms
from agents.network import build_network
from model.horizon import extended
from model.observations import load_observations
from model.parameters import Parameters
from model.people import entered_lines, rows_by_province
from model.scenarios import load_scenario

OPERATORS = ("china_mobile", "china_unicom", "china_telecom")
NETWORKS = ("2g", "3g")
SERVICES = ("subscribing", "telecom", "handsets", "purchases")
OWN_SERVICES = SERVICES[:3]
PLATFORMS = ("alipay", "tenpay", "unionpay_online")
CASH, WALLET = "cash", "wallet"
STANCES = ("closed", "open", "exclusive")


class Given:
    """Data, parameters and stances of one run, by name.

    Parameters
    ----------
    scenario : str or Scenario
    consumers, months, seed : int
    **parameters : float
    """

    def __init__(self, scenario, consumers, months, seed, **parameters):
        self.plan = load_scenario(scenario)
        self.p = Parameters.with_values({**self.plan.parameters, **parameters})
        self.data = data = extended(load_observations(), months, self.p.lines_ceiling)
        self.months = months
        sizes = rows_by_province(data.lines[:, months], consumers)
        self.rows = sizes.tolist()
        self.scale = [data.lines[g, months] * 1e6 / n for g, n in enumerate(self.rows)]
        self.entered = entered_lines(data.lines[:, : months + 1], sizes).tolist()
        self.first_row = [0, *accumulate(self.rows)]
        self.entry_multiplier = [entry_multiplier(n) for n in self.rows]
        start = np.array(self.first_row)
        self.network = build_network(start, data.codes, self.p.rewired_ties, self.p.distant_ties, seed)
        self.luck = Luck(seed)
        self.stance_path = self.plan.stance_path(data, OPERATORS).tolist()
        since, services = self.plan.services_from_deals(data, OPERATORS, PLATFORMS)
        self.recorded_since, self.recorded_services = since.tolist(), services.tolist()

    def of(self, stem, name):
        """Return the parameter of an operator or method, such as `standing_china_mobile`."""
        return getattr(self.p, f"{stem}_{name}")

    def price(self, operator, network, month):
        """Return the observed price, RMB a month."""
        return float(self.data.price[OPERATORS.index(operator), NETWORKS.index(network), month])

    def national_coverage(self, operator, month):
        """Return the share of the population that an operator's 3G reaches."""
        return float(self.data.coverage[OPERATORS.index(operator), month])

    def stance(self, operator, g, month):
        """Return the stance of a branch: closed, open or exclusive."""
        return STANCES[self.stance_path[month][OPERATORS.index(operator)][g]]

    def launch(self, operator):
        """Return the month from which an operator can run a wallet."""
        return int(self.data.wallet_launch[OPERATORS.index(operator)])

    def recorded_deal(self, operator, g, platform):
        """Return the month of a recorded deal and the services it covers."""
        k, m = OPERATORS.index(operator), PLATFORMS.index(platform)
        covered = zip(SERVICES, self.recorded_services[k][g][m], strict=True)
        return self.recorded_since[k][g][m], frozenset(s for s, yes in covered if yes)

    def line_in_use(self, g, position, month):
        """Return whether the line at a position is in use in a month."""
        rank = self.entry_multiplier[g] * position % self.rows[g]
        return rank < self.entered[g][month]

    def contacts(self, row, g):
        """Return the rows of a person's contacts."""
        return contacts_of(self.network, row, g)


class Luck:
    """The draws, each a function of what for, when, who, and which alternative.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed):
        self.seed = np.uint64(seed)

    def four(self, purpose, month, code, position, stream=0):
        """Return a person's four uniform draws."""
        return uniforms(self.seed, purpose, month, code, position, stream)

    def one(self, purpose, month, code, position, stream=0):
        """Return the one uniform draw that is a person's own among those four neighbours share."""
        return self.four(purpose, month, code, position // 4, stream)[position % 4]


def entry_multiplier(rows):
    """Return what a position is multiplied with to find its rank in the order of entry."""
    without_common_factor = [m for m in range(max(rows, 2)) if math.gcd(m, rows) == 1]
    return min(without_common_factor, key=lambda m: abs(m - 0.27547 * rows))


def exponential(u):
    """Return the standard exponential draw of a uniform one."""
    return -math.log(u)


def gumbel(u):
    """Return the type-1 extreme value shock of a uniform draw."""
    return -math.log(-math.log(u))


def two_normals(u, v):
    """Return the two standard normal draws of Box and Muller."""
    radius = math.sqrt(-2.0 * math.log(u))
    return radius * math.cos(2.0 * math.pi * v), radius * math.sin(2.0 * math.pi * v)

"""The contract between a branch and a payment platform, and the bargain that sets its terms.

A deal has two fee terms. The platform charges the operator a *service fee* on its customers' bills: the
reference rate, or more, but never more than the shops it replaces. And it passes on a *revenue share*
of its fees on those bills and on the customers' mobile purchases. Which applies, and how much, is the
Nash bargaining solution [Nash1950] over the joint gain, with the status quo as the disagreement point
and the platform's weight rising with its user base: if the platform's part of the gain is less than
the reference terms give it, the operator gets a revenue share; if it is more, the service fee rises. An
exclusive deal adds a premium: the operator makes good what the platform forgoes with its rivals, and
the rest of the gain is shared the same way.

[Nash1950] J. Nash, "The bargaining problem", Econometrica 18; weights as in K. Binmore, A. Rubinstein,
A. Wolinsky, "The Nash bargaining solution in economic modelling", RAND Journal of Economics 17 (1986).
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np


class Stance(IntEnum):
    """How a branch meets third-party payment platforms."""

    CLOSED = 0  # runs its own wallet, no partner
    OPEN = 1  # partners with any platform that gains from it
    EXCLUSIVE = 2  # the same, and pays to keep rivals in the province out


class Gains(NamedTuple):
    """What a deal is expected to be worth to each side, RMB a month, at the reference terms.

    The reference terms are the reference service fee and no revenue share.

    Attributes
    ----------
    operator, platform : float
        Gain over the status quo.
    pool : float
        Fees the platform could share: the most it can pass to the operator.
    headroom : float
        What raising the service fee to its ceiling would pass to the platform.
    exclusivity : float
        What the operator gains on top when rivals in the province go without.
    """

    operator: float
    platform: float
    pool: float
    headroom: float = 0.0
    exclusivity: float = 0.0

    @property
    def joint(self) -> float:
        """Return what both sides gain together."""
        return self.operator + self.platform

    @property
    def rounding(self) -> float:
        """Return how much of the gains may be nothing but the last digits of sums."""
        return 1e-12 * (abs(self.operator) + abs(self.platform) + self.pool + self.headroom)


class Terms(NamedTuple):
    """The terms of a deal.

    Attributes
    ----------
    revenue_share : float in [0, 1]
        Part of its fees that the platform passes to the operator.
    fee_rise : float in [0, 1]
        How far the service fee stands above the reference, on the way to its ceiling.
    premium : float, RMB a month
        Price of exclusivity.
    exclusive : bool
    """

    revenue_share: float = 0.0
    fee_rise: float = 0.0
    premium: float = 0.0
    exclusive: bool = False


def nash_split(joint: float, weight: float, disagreement: tuple[float, float]) -> tuple[float, float]:
    """Return what each of two sides gets: its disagreement point and its share of the surplus.

    Parameters
    ----------
    joint : float
        What both can have together if they agree.
    weight : float in [0, 1]
        Bargaining weight of the second side.
    disagreement : (float, float)
        What each has if they do not agree.

    Returns
    -------
    (float, float); the disagreement point when there is nothing to gain.
    """
    first, second = disagreement
    surplus = joint - first - second
    if surplus <= 0:
        return first, second
    return first + (1.0 - weight) * surplus, second + weight * surplus


def bargain(gains: Gains, weight: float) -> Terms | None:
    """Return the terms of an ordinary deal, or None when one side would lose by it.

    Parameters
    ----------
    gains : Gains
    weight : float in [0, 1]
        The platform's bargaining weight.
    """
    if gains.joint <= gains.rounding:
        return None
    transfer = bargained_transfer(gains, weight)
    # The fees may be too small to move the whole gain to the side that needs it. Who is left with
    # exactly nothing still signs, whatever the last bit of the sum says.
    least = -gains.rounding
    if gains.operator + transfer < least or gains.platform - transfer < least:
        return None
    return terms_of(transfer, gains)


def bargained_transfer(gains: Gains, weight: float) -> float:
    """Return what the platform passes to the operator, RMB a month; negative the other way.

    The bargaining frontier is a straight line and the Nash product is concave along it, so where the
    free solution is out of reach of the fee terms the nearer end is the constrained solution.
    """
    _, platform = nash_split(gains.joint, weight, (0.0, 0.0))
    return min(max(gains.platform - platform, -gains.headroom), gains.pool)


def terms_of(transfer: float, gains: Gains) -> Terms:
    """Return the fee terms that pass a transfer from platform to operator."""
    if transfer >= 0:
        return Terms(revenue_share=transfer / gains.pool if gains.pool > 0 else 0.0)
    return Terms(fee_rise=-transfer / gains.headroom)


def platform_keeps(gains: Gains, terms: Terms) -> float:
    """Return what a platform expects to gain under some fee terms, RMB a month."""
    return gains.platform - terms.revenue_share * gains.pool + terms.fee_rise * gains.headroom


def bargain_exclusivity(gains: Gains, terms: Terms, forgone: float, weight: float) -> Terms | None:
    """Return the terms of an exclusive deal, or None when exclusivity is not worth its price.

    Parameters
    ----------
    gains : Gains
    terms : Terms
        Of the ordinary deal: the disagreement point of this second bargain.
    forgone : float, RMB a month
        What the platform would gain from deals with rivals in the province.
    weight : float in [0, 1]
        The platform's bargaining weight.
    """
    added = gains.exclusivity - forgone
    if added <= 0:
        return None
    _, platform = nash_split(added, weight, (0.0, 0.0))
    # What is forgone can be nothing less a rounding error; nobody is paid for exclusivity.
    return terms._replace(premium=max(forgone + platform, 0.0), exclusive=True)


class Partnerships:
    """All deals in force, by operator, province and platform (K, G, M).

    Attributes
    ----------
    in_force, exclusive : bool
    revenue_share, fee_rise : float in [0, 1]
    premium : float, RMB a month
    ends : int, last month of the deal
    talks : int, next month the two sides meet when they have no deal
    integrated : bool, whether the systems were ever joined
    services : (K, G, M, S) bool, what the deal covers
    """

    def __init__(self, operators: int, provinces: int, platforms: int, services: int) -> None:
        shape = (operators, provinces, platforms)
        self.in_force = np.zeros(shape, bool)
        self.exclusive = np.zeros(shape, bool)
        self.integrated = np.zeros(shape, bool)
        self.revenue_share = np.zeros(shape)
        self.fee_rise = np.zeros(shape)
        self.premium = np.zeros(shape)
        self.ends = np.zeros(shape, np.int64)
        self.talks = np.zeros(shape, np.int64)
        self.services = np.zeros((*shape, services), bool)

    def expire(self, month: int, wanted: np.ndarray) -> None:
        """End the deals whose term is over, and those whose branch no longer wants them.

        Parameters
        ----------
        wanted : (K, G, M) bool
        """
        over = self.in_force & ((self.ends < month) | ~wanted)
        self.in_force[over] = False
        self.exclusive[over] = False
        self.premium[over] = 0.0
        self.services[over] = False

    def sign(self, deal: tuple[int, int, int], terms: Terms, ends: int, services: np.ndarray) -> None:
        """Enter a deal of operator, province and platform.

        Parameters
        ----------
        deal : (k, g, m)
        terms : Terms
        ends : int
            Last month.
        services : (S,) bool
        """
        self.in_force[deal] = True
        self.exclusive[deal] = terms.exclusive
        self.revenue_share[deal] = terms.revenue_share
        self.fee_rise[deal] = terms.fee_rise
        self.premium[deal] = terms.premium
        self.ends[deal] = ends
        self.services[deal] = services

    def shut_out(self, operator: int, province: int, platform: int) -> bool:
        """Return whether a rival's exclusive deal keeps an operator from a platform in a province."""
        bound = self.exclusive[:, province, platform].tolist()
        return any(yes for rival, yes in enumerate(bound) if rival != operator)

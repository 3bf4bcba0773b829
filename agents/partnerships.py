"""The contract between a branch and a payment platform, and the bargain that sets its terms.

A deal creates a monthly pool of fees: what the platform charges the operator on its customers' bills
and what merchants pay on their mobile purchases. The bargained term is the *revenue share*, the part
of the pool the platform passes to the operator. It is the Nash bargaining solution [Nash1950] with the
status quo as the disagreement point and the platform's weight rising with its user base, under the
constraint that the share lies between 0 and 1. An exclusive deal adds a premium: the operator
makes good what the platform forgoes with its rivals, and the rest of the gain is shared the same way.

[Nash1950] J. Nash, "The bargaining problem", Econometrica 18; weights as in K. Binmore, A. Rubinstein,
A. Wolinsky, "The Nash bargaining solution in economic modelling", RAND Journal of Economics 17 (1986).
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np


class Stance(IntEnum):
    """How a branch meets third-party payment platforms."""

    CLOSED = 0  # runs its own wallet, no partner
    OPEN = 1  # partners with any platform that gains from it
    EXCLUSIVE = 2  # the same, and pays to keep rivals in the province out


@dataclass(frozen=True)
class Gains:
    """What a deal is expected to be worth to each side, RMB a month, before any revenue is shared.

    Attributes
    ----------
    operator, platform : float
        Gain over the status quo at a revenue share of 0.
    pool : float
        Fees that could be shared.
    exclusivity : float
        What the operator gains on top when rivals in the province go without.
    """

    operator: float
    platform: float
    pool: float
    exclusivity: float = 0.0

    @property
    def joint(self) -> float:
        """Return what both sides gain together."""
        return self.operator + self.platform


@dataclass(frozen=True)
class Terms:
    """The terms of a deal: revenue share of the pool, and the monthly premium of exclusivity."""

    revenue_share: float
    premium: float = 0.0
    exclusive: bool = False


def nash_split(
    joint: float, weight: float, disagreement: tuple[float, float]
) -> tuple[float, float]:
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
    if gains.joint <= 0:
        return None
    share = constrained_share(gains, weight)
    left_operator = gains.operator + share * gains.pool
    left_platform = gains.platform - share * gains.pool
    # The pool may be too small to move the whole gain to the side that needs it.
    return None if min(left_operator, left_platform) < 0 else Terms(share)


def constrained_share(gains: Gains, weight: float) -> float:
    """Return the revenue share in [0, 1] that comes nearest the Nash split of the joint gain.

    The bargaining frontier is a straight line and the Nash product is concave along it, so the
    constrained solution is the nearer end whenever the free one lies outside.
    """
    if gains.pool <= 0:
        return 0.0
    _, platform = nash_split(gains.joint, weight, (0.0, 0.0))
    return float(np.clip((gains.platform - platform) / gains.pool, 0.0, 1.0))


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
    return Terms(terms.revenue_share, premium=forgone + platform, exclusive=True)


class Partnerships:
    """All deals in force, by operator, province and platform (K, G, M).

    Attributes
    ----------
    in_force, exclusive : bool
    revenue_share : float in [0, 1]
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

    def sign(
        self, deal: tuple[int, int, int], terms: Terms, ends: int, services: np.ndarray
    ) -> None:
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
        self.premium[deal] = terms.premium
        self.ends[deal] = ends
        self.services[deal] = services

    def shut_out(self, operator: int, province: int, platform: int) -> bool:
        """Return whether a rival's exclusive deal keeps an operator from a platform in a province."""
        rivals = self.exclusive[:, province, platform].copy()
        rivals[operator] = False
        return bool(rivals.any())

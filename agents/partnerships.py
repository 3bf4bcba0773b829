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
from typing import Any, NamedTuple

import numpy as np

# A number or an array of them, each the case of one deal; the rules are the same.
type Amount = Any
type Answer = Any


class Stance(IntEnum):
    """How a branch meets third-party payment platforms."""

    CLOSED = 0  # runs its own wallet, no partner
    OPEN = 1  # partners with any platform that gains from it
    EXCLUSIVE = 2  # the same, and pays to keep rivals in the province out


class Gains(NamedTuple):
    """What a deal is expected to be worth to each side, RMB a month, at the reference terms.

    The reference terms are the reference service fee and no revenue share. Numbers, or arrays of one shape:
    a deal an element.

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

    operator: Amount
    platform: Amount
    pool: Amount
    headroom: Amount = 0.0
    exclusivity: Amount = 0.0

    @property
    def joint(self) -> Amount:
        """Return what both sides gain together."""
        return self.operator + self.platform

    @property
    def rounding(self) -> Amount:
        """Return how much of the gains may be nothing but the last digits of sums."""
        return 1e-12 * (abs(self.operator) + abs(self.platform) + self.pool + self.headroom)


class Terms(NamedTuple):
    """The terms of a deal; numbers, or arrays of one shape: a deal an element.

    Attributes
    ----------
    revenue_share : float in [0, 1]
        Part of its fees that the platform passes to the operator.
    fee_rise : float in [0, 1]
        How far the service fee stands above the reference, on the way to its ceiling.
    premium : float, RMB a month
        Price of exclusivity.
    exclusive : bool
    agreed : bool
        False where there is nothing to gain together, or a side loses by the best terms in reach.
    """

    revenue_share: Amount = 0.0
    fee_rise: Amount = 0.0
    premium: Amount = 0.0
    exclusive: Answer = False
    agreed: Answer = True


def nash_split(joint: Amount, weight: Amount, disagreement: tuple[Amount, Amount]) -> tuple[Amount, Amount]:
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
    surplus = np.maximum(joint - first - second, 0.0)
    return first + (1.0 - weight) * surplus, second + weight * surplus


def bargain(gains: Gains, weight: Amount) -> Terms:
    """Return the terms of an ordinary deal: the bargained ones or, in their place, the best in reach of fees.

    Parameters
    ----------
    gains : Gains
    weight : float in [0, 1]
        The platform's bargaining weight.
    """
    transfer, rounding = bargained_transfer(gains, weight), gains.rounding
    # The fees may be too small to move the whole gain to the side that needs it. Who is left with
    # exactly nothing still signs, whatever the last bit of the sum says.
    least = np.minimum(gains.operator + transfer, gains.platform - transfer)
    return Terms(
        revenue_share=_part(np.maximum(transfer, 0.0), gains.pool),
        fee_rise=_part(np.maximum(-transfer, 0.0), gains.headroom),
        agreed=(gains.joint > rounding) & (least >= -rounding),
    )


def bargained_transfer(gains: Gains, weight: Amount) -> Amount:
    """Return what the platform passes to the operator, RMB a month; negative the other way.

    The bargaining frontier is a straight line and the Nash product is concave along it, so where the
    free solution is out of reach of the fee terms the nearer end is the constrained solution.
    """
    _, platform = nash_split(gains.joint, weight, (0.0, 0.0))
    return np.minimum(np.maximum(gains.platform - platform, -gains.headroom), gains.pool)


def _part(amount: Amount, whole: Amount) -> Amount:
    """Return which part of a whole an amount is; 0 where there is nothing to have a part of."""
    return amount / np.where(whole > 0, whole, 1.0)


def platform_keeps(gains: Gains, terms: Terms) -> Amount:
    """Return what a platform expects to gain under some fee terms, RMB a month."""
    return gains.platform - terms.revenue_share * gains.pool + terms.fee_rise * gains.headroom


def bargain_exclusivity(gains: Gains, terms: Terms, forgone: Amount, weight: Amount) -> Terms:
    """Return the terms of an exclusive deal; not agreed where exclusivity is not worth its price.

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
    _, platform = nash_split(added, weight, (0.0, 0.0))
    # What is forgone can be nothing less a rounding error; nobody is paid for exclusivity.
    premium = np.maximum(forgone + platform, 0.0)
    return terms._replace(premium=premium, exclusive=True, agreed=terms.agreed & (added > 0))


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
        if not over.any():
            return
        self.in_force[over] = False
        self.exclusive[over] = False
        self.premium[over] = 0.0
        self.services[over] = False

    def sign(self, platform: int, signing: np.ndarray, terms: Terms, ends: int, services: np.ndarray) -> None:
        """Enter deals with a platform.

        Parameters
        ----------
        platform : int
        signing : (K, G) bool
            The branches that sign.
        terms : Terms
            Of numbers, or of arrays (K, G).
        ends : int
            Last month.
        services : (K, G, M, S) bool
            What a deal covers.
        """
        for table, value in (
            (self.in_force, True),
            (self.integrated, True),
            (self.exclusive, terms.exclusive),
            (self.revenue_share, terms.revenue_share),
            (self.fee_rise, terms.fee_rise),
            (self.premium, terms.premium),
            (self.ends, ends),
        ):
            np.copyto(table[:, :, platform], value, where=signing)
        covered = services[:, :, platform]
        np.copyto(self.services[:, :, platform], covered, where=signing[:, :, None])

    def shut_out(self, platform: int) -> np.ndarray:
        """Return which branches a rival's exclusive deal keeps from a platform, (K, G) bool."""
        bound = self.exclusive[:, :, platform]
        return bound.any(axis=0) & ~bound

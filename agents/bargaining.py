"""The terms of a contract between a branch and a payment platform, and the bargain that sets them.

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

from typing import Any, NamedTuple

from agents.compiling import rule

# A number, or an array of them, each the case of one deal. Rules are about one deal, in numbers.
type Amount = Any
type Answer = Any


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
        return joint_gain(self)

    @property
    def rounding(self) -> Amount:
        """Return how much of the gains may be nothing but the last digits of sums."""
        return rounding_of(self)


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


@rule
def joint_gain(gains):  # type: ignore[no-untyped-def]
    """Return what both sides gain together."""
    return gains.operator + gains.platform


@rule
def rounding_of(gains):  # type: ignore[no-untyped-def]
    """Return how much of the gains may be nothing but the last digits of sums."""
    return 1e-12 * (abs(gains.operator) + abs(gains.platform) + gains.pool + gains.headroom)


@rule
def nash_split(joint, weight, disagreement):  # type: ignore[no-untyped-def]
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
    surplus = max(0.0, joint - first - second)
    return first + (1.0 - weight) * surplus, second + weight * surplus


@rule
def bargain(gains, weight):  # type: ignore[no-untyped-def]
    """Return the terms of an ordinary deal: the bargained ones or, in their place, the best in reach of fees.

    Parameters
    ----------
    gains : Gains
    weight : float in [0, 1]
        The platform's bargaining weight.
    """
    transfer, rounding = bargained_transfer(gains, weight), rounding_of(gains)
    # The fees may be too small to move the whole gain to the side that needs it. Who is left with
    # exactly nothing still signs, whatever the last bit of the sum says.
    least = min(gains.operator + transfer, gains.platform - transfer)
    agreed = (joint_gain(gains) > rounding) & (least >= -rounding)
    revenue_share = _part(max(0.0, transfer), gains.pool)
    fee_rise = _part(max(0.0, -transfer), gains.headroom)
    return Terms(revenue_share, fee_rise, 0.0, False, agreed)


@rule
def bargained_transfer(gains, weight):  # type: ignore[no-untyped-def]
    """Return what the platform passes to the operator, RMB a month; negative the other way.

    The bargaining frontier is a straight line and the Nash product is concave along it, so where the
    free solution is out of reach of the fee terms the nearer end is the constrained solution.
    """
    _, platform = nash_split(joint_gain(gains), weight, (0.0, 0.0))
    return min(max(gains.platform - platform, -gains.headroom), gains.pool)


@rule
def _part(amount, whole):  # type: ignore[no-untyped-def]
    """Return which part of a whole an amount is; 0 where there is nothing to have a part of."""
    return amount / whole if whole > 0.0 else 0.0


@rule
def platform_keeps(gains, terms):  # type: ignore[no-untyped-def]
    """Return what a platform expects to gain under some fee terms, RMB a month."""
    return gains.platform - terms.revenue_share * gains.pool + terms.fee_rise * gains.headroom


@rule
def bargain_exclusivity(gains, terms, forgone, weight):  # type: ignore[no-untyped-def]
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
    premium = max(0.0, forgone + platform)
    return Terms(terms.revenue_share, terms.fee_rise, premium, True, terms.agreed & (added > 0.0))


@rule
def gains_at(gains, g, k):  # type: ignore[no-untyped-def]
    """Return the gains from one deal, of arrays (G, K)."""
    operator, platform = gains.operator[g, k], gains.platform[g, k]
    return Gains(operator, platform, gains.pool[g, k], gains.headroom[g, k], gains.exclusivity[g, k])


@rule
def terms_at(terms, g, k):  # type: ignore[no-untyped-def]
    """Return the terms of one deal, of arrays (G, K)."""
    share, rise, premium = terms.revenue_share[g, k], terms.fee_rise[g, k], terms.premium[g, k]
    return Terms(share, rise, premium, terms.exclusive[g, k], terms.agreed[g, k])

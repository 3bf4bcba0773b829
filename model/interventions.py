"""Changes made by hand while a market runs: an operator, or one of its branches, takes another stance.

A change holds from the next month on, whatever the scenario had planned, until the next change. A branch that
opens by hand may partner with every platform for every service, by the bargain: it is history no longer. One
that closes loses its deals as the month begins and runs its operator's wallet; if it opens again, it meets a
platform when the term of their deal would have been over.
"""

from typing import Any

from agents.stances import Stance
from model.errors import InputError, unknown_name

STANCES = tuple(stance.name.lower() for stance in Stance)


def take_stance(market: Any, operator: str, stance: str, province: str | None = None) -> None:
    """Give an operator's branches another stance from the next month on.

    Parameters
    ----------
    market : MobileMarket
    operator : str
    stance : closed, open or exclusive
    province : str, optional
        The branch; all of the operator's where it is not given.

    Raises
    ------
    InputError
        A name that does not exist, or a market whose last month is over.
    """
    for kind, name, known in (
        ("operator", operator, market.operators),
        ("stance", stance, STANCES),
        ("province", province, (None, *market.provinces)),
    ):
        if name not in known:
            raise unknown_name(kind, str(name), [k for k in known if k])
    if market.month >= market.months:
        raise InputError(f"month {market.month} was the last; allowed: a change in any month before it")
    k, g = market.operators.index(operator), slice(None)
    if province is not None:
        first = market.provinces.index(province)
        g = slice(first, first + 1)
    _lay_stance(market, k, g, Stance[stance.upper()])


def _lay_stance(market: Any, k: int, g: slice, stance: Stance) -> None:
    """Write a stance into the paths that the months to come read."""
    market.stance_path[market.month + 1 :, k, g] = stance
    if stance == Stance.CLOSED:
        return
    market.deals_since[k, g] = 0
    market.services_offered[k, g] = True
    market.recorded[k, g] = False

"""What a map can show: one number, or one name, a province."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.measures import ratio, shares
from model.schemas import OPERATORS, PLATFORMS

MOBILE, ALIPAY = OPERATORS.index("china_mobile"), PLATFORMS.index("alipay")


@dataclass(frozen=True)
class Measure:
    """One number a province.

    Attributes
    ----------
    title : str
        What it is, to be read over the maps.
    meaning : str
        One sentence more.
    unit : str
    of : function of a Snapshot -> (G,) float
    ends : (float, float)
        What the ends of the colour ramp stand for; values beyond have the colour of the end.
    is_count : bool
        Whole numbers only.
    unit_of_difference : str
    is_name : bool
        The number is an operator's place, to be shown by name and colour.
    """

    title: str
    meaning: str
    unit: str
    of: Callable[[Any], np.ndarray]
    ends: tuple[float, float]
    is_count: bool = False
    unit_of_difference: str = "points"
    is_name: bool = False


def leader_on_3g(snapshot: Any) -> np.ndarray:
    """Return the place of the operator with most 3G lines (G,), -1 where nobody is on 3G yet."""
    return np.where(snapshot.lines_3g.sum(axis=1) > 0, snapshot.lines_3g.argmax(axis=1), -1).astype(float)


def share_on_3g(snapshot: Any) -> np.ndarray:
    """Return the share of lines that are 3G lines, %."""
    return 100.0 * ratio(snapshot.lines_3g.sum(axis=1), snapshot.lines.sum(axis=1))


def mobile_of_3g(snapshot: Any) -> np.ndarray:
    """Return China Mobile's share of 3G lines, %."""
    return 100.0 * shares(snapshot.lines_3g)[:, MOBILE]


def mobile_of_all(snapshot: Any) -> np.ndarray:
    """Return China Mobile's share of all lines, %."""
    return 100.0 * shares(snapshot.lines)[:, MOBILE]


def alipay_users(snapshot: Any) -> np.ndarray:
    """Return the share of lines whose holder has an account at Alipay, %."""
    return 100.0 * ratio(snapshot.accounts[:, ALIPAY], snapshot.lines.sum(axis=1))


def partnerships(snapshot: Any) -> np.ndarray:
    """Return the deals in force between the province's branches and platforms."""
    return snapshot.in_force.sum(axis=(0, 2)).astype(float)


def mobile_profit(snapshot: Any) -> np.ndarray:
    """Return China Mobile's profit since the start over the province's lines of today, RMB a line."""
    return ratio(snapshot.profit[:, MOBILE], snapshot.lines.sum(axis=1))


MEASURES = {
    "penetration": Measure(
        "3G penetration", "3G lines, of any operator, in all mobile lines.", "%", share_on_3g, (0, 40)
    ),
    "mobile_3g": Measure(
        "China Mobile's share of 3G", "China Mobile's part of all 3G lines.", "%", mobile_of_3g, (0, 100)
    ),
    "leader": Measure(
        "Leading operator on 3G", "Who has most 3G lines, and what part.", "%", leader_on_3g, (0, 2),
        is_name=True,
    ),
    "mobile_all": Measure(
        "China Mobile's share of all lines", "China Mobile's part of lines, 2G and 3G.", "%", mobile_of_all,
        (0, 100),
    ),
    "alipay": Measure(
        "Alipay users", "Lines whose holder has an account at Alipay.", "% of lines", alipay_users, (0, 80)
    ),
    "partnerships": Measure(
        "Partnerships in force", "Deals of three branches with three platforms: nine at most.", "deals",
        partnerships, (0, 9), unit_of_difference="deals", is_count=True,
    ),
    "profit": Measure(
        "China Mobile's profit so far", "What it took less what it paid since January 2009.", "RMB a line",
        mobile_profit, (0, 2000), unit_of_difference="RMB a line",
    ),
}  # fmt: skip

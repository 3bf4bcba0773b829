"""Who holds a payment account when the run starts: the platforms' published users, by province.

Published are the platforms' national registered users at a few dates, and for Alipay Zhejiang's
14.5 of 150 million. The other provinces are modelled (`data/README.md`): a province's share of
Alipay's users goes with

    internet users[g] * income[g] ** INCOME_ELASTICITY,

Zhejiang being set to its published share; Tenpay and UnionPay go with internet users alone. A
registered account is not an active user.
"""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from model.datafiles import Row, fail
from model.paths import ACCOUNT_CAP, interpolate, month_index
from model.schemas import PLATFORMS, PROVINCES

type Floats = NDArray[np.float64]

HOME = "Zhejiang"  # Alipay's home province, the only one with a published number of users
HOME_DATE = date(2009, 4, 30)  # of that number and of the 150 million it is a part of


def income_elasticity(rows: list[Row], users: Floats, income: Floats) -> float:
    """Return the elasticity of Alipay users per internet user with respect to income.

    Where both a province's share of Alipay's spending and its spending per user are published,
    their ratio is its relative number of users. The elasticity is the least-squares slope
    through Zhejiang of log(users / internet users) on log(income).

    Parameters
    ----------
    rows : platform_provinces.csv
    users : (31,) float, million
        Internet users at the end of 2011, the nearest year published.
    income : (31,) float, RMB
    """
    share = _values(rows, "spending_share_percent", "years")
    spending = _values(rows, "spending_per_user_rmb", "year")
    index = {name: g for g, name in enumerate(PROVINCES.values())}
    home = index[HOME]
    x, y = [], []
    for name in sorted((share.keys() & spending.keys()) - {HOME}):
        g = index[name]
        relative = (share[name] / spending[name]) / (share[HOME] / spending[HOME])
        x.append(np.log(income[g] / income[home]))
        y.append(np.log(relative / (users[g] / users[home])))
    return float(np.dot(x, y) / np.dot(x, x))


def _values(rows: list[Row], measure: str, precision: str) -> dict[str, float]:
    return {
        row["province"]: row["value"]
        for row in rows
        if row["measure"] == measure
        and row["precision"] == precision
        and row["date"].year == 2014
        and row["value"] is not None
    }


def registered_users(rows: list[Row], platform: str, month: int, *, growth: bool) -> float:
    """Return a platform's national registered users, million, at a month.

    Taken from the row of that month, or interpolated between the rows before and after it.

    Raises
    ------
    DataError
        No row at or before the month, or none at or after it.
    """
    points = sorted(
        (month_index(row["date"]), row["users_million"])
        for row in rows
        if (row["platform"], row["measure"], row["province"]) == (platform, "registered_users", "")
    )
    before = [point for point in points if point[0] <= month]
    after = [point for point in points if point[0] >= month]
    if not before or not after:
        problem = f"lacks {platform}'s registered users before or after month {month}"
        fail("platform_users.csv", 1, "users_million", f"{problem}; one on each side is required")
    if before[-1][0] == month:
        return float(before[-1][1])
    return interpolate((before[-1], after[0]), month, growth=growth)


def home_share(rows: list[Row]) -> float:
    """Return Zhejiang's share of Alipay's users: 14.5 / 150."""
    part = {
        row["province"]: row["users_million"]
        for row in rows
        if row["platform"] == "alipay" and row["measure"] == "registered_users" and row["date"] == HOME_DATE
    }
    if HOME not in part or "" not in part:
        problem = f"lacks Alipay's users of {HOME_DATE} in {HOME} or in the country"
        fail("platform_users.csv", 1, "province", f"{problem}; both are required")
    return float(part[HOME] / part[""])


def alipay_weights(users: Floats, income: Floats, elasticity: float, home: float) -> Floats:
    """Return each province's share of Alipay's users, shape (31,), summing to 1.

    Parameters
    ----------
    users : (31,) float, internet users
    income : (31,) float
    elasticity : float
    home : float
        Zhejiang's share, held exactly.
    """
    g = list(PROVINCES.values()).index(HOME)
    weight = users * (income / income.mean()) ** elasticity
    weight[g] = 0.0
    weight *= (1.0 - home) / weight.sum()
    weight[g] = home
    return weight


def initial_accounts(
    platform_users: list[Row],
    platform_provinces: list[Row],
    users: Floats,
    users_2011: Floats,
    income: Floats,
) -> Floats:
    """Return account holders per internet-using line at month 0, shape (31, 3), at most 0.98.

    Parameters
    ----------
    users : (31,) float, million
        Internet-using lines at month 0.
    users_2011 : (31,) float, million
        Internet users at the end of 2011.
    income : (31,) float, RMB
    """
    elasticity = income_elasticity(platform_provinces, users_2011, income)
    even = users / users.sum()
    share = {
        "alipay": alipay_weights(users, income, elasticity, home_share(platform_users)),
        "tenpay": even,
        "unionpay_online": even,
    }
    # Alipay's two points lie eight months apart, Tenpay's 56: a line and an exponential.
    total = {name: registered_users(platform_users, name, 0, growth=name != "alipay") for name in PLATFORMS}
    held = np.column_stack([total[name] * share[name] / users for name in PLATFORMS])
    return np.minimum(held, ACCOUNT_CAP)

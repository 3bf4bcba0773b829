"""Turn the few dated points of a file into monthly paths.

Month 0 is December 2008, the state a run starts from; month 60 is December 2013. A month's date is
its last day.
"""

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model.datafiles import Row, fail, refuse
from model.schemas import NETWORKS, OPERATORS, PROVINCES

type Floats = NDArray[np.float64]

LAST_MONTH = 60  # December 2013
MONTHS = np.arange(LAST_MONTH + 1)
INTERNET_CAP = 0.98  # internet users per line: nowhere may every line be online
ACCOUNT_CAP = 0.98  # account holders per internet-using line


def month_index(day: date) -> int:
    """Return the index of the month a day lies in: 0 for December 2008."""
    return (day.year - 2008) * 12 + day.month - 12


def total_lines(rows: Sequence[Row]) -> dict[int, Floats]:
    """Return lines by month where all three operators published, each (3,) float, million."""
    known: dict[int, dict[str, float]] = {}
    for row in rows:
        if row["lines_million"] is not None:
            known.setdefault(month_index(row["date"]), {})[row["operator"]] = row["lines_million"]
    return {
        month: np.array([value[name] for name in OPERATORS])
        for month, value in sorted(known.items())
        if len(value) == len(OPERATORS)
    }


def national_lines(points: dict[int, Floats]) -> Floats:
    """Return the three operators' lines together, month by month, shape (61,), million.

    Straight lines between the months in which all three are known; no gap is longer than half a year.

    Raises
    ------
    DataError
        The first or the last month is not known.
    """
    for month, day in ((0, "2008-12-31"), (LAST_MONTH, "2013-12-31")):
        if month not in points:
            problem = f"lacks lines of {day}; those of all three operators are required then"
            fail("operator_lines.csv", 1, "lines_million", problem)
    return np.interp(MONTHS, list(points), [value.sum() for value in points.values()])


def internet_per_line(provincial: list[Row], national: list[Row], lines: Floats) -> Floats:
    """Return internet users per mobile line by province and month, shape (31, 61), at most 0.98.

    Provincial users are interpolated between year-ends; after the last of them every province
    grows with the national number of users.
    """
    ends = sorted({row["date"] for row in provincial})
    table = {(row["date"], int(row["code"])): row["users_million"] for row in provincial}
    months = [month_index(day) for day in ends]
    country = {month_index(row["date"]): row["users_million"] for row in national}
    growth = np.interp(MONTHS, sorted(country), [country[m] for m in sorted(country)])
    growth = np.where(months[-1] < MONTHS, growth / growth[months[-1]], 1.0)
    users = np.array([np.interp(MONTHS, months, [table[day, code] for day in ends]) for code in PROVINCES])
    return np.minimum(users * growth / lines, INTERNET_CAP)


def prices(rows: list[Row]) -> Floats:
    """Return RMB a month by operator, network and month, shape (3, 2, 61), flat beyond the points.

    Raises
    ------
    DataError
        An operator has no price on a network.
    """
    path = np.empty((len(OPERATORS), len(NETWORKS), len(MONTHS)))
    for k, operator in enumerate(OPERATORS):
        for n, network in enumerate(NETWORKS):
            points = {
                month_index(row["date"]): row["rmb_per_month"]
                for row in rows
                if (row["operator"], row["network"]) == (operator, network)
            }
            if not points:
                problem = f"has no {network} row for {operator}; one or more are required"
                fail("tariff_path.csv", 1, "network", problem)
            path[k, n] = np.interp(MONTHS, sorted(points), [points[m] for m in sorted(points)])
    return path


def coverage(rows: list[Row]) -> Floats:
    """Return the share of the population each operator's 3G reaches, shape (3, 61).

    Zero before an operator's first point, linear between points.

    Raises
    ------
    DataError
        A path that falls, or does not reach the last month.
    """
    file, column = "coverage_path.csv", "share_of_population"
    path = np.empty((len(OPERATORS), len(MONTHS)))
    for k, operator in enumerate(OPERATORS):
        mine = sorted((r for r in rows if r["operator"] == operator), key=lambda r: r["date"])
        for before, after in pairwise(mine):
            if after[column] < before[column]:
                refuse(file, after, column, f"{before[column]} (row {before['line']}) or more")
        if month_index(mine[-1]["date"]) < LAST_MONTH:
            refuse(file, mine[-1], "date", f"2013-12-31 in {operator}'s last row")
        months = [month_index(row["date"]) for row in mine]
        path[k] = np.interp(MONTHS, months, [row[column] for row in mine], left=0.0)
    return path


def interpolate(points: Sequence[tuple[int, float]], month: float, *, growth: bool) -> float:
    """Return the value at a month between two points, along a line or an exponential."""
    (start, low), (end, high) = points
    share = (month - start) / (end - start)
    if growth:
        return math.exp(math.log(low) + share * math.log(high / low))
    return low + share * (high - low)

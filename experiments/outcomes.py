"""The measures two scenarios are compared by, taken from the tables of one run.

Every run is reduced to one number a measure and actor, so that a pair of runs with the same luck
gives one difference. Flows (profit, surplus, welfare) are added up from January 2009 to the last
month; stocks (lines, shares, accounts) are read in the last month.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Measure:
    """One thing a comparison reports.

    Attributes
    ----------
    name : the identifier used in tables
    label : what to call it in print
    unit : "people", "rmb" or "percentage points"; values are full people, full yuan, and percent
    has_level : False where only differences mean something: consumer surplus is a log-sum, which
        has no absolute zero [Train2009, ch. 3.5], and welfare contains it
    """

    name: str
    label: str
    unit: str
    has_level: bool = True


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("share", "share of all lines", "percentage points"),
        Measure("share_3g", "share of 3G lines", "percentage points"),
        Measure("lines_3g", "3G subscribers", "people"),
        Measure("churn", "mean monthly churn", "percentage points"),
        Measure("profit", "profit", "rmb"),
        Measure("profit_discounted", "profit, discounted", "rmb"),
        Measure("accounts", "accounts", "people"),
        Measure("consumer_surplus", "consumer surplus", "rmb", has_level=False),
        Measure("consumer_surplus_discounted", "surplus, discounted", "rmb", False),
        Measure("welfare", "welfare", "rmb", has_level=False),
        Measure("welfare_discounted", "welfare, discounted", "rmb", False),
    )
}

MARKET = "market"  # the actor of measures that belong to nobody in particular


class Outcome(NamedTuple):
    """One measure of one actor in one run."""

    measure: str
    actor: str
    value: float


def measure_run(
    operators: pd.DataFrame, platforms: pd.DataFrame, market: pd.DataFrame, discount_rate: float
) -> list[Outcome]:
    """Return every outcome of one run.

    Parameters
    ----------
    operators, platforms, market : the national monthly tables of the run's recorder
    discount_rate : a year, 0.10 for 10 %; month t is worth (1 + rate) ** (-t / 12), so money is
        in yuan of December 2008 (t = 0)
    """
    outcomes = [*_operator_outcomes(operators, discount_rate)]
    outcomes += _platform_outcomes(platforms, discount_rate)
    outcomes += _market_outcomes(market, discount_rate)
    return outcomes


def _operator_outcomes(table: pd.DataFrame, rate: float) -> Iterator[Outcome]:
    for operator, rows in table.groupby("operator", observed=True, sort=False):
        name, end = str(operator), rows[_is_last(rows)]
        yield Outcome("share", name, 100.0 * _only(end["share"]))
        yield Outcome("share_3g", name, 100.0 * _only(end["share_3g"]))
        yield Outcome("lines_3g", name, _only(end["lines_3g"]))
        yield Outcome("churn", name, 100.0 * float(rows.loc[rows["month"] > 0, "churn"].mean()))
        yield from _money("profit", name, rows, "profit_rmb", rate)


def _platform_outcomes(table: pd.DataFrame, rate: float) -> Iterator[Outcome]:
    rows = table[table["platform"] == "alipay"]
    yield from _money("profit", "alipay", rows, "profit_rmb", rate)
    yield Outcome("accounts", "alipay", _only(rows.loc[_is_last(rows), "accounts"]))


def _market_outcomes(table: pd.DataFrame, rate: float) -> Iterator[Outcome]:
    yield Outcome("lines_3g", MARKET, _only(table.loc[_is_last(table), "lines_3g"]))
    yield from _money("consumer_surplus", MARKET, table, "consumer_surplus_rmb", rate)
    yield from _money("welfare", MARKET, table, "welfare_rmb", rate)


def _money(measure: str, actor: str, rows: pd.DataFrame, column: str, rate: float) -> Iterator[Outcome]:
    """Add a monthly flow up, once as it is and once discounted to December 2008."""
    month, flow = rows["month"].to_numpy(), rows[column].to_numpy(dtype=float)
    flow = np.where(month > 0, flow, 0.0)  # month 0 is the state before the first month
    yield Outcome(measure, actor, float(flow.sum()))
    weight = (1.0 + rate) ** (-month / 12.0)
    yield Outcome(f"{measure}_discounted", actor, float((weight * flow).sum()))


def _is_last(rows: pd.DataFrame) -> pd.Series:
    return rows["month"] == rows["month"].max()


def _only(column: pd.Series) -> float:
    """Return the only value of a column of one row."""
    (value,) = column.to_numpy(dtype=float)
    return float(value)

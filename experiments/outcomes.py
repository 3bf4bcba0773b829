"""The measures two scenarios are compared by, taken from the tables of one run.

Every run is reduced to one number a measure and actor, so that a pair of runs with the same luck
gives one difference. Flows (profit, surplus, welfare) are added up from January 2009 to the last
month; stocks (lines, shares, accounts) are read in the last month.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from model.schemas import OPERATORS

if TYPE_CHECKING:
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

INCUMBENT, MEASURE = "china_mobile", "profit_discounted"  # whose question it is, and by what he judges
MARKET = "market"  # the actor of measures that belong to nobody in particular
PLATFORM = "alipay"  # the platform whose outcomes are told

#: Whose each measure is, in the order of `measure_columns`.
ACTORS = {
    "share": OPERATORS,
    "share_3g": OPERATORS,
    "lines_3g": (*OPERATORS, MARKET),
    "churn": OPERATORS,
    "profit": (*OPERATORS, PLATFORM),
    "profit_discounted": (*OPERATORS, PLATFORM),
    "accounts": (PLATFORM,),
    "consumer_surplus": (MARKET,),
    "consumer_surplus_discounted": (MARKET,),
    "welfare": (MARKET,),
    "welfare_discounted": (MARKET,),
}

type Columns = Mapping[str, Any]  # (T,) array-likes by column, "month" among them; a table of one actor


class Outcome(NamedTuple):
    """One measure of one actor in one run."""

    measure: str
    actor: str
    value: float


def measure_run(
    operators: "pd.DataFrame", platforms: "pd.DataFrame", market: "pd.DataFrame", discount_rate: float
) -> list[Outcome]:
    """Return every outcome of one run.

    Parameters
    ----------
    operators, platforms, market : the national monthly tables of the run's recorder
    discount_rate : a year, 0.10 for 10 %; month t is worth (1 + rate) ** (-t / 12), so money is
        in yuan of December 2008 (t = 0)
    """
    by_operator = operators.groupby("operator", observed=True, sort=False)
    named = {str(operator): _columns(rows) for operator, rows in by_operator}
    platform = platforms[platforms["platform"] == PLATFORM]
    return measure_columns(named, _columns(platform), _columns(market), discount_rate)


def measure_columns(
    operators: Mapping[str, Columns], platform: Columns, market: Columns, discount_rate: float
) -> list[Outcome]:
    """Return every outcome of one run, from the columns of each operator, `PLATFORM` and the market."""
    outcomes = [
        outcome
        for operator, columns in operators.items()
        for outcome in _operator_outcomes(operator, columns, discount_rate)
    ]
    outcomes += _money("profit", PLATFORM, platform, "profit_rmb", discount_rate)
    outcomes.append(Outcome("accounts", PLATFORM, _last(platform, "accounts")))
    outcomes.append(Outcome("lines_3g", MARKET, _last(market, "lines_3g")))
    outcomes += _money("consumer_surplus", MARKET, market, "consumer_surplus_rmb", discount_rate)
    outcomes += _money("welfare", MARKET, market, "welfare_rmb", discount_rate)
    return outcomes


def _columns(table: "pd.DataFrame") -> Columns:
    return {str(name): column for name, column in table.items()}


def _operator_outcomes(name: str, columns: Columns, rate: float) -> Iterator[Outcome]:
    yield Outcome("share", name, 100.0 * _last(columns, "share"))
    yield Outcome("share_3g", name, 100.0 * _last(columns, "share_3g"))
    yield Outcome("lines_3g", name, _last(columns, "lines_3g"))
    yield Outcome("churn", name, 100.0 * _mean_flow(columns, "churn"))
    yield from _money("profit", name, columns, "profit_rmb", rate)


def _money(measure: str, actor: str, columns: Columns, column: str, rate: float) -> Iterator[Outcome]:
    """Add a monthly flow up, once as it is and once discounted to December 2008."""
    month, flow = np.asarray(columns["month"]), np.asarray(columns[column], dtype=float)
    flow = np.where(month > 0, flow, 0.0)  # month 0 is the state before the first month
    yield Outcome(measure, actor, float(flow.sum()))
    weight = (1.0 + rate) ** (-month / 12.0)
    yield Outcome(f"{measure}_discounted", actor, float((weight * flow).sum()))


def _mean_flow(columns: Columns, column: str) -> float:
    """Return the mean over months; months in which the ratio is of nothing do not count."""
    values = np.asarray(columns[column], dtype=float)[np.asarray(columns["month"]) > 0]
    known = ~np.isnan(values)
    return float(np.where(known, values, 0.0).sum() / known.sum()) if known.any() else float("nan")


def _last(columns: Columns, column: str) -> float:
    """Return the value of the last month."""
    return float(np.asarray(columns[column], dtype=float)[np.asarray(columns["month"]).argmax()])

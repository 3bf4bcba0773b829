"""A comparison small enough to work out by hand: 31 provinces, 3 months, 3 replications."""

import itertools

import numpy as np
import pandas as pd

from experiments.compare import ComparisonResult, difference_table
from experiments.outcomes import MEASURES
from experiments.settings import Comparison
from model.observations import load_observations

OPERATORS = ("china_mobile", "china_unicom", "china_telecom")
SCENARIOS = ("closed", "open", "history")
DATES = pd.to_datetime(["2012-11-30", "2012-12-31", "2013-01-31"])
MONTHS = (47, 48, 49)
REPLICATIONS = 3
FLOWS = (
    ("consumers", "china_mobile", "bills", 5e9),
    ("china_mobile", "alipay", "service fees", 2e8),
    ("merchants", "alipay", "merchant fees", 3e8),
)


def small_result(shift: float = 0.1) -> ComparisonResult:
    """Return a result in which "closed" is `shift` of the incumbent's level above the others.

    Only the first twenty provinces shift surely; in the others the sign depends on the replication.
    """
    operators = _operators(shift)
    national = _national(operators)
    comparison = Comparison("closed - open", "closed", "open")
    outcomes = _outcomes(national)
    return ComparisonResult(
        comparisons=(comparison,),
        scenarios={name: name.capitalize() for name in SCENARIOS},
        settings={
            "pairs": (("closed", "open"),),
            "consumers": 1_000,
            "months": 49,
            "replications": REPLICATIONS,
            "seed": 7,
            "parameters": {},
        },
        tables={
            "operators": operators,
            "operators_national": national,
            "ledger": _ledger(shift),
            "outcomes": outcomes,
            "differences": difference_table(outcomes, (comparison,)),
        },
        answers=("Staying closed would have earned <b>China Mobile</b> & friends 1 bn RMB.",),
        caveats=("Parameters are assumptions.",),
    )


def _operators(shift: float) -> pd.DataFrame:
    rows = []
    keys = itertools.product(SCENARIOS, range(REPLICATIONS), range(3), range(31), range(3))
    provinces = load_observations().provinces
    for scenario, replication, t, g, k in keys:
        sure = 1.0 if g < 20 else (-1.0, 1.0, 0.1)[replication]
        change = shift * sure if scenario == "closed" and k == 0 else 0.0
        rows.append(
            {
                "scenario": scenario,
                "replication": replication,
                "month": MONTHS[t],
                "date": DATES[t],
                "province": provinces[g],
                "operator": OPERATORS[k],
                "lines": 1e7 * (3 - k),
                "lines_3g": 1e6 * (1 + t + replication * 0.1 * (k + 1)) * (1 + change),
                "profit_rmb": 1e8 * (g + 1) * (1 + change),
            }
        )
    # Categories, as they come from the workers' dictionary-encoded tables.
    return pd.DataFrame(rows).astype(dict.fromkeys(("scenario", "province", "operator"), "category"))


def _national(operators: pd.DataFrame) -> pd.DataFrame:
    keys = ["scenario", "replication", "month", "date", "operator"]
    sums = operators.groupby(keys, observed=True)[["lines", "lines_3g", "profit_rmb"]].sum()
    everybody = sums.groupby(keys[:4], observed=True).transform("sum")
    shares = {"share": "lines", "share_3g": "lines_3g"}
    return sums.assign(
        **{name: sums[column] / everybody[column] for name, column in shares.items()}
    ).reset_index()


def _ledger(shift: float) -> pd.DataFrame:
    rows = [
        (scenario, replication, month, date, *flow[:3], flow[3] * (1 + 0.01 * replication) * factor)
        for scenario in SCENARIOS
        for replication in range(REPLICATIONS)
        for month, date in zip(MONTHS, DATES, strict=True)
        for flow in FLOWS
        for factor in [1.0 + shift * (scenario == "closed") * (1 + 0.1 * replication)]
    ]
    names = ["scenario", "replication", "month", "date", "payer", "payee", "reason", "amount_rmb"]
    return pd.DataFrame(rows, columns=names).astype(
        dict.fromkeys(("scenario", "payer", "payee", "reason"), "category")
    )


def _outcomes(national: pd.DataFrame) -> pd.DataFrame:
    last = national[national["month"] == MONTHS[-1]]
    rows = [
        (row.scenario, row.replication, measure, row.operator, MEASURES[measure].unit, value)
        for row in last.itertuples()
        for measure, value in (
            ("share_3g", 100 * row.share_3g),
            ("lines_3g", row.lines_3g),
            ("profit_discounted", row.profit_rmb + 1e6 * row.replication),
        )
    ]
    names = ["scenario", "replication", "measure", "actor", "unit", "value"]
    return pd.DataFrame(rows, columns=names)


def mean_by_date(table: pd.DataFrame, column: str) -> np.ndarray:
    """Return the plain mean over replications at each date, in the order of `DATES`."""
    return np.array([table.loc[table["date"] == date, column].mean() for date in DATES])

"""What goes with the gain: rank correlations over the 31 provinces. Association, no more.

The interval of Spearman's coefficient is Fisher's z with the variance of [BonettWright2000],
(1 + r^2 / 2) / (n - 3).

[BonettWright2000] D. Bonett, T. Wright, "Sample size requirements for estimating Pearson, Kendall and
Spearman correlations", Psychometrika 65(1).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from experiments.opening_order.settings import ENDS, NAMES
from experiments.outcomes import INCUMBENT, PLATFORM
from model.observations import load_observations
from model.schemas import OPERATORS, PLATFORMS

FEWEST = 4  # the variance divides by n - 3

LABELS = {
    "income": "income (GDP per head, 2010)",
    "urban_share": "urban share (2010)",
    "internet_per_line": "internet users per line (2008)",
    "accounts_per_line": "Alipay accounts per line (2008, modelled)",
    "share_at_start": "China Mobile's share of lines (2008)",
    "lines": "mobile lines (2008)",
}


def traits() -> pd.DataFrame:
    """Return what the data say of each province, a column a trait of `LABELS`, by province."""
    o = load_observations()
    lines, mine = o.initial_lines.sum(axis=1), o.initial_lines[:, OPERATORS.index(INCUMBENT)]
    online = o.internet_per_line[:, 0]
    columns = {
        "income": o.income,
        "urban_share": o.urban_share,
        "internet_per_line": online,
        "accounts_per_line": online * o.initial_accounts[:, PLATFORMS.index(PLATFORM)],
        "share_at_start": mine / lines,
        "lines": lines,
    }
    return pd.DataFrame(columns, index=pd.Index(NAMES, name="province"))


def spearman(x: ArrayLike, y: ArrayLike, confidence: float = 0.95) -> tuple[float, float, float]:
    """Return Spearman's coefficient and the ends of its interval; NaN where one of the two is constant."""
    one, other = np.asarray(x, float), np.asarray(y, float)
    if len(one) < FEWEST or not (np.ptp(one) and np.ptp(other)):
        return (float("nan"),) * 3
    found = float(stats.spearmanr(one, other).statistic)
    reach = stats.norm.ppf(0.5 + confidence / 2) * np.sqrt((1 + found**2 / 2) / (len(one) - 3))
    with np.errstate(divide="ignore"):
        centre = np.arctanh(found)
    return found, float(np.tanh(centre - reach)), float(np.tanh(centre + reach))


def associations(gains: pd.DataFrame) -> pd.DataFrame:
    """Return how the incumbent's gain per line goes with each trait, and with the gain at the other end.

    Returns
    -------
    DataFrame; elsewhere, trait, spearman, low, high. The trait "other end" is the gain per line where the
    incumbent's other branches are the other way.
    """
    mine = gains[(gains["actor"] == INCUMBENT) & (gains["part"] == "total")]
    by_end = mine.pivot(index="province", columns="elsewhere", values="mean_per_line").loc[list(NAMES)]
    rows = []
    for end, other in zip(ENDS, reversed(ENDS), strict=True):
        for name, values in traits().items():
            rows.append((end, str(name), *spearman(values, by_end[end])))
        rows.append((end, "other end", *spearman(by_end[other], by_end[end])))
    return pd.DataFrame(rows, columns=["elsewhere", "trait", "spearman", "low", "high"])

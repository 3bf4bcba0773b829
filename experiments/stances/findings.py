"""What figures draw and sentences tell alike."""

import pandas as pd

from experiments.stances.analysis import Analysis
from experiments.stances.resampling import interval

BILLION = 1e9


def worst_regrets(analysis: Analysis) -> pd.DataFrame:
    """Return each profile's largest regret, those that are the same once, the smallest first."""
    table = analysis.tables["regrets"]
    worst = table.loc[table.groupby("profile")["regret"].idxmax()]
    low, high = interval(analysis.resampled.regret.max(axis=2))  # of the largest, whoever's it is
    worst = worst.assign(low=low[worst["profile"]], high=high[worst["profile"]])
    worst = worst[[int(analysis.same[p]) == p for p in worst["profile"]]]
    return worst.sort_values(["regret", "profile"], kind="stable", ignore_index=True)


def tell_welfare(analysis: Analysis) -> str:
    """Return what equilibria cost in welfare, in words."""
    table = analysis.tables["welfare"]
    rows = table[table["measure"] == "welfare"].set_index("profile")
    best = analysis.labels[int(rows["best"].iloc[0])]
    if not analysis.equilibria:
        return f"Welfare is highest at {best}; there is no equilibrium in pure stances to hold against it."
    parts = []
    for p in analysis.equilibria:
        row = rows.loc[p]
        cost, low, high = (row[name] / BILLION for name in ("cost", "low", "high"))
        if cost == 0:
            parts.append(f"{analysis.labels[p]} is that profile")
            continue
        parts.append(
            f"{analysis.labels[p]} costs {cost:.1f} bn RMB of it ({low:.1f} to {high:.1f}), "
            f"{100 * row['share_of_range']:.0f} % of the way from the best profile to the worst"
        )
    return f"Welfare is highest at {best}; in equilibrium, {'; '.join(parts)}."

"""A run in short: 3G lines, shares and profits at year ends, beside what was observed."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table

from experiments.fit_history import observed_series
from experiments.one_to_one.running import Finished, peak_memory
from experiments.runner import KEPT
from experiments.wording import name_actor
from model.market import MobileMarket
from model.schemas import OPERATORS

YEAR = 12  # months


def tables_of(market: MobileMarket) -> dict[str, pd.DataFrame]:
    """Return the national and provincial tables of a run, and its summary, by name."""
    tables = {name: market.recorder.table(kind, level) for name, (kind, level) in KEPT.items()}
    return tables | {"summary": summarise(tables["operators_national"])}


def summarise(operators: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each operator at each year's end and at the end of the run.

    Parameters
    ----------
    operators : the national monthly table

    Returns
    -------
    DataFrame; month, date, operator, lines, share and 3G lines with `_observed` ones beside them (nan where
    nobody published), and profit_rmb of the months since the row before.
    """
    months = int(operators["month"].max())
    lines_3g, lines = (_padded(1e6 * million, months) for million in observed_series())
    ends = sorted({*range(YEAR, months + 1, YEAR), months})
    rows = operators.astype({"operator": str}).set_index(["month", "operator"]).sort_index()
    found = []
    for start, end in zip([0, *ends], ends, strict=False):
        for k, operator in enumerate(OPERATORS):
            row, t = rows.loc[(end, operator)], end - 1
            profit = rows.loc[(range(start + 1, end + 1), operator), "profit_rmb"].sum()
            found.append(
                {
                    "month": end,
                    "date": row["date"],
                    "operator": operator,
                    "lines": row["lines"],
                    "lines_observed": lines[t, k],
                    "share": row["share"],
                    "share_observed": lines[t, k] / lines[t].sum(),
                    "lines_3g": row["lines_3g"],
                    "lines_3g_observed": lines_3g[t, k],
                    "profit_rmb": profit,
                }
            )
    return pd.DataFrame(found)


def _padded(observed: np.ndarray, months: int) -> np.ndarray:
    """Return a series (T, K) with nan after its end, at least as long as the run."""
    more = max(months - len(observed), 0)
    return np.pad(observed, [(0, more), (0, 0)], constant_values=np.nan)


def summary_table(summary: pd.DataFrame) -> Table:
    """Return the summary as it is printed."""
    table = Table(title="Model / observed", title_justify="left", caption_justify="left", box=SIMPLE_HEAD)
    table.show_edge = False
    table.caption = "Profit: of the months since the row above, bn RMB. A dash: not published."
    table.add_column("end of", no_wrap=True)
    table.add_column("operator", no_wrap=True)
    for heading in ("3G lines, million", "share of all lines, %", "profit"):
        table.add_column(heading, justify="right", no_wrap=True)
    last = None
    for row in summary.to_dict("records"):
        if last not in (None, row["month"]):
            table.add_section()
        label = f"{row['date']:%b %Y}" if row["month"] != last else ""
        last = row["month"]
        table.add_row(label, name_actor(row["operator"]), *_cells(row))
    return table


def _cells(row: dict) -> Iterator[str]:
    yield _beside(row["lines_3g"] / 1e6, row["lines_3g_observed"] / 1e6)
    yield _beside(100 * row["share"], 100 * row["share_observed"])
    yield f"{row['profit_rmb'] / 1e9:,.1f}"


def _beside(model: float, observed: float) -> str:
    return f"{model:.1f} / {'-' if np.isnan(observed) else f'{observed:.1f}'}"


def tell(finished: Finished) -> str:
    """Return how long a run took, and what of memory."""
    market = finished.market
    rows, months = len(market.population), market.months
    known = "" if finished.began_at == 0 else f" (from month {finished.began_at} on in this process)"
    scale = rows and market.scale @ np.diff(market.population.places.start) / rows
    each = "a line each" if abs(scale - 1) < 5e-7 else f"{scale:,.4g} lines each"
    return (
        f"{rows:,} consumers, {each}, {months} months in {finished.seconds:,.0f} s{known}, "
        f"{rows * months / finished.seconds / 1e6:,.1f} million consumer-months a second; "
        f"peak memory {peak_memory() / 1e9:.2f} GB"
    )

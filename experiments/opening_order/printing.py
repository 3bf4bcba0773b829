"""The ranked table on the terminal."""

from collections.abc import Iterator

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table

from experiments.opening_order.settings import OPEN
from experiments.opening_order.tables import INSIDE, OUTSIDE, Result, gains_in_order, ranks_of
from experiments.outcomes import PLATFORM
from experiments.wording import Scale, is_decided

MILLION = Scale(1e6, "million RMB", 0)
FINE = Scale(1e6, "million RMB", 1)
PER_LINE = Scale(1.0, "RMB per line", 1)
NUMBERS = (
    "per line",
    "95 % interval",
    "in all",
    "inside",
    "elsewhere",
    "Alipay",
    "last: per line",
    "rank",
)


def ranking(result: Result) -> Table:
    """Return the provinces in order: rank and set, gain per line, in all and in parts, the other end."""
    table = Table(
        title="China Mobile's gain from opening one province alone", title_justify="left", box=SIMPLE_HEAD
    )
    table.show_edge, table.caption_justify = False, "left"
    table.caption = (
        "Per line: RMB per line of China Mobile's there in December 2008; the rest: million RMB, discounted. "
        "Rank is: the sets hold all true ranks with 95 % confidence. Last: where all others are open. In "
        "grey: the interval includes zero."
    )
    for heading in ("", "rank is", "province"):
        table.add_column(heading, no_wrap=True)
    for heading in NUMBERS:
        table.add_column(heading, justify="right", no_wrap=True)
    for cells, decided in rows_of(result):
        table.add_row(*cells, style=None if decided else "dim")
    return table


def rows_of(result: Result) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the cells of each province, and whether its gain is told from nothing."""
    whole = gains_in_order(result)
    inside, outside = (gains_in_order(result, part=part)["mean_rmb"] for part in (INSIDE, OUTSIDE))
    platform = gains_in_order(result, actor=PLATFORM)["mean_rmb"]
    last = gains_in_order(result, OPEN)["mean_per_line"]
    here, there = ranks_of(result), ranks_of(result, OPEN)
    for place, row in enumerate(whole.to_dict("records")):
        ends = (PER_LINE.number(row[f"{end}_per_line"], signed=True) for end in ("low", "high"))
        yield (
            (
                str(here["rank"].iloc[place]),
                set_in_words(here.iloc[place]),
                str(row["province"]),
                PER_LINE.number(row["mean_per_line"], signed=True),
                " to ".join(ends),
                MILLION.number(row["mean_rmb"], signed=True),
                MILLION.number(inside.iloc[place], signed=True),
                FINE.number(outside.iloc[place], signed=True),
                MILLION.number(platform.iloc[place], signed=True),
                PER_LINE.number(last.iloc[place], signed=True),
                str(there["rank"].iloc[place]),
            ),
            is_decided(row["low_rmb"], row["high_rmb"]),
        )


def set_in_words(row: pd.Series) -> str:
    """Return the set of a rank: "3" or "2 to 7"."""
    return f"{row['low']}" if row["low"] == row["high"] else f"{row['low']} to {row['high']}"

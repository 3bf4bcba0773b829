"""What `how-many` prints: the laws, the biases, and what a study needs."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table

from experiments.outcomes import MARKET
from experiments.settings import scenario_label
from experiments.sizes.laws import bias_per_row, select
from experiments.sizes.needs import REPLICATIONS
from experiments.sizes.study import COUNTRY
from experiments.wording import name_actor

if TYPE_CHECKING:
    from experiments.sizes.study import Study

SHOWN = (COUNTRY, "Zhejiang", "Hainan", "Ningxia", "Qinghai", "Tibet")
WORDS = ("where", "measure")
SCALE = {"percentage points": (1.0, "pp"), "rmb": (1e9, "bn RMB")}
LABELS = {"share": "share of lines", "share_3g": "share of 3G", "penetration_3g": "3G penetration"}


def printed(tables: Mapping[str, pd.DataFrame], study: "Study") -> Iterator[Table]:
    """Yield the tables that are printed."""
    yield _laws(tables, scenario_label(study.pair[1]))
    yield _biases(tables["biases"], scenario_label(study.pair[1]))
    yield _needs(tables["needs"], scenario_label(study.pair[1]))


def _table(title: str, words: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left", box=SIMPLE_HEAD)
    table.show_edge = False
    for heading in words:
        table.add_column(heading, no_wrap=True)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _laws(tables: Mapping[str, pd.DataFrame], scenario: str) -> Table:
    """Return standard deviations and the power with which they fall, of the country and some provinces."""
    spreads, shown = tables["spreads"], select(tables["laws"], where=SHOWN)
    sizes = sorted(spreads["consumers"].unique())
    headings = (*(f"{n:,}" for n in sizes), "power of N")
    table = _table(f"Standard deviation over seeds, by consumers; levels of {scenario}", WORDS, headings)
    table.caption = "Theory: -0.5. After +-: one standard error."
    for row in shown[(shown["scenario"] == scenario) | (shown["unit"] == "rmb")].to_dict("records"):
        one = {name: row[name] for name in ("scenario", "where", "measure", "actor")}
        found = select(spreads, **one).set_index("consumers")["sd"]
        divisor, unit = SCALE[row["unit"]]
        cells = [f"{found[n] / divisor:.3g}" for n in sizes]
        power = f"{row['power']:.3f} +- {row['power_error']:.3f}"
        table.add_row(row["where"], f"{_name(row)}, {unit}", *cells, power)
    return table


def _biases(biases: pd.DataFrame, scenario: str) -> Table:
    """Return, for each size, how many biases of provinces were found, and how they go with rows."""
    words, numbers = ("measure", "of"), ("tested", "found", "bias times rows, pp")
    table = _table(f"Bias of provinces, {scenario}", words, numbers)
    table.caption = "Found: false discovery rate 5 %. Bias times rows: over provinces and sizes, +- one s.e."
    local = biases[(biases["scenario"] == scenario) & (biases["where"] != COUNTRY)]
    for (measure, actor), rows in local.groupby(["measure", "actor"], sort=False, observed=True):
        law = bias_per_row(rows)
        told = (str(len(rows)), str(int(rows["found"].sum())), f"{law.per_row:.2f} +- {law.error:.2f}")
        table.add_row(LABELS[str(measure)], "" if actor == MARKET else name_actor(str(actor)), *told)
    return table


def _needs(needs: pd.DataFrame, scenario: str) -> Table:
    """Return the consumers that each half-width takes."""
    table = _table(
        "Consumers a run needs, for the half-width of a 95 % interval over R replications",
        ("where", "measure", "half-width"),
        (*(f"R = {r}" for r in REPLICATIONS), "no bias seen from"),
    )
    shown = needs[needs["scenario"].isin([scenario]) | needs["unit"].eq("rmb")]
    shown = select(shown, where=SHOWN)
    shown = shown[shown["actor"].isin([MARKET, "china_mobile"])]
    for (_, where, measure, actor, unit, halfwidth), rows in shown.groupby(
        ["scenario", "where", "measure", "actor", "unit", "halfwidth"], sort=False, observed=True
    ):
        divisor, short = SCALE[str(unit)]
        width = f"{float(str(halfwidth)) / divisor:g} {short}"
        by = rows.set_index("replications")["consumers"]
        start = int(rows["unbiased_from"].iloc[0])
        name = _name({"measure": measure, "actor": actor})
        cells = [f"{by[r]:,}" for r in REPLICATIONS]
        table.add_row(str(where), name, width, *cells, f"{start:,}" if start else "-")
    return table


def _name(row: Mapping) -> str:
    label = LABELS.get(str(row["measure"]), "discounted profit")
    return label if row["actor"] == MARKET else f"{label}, {name_actor(str(row['actor']))}"

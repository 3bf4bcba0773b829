"""The paired differences of a comparison with their intervals, one panel a unit."""

from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.outcomes import MARKET, MEASURES
from experiments.plots.style import GREY, INK, Picture, colour_of, draw_grid, set_margins
from experiments.wording import (
    Scale,
    choose_scale,
    format_change,
    is_decided,
    name_actor,
    name_difference,
    name_scenario,
    start_sentence,
)


class Panel(NamedTuple):
    """Measures that share an axis: their unit, and what the axis is called."""

    title: str
    unit: str
    measures: tuple[str, ...]


PANELS = (
    Panel("Shares and churn", "percentage points", ("share", "share_3g", "churn")),
    Panel("3G subscribers and Alipay accounts", "people", ("lines_3g", "accounts")),
    Panel("Profit, discounted", "rmb", ("profit_discounted",)),
    Panel(
        "Consumers and society, discounted",
        "rmb",
        ("consumer_surplus_discounted", "welfare_discounted"),
    ),
)


#: Measures that operators have too: the market's is their sum.
PER_OPERATOR = ("lines_3g",)


def draw_differences(differences: pd.DataFrame, comparison: str, a: str, b: str) -> Picture:
    """Draw a forest plot of one comparison; undecided differences are hollow.

    Parameters
    ----------
    differences : comparison, measure, actor, unit, mean, low, high
    comparison : the comparison to draw, `a` less `b`
    """
    rows = differences[differences["comparison"] == comparison]
    found = [(panel, rows[rows["measure"].isin(panel.measures)]) for panel in PANELS]
    found = [(panel, part) for panel, part in found if len(part)]
    heights = [len(part) + 3.0 for _, part in found]
    figure = Figure(figsize=(9.4, 0.4 + 0.28 * sum(heights)))
    every = figure.subplots(len(found), 1, height_ratios=[len(part) for _, part in found], squeeze=False)[
        :, 0
    ]
    set_margins(figure, left=2.5, right=2.45, top=0.75, bottom=0.5, between=0.85)
    for axes, (panel, part) in zip(every, found, strict=True):
        _draw_panel(axes, panel, part)
    figure.suptitle(
        name_difference(a, b),
        x=0.01,
        y=0.99,
        ha="left",
        va="top",
        fontsize=12,
        weight="bold",
    )
    return Picture(figure, _caption(rows, a, b))


def _draw_panel(axes: Axes, panel: Panel, part: pd.DataFrame) -> None:
    part = part.assign(order=part["measure"].map(panel.measures.index)).sort_values("order", kind="stable")
    scale = choose_scale(panel.unit, [*part["low"], *part["high"]])
    axes.axvline(0, color=GREY, linewidth=0.9)
    labels = []
    for height, row in enumerate(part.itertuples()):
        _draw_row(axes, height, row, scale)
        labels.append(_label(str(row.measure), str(row.actor)))
    axes.set_yticks(range(len(labels)), labels, color=INK)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.margins(x=0.08)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    draw_grid(axes, "x")
    axes.set_title(panel.title)
    unit = "percentage points" if panel.unit == "percentage points" else scale.name
    axes.set_xlabel(f"difference, {unit}", fontsize=9)


def _draw_row(axes: Axes, height: int, row: object, scale: Scale) -> None:
    mean, low, high = (float(getattr(row, name)) for name in ("mean", "low", "high"))
    colour = colour_of(str(row.actor))  # type: ignore[attr-defined]
    axes.plot([low / scale.divisor, high / scale.divisor], [height, height], color=colour, lw=2.2)
    axes.plot(
        [mean / scale.divisor],
        [height],
        marker="o",
        markersize=6.5,
        color=colour,
        markerfacecolor=colour if is_decided(low, high) else "white",
    )
    change, interval = format_change(mean, low, high, str(row.unit))  # type: ignore[attr-defined]
    axes.text(
        1.02,
        height,
        f"{change}  [{interval}]",
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=8.3,
        color=INK if is_decided(low, high) else GREY,
    )


def _label(measure: str, actor: str) -> str:
    what = MEASURES[measure.removesuffix("_discounted")].label
    if actor == MARKET:
        return start_sentence(f"all operators: {what}" if measure in PER_OPERATOR else what)
    return f"{name_actor(actor)}: {what}"


def _caption(rows: pd.DataFrame, a: str, b: str) -> str:
    drawn = rows[rows["measure"].isin([name for panel in PANELS for name in panel.measures])]
    decided = int(((drawn["low"] > 0) | (drawn["high"] < 0)).sum())
    return (
        f"Paired differences {name_scenario(a)} less {name_scenario(b)} with 95 % intervals: "
        f"{decided} of {len(drawn)} exclude zero (filled dots); hollow dots are not told from no "
        f"difference."
    )

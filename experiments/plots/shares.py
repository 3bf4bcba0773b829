"""Operators' shares of all lines and of 3G: two scenarios, and the paired difference below."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.inference import paired_difference
from experiments.plots.style import (
    DASHED,
    GREY,
    OPERATORS,
    Band,
    Picture,
    colour_of,
    draw_band,
    draw_grid,
    label_ends,
    pivot_replications,
    set_margins,
    set_years,
    summarise,
)
from experiments.wording import choose_scale, is_decided, name_actor, name_difference, name_scenario

FEWEST_3G_LINES = 10e6  # people: before, a share of 3G is a ratio of two small numbers; not drawn


class Share(NamedTuple):
    """A share to draw: its column in the table, and its name on the figure."""

    column: str
    title: str


SHARES = (Share("share", "Share of all lines"), Share("share_3g", "Share of 3G lines"))


def draw_shares(national: pd.DataFrame, a: str, b: str) -> Picture:
    """Draw each operator's shares under `a` (solid) and `b` (dashed), and a less b underneath.

    Parameters
    ----------
    national : scenario, replication, date, operator, lines_3g (people), share, share_3g (0..1)
    a, b : names of two scenarios in it, with the same replications
    """
    figure = Figure(figsize=(9.4, 6.2))
    panels = figure.subplots(2, 2, height_ratios=[1.7, 1.0], sharex=True, gridspec_kw={"wspace": 0.5})
    set_margins(figure, left=0.82, right=1.15, top=0.72, bottom=0.36, between=0.42)
    said = []
    for column, share in enumerate(SHARES):
        upper, lower = panels[0, column], panels[1, column]
        levels = {name: _levels(national, name, share.column) for name in (a, b)}
        _draw_levels(upper, levels[a], levels[b])
        upper.set_title(share.title)
        differences = {
            operator: paired_band(levels[a][operator], levels[b][operator]) for operator in OPERATORS
        }
        _draw_differences(lower, differences)
        set_years(lower, national["date"].unique())
        said.append(f"s{share.title[1:]} by {_say_last(differences[OPERATORS[0]])}")
    panels[0, 0].set_ylabel("Per cent")
    panels[1, 0].set_ylabel("Percentage points")
    _explain(figure, panels, a, b)
    return Picture(
        figure,
        f"Being {name_scenario(a)} rather than {name_scenario(b)} changes "
        f"{name_actor(OPERATORS[0])}'s {' and its '.join(said)} at the end of the run.",
    )


def paired_band(a: pd.DataFrame, b: pd.DataFrame) -> Band:
    """Return the mean of a - b over replications and its 95 % interval, date by date."""
    rows = [
        paired_difference(first.tolist(), second.tolist())
        for first, second in zip(a.to_numpy(), b[a.columns].to_numpy(), strict=True)
    ]
    mean, low, high = np.array([(row.mean, row.low, row.high) for row in rows]).T
    return Band(a.index.to_numpy(), mean, low, high)


def _levels(national: pd.DataFrame, scenario: str, column: str) -> dict[str, pd.DataFrame]:
    """Return each operator's share in per cent, by date and replication, where it means much."""
    run = national[national["scenario"] == scenario]
    total = run.groupby(["date", "replication"], observed=True)["lines_3g"].sum().unstack()
    drawn = total.min(axis=1) >= (FEWEST_3G_LINES if column == "share_3g" else -1.0)
    return {
        operator: 100.0 * pivot_replications(run[run["operator"] == operator], column).where(drawn, axis=0)
        for operator in OPERATORS
    }


def _draw_levels(axes: Axes, a: dict[str, pd.DataFrame], b: dict[str, pd.DataFrame]) -> None:
    ends = {}
    for operator in OPERATORS:
        first, second = summarise(a[operator]), summarise(b[operator])
        draw_band(axes, first, colour_of(operator))
        draw_band(axes, second, colour_of(operator), DASHED, alpha=0.10)
        ends[operator] = float(first.mean[-1])
    axes.set_ylim(bottom=0)
    draw_grid(axes)
    texts = {operator: f"{name_actor(operator).split()[-1]} {end:.0f} %" for operator, end in ends.items()}
    label_ends(axes, ends, texts, gap=0.075 * axes.get_ylim()[1])


def _draw_differences(axes: Axes, differences: dict[str, Band]) -> None:
    axes.axhline(0, color=GREY, linewidth=0.8)
    for operator, band in differences.items():
        draw_band(axes, band, colour_of(operator))
    draw_grid(axes)


def _explain(figure: Figure, panels: np.ndarray, a: str, b: str) -> None:
    figure.text(
        0.087,
        0.985,
        f"Solid: {name_scenario(a)}, dashed: {name_scenario(b)}. Bands: 95 % of replications "
        "above, 95 % interval of the mean below. 3G from 10 million lines on.",
        va="top",
        fontsize=8.5,
        color=GREY,
    )
    for axes in panels[1]:
        axes.set_title(name_difference(a, b), fontsize=10, weight="normal")


def _say_last(band: Band) -> str:
    mean, low, high = (float(column[-1]) for column in (band.mean, band.low, band.high))
    scale = choose_scale("percentage points", [mean, low, high])
    interval = f"{scale.number(low, signed=True)} to {scale.number(high, signed=True)}"
    undecided = "" if is_decided(low, high) else ", so not measurably"
    if not math.isfinite(mean):
        return "an amount too early to tell"
    return f"{scale.number(mean, signed=True)} points (95 % interval {interval}{undecided})"

"""How indices settle as base points are added: one panel a parameter, the largest first."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, StrMethodFormatter

from experiments.plots.style import GREY, Picture, draw_grid, set_margins

COLUMNS, MOST = 4, 8  # panels beside one another, and in all
WIDTH, HEIGHT = 9.4, 2.15  # inches, of the figure and of a row of panels
ORDERS = (("total", "#D55E00", "with all its interactions (total)"),
          ("first", "#0072B2", "by itself (first order)"))  # fmt: skip


def draw_settling(growth: pd.DataFrame) -> Picture:
    """Draw first order and total indices along base points.

    Parameters
    ----------
    growth : columns points, factor, first, first_half, total, total_half
    """
    last = growth[growth["points"] == growth["points"].max()]
    names = last.sort_values("total", ascending=False, kind="stable")["factor"].head(MOST).tolist()
    rows = -(-len(names) // COLUMNS)
    figure = Figure(figsize=(WIDTH, 0.95 + HEIGHT * rows))
    every = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False)
    set_margins(figure, left=0.6, right=0.15, top=0.35, bottom=0.95, between=0.45)
    figure.subplots_adjust(wspace=0.12)
    for axes, name in zip(every.flat, names, strict=False):
        _draw_one(axes, growth[growth["factor"] == name].sort_values("points"))
        axes.set_title(name, fontsize=8.5)
    for axes in every.flat[len(names) :]:
        axes.set_visible(False)
    for axes in every[:, 0]:
        axes.set_ylabel("share of variance", fontsize=8.5)
    handles, labels = every.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.0, 0.0), ncols=2, fontsize=8.0)
    figure.text(0.55, 0.33 / (0.95 + HEIGHT * rows), "base points", color=GREY, fontsize=9.0, ha="center")
    caption = (
        "Indices from the first base points alone, doubled step by step; bands are 95 % bootstrap intervals."
    )
    return Picture(figure, caption)


def _draw_one(axes: Axes, rows: pd.DataFrame) -> None:
    points = rows["points"].to_numpy(float)
    for order, colour, label in ORDERS:
        value, half = rows[order].to_numpy(), rows[f"{order}_half"].to_numpy()
        axes.fill_between(points, value - half, value + half, color=colour, alpha=0.18, linewidth=0)
        axes.plot(points, value, "o-", color=colour, markersize=3.5, linewidth=1.5, label=label)
    axes.axhline(0.0, color=GREY, linewidth=0.8)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(points.tolist()))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(labelsize=8.0)
    top = float(np.nanmax(rows["total"] + rows["total_half"]))
    axes.set_ylim(
        min(-0.1, axes.get_ylim()[0]), max(1.0, min(top, 1.5), axes.get_ylim()[1] if top > 1 else 1.0)
    )
    draw_grid(axes)

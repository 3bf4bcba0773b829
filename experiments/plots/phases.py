"""The phase diagram as a map, and the incumbent's loss along one row of it."""

from itertools import product
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from experiments.phases.diagram import Diagram, Point
from experiments.phases.telling import (
    Row,
    name_axis,
    tell_area,
    tell_transition,
    told_stances,
)
from experiments.plots.style import GREY, INK, Picture, draw_grid, set_margins

BILLION = 1e9
UNTOLD = "cannot be told"
#: By the stances in equilibrium, as `name_stances` writes them.
SHADES = {
    "closed": "#5B6770",
    "open": "#9CD3F0",
    "exclusive": "#F3C34E",
    "open or exclusive": "#BFD79A",
    "closed or open": "#8FA6C4",
    "closed or exclusive": "#B59A6A",
    "closed, open or exclusive": "#C9B5D9",
    "none": "#F6E1E1",
    UNTOLD: "#FFFFFF",
}


def draw_map(diagram: Diagram, rows: list[Row]) -> Picture:
    """Draw which of the incumbent's stances are in equilibrium where, with the boundary's intervals."""
    settings = diagram.settings
    figure = Figure(figsize=(8.6, 6.0))
    axes = figure.subplots()
    set_margins(figure, left=0.95, right=0.3, top=0.5, bottom=1.05)
    shown = _tiles(axes, diagram)
    for point in diagram.phases:
        axes.plot(*point, ".", color=INK, ms=2.5, alpha=0.6)
    for row in rows:
        for b in row.boundaries:
            reach = [[b.at - b.low], [b.high - b.at]]
            if b.is_told and np.isfinite(reach).all():
                axes.errorbar([b.at], [row.y], xerr=np.maximum(reach, 0.0), fmt="D", ms=4.5, color="#C1121F",
                              elinewidth=1.6, capsize=3, clip_on=False)  # fmt: skip
    axes.set_xlim(settings.x.low, settings.x.high)
    axes.set_ylim(settings.y.low, settings.y.high)
    axes.set_xlabel(name_axis(settings.x))
    axes.set_ylabel(name_axis(settings.y))
    axes.set_title("Which stances of China Mobile are in equilibrium", x=0.0, fontsize=11)
    _mark_defaults(axes, diagram)
    handles: list[Any] = [
        Patch(facecolor=SHADES[name], edgecolor=GREY, hatch="////" if name == UNTOLD else None, label=name)
        for name in SHADES
        if name in shown
    ]
    handles.append(_boundary_key())
    figure.legend(handles=handles, loc="lower left", ncols=5, fontsize=8.5, bbox_to_anchor=(0.01, 0.0))
    return Picture(figure, tell_area(diagram))


def _boundary_key() -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], marker="D", color="#C1121F", ms=4.5, lw=1.6, label="closed ends or begins, 95 %")


def _tiles(axes: Axes, diagram: Diagram) -> set[str]:
    """Fill each square's quarters by the phase of their corner; return the phases shown."""
    shown = set()
    for left, right, bottom, top in diagram.squares:
        width, height = (right - left) / 2, (top - bottom) / 2
        for i, j in product((0, 1), (0, 1)):
            corner: Point = ((left, right)[i], (bottom, top)[j])
            name = told_stances(diagram, corner) if diagram.is_told(corner) else UNTOLD
            shown.add(name)
            place = (left + i * width, bottom + j * height)
            edge, hatch = (GREY, "////") if name == UNTOLD else (SHADES[name], None)
            tile = Rectangle(
                place, width, height, facecolor=SHADES[name], edgecolor=edge, hatch=hatch, lw=0.4
            )
            axes.add_patch(tile)
    return shown


def _mark_defaults(axes: Axes, diagram: Diagram) -> None:
    x, y = diagram.settings.x, diagram.settings.y
    if x.low <= x.default <= x.high and y.low <= y.default <= y.high:
        axes.plot([x.default], [y.default], "o", mfc="white", mec=INK, ms=8, clip_on=False, zorder=5)
        axes.annotate("defaults", (x.default, y.default), (0, 9), textcoords="offset points", fontsize=8,
                      ha="right" if x.default > (x.low + x.high) / 2 else "left")  # fmt: skip


def draw_transition(diagram: Diagram, row: Row) -> Picture:
    """Draw what the incumbent would gain by leaving closed, along one row, with intervals."""
    points = diagram.row(row.y)
    x = np.array([point[0] for point in points])
    loss = np.array([diagram.phases[point].mean_loss for point in points]) / BILLION
    drawn = np.array([diagram.phases[point].loses for point in points]) / BILLION
    figure = Figure(figsize=(8.6, 3.9))
    axes = figure.subplots()
    set_margins(figure, left=0.95, right=0.3, top=0.5, bottom=0.65)
    known = np.isfinite(loss)
    low, high = np.nanpercentile(drawn[known], (2.5, 97.5), axis=1)
    axes.fill_between(x[known], low, high, color="#0072B2", alpha=0.2, lw=0)
    axes.plot(x[known], loss[known], "o-", color="#0072B2", ms=4, lw=1.8)
    axes.axhline(0.0, color=GREY, lw=1.0)
    for b in row.boundaries:
        axes.axvspan(b.low, b.high, color="#C1121F", alpha=0.18, lw=0)
        axes.axvline(b.at, color="#C1121F", lw=1.4)
    axes.set_xlim(diagram.settings.x.low, diagram.settings.x.high)
    axes.set_xlabel(name_axis(diagram.settings.x))
    axes.set_ylabel("gain from leaving closed, bn RMB")
    draw_grid(axes)
    axes.set_title("Where staying closed ends or begins to be China Mobile's best reply", x=0.0, fontsize=11)
    return Picture(figure, tell_transition(diagram, row))

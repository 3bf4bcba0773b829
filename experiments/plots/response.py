"""A measure along a factor, with intervals: each scenario's level, and the paired difference of two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.plots.style import (
    DASHED,
    GREY,
    SOLID,
    Line,
    Picture,
    colour_of,
    draw_grid,
    set_margins,
)
from experiments.wording import choose_scale, name_actor, name_scenario, start_sentence

if TYPE_CHECKING:
    from experiments.results.summary import Response

LINES: tuple[Line, ...] = (SOLID, DASHED, (0, (1, 2)), (0, (6, 2)))
WIDTH, HEIGHT = 5.2, 3.9  # inches of a panel with its margins


@dataclass(frozen=True)
class Curves:
    """What a figure shows.

    Attributes
    ----------
    factor, factor_unit, log : the x axis
    measure, unit : of the y axis: its label, and the unit its values are in
    levels : by (scenario, actor); empty where only differences mean something
    differences : by actor, scenario a less scenario b
    pair : a and b; None where there is one scenario
    connected : True where nothing but the factor varies along a line
    note : what must be said beside it, empty for nothing
    """

    factor: str
    factor_unit: str
    log: bool
    measure: str
    unit: str
    levels: Mapping[tuple[str, str], "Response"]
    differences: Mapping[str, "Response"]
    pair: tuple[str, str] | None
    connected: bool
    note: str = ""


def draw_response(curves: Curves) -> Picture:
    """Draw levels on the left and differences on the right, whichever there are."""
    panels = [kind for kind in (curves.levels, curves.differences) if kind]
    figure = Figure(figsize=(WIDTH * len(panels), HEIGHT))
    every = figure.subplots(1, len(panels), squeeze=False)[0]
    set_margins(figure, left=0.85, right=0.2, top=0.45, bottom=1.05)
    figure.subplots_adjust(wspace=0.28)
    for axes, kind in zip(every, panels, strict=True):
        if kind is curves.levels:
            _draw_levels(axes, curves)
        else:
            _draw_differences(axes, curves)
        _dress(axes, curves)
    return Picture(figure, _caption(curves))


def _draw_levels(axes: Axes, curves: Curves) -> None:
    scenarios = list(dict.fromkeys(scenario for scenario, _ in curves.levels))
    actors = {actor for _, actor in curves.levels}
    divisor = _label_axis(axes, curves, list(curves.levels.values()), "")
    for (scenario, actor), response in curves.levels.items():
        who = f"{name_actor(actor)}, " if len(actors) > 1 else ""
        line = LINES[scenarios.index(scenario) % len(LINES)]
        _draw(axes, response, divisor, colour_of(actor), line, f"{who}{name_scenario(scenario)}", curves)
    axes.set_title(start_sentence(curves.measure))


def _draw_differences(axes: Axes, curves: Curves) -> None:
    divisor = _label_axis(axes, curves, list(curves.differences.values()), "difference, ")
    axes.axhline(0.0, color=GREY, linewidth=0.9)
    for actor, response in curves.differences.items():
        _draw(axes, response, divisor, colour_of(actor), SOLID, name_actor(actor), curves)
    a, b = curves.pair or ("", "")
    axes.set_title(start_sentence(f"{name_scenario(a)} less {name_scenario(b)}, same luck"))


def _draw(
    axes: Axes, response: "Response", divisor: float, colour: str, line: Line, label: str, curves: Curves
) -> None:
    mean, low, high = (part / divisor for part in (response.mean, response.low, response.high))
    decided = (response.low > 0) | (response.high < 0)
    (drawn,) = axes.plot(response.x, mean, "o", label=label, color=colour, markersize=4.5, zorder=3)
    drawn.set(linewidth=1.3, linestyle=line if curves.connected else "none")
    bars = np.vstack([mean - low, high - mean])
    axes.errorbar(response.x, mean, np.where(np.isfinite(bars), bars, 0.0), fmt="none", ecolor=colour,
                  elinewidth=1.4, capsize=2.5)  # fmt: skip
    if label and not decided.all():
        hollow = ~decided & np.isfinite(mean)
        axes.plot(response.x[hollow], mean[hollow], "o", ms=4.5, mfc="white", mec=colour, zorder=4)


def _label_axis(axes: Axes, curves: Curves, responses: Sequence["Response"], prefix: str) -> float:
    """Name the y axis with its unit; return by what to divide."""
    ends = [value for response in responses for value in (*response.low, *response.high, *response.mean)]
    scale = choose_scale(curves.unit, ends)
    if curves.unit == "percentage points":
        name = "percentage points" if prefix else "%"
    else:
        name = scale.name or curves.measure
    axes.set_ylabel(f"{prefix}{name}")
    return scale.divisor


def _dress(axes: Axes, curves: Curves) -> None:
    if curves.log:
        axes.set_xscale("log")
    unit = f", {curves.factor_unit}" if curves.factor_unit else ""
    axes.set_xlabel(f"{curves.factor}{unit}")
    axes.margins(x=0.05)
    draw_grid(axes)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=3, fontsize=8.0, borderaxespad=0.0,
                handlelength=2.2, columnspacing=1.2)  # fmt: skip


def _caption(curves: Curves) -> str:
    text = f"{start_sentence(curves.measure)} along {curves.factor}: "
    text += "means over replications with 95 % t intervals"
    if curves.differences:
        text += "; differences are paired, and hollow dots are not told from zero"
    return f"{text}. {curves.note}".strip()

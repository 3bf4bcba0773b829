"""Where a side wins: the box in the ranges of the parameters, and how it was peeled."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from experiments.plots.style import DASHED, GREY, INK, PALE, SOLID, Picture, draw_grid, set_margins
from experiments.plots.winning import SIDES, UNTOLD
from experiments.wording import short_number
from model.parameters import Parameters

if TYPE_CHECKING:
    from experiments.sensitivity.winning import Discovery

THICK = 0.32  # of a bar, in rows


def draw_box(box: "Discovery", cases: pd.DataFrame, colours: Mapping[str, str], title: str) -> Picture:
    """Draw a box's ends within the plausible ranges, and the cases along its two tightest parameters.

    Parameters
    ----------
    cases : columns winner and the parameters
    colours : of each winner
    """
    names = sorted((box.names[i] for i in box.box.restricted), key=lambda name: _breadth(box, name))
    figure = Figure(figsize=(9.4, max(3.6, 1.5 + 0.55 * len(names))))
    left, right = figure.subplots(1, 2)
    set_margins(figure, left=1.95, right=0.25, top=0.5, bottom=0.65)
    figure.subplots_adjust(wspace=0.3)
    _draw_ends(left, box, names, colours[box.winner])
    _draw_cases(right, box, [*names, *(name for name in box.names if name not in names)][:2], cases, colours)
    figure.suptitle(title, x=0.01, y=0.985, ha="left", va="top", weight="bold", size=11)
    caption = (
        "Left: what the box keeps of each plausible range. Right: every case along the two that it "
        "narrows most, coloured by who wins (grey: neither can be told), and the box in these two; cases "
        "drawn in the frame may lie outside the box in the others."
    )
    return Picture(figure, caption)


def draw_trajectories(boxes: Sequence["Discovery"], names: Mapping[str, str]) -> Picture:
    """Draw density against coverage along the peeling, by the cases that found the boxes and by the others.

    Parameters
    ----------
    names : what each winner is called
    """
    figure = Figure(figsize=(4.7 * len(boxes), 3.9))
    every = figure.subplots(1, len(boxes), squeeze=False, sharey=True)[0]
    set_margins(figure, left=0.75, right=0.25, top=0.4, bottom=0.95)
    figure.subplots_adjust(wspace=0.15)
    for axes, box in zip(every, boxes, strict=True):
        _draw_trajectory(axes, box, SIDES[list(names).index(box.winner)])
        axes.set_title(f"Where {names[box.winner]} wins")
    every[0].set_ylabel("density: share of wins in the box")
    handles, labels = every[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.0, 0.0), ncols=3, fontsize=8.0)
    caption = (
        "From left to right boxes become smaller and denser, slice by slice. Where the dashed line, of cases "
        "that did not help to find them, falls behind the solid one, boxes fit chance. Rings: the box chosen."
    )
    return Picture(figure, caption)


def _draw_trajectory(axes: Axes, box: "Discovery", colour: str) -> None:
    for ending, line, of in (("", SOLID, "that found the boxes"), ("_held_out", DASHED, "held out")):
        coverage, density = (box.trajectory[f"{name}{ending}"] for name in ("coverage", "density"))
        axes.plot(coverage, density, color=colour, linestyle=line, linewidth=1.6, label=f"cases {of}")
    for part, label in ((box.found, "the box chosen"), (box.held_out, "")):
        axes.plot(part.coverage, part.density, "o", color="none", mec=colour, mew=1.8, ms=8.0, label=label)
    axes.set_xlim(1.03, -0.03)
    axes.set_ylim(0.0, 1.03)
    axes.set_xlabel("coverage: wins in the box / all wins")
    draw_grid(axes, "both")


def _draw_ends(axes: Axes, box: "Discovery", names: Sequence[str], colour: str) -> None:
    """Draw one bar a parameter, from end to end of its plausible range."""
    for row, name in enumerate(names):
        about = Parameters.fields()[name]
        low, high = about["plausible"]
        ends = _ends(box, name)
        places = [(np.clip(end, low, high) - low) / (high - low) for end in ends]
        axes.barh(row, 1.0, color=PALE, height=THICK)
        axes.barh(row, places[1] - places[0], left=places[0], color=colour, height=THICK)
        for end, place in zip(ends, places, strict=True):
            if np.isfinite(end):
                axes.text(
                    place, row - 0.2, short_number(end), ha="center", va="bottom", fontsize=8.5, color=INK
                )
        unit = "" if about["unit"] == "1" else about["unit"]
        for place, text, side in (
            (0.0, short_number(low), "left"),
            (1.0, f"{short_number(high)} {unit}".rstrip(), "right"),
        ):
            axes.text(place, row + 0.2, text, ha=side, va="top", fontsize=7.5, color=GREY)
    axes.set_yticks(range(len(names)), names, color=INK)
    axes.set_ylim(len(names) - 0.35, -0.65)
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)


def _draw_cases(
    axes: Axes, box: "Discovery", names: Sequence[str], cases: pd.DataFrame, colours: Mapping[str, str]
) -> None:
    """Draw the cases along two parameters (along one, where there is no other), and the box as a frame."""
    one, other = names[0], names[-1]
    colour = cases["winner"].map(lambda winner: colours.get(winner, UNTOLD)).tolist()
    axes.scatter(cases[one], cases[other], s=11.0, c=colour, alpha=0.65, linewidths=0)
    axes.margins(0.02)
    axes.set_xlabel(_label(one))
    axes.set_ylabel(_label(other))
    corners = [
        np.clip(_ends(box, name), *limits)
        for name, limits in ((one, axes.get_xlim()), (other, axes.get_ylim()))
    ]
    (left, right), (bottom, top) = corners
    frame = Rectangle((left, bottom), right - left, top - bottom, fill=False, edgecolor=INK, linewidth=1.6)
    axes.add_patch(frame)


def _ends(box: "Discovery", name: str) -> tuple[float, float]:
    number = box.names.index(name)
    return float(box.box.low[number]), float(box.box.high[number])


def _breadth(box: "Discovery", name: str) -> float:
    """Return which share of a plausible range a box keeps."""
    least, most = Parameters.fields()[name]["plausible"]
    low, high = np.clip(_ends(box, name), least, most)
    return float(high - low) / (most - least)


def _label(name: str) -> str:
    unit = Parameters.fields()[name]["unit"]
    return name if unit == "1" else f"{name}, {unit}"

"""How much each factor matters: one row a factor, the largest on top."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.plots.style import GREY, INK, PALE, Picture, draw_grid, set_margins
from experiments.wording import choose_scale, start_sentence

MOST = 30  # factors drawn


@dataclass(frozen=True)
class Ranking:
    """What a figure shows.

    Attributes
    ----------
    method, effects, luck : as of `experiments.results.sensitivity.Sensitivity`
    title : of which measure
    unit : of the measure
    """

    method: str
    effects: pd.DataFrame
    luck: float
    title: str
    unit: str


def draw_ranking(ranking: Ranking) -> Picture:
    """Draw elementary effects with their spread, or first and total order indices side by side."""
    rows = ranking.effects.head(MOST)
    figure = Figure(figsize=(7.6, 1.45 + 0.27 * len(rows)))
    axes = figure.subplots()
    set_margins(figure, left=2.3, right=0.35, top=0.4, bottom=0.95)
    caption = _draw_morris(axes, rows, ranking) if ranking.method == "morris" else _draw_sobol(axes, rows)
    axes.set_yticks(range(len(rows)), rows["factor"].tolist(), color=INK)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    draw_grid(axes, "x")
    figure.suptitle(
        start_sentence(ranking.title), x=0.01, y=0.98, ha="left", va="top", weight="bold", size=11
    )
    figure.legend(loc="lower left", bbox_to_anchor=(0.0, 0.0), ncols=3, fontsize=8.0)
    more = len(ranking.effects) - len(rows)
    return Picture(figure, caption + (f" {more} smaller ones are not drawn." if more else ""))


def _draw_morris(axes: Axes, rows: pd.DataFrame, ranking: Ranking) -> str:
    scale = choose_scale(ranking.unit, [*rows["mu_star"], *rows["mu"]])
    y = np.arange(len(rows))
    size, half, mean = (rows[name] / scale.divisor for name in ("mu_star", "mu_star_half", "mu"))
    if np.isfinite(ranking.luck):
        axes.axvspan(0.0, ranking.luck / scale.divisor, color=PALE, lw=0, label="what luck alone would give")
    axes.errorbar(size, y, xerr=half, fmt="o", color="#0072B2", ms=5.5, elinewidth=1.6, capsize=2.5,
                  label="size of the effect (μ*), 95 %")  # fmt: skip
    axes.plot(mean, y, "|", color="#D55E00", ms=11, mew=2.0, label="mean effect (μ)")
    axes.axvline(0.0, color=GREY, linewidth=0.9)
    unit = "percentage points" if ranking.unit == "percentage points" else scale.name
    axes.set_xlabel(f"change from one end of the range to the other, {unit}".rstrip(", "))
    return (
        "Elementary effects of Morris: the mean change of the measure per whole range of a factor, by size "
        "and with its sign. Where the two differ, the sign depends on the other factors."
    )


def _draw_sobol(axes: Axes, rows: pd.DataFrame) -> str:
    y = np.arange(len(rows))
    for name, shift, colour, label in (
        ("first", -0.13, "#0072B2", "by itself (first order), 95 %"),
        ("total", 0.13, "#D55E00", "with all its interactions (total), 95 %"),
    ):
        axes.errorbar(rows[name], y + shift, xerr=rows[f"{name}_half"], fmt="o", color=colour, ms=5.0,
                      elinewidth=1.6, capsize=2.5, label=label)  # fmt: skip
    axes.axvline(0.0, color=GREY, linewidth=0.9)
    axes.set_xlabel("share of the variance over points")
    return (
        "Sobol indices: which share of the variance over points goes with a factor by itself, and with all "
        "its interactions."
    )

"""How far each profile is from an equilibrium: its largest regret, with interval."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from experiments.plots.style import GREY, INK, Picture, colour_of, draw_grid, set_margins
from experiments.stances.analysis import Analysis
from experiments.stances.findings import worst_regrets
from experiments.wording import choose_scale, name_actor


def draw_regrets(analysis: Analysis) -> Picture:
    """Draw each profile's largest regret, whose it is, and the chance that the profile is an equilibrium."""
    rows = worst_regrets(analysis)
    scale = choose_scale("rmb", [*rows["low"], *rows["high"]])
    figure = Figure(figsize=(8.6, 1.3 + 0.24 * len(rows)))
    axes = figure.subplots()
    set_margins(figure, left=3.3, right=1.0, top=0.55, bottom=0.85)
    for y, row in enumerate(rows.to_dict("records")):
        colour = colour_of(row["player"]) if row["regret"] > 0 else INK
        value, low, high = (row[name] / scale.divisor for name in ("regret", "low", "high"))
        axes.errorbar([value], [y], xerr=[[max(value - low, 0)], [max(high - value, 0)]], fmt="o", ms=5,
                      color=colour, elinewidth=1.5, capsize=2.5)  # fmt: skip
        weight = "bold" if row["is_equilibrium"] else "normal"
        place: dict[str, Any] = {"xycoords": axes.get_yaxis_transform(), "annotation_clip": False}
        axes.annotate(_chance(row["chance"]), (1.02, y), va="center", fontsize=8.5, weight=weight, **place)
    axes.annotate("chance of\nequilibrium", (1.02, -1.0), va="bottom", fontsize=7.5, color=GREY, **place)
    order = ", ".join(name_actor(player).split()[-1] for player in analysis.market.players)
    axes.annotate(order, (-0.02, -1.0), ha="right", va="bottom", fontsize=7.5, color=GREY, **place)
    axes.set_yticks(range(len(rows)), rows["label"].tolist(), color=INK, fontsize=8.5)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.axvline(0.0, color=GREY, lw=0.9)
    draw_grid(axes, "x")
    axes.set_xlabel(f"largest regret: what a player gains by another stance alone, {scale.name}")
    for k, player in enumerate(analysis.market.players):
        look: dict[str, Any] = {"color": colour_of(player), "weight": "bold", "fontsize": 8.5}
        figure.text(0.02 + 0.17 * k, 0.02, name_actor(player), **look)
    figure.suptitle("How far each profile is from an equilibrium", x=0.01, ha="left", weight="bold", size=11)
    return Picture(figure, _caption(rows, scale.divisor, scale.name))


def _chance(value: float) -> str:
    return "0" if value == 0 else "1" if value == 1 else f"{value:.3f}"


def _caption(rows: pd.DataFrame, divisor: float, unit: str) -> str:
    others = rows[~rows["is_equilibrium"]]
    if others.empty:
        return "Every profile is an equilibrium."
    nearest = others.iloc[0]
    return (
        f"Colours say whose regret it is. The nearest profile not said to be an equilibrium, "
        f"{nearest['label']}, "
        f"leaves {name_actor(str(nearest['player']))} a gain of {nearest['regret'] / divisor:.2f} {unit} "
        f"({nearest['low'] / divisor:.2f} to {nearest['high'] / divisor:.2f}) by changing alone."
    )

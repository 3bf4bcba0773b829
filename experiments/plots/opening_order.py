"""Where to open first: gains per line on the tile grid, and beside them the ranking with its intervals."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from experiments.opening_order.gains import Interval
from experiments.opening_order.settings import LINE
from experiments.opening_order.tables import by_province, gains_in_order, ranks_of
from experiments.opening_order.telling import first, signs
from experiments.outcomes import INCUMBENT
from experiments.plots.provinces import COLOUR_MAP, centred_norm, draw_legend, draw_tile, frame_tiles
from experiments.plots.style import GREY, INK, PALE, Picture, draw_grid
from experiments.wording import Scale, choose_scale, is_decided, name_actor
from model.observations import Observations, load_observations

if TYPE_CHECKING:
    from experiments.opening_order.tables import Result

SIZE = (12.6, 8.2)
LEGEND = "RMB per line of China Mobile's in December 2008"


def pictures(result: "Result") -> Iterator[tuple[str, str, Picture]]:
    """Yield the name, title and picture of the one figure."""
    yield "opening_order", "Where to open first", draw_opening_order(result, load_observations())


def draw_opening_order(result: "Result", observations: Observations) -> Picture:
    """Draw the map of gains per line and the ranking; the caption says what is found."""
    figure = Figure(figsize=SIZE)
    tiles = figure.add_axes((0.005, 0.01, 0.495, 0.94))
    chart = figure.add_axes((0.60, 0.075, 0.335, 0.855))
    rows = gains_in_order(result)
    norm = centred_norm(list(rows["mean_per_line"]))
    _draw_map(figure, tiles, rows, norm, observations)
    _draw_ranking(chart, result, rows, norm)
    return Picture(figure, f"{signs(result)} {first(result)}")


def _draw_map(
    figure: Figure, axes: Axes, rows: pd.DataFrame, norm: matplotlib.colors.Normalize, observed: Observations
) -> None:
    reach = float(norm.vmax or 1.0)
    scale = Scale(1.0, "", 0 if reach >= 100 else 1 if reach >= 2 else 2)
    found = by_province(rows)
    for name, place in zip(observed.provinces, observed.tile, strict=True):
        row = found[name]
        mean, error, low, high = (float(row[f"{key}_per_line"]) for key in Interval._fields)
        draw_tile(axes, name, place, Interval(mean, error, low, high), norm, scale)
    frame_tiles(axes, observed.tile)
    axes.set_title(f"{name_actor(INCUMBENT)}'s gain from opening one province alone", x=0.02)
    draw_legend(figure, axes, norm, LEGEND)


def _draw_ranking(
    axes: Axes, result: "Result", rows: pd.DataFrame, norm: matplotlib.colors.Normalize
) -> None:
    """Draw a dot and a 95 % interval a province, best on top, and write the set of its rank on the right."""
    by_line = result.settings.by == LINE
    scale = choose_scale("rmb", [*rows["shown_low"], *rows["shown_high"]])
    divisor = 1.0 if by_line else scale.divisor
    colours = ScalarMappable(norm, matplotlib.colormaps[COLOUR_MAP])
    for place, row in enumerate(rows.to_dict("records"), start=1):
        low, mean, high = (row[key] / divisor for key in ("shown_low", "shown", "shown_high"))
        decided = is_decided(low, high)
        axes.plot([low, high], [place, place], color=INK if decided else "#a0a0a0", linewidth=1.6)
        face = colours.to_rgba(row["mean_per_line"]) if decided else "white"
        axes.plot(
            mean, place, "o", markersize=4.5, markerfacecolor=face, markeredgecolor=INK if decided else GREY
        )
    axes.axvline(0.0, color=GREY, linewidth=1.0, zorder=0)
    axes.set_yticks(range(1, len(rows) + 1), [f"{n}  {p}" for n, p in enumerate(rows["province"], start=1)])
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set_ylim(len(rows) + 0.6, 0.4)
    axes.spines["left"].set_color(PALE)
    draw_grid(axes, "x")
    axes.set_xlabel(LEGEND if by_line else scale.name)
    axes.set_title("Ranked, with 95 % intervals", x=0.0)
    _write_sets(axes, ranks_of(result))


def _write_sets(axes: Axes, ranks: pd.DataFrame) -> None:
    """Write each rank's simultaneous 95 % set right of the axes."""
    beside = axes.get_yaxis_transform()
    axes.text(1.03, 0.3, "its rank is", transform=beside, fontsize=8.5, color=GREY, va="bottom")
    for place, row in enumerate(ranks.to_dict("records"), start=1):
        low, high = row["low"], row["high"]
        words = f"{low}" if low == high else f"{low} to {high}"
        weight = "bold" if low == high else "normal"
        axes.text(1.03, place, words, transform=beside, fontsize=9, fontweight=weight, va="center")

"""The province map: what one scenario changes for the incumbent, on the published tile grid."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from experiments.inference import PairedDifference, paired_difference
from experiments.plots.style import GREY, INK, Picture, set_margins
from experiments.wording import Scale, is_decided, name_actor, name_difference, name_scenario

if TYPE_CHECKING:
    from experiments.opening_order.gains import Interval

COLOUR_MAP = "PuOr"  # orange below zero, purple above: told apart with every common colour blindness
GAP = 0.06  # between tiles, in tiles
NAMES = {"Inner Mongolia": "Inner\nMongolia"}


@dataclass(frozen=True)
class MapMeasure:
    """What a map shows: one number a province in each run.

    Attributes
    ----------
    column : of the operators table
    cumulative : True to add the months up, False to read the last month
    title, legend : what it is called, and its unit on the colour bar
    per_lines : the difference is given per this many lines of the province (last month, all
        operators), so that large and small provinces compare
    """

    column: str
    cumulative: bool
    title: str
    legend: str
    per_lines: float


SUBSCRIBERS = MapMeasure(
    "lines_3g",
    False,
    "3G subscribers",
    "3G subscribers per 1,000 mobile lines of the province",
    1e3,
)
PROFIT = MapMeasure("profit_rmb", True, "profit over the run", "RMB per mobile line of the province", 1.0)


def draw_province_map(
    operators: pd.DataFrame,
    a: str,
    b: str,
    measure: MapMeasure,
    provinces: tuple[str, ...],
    tile: np.ndarray,
    operator: str = "china_mobile",
) -> Picture:
    """Draw a less b for one operator in every province, centred at zero.

    Tiles whose 95 % interval includes zero are pale and hatched.

    Parameters
    ----------
    operators : scenario, replication, month, province, operator, lines, and the measure's column
    provinces, tile : names and their (row, column) in the grid, in the same order
    """
    found = province_differences(operators, a, b, measure, operator)
    figure = Figure(figsize=(6.3, 8.2))
    axes = figure.subplots()
    set_margins(figure, left=0.05, right=0.05, top=0.35, bottom=0.05)
    norm = centred_norm([found[province].mean for province in provinces])
    scale = Scale(1.0, "", _decimals(norm))
    for province, place in zip(provinces, tile, strict=True):
        draw_tile(axes, province, place, found[province], norm, scale)
    frame_tiles(axes, tile)
    axes.set_title(
        f"{name_actor(operator)}'s {measure.title}. {name_difference(a, b)}",
        x=0.02,
    )
    draw_legend(figure, axes, norm, measure.legend)
    return Picture(figure, _caption(found, scale, a, b, measure, operator))


def province_differences(
    operators: pd.DataFrame, a: str, b: str, measure: MapMeasure, operator: str
) -> dict[str, PairedDifference]:
    """Return the paired difference of a measure by province, per `measure.per_lines` lines.

    Both scenarios are divided by the same number, the lines under `b`, so that the sign of the
    difference is the sign of the change.
    """
    both = operators[operators["scenario"].isin([a, b])]
    last = both[both["month"] == both["month"].max()]
    values = _by_province(both if measure.cumulative else last, measure.column, operator)
    lines = _by_province(last[last["scenario"] == b], "lines", None).loc[b]
    per = measure.per_lines / lines.T.mean()
    scaled = {name: values.loc[name].mul(per, axis=0) for name in (a, b)}
    return {
        str(province): paired_difference(
            scaled[a].loc[province].to_numpy(), scaled[b].loc[province].to_numpy()
        )
        for province in scaled[a].index
    }


def _by_province(rows: pd.DataFrame, column: str, operator: str | None) -> pd.DataFrame:
    """Return sums with one row a scenario and province, one column a replication."""
    if operator is not None:
        rows = rows[rows["operator"] == operator]
    keys = ["scenario", "province", "replication"]
    return rows.groupby(keys, observed=True)[column].sum().unstack("replication")


def centred_norm(means: list[float]) -> Normalize:
    """Return the scale of colours for these means, with the middle at zero."""
    reach = max((abs(mean) for mean in means), default=0.0) or 1.0
    return TwoSlopeNorm(vcenter=0.0, vmin=-reach, vmax=reach)


def _decimals(norm: Normalize) -> int:
    reach = float(norm.vmax or 1.0)
    return 0 if reach >= 20 else 1 if reach >= 2 else 2


def draw_tile(
    axes: Axes,
    province: str,
    place: np.ndarray,
    found: "PairedDifference | Interval",
    norm: Normalize,
    scale: Scale,
) -> None:
    """Draw a province's tile: name, mean, colour; pale and hatched where zero is not excluded."""
    row, column = (float(part) for part in place)
    decided = is_decided(found.low, found.high)
    red, green, blue, _ = colormaps[COLOUR_MAP](norm(found.mean))
    tile = Rectangle(
        (column - 0.5 + GAP / 2, row - 0.5 + GAP / 2),
        1 - GAP,
        1 - GAP,
        facecolor=(red, green, blue) if decided else "#f4f4f4",
        edgecolor="none" if decided else "#c4c4c4",
        hatch=None if decided else "////",
        linewidth=0.0,
        label=province,
    )
    axes.add_patch(tile)
    # Relative luminance (ITU-R BT.709) decides between dark and white letters.
    dark = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.45
    ink = "#4a4a4a" if not decided else "white" if dark else INK
    name, number = NAMES.get(province, province), scale.number(found.mean, signed=True)
    weight = "bold" if decided else "normal"
    centred: Any = {"ha": "center", "va": "center", "color": ink}
    axes.text(column, row - 0.16, name, fontsize=7.8, **centred)
    axes.text(column, row + 0.22, number, fontsize=10.0, fontweight=weight, **centred)


def frame_tiles(axes: Axes, tile: np.ndarray) -> None:
    """Let the axes show all tiles, square and with nothing around them."""
    rows, columns = tile[:, 0], tile[:, 1]
    axes.set_xlim(columns.min() - 0.55, columns.max() + 0.55)
    axes.set_ylim(rows.max() + 0.55, rows.min() - 0.55)  # row 1 is the north
    axes.set_aspect("equal")
    axes.set_axis_off()


def draw_legend(figure: Figure, axes: Axes, norm: Normalize, legend: str) -> None:
    """Draw the colour bar, called by its legend, and what hatching means."""
    bar = axes.inset_axes((0.02, 0.925, 0.60, 0.018))
    figure.colorbar(ScalarMappable(norm, colormaps[COLOUR_MAP]), cax=bar, orientation="horizontal")
    bar.set_title(legend, fontsize=8.5, weight="normal", color=GREY, pad=4)
    bar.tick_params(labelsize=8, length=2)
    axes.add_patch(
        Rectangle(
            (0.02, 0.845),
            0.04,
            0.035,
            transform=axes.transAxes,
            facecolor="#f4f4f4",
            edgecolor="#c4c4c4",
            hatch="////",
            linewidth=0.0,
            label="_legend",
        )
    )
    axes.text(
        0.075,
        0.8625,
        "95 % interval includes zero",
        transform=axes.transAxes,
        va="center",
        fontsize=8.5,
        color=GREY,
    )


def _caption(
    found: dict[str, PairedDifference],
    scale: Scale,
    a: str,
    b: str,
    measure: MapMeasure,
    operator: str,
) -> str:
    more = [name for name, row in found.items() if row.low > 0]
    less = [name for name, row in found.items() if row.high < 0]
    counts = f"higher under {name_scenario(a)} than under {name_scenario(b)} in {len(more)} provinces"
    counts += f", lower in {len(less)}"
    if len(more) + len(less) < len(found):
        counts += f", not told apart in {len(found) - len(more) - len(less)}"
    decided = [*more, *less]
    if not decided:
        return f"{name_actor(operator)}'s {measure.title}: {counts}."
    top = max(decided, key=lambda name: abs(found[name].mean))
    return (
        f"{name_actor(operator)}'s {measure.title}: {counts}. The largest change told from none is in {top}: "
        f"{scale.number(found[top].mean, signed=True)} {measure.legend}."
    )

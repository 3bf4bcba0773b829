"""How every figure looks: one colour an actor, quiet axes, names beside lines.

Colours are those of Okabe and Ito, told apart with every common kind of colour blindness; who is
who is also said in words beside each line. Figures are built on `matplotlib.figure.Figure` and
never touch pyplot, so they can be drawn in any process and thread.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, YearLocator, date2num
from matplotlib.figure import Figure

from experiments.spacing import spread_apart

OPERATORS = ("china_mobile", "china_unicom", "china_telecom")

INK = "#222222"
GREY = "#6b6b6b"
PALE = "#d9d9d9"
COLOURS = {
    "china_mobile": "#0072B2",
    "china_unicom": "#D55E00",
    "china_telecom": "#009E73",
    "china_mobile_wallet": "#0072B2",
    "china_unicom_wallet": "#D55E00",
    "china_telecom_wallet": "#009E73",
    "alipay": "#CC79A7",
    "tenpay": "#B79B00",
    "unionpay_online": "#E69F00",
    "market": INK,
}

#: matplotlib settings of every figure. Glyphs are drawn as paths, so a page looks the same on a
#: machine without the font; the salt makes two drawings of the same data the same bytes.
RC: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelcolor": GREY,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "legend.frameon": False,
    "hatch.color": "#cfcfcf",
    "hatch.linewidth": 0.8,
    "svg.fonttype": "path",
    "svg.hashsalt": "walled-garden",
}


DATA_END = pd.Timestamp("2013-12-31")  # beyond it everything is extrapolation

#: A line style: a name, or an offset and the lengths of dash and gap in line widths.
type Line = str | tuple[int, tuple[int, int]]

SOLID: Line = "-"
DASHED: Line = (0, (4, 2))


class Picture(NamedTuple):
    """A drawn figure and one sentence that says what is seen in it."""

    figure: Figure
    caption: str


class Band(NamedTuple):
    """A measure over time: mean over replications, and where 95 % of the replications lie."""

    date: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def colour_of(actor: str) -> str:
    """Return the colour an actor has in every figure; grey for those without one of their own."""
    return COLOURS.get(actor, GREY)


def pivot_replications(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return a measure with one row a date and one column a replication."""
    return table.pivot(index="date", columns="replication", values=measure)


def summarise(by_replication: pd.DataFrame) -> Band:
    """Return the mean and the 2.5 and 97.5 % quantiles over the columns of a pivot."""
    values = by_replication.to_numpy(dtype=float)
    low, high = np.quantile(values, [0.025, 0.975], axis=1)
    return Band(by_replication.index.to_numpy(), values.mean(axis=1), low, high)


def draw_band(axes: Axes, band: Band, colour: str, line: Line = SOLID, alpha: float = 0.22) -> None:
    """Draw the mean as a line on top of its band."""
    axes.fill_between(band.date, band.low, band.high, color=colour, alpha=alpha, linewidth=0)
    axes.plot(band.date, band.mean, color=colour, linestyle=line, linewidth=2.0)


def label_ends(axes: Axes, ends: Mapping[str, float], texts: Mapping[str, str], gap: float) -> None:
    """Write each actor's text right of the axes at the height where its line ends.

    `gap` is the least distance between two texts, in units of the y axis.
    """
    ends = {actor: end for actor, end in ends.items() if np.isfinite(end)}
    heights = spread_apart(list(ends.values()), gap)
    for (actor, end), height in zip(ends.items(), heights, strict=True):
        axes.annotate(
            texts[actor],
            xy=(1.0, end),
            xycoords=axes.get_yaxis_transform(),
            xytext=(1.02, height),
            textcoords=axes.get_yaxis_transform(),
            color=colour_of(actor),
            fontweight="bold",
            fontsize=9.0,
            va="center",
            annotation_clip=False,
        )


def set_margins(
    figure: Figure, left: float, right: float, top: float, bottom: float, between: float = 0.0
) -> None:
    """Place the panels: margins around them and height between their rows, all in inches.

    Fixed margins draw twice as fast as a layout engine, which has to draw everything to measure it.
    """
    width, height = (float(side) for side in figure.get_size_inches())
    rows = max((axes.get_gridspec().nrows for axes in figure.axes), default=1)  # type: ignore[union-attr]
    panels = height - top - bottom - between * (rows - 1)
    figure.subplots_adjust(
        left=left / width,
        right=1.0 - right / width,
        top=1.0 - top / height,
        bottom=bottom / height,
        hspace=between * rows / panels,
    )


def set_years(axes: Axes, dates: Iterable[Any]) -> None:
    """Let the x axis span the months that end on these dates, with a tick at some years' start.

    Where they go beyond the data, a line marks where those end.
    """
    days = pd.DatetimeIndex(list(dates))
    axes.set_xlim(*date2num([days.min() - pd.offsets.MonthEnd(1), days.max()]))
    years = (days.max() - days.min()).days / 365.25
    axes.xaxis.set_major_locator(YearLocator(1 if years < 6 else 2 if years < 12 else 5))
    axes.xaxis.set_major_formatter(DateFormatter("%Y"))
    if days.max() > DATA_END:
        axes.axvline(date2num(DATA_END), color=GREY, linewidth=1.0, linestyle=(0, (1, 2)), zorder=0)
        axes.annotate(
            "data end",
            (date2num(DATA_END), 0.0),
            (3, 3),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            fontsize=7.5,
            color=GREY,
        )


def draw_grid(axes: Axes, axis: str = "y") -> None:
    """Draw pale grid lines behind the data across one axis ("x" or "y")."""
    axes.set_axisbelow(True)
    axes.grid(True, axis=axis, color="#e9e9e9", linewidth=0.8)  # type: ignore[arg-type]

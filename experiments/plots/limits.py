"""Limiting cases: what theory says as lines, what the model gave as dots with their standard errors."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.plots.style import COLOURS, GREY, INK, Picture, draw_grid, set_margins
from experiments.verification.checks import Case, Findings, Panel, Series

PALETTE = (
    COLOURS["china_mobile"],
    COLOURS["china_unicom"],
    COLOURS["china_telecom"],
    COLOURS["alipay"],
    COLOURS["unionpay_online"],
    INK,
    GREY,
)
WIDTH, HEIGHT = 4.3, 3.1  # inches of a panel with its margins
LEGEND_ROW, COLUMNS = 0.17, 2  # inches; names beside each other
MOST_DOTS = 60  # beyond, dots are drawn small


def draw_case(case: Case, findings: Findings) -> Picture:
    """Draw a case's panels side by side."""
    names = max(len({series.label for series in panel.series}) for panel in findings.panels)
    room = LEGEND_ROW * (-(-names // COLUMNS)) if names > 1 else 0.0
    figure = Figure(figsize=(WIDTH * len(findings.panels), HEIGHT + room))
    places = figure.subplots(1, len(findings.panels), squeeze=False)[0]
    set_margins(figure, left=0.75, right=0.2, top=0.4, bottom=0.6 + room)
    figure.subplots_adjust(wspace=0.34)
    for axes, panel in zip(places, findings.panels, strict=True):
        _draw_panel(figure, axes, panel)
    passed = sum(check.passed for check in findings.checks)
    caption = f"{case.title}: {case.theory}. Lines: theory. Dots: the model, with one standard error where "
    caption += f"there is luck. {passed} of {len(findings.checks)} checks agree."
    return Picture(figure, caption)


def _draw_panel(figure: Figure, axes: Axes, panel: Panel) -> None:
    colours = _colours(panel.series)
    for series in panel.series:
        _draw_series(axes, series, colours[series.label])
    axes.set_title(panel.title, fontsize=10.0)
    axes.set_xlabel(panel.x_label)
    axes.set_ylabel(panel.y_label)
    if panel.log_x:
        axes.set_xscale("log")
    if panel.log_y:
        axes.set_yscale("log")
    draw_grid(axes)
    _draw_legend(figure, axes)


def _draw_series(axes: Axes, series: Series, colour: str) -> None:
    if not series.dots:
        axes.plot(series.x, series.y, color=colour, linewidth=1.5, label=series.label, zorder=2)
        return
    size = 4.5 if len(series.x) <= MOST_DOTS else 2.0
    axes.errorbar(
        series.x,
        series.y,
        yerr=series.error,
        fmt="o",
        markersize=size,
        color=colour,
        elinewidth=1.0,
        label=series.label,
        zorder=3,
    )


def _colours(series: Sequence[Series]) -> dict[str, str]:
    """Return a colour for each label: the same for a curve of theory and the dots that bear its name."""
    labels = list(dict.fromkeys(one.label for one in series))
    return {label: PALETTE[number % len(PALETTE)] for number, label in enumerate(labels)}


def _draw_legend(figure: Figure, axes: Axes) -> None:
    """Name each label once, a line before dots of the same name."""
    handles, labels = axes.get_legend_handles_labels()
    named: dict[str, Any] = {}
    for handle, label in zip(handles, labels, strict=True):
        named.setdefault(label, handle)
    if len(named) > 1:
        # Under the axes: no corner of the data is covered.
        below = -0.5 / (axes.get_position().height * figure.get_figheight())
        axes.legend(
            list(named.values()),
            list(named),
            fontsize=7.5,
            handlelength=1.4,
            ncols=COLUMNS,
            loc="upper left",
            bbox_to_anchor=(-0.08, below),
            borderaxespad=0.0,
        )

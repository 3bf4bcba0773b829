"""Lines over the months: two worlds, observed month-ends behind them, events on the time axis."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from experiments.spacing import spread_apart
from experiments.wording import MINUS
from view.colours import GREY, INK, PALE
from view.drawing.svg import drawing, element, path, text, title

WIDTH, HEIGHT = 400.0, 236.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 314.0, 24.0, 204.0
LAST = 60
DASHES = "5 3"


@dataclass(frozen=True)
class Line:
    """One line: values by month from `first` on, in the chart's unit."""

    name: str
    colour: str
    values: np.ndarray
    dashed: bool = False
    labelled: bool = True


@dataclass(frozen=True)
class Dots:
    """Observed values at months."""

    colour: str
    months: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Mark:
    """An event on the time axis: its number in the list of events, or a dot of its actor's colour."""

    month: float
    words: str
    number: int | None = None
    colour: str = GREY


@dataclass(frozen=True)
class Chart:
    """A chart before it is drawn.

    Attributes
    ----------
    title, unit : str
    lines : list of Line
        Values of month 0, 1, ...; nan where there is none.
    dots : list of Dots
    least : float
        What the axis reaches in any case.
    """

    title: str
    unit: str
    lines: list[Line]
    dots: list[Dots] = field(default_factory=list)
    least: float = 0.0


def draw_chart(chart: Chart, marks: list[Mark]) -> str:
    """Return a chart as SVG."""
    low, high, step = axis_of(chart)

    def y(value: np.ndarray) -> np.ndarray:
        return BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)

    parts = [_draw_background(low, high, step, tuple(marks))]
    for dots in chart.dots:
        points = zip(x_of(dots.months).tolist(), y(dots.values).tolist(), strict=True)
        d = "".join(f"M{x:.1f} {v:.1f}h0" for x, v in points)
        look = element("path", d=d, stroke=dots.colour, stroke_width=4.2, stroke_linecap="round")
        parts.append(element("g", look, opacity=0.45))
    for line in chart.lines:
        dashes = {"stroke_dasharray": DASHES} if line.dashed else {}
        d = path(x_of(np.arange(len(line.values))), y(line.values))
        parts.append(element("path", d=d, fill="none", stroke=line.colour, stroke_width=2.0, **dashes))
    parts += _draw_labels(chart.lines, y)
    heading = text(chart.title, 0, 13, font_size=13.5, font_weight=700, fill=INK)
    heading += text(chart.unit, WIDTH, 13, font_size=11, fill=GREY, text_anchor="end")
    return drawing(WIDTH, HEIGHT, [heading, *parts], f"{chart.title}, {chart.unit}", class_="chart")


def x_of(months: np.ndarray) -> np.ndarray:
    """Return where months lie across the chart."""
    return LEFT + np.asarray(months, float) / LAST * (RIGHT - LEFT)


def place_of(month: float) -> float:
    """Return where one month lies across the chart."""
    return float(x_of(np.array(month)))


def axis_of(chart: Chart) -> tuple[float, float, float]:
    """Return both ends of the y axis and the step of its grid: round numbers around all values, and 0."""
    everything = [line.values for line in chart.lines] + [dots.values for dots in chart.dots]
    values = np.concatenate([*everything, [0.0, chart.least]])
    values = values[np.isfinite(values)]
    low, high = float(values.min()), float(values.max())
    span = max(high - low, 1e-9)
    power = 10.0 ** np.floor(np.log10(span / 4))
    step = float(next(s * power for s in (1.0, 2.0, 2.5, 5.0, 10.0) if s * power >= span / 4 * (1 - 1e-9)))
    return float(np.floor(low / step + 1e-9) * step), float(np.ceil(high / step - 1e-9) * step or step), step


@lru_cache(maxsize=256)
def _draw_background(low: float, high: float, step: float, marks: tuple[Mark, ...]) -> str:
    """Return the grid, the years and the events: they change seldom."""
    return "".join([*_draw_axes(low, high, step), *_draw_marks(list(marks))])


def _draw_axes(low: float, high: float, step: float) -> list[str]:
    small = {"font_size": 11, "fill": GREY}
    parts = []
    decimals = max(0, int(np.ceil(-np.log10(step) - 1e-9))) if step < 1 else (1 if step % 1 else 0)
    for value in np.arange(low, high + step / 2, step):
        at = float(BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP))
        zero = abs(value) < step / 1e6
        parts.append(element("line", x1=LEFT, x2=RIGHT, y1=at, y2=at, stroke=GREY if zero else PALE))
        words = "0" if zero else f"{abs(value):,.{decimals}f}"
        sign = MINUS if value < 0 and not zero else ""
        parts.append(text(sign + words, LEFT - 5, at + 4, text_anchor="end", **small))
    for year in range(2009, 2014):
        x = place_of((year - 2009) * 12)
        parts.append(element("line", x1=x, x2=x, y1=BOTTOM, y2=BOTTOM + 4, stroke=GREY))
        parts.append(text(str(year), x + 3, BOTTOM + 14, **small))
    return parts


def _draw_marks(marks: list[Mark]) -> list[str]:
    """Return events as numbered lines, their numbers moved apart, and what was done in the worlds as dots."""
    numbered = [mark for mark in marks if mark.number is not None]
    places = spread_apart([place_of(mark.month) for mark in numbered], 9.0)
    parts = []
    for mark, place in zip(numbered, places, strict=True):
        x = place_of(mark.month)
        line = element("line", x1=x, x2=x, y1=TOP, y2=BOTTOM, stroke=PALE, stroke_dasharray="2 2")
        number = text(str(mark.number), place, BOTTOM + 28, font_size=9.5, fill=GREY, text_anchor="middle")
        parts.append(element("g", title(mark.words) + line + number, class_="event"))
    for mark in marks:
        if mark.number is None:
            x = place_of(mark.month)
            dot = element("circle", cx=x, cy=BOTTOM, r=3.4, fill=mark.colour, stroke="#ffffff")
            parts.append(element("g", title(mark.words) + dot))
    return parts


def _draw_labels(lines: list[Line], y: object) -> list[str]:
    """Return the names of lines where they end, moved apart where they would cover each other."""
    named = [line for line in lines if line.labelled and len(line.values) and np.isfinite(line.values[-1])]
    heights = [float(y(line.values[-1])) for line in named]  # type: ignore[operator]
    return [
        text(line.name, RIGHT + 5, height + 4, font_size=11, font_weight=600, fill=line.colour)
        for line, height in zip(named, spread_apart(heights, 13.0), strict=True)
    ]

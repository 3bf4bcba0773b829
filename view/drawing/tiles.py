"""Province maps on the published tile grid: two worlds, and the difference between them."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from experiments.wording import MINUS
from model.measures import shares
from model.observations import load_observations
from model.schemas import OPERATORS
from view.colours import GREY, INK, LESS_TO_MORE, MORE, NOTHING, OF, PALE, ink_on, name_of, on_ramp
from view.drawing.svg import drawing, element, text, title
from view.measures import Measure

WIDE, HIGH, GAP = 64.0, 56.0, 3.0
#: Names that would not fit, on two lines.
BROKEN = {"Heilongjiang": ("Heilong-", "jiang"), "Inner Mongolia": ("Inner", "Mongolia")}
SHORT = {"china_mobile": "Mobile", "china_unicom": "Unicom", "china_telecom": "Telecom"}
STEPS = (1.0, 2.0, 5.0)
YEAR = 12


class Tile(NamedTuple):
    """How one province is drawn: its colour, the words in it, and what resting on it says."""

    fill: str
    words: str
    says: str


def world_tiles(measure: Measure, snapshot: Any) -> list[Tile]:
    """Return the tiles of one world, by province."""
    values = measure.of(snapshot)
    if measure.is_name:
        return [
            _leader_tile(int(k), share) for k, share in zip(values, shares(snapshot.lines_3g), strict=True)
        ]
    low, high = measure.ends
    return [
        Tile(on_ramp(MORE, (v - low) / (high - low)), _short(v, measure.is_count), f"{v:,.1f} {measure.unit}")
        for v in values.tolist()
    ]


def _short(value: float, is_count: bool) -> str:
    """Return a value as a tile has room for it: a decimal below 10, none where things are counted."""
    return f"{value:,.1f}" if 0 < abs(value) < 10 and not is_count else f"{value:,.0f}"


def _leader_tile(k: int, share: np.ndarray) -> Tile:
    if k < 0:
        return Tile(NOTHING, "none", "nobody is on 3G yet")
    name = OPERATORS[k]
    return Tile(OF[name], SHORT[name], f"{name_of(name)}, {share[k]:.0%} of 3G lines")


def difference_tiles(measure: Measure, a: Any, b: Any, reach: float) -> list[Tile]:
    """Return the tiles of B less A; `reach` is what the ends of the ramp stand for."""
    before, after = measure.of(a), measure.of(b)
    if measure.is_name:
        return [_change_tile(int(j), int(k)) for j, k in zip(before, after, strict=True)]
    return [
        Tile(
            on_ramp(LESS_TO_MORE, 0.5 + v / (2 * reach)),
            signed(v, 0 if measure.is_count or reach >= 50 else 1),
            f"{signed(v, 2)} {measure.unit_of_difference}",
        )
        for v in (after - before).tolist()
    ]


def _change_tile(before: int, after: int) -> Tile:
    if before == after:
        return Tile(NOTHING, "same", "the same in both worlds")
    name = OPERATORS[after] if after >= 0 else "cash"
    was = name_of(OPERATORS[before]) if before >= 0 else "nobody"
    return Tile(OF[name], SHORT.get(name, "none"), f"{was} in A, {name_of(name)} in B")


def reach_of(measure: Measure, histories: tuple[list[Any], list[Any]]) -> float:
    """Return a round number no difference of the last year is beyond: the legend seldom changes.

    Older months do not count: the first few customers of a network make wild shares.
    """
    pairs = list(zip(*histories, strict=True))[-YEAR:]
    most = max((float(np.abs(measure.of(b) - measure.of(a)).max()) for a, b in pairs), default=0.0)
    return round_up(max(most, 1.0))


def round_up(value: float) -> float:
    """Return the first of 1, 2, 5, 10, 20, 50, ... that is not below a value."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (*STEPS, 10.0) if step * power >= value * (1 - 1e-12)))


def signed(value: float, decimals: int) -> str:
    """Return a number with its sign, 0 without one."""
    words = f"{abs(value):,.{decimals}f}"
    if not any(digit in "123456789" for digit in words):
        return "0"
    return (MINUS if value < 0 else "+") + words


def draw_map(
    tiles: list[Tile], legend: str, label: str, partners: np.ndarray | None = None, chosen: str | None = None
) -> str:
    """Return a map as SVG; every tile carries its province in `data-province`.

    Parameters
    ----------
    tiles : by province
    legend : SVG, drawn in the empty corner of the north-west
    label : what the map shows, for those who cannot see it
    partners : (K, G) bool, optional
        Branches with a partner: a dot in their operator's colour.
    chosen : a province to be framed
    """
    data = load_observations()
    rows, columns = data.tile.max(axis=0)
    parts = [legend]
    for g, (province, tile) in enumerate(zip(data.provinces, tiles, strict=True)):
        row, column = data.tile[g].tolist()
        dots = () if partners is None else tuple(partners[:, g].tolist())
        place = ((column - 1) * WIDE, (row - 1) * HIGH)
        parts.append(_draw_tile(province, tile, place, dots, province == chosen))
    return drawing(float(columns * WIDE), float(rows * HIGH), parts, label, class_="map")


@lru_cache(maxsize=4096)
def _draw_tile(
    province: str, tile: Tile, place: tuple[float, float], dots: tuple[bool, ...], chosen: bool
) -> str:
    x, y = place
    ink = ink_on(tile.fill)
    box = element(
        "rect", x=x + GAP / 2, y=y + GAP / 2, width=WIDE - GAP, height=HIGH - GAP, rx=5, fill=tile.fill,
        stroke=INK if chosen else "none", stroke_width=2.5,
    )  # fmt: skip
    lines = BROKEN.get(province, (province,))
    top = y + (18 if len(lines) == 1 else 13)
    names = [
        text(line, x + WIDE / 2, top + 10 * i, font_size=10.5, fill=ink, text_anchor="middle")
        for i, line in enumerate(lines)
    ]
    value = text(
        tile.words, x + WIDE / 2, y + 37, font_size=13, font_weight=700, fill=ink, text_anchor="middle"
    )
    marks = _draw_dots(dots, x, y)
    says = title(f"{province}: {tile.says}")
    return element(
        "g", says + box + "".join(names) + value + marks, data_province=province, class_="tile", tabindex=0,
        role="button", aria_label=f"{province}: {tile.says}",
    )  # fmt: skip


def _draw_dots(dots: tuple[bool, ...], x: float, y: float) -> str:
    here = [name for name, there in zip(OPERATORS, dots, strict=False) if there]
    start = x + WIDE / 2 - 5.5 * (len(here) - 1)
    return "".join(
        element(
            "circle", cx=start + 11 * i, cy=y + 46, r=4, fill=OF[name], stroke="#ffffff", stroke_width=1.2
        )
        for i, name in enumerate(here)
    )


def ramp_legend(ramp: tuple[str, ...], ends: tuple[str, str], unit: str, middle: str = "") -> str:
    """Return the legend of a colour ramp for the corner of a map."""
    width, stops = 210.0, len(ramp) * 4
    bar = "".join(
        element("rect", x=4 + i * width / stops, y=34, width=width / stops + 0.5, height=12,
                fill=on_ramp(ramp, i / (stops - 1)))
        for i in range(stops)
    )  # fmt: skip
    small = {"font_size": 11.5, "fill": GREY}
    words = text(unit, 4, 26, **small) + text(ends[0], 4, 60, **small)
    words += text(ends[1], 4 + width, 60, text_anchor="end", **small)
    words += text(middle, 4 + width / 2, 60, text_anchor="middle", **small)
    return bar + words


def names_legend(words: str, also_same: bool) -> str:
    """Return the legend of the operators' colours."""
    entries = [(OF[name], name_of(name)) for name in OPERATORS] + (
        [(NOTHING, "the same")] if also_same else []
    )
    parts = [text(words, 4, 26, font_size=11.5, fill=GREY)]
    for i, (colour, name) in enumerate(entries):
        x, y = 4 + 120 * (i % 2), 34 + 20 * (i // 2)
        parts.append(element("rect", x=x, y=y, width=14, height=14, rx=3, fill=colour, stroke=PALE))
        parts.append(text(name, x + 19, y + 11.5, font_size=11.5, fill=INK))
    return "".join(parts)


def partner_legend() -> str:
    """Return what the dots mean."""
    parts = [text("Dots: branches with a partner", 4, 88, font_size=11.5, fill=GREY)]
    x = 4.0
    for name in OPERATORS:
        parts.append(element("circle", cx=x + 5, cy=100, r=4, fill=OF[name]))
        parts.append(text(SHORT[name], x + 13, 104, font_size=11.5, fill=INK))
        x += 72
    return "".join(parts)


@lru_cache(maxsize=32)
def legend_of(measure: Measure) -> str:
    """Return the legend of a world's map."""
    if measure.is_name:
        return names_legend("Most 3G lines", also_same=False) + partner_legend()
    low, high = measure.ends
    return ramp_legend(MORE, (f"{low:,.0f}", f"{high:,.0f}"), measure.unit) + partner_legend()


@lru_cache(maxsize=64)
def legend_of_difference(measure: Measure, reach: float) -> str:
    """Return the legend of the difference."""
    if measure.is_name:
        return names_legend("Leads in B but not in A", also_same=True)
    ends = (signed(-reach, 0), signed(reach, 0))
    return ramp_legend(LESS_TO_MORE, ends, f"B less A, {measure.unit_of_difference}", "0")

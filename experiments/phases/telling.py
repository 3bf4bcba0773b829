"""What a phase diagram says, in words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from experiments.phases.boundaries import Boundary, boundaries_of
from experiments.phases.diagram import Diagram, Point
from experiments.phases.settings import Axis
from experiments.stances.market_game import STANCES
from model.parameters import Parameters


class Row(NamedTuple):
    """A row of points and the boundaries along it."""

    y: float
    boundaries: list[Boundary]


def rows_of(diagram: Diagram) -> list[Row]:
    """Return the rows that reach from end to end, from low to high, with their boundaries."""
    ends = {diagram.settings.x.low, diagram.settings.x.high}
    rows = []
    for y in sorted({point[1] for point in diagram.phases}):
        points = diagram.row(y)
        x = [point[0] for point in points]
        if ends <= set(x):
            phases, told = [diagram.phases[p] for p in points], [diagram.is_told(p) for p in points]
            rows.append(Row(y, boundaries_of(x, phases, told)))
    return rows


def default_row(diagram: Diagram, rows: list[Row]) -> Row:
    """Return the row at the default of y, or the one nearest to it."""
    return min(rows, key=lambda row: abs(row.y - diagram.settings.y.default))


def name_axis(axis: Axis) -> str:
    """Return what an axis shows: its meaning, name and unit."""
    about = Parameters.fields()[axis.name]
    if axis.name == "era":
        return "the era, from 2G (0) to 3G as observed (1)"
    meaning = about["meaning"]
    if "the same" in meaning:  # as the parameter above it in the list
        meaning = axis.name.replace("_", " ").replace("2g", "2G").replace("3g", "3G")
    return f"{meaning} ({axis.name}, {axis.unit})"


def name_stances(stances: tuple[int, ...]) -> str:
    """Return the stances in equilibrium: "closed", "open or exclusive", "none"."""
    names = [STANCES[s] for s in stances]
    if not names:
        return "none"
    return " or ".join(names) if len(names) < 3 else f"{names[0]}, {names[1]} or {names[2]}"


def told_stances(diagram: Diagram, point: Point) -> str:
    """Return the stances of a point by name."""
    return name_stances(diagram.phases[point].stances)


def tell(diagram: Diagram, rows: list[Row]) -> list[tuple[str, str]]:
    """Return what the diagram says: (about, sentence) each, the answer first."""
    row = default_row(diagram, rows)
    return [
        (f"Along {diagram.settings.y.name} = {row.y:g}", tell_transition(diagram, row)),
        ("Over the map", tell_area(diagram)),
        ("The boundary elsewhere", tell_rows(diagram, rows)),
        ("The whole equilibrium", tell_profiles(diagram)),
        ("How sure", tell_certainty(diagram)),
    ]


def tell_transition(diagram: Diagram, row: Row) -> str:
    """Return where closed stops or starts being in equilibrium along a row."""
    settings = diagram.settings
    where = f"with {settings.y.name} = {row.y:g}"
    if not row.boundaries:
        points = diagram.row(row.y)
        phases = {told_stances(diagram, point) for point in points if diagram.is_told(point)}
        untold = sum(not diagram.is_told(point) for point in points)
        but = f", as far as luck tells it: not at {untold} of {len(points)} points" if untold else ""
        return (
            f"Over the range of {settings.x.name} {where}, China Mobile's stance in equilibrium is "
            f"{' / '.join(sorted(phases)) or 'not told from luck'}{but}. No place is found where "
            "closed starts or stops being one of them."
        )
    parts = []
    for b in row.boundaries:
        verb = "stops" if b.stops else "starts"
        seen = "" if b.chance > 0.999 else f"; in {100 * b.chance:.0f} % of draws"
        seen += "" if b.is_told else "; luck may decide it"
        parts.append(
            f"closed {verb} being China Mobile's stance in equilibrium at {settings.x.name} = {b.at:.3g} "
            f"({b.low:.3g} to {b.high:.3g}{seen}){_as_lambda(diagram, b, row.y)}"
        )
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}, {where}."


def _as_lambda(diagram: Diagram, b: Boundary, y: float) -> str:
    """Return the weight of paying by phone that an era stands for."""
    if diagram.settings.x.name != "era":
        return ""
    values = Parameters.with_values(diagram.settings.at(b.at, y))
    weights = [
        values.payment_value_2g + era * (values.payment_value_3g - values.payment_value_2g)
        for era in (b.at, b.low, b.high)
    ]
    return f", which is lambda = {weights[0]:.3f} utils ({weights[1]:.3f} to {weights[2]:.3f})"


def tell_area(diagram: Diagram) -> str:
    """Return which part of the map each phase takes."""
    area: dict[str, float] = {}
    for left, right, bottom, top in diagram.squares:
        quarter = (right - left) * (top - bottom) / 4
        for corner in ((left, bottom), (left, top), (right, bottom), (right, top)):
            name = told_stances(diagram, corner) if diagram.is_told(corner) else "not told from luck"
            area[name] = area.get(name, 0.0) + quarter
    whole = sum(area.values())
    parts = [f"{name} {100 * part / whole:.0f} %" for name, part in sorted(area.items(), key=lambda a: -a[1])]
    return (
        f"China Mobile's stances in equilibrium, by share of the map: {', '.join(parts)}. A share of the "
        "ranges is no probability."
    )


def tell_rows(diagram: Diagram, rows: list[Row]) -> str:
    """Return where the boundary lies in the other rows."""
    settings = diagram.settings
    parts = []
    for row in rows:
        at = [
            f"{'stops' if b.stops else 'starts'} at {b.at:.3g} ({b.low:.3g} to {b.high:.3g})"
            + ("" if b.is_told else ", which luck may decide")
            for b in row.boundaries
        ]
        parts.append(f"{row.y:.3g}: {' and '.join(at) if at else 'neither'}")
    return f"Where closed stops or starts along {settings.x.name}, by {settings.y.name}: {'; '.join(parts)}."


def tell_profiles(diagram: Diagram) -> str:
    """Return which profiles are equilibria at how many of the points."""
    counts: dict[str, int] = {}
    for phase in diagram.phases.values():
        for profile in phase.equilibria:
            name = ", ".join(STANCES[s] for s in profile)
            counts[name] = counts.get(name, 0) + 1
    most = sorted(counts.items(), key=lambda item: -item[1])[:5]
    parts = [f"{name} at {count}" for name, count in most]
    none = sum(1 for phase in diagram.phases.values() if not phase.equilibria)
    more = f"; no equilibrium in pure stances at {none}" if none else ""
    return (
        f"China Mobile, China Unicom, China Telecom, of {len(diagram.phases)} points: {'; '.join(parts)}"
        f"{more}. Where a stance makes no difference both are counted."
    )


def _span(counts: np.ndarray) -> str:
    low, high = int(counts.min()), int(counts.max())
    return f"{low}" if low == high else f"{low} to {high}"


def tell_certainty(diagram: Diagram) -> str:
    """Return how many points are told, and what it took."""
    told = sum(diagram.is_told(point) for point in diagram.phases)
    runs = [int(samples.runs.sum()) for samples in diagram.samples.values()]
    counts = np.array([int(samples.runs[0]) for samples in diagram.samples.values()])
    return (
        f"{told} of {len(diagram.phases)} points are known to {100 * diagram.settings.confidence:g} % after "
        f"{_span(counts)} runs of each of 27 profiles, {sum(runs):,} runs together."
    )

"""Every figure of a comparison, drawn from its tables and written as SVG.

The bytes depend on the data alone: no date is written and identifiers are salted with a constant.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import matplotlib

from experiments.plots.adoption import draw_adoption
from experiments.plots.differences import draw_differences
from experiments.plots.flows import draw_money_flows
from experiments.plots.provinces import PROFIT, SUBSCRIBERS, draw_province_map
from experiments.plots.shares import draw_shares
from experiments.plots.style import RC, Picture
from experiments.wording import name_difference
from model.observations import Observations, load_observations

if TYPE_CHECKING:
    from experiments.compare import ComparisonResult

HISTORY = "history"


class Drawing(NamedTuple):
    """A figure on disk: its name, title, the sentence that says what is seen, and its file."""

    name: str
    title: str
    caption: str
    path: Path


def draw_all(
    result: "ComparisonResult", folder: Path, observations: Observations | None = None
) -> list[Drawing]:
    """Draw the figures of a result into a folder, made if it is missing, in the order to show them.

    The first comparison gets every figure, the others their differences. `observations` are the
    shipped ones unless given.
    """
    return write_figures(_pictures(result, observations or load_observations()), folder)


def write_figures(pictures: Iterable[tuple[str, str, Picture]], folder: Path) -> list[Drawing]:
    """Write each (name, title, picture) as an SVG into a folder, made if it is missing.

    Pictures are drawn in the house's style where they are made one by one, as a generator does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawings = []
    with matplotlib.rc_context(RC):
        for name, title, picture in pictures:
            path = folder / f"{name}.svg"
            picture.figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
            drawings.append(Drawing(name, title, picture.caption, path))
    return drawings


def _pictures(result: "ComparisonResult", observations: Observations) -> Iterator[tuple[str, str, Picture]]:
    """Yield the name, title and picture of each figure."""
    tables = result.tables
    national, operators = tables["operators_national"], tables["operators"]
    first, *others = result.comparisons
    drawn = [HISTORY] if HISTORY in result.scenarios else [first.a, first.b]
    yield (
        "adoption",
        "3G adoption against the observed series",
        draw_adoption(national, drawn, observations.series, observations.events),
    )
    yield "shares", "Shares of all lines and of 3G", draw_shares(national, first.a, first.b)
    for name, title, measure in (
        ("map_subscribers", "Where 3G subscribers change", SUBSCRIBERS),
        ("map_profit", "Where profit changes", PROFIT),
    ):
        yield (
            name,
            title,
            draw_province_map(
                operators, first.a, first.b, measure, observations.provinces, observations.tile
            ),
        )
    yield "money_flows", "Who pays whom", draw_money_flows(tables["ledger"], first.a, first.b)
    for number, comparison in enumerate([first, *others], start=1):
        yield (
            f"differences_{number}",
            f"{name_difference(comparison.a, comparison.b)}: all differences with their intervals",
            draw_differences(tables["differences"], *comparison),
        )

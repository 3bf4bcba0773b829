"""The page of a comparison: one HTML file that needs nothing else, from anywhere.

Styles are inside, figures are data URIs, and its content security policy forbids every request.
"""

import base64
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from experiments.outcomes import MARKET, MEASURES
from experiments.wording import (
    format_change,
    format_pair,
    is_decided,
    name_actor,
    name_difference,
    name_scenario,
    start_sentence,
)

if TYPE_CHECKING:
    from experiments.compare import ComparisonResult
    from experiments.figures import Drawing

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = ("walled-garden", "mesa", "numba", "numpy", "pandas", "scipy", "matplotlib")

#: What is shown large on top: measure, actor, and what to call it.
HIGHLIGHTS = (
    ("profit_discounted", "china_mobile", "China Mobile's discounted profit"),
    ("share_3g", "china_mobile", "China Mobile's share of 3G"),
    ("profit_discounted", "alipay", "Alipay's discounted profit"),
    ("welfare_discounted", MARKET, "Discounted welfare"),
)


class Row(NamedTuple):
    """One line of a table of differences, as written."""

    actor: str
    a: str
    b: str
    change: str
    interval: str
    decided: bool


class Group(NamedTuple):
    """The lines of a table that share a measure."""

    measure: str
    rows: list[Row]


class Table(NamedTuple):
    """One comparison: its place among them, name, scenarios, answer and lines."""

    number: int
    title: str
    a: str
    b: str
    answer: str
    groups: list[Group]


class Highlight(NamedTuple):
    """One number shown large, as written."""

    label: str
    change: str
    interval: str
    decided: bool


def write_page(result: "ComparisonResult", drawings: Sequence["Drawing"], path: Path) -> None:
    """Write the page of a result and its drawings to a file; all text is escaped."""
    figures = [(drawing, embed(drawing.path)) for drawing in drawings]
    page = render(
        "report.html.j2",
        tables=list(_tables(result)),
        highlights=list(_highlights(result)),
        story=[figure for figure in figures if not figure[0].name.startswith("differences")],
        details=[figure for figure in figures if figure[0].name.startswith("differences")],
        scenarios=[(name_scenario(name), title) for name, title in result.scenarios.items()],
        first=name_difference(result.comparisons[0].a, result.comparisons[0].b),
        caveats=result.caveats,
        settings=result.settings,
        command=_command(result.settings),
        versions=versions(PACKAGES),
    )
    path.write_text(page, encoding="utf-8")


def render(template: str, **values: Any) -> str:
    """Return a template of `TEMPLATES` filled in; all text is escaped, and a missing value is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)


def versions(packages: Sequence[str]) -> list[tuple[str, str]]:
    """Return the versions of Python and of packages, as a page shows them."""
    return [("Python", platform.python_version()), *((name, version(name)) for name in packages)]


def embed(svg: Path) -> str:
    """Return an SVG file as a data URI, which cannot clash with the identifiers of another."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.read_bytes()).decode('ascii')}"


def _tables(result: "ComparisonResult") -> Iterator[Table]:
    differences = result.tables["differences"]
    told = zip(result.comparisons, result.answers, strict=True)
    for number, (comparison, answer) in enumerate(told, start=1):
        rows = differences[differences["comparison"] == comparison.name]
        yield Table(
            number=number,
            title=name_difference(comparison.a, comparison.b),
            a=name_scenario(comparison.a),
            b=name_scenario(comparison.b),
            answer=answer,
            groups=list(_groups(rows)),
        )


def _groups(rows: pd.DataFrame) -> Iterator[Group]:
    for measure, lines in groupby(rows.to_dict("records"), key=lambda row: str(row["measure"])):
        label = start_sentence(MEASURES[measure].label)
        yield Group(label, [_row({str(k): v for k, v in line.items()}) for line in lines])


def _row(line: dict[str, Any]) -> Row:
    measure = MEASURES[line["measure"]]
    a, b = ("", "")
    if measure.has_level:
        a, b = format_pair(line["mean_a"], line["mean_b"], measure.unit)
    change, interval = format_change(line["mean"], line["low"], line["high"], measure.unit)
    actor = "all" if line["actor"] == MARKET else name_actor(line["actor"])
    return Row(actor, a, b, change, interval, is_decided(line["low"], line["high"]))


def _highlights(result: "ComparisonResult") -> Iterator[Highlight]:
    """Yield the large numbers of the first comparison, those of them that it has."""
    differences = result.tables["differences"]
    rows = differences[differences["comparison"] == result.comparisons[0].name]
    lines = {(line["measure"], line["actor"]): line for line in rows.to_dict("records")}
    for measure, actor, label in HIGHLIGHTS:
        line = lines.get((measure, actor))
        if line is not None:
            change, interval = format_change(line["mean"], line["low"], line["high"], line["unit"])
            yield Highlight(label, change, interval, is_decided(line["low"], line["high"]))


def _command(settings: dict[str, Any]) -> str:
    from experiments.settings import Settings

    return f"uv run {Settings(**settings).command()}"

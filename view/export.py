"""What can be taken along: the run's tables as CSV or Parquet, and the picture of the moment."""

import io
import zipfile
from collections.abc import Iterator

import pandas as pd

from model.errors import InputError
from model.tables import TABLES
from view.charts import KINDS, date_of
from view.colours import GREY, INK
from view.drawing.svg import drawing, element, text
from view.setup import WORLDS, Setup
from view.twins import Twins

FORMATS = ("csv", "parquet")
COLUMNS, MARGIN, SIDE = 3, 16.0, 400.0


def export_tables(twins: Twins, kind: str, link: str) -> bytes:
    """Return a zip of every table of both worlds, national and by province, and the link of the run.

    Raises
    ------
    InputError
        A format that is not known, or no month yet.
    """
    if kind not in FORMATS:
        raise InputError(f"format {kind!r}; allowed: {', '.join(FORMATS)}")
    if twins.month == 0:
        raise InputError("no month has been lived yet; allowed: an export after the first month")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("link.txt", link + "\n")
        for name, table in _tables(twins):
            archive.writestr(f"{name}.{kind}", _write(table, kind))
    return out.getvalue()


def _tables(twins: Twins) -> Iterator[tuple[str, pd.DataFrame]]:
    for name in TABLES:
        for level in ("national", "province"):
            parts = [twins.markets[w].recorder.table(name, level).assign(world=w.upper()) for w in WORLDS]
            table = pd.concat(parts, ignore_index=True)
            yield f"{name}_{level}", table[["world", *table.columns.drop("world")]]


def _write(table: pd.DataFrame, kind: str) -> bytes:
    if kind == "csv":
        return table.to_csv(index=False).encode()
    out = io.BytesIO()
    table.to_parquet(out, index=False)
    return out.getvalue()


def compose_picture(setup: Setup, month: int, heading: str, maps: list[str], charts: list[str]) -> str:
    """Return everything drawn as one SVG that stands alone: three maps above, the charts below.

    Parameters
    ----------
    heading : what the maps show
    maps : three SVGs
    charts : SVGs
    """
    width = COLUMNS * SIDE + (COLUMNS + 1) * MARGIN
    names = [f"A: {setup.a.title}", f"B: {setup.b.title}", "B less A"]
    parts = [
        text(f"{heading}, {date_of(month)}", MARGIN, 34, font_size=20, font_weight=700, fill=INK),
        text("Walled Garden. Charts: A dashed, B solid; dots observed.", MARGIN, 54, font_size=12, fill=GREY),
    ]
    top = 88.0
    for i, (name, svg) in enumerate(zip(names, maps, strict=True)):
        x = MARGIN + i * (SIDE + MARGIN)
        parts.append(text(name, x, top - 8, font_size=13, font_weight=700, fill=INK))
        parts.append(_place(svg, x, top, SIDE, 450.0))
    top += 470.0
    for i, svg in enumerate(charts):
        x, y = MARGIN + i % COLUMNS * (SIDE + MARGIN), top + i // COLUMNS * 256.0
        parts.append(_place(svg, x, y, SIDE, 236.0))
    height = top + -(-len(charts) // COLUMNS) * 256.0
    paper = element("rect", width=width, height=height, fill="#ffffff")
    return _place(
        drawing(width, height, [paper, *parts], f"{heading}, {date_of(month)}"), 0, 0, width, height
    )


def _place(svg: str, x: float, y: float, width: float, height: float) -> str:
    """Return a drawing to stand inside another, at a place and size."""
    return svg.replace("<svg ", f'<svg x="{x}" y="{y}" width="{width}" height="{height}" ', 1)


assert len(KINDS) <= 9

"""The figures and the page of a phase diagram."""

from pathlib import Path

from experiments.figures import write_figures
from experiments.phases.diagram import Diagram
from experiments.phases.telling import Row, default_row, name_axis, tell
from experiments.plots.phases import draw_map, draw_transition
from experiments.report import PACKAGES, embed, render, versions


def write_page(diagram: Diagram, rows: list[Row], folder: Path) -> None:
    """Write the figures and the page into a folder."""
    pictures = (
        (name, title, draw())
        for name, title, draw in (
            ("phases", "The phase diagram", lambda: draw_map(diagram, rows)),
            ("transition", "Along one row", lambda: draw_transition(diagram, default_row(diagram, rows))),
        )
    )
    drawings = write_figures(pictures, folder / "figures")
    settings = diagram.settings
    page = render(
        "phases.html.j2",
        told=tell(diagram, rows),
        figures=[(drawing, embed(drawing.path)) for drawing in drawings],
        settings=settings,
        axes=(name_axis(settings.x), name_axis(settings.y)),
        points=len(diagram.phases),
        runs=sum(int(samples.runs.sum()) for samples in diagram.samples.values()),
        command=f"uv run {settings.command()}",
        versions=versions(PACKAGES),
    )
    (folder / "index.html").write_text(page, encoding="utf-8")

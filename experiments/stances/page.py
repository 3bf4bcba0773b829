"""The figures and the page of a game of stances."""

from collections.abc import Iterator
from pathlib import Path

from experiments.figures import write_figures
from experiments.plots.stances.dynamics import draw_dynamics, draw_imitation
from experiments.plots.stances.payoffs import draw_payoffs
from experiments.plots.stances.regrets import draw_regrets
from experiments.plots.stances.replies import draw_replies
from experiments.plots.stances.welfare import draw_welfare
from experiments.plots.style import Picture
from experiments.report import PACKAGES, embed, render, versions
from experiments.stances.analysis import Analysis
from experiments.stances.settings import GameSettings
from experiments.stances.telling import tell


def pictures(analysis: Analysis) -> Iterator[tuple[str, str, Picture]]:
    """Yield the name, title and picture of each figure."""
    yield "payoffs", "The payoff table", draw_payoffs(analysis)
    yield "replies", "The best-reply graph", draw_replies(analysis)
    yield "regrets", "Regrets", draw_regrets(analysis)
    yield "welfare", "The price of anarchy", draw_welfare(analysis)
    yield "dynamics", "Replicator dynamics", draw_dynamics(analysis)
    yield "imitation", "Rare mutants", draw_imitation(analysis)


def write_page(analysis: Analysis, settings: GameSettings, folder: Path) -> None:
    """Write the figures and the page into a folder."""
    drawings = write_figures(pictures(analysis), folder / "figures")
    page = render(
        "game.html.j2",
        told=tell(analysis, settings),
        figures=[(drawing, embed(drawing.path)) for drawing in drawings],
        settings=settings,
        players=len(analysis.market.players),
        profiles=len(analysis.market.profiles),
        runs=int(analysis.settled.samples.runs.sum()),
        command=f"uv run {settings.command()}",
        versions=versions((*PACKAGES, "pygambit")),
    )
    (folder / "index.html").write_text(page, encoding="utf-8")

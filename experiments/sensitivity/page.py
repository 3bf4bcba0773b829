"""What is written of a study: tables, figures, and one page to read that needs nothing else."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from experiments.figures import write_figures
from experiments.plots.boxes import draw_box, draw_trajectories
from experiments.plots.sensitivity import Ranking, draw_ranking
from experiments.plots.settling import draw_settling
from experiments.plots.style import Picture
from experiments.plots.winning import SIDES, draw_gains
from experiments.report import PACKAGES, embed, render, versions
from experiments.sensitivity.investigation import Findings
from experiments.sensitivity.telling import Told, deed, name_gain, tell
from experiments.sensitivity.winning import NEITHER, wins, wins_near_data
from experiments.wording import name_scenario, start_sentence
from model.horizon import caveats
from model.parameters import Parameters

#: What a figure shows, where that is called otherwise than the figure.
SHOWS = {
    "gains": "How often",
    "indices": "What decides",
    "settling": "Whether that has settled",
    "screening": "What was screened out",
}


def tables_of(found: Findings) -> dict[str, pd.DataFrame]:
    """Return every table that is written, by name."""
    tables = {
        "parameters": _parameters(found),
        "screening": found.screening.effects,
        "screening_growth": found.screening.growth,
        "cases": found.whole.cases,
        "shares": _shares(found),
    }
    if found.indices is not None:
        tables |= {"indices": found.indices.effects, "indices_growth": found.indices.growth}
    if found.boxes:
        trajectories = [box.trajectory.assign(winner=box.winner) for box in found.boxes]
        tables |= {"boxes": _boxes(found), "trajectories": pd.concat(trajectories, ignore_index=True)}
    return tables


def write_figures_and_page(found: Findings, folder: Path) -> None:
    """Draw every figure into folder/figures and write folder/index.html."""
    told = tell(found)
    drawings = write_figures(_saying(_pictures(found), told), folder / "figures")
    study, about = found.study, Parameters.fields()
    page = render(
        "sensitivity.html.j2",
        gain=name_gain(study),
        told=told,
        figures=[(drawing, embed(drawing.path)) for drawing in drawings],
        parameters=[(name, about[name]) for name in found.whole.names],
        kept=found.screening.kept,
        left_out=study.left_out(),
        scenarios=[name_scenario(label) for label in study.labels],
        study=study,
        caveats=caveats(study.months),
        command=f"uv run {study.command()}",
        versions=versions((*PACKAGES, "salib")),
    )
    (folder / "index.html").write_text(page, encoding="utf-8")


def rankings(found: Findings) -> Iterator[Ranking]:
    """Yield what the tables and figures of effects and of indices show."""
    title = name_gain(found.study)
    screening = found.screening
    yield Ranking("morris", screening.effects, screening.luck, f"{title}: screening", "rmb")
    if found.indices is not None:
        yield Ranking("saltelli", found.indices.effects, found.indices.luck, f"{title}: Sobol indices", "rmb")


def _saying(
    pictures: Iterator[tuple[str, str, Picture]], told: Sequence[Told]
) -> Iterator[tuple[str, str, Picture]]:
    """Yield the pictures, captions led by the first sentence of the finding that a picture shows."""
    says = {about: f"{text.split('. ')[0].rstrip('.')}." for about, text in told}
    for name, title, picture in pictures:
        about = SHOWS.get(name, title)
        yield name, title, picture._replace(caption=f"{says.get(about, '')} {picture.caption}".strip())


def _pictures(found: Findings) -> Iterator[tuple[str, str, Picture]]:
    """Yield the name, title and picture of each figure, in the order to show them."""
    study = found.study
    names = {label: deed(study, label) for label in study.labels} | {NEITHER: "neither can be told"}
    colours = dict(zip(study.labels, SIDES, strict=True))
    yield "gains", "How often, and by how much", draw_gains(found.whole.cases, names, name_gain(study))
    for box in found.boxes:
        title = start_sentence(f"where {names[box.winner]} wins")
        picture = draw_box(box, found.whole.cases, colours, title)
        yield f"box_{box.winner}", title, picture
    if found.boxes:
        yield "trajectories", "How the boxes were found", draw_trajectories(found.boxes, names)
    screening, *others = rankings(found)
    for ranking in others:
        yield "indices", "What the variance goes with", draw_ranking(ranking)
    if found.indices is not None:
        yield "settling", "Whether the indices have settled", draw_settling(found.indices.growth)
    yield "screening", "What was kept, and what was screened out", draw_ranking(screening)


def _parameters(found: Findings) -> pd.DataFrame:
    left_out = found.study.left_out()
    rows = [
        (
            name,
            *about["plausible"],
            about["default"],
            about["unit"],
            name not in left_out,
            left_out.get(name, ""),
        )
        for name, about in Parameters.fields().items()
    ]
    return pd.DataFrame(rows, columns=["parameter", "low", "high", "default", "unit", "varied", "why_not"])


def _shares(found: Findings) -> pd.DataFrame:
    """Return the shares that are told, each with its interval: of cases, and of the variance."""
    nothing = (0, 0)
    rows = [(f"wins: {side}", *wins(found.whole, side)) for side in (*found.study.labels, NEITHER)]
    rows += [
        (f"wins near the data: {side}", *wins_near_data(found.whole, side)) for side in found.study.labels
    ]
    if found.rest is not None:
        rows.append(("variance: screened out", *nothing, *found.rest))
    rows.append(("variance: luck, cases", *nothing, found.whole.luck, float("nan"), float("nan")))
    if found.indices is not None:
        rows.append(("variance: luck, indices", *nothing, found.indices.luck, float("nan"), float("nan")))
    return pd.DataFrame(rows, columns=["share", "hits", "cases", "mean", "low", "high"])


def _boxes(found: Findings) -> pd.DataFrame:
    rows = [
        (box.winner, box.names[i], box.box.low[i], box.box.high[i], *box.found, *box.held_out)
        for box in found.boxes
        for i in box.box.restricted.tolist()
    ]
    scores = ("cases", "hits", "density", "coverage", "mass")
    names = ["winner", "parameter", "low", "high", *scores, *(f"{name}_held_out" for name in scores)]
    return pd.DataFrame(rows, columns=names)

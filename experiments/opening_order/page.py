"""The page of an opening order: one HTML file that needs nothing else."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.opening_order.association import LABELS
from experiments.opening_order.printing import MILLION, PER_LINE, rows_of
from experiments.opening_order.running import RUNS_ALONE
from experiments.opening_order.settings import CLOSED, ENDS, LINE, OPEN
from experiments.opening_order.tables import Result, ranks_of
from experiments.opening_order.telling import caveats, told
from experiments.report import PACKAGES, embed, render, versions
from experiments.wording import choose_scale

if TYPE_CHECKING:
    from experiments.figures import Drawing

#: Kinds of variance of one replication's gain, as `tables` names them, and what to call them.
NOISE = {
    "alone": "of the national gain, one province opened alone",
    "inside": "of it, made inside the province",
    "outside": "of it, made elsewhere",
    "at once": "of the province's gain when all open at once",
    "correction": "of the difference between alone and at once",
}


def write_page(result: Result, drawings: Sequence["Drawing"], path: Path) -> None:
    """Write the page to a file; all text is escaped."""
    page = render(
        "opening_order.html.j2",
        told=told(result),
        caveats=caveats(),
        figures=[(drawing, embed(drawing.path)) for drawing in drawings],
        rows=list(zip(rows_of(result), _bootstrap(result), strict=True)),
        traits=_traits(result),
        noise=_noise(result),
        runs_alone=RUNS_ALONE,
        looks=[look._asdict() for look in result.study.looks],
        settings=result.settings,
        command=f"uv run {result.settings.command()}",
        versions=versions(PACKAGES),
    )
    path.write_text(page, encoding="utf-8")


def _bootstrap(result: Result) -> list[str]:
    """Return the bootstrap interval of each gain that is ranked, in the order of the ranks."""
    rows = ranks_of(result)
    ends = [rows["bootstrap_low"], rows["bootstrap_high"]]
    scale = PER_LINE if result.settings.by == LINE else MILLION
    return [" to ".join(scale.number(end, signed=True) for end in both) for both in zip(*ends, strict=True)]


def _traits(result: Result) -> list[tuple[str, ...]]:
    """Return each trait with its rank correlation and interval, at both ends."""
    scale, found = choose_scale("", [1.0]), result.tables["associations"]
    written = {}
    for row in found.to_dict("records"):
        rho, low, high = (scale.number(row[name], signed=True) for name in ("spearman", "low", "high"))
        written[row["trait"], row["elsewhere"]] = f"{rho} ({low} to {high})"
    return [(label, *(written[trait, end] for end in ENDS)) for trait, label in LABELS.items()]


def _noise(result: Result) -> list[tuple[str, str, str]]:
    """Return the variance of each kind of gain, mean over provinces, at both ends."""
    mean = result.tables["noise"].groupby(["what", "elsewhere"])["variance_per_line2"].mean()
    return [(label, f"{mean[kind, CLOSED]:.3g}", f"{mean[kind, OPEN]:.3g}") for kind, label in NOISE.items()]

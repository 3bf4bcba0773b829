"""What `walled-garden results` prints: the design, how far it has come, one table a measure."""

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from experiments.results.loading import StoreReader
from experiments.results.selection import title_of
from experiments.results.summary import Summary, has_level, pairs_of, unit_of
from experiments.sweeps.design import Design
from experiments.sweeps.factors import Factor
from experiments.wording import Scale, choose_scale, is_decided, name_scenario
from model.horizon import caveats

if TYPE_CHECKING:
    from experiments.plots.sensitivity import Ranking

PLAIN_WIDTH = 124  # columns where there is no terminal to ask
HEADING_WIDTH = 12  # characters of a line of a column's heading
MOST_FACTORS = 6  # in columns of their own
MOST_ROWS = 25  # points printed of a table


def print_overview(store: StoreReader) -> None:
    """Print the design and how many runs have finished and failed."""
    console, design = _console(), store.design
    lines = [("title", design.title)] if design.title else []
    lines += [
        ("scenarios", ", ".join(design.labels)),
        ("points", f"{len(store.points):,} ({design.sampling.method})"),
        ("replications", _replications(design)),
        ("market", f"{design.consumers:,} consumers, {design.months} months, seed {design.seed}"),
        *(("factor", _describe(factor)) for factor in design.factors),
        *(("beyond data", caveat) for caveat in caveats(design.months)),
        ("runs", _progress(store)),
    ]
    for name, text in lines:
        console.print(f"{name:<14}{text}", soft_wrap=True, markup=False, highlight=False)
    console.print()


def print_summary(store: StoreReader, summary: Summary, places: list[int], every: bool) -> None:
    """Print a table a measure and actor: one row a point, levels and differences with intervals."""
    console = _console()
    for number in places:
        console.print(_table(store, summary, number))
        console.print()
    hidden = [] if every else dict.fromkeys(place.measure for place in store.places)
    others = [name for name in hidden if name not in {store.places[number].measure for number in places}]
    told = [
        "± : 95 % t intervals over replications; in brackets the pairs, where some are missing. In grey: the "
        "interval includes zero."
    ]
    saved = summary.differences["variance_reduction"].dropna()
    if len(saved) and np.isfinite(saved.median()):  # not where most differences are the same for all luck
        told.append(f"Pairing divides the variance of a difference by {saved.median():,.0f} (the median).")
    empty = {place.measure for place in map(store.places.__getitem__, places) if not has_level(place.measure)}
    if empty and len(store.design.labels) == 1:
        names = ", ".join(sorted(empty))
        told.append(f"Of {names} only differences between scenarios mean something; there is one scenario.")
    if len(store.points) > MOST_ROWS:
        told.append(f"The first {MOST_ROWS} of {len(store.points):,} points; --export csv writes them all.")
    if not _shown_factors(store.design) and store.design.factors:
        told.append(
            f"The {len(store.design.factors)} factors of a point do not fit here; --export csv has them."
        )
    if others:
        told.append(f"Kept as well, shown with --measure: {', '.join(others)}.")
    for line in told:
        console.print(line, style="dim", markup=False, highlight=False)


def print_sensitivity(ranking: "Ranking") -> None:
    """Print how much each factor matters, and what luck alone would give."""
    console = _console()
    table = Table(title=escape(f"What it depends on. {ranking.title}"), title_justify="left")
    table.box, table.show_edge = SIMPLE_HEAD, False
    table.add_column("factor")
    if ranking.method == "morris":
        scale = choose_scale(ranking.unit, [*ranking.effects["mu_star"], *ranking.effects["mu"]])
        for name in ("size μ*", "mean μ", "sigma"):
            table.add_column(f"{name}, {scale.name}" if scale.name else name, justify="right")
        for row in ranking.effects.to_dict("records"):
            size = f"{scale.number(row['mu_star'])} ± {scale.number(row['mu_star_half'])}"
            table.add_row(
                escape(row["factor"]), size, scale.number(row["mu"], signed=True), scale.number(row["sigma"])
            )
        luck = f"Luck alone would give a size of {scale.number(ranking.luck)} {scale.name}".rstrip()
    else:
        for name in ("first order", "total"):
            table.add_column(name, justify="right")
        for row in ranking.effects.to_dict("records"):
            first, total = (
                f"{row['first']:.2f} ± {row['first_half']:.2f}",
                f"{row['total']:.2f} ± {row['total_half']:.2f}",
            )
            table.add_row(escape(row["factor"]), first, total)
        luck = f"Luck is {100 * ranking.luck:.1f} % of the variance over points"
    console.print(table)
    known = ranking.luck == ranking.luck
    told = f"{luck}." if known else "One replication: what luck alone would give cannot be told."
    console.print(told, style="dim", markup=False, highlight=False)


def _table(store: StoreReader, summary: Summary, number: int) -> Table:
    place = store.places[number]
    pairs = [f"{a} - {b}" for a, b in pairs_of(store)]
    levels, differences = (_rows_of(table, place.measure, place.actor, place.month) for table in summary)
    factors = _shown_factors(store.design)
    unit = unit_of(place.measure)
    scale = choose_scale(unit, [*levels["mean"], *(levels["mean"] - levels["low"])])
    fine = choose_scale(unit, [*differences["mean"], *(differences["mean"] - differences["low"])])
    title = title_of(place.measure, place.actor) + _units(unit, scale, fine, bool(pairs))
    table = Table(title=escape(title), title_justify="left", padding=(0, 1), collapse_padding=True)
    table.box, table.show_edge = SIMPLE_HEAD, False
    for name in ("point", *factors):
        table.add_column(escape(_fold(name)), justify="right", no_wrap=True)
    shown = store.design.labels if has_level(place.measure) else ()
    for name in (*shown, *pairs):
        table.add_column(escape(_fold(_heading(name))), justify="right", no_wrap=True)
    by_level = {(row["point"], row["scenario"]): row for row in levels.to_dict("records")}
    by_pair = {(row["point"], row["comparison"]): row for row in differences.to_dict("records")}
    for point in range(min(len(store.points), MOST_ROWS)):
        cells = [_level_cell(by_level.get((point, name)), scale) for name in shown]
        cells += [_difference_cell(by_pair.get((point, pair)), fine, store.design) for pair in pairs]
        values = [_factor_cell(store.points[name].iloc[point]) for name in factors]
        table.add_row(str(point), *values, *cells)
    return table


def _shown_factors(design: Design) -> list[str]:
    """Return the factors that have a column of their own: all, or none where they are too many."""
    names = [factor.name for factor in design.factors]
    return names if len(names) <= MOST_FACTORS else []


def _rows_of(table: Any, measure: str, actor: str, month: int) -> Any:
    return table[(table["measure"] == measure) & (table["actor"] == actor) & (table["month"] == month)]


def _units(unit: str, scale: Scale, fine: Scale, differences: bool) -> str:
    """Return in what unit the levels and the differences of a table stand, after a comma."""
    level = "%" if unit == "percentage points" else scale.name
    if not differences or level == fine.name:
        return f", {level}" if level else ""
    return f", {level}; differences in {fine.name}"


def _heading(name: str) -> str:
    return " - ".join(name_scenario(part) for part in name.split(" - "))


def _fold(heading: str) -> str:
    """Return a heading in short lines, broken at spaces and after underscores."""
    words = heading.replace("_", "_ ").split(" ")
    lines = [""]
    for word in words:
        glue = "" if not lines[-1] or lines[-1].endswith("_") else " "
        if lines[-1] and len(lines[-1] + glue + word) > HEADING_WIDTH:
            lines.append(word)
        else:
            lines[-1] += glue + word
    return "\n".join(lines)


def _level_cell(row: dict[Any, Any] | None, scale: Scale) -> str:
    if row is None or not row["replications"]:
        return "no run yet"
    mean = scale.number(row["mean"])
    return f"{mean} ± {scale.number(row['high'] - row['mean'])}" if row["replications"] > 1 else mean


def _difference_cell(row: dict[Any, Any] | None, scale: Scale, design: Design) -> str:
    if row is None:
        return "no pairs yet"
    mean, half = scale.number(row["mean"], signed=True), scale.number(row["high"] - row["mean"])
    text = f"{mean} ± {half}"
    if row["replications"] < design.replications:
        text += f" ({row['replications']})"
    return text if is_decided(row["low"], row["high"]) else f"[dim]{text}[/dim]"


def _factor_cell(value: Any) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.4g}"


def _replications(design: Design) -> str:
    if design.until is None:
        return f"{design.replications:,}, with common random numbers"
    until = design.until
    scale = choose_scale(unit_of(until.measure), [until.halfwidth])
    width = f"{scale.number(until.halfwidth)} {scale.name}"
    of = title_of(until.measure, until.actor)
    return f"at most {design.replications:,}, until the interval of {of} reaches no further than {width}"


def _describe(factor: Factor) -> str:
    if factor.levels:
        return f"{factor.name}: {', '.join(str(level) for level in factor.levels)}"
    scale = ", sampled by ratios" if factor.scale == "log" else ""
    return f"{factor.name}: {factor.low:g} to {factor.high:g}{scale}"


def _progress(store: StoreReader) -> str:
    failed = f", {store.failed:,} of them failed ({store.folder}/failures says why)" if store.failed else ""
    if store.not_needed:
        failed += f"; {store.not_needed:,} were not needed"
    if store.is_complete:
        return f"all {store.runs:,} have finished{failed}"
    return f"NOT COMPLETE: {store.finished:,} of {store.runs:,} have finished{failed}"


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=PLAIN_WIDTH)

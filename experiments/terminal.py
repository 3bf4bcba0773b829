"""What the terminal shows: progress on stderr, tables and the answer on stdout."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from agents.cache import announce
from experiments.outcomes import MARKET, MEASURES, Measure
from experiments.settings import Comparison
from experiments.wording import format_change, format_pair, is_decided, name_actor

if TYPE_CHECKING:
    import pandas as pd

    from experiments.compare import ComparisonResult
    from experiments.verify import Verdict

PLAIN_WIDTH = 124  # columns where there is no terminal to ask
ROOM_FOR_LEVELS = 114  # columns; in less, the levels are left to the page and the tables
PLAIN_STEPS = 4  # lines of progress where there is no terminal to redraw


@contextlib.contextmanager
def progress(
    doing: str = "Running the market", units: str = "runs", rules: tuple[str, ...] = ("observed",)
) -> Iterator[Callable[[int, int], None]]:
    """Give a function to call with (runs done, runs in all); it draws a bar, or plain lines.

    Parameters
    ----------
    rules : which compiled rules the runs need; if they are not there, a line says what is waited for
    """
    console = Console(stderr=True)
    announce(rules)
    if not console.is_terminal:
        yield _plain_progress(console, units)
        return
    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _plain_progress(console: Console, units: str) -> Callable[[int, int], None]:
    started, told = time.perf_counter(), 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        step = PLAIN_STEPS * done // total
        if step > told:
            told = step
            seconds = time.perf_counter() - started
            console.print(f"{done} of {total} {units} done ({seconds:.0f} s)", highlight=False)

    return tell


def print_result(result: "ComparisonResult") -> None:
    """Print one table a comparison, the answers, and what must be said beside them."""
    console = _console()
    differences = result.tables["differences"]
    levels = console.width >= ROOM_FOR_LEVELS
    for comparison in result.comparisons:
        rows = differences[differences["comparison"] == comparison.name]
        console.print(_difference_table(comparison, rows, levels))
        console.print()
    for text in result.answers:
        console.print(text, style="bold", markup=False, highlight=False)
    console.print()
    for text in result.caveats:
        console.print(text, style="dim", markup=False, highlight=False)


def print_place(folder: Path, page: str = "index.html") -> None:
    """Say where the results are and what to open."""
    console = _console()
    for line in (f"Tables, figures and manifest: {folder}/", f"Read: {folder / page}"):
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def print_told(told: Sequence[tuple[str, str]]) -> None:
    """Print findings, each under what it is about."""
    console = _console()
    for about, text in told:
        console.print(about, style="bold", markup=False, highlight=False)
        console.print(text, markup=False, highlight=False)
        console.print()


def print_table(table: "Table") -> None:
    """Print a table as wide as the terminal, or as files are."""
    _console().print(table)


def print_verdicts(verdicts: Sequence["Verdict"], every_check: bool) -> None:
    """Print each case with the check that lies furthest from theory, or with every check."""
    console = _console()
    table = Table(title="Limiting cases: theory, model, error", title_justify="left", box=SIMPLE_HEAD)
    table.show_edge = False
    table.caption = "Apart: in errors, of those allowed. " + (
        "" if every_check else "Shown of each case: the check furthest apart; --all shows every check."
    )
    table.caption_justify = "left"
    table.add_column("case" if every_check else "case (checks)", no_wrap=True)
    table.add_column("what")
    for heading in ("theory", "model", "error", "apart"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for verdict in verdicts:
        for cells, passed in _verdict_rows(verdict, every_check):
            table.add_row(*(escape(cell) for cell in cells), style=None if passed else "bold red")
        if every_check:
            table.add_section()
    console.print(table)


def _verdict_rows(verdict: "Verdict", every_check: bool) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the cells of a case's rows, and whether the check passed."""
    key, checks = verdict.case.key, verdict.findings.checks
    if verdict.broken or verdict.furthest is None:
        yield (key, verdict.broken, "", "", "", "", "broke down"), False
        return
    failed = [check for check in checks if not check.passed]
    shown = checks if every_check else (failed or [verdict.furthest])
    label = key if every_check else f"{key} ({len(checks)})"
    for c in shown:
        numbers = (f"{c.theory:.6g}", f"{c.model:.6g}", f"{c.error:.2g}")
        apart = f"{c.distance:.2f} of {c.allowed:.1f}"
        yield (label, c.what, *numbers, apart, "agrees" if c.passed else "DISAGREES"), c.passed
        label = ""


def print_scenarios() -> None:
    """List every scenario: name, title, what it assumes."""
    from model.scenarios import load_scenario, scenario_names

    table = Table("name", "title", "what it assumes", title="Scenarios")
    for name in scenario_names():
        scenario = load_scenario(name)
        table.add_row(name, escape(scenario.title), escape(scenario.about))
    _console().print(table)


def print_parameters() -> None:
    """List every parameter: name, default, bounds, unit, meaning, source."""
    from model.parameters import Parameters

    table = Table(title="Parameters")
    table.add_column("name", no_wrap=True)
    for heading in ("default", "bounds", "unit", "meaning", "source"):
        table.add_column(heading)
    for name, about in Parameters.fields().items():
        low, high = about["bounds"]
        words = (name, f"{about['default']:g}", f"{low:g} to {high:g}", about["unit"])
        table.add_row(*(escape(word) for word in (*words, about["meaning"], about["source"])))
    _console().print(table)


def _difference_table(comparison: Comparison, rows: "pd.DataFrame", levels: bool) -> Table:
    pairs = rows["replications"].iloc[0]
    title = f"{comparison.a} less {comparison.b}: paired differences, {pairs} replications"
    table = Table(title=escape(title), title_justify="left", caption_justify="left")
    table.box, table.show_edge = SIMPLE_HEAD, False  # upright lines cost the width of a word
    table.caption = "In grey: the interval includes zero. pp: percentage points."
    table.add_column("measure")
    table.add_column("of", no_wrap=True)
    sides = (comparison.a, comparison.b) if levels else ()
    for heading in (*sides, "difference", "95 % interval"):
        table.add_column(escape(heading), justify="right", overflow="fold")
    previous = ""
    for row in rows.to_dict("records"):
        measure = MEASURES[row["measure"]]
        if previous and previous != measure.name and row["actor"] != MARKET:
            table.add_section()
        label = measure.label if previous != measure.name else ""
        previous = measure.name
        style = None if is_decided(row["low"], row["high"]) else "dim"
        table.add_row(label, *_cells(row, measure, levels), style=style)
    return table


def _cells(row: dict[Any, Any], measure: Measure, levels: bool) -> tuple[str, ...]:
    """Return whose measure it is, both levels if there is room, the difference, its interval."""
    who = "all" if row["actor"] == MARKET else name_actor(row["actor"])
    change = format_change(row["mean"], row["low"], row["high"], measure.unit)
    if not levels:
        return (who, *change)
    if not measure.has_level:
        return (who, "", "", *change)
    return (who, *format_pair(row["mean_a"], row["mean_b"], measure.unit), *change)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=PLAIN_WIDTH)

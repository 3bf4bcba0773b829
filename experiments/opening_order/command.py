"""The command `walled-garden open-first`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.options import WholeNumber, processors
from experiments.workers import start_server

if TYPE_CHECKING:
    from experiments.opening_order.settings import OpeningOrder


@click.command("open-first")
@click.option("--opens", metavar="YYYY-MM", help="Month from which branches may partner.  [2009-04]")
@click.option("--rivals", metavar="STANCE", help="Rivals: open, or closed.  [open]")
@click.option("--by", metavar="UNIT", help="Rank by the gain per line of China Mobile's there, or in total:"
              " line or total.  [line]")  # fmt: skip
@click.option("--first", type=WholeNumber(), help="Replicate until so many first ranks are settled ...  [5]")
@click.option("--until-halfwidth", type=float, metavar="RMB",
              help="... or instead until no gain's interval reaches further, RMB.  [off]")  # fmt: skip
@click.option("--runs", type=WholeNumber(), help="Runs of the market, at most.  [2560]")
@click.option("--minutes", type=float, help="Begin no look that would end later than this.  [no limit]")
@click.option("--consumers", type=WholeNumber(), help="Simulated consumers.  [100000]")
@click.option("--months", type=WholeNumber(), help="Months from January 2009, to 240.  [60]")
@click.option("--seed", type=WholeNumber(), help="Where all luck comes from.  [1]")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE",
              help="Set a parameter; may be repeated.")  # fmt: skip
@click.option("--pricing", metavar="HOW", help="Tariffs: observed, or bertrand.  [observed]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the results."
              "  [results/open-first and what is not default]")  # fmt: skip
@click.option("--workers", type=WholeNumber(), help="Processes.  [all processors]")
def open_first(
    assignments: tuple[str, ...],
    out: Path | None,
    workers: int | None,
    **given: str | float | None,
) -> None:
    """Ask in which province China Mobile should open first.

    For each of 31 provinces, the market in which China Mobile opens there alone against the same market in
    which it is closed everywhere; and the other end, where all other branches are open. Prints the ranking
    with intervals of gains and of ranks, and what it means in words; writes tables (Parquet), a figure with
    the map, and a page to read.
    """
    if workers != 1:
        start_server()
    from experiments.opening_order.settings import OpeningOrder
    from experiments.settings import check_observations, read_parameters
    from experiments.store import check_destination, folder_name

    asked = {name: value for name, value in given.items() if value is not None}
    settings = OpeningOrder(parameters=read_parameters(assignments), **asked)  # type: ignore[arg-type]
    settings.check()
    check_observations()
    more = folder_name("open-first", (), settings.pricing, settings.parameters, settings.changed())
    folder = Path("results") / more if out is None else out
    check_destination(folder, settings)
    _run_and_publish(settings, folder, processors() if workers is None else workers)


def _run_and_publish(settings: "OpeningOrder", folder: Path, workers: int) -> None:
    from experiments import terminal
    from experiments.opening_order.study import replicate

    started = time.perf_counter()
    with terminal.progress(rules=settings.rules()) as progress:
        study = replicate(settings, workers, progress)
    from experiments.figures import write_figures
    from experiments.opening_order.page import write_page
    from experiments.opening_order.printing import ranking
    from experiments.opening_order.tables import result_of
    from experiments.opening_order.telling import caveats, told
    from experiments.plots.opening_order import pictures
    from experiments.store import publish, write_manifest, write_tables

    result = result_of(settings, study)
    found = told(result)
    with publish(folder, settings) as draft:
        write_tables(result.tables, draft)
        write_page(result, write_figures(pictures(result), draft), draft / "index.html")
        done = study.looks[-1]._asdict() | {"ended": study.ended}
        write_manifest(draft, settings, time.perf_counter() - started, workers, done=done)
    terminal.print_table(ranking(result))
    terminal.print_told(found)
    terminal.print_told([("What this does not say", " ".join(caveats()))])
    terminal.print_place(folder)

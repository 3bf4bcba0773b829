"""The command `walled-garden how-many`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.options import WholeNumber, processors
from experiments.workers import start_server

if TYPE_CHECKING:
    from experiments.sizes.study import Study


@click.command("how-many")
@click.option("--scenario", metavar="A", help="Levels of scenario A ...  [closed]")
@click.option("--against", metavar="B", help="... and of B, and the paired difference A less B.  [open]")
@click.option("--consumers", type=WholeNumber(), multiple=True,
              help="A size to try; three or more, growing.  [from 10000 to 1000000, five]")  # fmt: skip
@click.option("--replications", type=WholeNumber(),
              help="Pairs at the largest size; smaller ones have up to 10 times as many.  [16]")  # fmt: skip
@click.option("--months", type=WholeNumber(), help="Months from January 2009, up to 60.  [60]")
@click.option("--seed", type=WholeNumber(), help="Where all luck comes from.  [1]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the results.  [results/how-many]")
@click.option("--workers", type=WholeNumber(), help="Processes.  [all processors]")
def how_many(
    scenario: str | None,
    against: str | None,
    consumers: tuple[int, ...],
    out: Path | None,
    workers: int | None,
    **numbers: int | None,
) -> None:
    """Ask how many consumers a study needs.

    Runs two scenarios at growing sizes and measures how spread and bias fall: of shares, 3G penetration and
    the paired difference of China Mobile's profit, for the country and each province. Prints the power of N,
    the biases found and how many consumers a half-width takes; writes tables (Parquet) and a figure.
    """
    start_server()
    from experiments.settings import check_observations, read_pairs
    from experiments.sizes.study import Study
    from experiments.store import check_destination

    given = {name: number for name, number in numbers.items() if number is not None}
    if consumers:
        given["sizes"] = consumers  # type: ignore[assignment]
    if scenario is not None or against is not None:
        given["pair"] = read_pairs(scenario, against)[0]  # type: ignore[assignment]
    check_observations()
    study = Study(**given)  # type: ignore[arg-type]
    study.check()
    folder = Path("results") / "how-many" if out is None else out
    check_destination(folder, study)
    _run_and_publish(study, folder, processors() if workers is None else workers)


def _run_and_publish(study: "Study", folder: Path, workers: int) -> None:
    import matplotlib

    from experiments import terminal
    from experiments.plots.sizes import draw_sizes
    from experiments.plots.style import RC
    from experiments.sizes.laws import biases, laws, spreads
    from experiments.sizes.needs import needs
    from experiments.sizes.study import run_study
    from experiments.sizes.telling import printed
    from experiments.store import publish, write_manifest, write_tables

    started = time.perf_counter()
    with terminal.progress("Pairs of runs", "pairs") as progress:
        runs = run_study(study, workers, progress)
    tables = {"runs": runs, "spreads": spreads(runs), "biases": biases(runs)}
    tables["laws"] = laws(tables["spreads"])
    tables["needs"] = needs(tables["laws"], tables["biases"])
    with publish(folder, study) as draft:
        write_tables(tables, draft)
        with matplotlib.rc_context(RC):
            figure = draw_sizes(tables, study.pair).figure
            figure.savefig(draft / "how-many.svg", format="svg", metadata={"Date": None, "Creator": None})
        write_manifest(draft, study, time.perf_counter() - started, workers)
    for table in printed(tables, study):
        terminal.print_table(table)
    terminal.print_place(folder, "how-many.svg")

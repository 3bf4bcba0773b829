"""The command `walled-garden sensitivity`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.options import WholeNumber, processors
from experiments.workers import start_server

if TYPE_CHECKING:
    from experiments.sensitivity.study import Study
    from experiments.sweeps.design import Design

STAGES = {
    "whole": "1. Cases of the whole ranges: who wins where, and what luck does",
    "screening": "2. Screening: which parameters matter at all",
    "indices": "3. Indices: how they share the variance out",
    "redrawn": "4. What was screened out, drawn anew: what it would add",
}


@click.command()
@click.option("--scenario", metavar="A", help="China Mobile's gain in scenario A ...  [open]")
@click.option("--against", metavar="B", help="... over scenario B.  [incumbent_closed]")
@click.option("--assumed", is_flag=True, help="Only parameters that no observation pins down.  [all]")
@click.option("--consumers", type=WholeNumber(), help="Simulated consumers.  [20000]")
@click.option("--months", type=WholeNumber(), help="Months from January 2009.  [60]")
@click.option("--trajectories", type=WholeNumber(), help="Morris's walks through all parameters.  [16]")
@click.option("--points", type=WholeNumber(), help="Base points of the Sobol indices, a power of 2.  [256]")
@click.option("--cases", type=WholeNumber(), help="Points in which it is looked who wins.  [1000]")
@click.option("--replications", type=WholeNumber(), help="Paired runs of each case, from 2.  [3]")
@click.option("--keep", type=WholeNumber(), help="The most parameters that get indices.  [12]")
@click.option("--seed", type=WholeNumber(), help="Where all luck and every sample comes from.  [1]")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE",
              help="Fix a parameter, which is then not moved; may be repeated.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the results; the runs go to "
              "OUT-sweeps.  [results/sensitivity and what is not default]")  # fmt: skip
@click.option("--retry-failed", is_flag=True, help="Run those that failed again.")
@click.option("--workers", type=WholeNumber(), help="Processes.  [all processors]")
def sensitivity(
    scenario: str | None,
    against: str | None,
    assumed: bool,
    assignments: tuple[str, ...],
    out: Path | None,
    retry_failed: bool,
    workers: int | None,
    **numbers: int | None,
) -> None:
    """Ask which assumptions decide whether opening pays, and under which it does.

    Moves all parameters over their plausible ranges: Morris's screening, then Sobol indices of what
    matters, then the part of the ranges in which opening wins. Prints it in words; writes tables
    (Parquet), figures and a page to read. Stopped on the way, the same command goes on from there.
    """
    start_server()
    from experiments.sensitivity.study import Study, check_sweeps
    from experiments.settings import check_observations, read_pairs, read_parameters
    from experiments.store import check_destination

    given: dict[str, Any] = {name: number for name, number in numbers.items() if number is not None}
    if scenario is not None or against is not None:
        given["pair"] = read_pairs(scenario, against)[0]
    study = Study(assumed=assumed, parameters=read_parameters(assignments), **given)
    study.check()
    check_observations()
    folder = _default_folder(study) if out is None else out
    sweeps = folder.with_name(f"{folder.resolve().name}-sweeps")
    check_destination(folder, study)
    check_sweeps(sweeps, study)
    _run_and_publish(study, folder, sweeps, processors() if workers is None else workers, retry_failed)


def _default_folder(study: "Study") -> Path:
    """Return results/sensitivity, with whatever is not at its default spelled behind it."""
    from experiments.sensitivity.study import Study
    from experiments.store import folder_name

    name = "sensitivity" + ("-assumed" if study.assumed else "")
    if study.pair != Study().pair:
        name += f"-{study.labels[0]}-vs-{study.labels[1]}"
    return Path("results") / folder_name(name, study.changed_numbers(), None, study.parameters)


def _run_and_publish(study: "Study", folder: Path, sweeps: Path, workers: int, retry_failed: bool) -> None:
    from experiments import terminal
    from experiments.results.printing import print_sensitivity
    from experiments.sensitivity.investigation import investigate
    from experiments.sweeps.command import run_plan
    from experiments.sweeps.executors import choose_executor
    from experiments.sweeps.plan import Plan
    from model.observations import load_observations

    started, chosen = time.perf_counter(), choose_executor("processes")

    def fill(name: str, design: "Design", store: Path) -> None:
        click.echo(STAGES[name], err=True)
        plan = Plan(design)
        if retry_failed and store.exists():
            run_plan(plan, store, workers, True, chosen)
        status = run_plan(plan, store, workers, False, chosen)
        if status:
            raise click.exceptions.Exit(status)

    found = investigate(study, sweeps, fill, load_observations())
    # What draws and writes is loaded only now.
    from experiments.sensitivity.page import rankings, tables_of, write_figures_and_page
    from experiments.sensitivity.telling import tell
    from experiments.store import publish, write_manifest, write_tables

    with publish(folder, study) as draft:
        write_tables(tables_of(found), draft)
        write_figures_and_page(found, draft)
        write_manifest(draft, study, time.perf_counter() - started, workers, sweeps=sweeps.name)
    for ranking in rankings(found):
        print_sensitivity(ranking)
    terminal.print_told([(told.about, told.text) for told in tell(found)])
    terminal.print_place(folder)

"""The command `walled-garden china`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.options import WholeNumber, processors

if TYPE_CHECKING:
    from experiments.one_to_one.running import Finished
    from experiments.one_to_one.settings import OneToOne

CHECKPOINT_EVERY = 12  # months
INTERRUPTED = 130  # exit status


@click.command()
@click.option("--scenario", metavar="NAME", default="history", show_default=True, help="What to run.")
@click.option(
    "--consumers",
    type=WholeNumber(),
    help="Simulated consumers.  [one for each real line there is in the end]",
)
@click.option("--months", type=WholeNumber(), default=60, show_default=True,
              help="Months from January 2009, to 240; the data end with 60.")  # fmt: skip
@click.option("--seed", type=WholeNumber(), default=1, show_default=True, help="Where all luck comes from.")
@click.option("--threads", type=WholeNumber(), help="Threads.  [all processors]")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE",
              help="Set a parameter; may be repeated.")  # fmt: skip
@click.option("--pricing", metavar="HOW", help="Tariffs: observed, or bertrand (best replies to demand)."
              "  [the scenario's]")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the results."
              "  [results/china and what is not default]")  # fmt: skip
@click.option("--checkpoint-every", type=WholeNumber(), default=CHECKPOINT_EVERY, show_default=True,
              help="Months between checkpoints, beside the results while it runs; 0: none.")  # fmt: skip
@click.option("--fresh", is_flag=True, help="Remove checkpoints that are there and begin anew.")
def china(
    assignments: tuple[str, ...],
    threads: int | None,
    out: Path | None,
    checkpoint_every: int,
    fresh: bool,
    **numbers_and_names: int | str | None,
) -> int:
    """Run all of China, one to one: every mobile line a consumer.

    A row for each line in use at the end of the last month, 1,234 million in December 2013. Killed on the
    way, the same command goes on from the last checkpoint to the same results, to the byte. Writes the
    national and provincial tables (Parquet) and a summary beside the observed series.
    """
    from experiments.one_to_one import running
    from experiments.one_to_one.settings import OneToOne, check_disk, check_memory
    from experiments.settings import check_observations, read_parameters
    from experiments.store import check_destination

    check_observations()
    settings = OneToOne(parameters=read_parameters(assignments), **numbers_and_names)  # type: ignore[arg-type]
    settings.check()
    folder = settings.default_folder() if out is None else out
    check_destination(folder, settings)
    checkpoints = running.checkpoints_of(folder)
    check_memory(settings.rows)
    if checkpoint_every:
        check_disk(settings.rows, checkpoints)
    if fresh:
        running.discard(checkpoints)
    running.find(settings, checkpoints)  # complains before anything is begun
    threads = processors() if threads is None else threads
    return _run_and_publish(settings, folder, threads, checkpoint_every)


def _run_and_publish(settings: "OneToOne", folder: Path, threads: int, every: int) -> int:
    from experiments.one_to_one import running
    from experiments.one_to_one.watching import watching

    checkpoints = running.checkpoints_of(folder)
    try:
        with watching() as watch:
            finished = running.run(settings, checkpoints, threads, every, watch)
    except (KeyboardInterrupt, SystemExit) as stop:
        click.echo(f"walled-garden: interrupted; {running.tell_safe(checkpoints)}", err=True)
        if isinstance(stop, SystemExit):
            raise
        return INTERRUPTED
    _publish(settings, folder, finished, threads)
    running.discard(checkpoints)
    return 0


def _publish(settings: "OneToOne", folder: Path, finished: "Finished", threads: int) -> None:
    from experiments import terminal
    from experiments.one_to_one.running import peak_memory
    from experiments.one_to_one.summary import summary_table, tables_of, tell
    from experiments.store import publish, write_manifest, write_tables

    tables = tables_of(finished.market)
    with publish(folder, settings) as draft:
        write_tables(tables, draft)
        memory = {"peak_memory_bytes": peak_memory(), "went_on_from_month": finished.began_at}
        write_manifest(draft, settings, finished.seconds, threads, **memory)
    terminal.print_table(summary_table(tables["summary"]))
    click.echo(tell(finished))
    click.echo(f"Tables and manifest: {folder}/")

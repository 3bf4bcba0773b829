"""The command `walled-garden phase-diagram`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.options import WholeNumber, processors
from experiments.workers import start_server

if TYPE_CHECKING:
    from experiments.phases.settings import PhaseSettings


@click.command("phase-diagram")
@click.option("--x", "x_name", metavar="NAME", default="era", show_default=True,
              help="Parameter from left to right; also lambda, fee_share, psi.")  # fmt: skip
@click.option("--y", "y_name", metavar="NAME", default="serving_cost_3g", show_default=True,
              help="Parameter from bottom to top.")  # fmt: skip
@click.option("--x-range", type=float, nargs=2, metavar="LOW HIGH", help="[the plausible range]")
@click.option("--y-range", type=float, nargs=2, metavar="LOW HIGH", help="[the plausible range]")
@click.option("--grid", type=int, metavar="N", help="Points along each axis to begin with.  [5]")
@click.option("--levels", type=int, metavar="N",
              help="How often squares near a boundary are cut in four.  [1]")  # fmt: skip
@click.option("--consumers", type=WholeNumber(), help="Simulated consumers.  [50000]")
@click.option(
    "--months", type=WholeNumber(), help="Months from January 2009, to 240; the data end with 60.  [60]"
)
@click.option("--seed", type=WholeNumber(), help="Where all luck comes from.  [1]")
@click.option("--confidence", type=float, metavar="P",
              help="What a point must be known to, or it is shown as not told.  [0.95]")  # fmt: skip
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE",
              help="Set a parameter; may be repeated.")  # fmt: skip
@click.option("--pricing", metavar="HOW", help="Tariffs: observed, or bertrand (best replies to demand)."
              "  [observed]")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the results."
              "  [results/phases-X-Y and what is not default]")  # fmt: skip
@click.option("--workers", type=WholeNumber(), help="Processes.  [all processors]")
def phase_diagram(
    x_name: str,
    y_name: str,
    x_range: tuple[float, float] | None,
    y_range: tuple[float, float] | None,
    assignments: tuple[str, ...],
    out: Path | None,
    workers: int | None,
    **given: int | float | str | None,
) -> None:
    """Draw which equilibrium of the game of stances holds where, over any two parameters.

    At each point the whole game of 27 profiles is run with the same luck; squares whose corners differ are
    refined, and the value at which closed stops or starts being China Mobile's stance in equilibrium is told
    with an interval. Points that luck leaves open are shown as such. Interrupted, the same command goes on.
    """
    if workers != 1:
        start_server()
    from experiments.phases.settings import PhaseSettings, axis_of
    from experiments.settings import check_observations, read_parameters
    from experiments.store import check_destination

    chosen = {name: value for name, value in given.items() if value is not None}
    settings = PhaseSettings(
        axis_of(x_name, x_range),
        axis_of(y_name, y_range),
        parameters=read_parameters(assignments),
        **chosen,  # type: ignore[arg-type]
    )
    settings.check()
    check_observations()
    folder = settings.default_folder() if out is None else out
    check_destination(folder, settings)
    _draw_and_publish(settings, folder, processors() if workers is None else workers)


def _draw_and_publish(settings: "PhaseSettings", folder: Path, workers: int) -> None:
    from experiments import terminal
    from experiments.phases.diagram import discard, draw_up, failed, kept_beside
    from experiments.phases.points import PointTask, explore
    from experiments.runner import share_out
    from experiments.stances.samples import Samples

    started = time.perf_counter()
    kept = kept_beside(folder, settings)
    with terminal.progress("Playing the games", "games", settings.rules()) as progress:

        def run(tasks: list[PointTask], before: int) -> list[Samples]:
            def tell(done: int, asked: int) -> None:
                progress(before + done, before + asked)

            return share_out(tasks, explore, workers, tell, failed)

        diagram = draw_up(settings, kept, run)
    from experiments.phases.page import write_page
    from experiments.phases.tables import tables_of
    from experiments.phases.telling import rows_of, tell
    from experiments.store import publish, write_manifest, write_tables

    rows = rows_of(diagram)
    with publish(folder, settings) as draft:
        write_tables(tables_of(diagram, rows), draft)
        write_page(diagram, rows, draft)
        write_manifest(draft, settings, time.perf_counter() - started, workers)
    discard(kept)
    terminal.print_told(tell(diagram, rows))
    terminal.print_place(folder)

"""The command `walled-garden game`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.options import WholeNumber, processors
from experiments.workers import start_server

if TYPE_CHECKING:
    from experiments.stances.settings import GameSettings


@click.command()
@click.option("--consumers", type=WholeNumber(), help="Simulated consumers.  [50000]")
@click.option(
    "--months", type=WholeNumber(), help="Months from January 2009, to 240; the data end with 60.  [60]"
)
@click.option("--seed", type=WholeNumber(), help="Where all luck comes from.  [1]")
@click.option("--budget", type=int, metavar="RUNS", help="Most runs, of all profiles together.  [4000]")
@click.option("--replications", type=WholeNumber(),
              help="Least runs of each profile.  [10; with --draws: 60]")  # fmt: skip
@click.option("--confidence", type=float, metavar="P",
              help="Probability to which the list of equilibria is to be settled.  [0.95]")  # fmt: skip
@click.option("--tolerance", type=float, metavar="RMB",
              help="What a player gives away without changing stance.  [0]")  # fmt: skip
@click.option("--alipay", is_flag=True, help="Alipay plays too: it accepts exclusive deals or refuses them.")
@click.option("--draws", metavar="KIND|FILE",
              help="Draw the parameters anew in each replication: assumed (those nothing pins down), all, or "
              "the rows of a Parquet or CSV file, such as a posterior.  [off]")  # fmt: skip
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE",
              help="Set a parameter; may be repeated.")  # fmt: skip
@click.option("--pricing", metavar="HOW", help="Tariffs: observed, or bertrand (best replies to demand)."
              "  [observed]")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the results."
              "  [results/game and what is not default]")  # fmt: skip
@click.option("--workers", type=WholeNumber(), help="Processes.  [all processors]")
def game(
    assignments: tuple[str, ...],
    out: Path | None,
    workers: int | None,
    **given: int | float | str | None,
) -> None:
    """Solve the game of stances: which are best replies to each other?

    Three operators choose closed, open or exclusive: 27 profiles, run with the same luck. Runs go to the
    profiles that decide, until the equilibria are settled or the budget is spent. Prints the payoff table
    and the answer; writes every run, equilibria, regrets, dominance, dynamics and welfare (Parquet), the
    table for Gambit, a figure each, and a page to read.
    """
    if workers != 1:
        start_server()
    from experiments.settings import check_observations, read_parameters
    from experiments.stances.settings import GameSettings
    from experiments.store import check_destination

    chosen = {name: value for name, value in given.items() if value is not None}
    settings = GameSettings(parameters=read_parameters(assignments), **chosen)  # type: ignore[arg-type]
    settings.check()
    check_observations()
    folder = settings.default_folder() if out is None else out
    check_destination(folder, settings)
    _play_and_publish(settings, folder, processors() if workers is None else workers)


def _play_and_publish(settings: "GameSettings", folder: Path, workers: int) -> None:
    from experiments import terminal
    from experiments.stances.market_game import game_of_market
    from experiments.stances.study import play_market

    started = time.perf_counter()
    market = game_of_market(
        settings.consumers,
        settings.months,
        settings.seed,
        settings.pricing,
        settings.parameters,
        settings.draws,
        settings.alipay,
    )
    with terminal.progress(rules=settings.rules()) as progress:
        settled = play_market(market, settings, workers, progress)
    from experiments.games.gambit import to_nfg
    from experiments.stances.analysis import analyse
    from experiments.stances.page import write_page
    from experiments.stances.telling import payoff_rows, tell
    from experiments.store import publish, write_manifest, write_tables

    analysis = analyse(market, settled, settings.tolerance)
    with publish(folder, settings) as draft:
        write_tables(analysis.tables, draft)
        title = "Stances: discounted profit, RMB of December 2008"
        (draft / "game.nfg").write_text(to_nfg(analysis.game, title), encoding="utf-8")
        write_page(analysis, settings, draft)
        write_manifest(draft, settings, time.perf_counter() - started, workers)
    terminal.print_table(payoff_rows(analysis))
    terminal.print_told(tell(analysis, settings))
    terminal.print_place(folder)

"""The command `walled-garden`.

Exit status: 0 done, 1 a run or the writing of its results failed, 2 bad input (one line says what
is wrong and what is allowed, and nothing has been written), 130 interrupted.

Anything heavy is imported inside the commands, so that help and complaints come at once.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import NoSuchOption

from experiments.one_to_one.command import china
from experiments.opening_order.command import open_first
from experiments.options import WholeNumber, processors
from experiments.phases.command import phase_diagram
from experiments.questions import QUESTIONS
from experiments.results.command import results
from experiments.sensitivity.command import sensitivity
from experiments.sizes.command import how_many
from experiments.stances.command import game
from experiments.stopping import listening
from experiments.sweeps.command import sweep
from experiments.workers import start_server
from model.errors import InputError, RunError

if TYPE_CHECKING:
    from experiments.settings import Settings
    from experiments.verify import Verification

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


@click.group(invoke_without_command=True)
@click.pass_context
def cli(context: click.Context) -> None:
    """Ask when it pays a mobile operator to open its walled garden to a payment platform.

    An agent-based laboratory on China's 3G market, 2009 to 2013. Start with

        walled-garden compare
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@cli.command()
@click.option("--scenario", metavar="A", help="Compare scenario A ...")
@click.option("--against", metavar="B", help="... with scenario B: differences are A less B.")
@click.option("--consumers", type=WholeNumber(), help="Simulated consumers.  [50000]")
@click.option(
    "--months",
    type=WholeNumber(),
    help="Months from January 2009, to 240; the data end with 60.  [60]",
)
@click.option("--replications", type=WholeNumber(), help="Paired runs a scenario, from 2.  [20]")
@click.option("--until-halfwidth", type=float, metavar="RMB",
              help="Add replications until the intervals of China Mobile's discounted profit reach no "
              "further; --replications are then the most.  [off; most: 200]")  # fmt: skip
@click.option("--seed", type=WholeNumber(), help="Where all luck comes from.  [1]")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE",
              help="Set a parameter in both scenarios; may be repeated.")  # fmt: skip
@click.option("--pricing", metavar="HOW", help="Tariffs: observed, or bertrand (best replies to demand)."
              "  [the scenario's]")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the results."
              "  [results/A-vs-B and what is not default]")  # fmt: skip
@click.option("--workers", type=WholeNumber(), help="Processes.  [all processors]")
def compare(
    scenario: str | None,
    against: str | None,
    assignments: tuple[str, ...],
    pricing: str | None,
    out: Path | None,
    workers: int | None,
    until_halfwidth: float | None,
    **numbers: int | None,
) -> None:
    """Compare two scenarios, replication by replication with the same luck.

    Without --scenario and --against: closed with open, and a closed incumbent with history and
    with open. Prints paired differences with 95 % intervals and an answer in words; writes the
    tables (Parquet), the figures and a page to read.
    """
    if workers != 1:
        start_server()  # it loads the model while we load the rest
    from experiments.settings import (
        MOST_REPLICATIONS,
        Settings,
        check_observations,
        read_pairs,
        read_parameters,
    )
    from experiments.store import check_destination, default_folder

    given = {name: number for name, number in numbers.items() if number is not None}
    if until_halfwidth is not None:
        given.setdefault("replications", MOST_REPLICATIONS)
    settings = Settings(
        until_halfwidth=until_halfwidth,
        pairs=read_pairs(scenario, against),
        parameters=read_parameters(assignments),
        pricing=pricing,
        **given,
    )
    settings.check()
    check_observations()
    folder = default_folder(settings) if out is None else out
    check_destination(folder, settings)
    _compare_and_publish(settings, folder, processors() if workers is None else workers)


def _compare_and_publish(settings: "Settings", folder: Path, workers: int) -> None:
    from experiments import terminal

    started = time.perf_counter()
    with terminal.progress(rules=settings.rules()) as progress:
        from experiments.compare import compare

        result = compare(settings, workers, progress)
    # What draws and writes is loaded only now: the first month need not wait for it.
    from experiments.figures import draw_all
    from experiments.report import write_page
    from experiments.store import publish, write_manifest, write_tables

    with publish(folder, settings) as draft:
        write_tables(result.tables, draft)
        (draft / "figures").mkdir()
        write_page(result, draw_all(result, draft / "figures"), draft / "index.html")
        write_manifest(draft, settings, time.perf_counter() - started, workers)
    terminal.print_result(result)
    terminal.print_place(folder)


@cli.command()
@click.option(
    "--case", "cases", multiple=True, metavar="CASE", help="Only this case; may be repeated.  [all]"
)
@click.option("--all", "every_check", is_flag=True, help="Show every check, not the furthest of each case.")
@click.option("--seed", type=WholeNumber(), help="Where all luck comes from.  [1]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for table and figures.  [not written]")
@click.option("--workers", type=WholeNumber(), help="Processes.  [all processors]")
def verify(
    cases: tuple[str, ...], every_check: bool, seed: int | None, out: Path | None, workers: int | None
) -> int:
    """Hold the model against what theory says, where the answer is known.

    Drives the model's own functions, and the full market, to limits with known answers: logit shares,
    mean field, switching costs, network effects, prices, diffusion, bargaining, urns, games, random
    numbers, the social network. Exit status 1 if anything disagrees.
    """
    if workers != 1:
        start_server()
    from experiments.store import check_destination
    from experiments.verification.cases import MODULES
    from experiments.verify import DEFAULT_SEED, Verification

    chosen = tuple(dict.fromkeys(cases or MODULES))
    settings = Verification(chosen, DEFAULT_SEED if seed is None else seed)
    settings.check()
    if out is not None:
        check_destination(out, settings)
    return _verify(settings, every_check, out, processors() if workers is None else workers)


def _verify(settings: "Verification", every_check: bool, out: Path | None, workers: int) -> int:
    from experiments import terminal
    from experiments.store import publish, write_manifest
    from experiments.verify import verify, write_report

    started = time.perf_counter()
    with terminal.progress("Running the cases", "cases", settings.rules()) as progress:
        verdicts = verify(settings, workers, progress)
    seconds = time.perf_counter() - started
    if out is not None:
        with publish(out, settings) as draft:
            write_report(verdicts, draft)
            write_manifest(draft, settings, seconds, workers)
    terminal.print_verdicts(verdicts, every_check)
    if out is not None:
        terminal.print_place(out, "cases.md")
    failed = [verdict.case.key for verdict in verdicts if not verdict.passed]
    if failed:
        return _complain(f"the model disagrees with theory in {', '.join(failed)}", FAILED)
    checks = sum(len(verdict.findings.checks) for verdict in verdicts)
    click.echo(f"All {checks} checks of {len(verdicts)} cases agree with theory ({seconds:.0f} s).")
    return 0


@cli.command("closed-vs-open", params=compare.params)
def closed_vs_open(**options: Any) -> None:
    """Ask whether it pays China Mobile to stay closed: `compare` by another name.

    Closed with open, and a closed incumbent with history and with open, unless told otherwise.
    """
    compare.callback(**options)  # type: ignore[misc]


@cli.command("fit-history")
@click.option("--consumers", type=WholeNumber(), default=50_000, show_default=True)
@click.option(
    "--rounds", type=click.IntRange(0, 1000), default=12, show_default=True, help="Steps of least squares."
)
@click.option("--replications", type=click.IntRange(1, 1000), default=2, show_default=True)
@click.option("--seed", type=WholeNumber(), default=2009, show_default=True)
def fit_history(consumers: int, rounds: int, replications: int, seed: int) -> None:
    """Fit standing and quality to the national series; say how well the model does, year by year."""
    from experiments.fit_history import print_fit

    print_fit(consumers, rounds, replications, seed)


@cli.command()
@click.option("--scenario", metavar="A", help="World A ...  [closed]")
@click.option("--against", metavar="B", help="... and world B.  [open]")
@click.option("--consumers", type=WholeNumber(), help="Simulated consumers in each world.  [50000]")
@click.option("--seed", type=WholeNumber(), help="Where all luck comes from.  [1]")
@click.option("--host", default="localhost", show_default=True, help="Address to serve on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0: any free one."
)
@click.option("--browser/--no-browser", default=True, help="Open the page in a browser.  [yes]")
def view(
    scenario: str | None,
    against: str | None,
    host: str,
    port: int,
    browser: bool,
    **numbers: int | None,
) -> None:
    """Watch two worlds side by side, in a browser.

    Two markets with the same luck on two maps, with a third for the difference; play, change stances while
    they run, follow a consumer. Served from this machine alone.
    """
    from view.links import query_of
    from view.server import serve

    serve(host, port, query_of(a=scenario, b=against, **numbers), browser)


cli.add_command(sweep)
cli.add_command(results)
cli.add_command(china)
cli.add_command(how_many)
cli.add_command(sensitivity)
cli.add_command(open_first)
cli.add_command(game)
cli.add_command(phase_diagram)
for question in QUESTIONS:
    cli.add_command(question.command())


@cli.command("compile")
def compile_rules() -> None:
    """Compile the rules now and keep them, so that no run waits for it: for images and clusters.

    They are kept in the user's cache folder, or in that of NUMBA_CACHE_DIR, for this kind of processor.
    """
    from agents.cache import cache_folder, is_compiled
    from model.readiness import PARTS, ensure_compiled

    if all(is_compiled(part) for part in PARTS):
        click.echo(f"The rules are compiled: {cache_folder()}")
        return
    started = time.perf_counter()
    for part in reversed(PARTS):  # the last needs the most; with it, the others are there
        ensure_compiled(part)
    click.echo(f"Compiled in {time.perf_counter() - started:.0f} s: {cache_folder()}")


@cli.command()
def scenarios() -> None:
    """List the scenarios and what each assumes."""
    from experiments.terminal import print_scenarios

    print_scenarios()


@cli.command()
def parameters() -> None:
    """List the parameters: default, bounds, unit, meaning and source."""
    from experiments.terminal import print_parameters

    print_parameters()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; every complaint is one line on stderr."""
    try:
        with listening():  # whatever ends the command, drafts are removed on the way out
            return int(cli.main(arguments, "walled-garden", standalone_mode=False) or 0)
    except click.ClickException as error:
        return _complain(_explain(error), BAD_INPUT)
    except InputError as error:
        return _complain(str(error), BAD_INPUT)
    except (KeyboardInterrupt, click.Abort):
        return _complain("interrupted; nothing half-written is left", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _complain(f"cannot write the results: {error}", FAILED)
    except RunError as error:
        return _complain(str(error), FAILED)


def _complain(message: str, status: int) -> int:
    click.echo(f"walled-garden: {' '.join(message.split())}", err=True)
    return status


def _explain(error: click.ClickException) -> str:
    """Return click's message with what is allowed, where click leaves that out."""
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    if isinstance(context.command, click.Group):
        return f"{message}; allowed: {', '.join(context.command.list_commands(context))}"
    if isinstance(error, NoSuchOption):
        options = [option for item in context.command.params for option in item.opts]
        return f"{message}; allowed: {', '.join(options)}"
    return message

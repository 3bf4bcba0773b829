"""The command `walled-garden sweep`."""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.options import WholeNumber, processors
from experiments.workers import start_server

if TYPE_CHECKING:
    from experiments.sweeps.estimate import Estimate
    from experiments.sweeps.executors import Chosen
    from experiments.sweeps.machine import Summary
    from experiments.sweeps.plan import Plan

FAILED, INTERRUPTED = 1, 130
DEFAULT_EXECUTOR = "processes"
PLAIN_SECONDS = 30.0  # between lines of progress where there is no terminal to redraw


@click.command()
@click.argument("design", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="The store.  [results/ and the design's name]")
@click.option("--dry-run", is_flag=True, help="Say what would be run, and how long it takes; run nothing.")
@click.option("--retry-failed", is_flag=True, help="Run those that failed, and no others.")
@click.option("--time-limit", type=float, metavar="SECONDS", help="A run may take.  [the design's, or any]")
@click.option("--until-halfwidth", type=float, metavar="X",
              help="Replicate each point until a difference is known this well.  [the design's]")  # fmt: skip
@click.option("--workers", type=WholeNumber(), help="Processes.  [all processors]")
@click.option("--executor", default=DEFAULT_EXECUTOR, metavar="NAME",
              help="What runs them: processes, dask or mpi; docs/cluster.md.  [processes]")  # fmt: skip
@click.option("--scheduler", metavar="ADDRESS", help="Of Dask: tcp://host:port, or its scheduler file.")
def sweep(
    design: Path,
    out: Path | None,
    dry_run: bool,
    retry_failed: bool,
    time_limit: float | None,
    until_halfwidth: float | None,
    workers: int | None,
    executor: str,
    scheduler: str | None,
) -> int:
    """Run every point of a design, a TOML file, and keep what it asks for.

    Every run is on the disk when it has finished. Whatever stops the sweep, the same command goes on,
    and the result is the same to the byte.
    """
    if executor == DEFAULT_EXECUTOR and not dry_run:
        start_server()  # it loads the model while we load the rest
    from dataclasses import replace

    from experiments.settings import check_observations
    from experiments.sweeps.design import Until
    from experiments.sweeps.executors import choose_executor
    from experiments.sweeps.manifest import check_occupant
    from experiments.sweeps.plan import Plan
    from experiments.sweeps.reading import read_design

    asked = read_design(design)
    if time_limit is not None:
        asked = replace(asked, time_limit=time_limit)
    if until_halfwidth is not None:
        until = Until(until_halfwidth) if asked.until is None else asked.until
        asked = replace(asked, until=replace(until, halfwidth=until_halfwidth))
    check_observations()
    plan = Plan(asked)
    folder = Path("results") / design.stem if out is None else out
    check_occupant(folder, plan, retry_failed)
    chosen = choose_executor(executor, scheduler, lambda line: click.echo(line, err=True))
    processes = processors() if workers is None else workers
    if dry_run:
        _print_estimate(plan, processes, folder)
        return 0
    return run_plan(plan, folder, processes, retry_failed, chosen)


def run_plan(plan: "Plan", folder: Path, workers: int, retry_failed: bool, chosen: "Chosen") -> int:
    """Run what a store does not hold yet, saying how far it is; return the exit status."""
    from experiments.sweeps.machine import run_sweep

    if not (folder / "manifest.json").exists():
        _print_size(plan, folder)
    finished = 0

    def note(done: int, runs: int, failed: int) -> None:
        nonlocal finished
        finished = done
        show(done, runs, failed)

    try:
        with _progress(plan.design.rules()) as show:
            summary = run_sweep(
                plan.design,
                folder,
                workers=workers,
                open_executor=chosen.open_executor,
                room=chosen.room,
                retry_failed=retry_failed,
                progress=note,
            )
    except (KeyboardInterrupt, SystemExit) as stop:
        click.echo(
            f"walled-garden: interrupted; {finished:,} of {len(plan):,} runs are safe in {folder}; "
            "the same command goes on from there",
            err=True,
        )
        if isinstance(stop, SystemExit):
            raise
        return INTERRUPTED
    return _tell(summary, folder)


def _tell(summary: "Summary", folder: Path) -> int:
    """Say what the session came to; return the exit status."""
    rate = f", {summary.finished_now / summary.seconds:.1f} a second" if summary.finished_now else ""
    click.echo(
        f"{summary.finished:,} of {summary.runs:,} runs have finished in {folder}/ "
        f"({summary.finished_now:,} now, in {_duration(summary.seconds)}{rate})"
    )
    if summary.lost_workers:
        click.echo(f"Workers were lost {summary.lost_workers} times, and their runs were run again.")
    if summary.failed:
        click.echo(
            f"walled-garden: {summary.failed:,} runs failed; why stands in {folder}/failures; "
            "--retry-failed runs them again",
            err=True,
        )
        return FAILED
    return 0


def _print_size(plan: "Plan", folder: Path) -> None:
    design = plan.design
    click.echo(
        f"{len(plan):,} runs: {len(plan.points):,} points, {len(plan.scenarios)} scenarios, "
        f"{design.replications:,} replications; {len(plan.places):,} numbers kept of each; into {folder}/",
        err=True,
    )


def _print_estimate(plan: "Plan", workers: int, folder: Path) -> None:
    from experiments.sweeps.estimate import estimate

    found = estimate(plan, workers)
    for name, value in _estimate_lines(plan, found, workers, folder):
        click.echo(f"{name:<16}{value}")


def _estimate_lines(plan: "Plan", found: "Estimate", workers: int, folder: Path) -> Iterator[tuple[str, str]]:
    from model.horizon import caveats

    design = plan.design
    if design.title:
        yield "design", design.title
    yield "scenarios", ", ".join(design.labels)
    yield "points", f"{found.points:,} ({design.sampling.method})"
    most = "at most " if design.until is not None else ""
    yield "replications", f"{most}{design.replications:,}, with common random numbers"
    for caveat in caveats(design.months):
        yield "beyond data", caveat
    yield "runs", f"{found.runs:,}"
    yield "consumer-months", f"{found.consumer_months:,}"
    yield "kept of a run", f"{len(plan.places):,} numbers"
    if found.seconds is None:
        yield "time", "unknown until the rules are compiled, on first use (about 20 s)"
    else:
        yield "time", f"about {_duration(found.seconds)} with {workers} workers, by a trial on this machine"
    place = folder.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    yield "disk", f"about {_size(found.disk_bytes)} in {folder}/; {_size(free)} are free there"


@contextlib.contextmanager
def _progress(rules: tuple[str, ...]) -> Iterator[Callable[[int, int, int], None]]:
    """Give a function to call with (finished, runs, failed): a bar with rate and time left, or lines.

    Parameters
    ----------
    rules : which compiled rules the runs need; if they are not there, a line says what is waited for
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from agents.cache import announce

    console = Console(stderr=True)
    announce(rules)
    if not console.is_terminal:
        yield _plain_progress()
        return
    words = TextColumn("{task.fields[rate]}{task.fields[failed]}")
    columns = (
        TextColumn("Running the sweep"),
        BarColumn(),
        MofNCompleteColumn(),
        words,
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = None
        rate = _Rate()

        def show(finished: int, runs: int, failed: int) -> None:
            nonlocal task
            if task is None:  # what was there already is no sign of speed
                task = bar.add_task("", total=runs, completed=finished, rate="", failed="")
            told = f", {failed:,} failed" if failed else ""
            bar.update(task, completed=finished, rate=rate.text(finished), failed=told)

        yield show


def _plain_progress() -> Callable[[int, int, int], None]:
    rate, told = _Rate(), time.monotonic()

    def tell(finished: int, runs: int, failed: int) -> None:
        nonlocal told
        speed = rate.text(finished)
        if time.monotonic() - told < PLAIN_SECONDS:
            return
        told = time.monotonic()
        left = f", {_duration((runs - finished) / rate.value)} left" if rate.value else ""
        failures = f", {failed:,} failed" if failed else ""
        click.echo(f"{finished:,} of {runs:,} runs{failures}, {speed}{left}", err=True)

    return tell


class _Rate:
    """Runs a second since the first run finished: what came before is the start of the workers."""

    def __init__(self) -> None:
        self.value = 0.0
        self._before: int | None = None
        self._began: tuple[float, int] | None = None

    def text(self, finished: int) -> str:
        """Take how many runs have finished; return the rate in words."""
        now = time.monotonic()
        if self._before is None:
            self._before = finished
        if self._began is None and finished > self._before:
            self._began = now, finished
        elif self._began is not None and finished > self._began[1]:
            since, before = self._began
            self.value = (finished - before) / max(now - since, 1e-9)
        return f"{self.value:.1f} a second" if self.value else "starting"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:,.1f} h"


def _size(number: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:,.1f} TB"

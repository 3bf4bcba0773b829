"""Run the market once, months on end, with checkpoints from which a killed run goes on."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.one_to_one.settings import OneToOne
from experiments.stopping import obey
from experiments.sweeps.files import LOCK, alone_in
from model import checkpoint
from model.checkpoint import Checkpoint
from model.errors import InputError, RunError
from model.market import MobileMarket


@dataclass(frozen=True)
class Stand:
    """How far a run is.

    Attributes
    ----------
    month, months : lived through, and in all
    rows : consumers
    began_at : month from which this process goes on
    seconds : of this process, since that month
    """

    month: int
    months: int
    rows: int
    began_at: int
    seconds: float

    @property
    def pace(self) -> float:
        """Lines a second: consumer-months this process lived through each second."""
        return (self.month - self.began_at) * self.rows / max(self.seconds, 1e-9)


@dataclass(frozen=True)
class Finished:
    """A run that is done.

    Attributes
    ----------
    market : MobileMarket
    seconds : of all processes that worked on it, from the start of each, less what was lost
    began_at : month from which this process went on
    """

    market: MobileMarket
    seconds: float
    began_at: int


type Watch = Callable[[Stand], None]


def checkpoints_of(folder: Path) -> Path:
    """Return where the checkpoints of results lie: beside them."""
    return folder.with_name(f"{folder.name}.checkpoints")


def find(settings: OneToOne, folder: Path) -> Checkpoint | None:
    """Return the checkpoint that a run will go on from, None where there is none.

    Raises
    ------
    InputError
        It is damaged, or another run's or another code's.
    """
    found = checkpoint.last(folder)
    if found is None:
        return None
    asked, held = settings.identity(), found.notes.get("settings", {})
    differing = [name for name in asked if held.get(name) != asked[name]]
    if differing:
        raise InputError(
            f"{found.path} is of another run (other {', '.join(differing)}); "
            "allowed: --fresh to begin anew, another --out, or the settings it was written with"
        )
    try:
        checkpoint.check(found)
    except InputError as error:
        raise InputError(f"{error} (--fresh does)") from error
    return found


def run(settings: OneToOne, folder: Path, threads: int, every: int, watch: Watch) -> Finished:
    """Run the market to its last month, from the last checkpoint in a folder where there is one.

    Parameters
    ----------
    folder : of the checkpoints; made if it is not there
    every : months between checkpoints, 0 for none
    watch : called after each month

    Raises
    ------
    InputError
        Another process is at it, or the checkpoint cannot be gone on from.
    """
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder):
        market, before = _begin(settings, folder, threads)
        began_at, lived = market.month, time.perf_counter()
        watch(Stand(market.month, market.months, len(market.population), began_at, 0.0))
        while market.running:
            obey()
            market.step()
            now = time.perf_counter()
            watch(Stand(market.month, market.months, len(market.population), began_at, now - lived))
            if every and market.running and market.month % every == 0:
                obey()
                _save(market, folder, {"settings": settings.identity(), "seconds": before + now - started})
    return Finished(market, before + time.perf_counter() - started, began_at)


def tell_safe(folder: Path) -> str:
    """Return what of a run is on the disk, and how to go on with it."""
    found = checkpoint.last(folder)
    if found is None:
        return "no checkpoint had been written yet; the same command begins anew"
    return f"month {found.month} is safe in {found.path}; the same command goes on from there"


def discard(folder: Path) -> None:
    """Remove a folder of checkpoints."""
    if folder.is_dir():
        (folder / LOCK).unlink(missing_ok=True)
        checkpoint.discard(folder)


def peak_memory() -> int:
    """Return the most memory this process has held, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _save(market: MobileMarket, folder: Path, notes: dict[str, Any]) -> None:
    try:
        checkpoint.save(market, folder, notes)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(
            f"cannot write the checkpoint of month {market.month}: {reason}; {tell_safe(folder)}"
        ) from error


def _begin(settings: OneToOne, folder: Path, threads: int) -> tuple[MobileMarket, float]:
    """Return the market to go on with, and the seconds that went into it so far."""
    found = find(settings, folder)
    if found is not None:
        return checkpoint.load(folder, threads), float(found.notes["seconds"])
    market = MobileMarket(
        settings.scenario,
        settings.rows,
        settings.months,
        rng=settings.seed,
        threads=threads,
        pricing=settings.pricing,
        **settings.parameters,
    )
    return market, 0.0

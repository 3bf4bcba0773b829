"""Play the game until its equilibria are settled, or the budget is spent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from experiments.runner import share_out
from experiments.stances.market_game import MarketGame
from experiments.stances.samples import Samples, no_samples
from experiments.stances.settings import GameSettings
from experiments.stances.settling import Verdict, allowance, judge, wanted_runs
from experiments.sweeps.tasks import Task, simulate
from model.errors import RunError, in_one_line

type Progress = Callable[[int, int], None]
#: Returns further runs (n, Q) of profiles, given from which replication and to which before.
type Play = Callable[[dict[int, range]], dict[int, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Settled:
    """Where a game came to rest.

    Attributes
    ----------
    samples, verdict
    is_settled : True where the set of equilibria is as sure as asked for
    looks : how often was looked
    allowed : chance of being wrong that the last look might spend
    """

    samples: Samples
    verdict: Verdict
    is_settled: bool
    looks: int
    allowed: float


def settle(samples: Samples, play: Play, settings: GameSettings) -> Settled:
    """Return the game once its equilibria are settled, or the budget is spent.

    Parameters
    ----------
    samples : of nothing, or of what was run before
    """
    target = np.maximum(samples.runs, settings.fewest)
    look = 0
    while True:
        samples = samples.extended(play(_missing(samples, target)))
        look += 1
        verdict, allowed = judge(samples, settings.tolerance), allowance(settings.confidence, look)
        if verdict.total <= allowed:
            return Settled(samples, verdict, True, look, allowed)
        wanted = wanted_runs(samples, verdict, allowance(settings.confidence, look + 1))
        target = _within_budget(samples.runs, wanted, settings.budget)
        if (target == samples.runs).all():
            return Settled(samples, verdict, False, look, allowed)


def _within_budget(runs: np.ndarray, wanted: np.ndarray, budget: int) -> np.ndarray:
    """Return the runs wanted, or so many of those that are missing as the budget has left for all alike."""
    more, left = wanted - runs, budget - int(runs.sum())
    return runs + (more if more.sum() <= left else more * left // more.sum())


def _missing(samples: Samples, target: np.ndarray) -> dict[int, range]:
    return {p: range(int(samples.runs[p]), int(n)) for p, n in enumerate(target) if n > samples.runs[p]}


def play_market(game: MarketGame, settings: GameSettings, workers: int, progress: Progress) -> Settled:
    """Return the market's game, settled or as far as the budget goes.

    Parameters
    ----------
    workers : processes
    progress : called with (runs done, runs known to be needed)

    Raises
    ------
    RunError
        A run failed.
    """
    profiles, done = game.profiles, 0

    def play(missing: dict[int, range]) -> dict[int, np.ndarray]:
        nonlocal done
        # Replication by replication: what is seen first is seen of all profiles.
        wanted = sorted((r, p) for p, some in missing.items() for r in some)
        tasks = [game.task(profiles[p], r) for r, p in wanted]
        before = done

        def tell(ran: int, asked: int) -> None:
            progress(before + ran, before + asked)

        rows = share_out(tasks, simulate, workers, tell, failed)
        done += len(tasks)
        found: dict[int, list[np.ndarray]] = {p: [] for p in missing}
        for (_, p), row in zip(wanted, rows, strict=True):
            found[p].append(row)
        return {p: np.array(some) for p, some in found.items()}

    start = no_samples(tuple(profiles), game.payoffs, len(game.places))
    return settle(start, play, settings)


def failed(task: Task, error: BaseException) -> RunError:
    """Return what to say of a run that failed."""
    reason = in_one_line(error)
    name = f"{task.scenario.name}, replication {task.replication} (seed {task.seed})"
    return RunError(f"{name} failed: {type(error).__name__}: {reason}")

"""One point of the diagram: the whole game of stances at one pair of parameters.

Every point has the same luck, replication by replication, so neighbouring points differ by their
parameters alone. What luck leaves open is told by draws of the mean gains: each gain's law is Student's
around its mean, with its own standard error, and all gains of a draw are made of the same numbers, one a
replication, so that they go together as they do over replications. A bootstrap of six replications would
be too sure of itself. A draw uses the same numbers at every point, so that what moves along an axis moves
within a draw. A stance that has changed nothing in any replication changes nothing in any draw.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.games.strategic import Profile
from experiments.phases.settings import FEWEST, MOST
from experiments.stances.market_game import MarketGame
from experiments.stances.samples import Samples, no_samples
from experiments.stances.settling import allowance
from experiments.sweeps.tasks import simulate

DRAWS = 4_000


class Phase(NamedTuple):
    """What holds at a point.

    Attributes
    ----------
    stances : of the incumbent, in some equilibrium of pure stances, by their place; empty where there is none
    chance : share of draws in which it is just these
    loses : (B,) RMB
        What the incumbent would gain, in each draw, by leaving closed where its rivals answer that with an
        equilibrium among themselves; closed is in equilibrium where it is not above 0. NaN: no such answer.
    mean_loss : the same of the mean gains
    equilibria : profiles that are equilibria by the mean gains
    """

    stances: tuple[int, ...]
    chance: float
    loses: np.ndarray
    mean_loss: float
    equilibria: tuple[Profile, ...]


@dataclass(frozen=True)
class PointTask:
    """A point as a worker gets it.

    Attributes
    ----------
    market : the game, with the point's parameters
    confidence : replications are doubled until the phase is known so well, up to `MOST`; see `needed`
    file : where its runs are kept
    """

    market: MarketGame
    confidence: float
    file: Path


def explore(task: PointTask) -> Samples:
    """Return the runs of a point: those that were kept, or new ones, which are then kept."""
    if task.file.exists():
        return samples_of(task.market, np.load(task.file))
    samples = no_samples(tuple(task.market.profiles), task.market.payoffs, len(task.market.places))
    count = FEWEST
    while True:
        samples = samples.extended(_play(task.market, range(int(samples.runs[0]), count)))
        if phase_of(samples, task.market.seed).chance >= needed(task.confidence, count) or count >= MOST:
            break
        count = min(2 * count, MOST)
    _keep(samples.values, task.file)
    return samples


def needed(confidence: float, replications: int) -> float:
    """Return the chance at which a phase is told, by how often was looked before.

    Looking again and again at the same confidence would tell too often: look n may be wrong with a chance of
    the share 1 / (n (n + 1)) of what is allowed.
    """
    return 1.0 - allowance(confidence, 1 + round(math.log2(max(replications, FEWEST) / FEWEST)))


def samples_of(market: MarketGame, values: np.ndarray) -> Samples:
    """Return samples from the numbers of as many runs of each profile (P, R, Q)."""
    runs = np.full(len(values), values.shape[1])
    return Samples(values, runs, market.payoffs, tuple(market.profiles))


def _play(market: MarketGame, replications: range) -> dict[int, np.ndarray]:
    return {
        p: np.array([simulate(market.task(profile, r)) for r in replications])
        for p, profile in enumerate(market.profiles)
    }


def _keep(values: np.ndarray, file: Path) -> None:
    """Write an array so that the file is whole whenever it is there."""
    file.parent.mkdir(parents=True, exist_ok=True)  # another run into the same folder may have ended
    draft = file.with_suffix(f".{os.getpid()}.partial")
    with draft.open("wb") as handle:
        np.save(handle, values)
        handle.flush()
        os.fsync(handle.fileno())
    draft.rename(file)


def phase_of(samples: Samples, seed: int) -> Phase:
    """Return which of the incumbent's stances are in equilibrium, and how surely."""
    d = samples.deviations
    gains = drawn_gains(d.gains, seed)
    marks, loses = _marks(samples, gains), _loses(samples, gains)
    kinds, counts = np.unique(marks, return_counts=True)
    mean = d.mean[None]
    mean_mark = int(_marks(samples, mean)[0])
    chance = float(counts[kinds == mean_mark].sum() / len(marks))
    stances = tuple(s for s in range(samples.sizes[0]) if mean_mark >> s & 1)
    return Phase(stances, chance, loses, float(_loses(samples, mean)[0]), _equilibria(samples))


def drawn_gains(gains: np.ndarray, seed: int, draws: int = DRAWS) -> np.ndarray:
    """Return draws of the mean gains given those seen, (B, E).

    Parameters
    ----------
    gains : (E, R) float
        Of each deviation in each replication.
    """
    n = gains.shape[1]
    luck = np.random.default_rng([seed, 0x9057])
    normal = luck.normal(size=(draws, MOST))[:, :n]
    spread = np.sqrt(luck.chisquare(n - 1, size=draws) / (n - 1))
    apart = gains - gains.mean(axis=1, keepdims=True)
    return np.asarray(gains.mean(axis=1) + (normal @ apart.T) / np.sqrt(n * (n - 1.0)) / spread[:, None])


def _holds(samples: Samples, gains: np.ndarray, but: int | None = None) -> np.ndarray:
    """Return in which profiles nobody gains by moving alone (B, P); one player's moves may be left out."""
    d = samples.deviations
    counts = np.ones(len(d.at), bool) if but is None else d.player != but
    holds = np.empty((len(gains), len(samples.profiles)), bool)
    for p in range(len(samples.profiles)):
        holds[:, p] = (gains[:, (d.at == p) & counts] <= 0.0).all(axis=1)
    return holds


def _marks(samples: Samples, gains: np.ndarray) -> np.ndarray:
    """Return the first player's stances in equilibrium as bits (B,) int."""
    holds = _holds(samples, gains)
    first = np.array([profile[0] for profile in samples.profiles])
    bits = [holds[:, first == s].any(axis=1) << s for s in range(samples.sizes[0])]
    return np.asarray(np.sum(bits, axis=0))


def _loses(samples: Samples, gains: np.ndarray) -> np.ndarray:
    """Return what the first player gains by leaving closed, at the rivals' best answer for closed (B,)."""
    d, answers = samples.deviations, _holds(samples, gains, but=0)
    least = np.full(len(gains), np.inf)
    for p, profile in enumerate(samples.profiles):
        if profile[0] == 0:
            own = np.flatnonzero((d.at == p) & (d.player == 0))
            best = gains[:, own].max(axis=1)
            least = np.minimum(least, np.where(answers[:, p], best, np.inf))
    return np.where(np.isinf(least), np.nan, least)


def _equilibria(samples: Samples) -> tuple[Profile, ...]:
    holds = _holds(samples, samples.deviations.mean[None])[0]
    return tuple(profile for profile, is_one in zip(samples.profiles, holds, strict=True) if is_one)

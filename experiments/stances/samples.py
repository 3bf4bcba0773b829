"""What was seen of a game so far: so many runs of each profile, in the same order of luck.

Profiles may have different numbers of runs, but always the first so many replications: a pair of profiles is
compared over the replications that both have.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from experiments.games.strategic import Profile
from experiments.inference import ROUNDING, paired_values


@dataclass(frozen=True, eq=False)
class Samples:
    """Outcomes of the runs of every profile.

    Attributes
    ----------
    values : (P, R, Q) float
        Numbers of each run; NaN where a profile has no such replication.
    runs : (P,) int
        Replications of each profile: it has the first so many.
    payoffs : (K,) int
        Which of the Q numbers are the players' payoffs.
    profiles : P profiles, in the order of a payoff table
    """

    values: np.ndarray
    runs: np.ndarray
    payoffs: np.ndarray
    profiles: tuple[Profile, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of strategies of each player."""
        return tuple(1 + max(column) for column in zip(*self.profiles, strict=True))

    @cached_property
    def deviations(self) -> Deviations:
        """Return what each player gains by each change of strategy alone."""
        return deviations(self)

    def extended(self, more: dict[int, np.ndarray]) -> Samples:
        """Return these and further runs (n, Q) of some profiles, by their place."""
        runs = self.runs.copy()
        for profile, rows in more.items():
            runs[profile] += len(rows)
        values = np.full((len(runs), runs.max(), self.values.shape[2]), np.nan)
        values[:, : self.values.shape[1]] = self.values
        for profile, rows in more.items():
            values[profile, self.runs[profile] : runs[profile]] = rows
        return Samples(values, runs, self.payoffs, self.profiles)


def no_samples(profiles: tuple[Profile, ...], payoffs: np.ndarray, numbers: int) -> Samples:
    """Return samples of nothing yet."""
    count = len(profiles)
    return Samples(np.empty((count, 0, numbers)), np.zeros(count, np.int64), payoffs, profiles)


@dataclass(frozen=True, eq=False)
class Deviations:
    """Every change of strategy by one player alone, and what it gains him.

    Attributes
    ----------
    at, to : (E,) int
        Profile left and profile reached.
    player : (E,) int
    gains : (E, R) float
        The player's gain in each replication, RMB; NaN beyond those that both profiles have.
    runs : (E,) int
        Replications both have.
    """

    at: np.ndarray
    to: np.ndarray
    player: np.ndarray
    gains: np.ndarray
    runs: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """The mean gain (E,), RMB; NaN without runs."""
        return self._sum / np.maximum(self.runs, 1) + np.where(self.runs, 0.0, np.nan)

    @property
    def _sum(self) -> np.ndarray:
        return np.nansum(self.gains, axis=1)

    @property
    def error(self) -> np.ndarray:
        """The standard error of the mean gain (E,), RMB; NaN below two runs, 0 where all gains are equal."""
        n = self.runs
        apart = np.where(np.isnan(self.gains), 0.0, self.gains - self.mean[:, None])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(n > 1, np.sqrt((apart**2).sum(axis=1) / (n - 1.0) / n), np.nan)

    @property
    def is_tie(self) -> np.ndarray:
        """Where the player got the same to the last digit in every replication (E,) bool."""
        return (np.where(np.isnan(self.gains), 0.0, self.gains) == 0.0).all(axis=1)


def deviations(samples: Samples) -> Deviations:
    """Return all unilateral changes of strategy with their gains, without floating-point rounding."""
    number = {profile: i for i, profile in enumerate(samples.profiles)}
    moves = [
        (number[profile], number[(*profile[:k], s, *profile[k + 1 :])], k)
        for profile in samples.profiles
        for k, size in enumerate(samples.sizes)
        for s in range(size)
        if s != profile[k]
    ]
    at, to, player = np.array(moves).T
    runs = np.minimum(samples.runs[at], samples.runs[to])
    gains = np.full((len(at), samples.values.shape[1]), np.nan)
    for e, (a, b, k, n) in enumerate(zip(at, to, player, runs, strict=True)):
        if n:
            own = samples.values[:, :n, samples.payoffs[k]]
            gains[e, :n] = paired_values(own[b], own[a])
    return Deviations(at, to, player, gains, runs)


def twins(samples: Samples) -> np.ndarray:
    """Return, for each profile, the first that paid everybody the same in all replications both have (P,).

    A stance may change nothing: an operator that may bid for exclusivity and never wins it is open.
    """
    first = np.arange(len(samples.profiles))
    for i in range(len(first)):
        for j in range(i):
            n = min(samples.runs[i], samples.runs[j])
            one, other = samples.values[i, :n], samples.values[j, :n]
            if n and first[j] == j and np.allclose(one, other, rtol=ROUNDING, atol=0.0):
                first[i] = j
                break
    return first


def tied(samples: Samples) -> np.ndarray:
    """Return, for each profile, the first of those it is joined to by a player's ties (P,)."""
    d = samples.deviations
    ends, size = (d.at[d.is_tie], d.to[d.is_tie]), len(samples.profiles)
    links = csr_array((np.ones(len(ends[0])), ends), shape=(size, size))
    group = connected_components(links, directed=False)[1]
    _, first, place = np.unique(group, return_index=True, return_inverse=True)
    return np.asarray(first[place])


def payoff_table(samples: Samples, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the mean of each number (Q, P), with differences freed of unequal luck.

    Where profiles have different numbers of runs their plain means differ by luck. The two-way layout, an
    effect of the profile and one of the replication, is fitted by least squares; with equal numbers of runs
    it gives the plain means. The level is that of the replications all have. Payoffs that tie in the runs
    tie here, to the last digit.

    Parameters
    ----------
    weights : (R,) float
        How often each replication counts (a resample); once without.
    """
    has = np.arange(samples.values.shape[1]) < samples.runs[:, None]  # (P, R)
    w = has * (np.ones(has.shape[1]) if weights is None else np.asarray(weights, float))
    filled = np.where(has[..., None], samples.values, 0.0)
    by_run = w.sum(axis=0)
    share = np.divide(w, by_run, out=np.zeros_like(w), where=by_run > 0)
    # Normal equations with the replications' effects eliminated; they leave one constant free.
    left = np.diag(w.sum(axis=1)) - w @ share.T
    right = np.einsum("pr,prq->pq", w, filled) - w @ np.einsum("pr,prq->rq", share, filled)
    effects = np.linalg.lstsq(left, right, rcond=None)[0]
    everywhere = has.all(axis=0) * w[0]  # the level: replications that all profiles have
    level = np.einsum("r,prq->q", everywhere, filled) / (everywhere.sum() * len(has))
    return _with_ties((effects - effects.mean(axis=0) + level).T, samples)


def _with_ties(table: np.ndarray, samples: Samples) -> np.ndarray:
    """Return the table (Q, P) with payoffs that tie in the runs set equal."""
    d = samples.deviations
    for at, to, k in zip(d.at[d.is_tie], d.to[d.is_tie], d.player[d.is_tie], strict=True):
        if to > at:
            table[samples.payoffs[k], to] = table[samples.payoffs[k], at]
    same = twins(samples)
    return table[:, same] if len(set(same.tolist())) < len(same) else table

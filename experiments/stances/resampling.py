"""The bootstrap over replications: how the answer would vary with other luck.

Replications are drawn anew with replacement, the same ones in all profiles, so that what is paired stays
paired. Where profiles have different numbers of runs, replications are drawn within strata that the same
profiles have [Davison1997, ch. 3].

[Davison1997] A. C. Davison, D. V. Hinkley, "Bootstrap Methods and their Application".
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from experiments.stances.samples import Samples

RESAMPLES = 4_000
ENDS = (2.5, 97.5)  # of intervals, per cent


class Bootstrapped(NamedTuple):
    """What resamples say.

    Attributes
    ----------
    weights : (B, R) int
        How often each replication is in each resample.
    gains : (B, E) float
        Mean gain of each deviation.
    regret : (B, P, K) float
        What each player could gain by another strategy alone, never negative.
    is_equilibrium : (B, P) bool
    """

    weights: np.ndarray
    gains: np.ndarray
    regret: np.ndarray
    is_equilibrium: np.ndarray

    @property
    def chance(self) -> np.ndarray:
        """The share of resamples in which each profile is an equilibrium (P,)."""
        return self.is_equilibrium.mean(axis=0)


def resample_weights(runs: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Return how often each replication counts in each resample, (B, R) int.

    Parameters
    ----------
    runs : (P,) int
        Replications of each profile.
    """
    luck = np.random.default_rng([seed, 0xB007])
    cuts = np.unique(np.append(0, runs))
    strata = [
        luck.multinomial(b - a, np.full(b - a, 1.0 / (b - a)), size=resamples)
        for a, b in itertools.pairwise(cuts)
    ]
    return np.concatenate(strata, axis=1)


def bootstrap(
    samples: Samples, tolerance: float = 0.0, resamples: int = RESAMPLES, seed: int = 0
) -> Bootstrapped:
    """Return gains, regrets and equilibria of so many resamples; the same seed gives the same."""
    weights = resample_weights(samples.runs, resamples, seed)
    d = samples.deviations
    gains = weights @ np.where(np.isnan(d.gains), 0.0, d.gains).T / np.maximum(d.runs, 1)
    players = len(samples.payoffs)
    regret = np.zeros((resamples, len(samples.profiles), players))
    for e, (p, k) in enumerate(zip(d.at, d.player, strict=True)):
        np.maximum(regret[:, p, k], gains[:, e], out=regret[:, p, k])
    return Bootstrapped(weights, gains, regret, (regret <= tolerance).all(axis=2))


def regrets(samples: Samples) -> np.ndarray:
    """Return what each player could gain by another strategy alone (P, K), from the mean gains."""
    d = samples.deviations
    found = np.zeros((len(samples.profiles), len(samples.payoffs)))
    np.maximum.at(found, (d.at, d.player), d.mean)
    return found


def interval(resampled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of percentile intervals over the first axis."""
    low, high = np.percentile(resampled, ENDS, axis=0)
    return low, high

"""The bootstrap over replications: how the answer would vary with other luck.

The Bayesian bootstrap [Rubin1981]: each replication gets a weight from the exponential law, the same in all
profiles, so that what is paired stays paired; and a pair of profiles is weighed over all replications it has,
however many that are. With few replications any bootstrap is too narrow: its deviations from the mean are
stretched to the standard error and by Student's quantile over the normal one.

[Rubin1981] D. B. Rubin, "The Bayesian bootstrap", Annals of Statistics 9.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

from experiments.stances.samples import Samples

RESAMPLES = 4_000
ENDS = (2.5, 97.5)  # of intervals, per cent


class Bootstrapped(NamedTuple):
    """What resamples say.

    Attributes
    ----------
    weights : (B, R) float
        Of each replication in each resample.
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


def bootstrap(
    samples: Samples, tolerance: float = 0.0, resamples: int = RESAMPLES, seed: int = 0
) -> Bootstrapped:
    """Return gains, regrets and equilibria of so many resamples; the same seed gives the same."""
    weights = np.random.default_rng([seed, 0xB007]).exponential(size=(resamples, samples.values.shape[1]))
    d = samples.deviations
    has = ~np.isnan(d.gains)
    means = weights @ np.where(has, d.gains, 0.0).T / np.maximum(weights @ has.T, 1e-300)
    gains = d.mean + (means - d.mean) * _stretch(d.runs)
    regret = np.zeros((resamples, len(samples.profiles), len(samples.payoffs)))
    for e, (p, k) in enumerate(zip(d.at, d.player, strict=True)):
        np.maximum(regret[:, p, k], gains[:, e], out=regret[:, p, k])
    return Bootstrapped(weights, gains, regret, (regret <= tolerance).all(axis=2))


def _stretch(runs: np.ndarray) -> np.ndarray:
    """Return by how much deviations from a mean of so many runs are too small (E,)."""
    n = np.maximum(runs, 2).astype(float)
    upper = ENDS[1] / 100.0
    return np.sqrt((n + 1.0) / (n - 1.0)) * stdtrit(n - 1.0, upper) / ndtri(upper)


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

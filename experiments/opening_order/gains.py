"""What opening in a single province earns, told by two kinds of runs.

The gain of a province is wanted for each of G provinces, and a market with that province alone open costs a
run each. But what opening does stays almost wholly inside the province: people know next to nobody across
its border. So a market that opens **everywhere at once** tells nearly the same of all G provinces, by what
each province's books gain, for two runs. "Nearly" is made exact by a control variate [Law2015, ch. 11.4] over
two samples that share no luck:

    gain = mean over m pairs of (province's gain when all open at once)
         + mean over n of (gain when it opens alone - its gain when all open at once, same luck)

which is unbiased whatever crosses borders; the second term has next to no variance where little does, so
few of its dear replications are needed. How many of each is `allocate`'s to say.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.inference import BATCH, RESAMPLES

type Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """A mean, how far it is known, and the ends of its interval."""

    mean: float
    error: float
    low: float
    high: float


class Estimates(NamedTuple):
    """Means of G quantities, each the sum of means of two independent samples.

    Attributes
    ----------
    mean : (G,)
    covariances : two (G, G) sample covariances of one observation (divisor one less than its count)
    counts : the observations behind each
    """

    mean: Floats
    covariances: tuple[Floats, Floats]
    counts: tuple[int, int]

    @property
    def variance(self) -> Floats:
        """The estimated variance of each mean, (G,)."""
        (s, t), (m, n) = self.covariances, self.counts
        return np.diag(s) / m + np.diag(t) / n


def estimate(at_once: Floats, correction: Floats) -> Estimates:
    """Return the means of `at_once` (m, G) plus those of `correction` (n, G), two rows each or more."""
    samples = (at_once, correction)
    covariances = tuple(np.atleast_2d(np.cov(sample, rowvar=False)) for sample in samples)
    mean = at_once.mean(axis=0) + correction.mean(axis=0)
    return Estimates(mean, covariances, (len(at_once), len(correction)))  # type: ignore[arg-type]


def intervals(at_once: Floats, correction: Floats, confidence: float = 0.95) -> list[Interval]:
    """Return the mean and t interval of each column's sum, with Welch's degrees of freedom.

    A sum that does not vary has an interval of no width.
    """
    found = []
    parts = [sample.var(axis=0, ddof=1) / len(sample) for sample in (at_once, correction)]
    means = at_once.mean(axis=0) + correction.mean(axis=0)
    for mean, one, other in zip(means, *parts, strict=True):
        error, reach = float(np.sqrt(one + other)), 0.0
        if error > 0:
            weights = one**2 / (len(at_once) - 1) + other**2 / (len(correction) - 1)
            reach = error * float(stats.t.ppf(0.5 + confidence / 2, (one + other) ** 2 / weights))
        found.append(Interval(float(mean), error, float(mean) - reach, float(mean) + reach))
    return found


def bootstrap(
    at_once: Floats, correction: Floats, confidence: float = 0.95, seed: int = 0
) -> tuple[Floats, Floats]:
    """Return the ends of each column's BCa bootstrap interval, both samples resampled; (G,) and (G,)."""
    low = at_once.mean(axis=0) + correction.mean(axis=0)
    high = low.copy()
    varies = (np.ptp(at_once, axis=0) > 0) | (np.ptp(correction, axis=0) > 0)
    if varies.any():
        samples = (at_once[:, varies].T, correction[:, varies].T)
        found = stats.bootstrap(
            samples,
            lambda x, y, axis: x.mean(axis=axis) + y.mean(axis=axis),
            axis=-1,
            confidence_level=confidence,
            n_resamples=RESAMPLES,
            batch=max(1, BATCH // samples[0].size),
            method="BCa",
            rng=np.random.default_rng(seed),
        ).confidence_interval
        low[varies], high[varies] = found.low, found.high
    return low, high


def allocate(
    runs: int, variances: tuple[float, float], costs: tuple[int, int], fewest: tuple[int, int]
) -> tuple[int, int]:
    """Return how many of two kinds of observations make the sum of their means surest, for so many runs.

    The variance v / m + w / n at the cost c m + d n is least where m / n = sqrt(v d / (w c)).

    Parameters
    ----------
    variances : of one observation of each kind
    costs : runs that one of each takes
    fewest : of each kind in any case; the second is served first
    """
    v, w = variances
    c, d = costs
    share = np.sqrt(w * d) / (np.sqrt(v * c) + np.sqrt(w * d)) if v + w > 0 else 0.0
    second = max(fewest[1], int(share * runs / d))
    return max(fewest[0], (runs - d * second) // c), second

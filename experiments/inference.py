"""Paired differences between two scenarios run with the same luck, with t and bootstrap intervals.

With common random numbers, replication r of both scenarios shares every draw, so what luck adds to
one it adds to the other; the difference of the pair is far less noisy than the runs are. See
[Law2015, ch. 10.2 and 11.2].

Student's interval takes the mean of the differences for normal; the bootstrap's [Efron1987] does not, and
where the two disagree the differences are skewed. Of few differences the bootstrap's is too narrow: of ten,
twenty, forty normal ones it covers 90, 93, 93 % where it says 95 %. So it is a check on the other, not its
successor.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

FEWEST_REPLICATIONS = 2  # one difference has no spread, so no interval
ROUNDING = 1e-12  # of the values' size; sums of millions of doubles agree better than that
RESAMPLES = 9_999
BATCH = 2_000_000  # numbers resampled at a time: 16 MB


@dataclass(frozen=True)
class PairedDifference:
    """The mean of a - b over replications and how surely it is known, in the measure's own unit.

    Attributes
    ----------
    mean, low, high : the mean difference and its interval
    sd : standard deviation of the differences over replications (divisor n - 1)
    replications : pairs used
    mean_a, mean_b : the two means
    variance_reduction : (var a + var b) / var(a - b): by how many times pairing saves replications.
        Infinite when all pairs differ by the same although the runs vary; NaN when nothing varies.
    """

    mean: float
    low: float
    high: float
    sd: float
    replications: int
    mean_a: float
    mean_b: float
    variance_reduction: float


def paired_difference(a: ArrayLike, b: ArrayLike, confidence: float = 0.95) -> PairedDifference:
    """Return the mean of a - b with its t interval; element r of both is replication r.

    Where every pair differs by exactly the same, the interval has no width: [0, 0] for a scenario
    compared with itself. A value that is not a number anywhere (a share of nothing) leaves the
    difference not a number rather than quietly dropping pairs.

    Raises
    ------
    ValueError
        When the two are not of one length, or shorter than `FEWEST_REPLICATIONS`.
    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.shape != second.shape or first.ndim != 1 or first.size < FEWEST_REPLICATIONS:
        raise ValueError(f"need two rows of at least 2 paired values, got {first.shape}, {second.shape}")
    difference = _without_rounding(first, second)
    # Where all pairs differ by the same, a computed mean could be off by a rounding error.
    constant = bool(np.all(difference == difference[0]))
    mean = float(difference[0]) if constant else float(difference.mean())
    sd = 0.0 if constant else float(difference.std(ddof=1))
    half = _half(sd, first.size, confidence)
    return PairedDifference(
        mean=mean,
        low=mean - half,
        high=mean + half,
        sd=sd,
        replications=first.size,
        mean_a=float(first.mean()),
        mean_b=float(second.mean()),
        variance_reduction=_variance_reduction(first, second, sd),
    )


def paired_values(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Return a - b, (n,), with rounding errors of floating point taken out."""
    return _without_rounding(np.asarray(a, dtype=float), np.asarray(b, dtype=float))


def halfwidth(values: ArrayLike, confidence: float = 0.95) -> float:
    """Return how far a mean's t interval reaches; NaN for fewer than `FEWEST_REPLICATIONS` values."""
    sample = np.asarray(values, dtype=float)
    if sample.size < FEWEST_REPLICATIONS:
        return float("nan")
    return _half(float(sample.std(ddof=1)), sample.size, confidence)


def bootstrap_intervals(
    differences: ArrayLike, confidence: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of each mean's BCa bootstrap interval, M and M; the same seed gives the same ends.

    Parameters
    ----------
    differences : (M, n) float, n differences of each of M measures, resampled together

    Where all differences are the same the interval has no width; where one is not a number, it is
    not a number either.
    """
    values = np.asarray(differences, dtype=float)
    low, high = values.mean(axis=1), values.mean(axis=1)
    varies = np.ptp(values, axis=1) > 0  # False for NaN as well; BCa divides by the spread
    if values.shape[1] < FEWEST_REPLICATIONS:
        return np.full(len(values), np.nan), np.full(len(values), np.nan)
    if varies.any():
        found = scipy.stats.bootstrap(
            (values[varies],),
            np.mean,
            axis=-1,
            confidence_level=confidence,
            n_resamples=resamples,
            batch=max(1, BATCH // values[varies].size),
            method="BCa",
            rng=np.random.default_rng(seed),
        ).confidence_interval
        low[varies], high[varies] = found.low, found.high
    return low, high


def _half(sd: float, n: int, confidence: float) -> float:
    return float(scipy.special.stdtrit(n - 1, 0.5 + confidence / 2.0)) * sd / n**0.5


def _without_rounding(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a - b with what is no more than floating-point rounding of the values taken out.

    Without this, a measure that both scenarios share would differ by a few parts in 10^16, always
    to the same side, and the interval would call that an effect.
    """
    difference = a - b
    noise = ROUNDING * float(np.max(np.abs(np.concatenate([a, b]))))
    difference = np.where(np.abs(difference) <= noise, 0.0, difference)
    return np.where(np.abs(difference - difference[0]) <= noise, difference[0], difference)


def _variance_reduction(a: np.ndarray, b: np.ndarray, sd: float) -> float:
    unpaired = float(a.var(ddof=1) + b.var(ddof=1))
    if sd > 0.0 or np.isnan(sd):
        return unpaired / sd**2
    return float("inf") if unpaired > 0.0 else float("nan")

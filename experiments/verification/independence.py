"""Tests of independence: each returns the chance that luck alone gives a result as odd as the one seen.

Draws are in (0, 1). Every test sees some kind of order and overlooks others: a generator has to pass them
all.
"""

from collections.abc import Sequence

import numpy as np
from scipy import special, stats


def pairs_p_values(sequences: Sequence[np.ndarray]) -> np.ndarray:
    """Return p-values of every two of some sequences: their table, and their correlation at every shift."""
    found = []
    for i, x in enumerate(sequences):
        found.append(uniform(x))
        for y in sequences[i + 1 :]:
            found += [table(x, y), any_shift(x, y)]
    return np.array(found)


def sequence_p_values(x: np.ndarray) -> np.ndarray:
    """Return p-values of one sequence: neighbours, triples, runs, periodogram."""
    neighbours = [table(x[:-lag], x[lag:]) for lag in (1, 2, 3, 4)]
    return np.array([uniform(x), *neighbours, triples(x), runs(x), highest_peak(x), cumulative_spectrum(x)])


def uniform(x: np.ndarray) -> float:
    """Return the chi-squared p-value of 256 equal cells."""
    return float(stats.chisquare(np.bincount((x * 256).astype(int), minlength=256)).pvalue)


def table(x: np.ndarray, y: np.ndarray) -> float:
    """Return the chi-squared p-value of independence in a 16 x 16 table, given its margins."""
    cells = (x * 16).astype(int) * 16 + (y * 16).astype(int)
    counts = np.bincount(cells, minlength=256).reshape(16, 16)
    return float(stats.chi2_contingency(counts, correction=False).pvalue)


def triples(x: np.ndarray) -> float:
    """Return the chi-squared p-value of three in a row falling into 12^3 equal cells, none overlapping."""
    a, b, c = (x[: len(x) // 3 * 3] * 12).astype(int).reshape(-1, 3).T
    return float(stats.chisquare(np.bincount((a * 12 + b) * 12 + c, minlength=12**3)).pvalue)


def runs(x: np.ndarray) -> float:
    """Return the two-sided p-value of the number of runs above and below one half [Wald, Wolfowitz 1940]."""
    above = x > 0.5
    n, count = len(x), int(above.sum())
    mean = 1 + 2 * count * (n - count) / n
    variance = (mean - 1) * (mean - 2) / (n - 1)
    found = 1 + int((above[1:] != above[:-1]).sum())
    return float(2 * stats.norm.sf(abs(found - mean) / np.sqrt(variance)))


def periodogram(x: np.ndarray) -> np.ndarray:
    """Return the ordinates of normal scores at frequencies 1 to n/2 - 1: independent exponentials, scaled."""
    ordinates = np.abs(np.fft.rfft(special.ndtri(x))) ** 2
    return ordinates[1 : len(x) // 2] / len(x)


def highest_peak(x: np.ndarray) -> float:
    """Return the p-value of the largest ordinate's part of all, Fisher's g [Fisher 1929].

    The first term of his alternating series: an upper bound, and exact to g's square where it is small.
    """
    ordinates = periodogram(x)
    m, g = len(ordinates), ordinates.max() / ordinates.sum()
    return float(-np.expm1(m * np.log1p(-((1.0 - g) ** (m - 1)))))


def cumulative_spectrum(x: np.ndarray) -> float:
    """Return the Kolmogorov p-value of the cumulative periodogram [Bartlett 1955]."""
    ordinates = periodogram(x)
    return float(stats.kstest(np.cumsum(ordinates[:-1]) / ordinates.sum(), "uniform").pvalue)


def any_shift(x: np.ndarray, y: np.ndarray) -> float:
    """Return the p-value of the largest correlation between two sequences over all shifts of one.

    The same draws used again for something else are found wherever they begin.
    """
    n = len(x)
    a, b = special.ndtri(x), special.ndtri(y)
    product = np.fft.irfft(np.fft.rfft(a) * np.conj(np.fft.rfft(b)), n)
    deviate = np.abs(product).max() / np.sqrt((a**2).sum() * (b**2).sum() / n)
    return float(-np.expm1(n * np.log1p(-2 * stats.norm.sf(deviate))))

"""How spread and bias fall as the number of consumers grows.

**Spread.** Of independent consumers the standard deviation of a share falls as N^-1/2, and the law of
fluctuations [Kurtz1971] says the same of those who influence one another. The power is fitted by weighted
least squares to the logarithm of each size's sample variance. Of nu + 1 normal values that logarithm has
the known mean ln(sigma^2) + psi(nu / 2) - ln(nu / 2) and variance psi'(nu / 2): the fit has no bias, and its
standard error is known rather than estimated from a handful of sizes.

**Bias.** The mean at N less the mean at the largest N, with Welch's interval. Curvature of the rules times
the variance makes a bias of the order of 1/N, as do whole numbers: rows in use are rounded. Of many hundred
such differences one in twenty lies outside its interval for nothing, so those that are called found are
chosen by their false discovery rate [Benjamini1995].

[Benjamini1995] Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate: a practical and powerful
approach to multiple testing", Journal of the Royal Statistical Society B 57.
[Kurtz1971] T. Kurtz, "Limit theorems for sequences of jump Markov processes approximating ordinary
differential processes", Journal of Applied Probability 8(2).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import polygamma, psi

from experiments.inference import ROUNDING

THEORY = -0.5  # power of N with which a standard deviation falls
KEY = ["scenario", "where", "measure", "actor", "unit"]
FALSE_ALARMS = 0.05  # share of false ones among the biases that are called found


class Law(NamedTuple):
    """A power law of the standard deviation, sd = size * n^power.

    Attributes
    ----------
    power, error : of n, with its standard error
    size : the standard deviation of one consumer's worth, with the power held at -1/2
    misfit : p-value of the fit's squares: small where a power law is no law
    """

    power: float
    error: float
    size: float
    misfit: float

    def spread(self, n: float) -> float:
        """Return the standard deviation at n by the law of -1/2."""
        return float(self.size * n**THEORY)


def fit_law(n: ArrayLike, sd: ArrayLike, replications: ArrayLike) -> Law:
    """Return the power law through sample standard deviations.

    Parameters
    ----------
    n : (S,) sizes
    sd : (S,) sample standard deviations (divisor replications - 1), above 0
    replications : (S,) values behind each, two or more
    """
    nu = np.asarray(replications, float) - 1.0
    y = 0.5 * (2.0 * np.log(np.asarray(sd, float)) - psi(nu / 2.0) + np.log(nu / 2.0))
    variance = polygamma(1, nu / 2.0) / 4.0
    x, weight = np.log(np.asarray(n, float)), 1.0 / variance
    centre = np.average(x, weights=weight)
    precision = float((weight * (x - centre) ** 2).sum())
    power = float((weight * (x - centre) * y).sum()) / precision
    left = y - np.average(y, weights=weight) - power * (x - centre)
    misfit = stats.chi2.sf((weight * left**2).sum(), len(x) - 2)
    return Law(
        power, precision**-0.5, float(np.exp(np.average(y - THEORY * x, weights=weight))), float(misfit)
    )


def spreads(runs: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard deviation by size.

    Parameters
    ----------
    runs : as `run_study` returns them

    Returns
    -------
    DataFrame; what is measured (`KEY`), consumers, rows, replications, mean, sd and the ends sd_low and
    sd_high of its 95 % chi-squared interval.
    """
    groups = runs.groupby([*KEY, "consumers", "rows"], sort=False, observed=True)["value"]
    found = groups.agg(replications="size", mean="mean", sd="std").reset_index()
    nu = found["replications"] - 1
    for name, tail in (("sd_low", 0.975), ("sd_high", 0.025)):
        found[name] = found["sd"] * np.sqrt(nu / stats.chi2.ppf(tail, nu))
    return found


def laws(table: pd.DataFrame) -> pd.DataFrame:
    """Return the power law of everything measured: `KEY`, power, power_error, size, misfit.

    Parameters
    ----------
    table : as `spreads` returns it; what does not vary at some size has no law, and is left out
    """
    rows = []
    for key, found in table.groupby(KEY, sort=False, observed=True):
        if (found["sd"] > ROUNDING * found["mean"].abs()).all():
            law = fit_law(found["consumers"], found["sd"], found["replications"])
            rows.append((*key, law.power, law.error, law.size, law.misfit))
    return pd.DataFrame(rows, columns=[*KEY, "power", "power_error", "size", "misfit"])


def biases(runs: pd.DataFrame) -> pd.DataFrame:
    """Return how far the mean at each size lies from that at the largest.

    Returns
    -------
    DataFrame; `KEY`, consumers, rows, bias with its 95 % interval low and high (Welch), p, and found: whether
    it is told from nothing with a false discovery rate of `FALSE_ALARMS` over all that is tested.
    """
    rows = []
    for key, found in runs.groupby(KEY, sort=False, observed=True):
        by_size: dict[Any, pd.DataFrame] = dict(iter(found.groupby("consumers")))
        most = by_size.pop(max(by_size))["value"]
        for size, part in by_size.items():
            low, high, p = welch(part["value"], most)
            bias = part["value"].mean() - most.mean()
            rows.append((*key, size, int(part["rows"].iloc[0]), bias, low, high, p))
    table = pd.DataFrame(rows, columns=[*KEY, "consumers", "rows", "bias", "low", "high", "p"])
    table["found"] = stats.false_discovery_control(table["p"]) < FALSE_ALARMS
    return table


def welch(values: ArrayLike, others: ArrayLike) -> tuple[float, float, float]:
    """Return the ends of Welch's 95 % interval of mean(values) - mean(others), and its p-value.

    Where neither varies by more than rounding, the interval has no width, and p is 1 or 0.
    """
    one, other = np.asarray(values, float), np.asarray(others, float)
    apart = float(one.mean() - other.mean())
    parts = np.array([_variance(sample) / sample.size for sample in (one, other)])
    if not parts.any():
        noise = ROUNDING * float(np.abs(np.concatenate([one, other])).max())
        return apart, apart, float(abs(apart) <= noise)
    freedom = parts.sum() ** 2 / (parts**2 / [one.size - 1, other.size - 1]).sum()
    error = float(np.sqrt(parts.sum()))
    reach = float(stats.t.ppf(0.975, freedom)) * error
    return apart - reach, apart + reach, 2.0 * float(stats.t.sf(abs(apart) / error, freedom))


def _variance(sample: np.ndarray) -> float:
    """Return the sample variance, 0 where values differ by no more than rounding."""
    constant = np.ptp(sample) <= ROUNDING * np.abs(sample).max()
    return 0.0 if constant else float(sample.var(ddof=1))


class Slope(NamedTuple):
    """How a bias goes with one over the rows of a province: bias = per_row / rows."""

    per_row: float
    error: float


def bias_per_row(table: pd.DataFrame) -> Slope:
    """Return what over a province's rows is its bias, by weighted least squares over provinces and sizes.

    Parameters
    ----------
    table : rows of `biases` of one scenario, measure and actor, all provinces
    """
    error = (table["high"] - table["low"]) / (2 * stats.norm.ppf(0.975))
    kept = error > 0
    x, y, weight = 1.0 / table["rows"][kept], table["bias"][kept], error[kept] ** -2
    precision = float((weight * x**2).sum())
    return Slope(float((weight * x * y).sum()) / precision, precision**-0.5)


def select(table: pd.DataFrame, **wanted: str | int | Sequence[str]) -> pd.DataFrame:
    """Return the rows of a table in which columns have the values wanted."""
    return table[np.logical_and.reduce([_is(table[name], value) for name, value in wanted.items()])]


def _is(column: pd.Series, value: str | int | Sequence[str]) -> pd.Series:
    return column.isin(value) if isinstance(value, tuple | list) else column == value


def as_law(row: Mapping[Any, Any]) -> Law:
    """Return a row of `laws` as a Law."""
    return Law(row["power"], row["power_error"], row["size"], row["misfit"])

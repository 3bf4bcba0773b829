"""Which standing and quality make the default run look like history? A first simple fit.

Least squares on the national month-end series, June 2009 to December 2012: the logarithm of each
operator's 3G lines, and its share of all lines. Eleven numbers are fitted: two 2G standings, level and
growth of three 3G qualities, how their rise fades, the review hazard, the switching cost. Price
sensitivity and word of mouth are held at their defaults: the national series can tell neither from a
quality that rises. A weak pull towards the starting point, a prior of one unit of utility, keeps
directions the data are silent about where they are.

Run it with `uv run python -m experiments.fit_history`; it prints the values to put into
`model/parameters.py` and how well they do, 2013 (not fitted) included.
"""

import sys
from typing import Any

import click
import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from model.market import MobileMarket
from model.observations import OPERATORS, load_observations
from model.parameters import Parameters
from model.recorder import month_ends

FITTED = (
    "standing_china_unicom",
    "standing_china_telecom",
    *(f"quality_{name}" for name in OPERATORS),
    *(f"quality_growth_{name}" for name in OPERATORS),
    "quality_fading",
    "review_hazard",
    "switching_cost",
)
# A change of each that the outcome clearly feels: steps of the finite differences, width of the prior.
STEP = {"quality_fading": 0.05, "review_hazard": 0.004, "switching_cost": 0.1}
PRIOR = {"quality_fading": 0.5, "review_hazard": 0.02, "switching_cost": 0.5}
LOG_3G_ERROR, SHARE_ERROR = 0.05, 0.01  # what a residual of one stands for
FIT_MONTHS = 48  # to December 2012; 2013 is kept to check against


def observed_series() -> tuple[np.ndarray, np.ndarray]:
    """Return observed 3G lines and all lines (T, K), million, months 1 on; nan where not known.

    China Mobile's narrower count of 2009 is left out.
    """
    series = load_observations().series
    dates = month_ends(60)
    lines_3g, lines = np.full((60, 3), np.nan), np.full((60, 3), np.nan)
    for row in series.to_dict("records"):
        month = np.flatnonzero(dates == pd.Timestamp(row["date"]).to_datetime64())
        if len(month):
            where = month[0], OPERATORS.index(row["operator"])
            lines_3g[where], lines[where] = row["lines_3g_million"], row["lines_million"]
    return lines_3g, lines


def simulated(values: dict[str, Any], consumers: int, seed: int, months: int) -> Any:
    """Return 3G lines and all lines (T, K), million, of the history scenario."""
    market = MobileMarket("history", consumers=consumers, months=months, rng=seed, **values).run()
    tables = [market.recorder.stacked(name).sum(axis=1) / 1e6 for name in ("lines_3g", "lines")]
    return tables


def residuals(x: np.ndarray, start: np.ndarray, consumers: int, seeds: tuple[int, ...]) -> np.ndarray:
    """Return weighted misses of the series, and the pull of the prior."""
    values = dict(zip(FITTED, x.tolist(), strict=True))
    runs = [simulated(values, consumers, seed, FIT_MONTHS) for seed in seeds]
    lines_3g, lines = (np.mean([run[i] for run in runs], axis=0) for i in range(2))
    seen_3g, seen = (series[:FIT_MONTHS] for series in observed_series())
    miss_3g = np.log(np.maximum(lines_3g, 0.01) / seen_3g) / LOG_3G_ERROR
    miss_3g[:12] *= 0.25  # trial months: small numbers, changing definitions
    miss_3g[-1] *= 4.0  # December 2012: the headline pattern
    shares = lines / lines.sum(axis=1, keepdims=True)
    seen_shares = seen / seen.sum(axis=1, keepdims=True)
    miss = np.concatenate([miss_3g.ravel(), ((shares - seen_shares) / SHARE_ERROR).ravel()])
    width = np.array([PRIOR.get(name, 1.0) for name in FITTED])
    return np.concatenate([miss[np.isfinite(miss)], (x - start) / width])


def fit(consumers: int, seeds: tuple[int, ...], rounds: int) -> dict[str, float]:
    """Return the fitted values, starting from the defaults."""
    defaults = Parameters().as_dict()
    start = np.array([defaults[name] for name in FITTED])
    step = np.array([STEP.get(name, 0.1) for name in FITTED])
    bounds = [Parameters.fields()[name]["bounds"] for name in FITTED]
    low, high = np.array(bounds, float).T
    x = least_squares(
        residuals,
        start,
        jac=lambda at, *rest: _slopes(at, step, *rest),
        bounds=(low, high),
        x_scale=step,
        loss="soft_l1",
        max_nfev=rounds,
        args=(start, consumers, seeds),
        verbose=0,
    ).x
    return dict(zip(FITTED, x.tolist(), strict=True))


def _slopes(at: np.ndarray, step: np.ndarray, *rest: Any) -> np.ndarray:
    """Return the Jacobian by central differences wide enough to stand above discreteness."""
    columns = []
    for i, width in enumerate(step):
        move = np.zeros_like(at)
        move[i] = width
        columns.append((residuals(at + move, *rest) - residuals(at - move, *rest)) / (2 * width))
    return np.array(columns).T


def report(values: dict[str, float], consumers: int, seeds: tuple[int, ...]) -> str:
    """Return observed against simulated at year ends, million 3G lines and shares in percent."""
    runs = [simulated(values, consumers, seed, 60) for seed in seeds]
    lines_3g, lines = (np.mean([run[i] for run in runs], axis=0) for i in range(2))
    seen_3g, seen = observed_series()
    rows = [
        "month  3G lines simulated / observed (million)        share of all lines, % simulated / observed"
    ]
    for month in (12, 18, 24, 30, 36, 42, 48, 54, 60):
        t = month - 1
        rows.append(
            f"{month:5d}  {_pairs(lines_3g[t], seen_3g[t])}  |  "
            f"{_pairs(100 * lines[t] / lines[t].sum(), 100 * seen[t] / seen[t].sum())}"
        )
    return "\n".join(rows)


def _pairs(simulated: np.ndarray, seen: np.ndarray) -> str:
    """Return simulated and observed figures side by side."""
    return "  ".join(f"{a:6.1f}/{b:6.1f}" for a, b in zip(simulated, seen, strict=True))


def print_fit(consumers: int, rounds: int, replications: int, seed: int) -> None:
    """Fit standing and quality to the national series and print how well that does."""
    seeds = tuple(range(seed, seed + replications))
    values = fit(consumers, seeds, rounds) if rounds else {}
    for name, value in values.items():
        click.echo(f"{name} = {value:.4f}")
    click.echo(report(values, consumers, tuple(s + 1000 for s in seeds)))


if __name__ == "__main__":
    from experiments.cli import main

    sys.exit(main(["fit-history", *sys.argv[1:]]))

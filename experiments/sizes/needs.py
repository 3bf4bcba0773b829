"""How many consumers and replications a study needs, from the measured laws."""

import math

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from experiments.sizes.laws import KEY, Law, as_law

REPLICATIONS = (5, 20, 100)
#: Half-widths of 95 % intervals that are asked for, by unit: percentage points, RMB.
HALFWIDTHS = {"percentage points": (1.0, 0.3, 0.1), "rmb": (1e9, 3e8, 1e8)}
SMALLEST = 310  # consumers; a market has no fewer


def consumers_needed(law: Law, halfwidth: float, replications: int) -> int:
    """Return how many consumers a run needs for the mean over replications to be known so well.

    The half-width of Student's 95 % interval is t * sd(N) / sqrt(R), and sd(N) = size * N^-1/2.
    """
    t = float(stdtrit(replications - 1, 0.975))
    return max(SMALLEST, math.ceil((t * law.size / halfwidth) ** 2 / replications))


def needs(laws: pd.DataFrame, biases: pd.DataFrame) -> pd.DataFrame:
    """Return what each measure needs for each half-width and number of replications.

    Returns
    -------
    DataFrame; `KEY`, halfwidth, replications, consumers (for the spread alone; no fewer than were
    tried), and unbiased_from: the smallest size from which on no bias was told from nothing (0: at none).
    """
    from_size, tried = _unbiased_from(biases), int(biases["consumers"].min())
    rows = []
    for row in laws.to_dict("records"):
        key = tuple(row[name] for name in KEY)
        for halfwidth in HALFWIDTHS[row["unit"]]:
            for replications in REPLICATIONS:
                consumers = max(tried, consumers_needed(as_law(row), halfwidth, replications))
                rows.append((*key, halfwidth, replications, consumers, from_size.get(key, 0)))
    return pd.DataFrame(rows, columns=[*KEY, "halfwidth", "replications", "consumers", "unbiased_from"])


def _unbiased_from(biases: pd.DataFrame) -> dict[tuple, int]:
    """Return, by `KEY`, the smallest size from which on no bias was found; 0 where there is none."""
    found = {}
    for key, rows in biases.groupby(KEY, sort=False, observed=True):
        sizes = np.sort(rows["consumers"].unique())
        biased = rows.loc[rows["found"], "consumers"]
        above = sizes[sizes > biased.max()] if len(biased) else sizes
        found[tuple(key)] = int(above[0]) if len(above) else 0
    return found

"""How the variance of the gain is shared out over the parameters kept, and whether that has settled.

First order: the share that goes with a parameter by itself; total: with all its interactions. Both are
given from the first base points alone as well, so that one sees them settle. Criteria are those of Sarrazin
et al.: indices have settled when no interval is wider than 0.05; ranks when those whose intervals lie
apart stand in the same order as with half the points [Saltelli2010; Sarrazin2016].
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments.results.loading import StoreReader
from experiments.results.sensitivity import luck_variance, sobol_effects, values_by_point
from experiments.sensitivity.stages import place_of_gain

FEWEST = 16  # base points from which indices are shown
NARROW = 0.05  # whole width of an interval [Sarrazin2016]


class Indices(NamedTuple):
    """What Saltelli's points say.

    Attributes
    ----------
    effects : factor, first, first_half, total, total_half: shares of the variance, 95 % half-widths
    growth : the same from the first base points alone, with how many: `points`
    luck : share of the variance that is luck
    replications : of each point
    variance : of the points' mean gains, RMB squared
    """

    effects: pd.DataFrame
    growth: pd.DataFrame
    luck: float
    replications: int
    variance: float


class Settled(NamedTuple):
    """How far the indices have settled.

    Attributes
    ----------
    moved : the largest change of a total index from half the base points to all
    width : the widest 95 % interval of a total index, from end to end
    needed : base points at which that would be `NARROW`, were it to fall with their root; a power of 2
    pairs, swapped : pairs of parameters whose intervals of the total index lie apart, and those of them
        that half the base points rank the other way round
    """

    moved: float
    width: float
    needed: int
    pairs: int
    swapped: int


def indices(store: StoreReader, noise: float) -> Indices:
    """Return the indices of a sweep of Saltelli's points.

    Parameters
    ----------
    noise : the variance that luck gives one pair of runs elsewhere, RMB squared; used where the points have
        one replication, and cannot tell
    """
    values = values_by_point(store, place_of_gain(store))
    means, replications = values.mean(axis=1), store.design.replications
    left = luck_variance(values) if replications > 1 else noise
    growth = _growth(store, means)
    effects = growth[growth["points"] == store.design.sampling.points].drop(columns="points")
    variance = float(means.var())
    return Indices(effects.reset_index(drop=True), growth, left / variance, replications, variance)


def settled(found: Indices) -> Settled:
    """Return how far the indices have settled."""
    counts = sorted(found.growth["points"].unique())
    by_points = {n: found.growth[found.growth["points"] == n].set_index("factor") for n in counts[-2:]}
    whole, half = by_points[counts[-1]], by_points[counts[-2]].loc[by_points[counts[-1]].index]
    width = 2.0 * float(whole["total_half"].max())
    needed = counts[-1] * max(1.0, (width / NARROW) ** 2)
    total, reach = whole["total"].to_numpy(), whole["total_half"].to_numpy()
    apart = np.triu(np.abs(total[:, None] - total) > reach[:, None] + reach, 1)
    before = half["total"].to_numpy()
    swapped = apart & (np.sign(total[:, None] - total) != np.sign(before[:, None] - before))
    return Settled(
        moved=float(np.abs(total - before).max()),
        width=width,
        needed=1 << int(np.ceil(np.log2(needed))),
        pairs=int(apart.sum()),
        swapped=int(swapped.sum()),
    )


def _growth(store: StoreReader, means: np.ndarray) -> pd.DataFrame:
    most, length = store.design.sampling.points, len(store.design.factors) + 2
    counts = [n for n in (most >> k for k in range(most.bit_length())) if n >= min(FEWEST, most // 2)]
    tables = [
        sobol_effects(store.design, means[: n * length])[0].assign(points=n) for n in sorted(set(counts))
    ]
    return pd.concat(tables, ignore_index=True)

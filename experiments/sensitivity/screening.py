"""Which parameters matter at all: Morris's effects, and what is kept for the indices.

The rule. A parameter is kept if the size of its effects, mu*, is larger than luck alone would show: so
large that of as many parameters without effect none would come out larger in 95 of 100 studies. Of those the
largest are kept, as many as the study allows. What the others add together is not taken to be little but
measured (`experiments.sensitivity.winning.rest_share`).

Source: [Morris1991], as in `experiments.results.sensitivity`.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from experiments.results.loading import StoreReader
from experiments.results.sensitivity import luck_of_effects, morris_effects, values_by_point
from experiments.sensitivity.stages import place_of_gain
from experiments.sweeps.sampling import unit_points

RISK = 0.05  # that any parameter without effect is kept
SPREAD = float(np.sqrt(np.pi / 2.0 - 1.0))  # of a folded normal, in its mean


class Screening(NamedTuple):
    """What the walks say.

    Attributes
    ----------
    effects : factor, mu, mu_star, mu_star_half, sigma (RMB over the whole range), kept; the largest first
    growth : the same effects from the first walks alone, with how many: `trajectories`
    luck : the mu_star of a parameter that does nothing, RMB
    bar : what mu_star must be above, RMB
    replications : of each point
    kept : names, the largest first
    """

    effects: pd.DataFrame
    growth: pd.DataFrame
    luck: float
    bar: float
    replications: int
    kept: tuple[str, ...]


def screen(store: StoreReader, noise: float, most: int) -> Screening:
    """Return what a sweep of Morris's walks says, and which parameters are kept.

    Parameters
    ----------
    noise : the variance that luck gives one pair of runs, RMB squared
    most : that are kept
    """
    design, unit = store.design, unit_points(store.design)
    means = values_by_point(store, place_of_gain(store)).mean(axis=1)
    luck = luck_of_effects(noise / design.replications, design.sampling.levels)
    growth = _growth(store, unit, means)
    effects = growth[growth["trajectories"] == design.sampling.trajectories]
    effects = effects.drop(columns="trajectories").reset_index(drop=True)
    bar = bar_of(luck, len(effects), design.sampling.trajectories)
    kept = kept_of(effects, bar, most)
    return Screening(
        effects=effects.assign(kept=effects["factor"].isin(kept)),
        growth=growth,
        luck=luck,
        bar=bar,
        replications=design.replications,
        kept=kept,
    )


def bar_of(luck: float, factors: int, trajectories: int) -> float:
    """Return what the largest mu_star of so many factors without effect stays below, but for `RISK`.

    A mu_star is a mean over the walks of sizes of normal differences; means of some ten are near normal.
    """
    z = float(scipy.stats.norm.isf(RISK / factors))
    return luck * (1.0 + z * SPREAD / float(np.sqrt(trajectories)))


def kept_of(effects: pd.DataFrame, bar: float, most: int) -> tuple[str, ...]:
    """Return the names that are kept, the largest first."""
    return tuple(effects.loc[effects["mu_star"] > bar, "factor"].head(most))


def kept_by_half(found: Screening) -> int:
    """Return how many of those kept are also among as many of the largest by the first half of the walks."""
    half = found.growth["trajectories"].unique()[-2]
    earlier = found.growth[found.growth["trajectories"] == half].head(len(found.kept))
    return int(earlier["factor"].isin(found.kept).sum())


def _growth(store: StoreReader, unit: np.ndarray, means: np.ndarray) -> pd.DataFrame:
    """Return the effects from the first eighth, quarter, half (two at least) and all of the walks."""
    walks, length = store.design.sampling.trajectories, len(store.design.factors) + 1
    counts = sorted({max(2, round(walks / part)) for part in (8, 4, 2, 1)})
    tables = [
        morris_effects(store.design, unit[: n * length], means[: n * length]).assign(trajectories=n)
        for n in counts
    ]
    return pd.concat(tables, ignore_index=True)

"""Which factors a measure depends on: Morris's elementary effects and Sobol's indices, by SALib.

The measure is the difference of the first two scenarios, or the level where there is one scenario, averaged
over the replications of each point. Luck that is left in those averages adds to every effect, so what luck
alone would give is said beside them [Morris1991; Saltelli2010].

[Morris1991] M. Morris, "Factorial sampling plans for preliminary computational experiments",
Technometrics 33. [Saltelli2010] A. Saltelli et al., "Variance based sensitivity analysis of model output",
Computer Physics Communications 181.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments.results.loading import StoreReader
from experiments.results.summary import has_level
from experiments.sweeps.design import Design
from experiments.sweeps.sampling import salib_problem, unit_points
from model.errors import InputError

METHODS = ("morris", "saltelli")
CONFIDENCE = 0.95
RESAMPLES = 1000


class Sensitivity(NamedTuple):
    """How much each factor matters.

    Attributes
    ----------
    method : morris or saltelli
    effects : one row a factor, the largest first. morris: `mu`, `mu_star`, its 95 % half-width
        `mu_star_half`, `sigma`, in the measure's unit over the whole range of the factor. saltelli: `first`
        and `total`, shares of the variance over points, each with its half-width
    pairs : columns factor, other, second, second_half; empty without second order
    luck : what luck alone would give. morris: the `mu_star` of a factor that does nothing. saltelli: the
        share of the variance over points. NaN with one replication, which cannot tell
    """

    method: str
    effects: pd.DataFrame
    pairs: pd.DataFrame
    luck: float


def check_sensitivity(store: StoreReader, place: int) -> None:
    """Raise InputError unless indices can be made of a sweep's measure."""
    design = store.design
    if design.sampling.method not in METHODS:
        raise InputError(
            f"--sensitivity: this sweep's points are a {design.sampling.method}; "
            f"allowed: a design with sampling method {' or '.join(METHODS)}"
        )
    if len(design.labels) == 1 and not has_level(store.places[place].measure):
        raise InputError(
            f"--sensitivity: {store.places[place].measure} has no absolute zero; allowed: two scenarios"
        )


def sensitivity(store: StoreReader, place: int) -> Sensitivity:
    """Return how much each factor matters to the measure at a place of the layout.

    Raises
    ------
    InputError
        Points are no sample for it, or some point has no finished run: indices need them all.
    """
    check_sensitivity(store, place)
    values = values_by_point(store, place)
    missing = int(np.isnan(values).all(axis=1).sum())
    if missing:
        raise InputError(
            f"--sensitivity: {missing:,} of {len(values):,} points have nothing to show yet; "
            "allowed: a sweep in which every point has a finished run"
        )
    means = np.nanmean(values, axis=1)
    noise = luck_variance(values)
    if store.design.sampling.method == "morris":
        return _morris(store, means, noise)
    return _sobol(store, means, noise)


def values_by_point(store: StoreReader, place: int) -> np.ndarray:
    """Return the measure by point and replication (P, R), NaN where a run is missing."""
    parts = []
    for chunk in store.chunks():
        of_runs = np.where(chunk.finished, chunk.values[..., place], np.nan)  # (P, R, S)
        parts.append(of_runs[..., 0] - of_runs[..., 1] if of_runs.shape[2] > 1 else of_runs[..., 0])
    return np.concatenate(parts)


def luck_variance(values: np.ndarray) -> float:
    """Return the variance that luck leaves in a point's mean, beyond what all points share.

    The residual of the two-way layout of points and replications; NaN where there is none.
    """
    points, replications = values.shape
    if replications < 2 or points < 2:
        return float("nan")
    whole = values[~np.isnan(values).any(axis=1)]
    if len(whole) < 2:
        return float("nan")
    left = whole - whole.mean(axis=1, keepdims=True) - whole.mean(axis=0) + whole.mean()
    return float((left**2).sum() / ((len(whole) - 1) * (replications - 1)) / replications)


def _morris(store: StoreReader, means: np.ndarray, noise: float) -> Sensitivity:
    design = store.design
    effects = morris_effects(design, unit_points(design), means)
    return Sensitivity("morris", effects, _no_pairs(), luck_of_effects(noise, design.sampling.levels))


def morris_effects(design: Design, unit: np.ndarray, means: np.ndarray) -> pd.DataFrame:
    """Return the effects of a Morris design, as in `Sensitivity`, from whole walks of it.

    Parameters
    ----------
    unit : (N, F) float, the points in the unit cube; of the first walks, or of all
    means : (N,) float, the measure there
    """
    from SALib.analyze import morris

    found = morris.analyze(
        salib_problem(design),
        unit,
        means,
        num_resamples=RESAMPLES,
        conf_level=CONFIDENCE,
        num_levels=design.sampling.levels,
        seed=design.seed,
    )
    effects = pd.DataFrame(
        {
            "factor": found["names"],
            "mu": found["mu"],
            "mu_star": found["mu_star"],
            "mu_star_half": found["mu_star_conf"],
            "sigma": found["sigma"],
        }
    )
    return _ranked(effects, "mu_star")


def luck_of_effects(noise: float, levels: int) -> float:
    """Return the `mu_star` of a factor that does nothing, where luck leaves a point's mean this variance."""
    step = levels / (2.0 * (levels - 1.0))  # of a walk, in ranges; an effect is a difference over it
    return float(np.sqrt(2.0 * noise) / step * np.sqrt(2.0 / np.pi))  # mean of a folded normal


def _sobol(store: StoreReader, means: np.ndarray, noise: float) -> Sensitivity:
    effects, pairs = sobol_effects(store.design, means)
    variance = float(means.var())
    return Sensitivity("saltelli", effects, pairs, noise / variance if variance else float("nan"))


def sobol_effects(design: Design, means: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the effects and pairs of a Saltelli design, as in `Sensitivity`.

    Parameters
    ----------
    means : (N,) float, the measure at the points of the first base points, or of all
    """
    from SALib.analyze import sobol

    problem, second = salib_problem(design), design.sampling.second_order
    found = sobol.analyze(
        problem,
        means,
        calc_second_order=second,
        num_resamples=RESAMPLES,
        conf_level=CONFIDENCE,
        seed=np.random.default_rng(design.seed),  # SALib takes a bare 0 for no seed at all
    )
    names = problem["names"]
    columns = {"first": "S1", "first_half": "S1_conf", "total": "ST", "total_half": "ST_conf"}
    effects = pd.DataFrame({"factor": names} | {ours: found[theirs] for ours, theirs in columns.items()})
    pairs = _no_pairs()
    if second:
        rows = [
            (names[i], names[j], found["S2"][i, j], found["S2_conf"][i, j])
            for i in range(len(names))
            for j in range(i + 1, len(names))
        ]
        pairs = pd.DataFrame(rows, columns=pairs.columns)
    return _ranked(effects, "total"), pairs


def _ranked(effects: pd.DataFrame, by: str) -> pd.DataFrame:
    return effects.sort_values(by, ascending=False, kind="stable").reset_index(drop=True)


def _no_pairs() -> pd.DataFrame:
    return pd.DataFrame(columns=["factor", "other", "second", "second_half"])

"""Who wins where: cases of the whole ranges, the box in which one side wins, and what the rest would add.

A case is told for a side where the 95 % t interval of its gain over replications excludes zero; else luck is
as large as the gain, and neither can be told. Half of the cases find the box, the other half judge it.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from experiments.inference import halfwidth
from experiments.results.loading import StoreReader
from experiments.results.sensitivity import luck_variance, values_by_point
from experiments.sensitivity.boxes import Box, Score, choose, peel, score
from experiments.sensitivity.stages import place_of_gain
from model.observations import Observations
from model.schemas import OPERATORS

NEITHER = "neither"
NEAR = 10.0  # percentage points from an observed share
RESAMPLES = 2_000
LUCK_SHARE = 0.01  # of the variance; more replications are made where one would leave more
SHARES = ("share", "share_3g")


class Share(NamedTuple):
    """A share of cases with its 95 % Wilson interval."""

    hits: int
    cases: int
    mean: float
    low: float
    high: float


class Whole(NamedTuple):
    """What the cases say.

    Attributes
    ----------
    cases : one row a case: `case`, `gain` and `half` (RMB), `winner` (a scenario, or neither), `found_in`
        (True where the case helped to find boxes), `near_data`, and the parameters
    names : of the parameters, as columns of `cases`
    noise : the variance that luck gives one pair of runs, RMB squared
    variance : of the cases' mean gains, RMB squared
    replications : of each case
    observed : True where shares were observed in the last month, to hold the cases against
    """

    cases: pd.DataFrame
    names: tuple[str, ...]
    noise: float
    variance: float
    replications: int
    observed: bool

    @property
    def luck(self) -> float:
        """The share of the variance of cases' mean gains that is luck; NaN where nothing varies."""
        return self.noise / self.replications / self.variance if self.variance else float("nan")

    def replications_needed(self) -> int:
        """Return how many replications leave luck `LUCK_SHARE` of the variance, at most those of a case."""
        if not self.variance:
            return 1
        needed = np.ceil(self.noise / (LUCK_SHARE * self.variance))
        return int(np.clip(needed, 1, self.replications))


class Discovery(NamedTuple):
    """The box in which a side wins.

    Attributes
    ----------
    winner : the side
    names : of the parameters it may restrict
    box : the box that was chosen
    found, held_out : how good it is by the cases that found it, and by the others
    base : the share that the side wins of the others, in the box or not
    trajectory : one row a box peeled: step, restricted, and cases, hits, density, coverage and mass by the
        cases that found it and, with `_held_out`, by the others
    """

    winner: str
    names: tuple[str, ...]
    box: Box
    found: Score
    held_out: Score
    base: Share
    trajectory: pd.DataFrame


def look_at(store: StoreReader, observations: Observations | None) -> Whole:
    """Return what the cases of a Latin hypercube say.

    Parameters
    ----------
    observations : whose shares of lines at the runs' end are held against the cases'; None for none
    """
    values = values_by_point(store, place_of_gain(store))
    gain, half = values.mean(axis=1), np.array([halfwidth(of_case) for of_case in values])
    labels = np.array(store.design.labels)
    winner = np.where(gain > half, labels[0], np.where(-gain > half, labels[1], NEITHER))
    names = tuple(factor.name for factor in store.design.factors)
    replications = store.design.replications
    noise = luck_variance(values) * replications
    table = pd.DataFrame({"case": np.arange(len(gain)), "gain": gain, "half": half, "winner": winner})
    table["found_in"] = table["case"] < len(table) // 2
    observed = _observed_shares(store.design.months, observations)
    table["near_data"] = _near_data(store, observed)
    cases = pd.concat([table, store.points[list(names)]], axis=1)
    return Whole(cases, names, noise, float(gain.var()), replications, bool(observed))


def share_of(hits: np.ndarray) -> Share:
    """Return the share of True with its interval; NaN of no cases."""
    return share_from(int(hits.sum()), len(hits))


def share_from(hits: int, cases: int) -> Share:
    """Return a share of cases with its interval; NaN of no cases."""
    if not cases:
        return Share(0, 0, float("nan"), float("nan"), float("nan"))
    interval = scipy.stats.binomtest(hits, cases).proportion_ci(method="wilson")
    return Share(hits, cases, hits / cases, float(interval.low), float(interval.high))


def discover(whole: Whole, winner: str, names: tuple[str, ...]) -> Discovery:
    """Return the box in which a side wins, in terms of some parameters."""
    x = whole.cases[list(names)].to_numpy(dtype=float)
    hit, found = (whole.cases["winner"] == winner).to_numpy(), whole.cases["found_in"].to_numpy()
    boxes = peel(x[found], hit[found])
    box = choose(boxes, x[found], hit[found])
    rows = [
        {"step": step, "restricted": len(one.restricted)}
        | score(one, x[found], hit[found])._asdict()
        | {f"{k}_held_out": v for k, v in score(one, x[~found], hit[~found])._asdict().items()}
        for step, one in enumerate(boxes)
    ]
    return Discovery(
        winner,
        names,
        box,
        score(box, x[found], hit[found]),
        score(box, x[~found], hit[~found]),
        share_of(hit[~found]),
        pd.DataFrame(rows),
    )


def rest_share(whole: Whole, store: StoreReader, seed: int) -> tuple[float, float, float]:
    """Return what the parameters screened out add, with their interactions, and its 95 % interval.

    The total index of all of them together, a share of the variance of the gain: half the mean square by
    which a case moves when they alone are drawn anew [Jansen1999], less what luck adds to that. Where luck is
    shared it adds less, so this errs to the small side, by no more than luck's share.

    Parameters
    ----------
    store : of the first cases again, with the parameters screened out drawn anew
    """
    anew = values_by_point(store, place_of_gain(store)).mean(axis=1)
    gain = whole.cases["gain"].to_numpy()
    anew_luck = whole.noise / store.design.replications
    left = whole.noise / whole.replications
    squares, generator = (gain[: len(anew)] - anew) ** 2, np.random.default_rng(seed)

    def index(moved: np.ndarray, of: np.ndarray) -> np.ndarray:
        wanted = of.var(axis=-1) - left
        return np.maximum(moved.mean(axis=-1) / 2.0 - (left + anew_luck) / 2.0, 0.0) / wanted

    again = index(
        generator.choice(squares, (RESAMPLES, len(squares))), generator.choice(gain, (RESAMPLES, len(gain)))
    )
    low, high = np.quantile(again, [0.025, 0.975])
    return float(index(squares, gain)), float(low), float(high)


def _near_data(store: StoreReader, observed: Mapping[tuple[str, str], float]) -> np.ndarray:
    """Return in which cases every share of lines ends within `NEAR` points of what was observed.

    In either scenario: what happened was neither. False everywhere where nothing was observed then.
    """
    near = np.zeros((len(store.points), len(store.design.labels)), dtype=bool)
    if not observed:
        return near.any(axis=1)
    places = [i for i, place in enumerate(store.places) if (place.measure, place.actor) in observed]
    aim = np.array([observed[store.places[i].measure, store.places[i].actor] for i in places])
    for chunk in store.chunks():
        shares = chunk.values[..., places].mean(axis=1)  # (P, S, W)
        near[chunk.points.start : chunk.points.stop] = (np.abs(shares - aim) <= NEAR).all(axis=2)
    return near.any(axis=1)


def _observed_shares(months: int, observations: Observations | None) -> dict[tuple[str, str], float]:
    """Return the observed shares of all lines and of 3G lines in the last month, percent, by measure."""
    if observations is None:
        return {}
    month = pd.Timestamp("2008-12-31") + pd.offsets.MonthEnd(months)
    rows = observations.series[observations.series["date"] == month].set_index("operator")
    if len(rows) < len(OPERATORS) or rows["lines_3g_million"].isna().any():
        return {}
    columns = dict(zip(SHARES, ("lines_million", "lines_3g_million"), strict=True))
    return {
        (measure, str(operator)): 100.0 * float(value / rows[column].sum())
        for measure, column in columns.items()
        for operator, value in rows[column].items()
    }


def wins(whole: Whole, winner: str) -> Share:
    """Return the share of all cases in which a side wins, or neither can be told."""
    return share_of((whole.cases["winner"] == winner).to_numpy())


def wins_near_data(whole: Whole, winner: str) -> Share:
    """Return the same of the cases that end near the data."""
    near = whole.cases[whole.cases["near_data"]]
    return share_of((near["winner"] == winner).to_numpy())

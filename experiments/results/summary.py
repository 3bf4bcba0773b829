"""Means and paired differences of a sweep with their intervals, one row each."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from experiments.inference import (
    FEWEST_REPLICATIONS,
    bootstrap_intervals,
    halfwidth,
    paired_difference,
    paired_values,
)
from experiments.outcomes import MEASURES
from experiments.results.loading import Chunk, StoreReader
from experiments.sweeps.layout import Place

PEOPLE = ("lines", "lines_3g", "joined", "left", "wallet_users", "accounts")  # columns of the recorder

LEVELS = ("point", "scenario", "measure", "actor", "month", "unit", "replications", "mean", "low", "high")
DIFFERENCES = (
    *("point", "comparison", "measure", "actor", "month", "unit", "replications"),
    *("mean", "low", "high", "low_bootstrap", "high_bootstrap", "sd"),
    *("mean_a", "mean_b", "variance_reduction"),
)


class Summary(NamedTuple):
    """What a sweep came to.

    Attributes
    ----------
    levels : columns `LEVELS`; the mean over replications and its t interval; measures that have none
        (consumer surplus) are left out
    differences : columns `DIFFERENCES`; of each two scenarios the one named first less the other,
        over the replications in which both have finished
    """

    levels: pd.DataFrame
    differences: pd.DataFrame


def summarise(store: StoreReader, places: Iterable[int], bootstrap: bool = True) -> Summary:
    """Return the summary of the measures at some places of the layout.

    Parameters
    ----------
    places : indices into `store.places`
    bootstrap : False leaves the bootstrap's ends NaN, which takes a tenth of the time
    """
    chosen = list(places)
    levels, differences = [], []
    for chunk in store.chunks():
        for i, point in enumerate(chunk.points):
            values, finished = chunk.values[i][..., chosen], chunk.finished[i]
            levels += [(point, *row) for row in _levels(store, values, finished, chosen)]
            differences += [(point, *row) for row in _differences(store, values, finished, chosen, bootstrap)]
    return Summary(pd.DataFrame(levels, columns=LEVELS), pd.DataFrame(differences, columns=DIFFERENCES))


def pairs_of(store: StoreReader) -> list[tuple[str, str]]:
    """Return every two scenarios, the one named first in front."""
    return list(itertools.combinations(store.design.labels, 2))


def unit_of(measure: str) -> str:
    """Return the unit of an outcome, or of a series of the recorder."""
    if measure in MEASURES:
        return MEASURES[measure].unit
    column = measure.partition(".")[2]
    if column in PEOPLE:
        return "people"
    return "rmb" if column.endswith("_rmb") and column != "arpu_rmb" else ""


def has_level(measure: str) -> bool:
    """Return False where only differences mean something."""
    return MEASURES[measure].has_level if measure in MEASURES else "consumer_surplus" not in measure


def _head(place: Place) -> tuple[Any, ...]:
    return place.measure, place.actor, place.month, unit_of(place.measure)


def _levels(
    store: StoreReader, values: np.ndarray, finished: np.ndarray, chosen: list[int]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a point; values are (R, S, W), finished (R, S)."""
    for s, scenario in enumerate(store.design.labels):
        of_runs = values[finished[:, s], s]
        for w, place in enumerate(store.places[number] for number in chosen):
            if has_level(place.measure):
                mean = float(of_runs[:, w].mean()) if len(of_runs) else float("nan")
                half = halfwidth(of_runs[:, w])
                yield scenario, *_head(place), len(of_runs), mean, mean - half, mean + half


def _differences(
    store: StoreReader, values: np.ndarray, finished: np.ndarray, chosen: list[int], bootstrap: bool
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a point; values are (R, S, W), finished (R, S)."""
    for (i, a), (j, b) in itertools.combinations(enumerate(store.design.labels), 2):
        both = finished[:, i] & finished[:, j]
        first, second = values[both, i], values[both, j]
        if both.sum() < FEWEST_REPLICATIONS:
            continue
        ends = _bootstrap(first, second) if bootstrap else np.full((2, len(chosen)), np.nan)
        for w, place in enumerate(store.places[number] for number in chosen):
            d = paired_difference(first[:, w], second[:, w])
            means = (d.mean_a, d.mean_b) if has_level(place.measure) else (float("nan"),) * 2
            yield (
                f"{a} - {b}",
                *_head(place),
                *(d.replications, d.mean, d.low, d.high, *ends[:, w], d.sd, *means, d.variance_reduction),
            )


def _bootstrap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    differences = np.array([paired_values(a, b) for a, b in zip(first.T, second.T, strict=True)])
    return np.array(bootstrap_intervals(differences))


class Response(NamedTuple):
    """A measure along a factor: at each of its values the mean over points and its interval."""

    x: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def respond(store: StoreReader, factor: str, place: int, a: int, b: int | None = None) -> Response:
    """Return the level of scenario a, or its difference to b, along a factor.

    Points that share a value of the factor are averaged within each replication first: they share its
    luck, so they are no independent sample. Replications that only some of those points have are left
    out, since their average would be of other points.

    Parameters
    ----------
    place : index into `store.places`
    a, b : numbers of scenarios
    """
    rows: list[tuple[Any, int, float]] = []
    for chunk in store.chunks():
        rows += _rows_of(store, chunk, factor, place, a, b)
    table = pd.DataFrame(rows, columns=["x", "replication", "value"])
    by_value = table.groupby(["x", "replication"], sort=False)["value"].agg(["mean", "size"]).reset_index()
    by_value = by_value[by_value["size"] == by_value.groupby("x")["size"].transform("max")]
    found = [
        (x, float(of_x.mean()), halfwidth(of_x)) for x, of_x in by_value.groupby("x", sort=False)["mean"]
    ]
    words = any(isinstance(x, str) for x, _, _ in found)
    x, mean, half = zip(*(found if words else sorted(found)), strict=True) if found else ((), (), ())
    means, halves = np.array(mean), np.array(half)
    return Response(np.array(x), means, means - halves, means + halves)


def _rows_of(
    store: StoreReader, chunk: Chunk, factor: str, place: int, a: int, b: int | None
) -> Iterator[tuple[Any, int, float]]:
    xs = store.points[factor].iloc[chunk.points.start : chunk.points.stop].tolist()
    for i, x in enumerate(xs):
        used = chunk.finished[i, :, a] if b is None else chunk.finished[i, :, a] & chunk.finished[i, :, b]
        numbers, values = np.flatnonzero(used), chunk.values[i, used, a, place]
        if b is not None:
            values = paired_values(values, chunk.values[i, used, b, place]) if len(values) else values
        yield from zip(itertools.repeat(x), numbers.tolist(), values.tolist(), strict=False)

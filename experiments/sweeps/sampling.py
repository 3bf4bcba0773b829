"""Points of a design: levels combined, or places in the unit cube drawn by scipy.stats.qmc and SALib.

Points are held compactly: a grid is worked out from a point's number, a sample is one array of floats.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np
import pyarrow as pa
import scipy

from experiments.sweeps.design import MOST_RUNS, Design
from experiments.sweeps.factors import Factor, Level
from model.errors import InputError

BATCH = 10_000  # points written at a time


class Points(ABC):
    """The points of a design, by number."""

    factors: Sequence[Factor]

    @abstractmethod
    def __len__(self) -> int:
        """Return how many points there are."""

    @abstractmethod
    def columns(self, start: int, stop: int) -> list[np.ndarray]:
        """Return the factors' values at points start to stop - 1, one array a factor."""

    def at(self, point: int) -> dict[str, Any]:
        """Return the factors' values at a point, whole numbers as int."""
        values = [column[0].item() for column in self.columns(point, point + 1)]
        return {f.name: _typed(f, value) for f, value in zip(self.factors, values, strict=True)}

    def schema(self) -> pa.Schema:
        """Return the columns of points.parquet."""
        kinds = [(f.name, pa.string() if f.is_word else pa.float64()) for f in self.factors]
        return pa.schema([("point", pa.int32()), *kinds])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all points as rows of points.parquet."""
        for start in range(0, len(self), BATCH):
            stop = min(start + BATCH, len(self))
            columns = [np.arange(start, stop), *self.columns(start, stop)]
            arrays = [
                pa.array(column.tolist() if pa.types.is_string(kind.type) else column, kind.type)
                for column, kind in zip(columns, self.schema(), strict=True)
            ]
            yield pa.record_batch(arrays, schema=self.schema())


class Grid(Points):
    """Every combination of the factors' levels; the last factor varies fastest."""

    def __init__(self, factors: Sequence[Factor]) -> None:
        self.factors = factors
        self._levels = [np.asarray(factor.grid_levels()) for factor in factors]
        self._shape = tuple(len(levels) for levels in self._levels)

    def __len__(self) -> int:
        """Return how many combinations there are; 1 without factors."""
        return prod(self._shape)

    def columns(self, start: int, stop: int) -> list[np.ndarray]:
        """Return the factors' values at points start to stop - 1."""
        if not self._shape:
            return []
        places = np.unravel_index(np.arange(start, stop), self._shape)
        return [levels[place] for levels, place in zip(self._levels, places, strict=True)]


class Sample(Points):
    """Points given one by one.

    Parameters
    ----------
    places : (N, F) float, or one array of length N for each factor
    """

    def __init__(self, factors: Sequence[Factor], columns: Sequence[np.ndarray]) -> None:
        self.factors = factors
        self._columns = list(columns)

    def __len__(self) -> int:
        """Return how many points there are."""
        return len(self._columns[0])

    def columns(self, start: int, stop: int) -> list[np.ndarray]:
        """Return the factors' values at points start to stop - 1."""
        return [column[start:stop] for column in self._columns]


def sample(design: Design) -> Points:
    """Return the points of a checked design; the same design gives the same points.

    Raises
    ------
    InputError
        More runs than can be numbered.
    """
    if design.sampling.method == "grid":
        points: Points = Grid(design.factors)
    elif design.sampling.method == "list":
        points = Sample(design.factors, [np.asarray(factor.levels) for factor in design.factors])
    else:
        _check_size(_expected_points(design), design)
        unit = unit_points(design)
        columns = [factor.from_unit(unit[:, i]) for i, factor in enumerate(design.factors)]
        points = Sample(design.factors, columns)
    _check_size(len(points), design)
    return points


def unit_points(design: Design) -> np.ndarray:
    """Return the sample in the unit cube, (N, F), drawn with the design's seed."""
    sampling, dimensions = design.sampling, len(design.factors)
    if sampling.method == "latin_hypercube":
        drawn = scipy.stats.qmc.LatinHypercube(dimensions, rng=np.random.default_rng(design.seed)).random(
            sampling.points
        )
        return np.asarray(drawn)
    if sampling.method == "sobol":
        sequence = scipy.stats.qmc.Sobol(dimensions, rng=np.random.default_rng(design.seed))
        return np.asarray(sequence.random(sampling.points))
    return _salib_points(design)


def salib_problem(design: Design) -> dict[str, Any]:
    """Return the design as SALib calls it, on the unit cube: what its analyses ask for too."""
    names = [factor.name for factor in design.factors]
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def _salib_points(design: Design) -> np.ndarray:
    sampling, problem = design.sampling, salib_problem(design)
    if sampling.method == "morris":
        from SALib.sample import morris

        return np.asarray(morris.sample(problem, sampling.trajectories, sampling.levels, seed=design.seed))
    from SALib.sample import sobol

    return np.asarray(
        sobol.sample(problem, sampling.points, calc_second_order=sampling.second_order, seed=design.seed)
    )


def _expected_points(design: Design) -> int:
    """Return how many points a sample will have, before any is drawn."""
    sampling, factors = design.sampling, len(design.factors)
    if sampling.method == "morris":
        return sampling.trajectories * (factors + 1)
    if sampling.method == "saltelli":
        return sampling.points * (2 * factors + 2 if sampling.second_order else factors + 2)
    return sampling.points


def _check_size(points: int, design: Design) -> None:
    runs = points * design.replications * len(design.scenarios)
    if runs > MOST_RUNS:
        raise InputError(f"the design has {runs:,} runs; allowed: {MOST_RUNS:,} or fewer")


def _typed(factor: Factor, value: Level) -> Level:
    return int(value) if factor.is_whole else value

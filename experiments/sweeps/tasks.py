"""A task: one run as a worker gets it, and what the worker sends back.

Tasks and results are small and picklable, and a task says everything its run depends on, so it may
be run in any process on any machine.
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from experiments.outcomes import ACTORS, PLATFORM, measure_columns
from experiments.stopping import obey
from experiments.sweeps.design import Kept
from experiments.sweeps.layout import layout, months_kept
from experiments.sweeps.limits import TimeLimitError, check_time, describe, limited
from model.errors import in_one_line
from model.scenarios import Scenario
from model.tables import NATIONAL

LONGEST_ERROR, LONGEST_TRACEBACK = 500, 10_000  # characters kept of a failure


@dataclass(frozen=True, slots=True)
class Task:
    """One run of a sweep.

    Attributes
    ----------
    run, point, replication : its number in the design, and what it is a run of
    scenario : the whole of it, since a worker elsewhere may not have its file
    seed : of the replication
    pricing : the scenario's own where None
    parameters : as MobileMarket takes them
    kept : what to keep of it
    time_limit : seconds, None for any
    """

    run: int
    point: int
    replication: int
    scenario: Scenario
    seed: int
    consumers: int
    months: int
    pricing: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    kept: Kept = field(default_factory=Kept)
    time_limit: float | None = None


class Result(NamedTuple):
    """What a run came to.

    Attributes
    ----------
    run : its number
    values : float64 in the order of the layout, as bytes; empty where it failed or was not needed
    error, traceback : why it failed; empty where it did not
    """

    run: int
    values: bytes
    error: str = ""
    traceback: str = ""


type Work = Callable[[Task], np.ndarray]  # a function of a module, so that workers find it


def run_task(task: Task, work: Work) -> Result:
    """Run one task and return its numbers, or why it failed; a run that fails raises nothing here."""
    try:
        with limited(task.time_limit):
            values = np.ascontiguousarray(work(task), dtype=np.float64)
        expected = len(layout(task.kept, task.months))
        if values.shape != (expected,):
            raise ValueError(f"the run gave numbers of shape {values.shape}, not {expected} numbers")
        return Result(task.run, values.tobytes())
    except TimeLimitError:
        # Where it was when time was up is chance, so no traceback: the same failure, the same bytes.
        return Result(task.run, b"", describe(task.time_limit or 0.0))
    except Exception as error:
        reason = in_one_line(error)
        told = f"{type(error).__name__}: {reason}"[:LONGEST_ERROR]
        return Result(task.run, b"", told, traceback.format_exc()[-LONGEST_TRACEBACK:])


def simulate(task: Task) -> np.ndarray:
    """Run the market and return what is kept of it, in the order of the layout."""
    from model.market import MobileMarket

    market = MobileMarket(
        scenario=task.scenario,
        consumers=task.consumers,
        months=task.months,
        rng=task.seed,
        threads=1,  # the processors are shared out over runs
        pricing=task.pricing,
        **task.parameters,
    )
    while market.running:
        obey()
        check_time()
        market.step()
    return values_of(market, task.kept)


def values_of(market: Any, kept: Kept) -> np.ndarray:
    """Return what is kept of a finished market, read from the recorder's arrays."""
    tables = {name: market.recorder.columns(name, "national") for name in NATIONAL}
    months = np.array(months_kept(kept.every, market.months)) - 1
    parts = [_outcomes(market, tables, kept)] if kept.outcomes else []
    for name in kept.series:
        table, _, column = name.partition(".")
        parts.append(np.asarray(tables[table][column][months], dtype=np.float64).reshape(-1))
    return np.concatenate(parts)


def _outcomes(market: Any, tables: dict[str, dict[str, np.ndarray]], kept: Kept) -> np.ndarray:
    month = {"month": np.arange(1, market.months + 1)}
    operators = {
        name: month | {column: values[:, k] for column, values in tables["operators"].items()}
        for k, name in enumerate(market.operators)
    }
    told = market.all_platforms.index(PLATFORM)
    platform = month | {column: values[:, told] for column, values in tables["platforms"].items()}
    rate = market.parameters.discount_rate
    found = {
        (outcome.measure, outcome.actor): outcome.value
        for outcome in measure_columns(operators, platform, month | tables["market"], rate)
    }
    return np.array([found[name, actor] for name in kept.outcomes for actor in ACTORS[name]])

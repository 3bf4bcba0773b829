"""A task: one run as a worker gets it, and what the worker sends back.

Tasks and results are small and picklable, and a task says everything its run depends on, so it may
be run in any process on any machine.
"""

import json
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from experiments.runner import replication_seed
from experiments.sweeps.design import Design, Kept
from experiments.sweeps.limits import TimeLimitError, check_time, limited
from experiments.sweeps.sampling import Points, sample
from model.scenarios import Scenario, load_scenario


@dataclass(frozen=True, slots=True)
class Task:
    """One run of a sweep.

    Attributes
    ----------
    run : its number in the design
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
    pricing: str | None
    parameters: dict[str, Any]
    kept: Kept
    time_limit: float | None = None


class Result(NamedTuple):
    """What a run came to.

    Attributes
    ----------
    run : its number
    values : float64 in the order of the layout, as bytes; empty where it failed
    error, traceback : why it failed; empty where it did not
    """

    run: int
    values: bytes
    error: str = ""
    traceback: str = ""


type Work = Callable[[Task], np.ndarray]


def run_task(task: Task, work: Work) -> Result:
    """Run one task and return its numbers, or why it failed; never raises for a failing run."""
    raise NotImplementedError

"""Sweeps that replicate each point until a paired difference is known well enough.

The replications of a design are then the most a point may take. Which runs a point needs follows from the
differences of its own first replications alone, so the store is the same whatever the executor, the order in
which runs end, or an interruption. Runs that are not needed are put into the store as such.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from experiments.inference import paired_values
from experiments.sequential import FixedWidth, first_look, look
from experiments.sweeps.design import Until
from experiments.sweeps.plan import Key, Plan
from experiments.sweeps.store import Store
from experiments.sweeps.tasks import Result, Task

POINTS_AT_A_TIME = 64  # looked at together, so that workers have something to do between looks


@dataclass
class _Point:
    """A point under way: how many replications it is to have by now, and what was handed out."""

    number: int
    target: int
    handed_out: set[int] = field(default_factory=set)


def needed_tasks(plan: Plan, store: Store, until: Until) -> Iterator[Task | None]:
    """Yield the tasks that are needed; None where the next depend on those handed out before.

    A point that needs no more has the rest of its runs put into the store as not needed.
    """
    rule = FixedWidth(until.halfwidth, most=plan.design.replications)
    for start in range(0, len(plan.points), POINTS_AT_A_TIME):
        stop = min(start + POINTS_AT_A_TIME, len(plan.points))
        under_way = [_Point(number, first_look(rule)) for number in range(start, stop)]
        while under_way:
            for point in under_way:
                yield from _missing(plan, store, point)
            while not all(_is_finished(plan, store, point) for point in under_way):
                yield None
            under_way = [point for point in under_way if _goes_on(plan, store, point, rule, until)]


def _missing(plan: Plan, store: Store, point: _Point) -> Iterator[Task]:
    for run in _runs(plan, point.number, 0, point.target):
        if run not in point.handed_out and store.find(run) is None:
            point.handed_out.add(run)
            yield plan.task(run)


def _is_finished(plan: Plan, store: Store, point: _Point) -> bool:
    return all(store.find(run) is not None for run in _runs(plan, point.number, 0, point.target))


def _goes_on(plan: Plan, store: Store, point: _Point, rule: FixedWidth, until: Until) -> bool:
    """Look at a point: raise its target and return True, or put down that it needs no more."""
    seen = look(_differences(plan, store, point, until), rule)
    if seen.more and point.target < rule.most:
        point.target = min(point.target + seen.more, rule.most)
        return True
    for run in _runs(plan, point.number, point.target, rule.most):
        if store.find(run) is None:
            store.add(Result(run, b""))
    store.commit_if_due()
    return False


def _differences(plan: Plan, store: Store, point: _Point, until: Until) -> np.ndarray:
    """Return the differences of the first two scenarios over the pairs that did not fail."""
    (place,) = [i for i, place in enumerate(plan.places) if place[:2] == (until.measure, until.actor)]
    pairs = []
    for replication in range(point.target):
        found = [store.find(plan.number(Key(point.number, replication, s))) for s in (0, 1)]
        values = [np.frombuffer(result.values) for result in found if result is not None and result.values]
        if len(values) == len(found):
            pairs.append([value[place] for value in values])
    first, second = np.array(pairs, dtype=float).reshape(-1, 2).T
    return paired_values(first, second) if len(first) else np.array([np.nan])


def _runs(plan: Plan, point: int, start: int, stop: int) -> range:
    """Return the runs of some replications of a point, which stand beside one another."""
    scenarios = len(plan.scenarios)
    first = plan.number(Key(point, 0, 0))
    return range(first + start * scenarios, first + stop * scenarios)

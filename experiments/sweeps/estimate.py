"""What a sweep will take: runs, consumer-months, time and disk, before anything is run."""

import time
from dataclasses import dataclass, replace

from agents.cache import is_compiled
from experiments.sweeps.plan import Plan
from experiments.sweeps.tasks import Task, simulate

PROBE_MONTHS = 4
PROBE_CONSUMERS = (1_000, 20_000)
PROBE_TIMES = 3  # the fastest counts: others may use the machine as well
OVERHEAD = 0.001  # seconds a run: handing out, taking back, writing
BYTES_A_VALUE = 8.0  # doubles that hardly compress; the other columns repeat and cost next to nothing
BYTES_A_POINT = 9.0  # and factor
FIXED_BYTES = 30_000  # manifest, block files


@dataclass(frozen=True)
class Estimate:
    """What a sweep will take.

    Attributes
    ----------
    points, runs : of the whole design
    consumer_months : simulated consumers times months, over all runs
    seconds : with so many workers, from a trial on this machine; None where rules are not compiled yet
    disk_bytes : of the finished store
    """

    points: int
    runs: int
    consumer_months: int
    seconds: float | None
    disk_bytes: float


def estimate(plan: Plan, workers: int) -> Estimate:
    """Return what a plan will take; tries a short run or two for the time."""
    runs, design = len(plan), plan.design
    consumers = _mean_consumers(plan)
    seconds = None
    if all(is_compiled(part) for part in design.rules()):
        per_month, per_consumer_month = _speed(plan.task(0))
        a_run = design.months * (per_month + per_consumer_month * consumers) + OVERHEAD
        seconds = runs * a_run / workers
    points = len(plan.points)
    disk = FIXED_BYTES + BYTES_A_VALUE * runs * len(plan.places)
    disk += BYTES_A_POINT * points * (1 + len(design.factors))
    return Estimate(points, runs, round(runs * consumers * design.months), seconds, disk)


def _mean_consumers(plan: Plan) -> float:
    """Return the consumers of a run, averaged over the points where that is a factor."""
    names = [factor.name for factor in plan.design.factors]
    if "consumers" not in names:
        return plan.design.consumers
    place, total, points = names.index("consumers"), 0.0, len(plan.points)
    for start in range(0, points, 100_000):
        total += float(plan.points.columns(start, min(start + 100_000, points))[place].sum())
    return total / points


def _speed(task: Task) -> tuple[float, float]:
    """Return seconds a month whatever the consumers, and seconds a consumer and month."""
    few, many = PROBE_CONSUMERS
    quick, slow = (_seconds(replace(task, consumers=n, months=PROBE_MONTHS)) for n in (few, many))
    per_consumer = max(slow - quick, 0.0) / (many - few)
    return max(quick - per_consumer * few, 0.0) / PROBE_MONTHS, per_consumer / PROBE_MONTHS


def _seconds(task: Task) -> float:
    """Return how long a short run takes at best."""
    simulate(task)  # loads the compiled rules
    taken = []
    for _ in range(PROBE_TIMES):
        began = time.perf_counter()
        simulate(task)
        taken.append(time.perf_counter() - began)
    return min(taken)

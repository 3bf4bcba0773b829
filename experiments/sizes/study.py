"""The runs: two scenarios at growing numbers of consumers, each size with luck of its own.

Draws are keyed by seed, province and place, so runs of two sizes with one seed share the luck of the places
that both have. Here no two sizes share a seed: their errors are independent.
"""

import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from experiments.outcomes import INCUMBENT, measure_run
from experiments.runner import Progress, replication_seed, share_out
from experiments.settings import DEFAULT_SEED, as_json, check_number, scenario_label
from experiments.stopping import obey
from model.errors import InputError, RunError
from model.measures import shares
from model.scenarios import load_scenario

COUNTRY = "China"
DEFAULT_SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
DEFAULT_REPLICATIONS = 16
MOST_TIMES = 10  # replications of a small size, in those of the largest
PERCENT = 100.0


@dataclass(frozen=True)
class Study:
    """What decides the numbers.

    Attributes
    ----------
    pair : scenarios whose paired difference of profit is asked for; levels are told of both
    sizes : consumers, growing
    replications : pairs of runs at the largest size; smaller ones have more, at the same work, up to
        `MOST_TIMES` as many
    """

    pair: tuple[str, str] = ("closed", "open")
    sizes: tuple[int, ...] = DEFAULT_SIZES
    replications: int = DEFAULT_REPLICATIONS
    months: int = 60
    seed: int = DEFAULT_SEED

    def check(self) -> None:
        """Raise InputError, naming what is allowed, unless all of this can be run."""
        for name in ("replications", "months", "seed"):
            check_number(name, getattr(self, name))
        for size in self.sizes:
            check_number("consumers", size)
        if len(set(self.sizes)) < 3 or list(self.sizes) != sorted(set(self.sizes)):
            raise InputError(f"--consumers {self.sizes}: allowed: three or more different numbers, growing")
        for scenario in self.pair:
            load_scenario(scenario)
        if scenario_label(self.pair[0]) == scenario_label(self.pair[1]):
            raise InputError(f"--scenario and --against are both {self.pair[0]!r}; allowed: two scenarios")

    def count(self, size: int) -> int:
        """Return how many replications a size has."""
        return min(MOST_TIMES * self.replications, round(self.replications * self.sizes[-1] / size))

    def tasks(self) -> Iterator["Task"]:
        """Yield every pair of runs, the largest first: who waits for the last waits less."""
        start = 0
        for size in reversed(self.sizes):
            for replication in range(self.count(size)):
                seed = replication_seed(self.seed, start + replication)
                yield Task(size, replication, seed, self.pair, self.months)
            start += self.count(size)

    def command(self) -> str:
        """Return the command that gives these results again, with nothing said that is default."""
        words, default = ["walled-garden", "how-many"], Study()
        if self.pair != default.pair:
            words += ["--scenario", self.pair[0], "--against", self.pair[1]]
        if self.sizes != default.sizes:
            words += [word for size in self.sizes for word in ("--consumers", str(size))]
        for name in ("replications", "months", "seed"):
            if getattr(self, name) != getattr(default, name):
                words += [f"--{name}", str(getattr(self, name))]
        return shlex.join(words)

    def identity(self) -> dict[str, Any]:
        """Return the settings as plain JSON values, scenarios with all they say; equal ones are one run."""
        told = {scenario_label(name): load_scenario(name) for name in self.pair}
        return as_json(asdict(self) | {"scenarios": told})


class Task(NamedTuple):
    """One pair of runs with the same luck."""

    size: int
    replication: int
    seed: int
    pair: tuple[str, str]
    months: int


def run_study(study: Study, workers: int, progress: Progress) -> pd.DataFrame:
    """Run everything; return a row for each size, replication, scenario, place, measure and actor.

    Returns
    -------
    DataFrame; consumers, replication, scenario ("closed - open" for the difference), where (a province or
    `COUNTRY`), rows (consumers there), measure, actor, unit, value.

    Raises
    ------
    RunError
        A run failed; the others are abandoned.
    """
    tasks = list(study.tasks())
    found = share_out(tasks, measure_pair, workers, progress, _failed)
    table = pd.concat(found, ignore_index=True)
    return table.sort_values(["consumers", "replication"], kind="stable", ignore_index=True)


def _failed(task: Task, error: BaseException) -> RunError:
    return RunError(f"{task.size:,} consumers, seed {task.seed}: {error}")


def measure_pair(task: Task) -> pd.DataFrame:
    """Return what is measured of one pair of runs."""
    from model.market import MobileMarket

    rows: list[tuple[Any, ...]] = []
    profits = []
    for scenario in task.pair:
        market = MobileMarket(scenario, task.size, task.months, rng=task.seed)
        while market.running:
            obey()
            market.step()
        rows += [(scenario_label(scenario), *row) for row in _levels(market)]
        profits.append(_profit(market))
    label = f"{scenario_label(task.pair[0])} - {scenario_label(task.pair[1])}"
    rows.append((label, COUNTRY, task.size, "profit_discounted", INCUMBENT, "rmb", profits[0] - profits[1]))
    names = ["scenario", "where", "rows", "measure", "actor", "unit", "value"]
    table = pd.DataFrame(rows, columns=names)
    table.insert(0, "replication", task.replication)
    table.insert(0, "consumers", task.size)
    return table


def _levels(market: Any) -> Iterator[tuple[Any, ...]]:
    """Yield shares and penetration at the end, of the country and of each province."""
    sizes = np.diff(market.population.places.start)
    places = zip((COUNTRY, *market.provinces), (sizes.sum(), *sizes), strict=True)
    lines = np.vstack([market.lines.sum(axis=0), market.lines])
    lines_3g = np.vstack([market.lines_3g.sum(axis=0), market.lines_3g])
    unit = "percentage points"
    for (where, rows), all_lines, on_3g in zip(places, lines, lines_3g, strict=True):
        rows = int(rows)
        for name, share in zip(market.operators, PERCENT * shares(all_lines), strict=True):
            yield where, rows, "share", name, unit, share
        if where == COUNTRY:
            for name, share in zip(market.operators, PERCENT * shares(on_3g), strict=True):
                yield where, rows, "share_3g", name, unit, share
        yield where, rows, "penetration_3g", "market", unit, PERCENT * on_3g.sum() / all_lines.sum()


def _profit(market: Any) -> float:
    """Return the incumbent's discounted profit."""
    operators, platforms, country = (
        market.recorder.table(name, "national") for name in ("operators", "platforms", "market")
    )
    outcomes = measure_run(operators, platforms, country, market.parameters.discount_rate)
    return next(o.value for o in outcomes if (o.measure, o.actor) == ("profit_discounted", INCUMBENT))

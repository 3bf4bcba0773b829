"""Run the market many times, here or in worker processes, and bring back compact tables.

Replication r has the same seed whatever the scenario: that is what makes differences paired. Runs
come back in the order they were asked for, however many workers there are, so the number of workers
changes nothing but the time.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from experiments.outcomes import MEASURES, measure_run
from experiments.settings import scenario_label
from experiments.stopping import obey
from experiments.workers import open_pool
from model.errors import RunError, in_one_line

Tables = dict[str, pa.Table]
ASK_AGAIN = 1.0  # seconds after which to ask whether we were told to stop
Progress = Callable[[int, int], None]

#: Tables of a run that are kept, with the recorder's name and level.
KEPT = {
    "operators": ("operators", "province"),
    "platforms": ("platforms", "province"),
    "market": ("market", "province"),
    "operators_national": ("operators", "national"),
    "platforms_national": ("platforms", "national"),
    "market_national": ("market", "national"),
    "payments": ("payments", "national"),
    "tariffs": ("tariffs", "national"),
    "ledger": ("ledger", "national"),
}


@dataclass(frozen=True)
class Run:
    """One run of the market: what to run and with which luck."""

    scenario: str
    replication: int
    seed: int
    consumers: int
    months: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pricing: str | None = None  # the scenario's own where None


def replication_seed(seed: int, replication: int) -> int:
    """Return the seed of a replication, the same for every scenario.

    Drawn from NumPy's SeedSequence, so runs with neighbouring seeds share no replication (as
    seed + replication would), and more replications only add to the ones there are.
    """
    return int(np.random.SeedSequence([seed, replication]).generate_state(1)[0])


def run_one(run: Run) -> Tables:
    """Run the market once and return its tables, each led by scenario and replication."""
    from model.market import MobileMarket

    market = MobileMarket(
        scenario=run.scenario,
        consumers=run.consumers,
        months=run.months,
        rng=run.seed,
        threads=1,  # the processors are shared out over runs
        pricing=run.pricing,
        **run.parameters,
    )
    while market.running:
        obey()
        market.step()
    frames = {name: market.recorder.table(kind, level=level) for name, (kind, level) in KEPT.items()}
    frames["outcomes"] = _outcomes(frames, market.parameters.discount_rate)
    return {name: _compact(frame, run) for name, frame in frames.items()}


def run_all(runs: Sequence[Run], workers: int, progress: Progress) -> Tables:
    """Run everything and return each table with all runs below one another, in the order given.

    Parameters
    ----------
    workers : processes; 1 runs in this process
    progress : called with (runs done, runs in all) whenever one is done

    Raises
    ------
    RunError
        When a run fails or a worker dies; the other runs are abandoned.
    """
    results = (
        _run_here(runs, progress) if workers == 1 else share_out(runs, run_one, workers, progress, _failed)
    )
    return {
        name: pa.concat_tables([tables[name] for tables in results]).unify_dictionaries()
        for name in results[0]
    }


def _run_here(runs: Sequence[Run], progress: Progress) -> list[Tables]:
    import experiments.preloading  # noqa: F401

    results = []
    for done, run in enumerate(runs, start=1):
        obey()
        try:
            results.append(run_one(run))
        except Exception as error:
            raise _failed(run, error) from error
        progress(done, len(runs))
    return results


def share_out[Task, Result](
    tasks: Sequence[Task],
    work: Callable[[Task], Result],
    workers: int,
    progress: Progress,
    failed: Callable[[Task, BaseException], RunError],
) -> list[Result]:
    """Return what the work gives for each task, in their order, done in worker processes.

    Parameters
    ----------
    failed : makes the error that is raised when a task fails; the others are then abandoned
    """
    results: dict[int, Result] = {}
    left, under_way = iter(range(len(tasks))), dict[Future[Result], int]()
    with open_pool(min(workers, len(tasks))) as pool:
        while len(results) < len(tasks):
            obey()
            # Two a worker are enough to keep all busy, and few to give up when one fails.
            for number in islice(left, 2 * workers - len(under_way)):
                under_way[pool.submit(work, tasks[number])] = number
            for future in wait(under_way, ASK_AGAIN, return_when=FIRST_COMPLETED).done:
                number = under_way.pop(future)
                if (error := future.exception()) is not None:
                    raise failed(tasks[number], error) from error
                results[number] = future.result()
            progress(len(results), len(tasks))
    return [results[number] for number in range(len(tasks))]


def _failed(run: Run, error: BaseException) -> RunError:
    name = f"scenario {run.scenario!r}, replication {run.replication} (seed {run.seed})"
    if isinstance(error, BrokenProcessPool):
        return RunError(f"a worker process died (out of memory?) in {name} or one running beside it")
    reason = in_one_line(error)
    return RunError(f"{name} failed: {type(error).__name__}: {reason}")


def _outcomes(frames: Mapping[str, pd.DataFrame], discount_rate: float) -> pd.DataFrame:
    outcomes = measure_run(
        frames["operators_national"],
        frames["platforms_national"],
        frames["market_national"],
        discount_rate,
    )
    table = pd.DataFrame(outcomes)
    table.insert(2, "unit", [MEASURES[measure].unit for measure in table["measure"]])
    return table


def _compact(frame: pd.DataFrame, run: Run) -> pa.Table:
    """Return a table with words held once (dictionary encoded), led by scenario and replication."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    for place, column in enumerate(table.schema):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            words = table.column(place).cast(pa.string()).dictionary_encode()
            table = table.set_column(place, column.name, words)
    rows = len(table)
    scenario = pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), [scenario_label(run.scenario)])
    replication = pa.array(np.full(rows, run.replication, np.int32))
    return table.add_column(0, "replication", replication).add_column(0, "scenario", scenario)

"""Closed against open: paired differences between scenarios that share their luck.

`compare` runs every scenario once a replication with the same seed, so each difference has one
cause: the scenario. What comes back is a `ComparisonResult`; figures and page are made from it.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from experiments.answers import CAVEATS, answer, tell_stop
from experiments.inference import paired_difference, paired_values
from experiments.outcomes import INCUMBENT, MEASURE, MEASURES, Measure
from experiments.runner import Run, Tables, replication_seed, run_all
from experiments.sequential import FixedWidth, Look, replications_needed
from experiments.settings import Comparison, Settings, scenario_label
from model import horizon
from model.scenarios import load_scenario


@dataclass(frozen=True)
class ComparisonResult:
    """Everything a comparison found, ready to be drawn, written and told.

    Attributes
    ----------
    comparisons : the pairs, in the order to tell them
    scenarios : title of each scenario by name, in the order they were run
    settings : what was asked for: consumers, months, replications, seed, parameters, ...
    tables : by name
        operators, platforms, market : monthly, by province; scenario and replication lead
        operators_national, platforms_national, market_national : the same for the country
        payments, tariffs, ledger : monthly, national
        outcomes : scenario, replication, measure, actor, unit, value
        differences : comparison, measure, actor, unit, mean, low, high, sd, replications,
            mean_a, mean_b, variance_reduction; `measure` is a key of `outcomes.MEASURES`
    answers : one line in words for each comparison
    caveats : what must be said beside every answer, one sentence each
    """

    comparisons: tuple[Comparison, ...]
    scenarios: dict[str, str]
    settings: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    answers: tuple[str, ...]
    caveats: tuple[str, ...] = ()


def compare(settings: Settings, workers: int, progress: Callable[[int, int], None]) -> ComparisonResult:
    """Run every scenario of the settings and return the paired differences with their intervals.

    Raises
    ------
    RunError
        When a run fails.
    """
    caveats = (*horizon.caveats(settings.months), *CAVEATS)
    if settings.until_halfwidth is None:
        found = run_all(plan_runs(settings), workers, progress)
    else:
        found, seen = run_until(settings, settings.until_halfwidth, workers, progress)
        caveats = (tell_stop(seen, settings.until_halfwidth), *caveats)
    tables = {name: table.to_pandas() for name, table in found.items()}
    tables["differences"] = difference_table(tables["outcomes"], settings.comparisons)
    known = {scenario_label(name): load_scenario(name) for name in settings.scenarios}
    last_day = tables["market_national"]["date"].max()
    return ComparisonResult(
        comparisons=settings.comparisons,
        scenarios={name: scenario.title for name, scenario in known.items()},
        settings=asdict(settings),
        tables=tables,
        answers=tuple(
            answer(known[c.a], known[c.b], _rows_of(tables["differences"], c.name), last_day)
            for c in settings.comparisons
        ),
        caveats=caveats,
    )


def run_until(
    settings: Settings, halfwidth: float, workers: int, progress: Callable[[int, int], None]
) -> tuple[Tables, Look]:
    """Add replications until the incumbent's intervals reach no further than `halfwidth`.

    Every comparison must be known so well, or `settings.replications` reached.
    """
    parts: list[Tables] = []
    done = 0

    def differences(n: int) -> np.ndarray:
        nonlocal done
        runs = plan_runs(settings, range(done, n))
        before = done * len(settings.scenarios)
        parts.append(run_all(runs, workers, lambda ran, asked: progress(before + ran, before + asked)))
        done = n
        return _incumbents_differences([part["outcomes"] for part in parts], settings.comparisons)

    seen = replications_needed(differences, FixedWidth(halfwidth, most=settings.replications))
    joined = {
        name: pa.concat_tables([part[name] for part in parts]).unify_dictionaries() for name in parts[0]
    }
    return joined, seen


def _incumbents_differences(outcomes: list[pa.Table], comparisons: tuple[Comparison, ...]) -> np.ndarray:
    """Return the paired differences of the incumbent's discounted profit, (replications, comparisons)."""
    rows = pa.concat_tables(outcomes).to_pandas().astype({"scenario": str})
    rows = rows[(rows["measure"] == MEASURE) & (rows["actor"] == INCUMBENT)]
    values = rows.pivot(index="replication", columns="scenario", values="value").sort_index()
    return np.column_stack([paired_values(values[c.a], values[c.b]) for c in comparisons])


def plan_runs(settings: Settings, replications: range | None = None) -> list[Run]:
    """Return every run: all scenarios of replication 0, then of 1, and so on.

    Parameters
    ----------
    replications : only these
    """
    return [
        Run(
            scenario=scenario,
            replication=replication,
            seed=replication_seed(settings.seed, replication),
            consumers=settings.consumers,
            months=settings.months,
            parameters=settings.parameters,
            pricing=settings.pricing,
        )
        for replication in (range(settings.replications) if replications is None else replications)
        for scenario in settings.scenarios
    ]


def difference_table(outcomes: pd.DataFrame, comparisons: tuple[Comparison, ...]) -> pd.DataFrame:
    """Return one row a comparison, measure and actor, in the order of `outcomes.MEASURES`.

    Parameters
    ----------
    outcomes : scenario, replication, measure, actor, unit, value; every scenario of the
        comparisons with the same replications
    """
    words = outcomes.astype({"measure": str, "actor": str, "scenario": str})
    values = words.pivot(index=["measure", "actor"], columns=["scenario", "replication"], values="value")
    found = words[["measure", "actor"]].drop_duplicates()
    return pd.DataFrame(
        _difference(comparison, measure, actor, values.loc[(measure.name, actor)])
        for comparison in comparisons
        for measure in MEASURES.values()
        for actor in found.loc[found["measure"] == measure.name, "actor"]
    )


def _difference(comparison: Comparison, measure: Measure, actor: str, values: pd.Series) -> dict[str, Any]:
    """Return a row of the difference table; `values` is by scenario and replication."""
    a, b = (values[name].sort_index().to_numpy() for name in (comparison.a, comparison.b))
    row: dict[str, Any] = {"comparison": comparison.name, "measure": measure.name}
    row |= {"actor": actor, "unit": measure.unit, **asdict(paired_difference(a, b))}
    if not measure.has_level:
        row["mean_a"] = row["mean_b"] = float("nan")
    return row


def _rows_of(differences: pd.DataFrame, comparison: str) -> pd.DataFrame:
    return differences[differences["comparison"] == comparison]

"""Runs, here and in worker processes: same luck, same bytes, plain failures."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments import runner, workers
from experiments.compare import compare, difference_table, plan_runs
from experiments.outcomes import MEASURES, measure_run
from experiments.settings import BOUNDS, Comparison, Settings
from model.errors import RunError
from model.groundwork import LEAST_CONSUMERS, MOST_CONSUMERS
from model.market import MobileMarket

TINY = Settings(pairs=(("closed", "open"),), consumers=400, months=3, replications=2)


def quiet(done: int, total: int) -> None:
    pass


def die(run: runner.Run) -> None:
    os._exit(9)


def months_of(value: float, **columns: Any) -> pd.DataFrame:
    """Return two months with one row each."""
    return pd.DataFrame({"month": [6, 12], **columns, "profit_rmb": [value, value]})


@pytest.fixture
def pool_ends() -> Iterator[None]:
    yield
    assert not workers.mp.active_children()


def test_bounds_are_the_models() -> None:
    assert BOUNDS["consumers"] == (LEAST_CONSUMERS, MOST_CONSUMERS)


def test_plan_pairs_scenarios_by_seed() -> None:
    runs = plan_runs(Settings(replications=3))
    assert len(runs) == 4 * 3
    for replication in range(3):
        group = [run for run in runs if run.replication == replication]
        assert {run.scenario for run in group} == {"closed", "open", "incumbent_closed", "history"}
        assert len({run.seed for run in group}) == 1


def test_seeds_never_meet_and_more_replications_only_add() -> None:
    seeds = {runner.replication_seed(seed, r) for seed in range(50) for r in range(50)}
    assert len(seeds) == 2500
    longer = plan_runs(Settings(replications=9))
    assert longer[: 4 * 3] == plan_runs(Settings(replications=3))


@pytest.mark.usefixtures("pool_ends")
def test_workers_change_nothing() -> None:
    runs = plan_runs(TINY)
    calls: list[tuple[int, int]] = []
    here = runner.run_all(runs, 1, lambda *call: calls.append(call))
    apart = runner.run_all(runs, 2, quiet)
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert here.keys() == apart.keys() == {*runner.KEPT, "outcomes"}
    for name, table in here.items():
        assert table.equals(apart[name]), name
        assert table.column_names[:2] == ["scenario", "replication"]


def test_tables_are_the_recorders() -> None:
    run = plan_runs(TINY)[1]
    market = MobileMarket(scenario="open", consumers=400, months=3, rng=run.seed)
    market.run()
    found = runner.run_one(run)["operators"].to_pandas()
    assert (found.pop("scenario") == "open").all()
    assert (found.pop("replication") == 0).all()
    expected = market.recorder.table("operators")
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_categorical=False)


def test_failed_run_is_named() -> None:
    bad = runner.Run("closed", 3, 9, 400, 3, {"no_such": 1})
    with pytest.raises(RunError, match=r"scenario 'closed', replication 3 .* unknown parameter"):
        runner.run_all([bad], 1, quiet)


@pytest.mark.usefixtures("pool_ends")
def test_failed_run_in_a_worker_is_named_and_ends_the_others() -> None:
    good = runner.Run("closed", 0, 1, 400, 3)
    bad = runner.Run("open", 3, 9, 400, 3, {"no_such": 1})
    with pytest.raises(RunError, match="scenario 'open', replication 3"):
        runner.run_all([good, bad, *[good] * 20], 2, quiet)


@pytest.mark.usefixtures("pool_ends")
def test_worker_that_dies_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "run_one", die)
    with pytest.raises(RunError, match="a worker process died"):
        runner.run_all(plan_runs(TINY), 2, quiet)


@pytest.mark.usefixtures("pool_ends")
def test_interrupt_ends_the_workers() -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run_all(plan_runs(TINY), 2, interrupt)


def test_working_directory_cannot_shadow_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "__init__.py").write_text("raise SystemExit('the wrong model')")
    monkeypatch.chdir(tmp_path)
    assert len(runner.run_all(plan_runs(TINY), 2, quiet)["outcomes"]) > 0


def test_outcomes_by_hand() -> None:
    operators = months_of(
        110.0, operator="china_mobile", share=[0.5, 0.6], share_3g=[0.1, 0.2],
        lines_3g=[5.0, 8.0], churn=[0.01, 0.03],
    )  # fmt: skip
    platforms = months_of(-50.0, platform="alipay", accounts=[7.0, 9.0])
    market = pd.DataFrame(
        {
            "month": [6, 12],
            "lines_3g": [5.0, 8.0],
            "consumer_surplus_rmb": [1.0, 2.0],
            "welfare_rmb": [3.0, 4.0],
        }
    )
    found = {(o.measure, o.actor): o.value for o in measure_run(operators, platforms, market, 0.21)}
    assert found["share", "china_mobile"] == pytest.approx(60.0)
    assert found["share_3g", "china_mobile"] == pytest.approx(20.0)
    assert found["churn", "china_mobile"] == pytest.approx(2.0)
    assert found["lines_3g", "market"] == 8.0
    assert found["profit", "china_mobile"] == 220.0
    # 21 % a year is 10 % for half a year: 110 / 1.1 + 110 / 1.21.
    assert found["profit_discounted", "china_mobile"] == pytest.approx(100 + 110 / 1.21)
    assert found["profit", "alipay"] == -100.0
    assert found["accounts", "alipay"] == 9.0
    assert found["consumer_surplus", "market"] == 3.0
    assert found["welfare_discounted", "market"] == pytest.approx(3 / 1.1 + 4 / 1.21)


def test_difference_table_by_hand() -> None:
    rows = [
        (scenario, replication, "profit", "alipay", value)
        for scenario, values in {"a": (3.0, 5.0), "b": (2.0, 2.0)}.items()
        for replication, value in enumerate(values)
    ]
    # Written out of order: pairs are matched by replication, not by place.
    columns = ["scenario", "replication", "measure", "actor", "value"]
    outcomes = pd.DataFrame(rows[::-1], columns=columns)
    (row,) = difference_table(outcomes, (Comparison("a - b", "a", "b"),)).to_dict("records")
    assert (row["comparison"], row["measure"], row["actor"]) == ("a - b", "profit", "alipay")
    assert (row["unit"], row["mean"], row["mean_a"], row["mean_b"]) == ("rmb", 2.0, 4.0, 2.0)
    assert row["sd"] == pytest.approx(2**0.5)


def test_comparison_has_every_measure_and_no_level_without_a_zero() -> None:
    result = compare(TINY, 1, quiet)
    table = result.tables["differences"]
    assert set(table["measure"]) == set(MEASURES)
    assert len(table) == 4 * 3 + 1 + 2 * 4 + 1 + 4
    levels = table.set_index("measure")[["mean_a", "mean_b"]].notna().all(axis=1)
    assert not levels[["consumer_surplus", "welfare", "welfare_discounted"]].any()
    assert levels[["share", "lines_3g", "profit", "accounts"]].all()
    shares = table[table["measure"] == "share"]
    assert shares["mean_a"].sum() == pytest.approx(100.0)
    assert shares["mean"].sum() == pytest.approx(0.0, abs=1e-9)
    assert len(result.answers) == 1


def test_a_scenario_against_itself_is_exactly_nothing() -> None:
    settings = Settings(pairs=(("open", "open"),), consumers=400, months=3, replications=2)
    result = compare(settings, 1, quiet)
    table = result.tables["differences"]
    known = table[table["mean"].notna()]
    assert len(known) > 20
    assert (known[["mean", "low", "high", "sd"]].to_numpy() == 0.0).all()
    assert "would have made no difference to China Mobile" in result.answers[0]
    assert np.unique(result.tables["outcomes"]["scenario"]) == ["open"]

"""Sweeps that replicate until a difference is known: the rule's own stops, the same bytes however run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_sweep import PARTS_OF, bytes_of, threads

from experiments import cli
from experiments.results.loading import read_store
from experiments.sequential import FixedWidth, replications_needed
from experiments.sweeps import store
from experiments.sweeps.design import Design, Kept, Until
from experiments.sweeps.factors import Factor
from experiments.sweeps.machine import run_sweep
from experiments.sweeps.manifest import read_design_of
from experiments.sweeps.plan import Plan
from experiments.sweeps.tasks import Task
from model.errors import InputError

DESIGN = Design(
    factors=(Factor("lock_in", levels=(0.0, 0.5, 1.0, 2.0, 9.0)),),
    replications=60,
    measures=Kept(outcomes=("profit_discounted",)),
    until=Until(0.5),
)


def noisy(task: Task) -> np.ndarray:
    """Return differences whose spread is the lock-in."""
    luck = np.random.default_rng([task.seed, len(task.scenario.name)]).normal(size=4)
    return luck * task.parameters["lock_in"]


def fails_at_times(task: Task) -> np.ndarray:
    if task.replication % 7 == 3:
        raise ArithmeticError("no equilibrium")
    return noisy(task)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RUNS_PER_PART", PARTS_OF)


def test_each_point_stops_where_the_rule_does(tmp_path: Path) -> None:
    found = run_sweep(DESIGN, tmp_path / "x", open_executor=threads, work=noisy)
    assert found.finished == found.runs
    (chunk,) = read_store(tmp_path / "x").chunks()
    used = chunk.finished.all(axis=2).sum(axis=1)
    plan, rule = Plan(DESIGN), FixedWidth(0.5, most=60)
    for point in range(5):
        a, b = (np.array([noisy(plan.task((point * 60 + r) * 2 + s))[0] for r in range(60)]) for s in (0, 1))
        assert used[point] == replications_needed(lambda n, d=a - b: d[:n], rule).replications
    assert used[0] == 10
    assert 10 < used[2] < 60
    assert used[4] == 60


@pytest.mark.parametrize("work", [noisy, fails_at_times])
def test_the_same_bytes_whatever_the_executor_and_however_often_stopped(tmp_path: Path, work: Any) -> None:
    run_sweep(DESIGN, tmp_path / "a", open_executor=threads, work=work)
    run_sweep(DESIGN, tmp_path / "b", open_executor=lambda: threads(5), room=7, work=work)
    stops = iter([0, 3, 40, 41, 90, 150, 260, 420])
    for stop in stops:

        def progress(finished: int, runs: int, failed: int, stop: int = stop) -> None:
            if finished >= stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_sweep(DESIGN, tmp_path / "c", open_executor=threads, room=3, work=work, progress=progress)
    run_sweep(DESIGN, tmp_path / "c", open_executor=threads, work=work)
    undisturbed = bytes_of(tmp_path / "a")
    assert bytes_of(tmp_path / "b") == undisturbed
    assert bytes_of(tmp_path / "c") == undisturbed


def test_failed_runs_are_tried_again_and_nothing_that_was_not_needed(tmp_path: Path) -> None:
    before = run_sweep(DESIGN, tmp_path / "x", open_executor=threads, work=fails_at_times)
    unneeded = read_store(tmp_path / "x").not_needed
    assert before.failed > 0
    assert unneeded > 0
    after = run_sweep(DESIGN, tmp_path / "x", open_executor=threads, work=noisy, retry_failed=True)
    assert (after.failed, after.finished, after.finished_now) == (0, after.runs, before.failed)
    assert read_store(tmp_path / "x").not_needed == unneeded


def test_what_is_read_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_sweep(DESIGN, tmp_path / "x", open_executor=threads, work=noisy)
    assert read_design_of(tmp_path / "x") == DESIGN
    assert cli.main(["results", str(tmp_path / "x")]) == 0
    said = capsys.readouterr().out
    assert "all 600 have finished" in said
    assert f"{read_store(tmp_path / 'x').not_needed} were not needed" in said
    assert "(10)" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"until": Until(0.0)}, "allowed: above 0"),
        ({"until": Until(1.0, measure="profit_discountd")}, "did you mean 'profit_discounted'"),
        ({"until": Until(1.0, actor="china_mobil")}, "did you mean 'china_mobile'"),
        ({"scenarios": ("closed",)}, "needs two scenarios"),
    ],
)
def test_wrong_words(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        replace(DESIGN, **changes).check()


def test_from_a_file_and_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    design = tmp_path / "design.toml"
    design.write_text("replications = 12\n[until]\nhalfwidth = 1e8\nmesure = 'share'")
    assert cli.main(["sweep", str(design), "--dry-run"]) == 2
    assert "did you mean 'measure'" in capsys.readouterr().err
    design.write_text("consumers = 310\nmonths = 2\nreplications = 12\n")
    words = ["sweep", str(design), "--out", str(tmp_path / "x"), "--workers", "1"]
    assert cli.main([*words, "--until-halfwidth", "1e8"]) == 0
    assert read_store(tmp_path / "x").not_needed == 4  # nothing differs in the first two months

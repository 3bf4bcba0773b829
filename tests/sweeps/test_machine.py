"""The machine: any executor, bounded memory, and every way in which a run or a worker can go wrong."""

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_sweep import DESIGN, PARTS_OF, bytes_of, threads
from works import (
    always_kills,
    arithmetic,
    hangs_asleep,
    hangs_deaf,
    kills_its_worker,
    shuffled,
    sometimes_raises,
    wrong_size,
)

from experiments import workers
from experiments.sweeps import limits, machine, store
from experiments.sweeps.machine import run_sweep
from model.errors import InputError, RunError

RUNS = 14 * 5 * 2


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RUNS_PER_PART", PARTS_OF)
    monkeypatch.setattr(store, "COMMIT_SECONDS", 0.0)


@pytest.fixture
def undisturbed(tmp_path: Path) -> dict[str, bytes]:
    run_sweep(DESIGN, tmp_path / "undisturbed", open_executor=threads, work=arithmetic)
    return bytes_of(tmp_path / "undisturbed")


def failures_of(folder: Path) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path) for path in sorted((folder / "failures").glob("*.parquet"))])


@pytest.mark.parametrize("number", [1, 5])
def test_threads_and_order_change_nothing(number: int, tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    summary = run_sweep(DESIGN, tmp_path / "x", open_executor=lambda: threads(number), work=shuffled)
    assert (summary.finished_now, summary.finished, summary.failed) == (RUNS, RUNS, 0)
    assert bytes_of(tmp_path / "x") == undisturbed


def test_processes_change_nothing(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    run_sweep(DESIGN, tmp_path / "x", workers=2, work=shuffled)
    assert bytes_of(tmp_path / "x") == undisturbed
    assert not workers.mp.active_children()


def test_only_so_many_are_in_flight(tmp_path: Path) -> None:
    most, flying, lock = 0, 0, threading.Lock()

    class Counting(ThreadPoolExecutor):
        def submit(self, *given: Any, **named: Any) -> Future[Any]:
            nonlocal most, flying
            with lock:
                flying += 1
                most = max(most, flying)
            future: Future[Any] = super().submit(*given, **named)
            future.add_done_callback(land)
            return future

    def land(_: Future[Any]) -> None:
        nonlocal flying
        with lock:
            flying -= 1

    @contextlib.contextmanager
    def counting() -> Iterator[Executor]:
        with Counting(2) as executor:
            yield executor

    run_sweep(DESIGN, tmp_path / "x", open_executor=counting, room=7, work=arithmetic)
    assert 2 <= most <= 7


def test_progress_counts_what_is_on_the_disk(tmp_path: Path) -> None:
    calls: list[tuple[int, int, int]] = []
    run_sweep(
        DESIGN, tmp_path / "x", open_executor=threads, work=sometimes_raises,
        progress=lambda *call: calls.append(call),
    )  # fmt: skip
    assert calls[0] == (0, RUNS, 0)
    assert calls[-1] == (RUNS, RUNS, 14)
    assert calls == sorted(calls)
    run_sweep(DESIGN, tmp_path / "x", open_executor=threads, progress=lambda *call: calls.append(call))
    assert calls[-1] == (RUNS, RUNS, 14)


def test_failures_are_recorded_and_the_rest_goes_on(tmp_path: Path) -> None:
    summary = run_sweep(DESIGN, tmp_path / "x", open_executor=threads, work=sometimes_raises)
    assert (summary.finished, summary.failed) == (RUNS, 14)
    failures = failures_of(tmp_path / "x")
    assert list(failures["run"]) == [run for run in range(RUNS) if run % 10 == 3]
    first = failures.iloc[0]
    assert (first["point"], first["replication"], first["scenario"]) == (0, 1, "open")
    assert first["error"] == "ArithmeticError: no equilibrium at run 3"
    assert "in sometimes_raises" in first["traceback"]
    assert '"lock_in": ' in first["parameters"]
    measured = pd.read_parquet(tmp_path / "x" / "measures")
    runs = measured.groupby(["point", "replication", "scenario"], observed=True).ngroups
    assert runs == RUNS - 14


def test_retry_runs_the_failed_alone_and_mends_the_store(
    tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    run_sweep(DESIGN, tmp_path / "x", open_executor=threads, work=sometimes_raises)
    before = bytes_of(tmp_path / "x")
    again = run_sweep(DESIGN, tmp_path / "x", open_executor=threads, work=sometimes_raises)
    assert again.finished_now == 0
    still = run_sweep(DESIGN, tmp_path / "x", open_executor=threads, retry_failed=True, work=sometimes_raises)
    assert (still.finished_now, still.failed) == (14, 14)
    assert bytes_of(tmp_path / "x") == before
    mended = run_sweep(DESIGN, tmp_path / "x", open_executor=threads, retry_failed=True, work=arithmetic)
    assert (mended.finished_now, mended.finished, mended.failed) == (14, RUNS, 0)
    assert bytes_of(tmp_path / "x") == undisturbed


def test_retry_in_the_midst_of_a_sweep(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    def stop(finished: int, runs: int, failed: int) -> None:
        if finished > 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sweep(DESIGN, tmp_path / "x", open_executor=threads, progress=stop, work=sometimes_raises)
    part = run_sweep(DESIGN, tmp_path / "x", open_executor=threads, retry_failed=True, work=arithmetic)
    assert part.failed == 0
    assert 60 < part.finished < RUNS
    assert part.finished_now < 20
    run_sweep(DESIGN, tmp_path / "x", open_executor=threads, work=arithmetic)
    assert bytes_of(tmp_path / "x") == undisturbed


def test_numbers_that_do_not_fit_are_a_failure(tmp_path: Path) -> None:
    assert run_sweep(DESIGN, tmp_path / "x", open_executor=threads, work=wrong_size).failed == RUNS
    assert "shape (3,), not" in failures_of(tmp_path / "x")["error"].iloc[0]
    assert len(pd.read_parquet(tmp_path / "x" / "measures")) == 0


def test_a_run_that_sleeps_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited = replace(DESIGN, time_limit=0.5)
    summary = run_sweep(limited, tmp_path / "x", workers=2, work=hangs_asleep)
    assert (summary.finished, summary.failed, summary.lost_workers) == (RUNS, 1, 0)
    (failure,) = failures_of(tmp_path / "x").to_dict("records")
    assert failure["run"] == 5
    assert failure["error"] == "TimeLimitError: it ran longer than its time limit of 0.5 s"
    # The limit is no part of what the sweep is, so it may be moved.
    mended = run_sweep(
        replace(DESIGN, time_limit=50.0), tmp_path / "x", workers=2, retry_failed=True, work=arithmetic
    )
    assert (mended.finished_now, mended.failed) == (1, 0)


def test_a_run_that_hears_no_signal_is_ended_with_its_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 1.0)
    limited = replace(DESIGN, time_limit=0.3)
    summary = run_sweep(limited, tmp_path / "x", workers=2, work=hangs_deaf)
    assert (summary.finished, summary.failed, summary.lost_workers) == (RUNS, 1, 2)
    (failure,) = failures_of(tmp_path / "x").to_dict("records")
    assert (failure["run"], failure["error"]) == (5, limits.describe(0.3))


def test_a_run_that_kills_its_worker_is_found_and_recorded(tmp_path: Path) -> None:
    summary = run_sweep(DESIGN, tmp_path / "x", workers=2, work=kills_its_worker)
    assert (summary.finished, summary.failed, summary.lost_workers) == (RUNS, 2, 4)
    failures = failures_of(tmp_path / "x")
    assert list(failures["run"]) == [5, 77]
    assert set(failures["error"]) == {machine.WORKER_DIED}


def test_workers_that_always_die_are_a_clear_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "MOST_LOSSES", 2)
    with pytest.raises(RunError, match=r"workers die whatever they run .* the same command goes on"):
        run_sweep(DESIGN, tmp_path / "x", workers=2, work=always_kills)


def test_interrupted_keeps_what_has_finished(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    def stop(finished: int, runs: int, failed: int) -> None:
        if finished > 20:
            raise SystemExit(143)

    with pytest.raises(SystemExit):
        run_sweep(DESIGN, tmp_path / "x", open_executor=threads, progress=stop, work=arithmetic)
    rest = run_sweep(DESIGN, tmp_path / "x", open_executor=threads, work=arithmetic)
    assert rest.finished_now < RUNS - 20
    assert bytes_of(tmp_path / "x") == undisturbed


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 200 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_a_clear_end_and_the_store_goes_on(
    small_disk: Path, undisturbed: dict[str, bytes]
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 100_000)
    with pytest.raises(RunError, match=r"the disk is full .* of 140 runs are safe in .* the same command"):
        run_sweep(DESIGN, small_disk / "x", open_executor=threads, work=shuffled)
    assert not list((small_disk / "x").rglob("*.partial"))
    subprocess.run(["mount", "-o", "remount,size=2m", str(small_disk)], check=True)
    summary = run_sweep(DESIGN, small_disk / "x", open_executor=threads, work=arithmetic)
    assert 0 < summary.finished_now < RUNS
    assert bytes_of(small_disk / "x") == undisturbed


def test_nothing_is_run_in_a_folder_that_is_held(tmp_path: Path) -> None:
    from experiments.sweeps.plan import Plan

    with (
        store.open_store(tmp_path / "x", Plan(DESIGN)),
        pytest.raises(InputError, match=rf"is being filled by process {os.getpid()} on .* allowed: wait"),
    ):
        run_sweep(DESIGN, tmp_path / "x", open_executor=threads, work=arithmetic)

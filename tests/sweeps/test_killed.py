"""Kill a sweep wherever it stands: what it leaves is gone on with, and the end is the same to the byte."""

import subprocess
import sys
from pathlib import Path

import pytest
import small_sweep
from small_sweep import DESIGN, PARTS_OF, bytes_of, threads
from works import arithmetic, sometimes_raises

from experiments.sweeps import store
from experiments.sweeps.machine import run_sweep


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RUNS_PER_PART", PARTS_OF)


def script(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, small_sweep.__file__, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def test_killed_at_random_moments(tmp_path: Path) -> None:
    run_sweep(DESIGN, tmp_path / "undisturbed", open_executor=threads, work=arithmetic)
    done = script("random", tmp_path / "killed", 30)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 20
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "undisturbed")


def test_killed_at_every_step_on_the_disk(tmp_path: Path) -> None:
    run_sweep(DESIGN, tmp_path / "undisturbed", open_executor=threads, work=sometimes_raises)
    done = script("every", tmp_path / "killed")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 20
    undisturbed = bytes_of(tmp_path / "undisturbed")
    assert "failures/part-00000.parquet" in undisturbed
    assert bytes_of(tmp_path / "killed") == undisturbed


def test_started_together(tmp_path: Path) -> None:
    run_sweep(DESIGN, tmp_path / "alone", open_executor=threads, work=arithmetic)
    done = script("together", tmp_path / "shared", 4)
    ends = sorted(done.stdout.split())
    assert ends == ["0", "2", "2", "2"], done.stderr
    assert done.stderr.count("is being filled by") == 3
    assert bytes_of(tmp_path / "shared") == bytes_of(tmp_path / "alone")

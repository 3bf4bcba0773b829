"""Sweeps on Dask and under MPI: the same bytes as here, whoever is killed on the way."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import small_sweep
from small_sweep import DESIGN, PARTS_OF, bytes_of, threads
from works import arithmetic, kills_its_worker, slow_arithmetic, sometimes_raises

from experiments import cli
from experiments.sweeps import executors, store
from experiments.sweeps.executors import Checked, Chosen, choose_executor, dask_cluster, run_checked
from experiments.sweeps.machine import run_sweep
from model.errors import InputError, RunError

HERE = Path(small_sweep.__file__).parent
BIN = Path(sys.executable).parent
needs_mpi = pytest.mark.skipif(
    shutil.which("mpiexec", path=BIN) is None or importlib.util.find_spec("mpi4py") is None,
    reason="no MPI here: install the packages mpi4py and mpich",
)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RUNS_PER_PART", PARTS_OF)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed") / "sweep"
    before, store.RUNS_PER_PART = store.RUNS_PER_PART, PARTS_OF
    run_sweep(DESIGN, folder, open_executor=threads, work=arithmetic)
    store.RUNS_PER_PART = before
    return bytes_of(folder)


class Loopback:
    """A scheduler and two workers, each a process of its own, as on a cluster."""

    def __init__(self, folder: Path) -> None:
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.file, self.log = folder / "scheduler.json", (folder / "log").open("wb")
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", self.file)
        deadline = time.monotonic() + 60
        while not self.file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        for name in ("one", "two"):
            self._start("worker", "--scheduler-file", self.file, "--nthreads", "1", "--no-nanny", name=name)

    def _start(self, kind: str, *words: object, name: str = "") -> None:
        command = [str(BIN / "dask"), kind, *map(str, words), "--no-dashboard"]
        environment = os.environ | {"PYTHONPATH": str(HERE)}
        process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        self.processes[name or kind] = process

    def kill(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.log.close()


@pytest.fixture
def loopback(tmp_path: Path) -> Iterator[Loopback]:
    pytest.importorskip("distributed")
    cluster = Loopback(tmp_path)
    yield cluster
    cluster.close()


@contextlib.contextmanager
def local_cluster(**config: Any) -> Iterator[Chosen]:
    dask, distributed = pytest.importorskip("dask"), pytest.importorskip("distributed")
    with (
        dask.config.set(config),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
    ):
        yield dask_cluster(cluster)


def sweep_on(chosen: Chosen, folder: Path, work: Any, **others: Any) -> Any:
    return run_sweep(
        DESIGN, folder, open_executor=chosen.open_executor, room=chosen.room, work=work, **others
    )


@pytest.mark.slow
def test_local_cluster_gives_the_same_bytes(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    run_sweep(DESIGN, tmp_path / "here", open_executor=threads, work=sometimes_raises)
    with local_cluster() as chosen:
        sweep_on(chosen, tmp_path / "dask", slow_arithmetic)
        found = sweep_on(chosen, tmp_path / "failing", sometimes_raises)
    assert bytes_of(tmp_path / "dask") == undisturbed
    assert found.failed == 14
    failing = bytes_of(tmp_path / "failing")
    assert {name for name in failing if "failures" not in name} >= undisturbed.keys()
    assert failing == bytes_of(tmp_path / "here")


@pytest.mark.slow
def test_a_run_that_kills_dask_workers_is_recorded_and_the_others_finish(tmp_path: Path) -> None:
    with local_cluster(**{"distributed.scheduler.allowed-failures": 0}) as chosen:
        found = sweep_on(chosen, tmp_path / "dask", kills_its_worker)
    assert (found.finished, found.failed) == (found.runs, 2)


@pytest.mark.slow
def test_a_dask_worker_killed_on_the_way_costs_nothing(
    tmp_path: Path, loopback: Loopback, undisturbed: dict[str, bytes]
) -> None:
    def progress(finished: int, runs: int, failed: int) -> None:
        if finished > 20 and loopback.processes["one"].poll() is None:
            loopback.kill("one")

    chosen = choose_executor("dask", str(loopback.file))
    found = sweep_on(chosen, tmp_path / "sweep", slow_arithmetic, progress=progress)
    assert loopback.processes["one"].poll() == -signal.SIGKILL
    assert (found.failed, found.finished) == (0, found.runs)
    assert bytes_of(tmp_path / "sweep") == undisturbed


@pytest.mark.slow
def test_a_dask_scheduler_killed_on_the_way_leaves_a_store_to_go_on_with(
    tmp_path: Path, loopback: Loopback, undisturbed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "PATIENCE", 1.0)
    chosen = choose_executor("dask", str(loopback.file))

    def progress(finished: int, runs: int, failed: int) -> None:
        if finished > 20 and loopback.processes["scheduler"].poll() is None:
            loopback.kill("scheduler")

    with pytest.raises(RunError, match=r"scheduler at .* was lost and does not answer.*runs are safe"):
        sweep_on(chosen, tmp_path / "sweep", slow_arithmetic, progress=progress)
    run_sweep(DESIGN, tmp_path / "sweep", open_executor=threads, work=arithmetic)
    assert bytes_of(tmp_path / "sweep") == undisturbed


def under_mpi(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [BIN / "mpiexec", "-n", "3", sys.executable, "-m", "mpi4py.futures"]
    command += [HERE / "mpi_sweep.py", folder, *words]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, check=False)


@needs_mpi
@pytest.mark.slow
def test_mpi_gives_the_same_bytes(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    done = under_mpi(tmp_path / "sweep")
    assert done.returncode == 0, done.stderr
    assert bytes_of(tmp_path / "sweep") == undisturbed


@needs_mpi
@pytest.mark.slow
def test_a_rank_killed_ends_the_job_and_leaves_a_store_to_go_on_with(
    tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    done = under_mpi(tmp_path / "sweep", "kill")
    assert done.returncode != 0
    assert any((tmp_path / "sweep" / "segments").iterdir())
    run_sweep(DESIGN, tmp_path / "sweep", open_executor=threads, work=arithmetic)
    assert bytes_of(tmp_path / "sweep") == undisturbed


def test_workers_with_another_version_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_checked(executors.version_digest(), max, 2, 3) == 3
    with pytest.raises(RunError, match="another source of the model"):
        run_checked("0" * 64, max, 2, 3)

    class Elsewhere(Checked):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            return self._inner.submit(run_checked, "0" * 64, fn, *args)

    @contextlib.contextmanager
    def elsewhere() -> Iterator[Checked]:
        with threads() as executor:
            yield Elsewhere(executor)

    with pytest.raises(RunError, match="install the same there"):
        run_sweep(DESIGN, tmp_path / "sweep", open_executor=elsewhere, work=arithmetic)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dsak",), "did you mean 'dask'"),
        (("processes", "tcp://127.0.0.1:1"), "--scheduler is for --executor dask"),
        (("dask",), "--scheduler is missing"),
        (("mpi",), "mpiexec -n 4"),
    ],
)
def test_what_is_missing_is_said(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        choose_executor(*words)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://127.0.0.1:1", "no Dask scheduler answers there"),
        ("nonsense", "allowed: the address that `dask scheduler` prints"),
        ("nowhere/scheduler.json", "there is no such file"),
    ],
)
def test_nobody_answers(
    address: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(executors, "PATIENCE", 0.5)
    design = tmp_path / "design.toml"
    design.write_text("replications = 2")
    words = ["sweep", str(design), "--out", str(tmp_path / "s"), "--executor", "dask", "--scheduler", address]
    assert cli.main(words) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(("name", "extra"), [("dask", "cluster"), ("mpi", "mpi")])
def test_a_missing_extra_is_named(
    name: str,
    extra: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    design = tmp_path / "design.toml"
    design.write_text("replications = 2")
    assert cli.main(["sweep", str(design), "--out", str(tmp_path / "s"), "--executor", name]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"uv sync --extra {extra}" in error
    assert not (tmp_path / "s").exists()

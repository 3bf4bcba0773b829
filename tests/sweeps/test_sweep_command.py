"""The command, as people use it: say what would be run, run it, be interrupted, go on."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
from small_sweep import bytes_of

from experiments import cli
from experiments.sweeps import store
from experiments.sweeps.plan import Plan
from experiments.sweeps.reading import read_design

DESIGN = """
title = "a small one"
consumers = 400
months = {months}
replications = 3
[factors]
lock_in = [0.0, 0.5, 1.0]
{more}
[measures]
outcomes = ["share"]
series = ["market.hhi"]
every = 2
"""
SMALL_PARTS = (
    "import sys; from experiments.sweeps import store; from experiments import cli\n"
    "store.RUNS_PER_PART, store.COMMIT_SECONDS = 8, 0.02\n"
    "sys.exit(cli.main(sys.argv[1:]))"
)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write_design(months: int = 3, more: str = "") -> Path:
    path = Path("d.toml")
    path.write_text(DESIGN.format(months=months, more=more))
    return path


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SMALL_PARTS, "sweep", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for_segments(folder: Path, process: subprocess.Popen[str], number: int = 1) -> None:
    while process.poll() is None and len(list(folder.glob("segments/*.arrow"))) < number:
        time.sleep(0.01)


def test_dry_run_says_what_and_writes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_design()
    assert cli.main(["sweep", "d.toml", "--dry-run"]) == 0
    printed = capsys.readouterr().out
    for said in ("a small one", "3 (grid)", "runs            18", "consumer-months 21,600", "in results/d/"):
        assert said in printed
    assert [path.name for path in tmp_path.iterdir()] == ["d.toml"]


def test_sweep_goes_on_and_ends_where_nothing_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    write_design()
    assert cli.main(["sweep", "d.toml", "--workers", "2"]) == 0
    printed = capsys.readouterr()
    assert "18 runs: 3 points, 2 scenarios, 3 replications; 5 numbers kept of each" in printed.err
    assert "18 of 18 runs have finished in results/d/ (18 now" in printed.out
    table = pd.read_parquet("results/d/measures")
    assert len(table) == 18 * 5
    before = bytes_of(Path("results/d"))
    assert cli.main(["sweep", "d.toml"]) == 0
    assert "(0 now" in capsys.readouterr().out
    assert bytes_of(Path("results/d")) == before
    shares = table[table["measure"] == "share"].groupby(["point", "replication", "scenario"], observed=True)
    assert shares["value"].sum().to_numpy() == pytest.approx(100.0)


def test_a_run_over_its_time_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    write_design(months=60)
    assert cli.main(["sweep", "d.toml", "--time-limit", "0.001"]) == 1
    printed = capsys.readouterr()
    assert printed.err.splitlines()[-1].startswith("walled-garden: 18 runs failed; why stands in results/d/")
    assert cli.main(["sweep", "d.toml", "--retry-failed", "--time-limit", "100"]) == 0
    assert "18 of 18 runs have finished in results/d/ (18 now" in capsys.readouterr().out


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_by_a_signal(
    number: int, status: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "COMMIT_SECONDS", 0.02)
    write_design(months=30, more="era = [1.0, 0.5]\ndeal_months = [6, 12, 24]")

    def signal_us() -> None:
        while not list(Path("x").glob("segments/*.arrow")):
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    threading.Thread(target=signal_us, daemon=True).start()
    try:
        ended = cli.main(["sweep", "d.toml", "--out", "x"])
    except SystemExit as stop:
        ended = int(str(stop.code))
    assert ended == status
    told = capsys.readouterr().err
    last = told.splitlines()[-1]
    assert last.startswith("walled-garden: interrupted; ")
    assert "of 108 runs are safe in x; the same command goes on" in last
    assert json.loads(Path("x/manifest.json").read_text())["sessions"][0]["ended"] == "interrupted"


@pytest.mark.slow
def test_kill_the_command_and_run_it_again() -> None:
    write_design(months=20, more="era = [1.0, 0.5]\ndeal_months = [6, 12, 24]")
    kills = 0
    for wanted in range(1, 4):
        process = start("d.toml", "--out", "killed")
        wait_for_segments(Path("killed"), process, wanted)
        process.kill()
        process.communicate(timeout=60)
        kills += process.returncode == -signal.SIGKILL
    assert kills >= 2
    done = start("d.toml", "--out", "killed")
    assert done.wait(timeout=100) == 0
    undisturbed = start("d.toml", "--out", "undisturbed", "--workers", "1")
    assert undisturbed.wait(timeout=100) == 0
    assert bytes_of(Path("killed")) == bytes_of(Path("undisturbed"))
    plan = Plan(read_design(Path("d.toml")))
    assert len(pd.read_parquet("killed/measures")) == len(plan) * len(plan.places)


def test_the_second_of_two_says_what_is_going_on(capsys: pytest.CaptureFixture[str]) -> None:
    write_design()
    with store.open_store(Path("x"), Plan(read_design(Path("d.toml")))):
        assert cli.main(["sweep", "d.toml", "--out", "x"]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"walled-garden: 'x' is being filled by process {os.getpid()} on ")

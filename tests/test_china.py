"""The one-to-one run: killed, it goes on to the same bytes; what stands in its way is one line."""

import json
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.cli import main
from experiments.one_to_one import running, settings
from experiments.one_to_one.settings import OneToOne, every_line
from experiments.one_to_one.summary import summarise
from model import checkpoint
from model.market import MobileMarket
from model.observations import load_observations
from model.people import rows_by_province
from model.schemas import OPERATORS
from tests import killed_china
from tests.killed_china import ASKED


def tables_in(folder: Path) -> dict[str, bytes]:
    found = {path.name: path.read_bytes() for path in folder.glob("*.parquet")}
    assert len(found) == 10
    return found


def nothing_beside(folder: Path) -> None:
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(folder.name)] == [
        folder.name
    ]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("china") / "undisturbed"
    assert main(["china", *ASKED, "--checkpoint-every", "0", "--out", str(folder)]) == 0
    nothing_beside(folder)
    return tables_in(folder)


@pytest.mark.slow
def test_killed_at_every_step(undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    command = [sys.executable, killed_china.__file__, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    kills = int(re.findall(r"kills: (\d+)", done.stdout)[0])
    assert kills >= 40
    finished = [path for path in tmp_path.iterdir() if not path.name.startswith(".")]
    assert len(finished) >= 20
    for folder in finished:
        assert tables_in(folder) == undisturbed


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Real commands, killed from outside, with two threads and one."""
    asked = ["--consumers", "1000000", "--months", "40"]
    assert main(["china", *asked, "--out", str(tmp_path / "undisturbed")]) == 0
    folder, luck = tmp_path / "killed", random.Random(5)
    for attempt in range(3):
        words = [*asked, "--checkpoint-every", "1", "--threads", str(1 + attempt % 2), "--out", str(folder)]
        command = [sys.executable, "-m", "experiments.china", *words]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            while not process.stderr.readline().startswith("month"):  # it is about to begin, or to go on
                assert process.poll() is None
            time.sleep(luck.uniform(0.2, 1.0))
            process.kill()
        assert process.returncode == -signal.SIGKILL  # it takes longer than that
    assert main(["china", *asked, "--out", str(folder)]) == 0
    assert tables_in(folder) == tables_in(tmp_path / "undisturbed")
    nothing_beside(folder)


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """Return the results folder of a run that was stopped after month 3, with its checkpoints beside it."""
    folder = tmp_path / "stopped"
    asked = OneToOne(consumers=2000, months=5)
    market = MobileMarket("history", 2000, 5, rng=1)
    for _ in range(3):
        market.step()
        if market.month != 2:
            notes = {"settings": asked.identity(), "seconds": 100.0}
            checkpoint.save(market, running.checkpoints_of(folder), notes)
    return folder


def complaint(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Return the one line a command complains with."""
    assert main(["china", *map(str, words)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_goes_on_from_the_last_checkpoint(stopped: Path, undisturbed: dict[str, bytes]) -> None:
    assert main(["china", *ASKED, "--out", str(stopped)]) == 0
    assert tables_in(stopped) == undisturbed
    manifest = json.loads((stopped / "manifest.json").read_text())
    assert manifest["went_on_from_month"] == 3
    assert manifest["duration_seconds"] > 100
    assert manifest["peak_memory_bytes"] > 1e7
    nothing_beside(stopped)


def test_fresh_begins_anew(stopped: Path, undisturbed: dict[str, bytes]) -> None:
    assert main(["china", *ASKED, "--fresh", "--out", str(stopped)]) == 0
    assert tables_in(stopped) == undisturbed
    assert json.loads((stopped / "manifest.json").read_text())["went_on_from_month"] == 0


def test_a_damaged_checkpoint(
    stopped: Path, undisturbed: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = running.checkpoints_of(stopped) / "month-003.checkpoint"
    damaged.write_bytes(damaged.read_bytes()[:-1000])
    line = complaint(capsys, *ASKED, "--out", stopped)
    assert "month-003.checkpoint is damaged" in line
    assert "goes on from month-001.checkpoint" in line
    assert not stopped.exists()
    damaged.unlink()
    assert main(["china", *ASKED, "--out", str(stopped)]) == 0
    assert tables_in(stopped) == undisturbed


def test_another_runs_checkpoint(stopped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = complaint(capsys, *ASKED, "--seed", 2, "--set", "lock_in=1", "--out", stopped)
    assert "another run (other seed, parameters); allowed: --fresh" in line


def test_another_codes_checkpoint(
    stopped: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = checkpoint.code_versions()
    monkeypatch.setattr(checkpoint, "code_versions", lambda: ours | {"rules and data": "0"})
    line = complaint(capsys, *ASKED, "--out", stopped)
    assert "written by other rules and data" in line
    assert "--fresh" in line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--scenario", "hstory"], "did you mean 'history'"),
        (["--consumers", "309"], "from 310 to"),
        (["--months", "241"], "from 1 to 240"),
        (["--threads", "0"], "threads = 0: allowed"),
        (["--checkpoint-every", "61"], "from 0 to 60"),
        (["--pricing", "free"], "observed, bertrand"),
        (["--set", "lock_inn=1"], "did you mean 'lock_in'"),
        (["--set", "lock_in"], "name=value"),
    ],
)
def test_mistakes(
    words: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in complaint(capsys, *words)
    assert not list(tmp_path.iterdir())


def test_too_little_disk_or_memory_is_said_first(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    usage = type("Usage", (), {"free": 1_000_000})
    monkeypatch.setattr(settings.shutil, "disk_usage", lambda _: usage)
    assert "--checkpoint-every 0" in complaint(capsys, *ASKED, "--out", out)
    monkeypatch.setattr(settings, "bytes_a_row", lambda: 10**9)
    assert re.search(r"GB of memory.*--consumers up to \d+ here", complaint(capsys, *ASKED, "--out", out))
    assert not list(tmp_path.iterdir())


def test_a_full_disk_on_the_way(
    stopped: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "_write_block", full)
    assert main(["china", *ASKED, "--out", str(stopped)]) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert "cannot write the checkpoint of month 4: No space left on device; month 3 is safe" in line
    assert not stopped.exists()


def test_two_at_once(stopped: Path) -> None:
    folder = running.checkpoints_of(stopped)
    with running.alone_in(folder):
        words = [sys.executable, "-m", "experiments.china", *ASKED, "--out", str(stopped)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 2
    assert "is being filled by" in done.stderr


# ---- every mobile user --------------------------------------------------------------------------


def test_everybody_is_a_row_each() -> None:
    """As many rows as the three operators published lines, and one real line a row in every province."""
    observed = load_observations()
    for months, day in ((48, "2012-12-31"), (60, "2013-12-31")):
        series = observed.series
        published = series[series["date"] == pd.Timestamp(day)]["lines_million"].sum()
        rows = OneToOne(months=months).rows
        assert rows == pytest.approx(published * 1e6, abs=1)
        sizes = rows_by_province(observed.lines[:, months], rows)
        assert sizes.sum() == rows
        assert np.abs(observed.lines[:, months] * 1e6 / sizes - 1).max() < 2e-5


def test_summary_by_hand() -> None:
    months = 14
    frame = pd.DataFrame(
        {
            "month": np.repeat(np.arange(1, months + 1), 3),
            "date": np.repeat(pd.date_range("2009-01-31", periods=months, freq="ME"), 3),
            "operator": list(OPERATORS) * months,
            "lines": [500e6, 200e6, 100e6] * months,
            "share": [0.625, 0.25, 0.125] * months,
            "lines_3g": np.arange(3 * months) * 1e6,
            "profit_rmb": [10.0, 1.0, -2.0] * months,
        }
    )
    found = summarise(frame)
    assert found["month"].tolist() == [12] * 3 + [14] * 3
    assert found["profit_rmb"].tolist() == [120, 12, -24, 20, 2, -4]
    assert found["lines_3g"].tolist()[:3] == [33e6, 34e6, 35e6]
    seen = found[found["month"] == 12].set_index("operator")
    published = load_observations().series
    published = published[published["date"] == pd.Timestamp("2009-12-31")].set_index("operator")
    for name in OPERATORS:
        assert seen.loc[name, "lines_observed"] == published.loc[name, "lines_million"] * 1e6
    assert seen["share_observed"].sum() == pytest.approx(1)


def test_every_line_follows_the_last_month() -> None:
    assert every_line(48, 1.35) < every_line(60, 1.35) < every_line(72, 1.35) < every_line(72, 1.5)
    assert OneToOne(consumers=500).rows == 500
    assert OneToOne(consumers=500).command() == "walled-garden china --consumers 500"


def test_pace_counts_what_this_process_lived_through() -> None:
    stand = running.Stand(month=30, months=60, rows=1000, began_at=20, seconds=4.0)
    assert stand.pace == 2500


def test_after_the_data_nothing_is_observed(tmp_path: Path) -> None:
    assert main(["china", "--consumers", "400", "--months", "62", "--out", str(tmp_path / "late")]) == 0
    summary = pd.read_parquet(tmp_path / "late" / "summary.parquet").set_index("month")
    assert summary.loc[62, ["lines_observed", "share_observed", "lines_3g_observed"]].isna().all(axis=None)
    assert summary.loc[60, "lines_3g_observed"].notna().all()
    assert (summary.loc[62, "lines"] > 0).all()

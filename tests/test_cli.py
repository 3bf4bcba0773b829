"""The command: one line for every mistake, and results that appear whole or not at all."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from experiments import answers, cli, terminal
from experiments.compare import ComparisonResult
from experiments.settings import Comparison
from model.scenarios import load_scenario

TINY = ["--consumers", "400", "--months", "3", "--replications", "2"]
PAIR = ["--scenario", "closed", "--against", "open"]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out figures and page, which have their own tests and take seconds."""
    monkeypatch.setattr("experiments.figures.draw_all", lambda result, folder: [])
    monkeypatch.setattr("experiments.report.write_page", lambda *given: given[-1].write_text("p"))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compare", "--scenario", "closd", "--against", "open"], "did you mean 'closed'?"),
        (["compare", "--scenario", "closed"], "--against is missing"),
        (["compare", "--against", "closed"], "--scenario is missing"),
        (["compare", "--scenario", "no/such.toml", "--against", "open"], "no/such.toml"),
        (["compare", "--set", "lock_inn=1"], "did you mean 'lock_in'? allowed: those that"),
        (["compare", "--set", "lock_in=99"], "allowed: 0 to 10"),
        (["compare", "--set", "lock_in=much"], "allowed: 0 to 10"),
        (["compare", "--set", "lock_in=nan"], "allowed: a finite number"),
        (["compare", "--set", "lock_in"], "write it as name=value"),
        (["compare", "--set", "lock_in=1", "--set", "lock_in=2"], "set twice"),
        (["compare", "--consumers", "0"], "allowed: a whole number from 310"),
        (["compare", "--consumers", "-5"], "allowed: a whole number from 310"),
        (["compare", "--consumers", "many"], "allowed: a whole number from 310"),
        (["compare", "--consumers", "1e4"], "allowed: a whole number from 310"),
        (["compare", "--months", "241"], "from 1 to 240 (the data end with month 60"),
        (["compare", "--months", "0"], "from 1 to 240"),
        (["compare", "--replications", "1"], "from 2 to 100000 (an interval needs two)"),
        (["compare", "--seed", "-1"], "seed = -1: allowed: a whole number from 0"),
        (["compare", "--workers", "0"], "workers = 0: allowed: a whole number from 1"),
        (["compare", "--months"], "requires an argument"),
        (["compare", "--replication", "3"], "Did you mean"),
        (["compare", "--colour", "red"], "allowed: --scenario, --against, --consumers"),
        (["compare", "closed", "open"], "unexpected extra arguments (closed open)"),
        (["compare", "--out", "file"], "is a file; allowed: a new or empty folder"),
        (["compare", "--out", "file/below"], "'file/below'"),
        (["compare", "--out", "full"], "not empty and holds no results"),
        (["compare", "--out", ""], "is the working directory"),
        (["compare", "--out", "/proc/results"], "cannot write results to '/proc/results'"),
        (["compare", "--out", "x" * 300], "File name too long"),
        (["compair"], "allowed: assumptions, cash, closed-vs-open, compare, compile, era"),
        (["--colour"], "allowed: assumptions, cash, closed-vs-open, compare, compile, era"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("mine too")
    before = bytes_of(tmp_path)
    assert cli.main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("walled-garden: ")
    assert printed.err.count("\n") == 1
    assert said in printed.err
    assert bytes_of(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full"]


@pytest.mark.parametrize("arguments", [[], ["--help"], ["compare", "--help"]])
def test_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 0
    assert "Usage: walled-garden" in capsys.readouterr().out


def test_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["scenarios"]) == 0
    assert "incumbent_closed" in capsys.readouterr().out
    assert cli.main(["parameters"]) == 0
    assert "discount_rate" in capsys.readouterr().out


def test_compare_writes_everything_and_says_where(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ["compare", *TINY, "--seed", "0", "--set", "lock_in=0.5", "--workers", "1"]
    assert cli.main(arguments) == 0
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.name == "closed-vs-open-n400-m3-r2-seed0-lock_in-0.5"
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1].endswith(f"results/{folder.name}/index.html")
    assert "12 of 12" in printed.err or "8 of 8" in printed.err
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["command"].endswith("--replications 2 --seed 0 --set lock_in=0.5")
    assert {*manifest["files"], "manifest.json"} == set(bytes_of(folder))
    assert any(name.startswith("figures/") for name in manifest["files"])
    differences = pd.read_parquet(folder / "differences.parquet")
    assert list(differences["comparison"].unique()) == [
        "closed - open",
        "incumbent_closed - history",
        "incumbent_closed - open",
    ]
    for name in ("operators", "platforms", "market", "payments", "tariffs", "ledger"):
        table = pd.read_parquet(folder / f"{name}.parquet")
        assert list(table.columns[:3]) == ["scenario", "replication", "month"]
    page = (folder / "index.html").read_text()
    assert "Everybody closed" in page


@pytest.mark.usefixtures("undrawn")
def test_same_seed_same_bytes_whatever_the_workers(tmp_path: Path) -> None:
    for workers in ("1", "2"):
        assert cli.main(["compare", *PAIR, *TINY, "--workers", workers, "--out", workers]) == 0
    one, two = bytes_of(tmp_path / "1"), bytes_of(tmp_path / "2")
    assert one.keys() == two.keys()
    tables = [name for name in one if name.endswith(".parquet")]
    assert len(tables) >= 7
    assert all(one[name] == two[name] for name in tables)
    assert cli.main(["compare", *PAIR, *TINY, "--seed", "2", "--workers", "1", "--out", "3"]) == 0
    assert bytes_of(tmp_path / "3")["operators.parquet"] != one["operators.parquet"]


@pytest.mark.usefixtures("undrawn")
def test_same_run_replaces_itself_and_another_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = ["compare", *PAIR, *TINY, "--workers", "1", "--out", "out"]
    assert cli.main(again) == 0
    first = bytes_of(tmp_path / "out")
    assert cli.main(again) == 0
    assert bytes_of(tmp_path / "out").keys() == first.keys()
    before = bytes_of(tmp_path / "out")
    capsys.readouterr()
    assert cli.main([*again, "--seed", "8"]) == 2
    assert "already holds another run (with 1 seed, not 8)" in capsys.readouterr().err
    assert bytes_of(tmp_path) == {f"out/{name}": content for name, content in before.items()}


def test_failure_while_drawing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(result: ComparisonResult, folder: Path) -> None:
        (folder / "half.svg").write_text("half")
        raise OSError("No space left on device")

    monkeypatch.setattr("experiments.figures.draw_all", fail)
    assert cli.main(["compare", *PAIR, *TINY, "--workers", "1", "--out", "out"]) == 1
    assert "No space left" in capsys.readouterr().err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_failed_run_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(run: object) -> None:
        raise ZeroDivisionError("a line\nand another")

    monkeypatch.setattr("experiments.runner.run_one", fail)
    assert cli.main(["compare", *PAIR, *TINY, "--workers", "1", "--out", "out"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("walled-garden: scenario 'closed', replication 0")
    assert last.endswith("ZeroDivisionError: a line and another")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_a_killed_command_leaves_nothing(number: int, status: int, tmp_path: Path) -> None:
    endless = ["compare", *PAIR, "--replications", "9000", "--workers", "2", "--out", "out"]
    command = [sys.executable, "-c", "from experiments.cli import main; exit(main())", *endless]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment())
    time.sleep(3)
    process.send_signal(number)
    _, errors = process.communicate(timeout=150)  # ends when the workers, who share it, have ended
    assert process.returncode == status
    assert "Traceback" not in errors
    if number == signal.SIGINT:
        assert errors.splitlines()[-1] == "walled-garden: interrupted; nothing half-written is left"
    assert list(tmp_path.iterdir()) == []


def test_the_command_itself(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from experiments.cli import main; exit(main())", "compare"]
    done = subprocess.run(
        [*command, *PAIR, *TINY, "--out", "out"], capture_output=True, text=True, env=environment()
    )
    assert done.returncode == 0, done.stderr
    assert "Staying closed, like its rivals, would have" in done.stdout.replace("\n", " ")
    assert (tmp_path / "out" / "index.html").stat().st_size > 10_000
    refused = subprocess.run(
        [*command, *TINY, "--out", "out"], capture_output=True, text=True, env=environment()
    )
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert refused.stdout == ""


def environment() -> dict[str, str]:
    checkout = str(Path(cli.__file__).parent.parent)
    return {**os.environ, "PYTHONPATH": checkout}


@pytest.mark.parametrize(
    ("mean", "low", "high", "words"),
    [
        (
            -12.3e9, -14.5e9, -10.1e9,
            "would have cost China Mobile 12.3 bn RMB (95 % interval 10.1 to 14.5; 20 paired "
            "replications)",
        ),
        (
            12.3e9, 10.1e9, 14.5e9,
            "would have earned China Mobile 12.3 bn RMB (95 % interval 10.1 to 14.5; 20 paired "
            "replications)",
        ),
        (-0.3e9, -1.2e9, 0.6e9, "would have made no measurable difference to China Mobile: −0.3"),
        (0.0, 0.0, 0.0, "would have made no difference to China Mobile, the same in each of 20"),
        (float("nan"),) * 3 + ("has an effect on China Mobile that is not defined",),
    ],
)  # fmt: skip
def test_words_follow_the_interval(mean: float, low: float, high: float, words: str) -> None:
    assert answers.describe_effect(mean, low, high, 20).startswith(words)


@pytest.mark.parametrize(
    ("a", "b", "opening"),
    [
        ("closed", "open", "Staying closed, like its rivals, would"),
        ("open", "closed", "Not staying closed, like its rivals, would"),
        ("incumbent_closed", "open", "Staying closed would"),
        ("open", "incumbent_closed", "Not staying closed would"),
        ("incumbent_closed", "history", "Staying closed, while its rivals change as well, would"),
        ("open", "exclusive", '"Everybody open" instead of "'),
        ("closed", "incumbent_closed", '"Everybody closed" instead of "China Mobile closed, '),
        ("two_g", "open", '"'),
    ],
)
def test_subject_is_what_differs(a: str, b: str, opening: str) -> None:
    row = {"measure": "profit_discounted", "actor": "china_mobile", "replications": 20}
    table = pd.DataFrame([{**row, "mean": 3e9, "low": 1e9, "high": 5e9}])
    last_day = pd.Timestamp(datetime(2013, 12, 31))
    text = answers.answer(load_scenario(a), load_scenario(b), table, last_day)
    assert text.startswith(opening)
    assert "of discounted profit by December 2013" in text
    assert "\n" not in text


def test_printed_table_has_the_numbers(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    row: dict[str, object] = {"comparison": "a - b", "measure": "profit", "actor": "alipay", "unit": "rmb"}
    row |= {"mean": 2e9, "low": 1e9, "high": 3e9, "sd": 1.0, "replications": 20}
    differences = pd.DataFrame([{**row, "mean_a": 6e9, "mean_b": 4e9, "variance_reduction": 9.0}])
    result = ComparisonResult(
        (Comparison("a - b", "a", "b"),), {}, {}, {"differences": differences}, ("Yes.",), ("But.",)
    )
    terminal.print_result(result)
    wide = capsys.readouterr().out
    for words in ("a less b", "20 replications", "Alipay", "6.00", "4.00", "+2.00 bn RMB", "Yes."):
        assert words in wide
    monkeypatch.setattr(terminal, "PLAIN_WIDTH", 80)
    terminal.print_result(result)
    narrow = capsys.readouterr().out
    assert "+2.00 bn RMB" in narrow
    assert "6.00" not in narrow
    assert max(len(line) for line in narrow.splitlines()) <= 80

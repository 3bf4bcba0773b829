"""`walled-garden verify`: the table says what the cases found, and the exit status whether all agree."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments import cli, verify
from experiments.verification import cases
from experiments.verification.checks import Case, Check, Findings, Panel, dots, exact, line

GOOD = exact("a number, RMB", 2.0, 2.0)
BAD = Check("another, utils", 1.0, 1.5, 0.1, 4.0, "12 seeds")
PANEL = Panel("Both", "x", "y", (line("theory", [0, 1], [0, 1]), dots("model", [0.5], [0.5], [0.1])))


class Stand:
    """Modules of made-up cases in the place of the real ones."""

    def __init__(self, **found: Any) -> None:
        self.found = found

    def case_of(self, key: str) -> Case:
        def run(seed: int) -> Findings:
            if isinstance(self.found[key], Exception):
                raise self.found[key]
            return Findings(self.found[key], (PANEL,))

        return Case(key, f"Title of {key}", "x = y", "a book", run)


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Any:
    def put(**found: Any) -> None:
        made = Stand(**found)
        for module in (verify, cases):
            monkeypatch.setattr(module, "case_of", made.case_of)
        monkeypatch.setattr(cases, "MODULES", dict.fromkeys(found, ""))

    return put


def test_all_agree(stand: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stand(first=(GOOD,), second=(GOOD, exact("c", 1.0, 1.0)))
    assert cli.main(["verify", "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert "All 3 checks of 2 cases agree with theory" in out
    assert "first (1)" in out
    assert "second (2)" in out
    assert "DISAGREES" not in out


def test_one_that_disagrees_is_shown_and_ends_with_1(stand: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stand(first=(GOOD,), second=(GOOD, BAD))
    assert cli.main(["verify", "--workers", "1"]) == 1
    printed = capsys.readouterr()
    assert "another, utils" in printed.out
    assert "5.00 of 4.0" in printed.out
    assert "DISAGREES" in printed.out
    assert printed.err.splitlines()[-1] == "walled-garden: the model disagrees with theory in second"


def test_a_case_that_breaks_down_leaves_the_others(stand: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stand(first=ValueError("no such thing"), second=(GOOD,))
    assert cli.main(["verify", "--workers", "1"]) == 1
    out = capsys.readouterr().out
    assert "ValueError: no such thing" in out
    assert "second (1)" in out


def test_every_check_is_shown_when_asked(stand: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stand(first=(GOOD, exact("c", 1.0, 1.0)))
    for arguments, shown in (([], 1), (["--all"], 2)):
        assert cli.main(["verify", "--workers", "1", *arguments]) == 0
        assert capsys.readouterr().out.count("agrees") == shown


def test_the_report_holds_every_check_and_a_figure_a_case(stand: Any, tmp_path: Path) -> None:
    stand(first=(GOOD,), second=(GOOD, BAD))
    out = tmp_path / "verified"
    assert cli.main(["verify", "--workers", "1", "--seed", "4", "--out", str(out)]) == 1
    checks = pd.read_csv(out / "checks.csv")
    assert list(checks["case"]) == ["first", "second", "second"]
    assert list(checks["passed"]) == [True, True, False]
    assert checks["distance"].to_list() == pytest.approx([0, 0, 5])
    page = (out / "cases.md").read_text()
    assert "## Title of second" in page
    assert "does not agree" in page
    for key in ("first", "second"):
        assert f"figures/{key}.svg" in page
        assert (out / "figures" / f"{key}.svg").read_text().startswith("<?xml")
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["settings"] == {"cases": ["first", "second"], "seed": 4}
    assert manifest["command"] == "walled-garden verify --case first --case second --seed 4"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--case", "bertrant"], "unknown case 'bertrant': did you mean 'bertrand'? allowed: logit, "),
        (["--seed", "-1"], "seed = -1: allowed: a whole number from 0 to"),
        (["--workers", "0"], "workers = 0: allowed"),
        (["--out", "taken"], "is not empty and holds no results"),
    ],
)
def test_bad_input(
    arguments: list[str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    assert cli.main(["verify", *arguments]) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["mine.txt", "taken"]


@pytest.mark.slow
def test_the_seed_decides_the_numbers_and_workers_do_not() -> None:
    found = [
        verify.check_table(
            verify.verify(verify.Verification(("logit", "bertrand"), seed), workers, lambda *_: None)
        )
        for seed, workers in ((1, 1), (1, 2), (2, 1))
    ]
    pd.testing.assert_frame_equal(found[0], found[1])
    assert (found[0]["model"] != found[2]["model"]).any()

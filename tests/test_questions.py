"""The questions with a design of their own: each design can be run, and its command answers it."""

import runpy
import sys
from pathlib import Path

import pytest

from experiments import cli, questions
from experiments.outcomes import ACTORS
from experiments.questions import QUESTIONS, Question
from experiments.sweeps.plan import Plan
from experiments.sweeps.reading import read_design
from model.parameters import Parameters

SMALL = (("consumers = ", "consumers = 310\nmonths = 3\n#"), ("replications = ", "replications = 2\n#"))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_design_holds_what_is_looked_at(question: Question) -> None:
    design = read_design(question.design)
    assert design.title == question.asks.splitlines()[0]
    factor, word = question.look.get("plot") or (None, question.look.get("sensitivity"))
    measure, actor = word.split(":")
    assert measure in design.measures.outcomes
    assert actor in ACTORS[measure]
    assert factor is None or factor in [one.name for one in design.factors]
    assert 100 <= len(Plan(design)) <= 3000  # minutes, not hours


def test_assumptions_are_varied_over_their_plausible_ranges() -> None:
    factors = read_design(questions.ASSUMPTIONS.design).factors
    about = Parameters.fields()
    assert len(factors) >= 20
    for factor in factors:
        assert (factor.low, factor.high) == pytest.approx(about[factor.name]["plausible"], abs=1e-6)


@pytest.fixture
def small_designs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make every design small, and work in an empty folder."""
    for question in QUESTIONS:
        text = question.design.read_text()
        for old, new in SMALL:
            assert old in text
            text = text.replace(old, new)
        text = text.replace("trajectories = 12", "trajectories = 2")
        (tmp_path / question.design.name).write_text(text)
    monkeypatch.setattr(questions, "DESIGNS", tmp_path)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_a_question_is_a_command(small_designs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cash", "--workers", "1"]) == 0
    said = capsys.readouterr().out
    assert "all 28 have finished" in said
    made = {path.name for path in (small_designs / "results" / "cash-results").iterdir()}
    name = "profit_discounted-china_mobile-along-outlet_commission"
    assert made == {f"{name}.svg", f"{name}.png", "levels.csv", "differences.csv"}
    assert cli.main(["cash", "--workers", "1"]) == 0  # goes on, and nothing is left
    assert "(0 now" in capsys.readouterr().out


def test_a_dry_run_of_a_question_writes_nothing(small_designs: Path) -> None:
    assert cli.main(["assumptions", "--dry-run"]) == 0
    assert not list(small_designs.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["era", "assumptions", "lock_in"])
def test_a_question_is_a_script(
    name: str, small_designs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [name, "--out", "kept"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"experiments.{name}", run_name="__main__")
    assert ended.value.code == 0
    assert "have finished" in capsys.readouterr().out
    assert list((small_designs / "kept-results").glob("*.svg"))


def test_closed_vs_open_is_compare(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["closed-vs-open", "--scenario", "closed"]) == 2
    first = capsys.readouterr().err
    assert cli.main(["compare", "--scenario", "closed"]) == 2
    assert capsys.readouterr().err == first


def test_the_fit_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fit-history", "--rounds", "0", "--consumers", "1000", "--replications", "1"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1].split()[0] == "60"
    assert cli.main(["fit-history", "--consumers", "3"]) == 2

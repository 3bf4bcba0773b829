"""`compare --until-halfwidth`: as many replications as an interval needs, whatever the workers."""

from pathlib import Path

import pytest

from experiments import cli
from experiments.compare import compare
from experiments.settings import Settings
from experiments.store import default_folder
from model.errors import InputError

SMALL = Settings(
    pairs=(("closed", "open"),), consumers=310, months=8, replications=40, until_halfwidth=2.5e8, seed=3
)


def silent(done: int, total: int) -> None:
    assert 0 <= done <= total


def incumbents(result: object) -> dict[str, float]:
    rows = result.tables["differences"]  # type: ignore[attr-defined]
    (row,) = rows.query("measure == 'profit_discounted' and actor == 'china_mobile'").to_dict("records")
    return row


def test_stops_when_the_interval_is_narrow_enough_and_is_a_plain_comparison_of_as_many() -> None:
    result = compare(SMALL, 1, silent)
    row = incumbents(result)
    n = int(row["replications"])
    assert 10 <= n <= 40
    assert row["high"] - row["mean"] <= 2.5e8 or n == 40
    assert "Replications were added" in result.caveats[0] or n == 40
    plain = compare(Settings(pairs=SMALL.pairs, consumers=310, months=8, replications=n, seed=3), 1, silent)
    for name, table in plain.tables.items():
        assert table.equals(result.tables[name]), name


def test_says_when_the_most_was_not_enough() -> None:
    few = Settings(pairs=SMALL.pairs, consumers=310, months=8, replications=3, until_halfwidth=1.0)
    result = compare(few, 1, silent)
    assert incumbents(result)["replications"] == 3
    assert result.caveats[0].startswith("After the most replications allowed, 3,")


@pytest.mark.slow
def test_workers_change_nothing() -> None:
    one, two = (compare(SMALL, workers, silent) for workers in (1, 2))
    for name, table in one.tables.items():
        assert table.equals(two.tables[name]), name


def test_settings_say_so() -> None:
    assert "--until-halfwidth 2.5e+08" in SMALL.command()
    assert "until-2.5e" in str(default_folder(SMALL))
    assert "until_halfwidth" not in Settings().identity()
    assert SMALL.identity()["until_halfwidth"] == 2.5e8
    for wrong in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="allowed: above 0"):
            Settings(until_halfwidth=wrong).check()


def test_wrong_halfwidth_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compare", "--until-halfwidth", "0", "--out", str(tmp_path / "x")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "x").exists()

"""What a sweep came to: against the runs worked out by hand, complete and not."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_sweep import DESIGN, PARTS_OF, bytes_of, threads
from works import arithmetic, sometimes_raises

from experiments import cli
from experiments.inference import paired_difference
from experiments.results.loading import StoreReader, read_store
from experiments.results.summary import respond, summarise
from experiments.sweeps import store
from experiments.sweeps.design import Design, Kept
from experiments.sweeps.factors import Factor
from experiments.sweeps.machine import run_sweep
from experiments.sweeps.plan import Key, Plan
from experiments.sweeps.tasks import Task
from model.errors import RunError

GRID = Design(
    factors=(Factor("lock_in", levels=(0, 1, 2)), Factor("era", levels=(0.0, 1.0))),
    replications=4,
    measures=Kept(outcomes=("profit_discounted", "share_3g", "welfare")),
)


def hand(task: Task) -> np.ndarray:
    """Return luck shared by scenarios, plus what lock-in adds where China Mobile is closed."""
    luck = np.random.default_rng(task.seed).normal(0, 5, size=8)
    return luck + (
        2.0 * task.parameters["lock_in"] + task.replication if task.scenario.name == "closed" else 0
    )


def stop_after(runs: int):
    def progress(finished: int, total: int, failed: int) -> None:
        if finished >= runs:
            raise KeyboardInterrupt

    return progress


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return stores: whole, with failures, and stopped on the way."""
    folder = tmp_path_factory.mktemp("stores")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "RUNS_PER_PART", PARTS_OF)
        patch.setattr(store, "COMMIT_SECONDS", 0.0)
        run_sweep(GRID, folder / "grid", open_executor=threads, work=hand)
        run_sweep(DESIGN, folder / "failing", open_executor=threads, work=sometimes_raises)
        with pytest.raises(KeyboardInterrupt):
            run_sweep(
                DESIGN, folder / "partial", open_executor=threads, room=3, work=arithmetic,
                progress=stop_after(77),
            )  # fmt: skip
    return {name: folder / name for name in ("grid", "failing", "partial")}


def all_values(reader: StoreReader) -> tuple[np.ndarray, np.ndarray]:
    chunks = list(reader.chunks())
    return np.concatenate([c.values for c in chunks]), np.concatenate([c.finished for c in chunks])


@pytest.mark.parametrize("at_a_time", [1, 2**22])
@pytest.mark.parametrize("name", ["failing", "partial"])
def test_reads_every_run_that_has_finished(
    made: dict[str, Path], name: str, at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.results.loading.VALUES_AT_A_TIME", at_a_time)
    reader, plan = read_store(made[name]), Plan(DESIGN)
    values, finished = all_values(reader)
    assert finished.sum() == reader.finished - reader.failed
    for point, replication, scenario in np.argwhere(finished):
        expected = arithmetic(plan.task(plan.number(Key(point, replication, scenario))))
        assert np.array_equal(values[point, replication, scenario], expected)


def test_counts(made: dict[str, Path]) -> None:
    failing, partial = read_store(made["failing"]), read_store(made["partial"])
    assert (failing.finished, failing.failed, failing.is_complete) == (140, 14, True)
    assert 70 <= partial.finished < 140
    assert not partial.is_complete
    assert partial.loose  # some runs are in segments only
    assert partial.parts


def test_summary_by_hand(made: dict[str, Path]) -> None:
    reader = read_store(made["grid"])
    found = summarise(reader, range(len(reader.places)))
    rows = found.differences.query("measure == 'profit_discounted' and actor == 'china_mobile'")
    # Closed adds 2 lock_in + 0, 1, 2, 3 by replication: mean 1.5, sd 1.2909944, t(0.975; 3) = 3.1824463.
    assert rows["mean"].tolist() == pytest.approx([1.5, 1.5, 3.5, 3.5, 5.5, 5.5])
    assert (rows["high"] - rows["mean"]).to_numpy() == pytest.approx(3.1824463 * 1.2909944 / 2, abs=1e-6)
    assert (rows["low_bootstrap"] < rows["mean"]).all()
    assert (rows["low_bootstrap"] >= rows["mean"] - 1.5).all()
    values, _ = all_values(reader)
    expected = paired_difference(values[2, :, 0, 0], values[2, :, 1, 0])
    assert rows["variance_reduction"].iloc[2] == pytest.approx(expected.variance_reduction)
    assert not len(found.levels.query("measure == 'welfare'"))
    level = found.levels.query("point == 4 and scenario == 'open' and measure == 'share_3g'").iloc[0]
    assert level["mean"] == pytest.approx(values[4, :, 1, 4].mean())


def test_only_pairs_of_which_both_finished_count(made: dict[str, Path]) -> None:
    reader = read_store(made["failing"])
    found = summarise(reader, [0], bootstrap=False).differences
    _, finished = all_values(reader)
    assert found["replications"].tolist() == finished.all(axis=2).sum(axis=1).tolist()
    assert found["replications"].min() < 5


def test_points_of_one_value_are_averaged_within_a_replication(made: dict[str, Path]) -> None:
    response = respond(read_store(made["grid"]), "lock_in", 0, 0, 1)
    assert response.x.tolist() == [0, 1, 2]
    assert response.mean == pytest.approx([1.5, 3.5, 5.5])
    # Two points with the same luck are no eight replications: the interval is that of four.
    assert response.high - response.mean == pytest.approx([3.1824463 * 1.2909944 / 2] * 3, abs=1e-6)


def test_command(made: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = bytes_of(made["grid"])
    words = ["results", str(made["grid"]), "--out", str(tmp_path / "out"), "--export", "csv"]
    assert cli.main([*words, "--plot", "lock_in", "profit_discounted"]) == 0
    said = capsys.readouterr().out
    assert "all 48 have finished" in said
    assert "+1.50 ± 2.05" in said
    exported = pd.read_csv(tmp_path / "out" / "differences.csv")
    assert len(exported) == 6 * 8
    assert exported["lock_in"].tolist()[::8] == [0, 0, 1, 1, 2, 2]
    for form in ("svg", "png"):
        assert (tmp_path / "out" / f"profit_discounted-along-lock_in.{form}").stat().st_size > 10_000
    first = (tmp_path / "out" / "profit_discounted-along-lock_in.svg").read_bytes()
    assert cli.main([*words, "--plot", "lock_in", "profit_discounted"]) == 0
    assert (tmp_path / "out" / "profit_discounted-along-lock_in.svg").read_bytes() == first
    assert bytes_of(made["grid"]) == before


def test_says_that_a_sweep_is_not_complete(
    made: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["results", str(made["partial"]), "--measure", "profit", "--out", str(tmp_path)]
    assert cli.main([*words, "--plot", "lock_in", "market.hhi"]) == 0
    said = capsys.readouterr().out
    assert "NOT COMPLETE" in said
    assert "no run yet" in said
    assert "not complete: " in said


def test_failures_are_counted(made: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["results", str(made["failing"])]) == 0
    assert "14 of them failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--measure", "welfar"], "did you mean 'welfare'"),
        (["--measure", "share_3g:china_mobil"], "did you mean 'china_mobile'"),
        (["--plot", "lockin", "share_3g"], "did you mean 'lock_in'"),
        (["--plot", "lock_in", "share_3"], "did you mean 'share_3g'"),
        (["--export", "cvs"], "did you mean 'csv'"),
    ],
)
def test_wrong_words_are_one_line(
    made: dict[str, Path], words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["results", str(made["grid"]), "--out", str(tmp_path / "out"), *words]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert said in told.err
    assert not (tmp_path / "out").exists()


def test_no_sweep_there(made: dict[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["results", str(made["grid"].with_name("gird"))]) == 2
    assert f"did you mean '{made['grid']}'" in capsys.readouterr().err
    assert cli.main(["results", str(tmp_path)]) == 2
    assert "holds no sweep" in capsys.readouterr().err


def test_a_damaged_part_is_named(
    made: dict[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(made["grid"], tmp_path / "copy"))
    (copy / "measures" / "part-00001.parquet").write_bytes(b"PAR1")
    assert cli.main(["results", str(copy)]) == 1
    told = capsys.readouterr().err
    assert "part-00001.parquet is damaged" in told
    assert told.count("\n") == 1


def flipped(path: Path, place: int) -> None:
    """Turn one byte of a file round."""
    held = bytearray(path.read_bytes())
    held[place] ^= 0xFF
    path.write_bytes(held)


def test_no_flipped_byte_of_a_part_goes_unnoticed(made: dict[str, Path], tmp_path: Path) -> None:
    """Parquet itself notices only some: a flipped byte of a number is just another number."""
    copy = Path(shutil.copytree(made["grid"], tmp_path / "copy"))
    path = copy / "measures" / "part-00000.parquet"
    whole = path.read_bytes()
    for place in range(0, len(whole), 97):
        flipped(path, place)
        with pytest.raises(RunError, match=r"part-00000.parquet is damaged.*remove .*00000.json"):
            all_values(read_store(copy))
        path.write_bytes(whole)


@pytest.mark.parametrize(
    ("file", "held", "said"),
    [
        ("measures/part-00000.parquet", None, "part-00000.parquet is missing; remove"),
        ("points.parquet", b"PAR1", "points.parquet is damaged"),
        ("points.parquet", None, "points.parquet is missing"),
        ("blocks/00000.json", b"{", "00000.json is damaged; remove"),
        ("blocks/00000.json", b"{}", "00000.json is damaged; remove"),
        ("manifest.json", b'{"kind": "sweep"', "manifest.json is damaged"),
        ("manifest.json", b'{"kind": "sweep", "schema_version": 1}', "design is missing"),
    ],
)
def test_any_damage_is_one_line(
    made: dict[str, Path],
    file: str,
    held: bytes | None,
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    copy = Path(shutil.copytree(made["grid"], tmp_path / "copy"))
    (copy / file).unlink() if held is None else (copy / file).write_bytes(held)
    assert cli.main(["results", str(copy)]) == 1
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("where", [".", "measures", "new"])
def test_nothing_is_written_into_a_store(
    made: dict[str, Path], where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["results", str(made["grid"]), "--export", "csv", "--out", str(made["grid"] / where)]
    assert cli.main(words) == 2
    assert "is in the store; allowed: a folder outside" in capsys.readouterr().err
    assert not (made["grid"] / "levels.csv").exists()


@pytest.mark.parametrize(("stand", "folder"), [(".", "."), ("measures", "..")])
def test_a_store_is_named_from_inside_it(
    made: dict[str, Path], stand: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Path(shutil.copytree(made["grid"], tmp_path / "copy"))
    monkeypatch.chdir(copy / stand)
    assert cli.main(["results", folder, "--export", "csv"]) == 0
    assert (tmp_path / "copy-results" / "levels.csv").exists()


def test_a_measure_meant_twice_is_exported_once(made: dict[str, Path], tmp_path: Path) -> None:
    twice = ["--measure", "profit_discounted:china_mobile", "--measure", "profit_discounted"]
    words = ["results", str(made["grid"]), *twice, "--export", "csv", "--out", str(tmp_path)]
    assert cli.main(words) == 0
    assert not pd.read_csv(tmp_path / "differences.csv").duplicated().any()


def test_says_where_one_scenario_has_nothing_to_tell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design = Design(scenarios=("open",), replications=2, measures=Kept(outcomes=("welfare",)))
    run_sweep(design, tmp_path / "store", open_executor=threads, work=lambda task: np.ones(1))
    assert cli.main(["results", str(tmp_path / "store")]) == 0
    assert "Of welfare only differences between scenarios mean" in capsys.readouterr().out

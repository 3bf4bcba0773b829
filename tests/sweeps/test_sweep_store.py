"""The store: read by everybody, checked when opened, never mixed with another sweep's."""

import json
import os
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars
import pytest
from small_sweep import DESIGN, PARTS_OF, bytes_of, threads
from works import arithmetic, sometimes_raises

from experiments.sweeps import integrity, manifest, store
from experiments.sweeps import plan as plan_module
from experiments.sweeps.design import Design, Kept, Sampling
from experiments.sweeps.factors import Factor
from experiments.sweeps.layout import SERIES
from experiments.sweeps.machine import run_sweep
from experiments.sweeps.manifest import read_design_of, read_manifest
from experiments.sweeps.plan import Plan
from experiments.sweeps.tasks import run_task, simulate
from model.errors import InputError, RunError
from model.market import MobileMarket

RUNS = 140
COLUMNS = ["point", "replication", "scenario", "measure", "actor", "month", "value"]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RUNS_PER_PART", PARTS_OF)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store in which every tenth run failed."""
    folder = tmp_path_factory.mktemp("stores") / "x"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "RUNS_PER_PART", PARTS_OF)
        run_sweep(DESIGN, folder, open_executor=threads, work=sometimes_raises)
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "x"))


def fill(design: Design, folder: Path) -> None:
    run_sweep(design, folder, open_executor=threads, work=arithmetic)


def test_layout_is_the_documented_one(made: Path) -> None:
    assert sorted(path.name for path in made.iterdir()) == [
        ".lock", "blocks", "failures", "manifest.json", "measures", "points.parquet", "segments",
    ]  # fmt: skip
    assert (made / ".lock").read_bytes() == b""
    assert not list((made / "segments").iterdir())
    assert len(list((made / "measures").iterdir())) == -(-RUNS // PARTS_OF)
    table = pd.read_parquet(made / "measures")
    assert list(table.columns) == COLUMNS
    assert len(table) == (RUNS - 14) * len(Plan(DESIGN).places)


def test_duckdb_polars_and_pandas_read_the_same(made: Path) -> None:
    files, points = f"{made}/measures/*.parquet", f"{made}/points.parquet"
    frame = pd.read_parquet(made / "measures")
    assert frame["measure"].dtype == "category"
    joined = frame.merge(pd.read_parquet(points), on="point")
    expected = joined.astype({"measure": str}).groupby("measure")["value"].agg(["count", "mean"])
    by_sql = duckdb.sql(
        f"SELECT measure, count(*) AS n, avg(value) AS mean, min(lock_in) AS low "
        f"FROM '{files}' JOIN '{points}' USING (point) GROUP BY measure ORDER BY measure"
    ).fetchall()
    by_polars = (
        polars.scan_parquet(files)
        .join(polars.scan_parquet(points), on="point")
        .group_by(polars.col("measure").cast(polars.String))
        .agg(polars.len().alias("n"), polars.col("value").mean())
        .sort("measure")
        .collect()
    )
    assert [row[:2] for row in by_sql] == [row[:2] for row in by_polars.rows()]
    assert [row[0] for row in by_sql] == sorted(expected.index)
    assert [row[2] for row in by_sql] == pytest.approx(list(expected["mean"]))
    assert polars.read_parquet(f"{made}/failures/*.parquet").height == 14


def test_points_are_the_plans(made: Path) -> None:
    table = pd.read_parquet(made / "points.parquet")
    points = Plan(DESIGN).points
    assert list(table["point"]) == list(range(14))
    assert table.drop(columns="point").to_dict("records") == [points.at(i) for i in range(14)]


def test_values_stand_where_they_belong(made: Path) -> None:
    plan = Plan(DESIGN)
    table = pd.read_parquet(made / "measures")
    task = plan.task(95)
    rows = table[(table["point"] == task.point) & (table["replication"] == task.replication)]
    rows = rows[rows["scenario"] == task.scenario.name]
    assert list(zip(rows["measure"], rows["actor"], rows["month"], strict=True)) == list(plan.places)
    assert (rows["value"].to_numpy() == arithmetic(task)).all()


def test_the_market_is_measured_as_compare_does() -> None:
    from experiments.runner import KEPT, _outcomes

    kept = Kept(series=SERIES, every=5)
    design = Design(
        factors=(Factor("lock_in", levels=(0.5,)),), consumers=400, months=12, replications=1, measures=kept
    )
    plan = Plan(design)
    task = pickle.loads(pickle.dumps(plan.task(1)))
    assert len(pickle.dumps(task)) < 4_000
    result = run_task(task, simulate)
    assert result.error == ""
    market = MobileMarket(task.scenario, 400, 12, rng=task.seed, lock_in=0.5).run()
    frames = {name: market.recorder.table(kind, level=level) for name, (kind, level) in KEPT.items()}
    outcomes = _outcomes(frames, market.parameters.discount_rate).set_index(["measure", "actor"])["value"]
    for place, value in zip(plan.places, np.frombuffer(result.values), strict=True):
        table, _, column = place.measure.partition(".")
        if not column:
            expected = outcomes[place.measure, place.actor]
        else:
            rows = market.recorder.table(table, level="national").query("month == @place.month")
            if table != "market":
                rows = rows[rows[table.removesuffix("s")] == place.actor]
            (expected,) = rows[column]
        np.testing.assert_array_equal(value, expected, err_msg=str(place))


def test_manifest_says_what_made_it(made: Path) -> None:
    said = read_manifest(made)
    assert (said["runs"], said["points"], said["seed"]) == (RUNS, 14, 1)
    assert said["versions"]["salib"]
    (session,) = said["sessions"]
    assert (session["ended"], session["finished"]) == ("done", RUNS)
    assert session["machine"]["cores"] == os.cpu_count()
    assert read_design_of(made) == replace(DESIGN, scenarios=("closed", "open"))


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "harm", "said"),
    [
        ("measures/part-00003.parquet", damaged, "part-00003.parquet is damaged"),
        ("failures/part-00000.parquet", damaged, "failures/part-00000.parquet is damaged"),
        ("measures/part-00004.parquet", lambda path: path.write_bytes(b""), "part-00004.parquet is damaged"),
        ("measures/part-00005.parquet", Path.unlink, "part-00005.parquet is missing"),
        ("blocks/00006.json", lambda path: path.write_text("{"), "blocks/00006.json is damaged"),
        ("points.parquet", damaged, "points.parquet is damaged"),
    ],
)
def test_damage_is_named(name: str, harm: Callable[[Path], object], said: str, copy: Path) -> None:
    harm(copy / name)
    with pytest.raises(RunError, match=said):
        integrity.verify_store(copy)
    with pytest.raises(RunError, match=said):
        fill(DESIGN, copy)


def test_what_the_message_says_mends_the_damage(made: Path, copy: Path) -> None:
    damaged(copy / "measures" / "part-00003.parquet")
    (copy / "points.parquet").unlink()
    (copy / "blocks" / "00003.json").unlink()
    again = run_sweep(DESIGN, copy, open_executor=threads, work=sometimes_raises)
    assert again.finished_now == PARTS_OF
    assert bytes_of(copy) == bytes_of(made)


def test_a_damaged_segment_is_named(tmp_path: Path) -> None:
    def stop(finished: int, runs: int, failed: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sweep(DESIGN, tmp_path / "x", open_executor=threads, work=arithmetic, progress=stop)
    (tmp_path / "x" / "segments" / "00000000.arrow").write_bytes(b"nothing")
    with pytest.raises(RunError, match=r"00000000.arrow is damaged .* does its runs again"):
        fill(DESIGN, tmp_path / "x")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"consumers": 6000}, "consumers 5000 there, 6000 here"),
        ({"seed": 2}, "seed 1 there, 2 here"),
        ({"replications": 6}, "replications 5 there, 6 here"),
        ({"sampling": Sampling("latin_hypercube", points=15)}, "sampling.points 14 there, 15 here"),
        ({"parameters": {"era": 0}}, "parameters.era none there, 0 here"),
        ({"factors": (*DESIGN.factors, Factor("era", low=0, high=1))}, "factors.era"),
        ({"measures": Kept(("profit",))}, "measures.outcomes"),
    ],
)
def test_another_design_is_refused_with_what_differs(other: dict[str, object], said: str, copy: Path) -> None:
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=f"holds another sweep .*{said}.*allowed: a new folder"):
        fill(replace(DESIGN, **other), copy)  # type: ignore[arg-type]
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before


def test_another_version_is_refused_with_what_differs(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "source_digest", lambda checkout: "edited")
    with pytest.raises(InputError, match="made by another source of the model"):
        fill(DESIGN, copy)
    said = json.loads((copy / "manifest.json").read_text())
    said["identity"]["versions"]["numpy"] = "1.0"
    (copy / "manifest.json").write_text(json.dumps(said))
    monkeypatch.undo()
    with pytest.raises(InputError, match=r"versions.numpy 1.0 there"):
        fill(DESIGN, copy)


def test_title_and_time_limit_may_change(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(replace(DESIGN, title="a better title", time_limit=5.0), copy)
    assert len(read_manifest(copy)["sessions"]) == 2


def test_parts_without_their_manifest_are_left_alone(copy: Path) -> None:
    (copy / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"holds no sweep \(but 'blocks/00000.json'|holds no sweep \(but"):
        fill(DESIGN, copy)


def test_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match=r"not empty and holds no sweep .*thesis.tex"):
        fill(DESIGN, tmp_path)
    (tmp_path / "manifest.json").write_text('{"settings": {}}')
    with pytest.raises(InputError, match="holds no sweep"):
        fill(DESIGN, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json", "thesis.tex"]


def test_a_part_is_never_large() -> None:
    wide = replace(DESIGN, measures=Kept(series=SERIES, every=1))
    assert store.runs_per_part(Plan(wide)) * len(Plan(wide).places) <= store.VALUES_PER_PART
    assert manifest.SCHEMA_VERSION == 1

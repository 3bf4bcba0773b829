"""The results folder: whole or not there, never somebody else's."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from experiments import store
from experiments.settings import DEFAULT_PAIRS, Settings
from model.errors import InputError

ONE = Settings(pairs=(("closed", "open"),), consumers=1000, months=6, replications=2)
OTHER = Settings(pairs=(("closed", "open"),), consumers=2000, months=6, replications=2)


def publish(folder: Path, settings: Settings, text: str = "page") -> None:
    with store.publish(folder, settings) as draft:
        (draft / "index.html").write_text(text)
        store.write_manifest(draft, settings, 1.5, 1)


def listing(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_publishing_leaves_the_folder_and_nothing_else(tmp_path: Path) -> None:
    publish(tmp_path / "deep" / "out", ONE)
    assert listing(tmp_path) == {
        "deep",
        "deep/out",
        "deep/out/index.html",
        "deep/out/manifest.json",
    }


def test_manifest_says_what_made_the_folder(tmp_path: Path) -> None:
    publish(tmp_path / "out", ONE)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["command"].endswith("--consumers 1000 --months 6 --replications 2")
    assert manifest["settings"] == ONE.identity()
    assert manifest["settings"]["seed"] == 1
    assert manifest["files"] == ["index.html"]
    assert manifest["versions"]["numpy"]
    assert manifest["schema_version"] == store.SCHEMA_VERSION


def test_failure_while_writing_leaves_nothing(tmp_path: Path) -> None:
    def write_half() -> None:
        with store.publish(tmp_path / "out", ONE) as draft:
            (draft / "half").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert listing(tmp_path) == set()


def test_failure_leaves_the_older_result(tmp_path: Path) -> None:
    publish(tmp_path / "out", ONE, "old")
    with pytest.raises(OSError, match="disk full"), store.publish(tmp_path / "out", ONE):
        raise OSError("disk full")
    assert (tmp_path / "out" / "index.html").read_text() == "old"
    assert listing(tmp_path) == {"out", "out/index.html", "out/manifest.json"}


def test_failed_swap_puts_the_older_result_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path / "out", ONE, "old")
    rename = Path.rename

    def refuse_drafts(path: Path, target: Path) -> Path:
        if path.suffix == ".partial":
            raise OSError("no")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse_drafts)
    with pytest.raises(OSError, match="no"):
        publish(tmp_path / "out", ONE, "new")
    assert (tmp_path / "out" / "index.html").read_text() == "old"
    assert listing(tmp_path) == {"out", "out/index.html", "out/manifest.json"}


def test_same_run_replaces_itself(tmp_path: Path) -> None:
    publish(tmp_path / "out", ONE, "old")
    (tmp_path / "out" / "stale.svg").write_text("of the old run")
    store.check_destination(tmp_path / "out", ONE)
    publish(tmp_path / "out", ONE, "new")
    assert (tmp_path / "out" / "index.html").read_text() == "new"
    assert listing(tmp_path) == {"out", "out/index.html", "out/manifest.json"}


def test_another_run_is_refused_with_what_differs(tmp_path: Path) -> None:
    publish(tmp_path / "out", ONE)
    before = (tmp_path / "out" / "manifest.json").read_bytes()
    with pytest.raises(InputError, match=r"another run \(with 1000 consumers, not 2000\)"):
        store.check_destination(tmp_path / "out", OTHER)
    with pytest.raises(InputError):
        publish(tmp_path / "out", OTHER)
    assert (tmp_path / "out" / "manifest.json").read_bytes() == before


def test_a_scenario_that_says_something_else_is_another_run(tmp_path: Path) -> None:
    def settings(stance: str) -> Settings:
        lines = [f'china_{name} = "{stance}"' for name in ("mobile", "unicom", "telecom")]
        (tmp_path / "mine.toml").write_text('title = "Mine"\n[stances]\n' + "\n".join(lines))
        return Settings(pairs=((str(tmp_path / "mine.toml"), "open"),))

    publish(tmp_path / "out", settings("closed"))
    with pytest.raises(InputError, match="with other scenarios"):
        store.check_destination(tmp_path / "out", settings("exclusive"))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"settings": 3}', "\udcff"])
def test_folder_that_holds_no_results_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(InputError, match="holds no results"):
        store.check_destination(tmp_path, ONE)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "under", tmp_path / ("x" * 300)):
        with pytest.raises(InputError, match="allowed: a new"):
            store.check_destination(place, ONE)
    assert listing(tmp_path) == {"file"}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a Linux file system")
def test_place_nobody_can_write_not_even_root() -> None:
    with pytest.raises(InputError, match="cannot write results to '/proc/results'"):
        store.check_destination(Path("/proc/results"), ONE)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="Permission denied"):
        store.check_destination(tmp_path / "out", ONE)


def test_default_folder_spells_what_is_not_default() -> None:
    def name(**changes: object) -> str:
        return str(store.default_folder(Settings(**changes)))  # type: ignore[arg-type]

    assert name() == "results/closed-vs-open"
    assert name(pairs=DEFAULT_PAIRS[:1]) == "results/closed-vs-open-only"
    assert name(pairs=(("history", "open"),)) == "results/history-vs-open"
    assert name(consumers=1000, seed=0) == "results/closed-vs-open-n1000-seed0"
    assert name(months=6, replications=40) == "results/closed-vs-open-m6-r40"
    assert name(parameters={"lock_in": 0.5}) == "results/closed-vs-open-lock_in-0.5"


def test_same_tables_same_bytes(tmp_path: Path) -> None:
    frame = pd.DataFrame({"scenario": pd.Categorical(["a", "b"]), "value": [1.0, float("nan")]})
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        assert store.write_tables({"t": frame}, tmp_path / folder) == ["t.parquet"]
    one, two = (tmp_path / folder / "t.parquet" for folder in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    pd.testing.assert_frame_equal(pd.read_parquet(one), frame)

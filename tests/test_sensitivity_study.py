"""`walled-garden sensitivity`: functions with known indices in, those indices out, by its own path."""

import html
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy import stats

from experiments.cli import main
from experiments.ranges import NORMALISED
from experiments.sensitivity.boxes import DENSE, choose, peel, score
from experiments.sensitivity.indices import Indices, settled
from experiments.sensitivity.investigation import Findings, investigate
from experiments.sensitivity.page import tables_of, write_figures_and_page
from experiments.sensitivity.screening import RISK, bar_of, kept_of
from experiments.sensitivity.stages import Fill
from experiments.sensitivity.study import Study
from experiments.sensitivity.telling import tell
from experiments.sensitivity.winning import share_from, wins_near_data
from experiments.sweeps.design import Design
from experiments.sweeps.layout import layout
from experiments.sweeps.machine import run_sweep
from experiments.sweeps.tasks import Task, Work
from model.errors import InputError
from model.observations import load_observations
from model.parameters import FIT, Parameters
from model.schemas import OPERATORS

BN = 1e9
FIELDS = Parameters.fields()
THREE = ("lock_in", "switching_cost", "word_of_mouth")


def of(names: tuple[str, ...], **numbers: int) -> Study:
    """Return a small study of some parameters; all others are fixed at their defaults."""
    fixed = {name: about["default"] for name, about in FIELDS.items() if name not in names}
    small = {"trajectories": 6, "points": 16, "cases": 60, "replications": 2}
    return Study(parameters=fixed, **small | numbers)  # type: ignore[arg-type]


def unit(task: Task, names: tuple[str, ...] = THREE) -> np.ndarray:
    """Return where along their plausible ranges parameters stand, 0 to 1; some may be at their defaults."""
    values = [task.parameters.get(name, FIELDS[name]["default"]) for name in names]
    ranges = [FIELDS[name]["plausible"] for name in names]
    return np.array([(v - low) / (high - low) for v, (low, high) in zip(values, ranges, strict=True)])


def gain(task: Task, value: float) -> np.ndarray:
    """Return a run whose profit is what both scenarios share, and in the first the gain as well."""
    shared = BN * np.random.default_rng(task.seed).normal(0, 100)
    values = np.zeros(len(layout(task.kept, task.months)))
    values[0] = shared + (BN * value if task.scenario.name == "open" else 0.0)
    return values


def line(task: Task) -> np.ndarray:
    """Return a gain of 2 a + b."""
    a, b, _ = unit(task)
    return gain(task, 2.0 * a + b - 1.5)


def ishigami(task: Task) -> np.ndarray:
    x = np.pi * (2.0 * unit(task) - 1.0)
    return gain(task, np.sin(x[0]) + 7.0 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0]))


def sobol_g(task: Task) -> np.ndarray:
    a = np.array([0.0, 1.0, 9.0])
    return gain(task, float(np.prod((np.abs(4.0 * unit(task) - 2.0) + a) / (1.0 + a))))


def luck(task: Task) -> np.ndarray:
    return gain(task, float(np.random.default_rng([task.run, task.seed]).normal()))


@contextmanager
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def filling(work: Work) -> Fill:
    """Return what fills a stage's store with runs that are arithmetic."""

    def fill(name: str, design: Design, folder: Path) -> None:
        assert not run_sweep(design, folder, open_executor=threads, work=work).failed

    return fill


def found_by(study: Study, folder: Path, work: Work) -> Findings:
    study.check()
    return investigate(study, folder / "sweeps", filling(work), None)


# ---- known functions -----------------------------------------------------------------------------


def test_a_line_has_its_slopes_and_what_does_nothing_is_screened_out(tmp_path: Path) -> None:
    found = found_by(of(THREE), tmp_path, line)
    effects = found.screening.effects.set_index("factor")
    assert effects["mu_star"].to_dict() == pytest.approx(
        {"lock_in": 2 * BN, "switching_cost": BN, "word_of_mouth": 0.0}, abs=1.0
    )
    assert found.screening.kept == ("lock_in", "switching_cost")
    assert effects["kept"].to_dict() == {"lock_in": True, "switching_cost": True, "word_of_mouth": False}
    assert found.rest is not None
    assert found.rest[0] == pytest.approx(0.0, abs=1e-9)


def test_what_is_screened_out_adds_what_it_must(tmp_path: Path) -> None:
    found = found_by(of(THREE, keep=1, cases=1000), tmp_path, line)
    assert found.screening.kept == ("lock_in",)
    assert found.rest is not None
    share, low, high = found.rest
    assert low < 0.2 < high  # of variances 4 / 12 and 1 / 12
    assert share == pytest.approx(0.2, abs=0.04)
    assert "it adds" in dict(tell(found))["What was screened out"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "first", "total"),
    [
        # Sobol and Levitan: V = a^2 / 8 + b pi^4 / 5 + b^2 pi^8 / 18 + 1 / 2, a = 7, b = 0.1
        (ishigami, (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)),
        # V_i = 1 / (3 (1 + a_i)^2), V = prod(1 + V_i) - 1, a = 0, 1, 9
        (sobol_g, (0.7463, 0.1866, 0.0075), (0.8112, 0.2490, 0.0107)),
    ],
)
def test_known_indices_come_out(
    work: Work, first: tuple[float, ...], total: tuple[float, ...], tmp_path: Path
) -> None:
    found = found_by(of(THREE, points=512), tmp_path, work)
    assert set(found.screening.kept) == set(THREE)
    assert found.rest is None
    assert found.indices is not None
    effects = found.indices.effects.set_index("factor").loc[list(THREE)]
    for name, known in (("first", first), ("total", total)):
        error = np.abs(effects[name].to_numpy() - known)
        assert (error < 0.1).all()
        assert (error < 1.5 * effects[f"{name}_half"].to_numpy() + 1e-3).all()
    growth = found.indices.growth.set_index(["points", "factor"])["total_half"].unstack("factor")
    assert growth.index.tolist() == [16, 32, 64, 128, 256, 512]
    # A quarter, in theory; of few base points the bootstrap's are too narrow.
    assert growth.loc[512].mean() < 0.6 * growth.loc[32].mean()


def test_pure_luck_is_told_as_luck(tmp_path: Path) -> None:
    found = found_by(of(("lock_in", "switching_cost", "word_of_mouth", "era")), tmp_path, luck)
    assert found.screening.kept == ()
    assert found.indices is None
    assert found.boxes == ()
    # Within cases and between them: two estimates of one variance, of 59 degrees each.
    assert stats.f.ppf(0.001, 59, 59) < found.whole.luck < stats.f.ppf(0.999, 59, 59)
    told = dict(tell(found))
    assert "none has effects larger than luck" in told["What was screened out"]
    assert "no parameter is told from luck" in told["Where opening wins"]
    neither = found.whole.cases["winner"].eq("neither").mean()
    assert neither > stats.binom.ppf(0.001, 60, 0.95) / 60  # 95 % intervals
    write_figures_and_page(found, tmp_path)
    assert "cannot be said" in (tmp_path / "index.html").read_text()
    assert "indices" not in tables_of(found)


def test_no_parameter_without_effect_is_kept_more_often_than_was_risked() -> None:
    rng, factors, walks, levels = np.random.default_rng(3), 30, 10, 4
    step = levels / (2.0 * (levels - 1.0))
    alarms, studies = 0, 600
    for _ in range(studies):
        effects = np.abs(np.diff(rng.normal(0, 1, (walks, factors + 1)))) / step
        table = pd.DataFrame({"factor": range(factors), "mu_star": effects.mean(axis=0)})
        mean = np.sqrt(2.0) / step * np.sqrt(2.0 / np.pi)
        alarms += bool(
            kept_of(table.sort_values("mu_star", ascending=False), bar_of(mean, factors, walks), 99)
        )
    assert alarms <= stats.binom.ppf(0.999, studies, 2 * RISK)  # ten walks are near normal, not quite
    assert alarms >= stats.binom.ppf(0.001, studies, RISK / 2)


def test_seed_0_is_a_seed(tmp_path: Path) -> None:
    tables = [
        tables_of(found_by(replace(of(THREE), seed=0), tmp_path / name, line))["indices"] for name in "ab"
    ]
    pd.testing.assert_frame_equal(*tables)


#: End of 2013, data/operator_lines.csv: 767.21, 280.98, 185.58 m lines; 191.62, 122.60, 103.11 m on 3G.
OBSERVED = {
    **{("share", name): v for name, v in zip(OPERATORS, (62.18, 22.77, 15.04), strict=True)},
    **{("share_3g", name): v for name, v in zip(OPERATORS, (45.92, 29.38, 24.71), strict=True)},
}


def near_where_locked(task: Task) -> np.ndarray:
    """Return a line's gain, 9 points from the data with much lock-in and 11 points with little."""
    off = 9.0 if unit(task)[0] > 0.5 else 11.0
    values = line(task)
    for i, place in enumerate(layout(task.kept, task.months)):
        if place[:2] in OBSERVED:
            values[i] = OBSERVED[place[:2]] + (off if task.scenario.name == "open" else 50.0)
    return values


def test_near_the_data_is_within_ten_points_in_either_scenario(tmp_path: Path) -> None:
    study = of(THREE)
    found = investigate(study, tmp_path / "sweeps", filling(near_where_locked), load_observations())
    cases = found.whole.cases
    assert cases["near_data"].equals(cases["lock_in"] > 1.0)
    near = wins_near_data(found.whole, "open")
    assert (near.cases, near.hits) == (30, (cases.loc[cases["lock_in"] > 1.0, "gain"] > 0).sum())
    assert "In 30 of 60 cases" in dict(tell(found))["Beside the data"]


# ---- boxes ---------------------------------------------------------------------------------------


def planted(seed: int, cases: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Return cases of which nearly all are hits where x0 > 0.6 and x3 < 0.5, and few elsewhere."""
    rng = np.random.default_rng(seed)
    x = rng.random((cases, 10))
    inside = (x[:, 0] > 0.6) & (x[:, 3] < 0.5)
    return x, rng.random(cases) < np.where(inside, 0.95, 0.05)


def test_a_planted_box_is_found_and_holds_for_others() -> None:
    x, hit = planted(1)
    box = choose(peel(x, hit), x, hit)
    assert [(int(i), upper) for i, upper in box.ends] == [(0, False), (3, True)]
    # The largest box that is dense enough: of what it holds, a sixth may lie outside the planted one.
    assert 0.5 < box.low[0] < 0.62
    assert 0.48 < box.high[3] < 0.6
    held = score(box, *planted(2, 4000))
    assert held.density > DENSE - 0.1
    assert held.coverage > 0.75  # the planted one: 0.2 * 0.95 of 0.2 * 0.95 + 0.8 * 0.05, or 0.83
    assert 0.2 < held.mass < 0.28


def test_the_trajectory_peels_a_twentieth_at_a_time_and_never_grows() -> None:
    x, hit = planted(3)
    masses = [score(box, x, hit).mass for box in peel(x, hit)]
    assert masses[0] == 1.0
    assert masses[1] == pytest.approx(0.95)
    assert (np.diff(masses) < 0).all()
    assert 0.05 <= masses[-1] < 0.06


def test_noise_has_no_box_that_holds_for_others() -> None:
    densities = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x, hit = rng.random((600, 8)), rng.random(600) < 0.4
        box = choose(peel(x[:300], hit[:300]), x[:300], hit[:300])
        densities.append(score(box, x[300:], hit[300:]).density)
    mean = np.nanmean(densities)
    assert abs(mean - 0.4) < 4 * np.nanstd(densities, ddof=1) / np.sqrt(20)


def test_whole_months_are_peeled_by_the_month() -> None:
    rng = np.random.default_rng(5)
    months = rng.integers(1, 5, 400).astype(float)
    hit = months >= 3
    box = choose(peel(months[:, None], hit), months[:, None], hit)
    assert box.low[0] == 2.5
    assert np.isinf(box.high[0])


def test_score_by_hand() -> None:
    x, hit = np.arange(10.0)[:, None], np.array([0, 0, 0, 1, 0, 1, 1, 1, 0, 1], dtype=bool)
    box = peel(x, hit)[0].with_end(0, False, 4.5)
    assert score(box, x, hit) == (5, 4, 0.8, 0.8, 0.5)
    assert share_from(0, 10)[2:] == pytest.approx((0.0, 0.0, 3.8415 / 13.8415), abs=1e-4)  # Wilson


# ---- what is asked -------------------------------------------------------------------------------


def test_every_parameter_is_varied_or_left_out_with_a_reason() -> None:
    study = Study()
    varied = [factor.name for factor in study.factors()]
    assert sorted([*varied, *study.left_out()]) == sorted(FIELDS)
    assert set(study.left_out()) == {NORMALISED, "lines_ceiling"}
    assert "lines_ceiling" in [factor.name for factor in Study(months=61).factors()]
    for factor in study.factors():
        assert (factor.low, factor.high) == FIELDS[factor.name]["plausible"]


def test_assumed_leaves_out_what_an_observation_pins_down() -> None:
    study = Study(assumed=True)
    varied = {factor.name for factor in study.factors()}
    assert {"lock_in", "payment_value_3g", "word_of_mouth", "serving_cost_3g"} < varied
    assert not varied & {name for name, about in FIELDS.items() if about["source"] == FIT}
    assert not varied & {"handset_cost", "adoption_imitation", "era", NORMALISED}
    assert "fit to" in study.left_out()["switching_cost"]


def test_what_a_scenario_sets_is_not_varied() -> None:
    assert "two_g" in Study(pair=("two_g_open", "two_g")).left_out()["era"]


def test_the_command_says_what_is_not_default() -> None:
    study = Study(assumed=True, points=64, parameters={"lock_in": 1.0})
    assert study.command() == "walled-garden sensitivity --assumed --points 64 --set lock_in=1.0"
    assert Study().command() == "walled-garden sensitivity"


def test_settled_by_hand() -> None:
    rows = [
        *((64, "a", 0.5, 0.10), (64, "b", 0.30, 0.10), (64, "c", 0.10, 0.02)),
        *((32, "a", 0.2, 0.15), (32, "b", 0.40, 0.15), (32, "c", 0.15, 0.05)),
    ]
    growth = pd.DataFrame(rows, columns=["points", "factor", "total", "total_half"])
    found = settled(Indices(growth[growth["points"] == 64], growth, 0.0, 1, 1.0))
    assert found.moved == pytest.approx(0.3)
    assert found.width == pytest.approx(0.2)
    assert found.needed == 1024  # 64 * (0.2 / 0.05)^2
    assert (found.pairs, found.swapped) == (2, 0)  # a and b reach one another; c lies apart from both


# ---- the command ---------------------------------------------------------------------------------

MOVED = ("serving_cost_3g", "taste_wallet", "outlet_commission", "wallet_fixed_cost", "price_sensitivity")
SMALL = [
    *("sensitivity", "--consumers", "310", "--months", "6", "--trajectories", "4", "--points", "16"),
    *("--cases", "40", "--replications", "2", "--keep", "2"),
    *(w for name in FIELDS if name not in MOVED for w in ("--set", f"{name}={FIELDS[name]['default']}")),
]


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return every file of the results but the manifest, which says how long it took."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    del files["manifest.json"]
    return files


def test_page_and_tables_of_a_study(tmp_path: Path) -> None:
    found = found_by(of(THREE, cases=200), tmp_path, line)
    write_figures_and_page(found, tmp_path)
    page = (tmp_path / "index.html").read_text()
    for told in tell(found):
        assert html.escape(told.text, quote=False) in page.replace("&#39;", "'")
    assert page.count("<img src=") == len(list((tmp_path / "figures").iterdir())) == 7
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    tables = tables_of(found)
    shares = tables["shares"].set_index("share")
    # 2 a + b > 1.5 for half of all; no luck, so all is told.
    assert shares.loc["wins: open", "mean"] == pytest.approx(0.5, abs=0.05)
    assert shares.loc["wins: neither", "hits"] == 0
    box = tables["boxes"].set_index("winner").loc[["open"]]
    assert (box.loc[box["parameter"] == "lock_in", "low"] > 0.8).all()  # of 0 to 2
    assert (box["density_held_out"] > 0.75).all()


@pytest.mark.slow
def test_the_command_with_one_worker_or_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for workers in ("1", "2"):
        assert main([*SMALL, "--workers", workers, "--out", str(tmp_path / workers)]) == 0
    one, two = (bytes_of(tmp_path / workers) for workers in ("1", "2"))
    assert one == two
    assert {"index.html", "cases.parquet", "screening.parquet", "figures/gains.svg"} < set(one)
    said = capsys.readouterr().out
    assert "Over the plausible ranges of 5 parameters opening wins in" in said
    page = one["index.html"].decode()
    assert "http" not in page.split("<main>")[1].split("data:")[0]
    assert "set to 0.3 by --set" in page
    cases = pq.read_table(tmp_path / "1" / "cases.parquet").to_pandas()
    assert len(cases) == 40
    manifest = json.loads((tmp_path / "1" / "manifest.json").read_text())
    assert manifest["sweeps"] == "1-sweeps"
    assert main([*SMALL, "--out", str(tmp_path / "1")]) == 0  # again: nothing is left to run
    assert "(0 now" in capsys.readouterr().out
    assert bytes_of(tmp_path / "1") == one


def stopping(fill: Fill, at: str) -> Fill:
    def until(name: str, design: Design, folder: Path) -> None:
        if name == at:
            raise KeyboardInterrupt
        fill(name, design, folder)

    return until


@pytest.mark.parametrize("at", ["screening", "indices", "redrawn"])
def test_stopped_between_stages_it_goes_on(at: str, tmp_path: Path) -> None:
    study, fill = of(THREE), filling(line)
    with pytest.raises(KeyboardInterrupt):
        investigate(study, tmp_path / "x", stopping(fill, at), None)
    found, straight = (investigate(study, tmp_path / name, fill, None) for name in "xy")
    for name, table in tables_of(straight).items():
        pd.testing.assert_frame_equal(tables_of(found)[name], table)


@pytest.mark.slow
def test_killed_it_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "experiments.sensitivity", *SMALL[1:], "--workers", "1", "--out"]
    assert main([*SMALL, "--workers", "1", "--out", str(tmp_path / "straight")]) == 0
    begun = subprocess.Popen([*words, str(tmp_path / "killed")], stderr=subprocess.DEVNULL)
    sweeps = tmp_path / "killed-sweeps"
    until = time.monotonic() + 120
    while not list(sweeps.glob("screening/segments/*")) and time.monotonic() < until and begun.poll() is None:
        time.sleep(0.01)
    os.kill(begun.pid, signal.SIGKILL)
    assert begun.wait() == -signal.SIGKILL
    assert not (tmp_path / "killed").exists()
    assert main([*SMALL, "--workers", "1", "--out", str(tmp_path / "killed")]) == 0
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "straight")


def test_failed_runs_end_it_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[tuple[str, bool]] = []

    def failing(plan: object, store: Path, workers: int, retry: bool, chosen: object) -> int:
        tried.append((store.name, retry))
        store.mkdir(exist_ok=True)
        return 1

    monkeypatch.setattr("experiments.sweeps.command.run_plan", failing)
    words = [*SMALL, "--out", str(tmp_path / "x")]
    assert main(words) == 1
    assert main([*words, "--retry-failed"]) == 1
    assert tried == [("whole", False), ("whole", True), ("whole", False)]
    assert not (tmp_path / "x").exists()
    assert "1. Cases" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--points", "100"], "a power of 2, such as 64 or 128"),
        (["--points", "8"], "from 16"),
        (["--trajectories", "3"], "from 4"),
        (["--replications", "1"], "from 2"),
        (["--cases", "3"], "from 40"),
        (["--keep", "none"], "whole number from 1 to 100"),
        (["--set", "lokin=2"], "did you mean"),
        (["--set", "lock_in=99"], "allowed: 0 to 10 utils"),
        (["--scenario", "open"], "--against is missing"),
        (["--scenario", "open", "--against", "open"], "two scenarios"),
        (["--scenario", "opn", "--against", "closed"], "did you mean 'open'"),
        (
            [w for name in FIELDS for w in ("--set", f"{name}={FIELDS[name]['default']}")],
            "no parameter to vary",
        ),
    ],
)
def test_bad_input_is_one_line(words: list[str], said: str, refused: Callable[..., str]) -> None:
    assert said in refused("sensitivity", *words)


def test_sweeps_of_another_study_are_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study, other = of(THREE), replace(of(THREE), seed=2)
    investigate(study, tmp_path / "x-sweeps", filling(line), None)
    words = ["sensitivity", "--seed", "3", "--out", str(tmp_path / "x")]
    assert main(words) == 2
    assert "holds the sweeps of another study; allowed" in capsys.readouterr().err
    (tmp_path / "y-sweeps").mkdir()
    (tmp_path / "y-sweeps" / "mine.txt").write_text("mine")
    assert main([*words[:-1], str(tmp_path / "y")]) == 2
    assert "holds no study; allowed" in capsys.readouterr().err
    with pytest.raises(InputError, match="another sweep"):
        investigate(other, tmp_path / "x-sweeps", filling(line), None)

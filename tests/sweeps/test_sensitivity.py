"""Which factors matter: against functions whose effects and indices are known by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_sweep import threads

from experiments import cli
from experiments.results.loading import read_store
from experiments.results.sensitivity import Sensitivity, sensitivity
from experiments.sweeps.design import Design, Kept, Sampling
from experiments.sweeps.factors import Factor
from experiments.sweeps.machine import run_sweep
from experiments.sweeps.tasks import Task

LUCK = 0.5  # standard deviation of a run's own luck
DESIGN = Design(
    factors=(
        Factor("lock_in", low=0.0, high=2.0),
        Factor("switching_cost", low=1.0, high=5.0),
        Factor("era", low=0.0, high=1.0),
    ),
    sampling=Sampling("morris", trajectories=8, levels=4),
    replications=4,
    measures=Kept(outcomes=("accounts",)),
)


def linear(task: Task) -> np.ndarray:
    """Return, closed less open, 3 lock-in less half the switching cost; both share their luck."""
    luck = np.random.default_rng(task.seed).normal(0, 10)
    p, closed = task.parameters, task.scenario.name == "closed"
    return np.array([luck + (3.0 * p["lock_in"] - 0.5 * p["switching_cost"] if closed else 0.0)])


def noisy(task: Task) -> np.ndarray:
    """Return the same with luck of each run's own."""
    return linear(task) + np.random.default_rng(task.run).normal(0, LUCK / np.sqrt(2.0))


def product(task: Task) -> np.ndarray:
    """Return a + 2 b + 4 a b of places 0 to 1 along two ranges, centred so that shares are plain."""
    p, closed = task.parameters, task.scenario.name == "closed"
    a, b = p["lock_in"] / 2.0 - 0.5, (p["switching_cost"] - 1.0) / 4.0 - 0.5
    return np.array([a + 2.0 * b + 4.0 * a * b if closed else 0.0])


def raises_once(task: Task) -> np.ndarray:
    """Fail at every replication of point 3."""
    if task.point == 3:
        raise ArithmeticError("on purpose")
    return linear(task)


def found_in(folder: Path, design: Design, work: object) -> Sensitivity:
    run_sweep(design, folder, open_executor=threads, work=work)  # type: ignore[arg-type]
    return sensitivity(read_store(folder), 0)


def test_effects_of_a_line_are_its_slopes_over_the_ranges(tmp_path: Path) -> None:
    found = found_in(tmp_path / "x", DESIGN, linear)
    effects = found.effects.set_index("factor")
    assert effects.index.tolist() == ["lock_in", "switching_cost", "era"]
    assert effects["mu"].to_numpy() == pytest.approx([6.0, -2.0, 0.0])  # 3 * 2, -0.5 * 4
    assert effects["mu_star"].to_numpy() == pytest.approx([6.0, 2.0, 0.0])
    assert effects["sigma"].to_numpy() == pytest.approx(0.0, abs=1e-9)
    assert found.luck == pytest.approx(0.0, abs=1e-9)  # shared luck is none
    assert not len(found.pairs)


def test_luck_alone_is_what_a_factor_without_effect_shows(tmp_path: Path) -> None:
    design = replace(DESIGN, sampling=Sampling("morris", trajectories=300, levels=4))
    found = found_in(tmp_path / "x", design, noisy)
    # A point's mean has variance 0.25 / 4; an effect is a difference of two over 2/3 of the range.
    by_hand = np.sqrt(2.0 * LUCK**2 / 4) / (2.0 / 3.0) * np.sqrt(2.0 / np.pi)
    assert found.luck == pytest.approx(by_hand, rel=0.05)
    assert found.effects.set_index("factor")["mu_star"]["era"] == pytest.approx(by_hand, rel=0.15)


@pytest.mark.parametrize("second_order", [False, True])
def test_indices_of_a_product_are_shares_of_its_variance(tmp_path: Path, second_order: bool) -> None:
    sampling = Sampling("saltelli", points=2048, second_order=second_order)
    found = found_in(tmp_path / "x", replace(DESIGN, sampling=sampling, replications=1), product)
    effects = found.effects.set_index("factor")
    # Uniform on (-1/2, 1/2): variance 1/12. Parts: a 1/12, b 4/12, product 16/144.
    a, b, both = 1 / 12, 4 / 12, 16 / 144
    whole = a + b + both
    assert effects.index[0] == "switching_cost"
    assert effects.loc["lock_in", "first"] == pytest.approx(a / whole, abs=0.03)
    assert effects.loc["switching_cost", "first"] == pytest.approx(b / whole, abs=0.03)
    assert effects.loc["lock_in", "total"] == pytest.approx((a + both) / whole, abs=0.03)
    assert effects.loc["switching_cost", "total"] == pytest.approx((b + both) / whole, abs=0.03)
    assert effects.loc["era", ["first", "total"]].to_numpy(float) == pytest.approx(0.0, abs=1e-9)
    assert np.isnan(found.luck)  # one replication cannot tell
    if second_order:
        pairs = found.pairs.set_index(["factor", "other"])["second"]
        assert pairs["lock_in", "switching_cost"] == pytest.approx(both / whole, abs=0.05)
        assert pairs["lock_in", "era"] == pytest.approx(0.0, abs=0.05)


def test_luck_is_its_share_of_the_variance(tmp_path: Path) -> None:
    design = replace(DESIGN, sampling=Sampling("saltelli", points=256))
    found = found_in(tmp_path / "x", design, noisy)
    left = LUCK**2 / 4  # variance of a mean over four replications
    whole = 36 / 12 + 4 / 12 + left  # slopes 6 and 2 over the unit range
    assert found.luck == pytest.approx(left / whole, rel=0.1)


def test_command_prints_draws_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_sweep(DESIGN, tmp_path / "x", open_executor=threads, work=linear)
    out = tmp_path / "out"
    words = ["results", str(tmp_path / "x"), "--out", str(out), "--sensitivity", "accounts"]
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert "What it depends on" in said
    assert "Luck alone would give" in said
    names = {path.name for path in out.iterdir()}
    assert names == {f"accounts-sensitivity.{ending}" for ending in ("svg", "png", "csv")}
    assert (out / "accounts-sensitivity.csv").read_text().startswith("factor,mu,mu_star")


def test_what_cannot_be_told_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_sweep(DESIGN, tmp_path / "failing", open_executor=threads, work=raises_once)
    cube = replace(DESIGN, sampling=Sampling("latin_hypercube", points=4))
    run_sweep(cube, tmp_path / "cube", open_executor=threads, work=linear)
    for folder, said in (
        ("failing", "1 of 32 points have nothing to show yet; allowed: a sweep in which every point"),
        ("cube", "this sweep's points are a latin_hypercube; allowed: a design with sampling method morris"),
    ):
        words = ["results", str(tmp_path / folder), "--out", str(tmp_path / "out"), "--sensitivity"]
        assert cli.main([*words, "accounts"]) == 2
        printed = capsys.readouterr()
        assert said in printed.err
        assert printed.err.count("\n") == 1
        assert not (tmp_path / "out").exists()

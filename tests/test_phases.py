"""The phase diagram: found where an analytic game puts it, and silent where luck leaves it open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from experiments.cli import main
from experiments.phases.boundaries import Boundary, boundaries_of, crossings
from experiments.phases.diagram import Diagram, draw_up
from experiments.phases.page import write_page
from experiments.phases.points import Phase, PointTask, drawn_gains, explore, needed, phase_of, samples_of
from experiments.phases.settings import Axis, PhaseSettings, axis_of
from experiments.phases.tables import tables_of
from experiments.phases.telling import default_row, rows_of, tell_area, tell_transition
from experiments.stances.samples import Samples
from model.errors import InputError
from model.parameters import Parameters

LOCK_IN, FEE = Axis("lock_in", 0.0, 2.0), Axis("service_fee", 0.0, 0.02)


def gain_from_leaving(x: float, y: float) -> float:
    """Return what the toy's incumbent gains by opening: closed holds where 2 y / 0.02 > x^2."""
    return x**2 - 2.0 * y / 0.02


def toy(noise: float, luck_seed: int, runs: int = 6):  # type: ignore[no-untyped-def]
    """Return what explores a game in which only the incumbent's choice depends on the point.

    Open earns it `gain_from_leaving` more than closed, exclusive always 1 less than open; rivals are best off
    closed. Luck is the same at every point.
    """

    def run(tasks: list[PointTask], _: int) -> list[Samples]:
        return [point(task) for task in tasks]

    def point(task: PointTask) -> Samples:
        x, y = task.market.parameters["lock_in"], task.market.parameters["service_fee"]
        luck = np.random.default_rng(luck_seed)
        values = np.zeros((27, runs, len(task.market.places)))
        by_stance = luck.normal(size=(3, runs))
        for p, (a, b, c) in enumerate(task.market.profiles):
            open_gain = gain_from_leaving(x, y)
            own = (0.0, open_gain, open_gain - 1.0)[a] + noise * by_stance[a]
            for k, paid in zip(task.market.payoffs, (own, -2.0 * b, -2.0 * c), strict=True):
                values[p, :, k] = 10.0 + paid
        return samples_of(task.market, values)

    return run


def diagram_of(noise: float, seed: int = 0, levels: int = 1, runs: int = 6) -> Diagram:
    settings = PhaseSettings(LOCK_IN, FEE, grid=5, levels=levels, consumers=1_000)
    return draw_up(settings, Path("nowhere"), toy(noise, seed, runs))


# ---- the boundary ---------------------------------------------------------------------------------


def test_the_boundary_is_found_where_the_toy_puts_it() -> None:
    """At the default fee of 0.01 closed stops at lock_in = 1."""
    row = default_row(diagram_of(0.0), rows_of(diagram_of(0.0)))
    assert row.y == 0.01
    (found,) = row.boundaries
    assert found.stops
    assert found.at == pytest.approx(1.0, abs=2 / 64)
    assert found.low <= 1.0 <= found.high
    assert found.high - found.low <= 2 * 2 / 64  # a bracket of a 64th of the range on either side
    assert found.chance == 1.0


def test_boundaries_of_all_rows() -> None:
    diagram = diagram_of(0.0, levels=2)
    for row in rows_of(diagram):
        where = np.sqrt(2.0 * row.y / 0.02)
        if 0.0 < where < 2.0:
            (found,) = row.boundaries
            assert found.low <= where <= found.high


def test_intervals_of_the_boundary_cover() -> None:
    """With luck in it: the interval holds the boundary in 95 % of tries, or more, since it is wide."""
    holds = 0
    settings = PhaseSettings(LOCK_IN, FEE, grid=2, levels=0, consumers=1_000)
    for seed in range(40):
        diagram = draw_up(settings, Path("nowhere"), toy(0.6, seed))
        row = default_row(diagram, rows_of(diagram))
        holds += any(b.low <= 1.0 <= b.high for b in row.boundaries)
    assert holds >= 35  # of 38 expected: fewer has a chance of 1 %


def test_both_directions_and_jumps() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0])
    assert crossings(x, np.array([-1.0, 1.0, -3.0, -2.0])) == [(0.5, True), (1.25, False)]
    assert crossings(x, np.array([-1.0, np.nan, np.nan, -2.0])) == [(0.5, True), (2.5, False)]
    assert crossings(x, np.array([-1.0, 0.0, 1.0, 2.0])) == [(1.0, True)]


def test_no_boundary_is_said_to_be_none() -> None:
    settings = PhaseSettings(Axis("lock_in", 0.0, 0.01), FEE, grid=2, levels=0)
    diagram = draw_up(settings, Path("nowhere"), toy(0.0, 0))
    row = default_row(diagram, rows_of(diagram))
    assert row.boundaries == []
    assert "No place is found where closed starts or stops" in tell_transition(diagram, row)
    assert boundaries_of([0.0], [diagram.phases[(0.0, 0.01)]], [True]) == []


def row_of(means: list[float], spreads: list[float], told: list[bool]) -> list[Boundary]:
    luck = np.random.default_rng(1).normal(size=1_000)
    phases = [
        Phase((0,) if mean <= 0 else (1,), 1.0, mean + spread * luck, mean, ())
        for mean, spread in zip(means, spreads, strict=True)
    ]
    return boundaries_of([float(i) for i in range(len(means))], phases, told)


def test_a_boundary_that_luck_may_have_made_does_not_swallow_a_sure_one() -> None:
    """-5, +5, about 0, +5: closed surely stops before 1; that it holds again at 2 is a toss."""
    first, *others = row_of([-5, 5, -0.01, 5], [0, 0, 1, 0], [True, True, False, True])
    assert (first.low, first.high, first.chance, first.is_told) == (0.0, 1.0, 1.0, True)
    assert [b.is_told for b in others] == [False, False]
    assert all(0.4 < b.chance < 0.6 for b in others)
    assert all(1.0 <= b.low <= b.high <= 3.0 for b in others)


def test_no_boundary_is_told_between_points_that_are_not() -> None:
    assert not any(b.is_told for b in row_of([-0.1, 0.1, -0.1], [1, 1, 1], [False] * 3))


def test_looking_again_asks_for_more() -> None:
    """Three looks, at 6, 12 and 24 replications: together they may be wrong as often as asked for."""
    wrong = [1.0 - needed(0.95, n) for n in (6, 12, 24)]
    assert wrong == pytest.approx([0.05 / 2, 0.05 / 6, 0.05 / 12])
    assert sum(wrong) < 0.05


# ---- refining -------------------------------------------------------------------------------------


def test_squares_are_cut_where_the_boundary_runs_and_nowhere_else() -> None:
    diagram = diagram_of(0.0, levels=2)
    area = sum((b - a) * (d - c) for a, b, c, d in diagram.squares)
    assert area == pytest.approx(2.0 * 0.02)
    for a, b, c, d in diagram.squares:
        signs = {gain_from_leaving(x, y) <= 0.0 for x in (a, b) for y in (c, d)}
        is_small = b - a < 0.2
        assert is_small or len(signs) == 1
    assert len(diagram.phases) < 17 * 17 / 2


def test_phases_are_the_toys_everywhere() -> None:
    diagram = diagram_of(0.0)
    for (x, y), phase in diagram.phases.items():
        gain = gain_from_leaving(x, y)
        expected = (0,) if gain < -1e-9 else (1,) if gain > 1e-9 else None
        assert expected is None or phase.stances == expected
        assert expected is None or phase.chance == 1.0


def test_where_luck_decides_it_is_said_so() -> None:
    diagram = diagram_of(30.0)
    assert not any(diagram.is_told(point) for point in diagram.phases)
    assert "not told from luck 100 %" in tell_area(diagram)
    rows = rows_of(diagram)
    unsure = [row for row in rows if not row.boundaries]
    assert all("not told from luck, as far as" in tell_transition(diagram, row) for row in unsure)
    assert all("luck may decide" in tell_transition(diagram, row) for row in rows if row.boundaries)


def test_tables_and_figures_say_what_was_found(tmp_path: Path) -> None:
    diagram = diagram_of(0.3)
    rows = rows_of(diagram)
    tables = tables_of(diagram, rows)
    assert len(tables["boundaries"]) == sum(len(row.boundaries) for row in rows) > 0
    assert len(tables["points"]) == len(diagram.phases)
    assert len(tables["payoffs"]) == len(diagram.phases) * 27 * 6 * 3
    at = tables["points"].set_index(["x", "y"])
    assert at.loc[(2.0, 0.0), "incumbent"] == "open"
    assert at.loc[(2.0, 0.0), "gain_from_leaving_closed"] == pytest.approx(4.0, abs=1.0)
    write_page(diagram, rows, tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert 'id="phases"' in page
    assert 'id="transition"' in page
    assert "closed stops being China Mobile&#39;s stance".lower() in page.lower()


# ---- how sure -------------------------------------------------------------------------------------


def test_drawn_gains_are_students() -> None:
    """Quantiles of the draws of one mean are those of its t interval."""
    gains = np.random.default_rng(3).normal(1.0, 2.0, (1, 6))
    drawn = drawn_gains(gains, 1, draws=200_000)[:, 0]
    t = scipy.stats.t(5, gains.mean(), gains.std(ddof=1) / np.sqrt(6))
    for q in (0.025, 0.2, 0.5, 0.9, 0.975):
        assert np.quantile(drawn, q) == pytest.approx(t.ppf(q), abs=0.03 * t.std())


def test_drawn_gains_move_together_as_the_gains_do() -> None:
    luck = np.random.default_rng(3).normal(size=(1, 6))
    drawn = drawn_gains(np.concatenate([luck, 2.0 * luck + 1.0, np.zeros((1, 6))]), 1, draws=100)
    np.testing.assert_allclose(drawn[:, 1], 2.0 * drawn[:, 0] + 1.0)
    assert (drawn[:, 2] == 0.0).all()  # a tie stays one


# ---- the command ----------------------------------------------------------------------------------


def test_symbols_stand_for_parameters() -> None:
    assert axis_of("lambda").name == "payment_value_3g"
    assert axis_of("fee_share").name == "service_fee"
    assert (axis_of("psi").low, axis_of("psi").high) == Parameters.fields()["lock_in"]["plausible"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--x", "lamda"], "lambda"),
        (["--x", "psi", "--y", "lock_in"], "--x and --y are both lock_in"),
        (["--x", "contract_months"], "whole months"),
        (
            ["--x-range", "1", "0.5"],
            "range of era = 1 to 0.5: allowed: a lower and a higher number within 0 to 1",
        ),
        (["--y-range", "-1", "5"], "within 0 to 500"),
        (["--grid", "1"], "grid = 1: allowed: from 2 to 100"),
        (["--levels", "9"], "levels = 9"),
        (["--confidence", "0.2"], "confidence = 0.2"),
        (["--set", "era=0.5"], "--set era: it is an axis"),
    ],
)
def test_bad_input_is_one_line(words: list[str], message: str, refused: Callable[..., str]) -> None:
    assert message in refused("phase-diagram", *words)


SMALL = ["--grid", "2", "--levels", "0", "--consumers", "400", "--months", "3", "--y-range", "40", "50",
         "--confidence", "0.5"]  # fmt: skip


@pytest.mark.slow
def test_the_command_goes_on_with_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second start runs nothing that the first had done, and ends the same to the byte."""
    one, two = tmp_path / "one", tmp_path / "two"
    assert main(["phase-diagram", *SMALL, "--out", str(one), "--workers", "1"]) == 0
    words = ["phase-diagram", *SMALL, "--out", str(two), "--workers", "2"]
    with monkeypatch.context() as patch:
        patch.setattr("experiments.phases.page.write_page", _interrupt)
        assert main(words) == 130
    assert not two.exists()
    (kept,) = tmp_path.glob(".two.*.points")
    before = {path.name: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert len(before) >= 6
    removed = sorted(kept.iterdir())[0]
    removed.unlink()
    assert main(words) == 0
    for path in sorted(one.glob("*.parquet")):
        assert path.read_bytes() == (two / path.name).read_bytes(), path.name
    assert not kept.exists()
    points = pd.read_parquet(one / "points.parquet")
    assert {(0.0, 45.0), (1.0, 45.0)} <= set(zip(points["x"], points["y"], strict=True))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.slow
def test_a_point_is_the_game_at_its_parameters(tmp_path: Path) -> None:
    from experiments.phases.diagram import market_at
    from experiments.sweeps.tasks import simulate

    settings = PhaseSettings(axis_of("era"), axis_of("serving_cost_3g"), consumers=400, months=6)
    market = market_at(settings, (0.5, 60.0))
    samples = explore(PointTask(market, 0.5, tmp_path / "point.npy"))
    numbers = simulate(market.task((0, 1, 2), 3))
    assert (samples.values[market.profiles.index((0, 1, 2)), 3] == numbers).all()
    assert market.task((0, 1, 2), 3).parameters == {"era": 0.5, "serving_cost_3g": 60.0}
    again = explore(PointTask(market, 0.5, tmp_path / "point.npy"))
    assert (again.values == samples.values).all()
    assert phase_of(again, 1) is not None


def test_ticks_hold_the_default() -> None:
    axis = axis_of("serving_cost_3g")
    assert 45.0 in axis.ticks(5, with_default=True)
    assert axis.ticks(5)[0] == 25.0
    with pytest.raises(InputError, match="within 0 to 500"):
        axis_of("serving_cost_3g", (0.0, 501.0))

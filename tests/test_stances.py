"""The market's game of stances: profiles, draws of the parameters, and the command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from experiments.cli import main
from experiments.inference import paired_difference
from experiments.stances.draws import distinct_draws, drawn, varied
from experiments.stances.market_game import game_of_market
from experiments.stances.resampling import regrets
from experiments.stances.samples import Samples, no_samples
from experiments.stances.settings import GameSettings
from experiments.stances.settling import judge
from model.errors import InputError
from model.market import MobileMarket
from model.parameters import Parameters

# ---- the market's game ----------------------------------------------------------------------------


def test_profiles_are_scenarios_and_share_their_luck() -> None:
    market = game_of_market(1_000, 12, 1)
    assert len(market.profiles) == 27
    tasks = [market.task(profile, 3) for profile in market.profiles]
    assert len({task.seed for task in tasks}) == 1
    assert len({task.scenario.name for task in tasks}) == 27
    stances = market.scenario((0, 1, 2)).stances
    assert [stances[name].name for name in market.players] == ["CLOSED", "OPEN", "EXCLUSIVE"]


def test_a_profile_pays_what_its_market_pays() -> None:
    from experiments.sweeps.tasks import simulate

    market = game_of_market(1_000, 12, 1)
    task = market.task((0, 1, 2), 0)
    numbers = simulate(task)
    run = MobileMarket(task.scenario, 1_000, 12, rng=task.seed).run()
    profit = run.recorder.series("operators", "profit_rmb", "national")
    weight = 1.1 ** (-np.arange(1, 13) / 12)
    np.testing.assert_allclose(numbers[market.payoffs], weight @ profit.reshape(-1, 3)[-12:], rtol=1e-12)


def test_alipay_as_a_player_refuses_what_it_would_sign() -> None:
    """Where everybody is exclusive Alipay signs exclusive deals somewhere, and none where it refuses."""
    market = game_of_market(20_000, 24, 1, alipay=True)
    assert len(market.profiles) == 54
    counts = []
    for answer in (0, 1):
        run = MobileMarket(market.scenario((2, 1, 1, answer)), 20_000, 24, rng=1)
        most = 0
        for _ in range(24):
            run.step()
            most = max(most, int(run.partnerships.exclusive[:, :, run.platforms.index("alipay")].sum()))
        counts.append(most)
    assert counts[0] > 0
    assert counts[1] == 0


@pytest.mark.parametrize("kind", ["assumed", "all"])
def test_draws_come_from_plausible_ranges_and_are_shared(kind: str) -> None:
    known = Parameters.fields()
    ranges = varied(kind)
    values = [drawn(kind, 5, r) for r in range(200)]
    for name, (low, high) in ranges.items():
        assert (low, high) == known[name]["plausible"]
        column = np.array([value[name] for value in values])
        assert low <= column.min() <= column.max() <= high
        if known[name]["unit"] != "months":
            uniform = scipy.stats.uniform(low, high - low)
            assert scipy.stats.kstest(column, uniform.cdf).pvalue > 1e-5, name
    Parameters.with_values(values[0])
    market = game_of_market(1_000, 12, 5, draws=kind)
    assert market.task((0, 0, 0), 3).parameters == market.task((2, 1, 0), 3).parameters == values[3]
    assert ("quality_china_mobile" in ranges) == (kind == "all")


def test_draws_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "posterior.csv"
    pd.DataFrame({"lock_in": [0.5, 1.0], "contract_months": [12.4, 24.0]}).to_csv(path, index=False)
    rows = [{"lock_in": 0.5, "contract_months": 12.0}, {"lock_in": 1.0, "contract_months": 24.0}]
    for seed in range(4):
        both = [drawn(str(path), seed, r) for r in range(2)]
        assert sorted(both, key=lambda row: row["lock_in"]) == rows  # in either order, each once
        assert drawn(str(path), seed, 3) == both[1]
    assert (distinct_draws(str(path), 60), distinct_draws("all", 60)) == (2, 60)
    GameSettings(draws=str(path)).check()
    with pytest.raises(InputError, match="draws it too"):
        GameSettings(draws=str(path), parameters={"lock_in": 0.1}).check()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"lok_in": [0.5]}, "'lok_in' is no parameter"),
        ({"lock_in": [0.5, 99.0]}, "row 2: parameter lock_in = 99.0 is out of bounds"),
        ({"lock_in": ["much"]}, "no finite number"),
        ({"lock_in": [np.nan]}, "no finite number"),
        ({"lock_in": []}, "holds no draws"),
    ],
)
def test_bad_draws_are_refused(tmp_path: Path, columns: dict[str, list[float]], message: str) -> None:
    path = tmp_path / "draws.parquet"
    pd.DataFrame(columns).to_parquet(path)
    with pytest.raises(InputError, match=message):
        GameSettings(draws=str(path)).check()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--budget", "100"], "budget = 100: allowed: from 270"),
        (["--budget", "300", "--alipay"], "allowed: from 540"),
        (["--confidence", "1.5"], "confidence = 1.5: allowed: from 0.5 to below 1"),
        (["--tolerance", "-1"], "tolerance = -1: allowed: 0 or more"),
        (["--tolerance", "nan"], "tolerance = nan"),
        (["--draws", "guess"], "allowed: assumed, all, or a file ending in .parquet or .csv"),
        (["--draws", "none.csv"], "cannot be read"),
        (["--set", "lok_in=1"], "lock_in"),
        (["--consumers", "3"], "consumers = 3"),
        (["--pricing", "free"], "pricing"),
    ],
)
def test_bad_input_is_one_line(words: list[str], message: str, refused: Callable[..., str]) -> None:
    assert message in refused("game", *words)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Return the results of a small game, with so many workers."""
    made: dict[int, Path] = {}

    def play(workers: int) -> Path:
        if workers not in made:
            made[workers] = tmp_path_factory.mktemp("games") / str(workers)
            words = ["--consumers", "600", "--months", "9", "--budget", "300", "--workers", str(workers)]
            assert main(["game", *words, "--out", str(made[workers])]) == 0
        return made[workers]

    return play


@pytest.mark.slow
def test_the_command_writes_what_it_says(played: Callable[[int], Path]) -> None:
    folder = played(2)
    names = {path.name for path in folder.iterdir()}
    assert {"index.html", "game.nfg", "runs.parquet", "regrets.parquet", "manifest.json"} <= names
    page = (folder / "index.html").read_text()
    figures = ("payoffs", "replies", "regrets", "welfare", "dynamics", "imitation")
    assert all(f'id="{name}"' in page for name in figures)
    runs, told = pd.read_parquet(folder / "runs.parquet"), pd.read_parquet(folder / "payoffs.parquet")
    q = "measure == 'profit_discounted' and actor == 'china_mobile'"
    paid = runs.query(q).pivot(index="replication", columns="profile", values="value")
    for row in told.query(q).to_dict("records"):
        both = paid[[row["profile"], 0]].dropna() if row["profile"] else paid[[0, 0]].dropna()
        expected = paired_difference(both.iloc[:, 0], both.iloc[:, 1])
        assert row["difference"] == pytest.approx(expected.mean)
        assert row["low"] == pytest.approx(expected.low)


@pytest.mark.slow
def test_a_game_in_which_nothing_matters_is_told(tmp_path: Path) -> None:
    """In three months nobody has signed anything: all profiles are the same, and all are equilibria."""
    out = tmp_path / "short"
    words = ["--consumers", "400", "--months", "3", "--budget", "1100", "--workers", "2"]
    assert main(["game", *words, "--out", str(out)]) == 0
    assert pd.read_parquet(out / "regrets.parquet")["is_equilibrium"].all()


@pytest.mark.slow
def test_workers_change_nothing(played: Callable[[int], Path]) -> None:
    one, two = played(1), played(2)
    for path in [*sorted(one.glob("*.parquet")), one / "game.nfg"]:
        assert path.read_bytes() == (two / path.name).read_bytes(), path.name


@pytest.mark.slow
def test_relabelling_players_permutes_everything() -> None:
    """The same market asked with the operators in another order: payoffs, regrets and verdicts follow."""
    from dataclasses import replace

    from experiments.sweeps.tasks import simulate

    market = game_of_market(600, 9, 1)
    order = (2, 0, 1)
    other = replace(market, players=tuple(market.players[k] for k in order))

    def samples_of(game: object) -> Samples:
        assert isinstance(game, type(market))
        rows = {
            p: np.array([simulate(game.task(profile, r)) for r in range(3)])
            for p, profile in enumerate(game.profiles)
        }
        return no_samples(tuple(game.profiles), game.payoffs, len(game.places)).extended(rows)

    one, two = samples_of(market), samples_of(other)
    as_table = regrets(one).T.reshape(3, 3, 3, 3)
    expected = as_table.transpose(0, *(1 + k for k in order))[list(order)]
    np.testing.assert_array_equal(regrets(two).T.reshape(3, 3, 3, 3), expected)
    said = judge(one).is_equilibrium.reshape(3, 3, 3).transpose(order)
    np.testing.assert_array_equal(judge(two).is_equilibrium.reshape(3, 3, 3), said)

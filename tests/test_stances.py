"""The game of stances: what is said of profiles, where runs go, and how sure it is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from experiments.cli import main
from experiments.games.strategic import game_of, pure_equilibria, regret
from experiments.inference import paired_difference
from experiments.stances.analysis import _alike
from experiments.stances.draws import distinct_draws, drawn, varied
from experiments.stances.market_game import game_of_market
from experiments.stances.resampling import bootstrap, interval, regrets
from experiments.stances.samples import Samples, no_samples, payoff_table, tied, twins
from experiments.stances.settings import GameSettings
from experiments.stances.settling import TIE_RUNS, allowance, chance_of_other_side, judge, wanted_runs
from experiments.stances.study import Play, settle
from model.errors import InputError
from model.market import MobileMarket
from model.parameters import Parameters

SIZES = (3, 3, 3)
PROFILES = tuple(itertools.product(*(range(size) for size in SIZES)))
ALL = np.arange(3)


def random_table(seed: int) -> np.ndarray:
    """Return a payoff table of three players with three strategies (3, 3, 3, 3)."""
    return np.random.default_rng(seed).normal(size=(3, *SIZES))


def player_of(table: np.ndarray, noise: float, seed: int) -> Play:
    """Return what runs profiles of a table: luck of the replication, and luck of its own for each number."""

    def run(p: int, r: int) -> np.ndarray:
        shared = np.random.default_rng([seed, r]).normal(size=3)
        own = np.random.default_rng([seed, r, p + 1]).normal(size=3)
        return table[(slice(None), *PROFILES[p])] + 5.0 * shared + noise * own

    return lambda missing: {p: np.array([run(p, r) for r in some]) for p, some in missing.items()}


def sampled(table: np.ndarray, noise: float, runs: int | np.ndarray, seed: int = 0) -> Samples:
    counts = np.broadcast_to(runs, len(PROFILES))
    play = player_of(table, noise, seed)
    missing = {p: range(int(n)) for p, n in enumerate(counts)}
    return no_samples(PROFILES, ALL, 3).extended(play(missing))


# ---- what is said of profiles ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_without_noise_the_verdict_is_the_payoff_tables(seed: int) -> None:
    table = random_table(seed)
    samples = sampled(table, 0.0, 3)
    game = game_of(table)
    verdict = judge(samples)
    assert [PROFILES[p] for p in np.flatnonzero(verdict.is_equilibrium)] == pure_equilibria(game)
    assert verdict.total < 1e-12  # every replication says the same, so nothing is left to doubt
    np.testing.assert_allclose(regrets(samples).T.reshape(3, *SIZES), regret(game), atol=1e-9)


def test_regret_is_zero_exactly_at_equilibria() -> None:
    samples = sampled(random_table(4), 0.5, 6)
    is_zero = regrets(samples).max(axis=1) == 0.0
    np.testing.assert_array_equal(is_zero, judge(samples).is_equilibrium)


def test_ties_are_settled_once_they_have_held_long_enough() -> None:
    """Two strategies that pay everybody the same are both played in equilibrium."""
    table = random_table(7)
    table[:, :, 2, :] = table[:, :, 1, :]
    table[:, 0, 1:, 0] = 9.0  # an equilibrium that rests on the tie
    early, late = sampled(table, 0.0, 4), sampled(table, 0.0, TIE_RUNS)
    same = twins(late)
    for p, (a, b, c) in enumerate(PROFILES):
        assert PROFILES[same[p]] == (a, min(b, 1), c)
    assert (tied(late) == same).all()
    assert judge(early).is_equilibrium[PROFILES.index((0, 1, 0))]
    assert judge(early).total == 1.0
    assert judge(late).total < 1e-12
    assert wanted_runs(early, judge(early), 0.01)[PROFILES.index((0, 2, 0))] == TIE_RUNS


def test_the_tolerance_lets_small_gains_pass() -> None:
    table = np.zeros((3, *SIZES))
    table[0, 1] = 1.0  # the first player gains 1 by his second strategy, whatever the others do
    samples = sampled(table, 0.0, 3)
    assert not judge(samples).is_equilibrium[0]
    assert judge(samples, tolerance=1.5).is_equilibrium.all()


def test_the_chance_of_the_other_side_is_students() -> None:
    values = np.random.default_rng(1).normal(0.3, 1.0, 9)
    found = chance_of_other_side(
        np.array([values.mean()]), np.array([values.std(ddof=1) / 3.0]), np.array([9])
    )
    p = scipy.stats.ttest_1samp(values, 0.0, alternative="greater" if values.mean() > 0 else "less").pvalue
    assert found[0] == pytest.approx(p)


def test_the_looks_together_spend_what_is_allowed() -> None:
    spent = sum(allowance(0.95, look) for look in range(1, 100_000))
    assert spent == pytest.approx(0.05, rel=1e-4)


# ---- where runs go ----------------------------------------------------------------------------------


def one_close_call() -> np.ndarray:
    """Return a table in which one comparison of the equilibrium is close and all others are clear."""
    table = np.zeros((3, *SIZES))
    for a, b, c in PROFILES:
        table[:, a, b, c] = (-3.0 * a, -3.0 * b, -3.0 * c)
    table[0, 1, 0, 0] = -0.12  # instead of -3: the first player nearly gains by leaving (0, 0, 0)
    return table


def test_runs_go_to_the_profiles_that_decide() -> None:
    settled = settle(
        no_samples(PROFILES, ALL, 3), player_of(one_close_call(), 0.2, 3), GameSettings(budget=20_000)
    )
    runs = dict(zip(PROFILES, settled.samples.runs.tolist(), strict=True))
    assert settled.is_settled
    assert [PROFILES[p] for p in np.flatnonzero(settled.verdict.is_equilibrium)] == [(0, 0, 0)]
    decisive = {(0, 0, 0), (1, 0, 0)}
    assert all(runs[p] > 2 * n for p in decisive for q, n in runs.items() if q not in decisive)


def test_what_cannot_be_settled_is_said_to_be_undecided() -> None:
    """A difference of 1e-4 in noise of 0.5: settled, one way or the other, as rarely as the bound says."""
    table = one_close_call()
    table[0, 1, 0, 0] = -1e-4
    budget, settled_at_all = 600, 0
    for seed in range(20):
        settled = settle(
            no_samples(PROFILES, ALL, 3), player_of(table, 0.5, seed), GameSettings(budget=budget)
        )
        settled_at_all += settled.is_settled
        if not settled.is_settled:
            spent = int(settled.samples.runs.sum())
            assert budget - len(PROFILES) < spent <= budget
            assert settled.verdict.total > settled.allowed
    assert settled_at_all <= 5  # to each side at most 5 %; more than 5 of 20 has a chance below 2 %


@pytest.mark.slow
def test_the_set_is_rarely_settled_wrongly() -> None:
    """With the confidence asked for: of 200 random games at most 5 %, by far, since the bound is a sum."""
    wrong = 0
    for seed in range(200):
        table = 0.5 * random_table(seed)
        settled = settle(
            no_samples(PROFILES, ALL, 3), player_of(table, 0.5, seed), GameSettings(budget=3_000)
        )
        said = [PROFILES[p] for p in np.flatnonzero(settled.verdict.is_equilibrium)]
        wrong += settled.is_settled and said != pure_equilibria(game_of(table))
    assert wrong <= 10  # 5 % of 200; 17 would be beyond luck at 5 %


@pytest.mark.slow
def test_near_ties_of_all_deviations_do_not_fool_it() -> None:
    """One equilibrium whose six deviations all nearly tie: the luckiest of six must count as six."""
    table = np.zeros((3, *SIZES))
    for a, b, c in PROFILES:
        table[:, a, b, c] = (-3.0 * a, -3.0 * b, -3.0 * c)
    for s in (1, 2):
        table[0, s, 0, 0] = table[1, 0, s, 0] = table[2, 0, 0, s] = -0.02
    wrong = 0
    for seed in range(200):
        settled = settle(no_samples(PROFILES, ALL, 3), player_of(table, 1.0, seed), GameSettings(budget=600))
        wrong += settled.is_settled and not settled.verdict.is_equilibrium[0]
    assert wrong <= 14  # of 10 expected at the most; more has a chance of 8 % at 5 %


def test_twins_keep_the_same_number_of_runs() -> None:
    table = one_close_call()
    table[:, :, 2, :] = table[:, :, 1, :]
    table[:, 1, 1, 0] = (-0.1, -3.0, 0.0)

    def play(missing: dict[int, range]) -> dict[int, np.ndarray]:
        as_first = {p: PROFILES.index((a, min(b, 1), c)) for p, (a, b, c) in enumerate(PROFILES)}
        run = player_of(table, 0.2, 3)
        return {p: run({as_first[p]: some})[as_first[p]] for p, some in missing.items()}

    samples = no_samples(PROFILES, ALL, 3).extended(play({p: range(10) for p in range(27)}))
    wanted = wanted_runs(samples, judge(samples), 1e-6)
    assert wanted.max() > 10
    for a, c in itertools.product(range(3), range(3)):
        assert wanted[PROFILES.index((a, 1, c))] == wanted[PROFILES.index((a, 2, c))]


def test_what_is_the_same_and_what_is_said_of_it() -> None:
    """Twins pay alike, but only one of them may be an equilibrium: the neighbours differ."""
    same, is_equilibrium = np.array([0, 1, 1, 1]), np.array([False, False, True, True])
    assert _alike(same, is_equilibrium).tolist() == [0, 1, 2, 2]


# ---- how sure -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("uneven", [False, True])
def test_bootstrap_intervals_of_regrets_cover(uneven: bool) -> None:
    """Where the regret is well above 0; nominal 95 %, 200 games of 10 runs, or of 10 to 20."""
    table = one_close_call()
    truth, covered = regret(game_of(table)).reshape(3, -1).T, []
    for seed in range(200):
        luck = np.random.default_rng(seed)
        runs = luck.integers(10, 21, len(PROFILES)) if uneven else 10
        samples = sampled(table, 1.0, runs, seed)
        low, high = interval(bootstrap(samples, resamples=400, seed=seed).regret)
        clear = truth == 3.0
        covered.append(((low <= truth) & (truth <= high))[clear].mean())
    assert 0.93 < np.mean(covered) < 0.97


def test_bootstrap_pairs_what_is_paired() -> None:
    """Luck that all profiles share leaves no doubt in differences."""
    samples = sampled(random_table(2), 0.0, 5)
    resampled = bootstrap(samples, resamples=50)
    assert np.ptp(resampled.gains, axis=0).max() < 1e-9


def test_means_of_unequal_numbers_of_runs_are_freed_of_the_replications_luck() -> None:
    table = random_table(3)
    counts = np.random.default_rng(5).integers(2, 30, len(PROFILES))
    fitted = payoff_table(sampled(table, 0.0, counts))
    apart = fitted - table.reshape(3, -1)
    assert np.ptp(apart, axis=1).max() < 1e-9  # but for the level, which is the luck of those all have


def test_means_of_equal_numbers_of_runs_are_plain_means() -> None:
    samples = sampled(random_table(3), 1.0, 7)
    np.testing.assert_allclose(payoff_table(samples), samples.values.mean(axis=1).T, atol=1e-12)


def test_resampled_means_weigh_replications() -> None:
    samples = sampled(random_table(3), 1.0, 4)
    weights = np.array([2, 0, 1, 1])
    expected = (samples.values * weights[None, :, None]).sum(axis=1).T / 4
    np.testing.assert_allclose(payoff_table(samples, weights), expected, atol=1e-12)


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
def test_bad_input_is_one_line(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["game", *words, "--out", str(tmp_path / "out"), "--workers", "1"])
    told = capsys.readouterr().err
    assert status == 2
    assert message in told
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()


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

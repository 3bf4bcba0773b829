"""What is said of profiles, where runs go, and how sure it is: on tables whose equilibria are known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats

from experiments.games.strategic import game_of, pure_equilibria, regret
from experiments.stances.analysis import _alike
from experiments.stances.resampling import bootstrap, interval, regrets
from experiments.stances.samples import Samples, no_samples, payoff_table, tied, twins
from experiments.stances.settings import GameSettings
from experiments.stances.settling import TIE_RUNS, allowance, chance_of_other_side, judge, wanted_runs
from experiments.stances.study import Play, settle

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

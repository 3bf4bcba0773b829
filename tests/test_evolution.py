"""Replicator dynamics and alpha-rank: games whose dynamics are known."""

import numpy as np
import pytest

from experiments.games.evolution import (
    alpha_rank,
    likely_profile,
    log_fixation,
    log_stationary,
    log_transitions,
    random_mix,
    replicator,
)
from experiments.games.strategic import Game, game_of

DILEMMA = game_of([[[3, 0], [5, 1]], [[3, 5], [0, 1]]])
SEXES = game_of([[[2, 0], [0, 1]], [[1, 0], [0, 2]]])
PENNIES = game_of([[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]])


def coordination(players: int, better: float) -> Game:
    """Return a game in which all earn 1 where all play 1, `better` where all play 2, else nothing."""
    table = np.zeros((players, *(2,) * players))
    table[(slice(None), *(0,) * players)] = 1.0
    table[(slice(None), *(1,) * players)] = better
    return game_of(table)


# ---- replicator dynamics ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_dilemma_ends_in_defection(seed: int) -> None:
    path = replicator(DILEMMA, random_mix(DILEMMA, np.random.default_rng(seed)))
    assert path.is_still
    assert likely_profile(DILEMMA, path.end)[3] > 1 - 1e-6


def test_the_separatrix_of_a_coordination_game() -> None:
    """Two alike populations that start alike tip at x = b / (1 + b), where both strategies earn the same."""
    better = 1.5
    game, tips = coordination(2, better), better / (1 + better)
    for x, end in ((tips + 1e-3, 0), (tips - 1e-3, 1)):
        start = (np.array([x, 1 - x]),) * 2
        assert replicator(game, start).end[0][end] > 0.999


def test_pennies_circle_for_ever() -> None:
    """The product of all shares is constant along the paths of a zero-sum game with an inner equilibrium."""
    start = (np.array([0.3, 0.7]), np.array([0.6, 0.4]))
    path = replicator(PENNIES, start, time=60.0)
    product = np.prod([shares.prod(axis=1) for shares in path.shares], axis=0)
    np.testing.assert_allclose(product, product[0], rtol=1e-3)
    assert not path.is_still
    assert np.ptp(path.shares[0][:, 0]) > 0.3


def test_the_speed_is_the_replicator_equations() -> None:
    """A single population's law x' = x (1 - x) (gain) for a dominant strategy: a logistic curve."""
    game = game_of([[[1, 1], [0, 0]], [[0, 0], [0, 0]]])
    spread = 0.5  # of the first player's payoffs: the clock
    path = replicator(game, (np.array([0.1, 0.9]), np.array([0.5, 0.5])), time=10.0)
    logistic = 1 / (1 + 9 * np.exp(-path.time / spread))
    np.testing.assert_allclose(path.shares[0][:, 0], logistic, atol=1e-5)


def test_three_players_end_in_an_equilibrium() -> None:
    game = coordination(3, 1.5)
    ends = set()
    for seed in range(20):
        path = replicator(game, random_mix(game, np.random.default_rng(seed)))
        assert path.is_still
        ends.add(int(likely_profile(game, path.end).argmax()))
    assert ends == {0, 7}


# ---- alpha-rank -----------------------------------------------------------------------------------


@pytest.mark.parametrize("gain", [-0.3, -1e-3, 0.0, 1e-3, 0.3])
def test_fixation_is_that_of_the_birth_death_chain(gain: float) -> None:
    """Fermi process: a step down is e^-g times as likely as a step up; solved as a linear system."""
    m = 7
    chain = np.zeros((m + 1, m + 1))
    chain[0, 0] = chain[m, m] = 1.0
    for i in range(1, m):
        up = i * (m - i) / m**2 / (1 + np.exp(-gain))
        down = i * (m - i) / m**2 / (1 + np.exp(gain))
        chain[i, i + 1], chain[i, i - 1], chain[i, i] = up, down, 1 - up - down
    inner = chain[1:m, 1:m]
    absorbed = np.linalg.solve(np.eye(m - 1) - inner, chain[1:m, m])
    assert np.exp(log_fixation(gain, m)) == pytest.approx(absorbed[0], rel=1e-9)


def test_very_strong_selection_does_not_overflow() -> None:
    assert log_fixation(1e9, 50) == 0.0
    assert log_fixation(-1e9, 50) == pytest.approx(-49e9)


def test_the_better_of_two_conventions_lasts_when_imitation_is_strong() -> None:
    """2 each or 1 each: leaving the first takes a rarer mutant, so all time is spent there in the limit."""
    share = alpha_rank(coordination(2, 2.0), 100.0)
    assert share[3] == pytest.approx(1.0, abs=1e-9)


def test_known_rankings() -> None:
    """Omidshafiei et al. (2019): the dilemma, battle of the sexes, matching pennies."""
    np.testing.assert_allclose(alpha_rank(DILEMMA, 100.0), [0, 0, 0, 1], atol=1e-9)
    np.testing.assert_allclose(alpha_rank(SEXES, 100.0), [0.5, 0, 0, 0.5], atol=1e-9)
    np.testing.assert_allclose(alpha_rank(PENNIES, 100.0), [0.25] * 4, atol=1e-9)


def test_without_selection_all_profiles_are_alike() -> None:
    game = game_of(np.random.default_rng(1).normal(size=(3, 3, 3, 3)))
    np.testing.assert_allclose(alpha_rank(game, 0.0), np.full(27, 1 / 27), atol=1e-12)


def test_the_stationary_distribution_is_the_eigenvector() -> None:
    game = game_of(np.random.default_rng(2).normal(size=(3, 3, 2, 3)))
    chain = np.exp(log_transitions(game, 0.05))
    chain += np.diag(1.0 - chain.sum(axis=1))
    found = np.exp(log_stationary(np.log(np.maximum(chain, 1e-300))))
    np.testing.assert_allclose(found @ chain, found, atol=1e-12)
    assert found.sum() == pytest.approx(1.0)


def test_relabelling_players_permutes_the_ranking() -> None:
    table = np.random.default_rng(3).normal(size=(3, 3, 2, 3))
    order = (2, 0, 1)
    other = game_of(table.transpose(0, *(1 + k for k in order))[list(order)])
    one = alpha_rank(game_of(table), 2.0).reshape(3, 2, 3)
    np.testing.assert_allclose(alpha_rank(other, 2.0).reshape(3, 3, 2), one.transpose(order), atol=1e-12)

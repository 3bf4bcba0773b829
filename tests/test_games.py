"""Games: what a payoff table must be, and what holds in every game whatever its payoffs."""

import io
from itertools import permutations
from typing import Any

import numpy as np
import pygambit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from experiments.games.gambit import enumpoly, equilibria, to_nfg
from experiments.games.mixed import mixed_equilibria
from experiments.games.strategic import (
    Game,
    best_replies,
    distance,
    game_of,
    mixed_regret,
    profiles,
    pure_equilibria,
    pure_mix,
    regret,
    strategy_payoffs,
    undominated,
)
from model.errors import InputError

DILEMMA = [[[3, 0], [5, 1]], [[3, 5], [0, 1]]]


@st.composite
def tables(draw: Any, players: tuple[int, ...] = (2, 3), strategies: int = 3, least: int = 1) -> np.ndarray:
    """Return a payoff table of small whole numbers, so that ties happen."""
    count = draw(st.sampled_from(players))
    sizes = tuple(draw(st.lists(st.integers(least, strategies), min_size=count, max_size=count)))
    return draw(arrays(float, (count, *sizes), elements=st.integers(-4, 4).map(float)))


# ---- making a game --------------------------------------------------------------------------------


def test_names() -> None:
    game = game_of(DILEMMA, ("row", "column"), ("cooperate", "defect"))
    assert game.names((0, 1)) == ("cooperate", "defect")
    assert game.strategies == (("cooperate", "defect"),) * 2
    assert game.sizes == (2, 2)
    assert game_of(DILEMMA).players == ("1", "2")
    of_each = game_of(np.zeros((2, 1, 3)), strategies=[["stay"], ["left", "right", "on"]])
    assert of_each.names((0, 2)) == ("stay", "on")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((2, 2)),), r"payoffs have shape \(2, 2\)"),
        ((np.zeros((3, 2, 2)),), r"payoffs have shape \(3, 2, 2\)"),
        ((np.zeros((1, 2)),), "two players or more"),
        ((np.zeros((2, 2, 0)),), r"payoffs have shape \(2, 2, 0\)"),
        (([[[1, 2], [3]], [[1, 2], [3, 4]]],), "rows of one length"),
        (([[["a", 2]], [[1, 2]]],), "not a table of numbers"),
        (([[[1, np.nan], [3, 4]], [[1, 2], [3, 4]]],), r"payoffs\[0, 0, 1\] = nan; allowed: finite numbers"),
        (([[[1, 2], [3, 4]], [[1, 2], [3, np.inf]]],), r"payoffs\[1, 1, 1\] = inf"),
        ((DILEMMA, ("a", "a")), "players: 'a' is given twice"),
        ((DILEMMA, ("a", "b", "c")), r"players: 3 names \(a, b, c\); the payoff table has 2"),
        ((DILEMMA, None, ("x", "x")), "strategies of 1: 'x' is given twice"),
        ((DILEMMA, ("a", "b"), [["x", "y"], ["x"]]), "strategies of b: 1 names"),
        ((DILEMMA, None, [["x", "y"]]), "strategies of 1 players; the payoff table has 2"),
    ],
)
def test_what_is_no_game_is_refused_in_one_line(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        game_of(*arguments)
    assert "\n" not in str(refused.value)


def test_a_game_keeps_its_payoffs() -> None:
    table = np.array(DILEMMA, float)
    game = game_of(table)
    table[:] = 0
    assert game.payoffs[0, 0, 0] == 3
    with pytest.raises(ValueError, match="read-only"):
        game.payoffs[0, 0, 0] = 1


# ---- pure strategies ------------------------------------------------------------------------------


def test_the_dilemma() -> None:
    game = game_of(DILEMMA)
    assert regret(game)[0].tolist() == [[2, 1], [0, 0]]
    assert best_replies(game)[1].tolist() == [[False, True], [False, True]]
    assert pure_equilibria(game) == [(1, 1)]
    assert pure_equilibria(game, tolerance=2.0) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert [left.tolist() for left in undominated(game)] == [[1], [1]]


def gains(game: Game, profile: tuple[int, ...], k: int) -> float:
    """Return the most player k gains by another strategy, one after another."""
    others = [(*profile[:k], s, *profile[k + 1 :]) for s in range(game.sizes[k])]
    return max(float(game.payoffs[(k, *other)]) for other in others) - float(game.payoffs[(k, *profile)])


@given(tables())
def test_regret_is_the_best_gain_and_zero_in_equilibria_only(table: np.ndarray) -> None:
    game = game_of(table)
    found, stable = regret(game), pure_equilibria(game)
    for profile in profiles(game):
        mine = [gains(game, profile, k) for k in range(len(game.players))]
        assert found[(slice(None), *profile)].tolist() == mine
        assert (max(mine) == 0) == (profile in stable)


@given(tables(), st.lists(st.floats(0.125, 8), min_size=3, max_size=3), st.integers(-64, 64))
def test_units_of_payoffs_do_not_matter(table: np.ndarray, scale: list[float], shift: int) -> None:
    game = game_of(table)
    by = np.array([2.0 ** round(np.log2(x)) for x in scale[: len(table)]])  # exact in floating point
    by = by.reshape(-1, *(1,) * (table.ndim - 1))
    other = game_of(table * by + shift)
    assert pure_equilibria(other) == pure_equilibria(game)
    assert (best_replies(other) == best_replies(game)).all()
    assert np.array_equal(regret(other), regret(game) * by)
    for a, b in zip(undominated(other), undominated(game), strict=True):
        assert a.tolist() == b.tolist()


@given(tables(), st.data())
def test_names_of_players_do_not_matter(table: np.ndarray, data: st.DataObject) -> None:
    game = game_of(table)
    order = data.draw(st.sampled_from(list(permutations(range(len(game.players))))))
    other = game_of(table.transpose(0, *(1 + k for k in order))[list(order)])
    relabelled = {tuple(profile[k] for k in order) for profile in pure_equilibria(game)}
    assert set(pure_equilibria(other)) == relabelled
    left = undominated(game)
    assert [a.tolist() for a in undominated(other)] == [left[k].tolist() for k in order]


@given(tables(), st.data())
def test_a_dominated_strategy_is_in_no_equilibrium(table: np.ndarray, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, len(table) - 1))
    worse = np.take(table, [0], axis=k + 1)
    worse[k] -= data.draw(st.integers(1, 3))
    last = table.shape[k + 1]
    game = game_of(np.concatenate([table, worse], axis=k + 1))
    assert last not in undominated(game)[k]
    assert all(profile[k] != last for profile in pure_equilibria(game))
    kept = undominated(game)
    for profile in pure_equilibria(game):
        assert all(s in left for s, left in zip(profile, kept, strict=True))


def test_dominance_by_a_mixture_only() -> None:
    table = np.zeros((2, 3, 2))
    table[0] = [[2, -1], [0, 0], [-1, 2]]
    assert undominated(game_of(table))[0].tolist() == [0, 2]
    table[0, 1] = 0.5  # as good as half of each: not worse
    assert undominated(game_of(table))[0].tolist() == [0, 1, 2]
    table[0, 1] = 0.499
    assert undominated(game_of(table))[0].tolist() == [0, 2]


# ---- mixed strategies -----------------------------------------------------------------------------


def test_what_strategies_earn_by_hand() -> None:
    table = np.arange(24.0).reshape(3, 2, 2, 2)
    mix = ([0.5, 0.5], [0.25, 0.75], [1.0, 0.0])
    earned = strategy_payoffs(game_of(table), mix)
    assert earned[0] == pytest.approx([0.25 * 0 + 0.75 * 2, 0.25 * 4 + 0.75 * 6])
    assert earned[2] == pytest.approx(
        [np.mean([0.25 * table[2, i, 0, c] + 0.75 * table[2, i, 1, c] for i in (0, 1)]) for c in (0, 1)]
    )


@given(tables())
def test_pure_profiles_as_mixtures_have_the_same_regret(table: np.ndarray) -> None:
    game = game_of(table)
    for profile in profiles(game):
        found = mixed_regret(game, pure_mix(game, profile))
        assert found == pytest.approx(regret(game)[(slice(None), *profile)])


@settings(deadline=None, max_examples=40)
@given(tables(least=2))
def test_mixed_equilibria_have_no_regret_and_no_dominated_strategy(table: np.ndarray) -> None:
    game = game_of(table)
    kept = undominated(game)
    for mix in mixed_equilibria(game):
        assert mixed_regret(game, mix).max() <= 1e-7
        for weights, left in zip(mix, kept, strict=True):
            assert weights.sum() == pytest.approx(1.0)
            assert np.delete(weights, left).max(initial=0.0) == 0


random_games = st.sampled_from([(2, 2), (3, 3), (2, 4), (2, 2, 2), (3, 2, 2), (2, 2, 2, 2)])


def random_game(seed: int, sizes: tuple[int, ...]) -> Game:
    return game_of(np.random.default_rng(seed).normal(size=(len(sizes), *sizes)))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), random_games)
def test_where_nothing_ties_equilibria_are_odd_in_number(seed: int, sizes: tuple[int, ...]) -> None:
    """Almost every game has an odd number [Wilson 1971]; the pure ones are among them."""
    game = random_game(seed, sizes)
    found = mixed_equilibria(game)
    assert len(found) % 2 == 1
    for profile in pure_equilibria(game):
        assert min(distance(pure_mix(game, profile), mix) for mix in found) == 0


@pytest.mark.parametrize("seed", range(8))
def test_three_by_three_by_three(seed: int) -> None:
    assert len(mixed_equilibria(random_game(seed, (3, 3, 3)))) % 2 == 1


def test_two_equilibria_of_one_support() -> None:
    """McKelvey and McLennan's 2 x 2 x 2 game has nine equilibria, the most there can be, two of them full."""
    table = np.zeros((3, 2, 2, 2))
    table[:, 0, 0, 0] = 9, 8, 12
    table[:, 1, 1, 0] = 9, 8, 2
    table[:, 0, 1, 1] = 3, 4, 6
    table[:, 1, 0, 1] = 3, 4, 4
    found = mixed_equilibria(game_of(table))
    assert len(found) == 9
    assert sum(min(weights.min() for weights in mix) > 0 for mix in found) == 2


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), random_games, st.data())
def test_names_of_players_do_not_matter_to_mixtures(
    seed: int, sizes: tuple[int, ...], data: st.DataObject
) -> None:
    game = random_game(seed, sizes)
    order = data.draw(st.sampled_from(list(permutations(range(len(sizes))))))
    other = game_of(game.payoffs.transpose(0, *(1 + k for k in order))[list(order)])
    relabelled = [tuple(mix[k] for k in order) for mix in mixed_equilibria(game)]
    found = mixed_equilibria(other)
    assert len(found) == len(relabelled)
    assert all(min(distance(mix, one) for one in relabelled) < 1e-6 for mix in found)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e9])
def test_mixed_equilibria_in_any_unit(unit: float) -> None:
    sexes = np.array([[[2, 0], [0, 1]], [[1, 0], [0, 2]]]) * unit
    found = mixed_equilibria(game_of(sexes + 5 * unit))
    assert len(found) == 3
    assert min(distance(mix, (np.array([2, 1]) / 3, np.array([1, 2]) / 3)) for mix in found) < 1e-9


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), random_games)
def test_nothing_that_gambit_finds_is_missed(seed: int, sizes: tuple[int, ...]) -> None:
    """Gambit's list of equilibria of three is not complete, but what is in it must be in ours."""
    game = random_game(seed, sizes)
    found = mixed_equilibria(game)
    for theirs in enumpoly(game):
        assert min(distance(theirs, ours) for ours in found) < 1e-4


def test_equilibria_say_who_found_them() -> None:
    sexes = game_of([[[2, 0], [0, 1]], [[1, 0], [0, 2]]])
    found = equilibria(sexes)
    assert [e.is_pure for e in found] == [True, True, False]
    assert all(e.by_gambit and e.by_supports for e in found)


@pytest.mark.parametrize("sizes", [(2, 3), (3, 3, 3), (3, 3, 3, 2)])
def test_gambit_reads_what_is_written_for_it(sizes: tuple[int, ...]) -> None:
    names = ("china_mobile", "china_unicom", "china_telecom", "alipay")[: len(sizes)]
    game = game_of(
        1e12 * np.random.default_rng(3).normal(size=(len(sizes), *sizes)),
        names,
        [("closed", "open", "exclusive")[:n] for n in sizes],
    )
    read = pygambit.read_nfg(io.StringIO(to_nfg(game, "stances")))
    assert read.title == "stances"
    assert tuple(read.players) == names
    assert tuple(read.get_strategies(names[0])) == game.strategies[0]
    np.testing.assert_array_equal(np.array(read.to_arrays(dtype=float)), game.payoffs)

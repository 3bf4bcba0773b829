"""Known games through the whole path: noisy runs in, known equilibria, selection and dominance out."""

import itertools

import numpy as np
import pytest

from experiments.games.strategic import Game, game_of
from experiments.stances.resampling import bootstrap
from experiments.stances.samples import Samples, no_samples, payoff_table
from experiments.stances.settling import judge
from experiments.stances.solutions import (
    basins,
    dominance,
    equilibrium_table,
    imitation,
    imitators,
    risk_dominance,
)

BENEFIT, COST = 1.0, 0.4


def sampled(table: np.ndarray, noise: float = 0.02, runs: int = 30, seed: int = 0) -> Samples:
    """Return noisy runs of a game's payoff table (K, S1, ..., SK); luck is shared, and each profile's own."""
    sizes = table.shape[1:]
    profiles = tuple(itertools.product(*(range(size) for size in sizes)))
    luck = np.random.default_rng(seed)
    shared = luck.normal(size=(1, runs, len(sizes)))
    own = luck.normal(size=(len(profiles), runs, len(sizes)))
    means = table.reshape(len(sizes), -1).T[:, None, :]
    values = means + 3.0 * shared + noise * own
    start = no_samples(profiles, np.arange(len(sizes)), len(sizes))
    return start.extended(dict(enumerate(values)))


def game_from(samples: Samples) -> Game:
    means = payoff_table(samples)[samples.payoffs]
    return game_of(means.reshape(len(samples.payoffs), *samples.sizes))


def volunteers() -> np.ndarray:
    """Return the volunteer's dilemma of three: each may give a good to all, at a cost."""
    table = np.zeros((3, 2, 2, 2))
    for profile in np.ndindex(2, 2, 2):
        table[(slice(None), *profile)] = BENEFIT * (sum(profile) > 0) - COST * np.array(profile)
    return table


def test_the_volunteers_dilemma_has_its_equilibria() -> None:
    """Three in which one volunteers, one in which all do with 1 - sqrt(c / b), three in which two do."""
    samples = sampled(volunteers())
    table = equilibrium_table(game_from(samples), samples, bootstrap(samples), judge(samples))
    pure = table[table["kind"] == "pure"]
    chosen = pure[pure["probability"] == 1].groupby("equilibrium")["strategy"].agg("".join)
    assert sorted(chosen) == ["112", "121", "211"]
    assert (pure["chance"] == 1.0).all()
    mixed = table[table["kind"] == "mixed"]
    inner = [rows for _, rows in mixed.groupby("equilibrium") if (rows["probability"] > 0).all()]
    (rows,) = inner
    volunteer = rows[rows["strategy"] == "2"]
    truth = 1.0 - np.sqrt(COST / BENEFIT)
    assert volunteer["probability"].to_numpy() == pytest.approx(np.full(3, truth), abs=0.03)
    assert (volunteer["low"] <= truth).all()
    assert (volunteer["high"] >= truth).all()
    assert (volunteer["high"] - volunteer["low"] < 0.1).all()
    assert rows["chance"].iloc[0] > 0.95
    assert mixed["equilibrium"].nunique() == 4


def test_matching_pennies_has_no_pure_and_one_mixed_equilibrium() -> None:
    samples = sampled(np.array([[[1.0, -1], [-1, 1]], [[-1, 1], [1, -1]]]))
    verdict = judge(samples)
    table = equilibrium_table(game_from(samples), samples, bootstrap(samples), verdict)
    assert not verdict.is_equilibrium.any()
    assert set(table["kind"]) == {"mixed"}
    assert table["probability"].to_numpy() == pytest.approx(np.full(4, 0.5), abs=0.02)
    assert table["by_gambit"].all()
    assert table["by_supports"].all()


def test_a_degenerate_game_keeps_its_ties() -> None:
    """The second player's strategies are the same: both are in equilibrium with the best reply."""
    table = np.array([[[2.0, 2.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]])
    samples = sampled(table, noise=0.0)
    found = equilibrium_table(game_from(samples), samples, bootstrap(samples), judge(samples))
    chosen = found[found["probability"] == 1].groupby("equilibrium")["strategy"].agg("".join)
    assert sorted(chosen) == ["11", "12"]
    assert (found["chance"] == 1.0).all()


@pytest.mark.parametrize(("safe", "safer"), [(1.5, 3), (0.5, 0)])
def test_risk_dominance_of_a_stag_hunt(safe: float, safer: int) -> None:
    """Both hunt: 2 each. Products of losses: (2 - safe)^2 against safe^2."""
    table = np.array([[[2.0, 0.0], [safe, safe]], [[2.0, safe], [0.0, safe]]])
    samples = sampled(table)
    found = np.flatnonzero(judge(samples).is_equilibrium).tolist()
    assert found == [0, 3]
    told = risk_dominance(found, samples, bootstrap(samples), ("stag", "", "", "hare"))
    assert told["safer"].tolist() == [safer]
    assert told["product_a"].iloc[0] == pytest.approx((2.0 - safe) ** 2, rel=0.1)
    assert told["product_b"].iloc[0] == pytest.approx(safe**2, rel=0.1)
    assert told["chance"].iloc[0] == 1.0


def test_neither_is_safer_where_nobody_would_lose() -> None:
    table = np.array([[[1.0, 1.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    samples = sampled(table, noise=0.0)
    told = risk_dominance([0, 1], samples, bootstrap(samples), ("a", "b", "c", "d"))
    assert told["safer"].tolist() == [-1]


def test_dominance_survives_noise_and_tells_its_chance() -> None:
    dilemma = np.array([[[3.0, 0], [5, 1]], [[3, 5], [0, 1]]])
    samples = sampled(dilemma)
    told = dominance(game_from(samples), samples, bootstrap(samples))
    assert told["survives"].tolist() == [False, True, False, True]
    assert told["chance"].tolist() == [0.0, 1.0, 0.0, 1.0]
    assert told["chance_of_all"].tolist() == [1.0] * 4


def test_basins_of_a_symmetric_coordination_game_are_alike() -> None:
    """Two equilibria that are mirror images take half of the starts each."""
    table = np.array([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]])
    samples = sampled(table, noise=0.0)
    game, same, labels = game_from(samples), np.arange(4), ("a", "b", "c", "d")
    told = basins(game, imitators(game, 1, 100), same, labels).set_index("label")
    assert set(told.index) == {"a", "d"}
    assert told["low"].min() < 0.5 < told["high"].max()
    strong = imitation(game, same, labels).query("strength > 9_999").set_index("label")["share"]
    assert strong["a"] == pytest.approx(0.5, abs=1e-6)
    assert strong["d"] == pytest.approx(0.5, abs=1e-6)


def test_cycles_are_said_to_cycle() -> None:
    samples = sampled(np.array([[[1.0, -1], [-1, 1]], [[-1, 1], [1, -1]]]), noise=0.0)
    game = game_from(samples)
    told = basins(game, imitators(game, 1, 20), np.arange(4), ("a", "b", "c", "d"))
    assert told["label"].tolist() == ["no rest in the time given"]


def test_near_ties_are_decided_in_the_end() -> None:
    """A game that dominance solves, one step of it by 1e-5 of the payoffs: all paths end there."""
    table = np.array([[[1.0, 1.0], [0.0, 0.0]], [[1e-5, 0.0], [1e-5, 0.0]]])
    samples = sampled(table, noise=0.0)
    game = game_from(samples)
    paths = imitators(game, 1, 30)
    told = basins(game, paths, np.arange(4), ("a", "b", "c", "d"))
    assert told["label"].tolist() == ["a"]

"""Solution concepts applied to a sampled game, each with what luck leaves open."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from experiments.games.evolution import (
    Path,
    alpha_rank,
    likely_profile,
    random_mix,
    replicator,
)
from experiments.games.gambit import Equilibrium, equilibria
from experiments.games.mixed import solutions
from experiments.games.strategic import Game, Mix, distance, game_of, mixed_regret, undominated
from experiments.stances.resampling import Bootstrapped, interval
from experiments.stances.samples import Samples, payoff_table
from experiments.stances.settling import Verdict

FEW = 200  # resamples of what takes a solver
STARTS = 300  # of the replicator dynamics
SHOWN = 2_000.0  # time along paths, of what is drawn
STRENGTHS = np.logspace(-2, 4, 37)  # of imitation, per standard deviation of payoffs
NO_PROFILE = {-1: "a mixture", -2: "no rest in the time given"}  # where a path ends
NEAR = 0.25  # a mixed equilibrium of a resample is taken for the same one within this distance


def resampled_games(game: Game, samples: Samples, resampled: Bootstrapped, count: int) -> list[Game]:
    """Return the payoff tables of the first so many resamples."""
    return [
        game_of(
            payoff_table(samples, weights)[samples.payoffs].reshape(game.payoffs.shape),
            game.players,
            game.strategies,
        )
        for weights in resampled.weights[:count]
    ]


def equilibrium_table(
    game: Game, samples: Samples, resampled: Bootstrapped, verdict: Verdict
) -> pd.DataFrame:
    """Return the equilibria of the table of means: who plays what with which probability.

    Pure ones are those of the verdict. Where strategies tie there may be a continuum of mixtures, of which
    only the pure ends are listed.

    Returns
    -------
    DataFrame; equilibrium (number), kind, player, strategy, probability, low, high (bootstrap), chance (share
    of resamples in which there is such an equilibrium), by_gambit, by_supports
    """
    number, rows = 0, []
    pure = [samples.profiles[p] for p in np.flatnonzero(verdict.is_equilibrium)]
    found = equilibria(game)
    for profile in pure:
        number += 1
        place = samples.profiles.index(profile)
        mix = tuple(np.eye(size)[s] for size, s in zip(game.sizes, profile, strict=True))
        by = next((e for e in found if distance(e.mix, mix) < 1e-6), Equilibrium(mix, False, False))
        chance = float(resampled.chance[place])
        rows += _equilibrium_rows(game, number, "pure", by, (mix, mix), chance)
    mixed = [e for e in found if not e.is_pure]
    others = resampled_games(game, samples, resampled, FEW) if mixed else []
    for e in mixed:
        number += 1
        ends, chance = _again(e.mix, others)
        rows += _equilibrium_rows(game, number, "mixed", e, ends, chance)
    columns = ["equilibrium", "kind", "player", "strategy", "probability", "low", "high", "chance",
               "by_gambit", "by_supports"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _equilibrium_rows(
    game: Game, number: int, kind: str, e: Equilibrium, ends: tuple[Mix, Mix], chance: float
) -> list[tuple[object, ...]]:
    low, high = ends
    return [
        (number, kind, player, name, e.mix[k][s], low[k][s], high[k][s], chance, e.by_gambit, e.by_supports)
        for k, player in enumerate(game.players)
        for s, name in enumerate(game.strategies[k])
    ]


def _again(mix: Mix, others: list[Game]) -> tuple[tuple[Mix, Mix], float]:
    """Return in which range a mixed equilibrium lies over resampled games, and the share that have it."""
    support = tuple(np.flatnonzero(weights > 0) for weights in mix)
    luck, near = np.random.default_rng(0), []
    for game in others:
        found = [
            m for m in solutions(game, support, luck) if mixed_regret(game, m).max() <= 1e-6 * _span(game)
        ]
        found.sort(key=lambda m: distance(m, mix))
        if found and distance(found[0], mix) < NEAR:
            near.append(found[0])
    if not near:
        return (mix, mix), 0.0
    ends = [interval(np.array([m[k] for m in near])) for k in range(len(mix))]
    return (tuple(low for low, _ in ends), tuple(high for _, high in ends)), len(near) / len(others)


def _span(game: Game) -> float:
    return float(np.ptp(game.payoffs)) or 1.0


def risk_dominance(
    found: list[int], samples: Samples, resampled: Bootstrapped, labels: tuple[str, ...]
) -> pd.DataFrame:
    """Return, for each two equilibria, which one is the safer [Harsanyi1988].

    The Nash products of what those who would have to change lose by changing alone; the equilibrium with the
    larger product risk-dominates, in the sense of Harsanyi and Selten where two players have to change; with
    more it is the same product, which they did not define. -1 where the products are the same.

    [Harsanyi1988] J. C. Harsanyi, R. Selten, "A General Theory of Equilibrium Selection in Games".
    """
    rows = []
    for i, a in enumerate(found):
        for b in found[i + 1 :]:
            of_a, of_b = (_nash_product(x, y, samples, resampled.gains) for x, y in ((a, b), (b, a)))
            mean_a, mean_b = (
                _nash_product(x, y, samples, samples.deviations.mean[None])[0] for x, y in ((a, b), (b, a))
            )
            safer = a if mean_a > mean_b else b if mean_b > mean_a else -1
            chance = float((of_a == of_b if safer < 0 else of_a > of_b if safer == a else of_b > of_a).mean())
            rows.append((a, b, labels[a], labels[b], mean_a, mean_b, safer, chance))
    columns = ["a", "b", "label_a", "label_b", "product_a", "product_b", "safer", "chance"]
    return pd.DataFrame(rows, columns=columns)


def _nash_product(at: int, other: int, samples: Samples, gains: np.ndarray) -> np.ndarray:
    """Return the product of what players lose by going over to another equilibrium's strategy alone (B,)."""
    d, here, there = samples.deviations, samples.profiles[at], samples.profiles[other]
    product = np.ones(len(gains))
    for k, (s, other_s) in enumerate(zip(here, there, strict=True)):
        if s != other_s:
            to = samples.profiles.index((*here[:k], other_s, *here[k + 1 :]))
            e = np.flatnonzero((d.at == at) & (d.to == to))[0]
            product = product * np.maximum(-gains[:, e], 0.0)
    return product


def dominance(game: Game, samples: Samples, resampled: Bootstrapped) -> pd.DataFrame:
    """Return which strategies survive iterated strict dominance, and in which share of resamples."""
    left = undominated(game)
    others = [undominated(other) for other in resampled_games(game, samples, resampled, FEW)]
    same = [float(np.mean([np.array_equal(some[k], left[k]) for some in others])) for k in range(len(left))]
    rows = [
        (player, name, s in left[k], float(np.mean([s in some[k] for some in others])), same[k])
        for k, player in enumerate(game.players)
        for s, name in enumerate(game.strategies[k])
    ]
    return pd.DataFrame(rows, columns=["player", "strategy", "survives", "chance", "chance_of_all"])


def imitators(game: Game, seed: int, starts: int = STARTS) -> list[Path]:
    """Return paths of the replicator dynamics from starts drawn uniformly."""
    luck = np.random.default_rng([seed, 0xBA51])
    return [replicator(game, random_mix(game, luck)) for _ in range(starts)]


def basins(game: Game, paths: list[Path], same: np.ndarray, labels: tuple[str, ...]) -> pd.DataFrame:
    """Return where the replicator dynamics end, and the share of starts that end there.

    An end is a profile, or those that are the same, that is played with probability above 0.99; else a
    mixture at rest (-1), or none: still moving when time was up, as cycles and near ties are (-2).
    """
    ends: dict[int, int] = {}
    for path in paths:
        by_class = np.bincount(same, weights=likely_profile(game, path.end), minlength=len(same))
        end = int(by_class.argmax()) if by_class.max() > 0.99 else -1 if path.is_still else -2
        ends[end] = ends.get(end, 0) + 1
    rows = []
    for end, count in sorted(ends.items(), key=lambda item: -item[1]):
        sure = binomtest(count, len(paths)).proportion_ci(0.95, "wilson")
        label = labels[end] if end >= 0 else NO_PROFILE[end]
        rows.append((end, label, count / len(paths), sure.low, sure.high, len(paths)))
    return pd.DataFrame(rows, columns=["profile", "label", "share", "low", "high", "starts"])


def along_paths(game: Game, paths: list[Path]) -> pd.DataFrame:
    """Return each strategy's share along the paths: mean over starts, and where 90 % of them lie."""
    times, parts = np.append(0.0, np.logspace(-1, np.log10(SHOWN), 60)), []
    for k, player in enumerate(game.players):
        for s, strategy in enumerate(game.strategies[k]):
            shares = np.array([np.interp(times, path.time, path.shares[k][:, s]) for path in paths])
            low, high = np.percentile(shares, [5, 95], axis=0)
            told = {"player": player, "strategy": strategy, "time": times, "mean": shares.mean(axis=0)}
            parts.append(pd.DataFrame(told | {"low": low, "high": high}))
    return pd.concat(parts, ignore_index=True)


def imitation(game: Game, same: np.ndarray, labels: tuple[str, ...]) -> pd.DataFrame:
    """Return alpha-rank's share of time in each profile along the strength of imitation.

    The strength is per standard deviation of a player's payoffs over the table, the mean of players; profiles
    that are the same are added up.
    """
    spread = float(np.mean([table.std() for table in game.payoffs])) or 1.0
    rows = []
    for strength in STRENGTHS:
        share = alpha_rank(game, strength / spread)
        together = np.bincount(same, weights=share, minlength=len(same))
        rows += [(strength, p, labels[p], together[p]) for p in np.unique(same)]
    return pd.DataFrame(rows, columns=["strength", "profile", "label", "share"])

"""Everything a game of stances says, as tidy tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit
from scipy.stats import binomtest

from experiments.games.strategic import Game, game_of
from experiments.inference import paired_difference
from experiments.outcomes import MARKET, MEASURES
from experiments.stances.market_game import PAYOFF, WELFARE, MarketGame
from experiments.stances.resampling import Bootstrapped, bootstrap, interval, regrets
from experiments.stances.samples import payoff_table, twins
from experiments.stances.solutions import (
    along_paths,
    basins,
    dominance,
    equilibrium_table,
    imitation,
    imitators,
    risk_dominance,
)
from experiments.stances.study import Settled
from model.schemas import OPERATORS

OR = "/"  # between strategies that make no difference


@dataclass(frozen=True, eq=False)
class Analysis:
    """A settled game and what follows from it.

    Attributes
    ----------
    market : whose game it is
    settled : its runs, and what is said of the profiles
    game : the payoff table of means, RMB
    resampled : the bootstrap over replications
    tolerance : RMB a player gives away without changing stance
    same : (P,) int
        For each profile the first that paid everybody the same in every replication and of which the same is
        said: whether it is an equilibrium.
    labels : (P,) str
        Names of profiles; those that are the same share one.
    tables : tidy tables by name
    """

    market: MarketGame
    settled: Settled
    game: Game
    resampled: Bootstrapped
    tolerance: float
    same: np.ndarray
    labels: tuple[str, ...]
    tables: dict[str, pd.DataFrame]

    @property
    def equilibria(self) -> list[int]:
        """The profiles said to be equilibria, of those that are the same the first."""
        found = np.flatnonzero(self.settled.verdict.is_equilibrium)
        return sorted({int(self.same[p]) for p in found})

    def holds(self, gains: np.ndarray) -> np.ndarray:
        """Return where nobody gains by moving alone (..., P), given gains of deviations (..., E)."""
        at = self.settled.samples.deviations.at
        found = [(gains[..., at == p] <= self.tolerance).all(axis=-1) for p in range(len(self.labels))]
        return np.stack(found, axis=-1)


def analyse(market: MarketGame, settled: Settled, tolerance: float = 0.0) -> Analysis:
    """Return equilibria, regrets, dominance, selection, dynamics and welfare of a game."""
    samples = settled.samples
    means = payoff_table(samples)
    game = game_of(
        means[samples.payoffs].reshape(len(market.players), *samples.sizes), market.players, market.strategies
    )
    resampled = bootstrap(samples, tolerance, seed=market.seed)
    same = _alike(twins(samples), settled.verdict.is_equilibrium)
    labels = profile_labels(market, same)
    analysis = Analysis(market, settled, game, resampled, tolerance, same, labels, {})
    paths = imitators(game, market.seed)
    tables = {
        "runs": runs_table(analysis),
        "payoffs": payoffs_table(analysis, means),
        "regrets": regrets_table(analysis),
        "deviations": deviations_table(analysis),
        "equilibria": equilibrium_table(game, samples, resampled, settled.verdict),
        "risk_dominance": risk_dominance(analysis.equilibria, samples, resampled, labels),
        "dominance": dominance(game, samples, resampled),
        "welfare": welfare_table(analysis, means),
        "basins": basins(game, paths, same, labels),
        "along_paths": along_paths(game, paths),
        "imitation": imitation(game, same, labels),
    }
    if market.draws is not None:
        tables["by_draw"] = draws_table(analysis)
    analysis.tables.update(tables)
    return analysis


def _alike(same: np.ndarray, is_equilibrium: np.ndarray) -> np.ndarray:
    """Return, for each profile, the first of those that are the same and of which the same is said (P,)."""
    keys = list(zip(same.tolist(), is_equilibrium.tolist(), strict=True))
    return np.array([keys.index(key) for key in keys])


def profile_labels(market: MarketGame, same: np.ndarray) -> tuple[str, ...]:
    """Return the names of profiles, "closed, open/exclusive, closed" where some are the same."""
    profiles = market.profiles
    labels = []
    for first in same:
        members = [profiles[p] for p in np.flatnonzero(same == first)]
        parts = [sorted({profile[k] for profile in members}) for k in range(len(market.players))]
        whole = len(members) == np.prod([len(part) for part in parts])
        words = [
            OR.join(known[s] for s in (part if whole else [members[0][k]]))
            for k, (known, part) in enumerate(zip(market.strategies, parts, strict=True))
        ]
        labels.append(", ".join(words))
    return tuple(labels)


def _named(analysis: Analysis) -> pd.DataFrame:
    """Return a row a profile: its number and everybody's strategy."""
    market = analysis.market
    rows = [
        (p, *(known[s] for known, s in zip(market.strategies, profile, strict=True)))
        for p, profile in enumerate(market.profiles)
    ]
    return pd.DataFrame(rows, columns=["profile", *market.players])


def runs_table(analysis: Analysis) -> pd.DataFrame:
    """Return every number of every run: profile, replication, measure, actor, value."""
    samples, places = analysis.settled.samples, analysis.market.places
    has = ~np.isnan(samples.values[..., 0])
    p, r = np.nonzero(has)
    numbers = {"profile": p, "replication": r}
    parts = [
        pd.DataFrame(numbers | {"measure": place.measure, "actor": place.actor, "value": of_place})
        for place, of_place in zip(places, samples.values[has].T, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def payoffs_table(analysis: Analysis, means: np.ndarray) -> pd.DataFrame:
    """Return the mean of each measure in each profile, and its paired difference from everybody closed."""
    samples, rows = analysis.settled.samples, []
    base = samples.values[0]
    for q, place in enumerate(analysis.market.places):
        for p, n in enumerate(np.minimum(samples.runs, samples.runs[0])):
            d = paired_difference(samples.values[p, :n, q], base[:n, q])
            has_level = MEASURES[place.measure].has_level
            mean = means[q, p] if has_level else float("nan")
            rows.append((p, place.measure, place.actor, mean, int(samples.runs[p]), d.mean, d.low, d.high))
    columns = ["profile", "measure", "actor", "mean", "runs", "difference", "low", "high"]
    return _named(analysis).merge(pd.DataFrame(rows, columns=columns), on="profile")


def regrets_table(analysis: Analysis) -> pd.DataFrame:
    """Return each player's regret in each profile, with bootstrap interval and best reply."""
    samples, d = analysis.settled.samples, analysis.settled.samples.deviations
    found, (low, high) = regrets(samples), interval(analysis.resampled.regret)
    rows = []
    for p, profile in enumerate(samples.profiles):
        for k, player in enumerate(analysis.market.players):
            own = np.flatnonzero((d.at == p) & (d.player == k))
            best = own[d.mean[own].argmax()]
            reply = samples.profiles[d.to[best]][k] if d.mean[best] > 0 else profile[k]
            known = analysis.market.strategies[k]
            rows.append((p, player, found[p, k], low[p, k], high[p, k], known[reply]))
    columns = ["profile", "player", "regret", "low", "high", "best_reply"]
    table = pd.DataFrame(rows, columns=columns)
    verdict = analysis.settled.verdict
    said = pd.DataFrame(
        {
            "profile": np.arange(len(samples.profiles)),
            "is_equilibrium": verdict.is_equilibrium,
            "doubt": verdict.doubt,
            "chance": analysis.resampled.chance,
            "label": analysis.labels,
        }
    )
    return _named(analysis).merge(table, on="profile").merge(said, on="profile")


def deviations_table(analysis: Analysis) -> pd.DataFrame:
    """Return every change of strategy by one player alone and what it gains him, RMB."""
    samples, d = analysis.settled.samples, analysis.settled.samples.deviations
    half = stdtrit(np.maximum(d.runs - 1.0, 1.0), 0.975) * d.error
    players, strategies = analysis.market.players, analysis.market.strategies
    table = pd.DataFrame(
        {
            "profile": d.at,
            "to": d.to,
            "player": [players[k] for k in d.player],
            "strategy": [
                strategies[k][samples.profiles[to][k]] for to, k in zip(d.to, d.player, strict=True)
            ],
            "gain": d.mean,
            "error": d.error,
            "runs": d.runs,
            "low": d.mean - half,
            "high": d.mean + half,
            "is_tie": d.is_tie,
        }
    )
    return _named(analysis).merge(table, on="profile")


def welfare_table(analysis: Analysis, means: np.ndarray) -> pd.DataFrame:
    """Return what each profile costs against the best one: welfare, and what the operators earn together.

    Welfare has no absolute zero (consumer surplus is a log-sum), so the price of anarchy is a difference,
    RMB, and a share of the range from the worst profile to the best.
    """
    market, samples = analysis.market, analysis.settled.samples
    operators = [market.place(PAYOFF, operator) for operator in OPERATORS]
    parts = []
    for measure, places in (("welfare", [market.place(WELFARE, MARKET)]), ("operators", operators)):
        values, level = samples.values[..., places].sum(axis=2), means[places].sum(axis=0)
        best, span = int(level.argmax()), float(np.ptp(level))
        for p in range(len(values)):
            n = int(min(samples.runs[p], samples.runs[best]))
            half = paired_difference(values[best, :n], values[p, :n])
            cost, reach = float(level[best] - level[p]), (half.high - half.low) / 2.0
            share = cost / span if span else 0.0
            parts.append((p, measure, best, cost, cost - reach, cost + reach, share))
    columns = ["profile", "measure", "best", "cost", "low", "high", "share_of_range"]
    return _named(analysis).merge(pd.DataFrame(parts, columns=columns), on="profile")


def draws_table(analysis: Analysis) -> pd.DataFrame:
    """Return the share of replications, a draw and its luck each, in which each profile is an equilibrium."""
    n = int(analysis.settled.samples.runs.min())
    holds = analysis.holds(analysis.settled.samples.deviations.gains[:, :n].T)
    rows = []
    for p in range(len(analysis.labels)):
        count = int(holds[:, p].sum())
        ends = binomtest(count, n).proportion_ci(0.95, "wilson")
        rows.append((p, count, n, count / n, ends.low, ends.high))
    columns = ["profile", "holds", "draws", "share", "low", "high"]
    return _named(analysis).merge(pd.DataFrame(rows, columns=columns), on="profile")

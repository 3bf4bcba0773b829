"""Where players end who imitate success: replicator dynamics, and alpha-rank under rare mutation.

Replicator dynamics of several populations [Weibull1995, ch. 5]: the share of a strategy among those who play
for k grows by what it earns above the population's mean. Payoffs are divided by each player's standard
deviation over the table, which sets the clock alone.

Alpha-rank [Omidshafiei2019]: everybody in population k plays one strategy until a mutant appears; it takes
over with the fixation probability of the Fermi process. The shares of time in each profile are the stationary
distribution of that chain; at high intensity it stays in the sinks of the strict best-reply graph, and how
it shares its time among them is a matter of the least unlikely ways from one to another.

[Weibull1995] J. W. Weibull, "Evolutionary Game Theory". [Omidshafiei2019] S. Omidshafiei et al., "alpha-Rank:
Multi-agent evaluation by evolution", Scientific Reports 9, 9937.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.integrate import LSODA
from scipy.special import logsumexp

from experiments.games.strategic import Game, Mix, profiles, strategy_payoffs

TIME = (
    1e8  # standard deviations of payoffs: even near ties are decided; steps are as long as paths are straight
)
STEPS = 400  # of the solver, at most: a path that comes to rest takes some 100, a cycle would take any number
STILL = 1e-12  # largest speed of a share at which a path has come to rest
POPULATION = 50  # of each player, in alpha-rank


class Path(NamedTuple):
    """A solution of the replicator dynamics.

    Attributes
    ----------
    time : (T,) float
    shares : K arrays (T, S_k)
    end : the last point, as a mixed profile
    is_still : whether it has come to rest
    """

    time: np.ndarray
    shares: Mix
    end: Mix
    is_still: bool


def replicator(game: Game, start: Mix, time: float = TIME) -> Path:
    """Return the path of the replicator dynamics from a mixed profile with no share of 0."""
    spread = [float(table.std()) or 1.0 for table in game.payoffs]
    cuts = np.cumsum(game.sizes)[:-1]

    def parts(x: np.ndarray) -> list[np.ndarray]:
        return [np.exp(y - y.max()) / np.exp(y - y.max()).sum() for y in np.split(x, cuts)]

    def speed(_: float, x: np.ndarray) -> np.ndarray:
        # In logarithms of shares, up to a constant each: positive and adding up to 1 whatever the step.
        earned = strategy_payoffs(game, parts(x))
        return np.concatenate([(e - e.max()) / s for e, s in zip(earned, spread, strict=True)])

    start_at = np.concatenate([np.log(w) for w in start])
    solver = LSODA(speed, 0.0, start_at, time, rtol=1e-7, atol=1e-9)
    times, along = [0.0], [parts(start_at)]
    while solver.status == "running" and len(times) <= STEPS:
        solver.step()
        times.append(solver.t)
        along.append(parts(solver.y))
    end = tuple(along[-1])
    return Path(
        np.array(times),
        tuple(np.array([point[k] for point in along]) for k in range(len(game.sizes))),
        end,
        _is_still(game, end, spread),
    )


def _is_still(game: Game, mix: Mix, spread: list[float]) -> bool:
    """Return whether no share moves any more."""
    earned = strategy_payoffs(game, mix)
    moves = [np.abs(w * (e - e @ w)).max() / s for w, e, s in zip(mix, earned, spread, strict=True)]
    return max(moves) < STILL


def random_mix(game: Game, luck: np.random.Generator) -> Mix:
    """Return a mixed profile drawn uniformly from all."""
    return tuple(luck.dirichlet(np.ones(size)) for size in game.sizes)


def likely_profile(game: Game, mix: Mix) -> np.ndarray:
    """Return the probability of each profile of pure strategies (P,), in the table's order."""
    joint = mix[0]
    for weights in mix[1:]:
        joint = np.multiply.outer(joint, weights)
    return np.asarray(joint).reshape(-1)


def alpha_rank(game: Game, intensity: float, population: int = POPULATION) -> np.ndarray:
    """Return the share of time in each profile (P,), in the table's order.

    Parameters
    ----------
    intensity : per unit of payoff
        How strongly imitation follows payoffs (alpha).
    population : of each player
    """
    return np.exp(log_stationary(log_transitions(game, intensity, population)))


def log_transitions(game: Game, intensity: float, population: int = POPULATION) -> np.ndarray:
    """Return logarithms of the chain's probabilities of going from a profile to another (P, P).

    In logarithms, since strong imitation makes them smaller than any number. The diagonal is not filled in.
    """
    known = profiles(game)
    number = {profile: i for i, profile in enumerate(known)}
    mutants = sum(size - 1 for size in game.sizes)
    chain = np.full((len(known), len(known)), -np.inf)
    for i, profile in enumerate(known):
        for k, size in enumerate(game.sizes):
            for s in range(size):
                if s != profile[k]:
                    other = (*profile[:k], s, *profile[k + 1 :])
                    gain = float(game.payoffs[(k, *other)] - game.payoffs[(k, *profile)])
                    chain[i, number[other]] = log_fixation(gain * intensity, population) - np.log(mutants)
    return chain


def log_fixation(gain: float, population: int) -> float:
    """Return the logarithm of the chance that one mutant takes over, by its gain times the intensity.

    The chance is (1 - e^-g) / (1 - e^-mg), and 1 / m where it gains nothing.
    """
    if abs(gain) < 1e-12:
        return float(-np.log(population))
    if gain > 0.0:
        return float(np.log(-np.expm1(-gain)) - np.log(-np.expm1(-gain * population)))
    last = gain * (population - 1)
    return float(last + np.log(-np.expm1(gain)) - np.log(-np.expm1(gain * population)))


def log_stationary(chain: np.ndarray) -> np.ndarray:
    """Return logarithms of the stationary distribution (P,) of an irreducible chain given in logarithms.

    By elimination that subtracts nothing, so that nothing is lost however small [Grassmann1985].

    [Grassmann1985] W. K. Grassmann, M. I. Taksar, D. P. Heyman, "Regenerative analysis and steady state
    distributions for Markov chains", Operations Research 33.
    """
    a = np.array(chain, float)
    n = len(a)
    for i in range(n - 1, 0, -1):
        a[:i, i] -= logsumexp(a[i, :i])
        a[:i, :i] = np.logaddexp(a[:i, :i], a[:i, i, None] + a[i, :i])
    found = np.zeros(n)
    for i in range(1, n):
        found[i] = logsumexp(found[:i] + a[:i, i])
    return np.asarray(found - logsumexp(found))

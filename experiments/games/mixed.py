"""Equilibria in mixed strategies: every support, and Newton's method from many starts in each.

In an equilibrium the strategies a player mixes earn the same. For given supports that is a system of
polynomial equations in as many unknowns (linear ones for two players); Newton's method finds its solutions
from random starts, and those in which nobody has a better reply stay. What is found is an equilibrium to
rounding. That nothing is missed is not proved for three players and more; almost every game has an odd number
[Wilson1971], which tests use.

Gambit's list is joined to it in `experiments.games.gambit`.

[Wilson1971] R. Wilson, "Computing equilibria of n-person games", SIAM J. Appl. Math. 21.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from experiments.games.strategic import (
    Game,
    Mix,
    distance,
    game_of,
    mixed_regret,
    pure_equilibria,
    pure_mix,
    undominated,
)

type Support = tuple[np.ndarray, ...]  # the strategies each player mixes, by place

STARTS, STEPS = 32, 40
SOLVED, SAME = 1e-9, 1e-6  # of a payoff range of 1; of a probability
SINGULAR = 1e-9  # of the largest singular value: below, a solution is not isolated


def mixed_equilibria(game: Game, tolerance: float = 1e-8) -> list[Mix]:
    """Return the equilibria in mixed strategies, the pure ones first.

    Pure equilibria are all there. Of the others those that are isolated within their supports: where payoffs
    tie, equilibria may form a continuum, of which only its pure points are listed.

    Parameters
    ----------
    tolerance : float
        Largest regret accepted, as a share of a player's range of payoffs.
    """
    scaled = _scaled(game)
    found = [pure_mix(game, profile) for profile in pure_equilibria(game)]
    luck = np.random.default_rng(0)  # any: the same list every time
    for support in possible_supports(scaled):
        for mix in solutions(scaled, support, luck):
            if mixed_regret(scaled, mix).max() <= tolerance and _is_new(mix, found):
                found.append(mix)
    return found


def _scaled(game: Game) -> Game:
    """Return the same game with every player's payoffs from 0 to 1."""
    by_player = game.payoffs.reshape(len(game.players), -1)
    low, span = by_player.min(axis=1), np.ptp(by_player, axis=1)
    shape = (-1, *(1,) * len(game.sizes))
    return game_of((game.payoffs - low.reshape(shape)) / np.where(span > 0, span, 1.0).reshape(shape))


def _is_new(mix: Mix, found: list[Mix]) -> bool:
    """Return whether a mix is none of those found."""
    return all(distance(mix, other) > SAME for other in found)


# ---- supports -------------------------------------------------------------------------------------


def possible_supports(game: Game) -> Iterator[Support]:
    """Yield the supports, all but the pure ones, that dominance does not rule out."""
    subsets = [_subsets(left) for left in undominated(game)]
    for support in itertools.product(*subsets):
        if any(len(of_one) > 1 for of_one in support) and not _ruled_out(game, support):
            yield support


def _subsets(strategies: np.ndarray) -> list[np.ndarray]:
    """Return all subsets but the empty one, small ones first."""
    sizes = range(1, len(strategies) + 1)
    return [np.array(some) for size in sizes for some in itertools.combinations(strategies.tolist(), size)]


def _ruled_out(game: Game, support: Support) -> bool:
    """Return whether somebody mixes what another strategy beats against all that the others mix."""
    for k, mine in enumerate(support):
        others = [of_one if j != k else np.arange(game.sizes[k]) for j, of_one in enumerate(support)]
        table = np.moveaxis(game.payoffs[k][np.ix_(*others)], k, 0).reshape(game.sizes[k], -1)
        if (table[None, :, :] > table[mine, None, :]).all(axis=2).any():
            return True
    return False


# ---- solving --------------------------------------------------------------------------------------


def solutions(game: Game, support: Support, luck: np.random.Generator) -> list[Mix]:
    """Return isolated solutions with positive probabilities of one support's equations."""
    tables = [table[np.ix_(*support)] for table in game.payoffs]
    sizes = [len(of_one) for of_one in support]
    x = np.concatenate([luck.dirichlet(np.ones(size), STARTS) for size in sizes], axis=1)  # (B, n)
    for _ in range(STEPS):
        value, slope = _equations(tables, sizes, x)
        if np.abs(value).max() < 1e-15:
            break
        x = x - _newton_step(value, slope)
    value, slope = _equations(tables, sizes, x)
    spread = np.linalg.svd(slope, compute_uv=False)
    good = (np.abs(value).max(axis=1) < SOLVED) & (x.min(axis=1) > 0)
    good &= spread[:, -1] > SINGULAR * spread[:, 0]
    found: list[Mix] = []
    for row in x[good]:
        mix = tuple(
            _filled(part, of_one, size)
            for part, of_one, size in zip(
                np.split(row, np.cumsum(sizes)[:-1]), support, game.sizes, strict=True
            )
        )
        if _is_new(mix, found):
            found.append(mix)
    return found


def _equations(tables: list[np.ndarray], sizes: list[int], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the equations' values (B, n) and slopes (B, n, n) at B points x (B, n).

    For each player: every mixed strategy earns what the first does, and probabilities add up to 1.
    """
    ends = np.append(0, np.cumsum(sizes))
    weights = [x[:, a:b] for a, b in itertools.pairwise(ends)]
    value, slope = np.zeros_like(x), np.zeros((*x.shape, x.shape[1]))
    for k, table in enumerate(tables):
        first, end = ends[k], ends[k + 1]
        value[:, first] = weights[k].sum(axis=1) - 1.0
        slope[:, first, first:end] = 1.0
        for j in range(len(sizes)):
            if j == k:
                continue
            pair = _earned_against(table, weights, k, j)  # (B, S_k, S_j)
            slope[:, first + 1 : end, ends[j] : ends[j + 1]] = pair[:, 1:] - pair[:, :1]
        other = 0 if k else 1
        part = slope[:, first + 1 : end, ends[other] : ends[other + 1]]
        value[:, first + 1 : end] = np.einsum("bsr,br->bs", part, weights[other])
    return value, slope


def _earned_against(table: np.ndarray, weights: list[np.ndarray], k: int, j: int) -> np.ndarray:
    """Return what strategies of k earn against those of j while the rest mix, (B, S_k, S_j)."""
    axes = list(range(table.ndim))
    operands: list[object] = [table, axes]
    for i, weight in enumerate(weights):
        if i not in (k, j):
            operands += [weight, [table.ndim, i]]
    found = np.einsum(*operands, [table.ndim, k, j] if len(weights) > 2 else [k, j])  # type: ignore[call-overload]
    return np.broadcast_to(found, (len(weights[0]), table.shape[k], table.shape[j]))


def _newton_step(value: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Return Newton's step (B, n), barely damped where the slope is singular, and at most 1/2 long."""
    turned = slope.transpose(0, 2, 1)
    square = turned @ slope
    size = np.trace(square, axis1=1, axis2=2)[:, None, None]
    square += 1e-14 * size * np.eye(value.shape[1])
    step = np.linalg.solve(square, turned @ value[:, :, None])[:, :, 0]
    longest = np.abs(step).max(axis=1, keepdims=True)
    return step * np.minimum(1.0, 0.5 / np.maximum(longest, 1e-300))


def _filled(part: np.ndarray, of_one: np.ndarray, size: int) -> np.ndarray:
    """Return the probabilities of all of a player's strategies (S,) from those mixed."""
    whole = np.zeros(size)
    whole[of_one] = part
    return whole / whole.sum()

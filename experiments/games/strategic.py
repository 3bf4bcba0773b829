"""Games in strategic form: best replies, equilibria, regret and dominance from a payoff table.

A game is a payoff table of K players, shape (K, S1, ..., SK): `payoffs[k, s1, ..., sK]` is what player k gets
where player 1 plays strategy s1, and so on. Everything about pure strategies is array arithmetic; equilibria
in mixed strategies are found in `experiments/games/mixed.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from model.errors import InputError

type Profile = tuple[int, ...]  # a strategy of each player, by its place
type Mix = tuple[np.ndarray, ...]  # the probabilities of each player's strategies, (S1,), ..., (SK,)


@dataclass(frozen=True, eq=False)
class Game:
    """A game in strategic form; made by `game_of`, which checks it.

    Attributes
    ----------
    payoffs : (K, S1, ..., SK) float, read-only
    players : (K,) names
    strategies : (K,) tuples of names
    """

    payoffs: np.ndarray
    players: tuple[str, ...]
    strategies: tuple[tuple[str, ...], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return the number of strategies of each player."""
        return self.payoffs.shape[1:]

    def names(self, profile: Sequence[int]) -> tuple[str, ...]:
        """Name each player's strategy in a profile."""
        return tuple(known[s] for known, s in zip(self.strategies, profile, strict=True))


def game_of(
    payoffs: ArrayLike,
    players: Sequence[str] | None = None,
    strategies: Sequence[Sequence[str]] | Sequence[str] | None = None,
) -> Game:
    """Return a game, checked.

    Parameters
    ----------
    payoffs : (K, S1, ..., SK) numbers
    players : (K,) names; "1", "2", ... without
    strategies : names, for each player or one list for all; "1", "2", ... without

    Raises
    ------
    InputError
        A wrong shape, a payoff that is no finite number, a name given twice.
    """
    table = _checked_payoffs(payoffs)
    sizes = table.shape[1:]
    who = tuple(players or _numbers(len(sizes)))
    if strategies is None:
        strategies = [_numbers(size) for size in sizes]
    elif strategies and isinstance(strategies[0], str):
        strategies = [strategies] * len(sizes)  # type: ignore[list-item]
    what = tuple(tuple(names) for names in strategies)
    _check_names("players", who, len(sizes))
    if len(what) != len(sizes):
        raise InputError(f"strategies of {len(what)} players; the payoff table has {len(sizes)}")
    for name, known, size in zip(who, what, sizes, strict=True):
        _check_names(f"strategies of {name}", known, size)
    return Game(table, who, what)


def _checked_payoffs(payoffs: ArrayLike) -> np.ndarray:
    """Return a payoff table as a read-only array of numbers, if it is one."""
    try:
        table = np.array(payoffs, float)
    except (TypeError, ValueError):
        raise InputError("payoffs are not a table of numbers with rows of one length") from None
    wanted = "(K, S1, ..., SK): a player first, then the strategies of each of the K players"
    if table.ndim < 3 or table.shape[0] != table.ndim - 1 or 0 in table.shape:
        raise InputError(f"payoffs have shape {table.shape}; allowed: {wanted}, two players or more")
    if not np.isfinite(table).all():
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(table))[0])
        raise InputError(f"payoffs{list(at)} = {table[at]}; allowed: finite numbers")
    table.flags.writeable = False
    return table


def _check_names(what: str, names: Sequence[str], count: int) -> None:
    """Raise InputError unless there are `count` names, all different."""
    if len(names) != count:
        raise InputError(f"{what}: {len(names)} names ({', '.join(names)}); the payoff table has {count}")
    twice = next((name for name in names if list(names).count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{what}: {twice!r} is given twice; allowed: different names")


def _numbers(count: int) -> tuple[str, ...]:
    """Return "1", "2", ... for those who have no name."""
    return tuple(str(i + 1) for i in range(count))


# ---- pure strategies ------------------------------------------------------------------------------


def regret(game: Game) -> np.ndarray:
    """Return what each player could gain by another strategy, the others' given, (K, S1, ..., SK).

    Never negative; a profile is an equilibrium where nobody's is above 0.
    """
    best = [table.max(axis=k, keepdims=True) - table for k, table in enumerate(game.payoffs)]
    return np.stack(best)


def best_replies(game: Game, tolerance: float = 0.0) -> np.ndarray:
    """Return where each player's strategy is a best reply to the others', (K, S1, ..., SK) bool.

    `tolerance` is in units of payoffs: how much may be given away.
    """
    return regret(game) <= tolerance


def pure_equilibria(game: Game, tolerance: float = 0.0) -> list[Profile]:
    """Return the profiles in which everybody plays a best reply, in the table's order."""
    return [tuple(int(s) for s in at) for at in np.argwhere(best_replies(game, tolerance).all(axis=0))]


def undominated(game: Game) -> tuple[np.ndarray, ...]:
    """Return the strategies of each player, by place, that survive iterated strict dominance.

    A strategy goes when some mixture of the others is better against everything that is left. The order does
    not matter [Osborne and Rubinstein 1994, section 4.2].
    """
    left = [np.arange(size) for size in game.sizes]
    gone = True
    while gone:
        gone = False
        for k in range(len(left)):
            table = np.moveaxis(game.payoffs[k][np.ix_(*left)], k, 0).reshape(len(left[k]), -1)
            keep = [s for s in range(len(table)) if not _is_dominated(table, s)]
            gone = gone or len(keep) < len(table)
            left[k] = left[k][keep]
    return tuple(left)


def _is_dominated(table: np.ndarray, s: int) -> bool:
    """Return whether a mixture of the other rows (S, others) is better than row s in every column.

    The linear program looks for the mixture whose smallest advantage is largest.
    """
    from scipy.optimize import linprog

    others = np.delete(table, s, axis=0) - table[s]
    if len(others) == 0:
        return False
    scale = np.abs(others).max()
    if scale == 0 or (others.max(axis=0) <= 0).any():
        return False
    if (others.min(axis=1) > 0).any():
        return True  # by a pure strategy: no luck of rounding
    rows = np.hstack([-others.T / scale, np.ones((others.shape[1], 1))])
    aim, one = np.append(np.zeros(len(others)), -1.0), np.append(np.ones(len(others)), 0.0)[None]
    bounds = [(0, 1)] * len(others) + [(None, None)]
    found = linprog(aim, A_ub=rows, b_ub=np.zeros(len(rows)), A_eq=one, b_eq=[1.0], bounds=bounds)
    return bool(found.status == 0 and -found.fun > 1e-9)


# ---- mixed strategies -----------------------------------------------------------------------------


def strategy_payoffs(game: Game, mix: Sequence[ArrayLike]) -> Mix:
    """Return what each strategy of each player earns while the others mix, (S1,), ..., (SK,)."""
    weights = [np.asarray(w, float) for w in mix]
    found = []
    for k, table in enumerate(game.payoffs):
        for j in reversed(range(len(weights))):
            if j != k:
                table = np.tensordot(table, weights[j], axes=(j, 0))
        found.append(table)
    return tuple(found)


def mixed_regret(game: Game, mix: Sequence[ArrayLike]) -> np.ndarray:
    """Return what each player could gain over a mixture by a best reply, (K,); all 0 in an equilibrium."""
    earned = strategy_payoffs(game, mix)
    return np.array([pay.max() - pay @ np.asarray(w, float) for pay, w in zip(earned, mix, strict=True)])


def distance(one: Mix, other: Mix) -> float:
    """Return the largest difference of a probability between two mixed profiles."""
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


def pure_mix(game: Game, profile: Profile) -> Mix:
    """Return a profile of pure strategies as a mixed one."""
    return tuple(np.eye(size)[s] for size, s in zip(game.sizes, profile, strict=True))


def profiles(game: Game) -> list[Profile]:
    """Return all profiles of pure strategies, in the table's order."""
    return list(itertools.product(*(range(size) for size in game.sizes)))

"""Gambit [Savani2025]: its solver for games of any number of players, and its file format.

`enumpoly` looks for equilibria in every support by bisection. What it lists are equilibria, but not always
all of them (docs/decisions/0001-dependencies.md), so `equilibria` joins its list with that of
`experiments.games.mixed`, and says who found what.

[Savani2025] R. Savani, T. L. Turocy, "Gambit: The package for computation in game theory", version 17, 2025.
"""

from typing import Any, NamedTuple

import numpy as np

from experiments.games.mixed import SAME, mixed_equilibria
from experiments.games.strategic import Game, Mix, distance, mixed_regret

TOLERANCE = 1e-7  # regret of what Gambit lists, as a share of the range of payoffs: beyond it, not taken


class Equilibrium(NamedTuple):
    """An equilibrium and who found it.

    Attributes
    ----------
    mix : the probabilities of each player's strategies
    by_gambit, by_supports : whether Gambit listed it, and whether `mixed_equilibria` did
    """

    mix: Mix
    by_gambit: bool
    by_supports: bool

    @property
    def is_pure(self) -> bool:
        """Return whether nobody mixes."""
        return all(np.count_nonzero(weights) == 1 for weights in self.mix)


def equilibria(game: Game) -> list[Equilibrium]:
    """Return all equilibria found by either method, pure ones first; see `mixed_equilibria` for ties."""
    ours, theirs = mixed_equilibria(game), enumpoly(game)
    found = [Equilibrium(mix, _is_among(mix, theirs), True) for mix in ours]
    found += [Equilibrium(mix, True, False) for mix in theirs if not _is_among(mix, ours)]
    return sorted(found, key=lambda e: not e.is_pure)


def _is_among(mix: Mix, others: list[Mix]) -> bool:
    return any(distance(mix, other) < 100 * SAME for other in others)


def enumpoly(game: Game) -> list[Mix]:
    """Return the equilibria that Gambit's enumeration of supports lists."""
    import pygambit

    low = game.payoffs.min()
    span = float(np.ptp(game.payoffs)) or 1.0
    # Gambit judges regrets in units of payoffs: 1e11 RMB would leave it no digits.
    posed = pygambit.StrategicGame.from_arrays(*((game.payoffs - low) / span))
    listed = [_mix(profile, game) for profile in pygambit.nash.enumpoly_solve(posed).equilibria]
    return [mix for mix in listed if mixed_regret(game, mix).max() <= TOLERANCE * span]


def _mix(profile: Any, game: Game) -> Mix:
    return tuple(
        np.array([float(profile[str(k + 1)][str(s + 1)]) for s in range(size)])
        for k, size in enumerate(game.sizes)
    )


def to_nfg(game: Game, title: str) -> str:
    """Return the game as Gambit's normal-form file, players and strategies by name."""
    import pygambit

    posed = pygambit.StrategicGame.from_dict(
        dict(zip(game.players, game.payoffs, strict=True)),
        title=title,
    )
    for player, strategies in zip(game.players, game.strategies, strict=True):
        posed.relabel_strategies(player, {str(s + 1): name for s, name in enumerate(strategies)})
    return str(posed.to_nfg())

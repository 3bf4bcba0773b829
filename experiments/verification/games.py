"""Games whose equilibria are known, from the payoff table on.

Every game comes with all its equilibria, or with all pure ones; what is found must be those and no others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import permutations, product

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from experiments.games import strategic as games
from experiments.games.mixed import mixed_equilibria
from experiments.games.strategic import Game, Mix, game_of
from experiments.verification.checks import Case, Check, Findings, Panel, dots, exact, line
from model.schemas import OPERATORS

BENEFIT, COST = 1.0, 0.4  # of the volunteer's dilemma: a good for all, at the cost of one
STANCES = ("closed", "open", "exclusive")


@dataclass(frozen=True)
class Known:
    """A game and its answer.

    Attributes
    ----------
    pure : profiles that are equilibria
    mixed : the equilibria that are not pure; None where they form no list of points
    survive : how many strategies of all players survive iterated strict dominance
    """

    name: str
    game: Game
    pure: tuple[tuple[int, ...], ...]
    survive: int
    mixed: tuple[Mix, ...] | None = field(default=())


def run(seed: int) -> Findings:
    """Return every game's equilibria, regrets and dominance against the known; there is no luck in it."""
    checks = [check for known in known_games() for check in game_checks(known)]
    checks += [*regret_checks(), *dominance_checks()]
    return Findings(tuple(checks), (volunteers_panel(), sexes_panel()))


# ---- the games ------------------------------------------------------------------------------------


def two_players(rows: ArrayLike, columns: ArrayLike) -> Game:
    """Return a game of two from the payoffs of the row and of the column player."""
    return game_of([rows, columns])  # type: ignore[arg-type]


def by_rule(sizes: tuple[int, ...], pay: Callable[..., Sequence[float]]) -> Game:
    """Return a game from a function of everybody's strategies that gives everybody's payoff."""
    table = np.zeros((len(sizes), *sizes))
    for profile in product(*(range(size) for size in sizes)):
        for k, payoff in enumerate(pay(*profile)):
            table[(k, *profile)] = payoff
    return game_of(table)


def volunteers(cost: float = COST) -> Game:
    """Return the volunteer's dilemma of three [Diekmann 1985]; strategy 0 volunteers."""
    return by_rule((2, 2, 2), lambda *s: [BENEFIT * (0 in s) - cost * (mine == 0) for mine in s])


def stances() -> Game:
    """Return a game of three operators and three stances, made so that two open and one stays closed.

    Closed earns 10 whatever the rivals do. To be the only one with a partner pays most if exclusive (15);
    beside one partnered rival open pays best (10.5), beside two it pays to stay closed.
    """
    earns = {0: (10.0, 10.0, 10.0), 1: (12.0, 10.5, 9.0), 2: (15.0, 7.0, 6.0)}  # by rivals not closed

    def pay(*chosen: int) -> list[float]:
        return [earns[mine][sum(s > 0 for s in chosen) - (mine > 0)] for mine in chosen]

    return game_of(by_rule((3, 3, 3), pay).payoffs, OPERATORS, STANCES)


def mixes(*of_players: Sequence[float]) -> Mix:
    """Return a mixed profile of players with two strategies each, from probabilities of the first."""
    return tuple(np.array([p, 1.0 - p]) for (p,) in of_players)


def known_games() -> list[Known]:
    """Return the textbook's games with all their equilibria."""
    third = tuple(np.full(3, 1 / 3) for _ in range(2))
    pennies = [[1, -1], [-1, 1]]
    stone = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    jordan = by_rule((2, 2, 2), lambda a, b, c: (a == b, b == c, c != a))
    agree = by_rule((3, 3, 3), lambda *s: [(1 + s[0]) * (len(set(s)) == 1)] * 3)
    together = [(s, s, s) for s in range(3)] + list(permutations(range(3)))
    return [
        Known("prisoners' dilemma", two_players([[3, 0], [5, 1]], [[3, 5], [0, 1]]), ((1, 1),), 2),
        Known("battle of the sexes", sexes(), ((0, 0), (1, 1)), 4, (mixes([2 / 3], [1 / 3]),)),
        Known("matching pennies", two_players(pennies, -np.array(pennies)), (), 4, (mixes([0.5], [0.5]),)),
        Known("stag hunt", two_players([[4, 0], [3, 3]], [[4, 3], [0, 3]]), ((0, 0), (1, 1)), 4, hunters()),
        Known("rock, paper, scissors", two_players(stone, -stone), (), 6, (third,)),
        Known("volunteer's dilemma, three", volunteers(), one_of_three(0, 1), 6, mixed_volunteers()),
        Known("matching pennies, three", jordan, (), 6, (mixes([0.5], [0.5], [0.5]),)),
        Known("coordination, three", agree, tuple(together), 9, None),
        Known("three operators' stances", stances(), one_of_three(0, 1), 9, mixed_stances()),
    ]


def sexes() -> Game:
    """Return the battle of the sexes: each would rather meet at their own place, both rather meet."""
    return two_players([[2, 0], [0, 1]], [[1, 0], [0, 2]])


def hunters() -> tuple[Mix, ...]:
    """Return the mixed equilibrium of the stag hunt: 4 p = 3."""
    return (mixes([0.75], [0.75]),)


def one_of_three(one: int, others: int) -> tuple[tuple[int, ...], ...]:
    """Return the profiles of three in which a single player does something else."""
    return tuple(tuple(one if i == k else others for i in range(3)) for k in range(3))


def mixed_volunteers() -> tuple[Mix, ...]:
    """Return the mixed equilibria: all mix, or one leaves it to the other two.

    Whoever mixes among n abstains with (c/b)^(1/(n - 1)), so that the others fail with c/b.
    """
    three, two = 1 - (COST / BENEFIT) ** (1 / 2), 1 - COST / BENEFIT
    pairs = [[[two], [two], [two]] for _ in range(3)]
    for k in range(3):
        pairs[k][k] = [0.0]
    return (mixes([three], [three], [three]), *(mixes(*pair) for pair in pairs))


def mixed_stances() -> tuple[Mix, ...]:
    """Return the mixed equilibria of the stances: closed is as good as open.

    All open with chance q: 12 - 3 q = 10. One is open for certain: 10.5 - 1.5 q = 10. Exclusive earns less.
    """
    sure, two, three = (np.array([1 - q, q, 0.0]) for q in (1.0, 1 / 3, 2 / 3))
    return ((three,) * 3, (sure, two, two), (two, sure, two), (two, two, sure))


# ---- checks ---------------------------------------------------------------------------------------


def game_checks(known: Known) -> list[Check]:
    """Return a game's equilibria and surviving strategies against the known ones."""
    found, name = set(games.pure_equilibria(known.game)), known.name
    wrong = len(found.symmetric_difference(known.pure))
    survive = sum(len(left) for left in games.undominated(known.game))
    checks = [
        exact(f"{name}: pure equilibria", len(known.pure), len(found)),
        exact(f"{name}: pure equilibria missed or made up", 0, wrong),
        exact(f"{name}: strategies that survive dominance", known.survive, survive),
    ]
    if known.mixed:
        away = [games.mixed_regret(known.game, mix).max() for mix in known.mixed]
        checks.append(exact(f"{name}: regret of the mixed equilibrium", 0.0, max(away)))
    if known.mixed is not None:
        checks += mixed_checks(known, known.mixed)
    return checks


def mixed_checks(known: Known, mixed: tuple[Mix, ...]) -> list[Check]:
    """Return the equilibria found, pure and mixed, against all that are known."""
    answers = [*mixed, *(games.pure_mix(known.game, profile) for profile in known.pure)]
    found = mixed_equilibria(known.game)
    apart = max(min((games.distance(mix, other) for other in found), default=1.0) for mix in answers)
    return [
        exact(f"{known.name}: equilibria in all", len(answers), len(found)),
        exact(f"{known.name}: farthest probability from a known equilibrium", 0.0, apart),
    ]


def regret_checks() -> list[Check]:
    """Return regrets that can be read off the tables."""
    dilemma, three = game_of([[[3, 0], [5, 1]], [[3, 5], [0, 1]]]), stances()
    of_dilemma, of_three = games.regret(dilemma), games.regret(three)
    mixed = games.mixed_regret(sexes(), mixes([0.5], [0.5]))
    return [
        exact("regret of cooperation in the dilemma", 2.0, of_dilemma[0, 0, 0]),
        exact("regret of the one who is exploited", 1.0, of_dilemma[0, 0, 1]),
        exact("regret where all operators are closed", 5.0, of_three[2, 0, 0, 0]),
        exact("regret where all operators are open", 1.0, of_three[1, 1, 1, 1]),
        exact("regret of exclusive beside one open rival", 3.5, of_three[0, 2, 1, 0]),
        exact("his regret where both sexes toss a coin", 0.25, mixed[0]),
    ]


def dominance_checks() -> list[Check]:
    """Return dominance in rounds, and by a mixture only [Fudenberg and Tirole 1991, section 1.1]."""
    rounds = two_players([[4, 5, 6], [2, 8, 3], [3, 9, 2]], [[3, 1, 2], [1, 4, 6], [0, 6, 8]])
    mixture = two_players([[2, -1], [0, 0], [-1, 2]], [[0, 0], [0, 0], [0, 0]])
    left, kept = games.undominated(rounds), games.undominated(mixture)
    only = games.pure_equilibria(rounds)
    return [
        exact("dominance in rounds: strategies that survive", 2, sum(len(of_one) for of_one in left)),
        exact("dominance in rounds: payoff of what survives", 4.0, rounds.payoffs[0, left[0][0], left[1][0]]),
        exact(
            "dominance in rounds: equilibria beside it",
            0,
            len(set(only) - {(int(left[0][0]), int(left[1][0]))}),
        ),
        exact("dominance by a mixture: rows that survive", 2, len(kept[0])),
        exact("dominance by a mixture: only the middle row goes", True, kept[0].tolist() == [0, 2]),
    ]


# ---- figures --------------------------------------------------------------------------------------


def volunteers_panel() -> Panel:
    """Return how often people abstain in the volunteer's dilemma by what volunteering costs."""
    cost = np.linspace(0.05, 0.95, 10)
    fine = np.linspace(0.0, 1.0, 101)
    series = (
        line("(c / b)^(1/2)", fine, np.sqrt(fine)),
        dots("where both pay the same", cost, [indifferent(float(c)) for c in cost]),
    )
    return Panel("Volunteer's dilemma of three", "cost / benefit", "chance to abstain", series)


def indifferent(cost: float) -> float:
    """Return the chance to abstain at which volunteering and abstaining earn the same."""
    game = volunteers(cost)

    def gap(abstain: float) -> float:
        earned = games.strategy_payoffs(game, mixes([1 - abstain], [1 - abstain], [1 - abstain]))[0]
        return float(earned[0] - earned[1])

    return float(brentq(gap, 0.0, 1.0))


def sexes_panel() -> Panel:
    """Return both players' regret in the battle of the sexes as her mixture moves, his at his equilibrium."""
    p, fine = np.linspace(0, 1, 13), np.linspace(0, 1, 101)
    hers = np.array([games.mixed_regret(sexes(), mixes([x], [1 / 3])) for x in p])
    his = np.maximum(fine, 2 * (1 - fine)) - (fine / 3 + 2 * (1 - fine) * 2 / 3)
    series = (
        line("her regret", fine, np.zeros_like(fine)),
        line("his regret", fine, his),
        dots("hers, from the table", p, hers[:, 0]),
        dots("his, from the table", p, hers[:, 1]),
    )
    return Panel("Battle of the sexes", "her chance to go to her place", "regret", series)


CASE = Case(
    "games",
    "Games from the payoff table on",
    "the textbook's equilibria of 2 x 2, 3 x 3 and three-player games; regret is 0 in them and nowhere else",
    "Osborne and Rubinstein (1994); Fudenberg and Tirole (1991); Diekmann (1985); Jordan (1993)",
    run,
)

"""Whose game it is: players, strategies, profiles, and the market that pays each profile.

Three operators choose their stance for the whole country, from April 2009 on; on request Alipay chooses
whether it would sign exclusive deals at all. Payoffs are profits discounted to December 2008, RMB.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from agents.stances import Stance
from experiments.games.strategic import Profile
from experiments.outcomes import PLATFORM
from experiments.runner import replication_seed
from experiments.stances.draws import drawn
from experiments.sweeps.design import Kept
from experiments.sweeps.layout import Place, layout
from experiments.sweeps.tasks import Task
from model.scenarios import Scenario
from model.schemas import OPERATORS

OPENS = 4  # April 2009: month from which stances hold
STANCES = tuple(stance.name.lower() for stance in Stance)
ANSWERS = ("accepts", "refuses")  # exclusive deals, by Alipay
MEASURES = ("profit_discounted", "welfare_discounted", "consumer_surplus_discounted", "lines_3g", "share")
PAYOFF, WELFARE = "profit_discounted", "welfare_discounted"


@dataclass(frozen=True)
class MarketGame:
    """Players with their strategies, and how a profile of them is run.

    Attributes
    ----------
    players, strategies : names, for each player
    consumers, months, seed, pricing, parameters, draws : of the runs, as in `GameSettings`
    """

    players: tuple[str, ...]
    strategies: tuple[tuple[str, ...], ...]
    consumers: int
    months: int
    seed: int
    pricing: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    draws: str | None = None

    @property
    def profiles(self) -> list[Profile]:
        """All profiles, in the order of a payoff table."""
        return list(itertools.product(*(range(len(known)) for known in self.strategies)))

    @property
    def kept(self) -> Kept:
        """What is kept of each run."""
        return Kept(outcomes=MEASURES)

    @property
    def places(self) -> tuple[Place, ...]:
        """What each number of a run is."""
        return layout(self.kept, self.months)

    @property
    def payoffs(self) -> np.ndarray:
        """Return the places of the players' payoffs among the numbers of a run (K,)."""
        return np.array([self.place(PAYOFF, player) for player in self.players])

    def place(self, measure: str, actor: str) -> int:
        """Return the place of a measure among the numbers of a run."""
        return next(i for i, p in enumerate(self.places) if (p.measure, p.actor) == (measure, actor))

    def scenario(self, profile: Profile) -> Scenario:
        """Return the scenario in which everybody plays a profile."""
        named = {
            player: known[s] for player, known, s in zip(self.players, self.strategies, profile, strict=True)
        }
        refuses = named.get(PLATFORM) == "refuses"
        return Scenario(
            name="-".join(named.values()),
            title=", ".join(f"{player} {strategy}" for player, strategy in named.items()),
            about="",
            opens=OPENS,
            stances={operator: Stance[named[operator].upper()] for operator in OPERATORS},
            refuse_exclusivity=(PLATFORM,) if refuses else (),
        )

    def task(self, profile: Profile, replication: int) -> Task:
        """Return one run of a profile; replication r has the same luck and draws in every profile."""
        return Task(
            run=0,
            point=0,
            replication=replication,
            scenario=self.scenario(profile),
            seed=replication_seed(self.seed, replication),
            consumers=self.consumers,
            months=self.months,
            pricing=self.pricing,
            parameters=drawn(self.draws, self.seed, replication) | dict(self.parameters),
            kept=self.kept,
        )


def game_of_market(
    consumers: int,
    months: int,
    seed: int,
    pricing: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    draws: str | None = None,
    alipay: bool = False,
) -> MarketGame:
    """Return the game of three operators, or of these and Alipay."""
    players: tuple[str, ...] = OPERATORS
    strategies: tuple[tuple[str, ...], ...] = (STANCES,) * len(OPERATORS)
    if alipay:
        players, strategies = (*players, PLATFORM), (*strategies, ANSWERS)
    return MarketGame(players, strategies, consumers, months, seed, pricing, parameters or {}, draws)

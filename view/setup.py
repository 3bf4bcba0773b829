"""What a person has set: two worlds, their luck and size, parameters, changes by hand; and what is looked at.

All of it is frozen and checked when made, so a `Setup` that exists can be run; a link carries all of it.
"""

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from model.errors import InputError, unknown_name
from model.interventions import STANCES
from model.parameters import Parameters
from model.scenarios import Scenario, load_scenario, scenario_names
from model.schemas import OPERATORS, PROVINCES
from view.measures import MEASURES

WORLDS = ("a", "b")
MONTHS = 60  # the observations end in December 2013
SIZES = (310, 1_000_000)  # what a browser waits for
SPEEDS = {"1": 1.0, "2": 2.0, "5": 5.0, "10": 10.0, "fastest": 0.0}  # months a second; 0: no waiting
SHOWN = ("worlds", "difference")
AS_PLANNED = "scenario"  # an operator's stance that the scenario decides


@dataclass(frozen=True)
class Change:
    """A stance taken by hand in one world: from the month after `month` on."""

    month: int
    world: str
    operator: str
    province: str | None
    stance: str

    def __post_init__(self) -> None:
        """Raise InputError for a name or month that does not exist."""
        _one_of("world", self.world, WORLDS)
        _one_of("operator", self.operator, OPERATORS)
        _one_of("stance", self.stance, STANCES)
        if self.province is not None:
            _one_of("province", self.province, tuple(PROVINCES.values()))
        _whole("month of a change", self.month, 0, MONTHS - 1)


@dataclass(frozen=True)
class World:
    """A scenario, and the operators whose stance is set by hand from the scenario's first open month on."""

    scenario: str
    stances: tuple[str, ...] = (AS_PLANNED,) * len(OPERATORS)

    def __post_init__(self) -> None:
        """Raise InputError for a scenario or stance that does not exist."""
        _one_of("scenario", self.scenario, scenario_names())
        for stance in self.stances:
            _one_of("stance", stance, (AS_PLANNED, *STANCES))

    @property
    def plan(self) -> Scenario:
        """Return the scenario."""
        return _plan(self.scenario)

    @property
    def title(self) -> str:
        """Return what the world is called: the scenario's title, and whether hands were laid on it."""
        by_hand = any(stance != AS_PLANNED for stance in self.stances)
        return self.plan.title + (", changed by hand" if by_hand else "")

    def changes(self, world: str) -> tuple[Change, ...]:
        """Return the stances set by hand as changes, in force from the scenario's first open month on."""
        month = self.plan.opens - 1
        return tuple(
            Change(month, world, operator, None, stance)
            for operator, stance in zip(OPERATORS, self.stances, strict=True)
            if stance != AS_PLANNED
        )


@dataclass(frozen=True)
class Setup:
    """Everything a link restores.

    Attributes
    ----------
    a, b : World
    seed : int
        All luck, the same in both worlds.
    consumers : int
        Simulated lines in each world.
    parameters : tuple of (name, value)
        Those that are not at their defaults, in both worlds.
    changes : tuple of Change
        Made while running, by month.
    measure : str
        What the maps show.
    province, consumer : optional
        Whose panel is open; the row that is followed.
    speed : str
        One of `SPEEDS`.
    shown : str
        What the charts show: both worlds, or B less A.
    """

    a: World = field(default_factory=lambda: World("closed"))
    b: World = field(default_factory=lambda: World("open"))
    seed: int = 1
    consumers: int = 50_000
    parameters: tuple[tuple[str, float], ...] = ()
    changes: tuple[Change, ...] = ()
    measure: str = "penetration"
    province: str | None = None
    consumer: int | None = None
    speed: str = "5"
    shown: str = "worlds"

    def __post_init__(self) -> None:
        """Raise InputError, one line that says what is allowed, for anything that cannot be run."""
        _whole("seed", self.seed, 0, 2**32 - 1)
        _whole("consumers", self.consumers, *SIZES)
        Parameters.with_values(dict(self.parameters))
        _one_of("measure", self.measure, tuple(MEASURES))
        _one_of("speed", self.speed, tuple(SPEEDS))
        _one_of("charts", self.shown, SHOWN)
        if self.province is not None:
            _one_of("province", self.province, tuple(PROVINCES.values()))
        if self.consumer is not None:
            _whole("consumer", self.consumer, 0, self.consumers - 1)

    @property
    def world(self) -> dict[str, World]:
        """Return both worlds by their letter."""
        return {"a": self.a, "b": self.b}

    def run(self) -> tuple[Any, ...]:
        """Return what decides the numbers; setups that agree in it need no new run."""
        return self.a, self.b, self.seed, self.consumers, self.parameters

    def changes_of(self, world: str) -> tuple[Change, ...]:
        """Return a world's changes by hand, those that belong to its beginning first."""
        return self.world[world].changes(world) + tuple(c for c in self.changes if c.world == world)

    def having(self, **fields: Any) -> "Setup":
        """Return the setup with other fields, checked.

        Raises
        ------
        InputError
        """
        return replace(self, **fields)

    def with_parameter(self, name: str, value: float | None) -> "Setup":
        """Return the setup with a parameter at a value, or at its default for None.

        Raises
        ------
        InputError
        """
        values = {key: old for key, old in self.parameters if key != name}
        if value is not None:
            values[name] = value
        return self.having(parameters=tuple(sorted(values.items())))

    def with_change(self, change: Change) -> "Setup":
        """Return the setup with a change by hand in place of others to the same branches in that month."""
        place = (change.month, change.world, change.operator, change.province)
        kept = [c for c in self.changes if (c.month, c.world, c.operator, c.province) != place]
        return self.having(changes=tuple(sorted([*kept, change], key=lambda c: c.month)))


@lru_cache(maxsize=32)
def _plan(scenario: str) -> Scenario:
    return load_scenario(scenario)


def read_number(name: str, text: Any) -> float:
    """Return the number a person typed; a whole one as int.

    Raises
    ------
    InputError
    """
    words = str(text).strip().replace(",", "").replace("\N{MINUS SIGN}", "-")
    try:
        value = float(words)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{name} = {str(text)!r} is not a number")
    return int(value) if value.is_integer() else value


def _whole(name: str, value: Any, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InputError(f"{name} = {value!r}; allowed: a whole number {low:,} to {high:,}")


def _one_of(kind: str, name: str, allowed: tuple[str, ...]) -> None:
    if name not in allowed:
        raise unknown_name(kind, str(name), allowed)

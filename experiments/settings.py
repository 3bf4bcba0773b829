"""What decides the numbers of a comparison, and what of it is allowed."""

import json
import math
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any, NamedTuple

from model.datafiles import DataError
from model.errors import InputError, unknown_name
from model.horizon import MOST_MONTHS, WHY_MONTHS
from model.observations import load_observations
from model.parameters import Parameters
from model.scenarios import PRICINGS, load_scenario, scenario_names

DEFAULT_PAIRS = (
    ("closed", "open"),
    ("incumbent_closed", "history"),
    ("incumbent_closed", "open"),  # costs no further run
)
DEFAULT_CONSUMERS = 50_000
DEFAULT_MONTHS = 60
DEFAULT_REPLICATIONS = 20
MOST_REPLICATIONS = 200  # where a half-width decides and no most is given
DEFAULT_SEED = 1

#: Fewest and most of each number; consumers as in model.market: 10 a province, and what an index
#: of 32 bits can count. The other most are far beyond use and catch slips of the keyboard.
BOUNDS = {
    "consumers": (310, 2_000_000_000),
    "months": (1, MOST_MONTHS),
    "replications": (2, 100_000),  # one difference has no spread, so no interval
    "runs": (200, 10_000_000),  # of `open-first`: two replications of one province at a time take 128
    "first": (1, 31),  # ranks of provinces
    "seed": (0, 2**32 - 1),
    "workers": (1, 1_024),
    "threads": (1, 1_024),
    "checkpoint_every": (0, 60),
    "trajectories": (4, 100_000),
    "points": (16, 2**20),
    "cases": (40, 1_000_000),
    "keep": (1, 100),
}


class Comparison(NamedTuple):
    """Scenario `a` less scenario `b`; `name` is how tables call it ("closed - open")."""

    name: str
    a: str
    b: str


@dataclass(frozen=True)
class Settings:
    """Everything asked for that changes a number; equal settings give the same results."""

    pairs: tuple[tuple[str, str], ...] = DEFAULT_PAIRS
    consumers: int = DEFAULT_CONSUMERS
    months: int = DEFAULT_MONTHS
    replications: int = DEFAULT_REPLICATIONS
    seed: int = DEFAULT_SEED
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pricing: str | None = None  # the scenarios' own where None
    until_halfwidth: float | None = (
        None  # RMB; `replications` are then the most, see `experiments.sequential`
    )

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """The pairs with the names tables call them by."""
        named = [(scenario_label(a), scenario_label(b)) for a, b in self.pairs]
        return tuple(Comparison(f"{a} - {b}", a, b) for a, b in named)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Every scenario once as it was given, name or file, in the order of first mention."""
        return tuple(dict.fromkeys(name for pair in self.pairs for name in pair))

    def check(self) -> None:
        """Raise InputError, naming what is allowed, unless all of this can be run."""
        for name in ("consumers", "months", "replications", "seed"):
            check_number(name, getattr(self, name))
        for scenario in self.scenarios:
            load_scenario(scenario)
        if len({scenario_label(name) for name in self.scenarios}) < len(self.scenarios):
            raise InputError(
                f"two scenario files of one name ({', '.join(self.scenarios)}); "
                "allowed: files whose names differ"
            )
        Parameters.with_values(dict(self.parameters))
        check_pricing_name(self.pricing)
        if self.until_halfwidth is not None:
            check_halfwidth(self.until_halfwidth)

    def command(self) -> str:
        """Return the command that gives these results again, with nothing said that is default."""
        words = ["walled-garden", "compare"]
        if self.pairs != DEFAULT_PAIRS:
            ((a, b),) = self.pairs
            words += ["--scenario", a, "--against", b]
        for name, value in self.changed_numbers():
            words += [f"--{name}", str(value)]
        if self.pricing is not None:
            words += ["--pricing", self.pricing]
        for name, value in sorted(self.parameters.items()):
            words += ["--set", f"{name}={value}"]
        if self.until_halfwidth is not None:
            words += ["--until-halfwidth", f"{self.until_halfwidth:g}"]
        return shlex.join(words)

    def identity(self) -> dict[str, Any]:
        """Return the settings as plain JSON values; equal identities are the same run.

        Scenarios are in it with all they say, since the file of a name can change.
        """
        plain = asdict(self) | {
            "parameters": dict(sorted(self.parameters.items())),
            "scenarios": {scenario_label(name): load_scenario(name) for name in self.scenarios},
        }
        if self.until_halfwidth is None:
            del plain["until_halfwidth"]  # results from before there was such a thing are the same run
        return as_json(plain)

    def rules(self) -> tuple[str, ...]:
        """Return which compiled rules the runs need, as `agents.cache` calls them."""
        pricings = {self.pricing or load_scenario(name).pricing for name in self.scenarios}
        return tuple(sorted(pricings))

    def changed_numbers(self) -> list[tuple[str, int]]:
        """Return (name, value) of the numbers that are not at their defaults."""
        most = DEFAULT_REPLICATIONS if self.until_halfwidth is None else MOST_REPLICATIONS
        default = Settings(replications=most)
        return [
            (name, getattr(self, name))
            for name in ("consumers", "months", "replications", "seed")
            if getattr(self, name) != getattr(default, name)
        ]


def as_json(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as plain JSON values."""
    return dict(json.loads(json.dumps(settings, default=_plain)))


def scenario_label(name_or_file: str) -> str:
    """Return what tables call a scenario: its name, or that of its file without the ending."""
    return Path(name_or_file).stem


def check_number(name: str, value: int) -> None:
    """Raise InputError unless a whole number is within its `BOUNDS`."""
    low, high = BOUNDS[name]
    if not low <= value <= high:
        raise InputError(f"{name} = {value}: allowed: a whole number from {low} to {high}{_why(name)}")


def check_pricing_name(name: str | None) -> None:
    """Raise InputError unless a way to set tariffs exists, or none is named."""
    if name is not None and name not in PRICINGS:
        raise unknown_name("pricing", name, PRICINGS)


def check_halfwidth(value: float) -> None:
    """Raise InputError unless an interval can be asked to reach no further than this."""
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"until-halfwidth = {value:g}: allowed: above 0, in the measure's unit")


def check_observations() -> None:
    """Raise InputError, naming file, row and column, unless the data the model starts from is sound."""
    try:
        load_observations()
    except DataError as error:
        raise InputError(str(error)) from error


def read_pairs(scenario: str | None, against: str | None) -> tuple[tuple[str, str], ...]:
    """Return the pair asked for, or the default pairs when neither scenario is named."""
    if scenario is None and against is None:
        return DEFAULT_PAIRS
    if scenario is None or against is None:
        missing = "--scenario" if scenario is None else "--against"
        raise InputError(
            f"{missing} is missing: name two scenarios, as in --scenario closed --against open, "
            f"or neither; allowed: {', '.join(scenario_names())}"
        )
    return ((scenario, against),)


def read_parameters(assignments: tuple[str, ...]) -> dict[str, Any]:
    """Return {name: value} from "name=value" texts; numbers become numbers, the rest stays text.

    Whether the names exist and the values are within bounds is for `Parameters` to say.
    """
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = (part.strip() for part in assignment.partition("="))
        if not (name and equals and text):
            raise InputError(f"--set {assignment!r}: write it as name=value, as in --set name=0.5")
        if name in values:
            raise InputError(f"--set {name}: set twice; give each parameter one value")
        values[name] = _read_value(name, text)
    return values


def _read_value(name: str, text: str) -> Any:
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if not math.isfinite(value):
            raise InputError(f"--set {name}={text}: allowed: a finite number")
        return value
    return text


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def _why(name: str) -> str:
    reasons = {
        "months": f" ({WHY_MONTHS})",
        "replications": " (an interval needs two)",
        "consumers": " (10 a province or more)",
    }
    return reasons.get(name, "")

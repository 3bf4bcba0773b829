"""What decides the numbers: the market, its two ends, how surely and with how many runs."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from experiments.outcomes import INCUMBENT
from experiments.settings import (
    DEFAULT_MONTHS,
    DEFAULT_SEED,
    as_json,
    check_halfwidth,
    check_number,
    check_pricing_name,
)
from model.errors import InputError, unknown_name
from model.parameters import Parameters
from model.scenarios import Scenario, read_scenario
from model.schemas import OPERATORS, PROVINCES

DEFAULT_CONSUMERS = 100_000  # from there on no bias of the paired difference: docs/how-many-consumers.md
DEFAULT_RUNS = 2_560
DEFAULT_OPENS = "2009-04"
DEFAULT_FIRST = 5
NAMES = tuple(PROVINCES.values())
LINE, TOTAL = "line", "total"
UNITS = {LINE: "RMB per line", TOTAL: "RMB"}
RIVALS = ("open", "closed")
CLOSED, OPEN = "closed", "open"  # what the incumbent's other branches are
ENDS = (CLOSED, OPEN)
NUMBERS = ("consumers", "months", "runs", "seed")


@dataclass(frozen=True)
class OpeningOrder:
    """Everything asked for that changes a number; equal settings give the same results.

    Attributes
    ----------
    opens : YYYY-MM, month from which open branches may partner
    rivals : "open" or "closed"
    by : rank by the gain per line of the incumbent's at the start ("line"), or by the gain ("total")
    first : replicate until so many first ranks are settled ...
    until_halfwidth : ... or, where given, until no gain's interval reaches further, in the unit of `by`
    runs : of the market at most, of all kinds together
    minutes : after which no further look is begun; None: whatever it takes
    """

    opens: str = DEFAULT_OPENS
    rivals: str = "open"
    by: str = LINE
    first: int = DEFAULT_FIRST
    until_halfwidth: float | None = None
    consumers: int = DEFAULT_CONSUMERS
    months: int = DEFAULT_MONTHS
    runs: int = DEFAULT_RUNS
    minutes: float | None = None
    seed: int = DEFAULT_SEED
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pricing: str | None = None

    def check(self) -> None:
        """Raise InputError, naming what is allowed, unless all of this can be run."""
        for name in (*NUMBERS, "first"):
            check_number(name, getattr(self, name))
        for name, allowed in (("rivals", RIVALS), ("by", tuple(UNITS))):
            if getattr(self, name) not in allowed:
                raise unknown_name(f"--{name}", getattr(self, name), allowed)
        if self.until_halfwidth is not None:
            check_halfwidth(self.until_halfwidth)
        if self.minutes is not None and not 0 < self.minutes < float("inf"):
            raise InputError(f"minutes = {self.minutes:g}: allowed: above 0")
        Parameters.with_values(dict(self.parameters))
        check_pricing_name(self.pricing)
        opens = self.scenario(OPEN).opens
        if opens > self.months:
            raise InputError(
                f"--opens {self.opens} is month {opens}, after the last of {self.months} months; "
                "allowed: a month of the run, or more --months"
            )

    def scenario(self, elsewhere: str, differs: str | None = None) -> Scenario:
        """Return the market in which the incumbent is closed or open, but for one province.

        Parameters
        ----------
        elsewhere : "closed" or "open", the incumbent's stance
        differs : a province in which it takes the other stance
        """
        other = OPEN if elsewhere == CLOSED else CLOSED
        branch = {"operator": INCUMBENT, "province": differs, "stance": other}
        raw = {
            "title": f"China Mobile {elsewhere}" + (f", {other} in {differs}" if differs else ""),
            "opens": self.opens,
            "stances": {name: elsewhere if name == INCUMBENT else self.rivals for name in OPERATORS},
            "branches": [branch] if differs else [],
        }
        return read_scenario("open-first", raw)

    def changed(self) -> str:
        """Return what is not default, parameters and pricing apart, as part of a folder's name."""
        default = OpeningOrder()
        names = ("opens", "rivals", "by", "first", "until_halfwidth", *NUMBERS, "minutes")
        return "".join(
            f"-{name}-{getattr(self, name)}"
            for name in names
            if getattr(self, name) != getattr(default, name)
        )

    def command(self) -> str:
        """Return the command that gives these results again, with nothing said that is default."""
        words, default = ["walled-garden", "open-first"], OpeningOrder()
        for name in ("opens", "rivals", "by", "first", "until_halfwidth", *NUMBERS, "minutes", "pricing"):
            value = getattr(self, name)
            if value != getattr(default, name):
                words += [
                    f"--{name.replace('_', '-')}",
                    f"{value:g}" if isinstance(value, float) else str(value),
                ]
        for name, value in sorted(self.parameters.items()):
            words += ["--set", f"{name}={value}"]
        return shlex.join(words)

    def identity(self) -> dict[str, Any]:
        """Return the settings as plain JSON values; equal ones are one run."""
        return as_json(asdict(self) | {"parameters": dict(sorted(self.parameters.items()))})

    def rules(self) -> tuple[str, ...]:
        """Return which compiled rules the runs need, as `agents.cache` calls them."""
        return (self.pricing or self.scenario(OPEN).pricing,)

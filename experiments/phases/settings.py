"""What decides the numbers of a phase diagram, and what of it is allowed."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from experiments.settings import (
    DEFAULT_CONSUMERS,
    DEFAULT_MONTHS,
    DEFAULT_SEED,
    as_json,
    check_number,
    check_pricing_name,
)
from experiments.store import folder_name
from model.errors import InputError, unknown_name
from model.parameters import Parameters
from model.scenarios import PRICINGS

#: Symbols of the model's description, and the parameters they stand for.
SYMBOLS = {"lambda": "payment_value_3g", "fee_share": "service_fee", "psi": "lock_in"}
FEWEST, MOST = 6, 24  # replications of every profile at a point


@dataclass(frozen=True)
class Axis:
    """One axis: a parameter and the range it is moved over."""

    name: str
    low: float
    high: float

    @property
    def default(self) -> float:
        """The parameter's default."""
        return float(Parameters.fields()[self.name]["default"])

    @property
    def unit(self) -> str:
        """The parameter's unit."""
        return str(Parameters.fields()[self.name]["unit"])

    def ticks(self, count: int, with_default: bool = False) -> list[float]:
        """Return so many values from end to end, and the default where it is asked for and within."""
        values = np.linspace(self.low, self.high, count).tolist()
        if with_default and self.low <= self.default <= self.high:
            step = (self.high - self.low) / (count - 1)
            values = [v for v in values if abs(v - self.default) > step / 8 or v in (self.low, self.high)]
            values = sorted({*values, self.default})
        return values


def axis_of(name: str, ends: tuple[float, float] | None = None) -> Axis:
    """Return an axis by parameter or symbol; over the plausible range unless ends are given.

    Raises
    ------
    InputError
    """
    parameter = SYMBOLS.get(name, name)
    known = Parameters.fields()
    if parameter not in known:
        raise unknown_name("parameter", name, [*known, *SYMBOLS])
    about = known[parameter]
    if about["unit"] == "months":
        raise InputError(f"{name} comes in whole months; allowed: parameters that move without steps")
    low, high = about["plausible"] if ends is None else ends
    least, most = about["bounds"]
    if not (math.isfinite(low) and math.isfinite(high) and least <= low < high <= most):
        raise InputError(
            f"range of {parameter} = {low:g} to {high:g}: allowed: a lower and a higher number within "
            f"{least:g} to {most:g} {about['unit']}"
        )
    return Axis(parameter, float(low), float(high))


@dataclass(frozen=True)
class PhaseSettings:
    """Everything asked for that changes a number; equal settings give the same results.

    Attributes
    ----------
    x, y : the axes
    grid : points along each axis before it is refined
    levels : how often squares near a boundary are cut in four
    confidence : what a point's phase must be known to, or it is shown as not told
    """

    x: Axis
    y: Axis
    grid: int = 5
    levels: int = 1
    consumers: int = DEFAULT_CONSUMERS
    months: int = DEFAULT_MONTHS
    seed: int = DEFAULT_SEED
    confidence: float = 0.95
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pricing: str | None = None

    def check(self) -> None:
        """Raise InputError, naming what is allowed, unless all of this can be run."""
        for name in ("consumers", "months", "seed"):
            check_number(name, getattr(self, name))
        if self.x.name == self.y.name:
            raise InputError(f"--x and --y are both {self.x.name}; allowed: two parameters")
        if not 2 <= self.grid <= 100:
            raise InputError(f"grid = {self.grid}: allowed: from 2 to 100")
        if not 0 <= self.levels <= 6:
            raise InputError(f"levels = {self.levels}: allowed: from 0 to 6")
        if not 0.5 <= self.confidence < 1.0:
            raise InputError(f"confidence = {self.confidence:g}: allowed: from 0.5 to below 1")
        for axis in (self.x, self.y):
            if axis.name in self.parameters:
                raise InputError(f"--set {axis.name}: it is an axis; allowed: other parameters")
        Parameters.with_values(dict(self.parameters))
        check_pricing_name(self.pricing)

    def at(self, x: float, y: float) -> dict[str, Any]:
        """Return the parameters of a point."""
        return {**self.parameters, self.x.name: x, self.y.name: y}

    def command(self) -> str:
        """Return the command that gives these results again, with nothing said that is default."""
        words = ["walled-garden", "phase-diagram"]
        for letter, axis, default in (("x", self.x, DEFAULT_X), ("y", self.y, DEFAULT_Y)):
            if axis.name != default:
                words += [f"--{letter}", axis.name]
            if axis != axis_of(axis.name):
                words += [f"--{letter}-range", f"{axis.low!r}", f"{axis.high!r}"]
        standard = PhaseSettings(self.x, self.y)
        for name in ("grid", "levels", "consumers", "months", "seed", "confidence"):
            if getattr(self, name) != getattr(standard, name):
                words += [f"--{name}", str(getattr(self, name))]
        words += ["--pricing", self.pricing] if self.pricing is not None else []
        for name, value in sorted(self.parameters.items()):
            words += ["--set", f"{name}={value}"]
        return shlex.join(words)

    def identity(self) -> dict[str, Any]:
        """Return the settings as plain JSON values."""
        return as_json(asdict(self))

    def rules(self) -> tuple[str, ...]:
        """Return which compiled rules the runs need, as `agents.cache` calls them."""
        return (self.pricing or PRICINGS[0],)

    def default_folder(self) -> Path:
        """Return results/phases-X-Y, with whatever is not at its default spelled behind it."""
        standard = PhaseSettings(self.x, self.y)
        numbers = [
            (key, getattr(self, key))
            for key in ("consumers", "months", "seed")
            if getattr(self, key) != getattr(standard, key)
        ]
        more = "".join(
            f"-{key}{getattr(self, key):g}"
            for key in ("grid", "levels", "confidence")
            if getattr(self, key) != getattr(standard, key)
        )
        for axis in (self.x, self.y):
            more += "" if axis == axis_of(axis.name) else f"-{axis.low:g}-{axis.high:g}"
        name = f"phases-{self.x.name}-{self.y.name}"
        return Path("results") / folder_name(name, numbers, self.pricing, self.parameters, more)


DEFAULT_X, DEFAULT_Y = "era", "serving_cost_3g"

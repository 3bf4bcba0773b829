"""Factors: what a design varies, as levels or as a range."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.settings import check_number
from model.errors import InputError, unknown_name
from model.parameters import Parameters, check_value
from model.scenarios import PRICINGS

OTHERS = ("consumers", "pricing")  # factors that are not parameters of the market
SCALES = ("linear", "log")
LEVELS_ONLY = ("list",)
RANGES_ONLY = ("morris", "saltelli")

type Level = float | int | str


@dataclass(frozen=True)
class Factor:
    """One thing that varies from point to point.

    Attributes
    ----------
    name : a parameter of the market, "consumers" or "pricing"
    levels : the values it takes; or empty, and then
    low, high : the ends of its range, in the parameter's own unit
    scale : "linear", or "log" to sample evenly by ratios
    steps : of a range in a grid: how many values, ends included
    """

    name: str
    levels: tuple[Level, ...] = ()
    low: float | None = None
    high: float | None = None
    scale: str = "linear"
    steps: int = 0

    @property
    def is_whole(self) -> bool:
        """True of what takes whole numbers only."""
        return self.name == "consumers" or self._about().get("unit") == "months"

    @property
    def is_word(self) -> bool:
        """True of what takes words."""
        return self.name == "pricing"

    def check(self, method: str) -> None:
        """Raise InputError unless the factor exists and a way of sampling can use it."""
        allowed = (*Parameters.fields(), *OTHERS)
        if self.name not in allowed:
            raise unknown_name("factor", self.name, allowed)
        if self.levels and (self.low is not None or self.high is not None):
            raise InputError(f"{self._where}: has levels and a range; allowed: one of them")
        if self.levels:
            self._check_levels(method)
        else:
            self._check_range(method)

    def from_unit(self, unit: np.ndarray) -> np.ndarray:
        """Return the factor's values at places 0 to 1 along its range, or among its levels."""
        if self.levels:
            place = np.minimum((unit * len(self.levels)).astype(int), len(self.levels) - 1)
            return np.asarray(self.levels)[place]
        low, high = float(self.low or 0.0), float(self.high or 0.0)
        if self.scale == "log":
            values = np.exp(np.log(low) + unit * (np.log(high) - np.log(low)))
        else:
            values = low + unit * (high - low)
        values = np.clip(values, low, high)  # rounding must not leave the bounds
        return np.rint(values) if self.is_whole else values

    def grid_levels(self) -> tuple[Level, ...]:
        """Return the values the factor takes in a grid."""
        if self.levels:
            return self.levels
        return tuple(self.from_unit(np.linspace(0.0, 1.0, self.steps)).tolist())

    @property
    def _where(self) -> str:
        return f"factors.{self.name}"

    def _about(self) -> dict[str, Any]:
        return Parameters.fields().get(self.name, {})

    def _check_levels(self, method: str) -> None:
        if method in RANGES_ONLY:
            raise InputError(f"{self._where}: {method} needs a range; allowed: {{ low = ..., high = ... }}")
        if self.steps or self.scale != "linear":
            raise InputError(f"{self._where}: levels have no steps and no scale; allowed: levels alone")
        for level in self.levels:
            self._check_value(level)
        if method != "list" and len(set(self.levels)) < len(self.levels):
            raise InputError(f"{self._where}: a level is given twice; allowed: levels that differ")

    def _check_range(self, method: str) -> None:
        if self.is_word or method in LEVELS_ONLY:
            raise InputError(f"{self._where}: needs levels here; allowed: a list such as [...]")
        for end in ("low", "high"):
            if getattr(self, end) is None:
                raise InputError(f"{self._where}: {end} is missing; allowed: levels, or low and high")
            self._check_value(getattr(self, end))
        low, high = float(self.low or 0.0), float(self.high or 0.0)
        if not low < high:
            raise InputError(f"{self._where}: low = {low:g}, high = {high:g}; allowed: low below high")
        if self.scale not in SCALES:
            raise unknown_name(f"{self._where}.scale", str(self.scale), SCALES)
        if self.scale == "log" and low <= 0.0:
            raise InputError(f"{self._where}: low = {low:g} has no logarithm; allowed: above 0")
        self._check_steps(method)

    def _check_steps(self, method: str) -> None:
        steps: Any = self.steps
        if method != "grid":
            if steps:
                raise InputError(f"{self._where}: {method} takes no steps; allowed: low, high, scale")
            return
        if not isinstance(steps, int) or isinstance(steps, bool) or not 2 <= steps <= 1_000_000:
            raise InputError(f"{self._where}: a range in a grid needs steps; allowed: steps = 2 to 1000000")
        differing = len(set(self.grid_levels()))
        if differing < steps:
            raise InputError(
                f"{self._where}: of {steps} steps only {differing} differ; allowed: fewer steps, or levels"
            )

    def _check_value(self, value: Any) -> None:
        if self.is_word:
            if value not in PRICINGS:
                raise unknown_name("pricing", str(value), PRICINGS)
            return
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"{self._where} = {value!r}: allowed: finite numbers")
        if self.name == "consumers":
            if value != int(value):
                raise InputError(f"{self._where} = {value!r}: allowed: whole numbers")
            check_number("consumers", int(value))
            return
        check_value(self.name, value, self._about())

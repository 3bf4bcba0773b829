"""What decides the numbers of a game of stances, and what of it is allowed."""

import math
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from experiments.settings import (
    DEFAULT_CONSUMERS,
    DEFAULT_MONTHS,
    DEFAULT_SEED,
    as_json,
    check_number,
    check_pricing_name,
)
from experiments.stances.draws import check_draws, identify_draws
from experiments.store import folder_name
from model.errors import InputError
from model.parameters import Parameters
from model.scenarios import PRICINGS

DEFAULT_BUDGET = 4_000
FEWEST, FEWEST_DRAWS = 10, 60  # replications of every profile before the first look


@dataclass(frozen=True)
class GameSettings:
    """Everything asked for that changes a number; equal settings give the same results.

    Attributes
    ----------
    budget : most runs of the market, of all profiles together
    replications : least runs of each profile; None for `FEWEST`, or `FEWEST_DRAWS` where parameters are drawn
    confidence : probability to which the set of equilibria is to be settled
    tolerance : RMB a player is taken to give away without changing stance: 0 for Nash equilibria
    alipay : whether Alipay is a player too: it accepts exclusive deals or refuses them
    draws : None, "assumed", "all", or a file of parameter draws; see `experiments.stances.draws`
    """

    consumers: int = DEFAULT_CONSUMERS
    months: int = DEFAULT_MONTHS
    seed: int = DEFAULT_SEED
    budget: int = DEFAULT_BUDGET
    replications: int | None = None
    confidence: float = 0.95
    tolerance: float = 0.0
    alipay: bool = False
    draws: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pricing: str | None = None

    def check(self) -> None:
        """Raise InputError, naming what is allowed, unless all of this can be run."""
        for name in ("consumers", "months", "seed"):
            check_number(name, getattr(self, name))
        if self.replications is not None:
            check_number("replications", self.replications)
        least = self.fewest * (54 if self.alipay else 27)
        if not least <= self.budget <= 10_000_000:
            raise InputError(
                f"budget = {self.budget}: allowed: from {least} ({self.fewest} runs of each profile) "
                "to 10000000"
            )
        if not 0.5 <= self.confidence < 1.0:
            raise InputError(f"confidence = {self.confidence:g}: allowed: from 0.5 to below 1")
        if not (math.isfinite(self.tolerance) and self.tolerance >= 0.0):
            raise InputError(f"tolerance = {self.tolerance:g}: allowed: 0 or more, RMB")
        Parameters.with_values(dict(self.parameters))
        check_pricing_name(self.pricing)
        check_draws(self.draws, self.parameters)

    @property
    def fewest(self) -> int:
        """The least runs of each profile."""
        if self.replications is not None:
            return self.replications
        return FEWEST if self.draws is None else FEWEST_DRAWS

    def command(self) -> str:
        """Return the command that gives these results again, with nothing said that is default."""
        words = ["walled-garden", "game", *self.changed_words()]
        return shlex.join(words)

    def changed_words(self) -> list[str]:
        """Return the options that are not at their defaults."""
        default, words = GameSettings(), []
        for name in ("consumers", "months", "seed", "budget", "replications", "confidence", "tolerance"):
            value = getattr(self, name)
            if value != getattr(default, name):
                words += [f"--{name}", str(value)]
        words += ["--alipay"] if self.alipay else []
        words += ["--draws", self.draws] if self.draws is not None else []
        words += ["--pricing", self.pricing] if self.pricing is not None else []
        for name, value in sorted(self.parameters.items()):
            words += ["--set", f"{name}={value}"]
        return words

    def identity(self) -> dict[str, Any]:
        """Return the settings as plain JSON values, a file of draws by what it holds."""
        return as_json(asdict(self) | {"draws": identify_draws(self.draws)})

    def rules(self) -> tuple[str, ...]:
        """Return which compiled rules the runs need, as `agents.cache` calls them."""
        return (self.pricing or PRICINGS[0],)

    def default_folder(self) -> Path:
        """Return results/game, with whatever is not at its default spelled behind it."""
        name = "game-alipay" if self.alipay else "game"
        default = GameSettings()
        numbers = [
            (key, getattr(self, key))
            for key in ("consumers", "months", "replications", "seed")
            if getattr(self, key) != getattr(default, key)
        ]
        more = "" if self.budget == default.budget else f"-budget{self.budget}"
        more += "" if self.confidence == default.confidence else f"-confidence{self.confidence:g}"
        more += "" if self.tolerance == default.tolerance else f"-tolerance{self.tolerance:g}"
        more += "" if self.draws is None else f"-draws-{Path(self.draws).stem}"
        return Path("results") / folder_name(name, numbers, self.pricing, self.parameters, more)

"""What is asked: which two scenarios, which parameters over their plausible ranges, how many points.

The outcome is China Mobile's gain: its discounted profit in the first scenario less that in the second, with
the same luck.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from experiments.outcomes import MEASURE
from experiments.ranges import why_held
from experiments.settings import DEFAULT_SEED, as_json, check_number, scenario_label
from experiments.store import check_writable
from experiments.sweeps.factors import Factor
from experiments.sweeps.files import make_folder, write_durably
from model.errors import InputError
from model.parameters import Parameters
from model.paths import LAST_MONTH
from model.scenarios import load_scenario

NUMBERS = ("consumers", "months", "trajectories", "points", "cases", "replications", "keep", "seed")
KEPT = (MEASURE, "share", "share_3g")  # outcomes kept of a run; the shares are held against the data
ASKED = "study.json"  # in the folder of the sweeps: what they are for


@dataclass(frozen=True)
class Study:
    """What decides the numbers.

    Attributes
    ----------
    pair : scenarios; the gain is that of the first over the second
    trajectories : Morris's walks, each one point more than there are parameters
    points : base points of the Sobol indices, a power of 2
    cases : points of the Latin hypercube in which it is looked who wins
    replications : of each of those, and the most of the points of walks and indices
    keep : the most parameters that indices are made of
    assumed : True where those that an observation pins down stay at their defaults
    parameters : set by hand, and not varied
    """

    pair: tuple[str, str] = ("open", "incumbent_closed")
    consumers: int = 20_000
    months: int = LAST_MONTH
    trajectories: int = 16
    points: int = 256
    cases: int = 1_000
    replications: int = 3
    keep: int = 12
    seed: int = DEFAULT_SEED
    assumed: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Raise InputError, naming what is allowed, unless all of this can be run."""
        for name in NUMBERS:
            check_number(name, getattr(self, name))
        if self.points & (self.points - 1):
            near = 1 << self.points.bit_length()
            raise InputError(f"--points {self.points}: allowed: a power of 2, such as {near // 2} or {near}")
        for scenario in self.pair:
            load_scenario(scenario)
        if self.labels[0] == self.labels[1]:
            raise InputError(f"--scenario and --against are both {self.pair[0]!r}; allowed: two scenarios")
        Parameters.with_values(dict(self.parameters))
        if not self.factors():
            raise InputError("--set leaves no parameter to vary; allowed: one left or more")

    @property
    def labels(self) -> tuple[str, str]:
        """The two scenarios as tables call them."""
        return scenario_label(self.pair[0]), scenario_label(self.pair[1])

    def factors(self) -> tuple[Factor, ...]:
        """Return what is varied: parameters over their plausible ranges."""
        left_out = self.left_out()
        ranges = {name: about["plausible"] for name, about in Parameters.fields().items()}
        return tuple(Factor(n, low=low, high=high) for n, (low, high) in ranges.items() if n not in left_out)

    def left_out(self) -> dict[str, str]:
        """Return, by name, the parameters that are not varied, and why."""
        found = {name: self._why_not(name, about) for name, about in Parameters.fields().items()}
        return {name: why for name, why in found.items() if why}

    def _why_not(self, name: str, about: Mapping[str, Any]) -> str:
        """Return why a parameter is not varied; empty where it is."""
        setting = [label for label, s in zip(self.labels, self.pair, strict=True)
                   if name in load_scenario(s).parameters]  # fmt: skip
        if name in self.parameters:
            return f"set to {self.parameters[name]} by --set"
        if setting:
            return f"set by the scenario {' and '.join(setting)}"
        return why_held(name, about, self.assumed, self.months)

    def command(self) -> str:
        """Return the command that gives these results again, with nothing said that is default."""
        words, default = ["walled-garden", "sensitivity"], Study()
        if self.pair != default.pair:
            words += ["--scenario", self.pair[0], "--against", self.pair[1]]
        words += ["--assumed"] if self.assumed else []
        for name, value in self.changed_numbers():
            words += [f"--{name}", str(value)]
        for name, value in sorted(self.parameters.items()):
            words += ["--set", f"{name}={value}"]
        return shlex.join(words)

    def changed_numbers(self) -> list[tuple[str, int]]:
        """Return (name, value) of the numbers that are not at their defaults."""
        default = Study()
        return [(n, getattr(self, n)) for n in NUMBERS if getattr(self, n) != getattr(default, n)]

    def identity(self) -> dict[str, Any]:
        """Return it as plain JSON values, scenarios with all they say; equal ones are one study."""
        told = {scenario_label(name): load_scenario(name) for name in self.pair}
        plain = asdict(self) | {"parameters": dict(sorted(self.parameters.items())), "scenarios": told}
        return as_json(plain)


def check_sweeps(folder: Path, study: Study) -> None:
    """Raise InputError unless a folder of sweeps is new, empty, or was begun by this very study."""
    check_writable(folder)
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    try:
        held = json.loads((folder / ASKED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        held = None
    if held != study.identity():
        what = "holds no study" if held is None else "holds the sweeps of another study"
        raise InputError(
            f"{str(folder)!r} {what}; allowed: another --out, the same study again, or remove that folder"
        )


def begin_sweeps(folder: Path, study: Study) -> None:
    """Make the folder of the sweeps, and put down what they are for."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    make_folder(folder)
    if not (folder / ASKED).exists():
        write_durably(folder / ASKED, (json.dumps(study.identity(), indent=1) + "\n").encode())

"""What decides the numbers of a one-to-one run, and what it needs of a machine.

*Every mobile user* means every line in use at the end of the run's last month, by the observed totals: a row
each. Those who come later in the run are there from the start, without a line yet. So a run to December
2012 has 1,110 million rows, one to December 2013 1,234 million.
"""

import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from experiments.settings import (
    DEFAULT_MONTHS,
    DEFAULT_SEED,
    as_json,
    check_number,
    check_pricing_name,
    scenario_label,
)
from experiments.store import folder_name
from model.checkpoint import bytes_a_row, most_bytes
from model.errors import InputError
from model.horizon import extended
from model.observations import load_observations
from model.parameters import Parameters
from model.scenarios import load_scenario

DEFAULT_SCENARIO = "history"
OVERHEAD = 400_000_000  # bytes that the program takes whatever the number of rows


@dataclass(frozen=True)
class OneToOne:
    """Everything asked for that changes a number; equal settings give the same results.

    Attributes
    ----------
    scenario : name or file
    consumers : rows; None for one for each real line of the last month
    """

    scenario: str = DEFAULT_SCENARIO
    consumers: int | None = None
    months: int = DEFAULT_MONTHS
    seed: int = DEFAULT_SEED
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pricing: str | None = None  # the scenario's own where None

    @property
    def rows(self) -> int:
        """The number of consumers."""
        if self.consumers is not None:
            return self.consumers
        ceiling = Parameters.with_values(dict(self.parameters)).lines_ceiling
        return every_line(self.months, ceiling)

    def check(self) -> None:
        """Raise InputError, naming what is allowed, unless all of this can be run."""
        for name in ("months", "seed"):
            check_number(name, getattr(self, name))
        check_number("consumers", self.rows)
        load_scenario(self.scenario)
        Parameters.with_values(dict(self.parameters))
        check_pricing_name(self.pricing)

    def command(self) -> str:
        """Return the command that gives these results again, with nothing said that is default."""
        words = ["walled-garden", "china"]
        if self.scenario != DEFAULT_SCENARIO:
            words += ["--scenario", self.scenario]
        for name, value in self._changed_numbers():
            words += [f"--{name}", str(value)]
        if self.pricing is not None:
            words += ["--pricing", self.pricing]
        for name, value in sorted(self.parameters.items()):
            words += ["--set", f"{name}={value}"]
        return shlex.join(words)

    def identity(self) -> dict[str, Any]:
        """Return the settings as plain JSON values, the scenario with all it says; equal ones are one run."""
        return as_json(
            asdict(self)
            | {
                "consumers": self.rows,
                "parameters": dict(sorted(self.parameters.items())),
                "scenarios": {scenario_label(self.scenario): load_scenario(self.scenario)},
            }
        )

    def default_folder(self) -> Path:
        """Return results/china, with whatever is not at its default spelled behind it."""
        name = "china" if self.scenario == DEFAULT_SCENARIO else f"china-{scenario_label(self.scenario)}"
        return Path("results") / folder_name(name, self._changed_numbers(), self.pricing, self.parameters)

    def _changed_numbers(self) -> list[tuple[str, int]]:
        default = OneToOne()
        return [
            (name, getattr(self, name))
            for name in ("consumers", "months", "seed")
            if getattr(self, name) != getattr(default, name)
        ]


def every_line(months: int, ceiling: float) -> int:
    """Return how many real lines are in use at the end of a month; after the data they follow a ceiling."""
    return round(float(extended(load_observations(), months, ceiling).lines[:, months].sum()) * 1e6)


def check_memory(rows: int) -> None:
    """Raise InputError where this machine has not the memory for so many rows."""
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    each = bytes_a_row()
    if rows * each + OVERHEAD > there:
        most = max(there - OVERHEAD, 0) // each
        raise InputError(
            f"{rows:,} consumers take {(rows * each + OVERHEAD) / 1e9:.1f} GB of memory, and this machine "
            f"has {there / 1e9:.1f}; allowed: --consumers up to {most:,} here"
        )


def check_disk(rows: int, folder: Path) -> None:
    """Raise InputError where a run's checkpoints may not fit on the disk of their folder."""
    where = next(parent for parent in (folder, *folder.resolve().parents) if parent.exists())
    ours = sum(path.stat().st_size for path in folder.glob("*")) if folder.exists() else 0
    free, need = shutil.disk_usage(where).free + ours, most_bytes(rows)
    if need > free:
        raise InputError(
            f"checkpoints of {rows:,} consumers take up to {need / 1e9:.1f} GB, and {str(where)!r} has "
            f"{free / 1e9:.1f} free; allowed: --checkpoint-every 0 for none, fewer --consumers, another --out"
        )

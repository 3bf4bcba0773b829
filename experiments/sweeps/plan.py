"""The plan: every run of a design by its number, made when asked for."""

import hashlib
import importlib.metadata
import json
from dataclasses import asdict
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from experiments.runner import replication_seed
from experiments.store import CHECKOUT
from experiments.sweeps.design import Design
from experiments.sweeps.layout import Place, layout
from experiments.sweeps.sampling import Points, sample
from experiments.sweeps.tasks import Task
from model.scenarios import Scenario, load_scenario

#: Packages that could change a number or a byte.
PACKAGES = ("walled-garden", "mesa", "numba", "numpy", "scipy", "salib", "pyarrow")
#: Sources that could, by folder of the checkout.
SOURCES = {
    "agents": "**/*.py",
    "model": "**/*.py",
    "data": "*.csv",
    "experiments": "outcomes.py",
    "experiments/sweeps": "*.py",
}
NO_MATTER = ("command.py", "estimate.py", "executors.py", "machine.py", "reading.py")  # of experiments/sweeps


class Key(NamedTuple):
    """What a run is a run of: point, replication, number of the scenario."""

    point: int
    replication: int
    scenario: int


class Plan:
    """Every run of a design; nothing is kept of a run.

    Parameters
    ----------
    design : checked here

    Raises
    ------
    InputError
    """

    def __init__(self, design: Design) -> None:
        design.check()
        self.design = design
        self.points: Points = sample(design)
        self.scenarios: tuple[Scenario, ...] = tuple(load_scenario(name) for name in design.scenarios)
        self.places: tuple[Place, ...] = layout(design.measures, design.months)
        self._seed = lru_cache(maxsize=4096)(replication_seed)

    def __len__(self) -> int:
        """Return how many runs there are."""
        return len(self.points) * self.design.replications * len(self.scenarios)

    def key(self, run: int) -> Key:
        """Return what a run is a run of: scenarios vary fastest, then replications, then points."""
        rest, scenario = divmod(run, len(self.scenarios))
        point, replication = divmod(rest, self.design.replications)
        return Key(point, replication, scenario)

    def number(self, key: Key) -> int:
        """Return the number of a run."""
        return (key.point * self.design.replications + key.replication) * len(self.scenarios) + key.scenario

    def task(self, run: int) -> Task:
        """Return a run as a worker needs it."""
        key, design = self.key(run), self.design
        factors = self.points.at(key.point)
        return Task(
            run=run,
            point=key.point,
            replication=key.replication,
            scenario=self.scenarios[key.scenario],
            seed=self._seed(design.seed, key.replication),
            consumers=factors.pop("consumers", design.consumers),
            months=design.months,
            pricing=factors.pop("pricing", design.pricing),
            parameters={**design.parameters, **factors},
            kept=design.measures,
            time_limit=design.time_limit,
        )

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What decides every byte of the store, as plain JSON values.

        Scenarios are in it with all they say, since the file of a name can change. Title and time
        limit are not.
        """
        design = design_as_json(self.design)
        design.pop("title")
        design.pop("time_limit")
        plain = {
            "design": design,
            "scenario_contents": {scenario.name: asdict(scenario) for scenario in self.scenarios},
            "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
            "source": source_digest(CHECKOUT),
        }
        return dict(json.loads(json.dumps(plain)))


def design_as_json(design: Design) -> dict[str, Any]:
    """Return a design as plain JSON values, scenarios by the names tables call them."""
    content = asdict(design) | {"scenarios": design.labels, "parameters": dict(design.parameters)}
    return dict(json.loads(json.dumps(content)))


def source_digest(checkout: Path) -> str:
    """Return the SHA-256 of every source and observation that decides numbers."""
    digest = hashlib.sha256()
    for folder, pattern in SOURCES.items():
        for path in sorted((checkout / folder).glob(pattern)):
            if folder == "experiments/sweeps" and path.name in NO_MATTER:
                continue
            digest.update(f"{path.relative_to(checkout)}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()

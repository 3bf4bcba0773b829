"""The diagram: a coarse grid, refined where neighbours differ, and the boundary along each row."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.phases.boundaries import BRACKETS, bracket_of
from experiments.phases.points import Phase, PointTask, needed, phase_of
from experiments.phases.settings import PhaseSettings
from experiments.stances.market_game import MarketGame, game_of_market
from experiments.stances.samples import Samples
from experiments.store import CHECKOUT, package_versions
from model.errors import RunError, in_one_line

type Point = tuple[float, float]
type Square = tuple[float, float, float, float]  # left, right, bottom, top
#: Returns the runs of points, in their order; so many points are done before them.
type Explore = Callable[[list[PointTask], int], list[Samples]]


@dataclass(frozen=True, eq=False)
class Diagram:
    """Everything that was found.

    Attributes
    ----------
    settings
    samples, phases : by point
    squares : those that were not cut further; corners are points
    """

    settings: PhaseSettings
    samples: dict[Point, Samples]
    phases: dict[Point, Phase]
    squares: list[Square]

    def is_told(self, point: Point) -> bool:
        """Return whether a point's phase is known as well as asked for."""
        replications = int(self.samples[point].runs[0])
        return self.phases[point].chance >= needed(self.settings.confidence, replications)

    def row(self, y: float) -> list[Point]:
        """Return the points at a height, from left to right."""
        return sorted(point for point in self.phases if point[1] == y)


def corners(square: Square) -> list[Point]:
    """Return the four corners of a square."""
    left, right, bottom, top = square
    return list(itertools.product((left, right), (bottom, top)))


def draw_up(settings: PhaseSettings, kept: Path, explore: Explore) -> Diagram:
    """Return the diagram, refined.

    Parameters
    ----------
    kept : folder in which points are kept; see `experiments.phases.points.explore`
    """
    xs, ys = settings.x.ticks(settings.grid), settings.y.ticks(settings.grid, with_default=True)
    diagram = Diagram(settings, {}, {}, [])
    _explore(diagram, list(itertools.product(xs, ys)), kept, explore)
    squares: list[Square] = [
        (a, b, c, d) for (a, b), (c, d) in itertools.product(itertools.pairwise(xs), itertools.pairwise(ys))
    ]
    for _ in range(settings.levels):
        cut = [square for square in squares if _is_mixed(diagram, square)]
        children = [child for square in cut for child in _quarters(square)]
        _explore(diagram, [c for child in children for c in corners(child)], kept, explore)
        squares = [square for square in squares if square not in cut] + children
    diagram.squares.extend(squares)
    _close_in(diagram, kept, explore)
    return diagram


def _is_mixed(diagram: Diagram, square: Square) -> bool:
    """Return whether corners differ, or cannot be told."""
    at = corners(square)
    return len({diagram.phases[c].stances for c in at}) > 1 or not all(diagram.is_told(c) for c in at)


def _quarters(square: Square) -> list[Square]:
    left, right, bottom, top = square
    x, y = (left + right) / 2, (bottom + top) / 2
    return [(a, b, c, d) for a, b in ((left, x), (x, right)) for c, d in ((bottom, y), (y, top))]


def _close_in(diagram: Diagram, kept: Path, explore: Explore) -> None:
    """Halve the bracket of each boundary in the row at the default, until it is narrow."""
    y = diagram.settings.y.default
    if not diagram.row(y):
        return
    for _ in range(BRACKETS):
        found = bracket_of([p[0] for p in diagram.row(y)], [diagram.phases[p] for p in diagram.row(y)])
        width = (diagram.settings.x.high - diagram.settings.x.low) / 2**BRACKETS
        middles = [((a + b) / 2, y) for a, b in found if b - a > width]
        if not middles:
            return
        _explore(diagram, middles, kept, explore)


def _explore(diagram: Diagram, points: list[Point], kept: Path, explore: Explore) -> None:
    """Run the points that are not known yet, and add them."""
    settings = diagram.settings
    new = [point for point in dict.fromkeys(points) if point not in diagram.phases]
    tasks = [
        PointTask(market_at(settings, point), settings.confidence, kept / f"{_key(point)}.npy")
        for point in new
    ]
    found = explore(tasks, len(diagram.phases)) if tasks else []
    for point, samples in zip(new, found, strict=True):
        diagram.samples[point] = samples
        diagram.phases[point] = phase_of(samples, settings.seed)


def market_at(settings: PhaseSettings, point: Point) -> MarketGame:
    """Return the game of stances at a point."""
    return game_of_market(
        settings.consumers, settings.months, settings.seed, settings.pricing, settings.at(*point)
    )


def kept_beside(folder: Path, settings: PhaseSettings) -> Path:
    """Return the folder beside the results where points are kept until all are there; it is made.

    Its name says which settings, versions and sources of the model it belongs to: others have another one.
    """
    said = json.dumps([settings.identity(), package_versions(), sources()], sort_keys=True).encode()
    target = folder.resolve()
    kept = target.parent / f".{target.name[:80]}.{hashlib.sha256(said).hexdigest()[:12]}.points"
    kept.mkdir(parents=True, exist_ok=True)
    return kept


def sources() -> str:
    """Return a digest of the model's and its data's files."""
    found = hashlib.sha256()
    for folder in ("agents", "model", "data"):
        for path in sorted((CHECKOUT / folder).rglob("*")):
            if path.is_file() and path.suffix in (".py", ".toml", ".csv"):
                found.update(path.read_bytes())
    return found.hexdigest()


def discard(kept: Path) -> None:
    """Remove the points kept."""
    shutil.rmtree(kept, ignore_errors=True)


def _key(point: Point) -> str:
    """Return a file name for a point, the same for the same numbers."""
    return hashlib.sha256(np.array(point).tobytes()).hexdigest()[:24]


def failed(task: PointTask, error: BaseException) -> RunError:
    """Return what to say of a point that failed."""
    reason = in_one_line(error)
    where = ", ".join(f"{name} = {value:g}" for name, value in task.market.parameters.items())
    return RunError(f"the game at {where} failed: {type(error).__name__}: {reason}")

"""Read a store, complete or not, a few points at a time; nothing in it is touched."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.sweeps.design import Design
from experiments.sweeps.integrity import (
    BLOCKS,
    MEASURES,
    POINTS,
    SEGMENTS,
    block_file,
    part_file,
    read_block,
    verify_part,
    verify_points,
)
from experiments.sweeps.layout import Place, layout
from experiments.sweeps.manifest import MANIFEST, read_design_of, read_manifest
from experiments.sweeps.parts import read_segment
from experiments.sweeps.tasks import Result
from model.errors import InputError, RunError

VALUES_AT_A_TIME = 2**22  # numbers read at a time: 32 MB
TRIES = 5  # a sweep that is under way may tidy a file up while we read


class Chunk(NamedTuple):
    """What was kept of the runs of a few points.

    Attributes
    ----------
    points : range
    values : (P, R, S, W) float, by point, replication, scenario and place
    finished : (P, R, S) bool, True where the run has finished and did not fail
    """

    points: range
    values: np.ndarray
    finished: np.ndarray


@dataclass(frozen=True)
class StoreReader:
    """A store as it stands; made by `read_store`.

    Attributes
    ----------
    design : of the sweep
    points : one row a point, its factors
    places : what each number of a run is
    runs, finished, failed, not_needed : runs of the design, those that have finished, and those of them
        that failed or were not needed, since their point was known well enough
    """

    folder: Path
    design: Design
    points: pd.DataFrame
    places: tuple[Place, ...]
    runs: int
    finished: int
    failed: int
    not_needed: int
    runs_per_part: int
    parts: dict[int, dict[str, str]]  # SHA-256 of the files of complete parts
    loose: dict[int, bytes]  # of runs in segments

    @property
    def is_complete(self) -> bool:
        """True when every run has finished."""
        return self.finished == self.runs

    def chunks(self) -> Iterator[Chunk]:
        """Yield all points in order, a few at a time."""
        a_point = self.design.replications * len(self.design.labels)
        step = max(1, VALUES_AT_A_TIME // (a_point * len(self.places)))
        read = lru_cache(maxsize=2)(self._part)
        for start in range(0, len(self.points), step):
            points = range(start, min(start + step, len(self.points)))
            runs = range(points.start * a_point, points.stop * a_point)
            values, finished = self._values(runs, read)
            shape = (len(points), self.design.replications, len(self.design.labels))
            yield Chunk(points, values.reshape(*shape, -1), finished.reshape(shape))

    def _values(self, runs: range, read: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return what was kept of runs, (runs, W), NaN where nothing was, and which have finished."""
        values = np.full((len(runs), len(self.places)), np.nan)
        finished = np.zeros(len(runs), dtype=bool)
        for block in range(runs.start // self.runs_per_part, (runs.stop - 1) // self.runs_per_part + 1):
            if block in self.parts:
                numbers, rows = read(block)
                here = (numbers >= runs.start) & (numbers < runs.stop)
                values[numbers[here] - runs.start] = rows[here]
                finished[numbers[here] - runs.start] = True
        for run in self.loose.keys() & set(runs) if self.loose else ():
            values[run - runs.start] = np.frombuffer(self.loose[run])
            finished[run - runs.start] = True
        return values, finished

    def _part(self, block: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers of a part's runs and what was kept of them."""
        _check_part(self.folder, block, self.parts[block])
        path = part_file(self.folder, MEASURES, block)
        table = pq.read_table(path, columns=["point", "replication", "scenario", "value"])
        rows = table.column("value").to_numpy().reshape(-1, len(self.places))
        heads = table.select([0, 1, 2]).take(np.arange(0, len(table), len(self.places)))
        labels = self.design.labels
        scenario = np.array([labels.index(label) for label in heads.column("scenario").to_pylist()], int)
        point, replication = (heads.column(name).to_numpy() for name in ("point", "replication"))
        runs = (point.astype(int) * self.design.replications + replication) * len(labels) + scenario
        return runs, rows


def read_store(folder: Path) -> StoreReader:
    """Return the store in a folder, whether or not its sweep is complete or under way.

    Raises
    ------
    InputError
        There is none.
    RunError
        A file of it is damaged.
    """
    if not folder.exists():
        raise InputError(f"{str(folder)!r} does not exist; {_near(folder)}")
    manifest = read_manifest(folder)
    for attempt in range(TRIES):
        try:
            loose, blocks = _read_state(folder)
            break
        except FileNotFoundError as error:
            if attempt == TRIES - 1:
                raise RunError(f"{folder} changes while it is read ({error.filename})") from error
    verify_points(folder, manifest["sha256"][POINTS])
    design = read_design_of(folder)
    in_parts = sum(said["runs"] for said in blocks.values())
    size = manifest["runs_per_part"]
    loose = {run: result for run, result in loose.items() if run // size not in blocks}
    failed = sum(said["failed"] for said in blocks.values()) + sum(bool(r.error) for r in loose.values())
    kept = {run: result.values for run, result in loose.items() if result.values}
    parts = {block: said["sha256"] for block, said in blocks.items()}
    measured = len(kept)
    if design.until is not None:  # else every run that did not fail was measured
        measured += sum(_runs_measured(folder, block, digests, design) for block, digests in parts.items())
    return StoreReader(
        folder=folder,
        design=design,
        points=pq.read_table(folder / POINTS).to_pandas(),
        places=layout(design.measures, design.months),
        runs=manifest["runs"],
        finished=in_parts + len(loose),
        failed=failed,
        not_needed=0 if design.until is None else in_parts + len(loose) - failed - measured,
        runs_per_part=size,
        parts=parts,
        loose=kept,
    )


def _runs_measured(folder: Path, block: int, digests: dict[str, str], design: Design) -> int:
    """Return how many runs of a part have rows."""
    _check_part(folder, block, digests)
    rows = pq.read_metadata(part_file(folder, MEASURES, block)).num_rows
    return int(rows) // len(layout(design.measures, design.months))


def _check_part(folder: Path, block: int, digests: dict[str, str]) -> None:
    """Raise RunError where the files of a part are not those its block file told of when it was read."""
    path = block_file(folder, block)
    try:
        verify_part(folder, path, digests)
    except RunError as error:
        if not path.exists() or read_block(path)["sha256"] != digests:  # taken back, or written anew
            raise RunError(f"{folder} changes while it is read ({path})") from error
        raise


def _read_state(folder: Path) -> tuple[dict[int, Result], dict[int, dict[str, Any]]]:
    """Return the runs in segments, and what each block file says.

    Segments first: a sweep under way removes one only after the block that has its runs is written. Where a
    part is taken back meanwhile, to try its failed runs again, its runs would be in neither.

    Raises
    ------
    FileNotFoundError
        A file went while we read.
    """
    before = set((folder / BLOCKS).glob("*.json"))
    loose: dict[int, Result] = {}
    for path in sorted((folder / SEGMENTS).glob("*.arrow")):
        try:
            loose |= {result.run: result for result in read_segment(path)}
        except pa.ArrowException as error:
            raise RunError(f"{path} is damaged ({' '.join(str(error).split())})") from error
    after = set((folder / BLOCKS).glob("*.json"))
    if before - after:
        raise FileNotFoundError(errno.ENOENT, "taken back", str(min(before - after)))
    return loose, {int(path.stem): read_block(path) for path in after}


def _near(folder: Path) -> str:
    """Return which sweeps there are in the place where one was looked for."""
    place = folder.parent
    found = sorted(path.parent.name for path in place.glob(f"*/{MANIFEST}")) if place.is_dir() else []
    near = get_close_matches(folder.name, found, n=1)
    hint = f"did you mean {str(place / near[0])!r}? " if near else ""
    return f"{hint}allowed: a folder that `sweep` filled"

"""The store of a sweep on disk; its layout is said in README.md beside this file.

Finished runs are written in segments as they come. When all runs of a part have finished the part is
written, then the block file that says so, and then the segments that are no longer needed go. So
whenever the process dies, every run is in a segment, in a complete part, or not finished.
"""

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.sweeps import parts
from experiments.sweeps.files import alone_in, digest_of, make_folder, write_durably
from experiments.sweeps.integrity import (
    BLOCKS,
    FAILURES,
    MEASURES,
    POINTS,
    SEGMENTS,
    block_file,
    part_file,
    read_block,
    verify_store,
)
from experiments.sweeps.manifest import MANIFEST, Session, check_occupant, start_manifest
from experiments.sweeps.plan import Plan
from experiments.sweeps.tasks import Result
from model.errors import RunError
from model.files import PARTIAL, remove, replacing

RUNS_PER_PART = 1024  # at most
VALUES_PER_PART = 2**20  # at most, so that a part under way is a few megabytes of memory
COMMIT_SECONDS = 0.25  # a finished run waits no longer for its segment while others finish
COMMIT_RUNS = 512


class Store:
    """A store that this process holds; made by `open_store`.

    Attributes
    ----------
    finished, failed : runs that have finished, and those of them that failed
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self.size = runs_per_part(plan)
        self.finished = self.failed = 0
        self._complete: dict[int, int] = {}  # number of failed runs by complete block
        self._open: dict[int, dict[int, Result]] = {}  # results by block and run
        self._segments: dict[Path, set[int]] = {}  # the blocks that still need each segment
        self._pending: dict[int, Result] = {}
        self._remembered: tuple[int, dict[int, Result]] = (-1, {})
        self._committed = time.monotonic()
        self._read_blocks()
        self._read_segments()

    def unfinished(self) -> Iterator[int]:
        """Yield the runs that have not finished, in order."""
        for block in range(-(-len(self.plan) // self.size)):
            if block not in self._complete:
                held = self._open.get(block, {})
                yield from [run for run in self._runs(block) if run not in held]

    def reopen_failed(self) -> Iterator[int]:
        """Yield the runs that failed, each as one that has not finished any more.

        A complete part is taken back into a segment first, one part at a time.
        """
        blocks = {*(block for block, failed in self._complete.items() if failed), *self._open}
        for block in sorted(blocks):
            if block in self._complete:
                self._take_back(block)
            held = self._open.get(block, {})
            again = [run for run, result in sorted(held.items()) if result.error]
            for run in again:
                del held[run]
            self.finished -= len(again)
            self.failed -= len(again)
            yield from again

    def find(self, run: int) -> Result | None:
        """Return what a run came to, None where it has not finished."""
        block = run // self.size
        if block in self._complete:
            return self._results_of(block)[run]
        return self._pending.get(run) or self._open.get(block, {}).get(run)

    def add(self, result: Result) -> None:
        """Take a result; it counts as finished after the next `commit`."""
        self._pending[result.run] = result

    def commit_if_due(self) -> None:
        """Commit where results have waited long enough or are many."""
        waited = time.monotonic() - self._committed
        if self._pending and (waited >= COMMIT_SECONDS or len(self._pending) >= COMMIT_RUNS):
            self.commit()

    def commit(self) -> None:
        """Put what was added on the disk; write the parts that are complete by it."""
        if self._pending:
            results = list(self._pending.values())
            self._write_segment(results)
            touched = self._hold(results)
            self._pending = {}
            for block in sorted(touched):
                self._complete_if_full(block)
        self._committed = time.monotonic()

    @property
    def parts_complete(self) -> int:
        """How many parts are complete."""
        return len(self._complete)

    @property
    def is_waiting(self) -> bool:
        """True while results were added that are not on the disk."""
        return bool(self._pending)

    def _runs(self, block: int) -> range:
        return range(block * self.size, min((block + 1) * self.size, len(self.plan)))

    def _hold(self, results: list[Result]) -> set[int]:
        for result in results:
            held = self._open.setdefault(result.run // self.size, {})
            before = held.get(result.run)  # done anew, where a failed run was tried again
            self.finished += before is None
            self.failed += bool(result.error) - bool(before is not None and before.error)
            held[result.run] = result
        return {result.run // self.size for result in results}

    def _write_segment(self, results: list[Result]) -> None:
        folder = self.folder / SEGMENTS
        number = 1 + max((int(path.stem) for path in self._segments), default=-1)
        path = folder / f"{number:08d}.arrow"
        parts.write_segment(results, path)
        self._segments[path] = {result.run // self.size for result in results}

    def _complete_if_full(self, block: int) -> None:
        held = self._open[block]
        if len(held) < len(self._runs(block)):
            return
        results = [held[run] for run in self._runs(block)]
        failed = sum(bool(result.error) for result in results)
        measured, failures = (part_file(self.folder, kind, block) for kind in (MEASURES, FAILURES))
        parts.write_table(parts.measured_table(results, self.plan), measured)
        if failed:
            parts.write_table(parts.failed_table(results, self.plan), failures)
        else:
            remove(failures)
        self._write_block(block, failed, [measured, failures] if failed else [measured])
        self._complete[block] = failed
        del self._open[block]
        self._drop_segments(block)

    def _write_block(self, block: int, failed: int, files: list[Path]) -> None:
        runs = self._runs(block)
        said = {
            "first_run": runs.start,
            "runs": len(runs),
            "failed": failed,
            "sha256": {str(path.relative_to(self.folder)): digest_of(path) for path in files},
        }
        write_durably(block_file(self.folder, block), (json.dumps(said, indent=1) + "\n").encode())

    def _drop_segments(self, block: int) -> None:
        for path, blocks in list(self._segments.items()):
            blocks.discard(block)
            if not blocks:
                path.unlink()
                del self._segments[path]

    def _take_back(self, block: int) -> None:
        """Turn a complete part into a segment again, so that some of its runs can be done anew."""
        results = list(self._results_of(block).values())
        self._write_segment(results)
        remove(block_file(self.folder, block))
        del self._complete[block]
        self._remembered = (-1, {})
        self._open[block] = {result.run: result for result in results}

    def _results_of(self, block: int) -> dict[int, Result]:
        """Return the results of a complete part by run; the last one is remembered."""
        if self._remembered[0] != block:
            failed = part_file(self.folder, FAILURES, block) if self._complete[block] else None
            found = parts.read_back(part_file(self.folder, MEASURES, block), failed, self.plan)
            not_needed = {run: Result(run, b"") for run in self._runs(block)}
            self._remembered = block, not_needed | {result.run: result for result in found}
        return self._remembered[1]

    def _read_blocks(self) -> None:
        verify_store(self.folder)
        for path in sorted((self.folder / BLOCKS).glob("*.json")):
            said = read_block(path)
            self._complete[int(path.stem)] = said["failed"]
            self.finished += said["runs"]
            self.failed += said["failed"]

    def _read_segments(self) -> None:
        """Read the segments, later ones last; finish parts whose process died in between."""
        for path in sorted((self.folder / SEGMENTS).glob("*.arrow")):
            try:
                results = parts.read_segment(path)
            except (OSError, pa.ArrowException) as error:
                raise RunError(
                    f"{path} is damaged ({' '.join(str(error).split())}); remove it, "
                    "and the same command does its runs again"
                ) from error
            results = [result for result in results if result.run // self.size not in self._complete]
            blocks = self._hold(results)
            if blocks:
                self._segments[path] = blocks
            else:
                path.unlink()
        for block in sorted(self._open):
            self._complete_if_full(block)


@contextlib.contextmanager
def open_store(folder: Path, plan: Plan, workers: int | None = None) -> Iterator[tuple[Store, Session]]:
    """Open the store of a sweep for writing, made if it is not there; hold it while the body runs.

    Raises
    ------
    InputError
        Another process holds it, or something else is in the folder: named with what differs.
    RunError
        A file of it is not what was written.
    """
    check_occupant(folder, plan)
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder):
        check_occupant(folder, plan)  # it may have changed while we waited for nobody
        for left in [*folder.glob(f".*{PARTIAL}"), *folder.glob(f"*/.*{PARTIAL}")]:
            left.unlink()
        for name in (MEASURES, FAILURES, BLOCKS, SEGMENTS):
            make_folder(folder / name)
        if not (folder / POINTS).exists() or not (folder / MANIFEST).exists():
            _write_points(folder / POINTS, plan)
        if not (folder / MANIFEST).exists():
            start_manifest(folder, plan, runs_per_part(plan), digest_of(folder / POINTS))
        store = Store(folder, plan)
        yield store, Session(folder, workers)


def runs_per_part(plan: Plan) -> int:
    """Return how many runs share a part."""
    return max(1, min(RUNS_PER_PART, VALUES_PER_PART // len(plan.places)))


def _write_points(path: Path, plan: Plan) -> None:
    with (
        replacing(path) as aside,
        pq.ParquetWriter(aside, plan.points.schema(), compression="zstd") as writer,
    ):
        for batch in plan.points.batches():
            writer.write_batch(batch)

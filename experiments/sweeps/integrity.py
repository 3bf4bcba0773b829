"""Where the files of a store lie, and whether they are what was written.

The manifest holds the SHA-256 of the table of points, the block file
of a complete part those of its files.
"""

import json
from pathlib import Path
from typing import Any

from experiments.sweeps.files import digest_of
from experiments.sweeps.manifest import read_manifest
from model.errors import RunError

MEASURES, FAILURES, BLOCKS, SEGMENTS, POINTS = "measures", "failures", "blocks", "segments", "points.parquet"


def part_file(folder: Path, kind: str, block: int) -> Path:
    """Return the file of a part: what was measured, or what failed."""
    return folder / kind / f"part-{block:05d}.parquet"


def block_file(folder: Path, block: int) -> Path:
    """Return the file that says that a part is complete."""
    return folder / BLOCKS / f"{block:05d}.json"


def verify_store(folder: Path) -> None:
    """Raise RunError naming the first file of a store that is not what was written.

    Raises
    ------
    InputError
        The folder holds no sweep.
    """
    verify_points(folder, read_manifest(folder)["sha256"][POINTS])
    for path in sorted((folder / BLOCKS).glob("*.json")):
        verify_part(folder, path, read_block(path)["sha256"])


def verify_points(folder: Path, digest: str) -> None:
    """Raise RunError unless the table of points is what was written."""
    path = folder / POINTS
    _verify(path, digest, f"remove it, and the same command of `sweep` writes it again: {path}")


def verify_part(folder: Path, block: Path, digests: dict[str, str]) -> None:
    """Raise RunError unless the files of a part are those that its block file tells of."""
    for name, digest in digests.items():
        _verify(folder / name, digest, _anew(block))


def read_block(path: Path) -> dict[str, Any]:
    """Return what a block file says.

    Raises
    ------
    RunError
        It is damaged.
    """
    try:
        said = json.loads(path.read_text())
        return {name: said[name] for name in ("runs", "failed", "sha256")}
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} is damaged; {_anew(path)}") from error


def _verify(path: Path, digest: str, cure: str) -> None:
    if not path.exists():
        raise RunError(f"{path} is missing; {cure}")
    if digest_of(path) != digest:
        raise RunError(f"{path} is damaged: its SHA-256 is not that of what was written; {cure}")


def _anew(path: Path) -> str:
    return f"remove {path}, and the same command of `sweep` does the runs of part {path.stem} again"

"""Results on disk: a folder appears whole or not at all, with a manifest of what made it.

Everything is written into a hidden folder beside the destination, pushed to the disk, and renamed
into place. A folder is replaced only by the same run; anything else in the way is left untouched.
"""

import contextlib
import importlib.metadata
import json
import os
import platform
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from experiments.settings import DEFAULT_PAIRS, Settings, scenario_label
from model.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1  # of the tables and the manifest; raise it when a reader would have to change
MANIFEST = "manifest.json"
PACKAGES = ("walled-garden", "mesa", "numba", "numpy", "pandas", "pyarrow", "scipy", "salib", "matplotlib")
SHORT = {
    **{"consumers": "n", "months": "m", "replications": "r", "seed": "seed"},
    **{"trajectories": "t", "points": "p", "cases": "c", "keep": "k"},
}
CHECKOUT = Path(__file__).resolve().parent.parent


class Asked(Protocol):
    """What was asked for and decides the numbers: settings of a comparison, a verification, ..."""

    def command(self) -> str:
        """Return the command that gives these results again."""

    def identity(self) -> dict[str, Any]:
        """Return it as plain JSON values; equal identities are the same run."""


def default_folder(settings: Settings) -> Path:
    """Return results/A-vs-B, with whatever is not at its default spelled behind it.

    Different settings get different names, so that a newcomer's variations do not collide.
    """
    (a, b), *more = settings.pairs
    name = f"{scenario_label(a)}-vs-{scenario_label(b)}"
    if settings.pairs != DEFAULT_PAIRS and not more and (a, b) == DEFAULT_PAIRS[0]:
        name += "-only"  # the plain name is that of the default run, which has more comparisons
    until = "" if settings.until_halfwidth is None else f"-until-{settings.until_halfwidth:g}"
    numbers = settings.changed_numbers()
    return Path("results") / folder_name(name, numbers, settings.pricing, settings.parameters, until)


def folder_name(
    name: str,
    numbers: Iterable[tuple[str, int]],
    pricing: str | None,
    parameters: Mapping[str, Any],
    more: str = "",
) -> str:
    """Return a name with whatever is not at its default spelled behind it."""
    name += "".join(f"-{SHORT[key]}{value}" for key, value in numbers) + more
    name += f"-{pricing}" if pricing is not None else ""
    name += "".join(f"-{key}-{value}" for key, value in sorted(parameters.items()))
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:200]


def check_destination(folder: Path, settings: Asked) -> None:
    """Raise InputError unless a run with these settings may be written to `folder`.

    Allowed: a folder that does not exist yet, an empty one, or one that holds this very run. The
    nearest folder that does exist must be writable, which is tried, not guessed from permissions.
    """
    with _explaining(folder):
        _check_occupant(folder.resolve(), settings)
        _try_writing(_nearest_existing(folder.resolve().parent))


def check_writable(folder: Path) -> None:
    """Raise InputError unless `folder` can be made, or written into where it is there, which is tried."""
    with _explaining(folder):
        _try_writing(_nearest_existing(folder.resolve()))


@contextlib.contextmanager
def _explaining(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"cannot write results to {str(folder)!r}: {reason}; "
            "allowed: a new folder inside one you can write to"
        ) from error


@contextlib.contextmanager
def publish(folder: Path, settings: Asked) -> Iterator[Path]:
    """Give a fresh folder to write into; put it in the place of `folder` when the body succeeds.

    When the body fails, or is interrupted, what it wrote is removed and `folder` is as it was.
    """
    target = folder.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.parent / f".{target.name[:100]}.{secrets.token_hex(4)}.partial"
    draft.mkdir()
    try:
        yield draft
        _push_to_disk(draft)
        check_destination(folder, settings)  # somebody may have put something there meanwhile
        _swap(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_tables(tables: Mapping[str, "pd.DataFrame"], folder: Path) -> list[str]:
    """Write each table as name.parquet and return the file names.

    The same tables give the same bytes: no dates, no pandas metadata.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = []
    for name, frame in tables.items():
        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
        names.append(f"{name}.parquet")
    return names


def write_manifest(folder: Path, settings: Asked, duration: float, workers: int, **more: Any) -> None:
    """Write what made this folder: settings, command, versions, commit, machine, duration, date."""
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "command": settings.command(),
        "settings": settings.identity(),
        **more,
        "versions": package_versions(),
        "git_commit": git_commit(),
        "machine": {
            "system": platform.system(),
            "cpu": platform.machine(),
            "cores": os.cpu_count(),
        },
        "workers": workers,
        "duration_seconds": round(duration, 2),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that make the numbers."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions


def git_commit() -> str | None:
    """Return the checkout's commit, with "+changes" when files differ from it; None without git."""
    try:
        words = ["git", "-C", str(CHECKOUT), "describe", "--always", "--abbrev=40", "--exclude=*"]
        found = subprocess.run(
            [*words, "--dirty=+changes"], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


def _check_occupant(target: Path, settings: Asked) -> None:
    if not target.exists():
        return
    if target == Path.cwd():
        raise InputError(f"--out {str(target)!r} is the working directory; allowed: another folder")
    if not target.is_dir():
        raise InputError(f"--out {str(target)!r} is a file; allowed: a new or empty folder")
    if os.path.ismount(target):
        raise InputError(f"--out {str(target)!r} is a mount point; allowed: a folder inside it")
    if not any(target.iterdir()):
        return
    held = _held_settings(target / MANIFEST)
    if held is None:
        raise InputError(
            f"--out {str(target)!r} is not empty and holds no results; allowed: a new or empty folder"
        )
    if held != settings.identity():
        raise InputError(
            f"--out {str(target)!r} already holds another run ({_differing(held, settings)}); "
            "allowed: a new folder, or the same settings again"
        )


def _held_settings(manifest: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    settings = content.get("settings") if isinstance(content, dict) else None
    return settings if isinstance(settings, dict) else None


def _differing(held: Mapping[str, Any], settings: Asked) -> str:
    asked = settings.identity()
    names = [name for name in asked if held.get(name) != asked[name]]
    told = [
        f"with {held.get(name)} {name}, not {asked[name]}"
        if isinstance(asked[name], int)
        else f"with other {name}"
        for name in names
    ]
    return ", ".join(told) or "written by another version"


def _nearest_existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise NotADirectoryError(0, f"{str(folder)!r} is a file")
    return folder


def _try_writing(folder: Path) -> None:
    os.rmdir(tempfile.mkdtemp(prefix=".walled-garden-", dir=folder))


def _push_to_disk(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _swap(draft: Path, target: Path) -> None:
    """Rename the draft into place; an older result steps aside first and is removed last."""
    if not target.exists():
        draft.rename(target)
        return
    aside = draft.with_suffix(".replaced")
    target.rename(aside)
    try:
        draft.rename(target)
    except BaseException:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)

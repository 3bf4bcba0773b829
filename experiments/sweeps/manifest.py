"""The manifest of a store: what made it, and the log of the sessions that filled it.

Everything but `sessions` is the same however often the sweep was interrupted.
"""

import json
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.store import check_writable, git_commit, package_versions
from experiments.sweeps.design import Design, Kept, Sampling, Until
from experiments.sweeps.factors import Factor
from experiments.sweeps.files import LOCK, write_durably
from experiments.sweeps.plan import Plan, design_as_json
from model.errors import InputError, RunError
from model.files import PARTIAL

MANIFEST = "manifest.json"
SCHEMA_VERSION = 1  # of the store; raise it when a reader would have to change
MOST_DIFFERENCES = 4  # named when a store is refused
NEEDED = ("design", "runs", "runs_per_part", "identity", "sha256", "sessions")
OURS = (LOCK, "points.parquet", "measures", "failures", "blocks", "segments")  # there before the manifest is


def start_manifest(folder: Path, plan: Plan, runs_per_part: int, points_digest: str) -> None:
    """Write the manifest of a store that has no session yet."""
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "kind": "sweep",
        "design": design_as_json(plan.design),
        "seed": plan.design.seed,
        "points": len(plan.points),
        "runs": len(plan),
        "runs_per_part": runs_per_part,
        "values_per_run": len(plan.places),
        "identity": plan.identity | {"runs_per_part": runs_per_part},
        "sha256": {"points.parquet": points_digest},
        "versions": package_versions(),
        "git_commit": git_commit(),
        "sessions": [],
    }
    _write(folder, manifest)


class Session:
    """One process' time in a store, logged in its manifest when it begins, now and then, and at its end.

    Parameters
    ----------
    folder : the store
    workers : processes, None where an executor was given
    """

    def __init__(self, folder: Path, workers: int | None) -> None:
        self._folder, self._began = folder, time.monotonic()
        self._entry: dict[str, Any] = {
            "began": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": 0.0,
            "finished": 0,
            "ended": "cut off",  # unless `log` says otherwise
            "workers": workers,
            "git_commit": git_commit(),
            "machine": {
                "host": platform.node(),
                "system": platform.system(),
                "cpu": platform.machine(),
                "cores": os.cpu_count(),
            },
        }
        self._manifest = read_manifest(folder)
        self._manifest["sessions"].append(self._entry)
        self.log(0)

    @property
    def seconds(self) -> float:
        """Seconds since the session began."""
        return time.monotonic() - self._began

    def log(self, finished: int, ended: str = "cut off") -> None:
        """Write how long the session has taken and how many runs it has finished."""
        self._entry |= {"seconds": round(self.seconds, 1), "finished": finished, "ended": ended}
        _write(self._folder, self._manifest)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a store.

    Raises
    ------
    InputError
        The folder holds no sweep.
    RunError
        Its manifest is damaged.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{str(folder)!r} holds no sweep; allowed: a folder that `sweep` filled") from error
    except ValueError as error:
        raise RunError(f"{path} is damaged ({error}); put back a copy of it") from error
    if not isinstance(manifest, dict) or manifest.get("kind") != "sweep":
        raise InputError(f"{str(folder)!r} holds no sweep; allowed: a folder that `sweep` filled")
    if manifest.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"{str(folder)!r} was written by another version; allowed: that version, or a new folder"
        )
    missing = [name for name in NEEDED if name not in manifest]
    if missing:
        raise RunError(f"{path} is damaged ({missing[0]} is missing); put back a copy of it")
    return manifest


def read_design_of(folder: Path) -> Design:
    """Return the design of the sweep in a folder, scenarios by their names.

    Raises
    ------
    InputError
        The folder holds no sweep.
    """
    said = read_manifest(folder)["design"]
    kept = said["measures"]
    return Design(
        **said
        | {
            "scenarios": tuple(said["scenarios"]),
            "factors": tuple(Factor(**f | {"levels": tuple(f["levels"])}) for f in said["factors"]),
            "sampling": Sampling(**said["sampling"]),
            "until": Until(**said["until"]) if said["until"] else None,
            "measures": Kept(tuple(kept["outcomes"]), tuple(kept["series"]), kept["every"]),
        }
    )


def check_occupant(folder: Path, plan: Plan, begun: bool = False) -> None:
    """Raise InputError unless a sweep may fill `folder`: new, empty, or begun by this very sweep.

    Parameters
    ----------
    begun : only the last is allowed
    """
    check_writable(folder)
    if begun:
        read_manifest(folder)
    if not folder.exists():
        return
    if (folder / MANIFEST).exists():
        _check_identity(folder, plan)
        return
    others = [p.name for p in folder.iterdir() if p.name not in OURS and not p.name.endswith(PARTIAL)]
    others += [
        str(p.relative_to(folder)) for kind in ("blocks", "segments") for p in (folder / kind).glob("[0-9]*")
    ]
    if others:
        raise InputError(
            f"--out {str(folder)!r} is not empty and holds no sweep (but {others[0]!r}); "
            "allowed: a new or empty folder"
        )


def _check_identity(folder: Path, plan: Plan) -> None:
    held = read_manifest(folder)
    theirs, ours = _flat(held["identity"]), _flat(plan.identity)
    theirs.pop("runs_per_part")
    differing = [name for name in theirs | ours if theirs.get(name) != ours.get(name)]
    if not differing:
        return
    told = [_difference(name, theirs.get(name), ours.get(name)) for name in differing[:MOST_DIFFERENCES]]
    more = f", and {len(differing) - MOST_DIFFERENCES} more" if len(differing) > MOST_DIFFERENCES else ""
    raise InputError(
        f"--out {str(folder)!r} holds another sweep ({', '.join(told)}{more}); "
        "allowed: a new folder, or the same design and versions again"
    )


def _difference(name: str, held: Any, asked: Any) -> str:
    if name == "source":
        return "made by another source of the model"
    return f"{name.removeprefix('design.')} {_shown(held)} there, {_shown(asked)} here"


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Return nested tables as one, names joined by dots; factors by their own names."""
    if (
        isinstance(value, list)
        and value
        and all(isinstance(entry, dict) and "name" in entry for entry in value)
    ):
        value = {entry["name"]: entry for entry in value}
    if not isinstance(value, dict):
        return {name: value}
    flat: dict[str, Any] = {}
    for key, entry in value.items():
        flat |= _flat(entry, f"{name}.{key}" if name else str(key))
    return flat


def _write(folder: Path, manifest: dict[str, Any]) -> None:
    write_durably(folder / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())

"""The store of a sweep; its layout is said in README.md beside this file."""

from pathlib import Path

from experiments.sweeps.design import Design

MEASURES, FAILURES, POINTS, MANIFEST = "measures", "failures", "points.parquet", "manifest.json"


def read_design_of(folder: Path) -> Design:
    """Return the design of the sweep in a folder; InputError where there is none."""
    raise NotImplementedError


def verify_store(folder: Path) -> None:
    """Raise RunError naming the first file of a store that is not what was written."""
    raise NotImplementedError

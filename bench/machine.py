"""On what, and when, something was measured."""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("mesa", "numba", "numpy", "agentpy", "mesa-frames", "polars")


def processor() -> str:
    """Name the processor, as well as the system knows it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def load() -> float:
    """Return how many processes wanted a processor in the last minute, not a number where nobody counts."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def free_memory() -> float:
    """Return the bytes of memory that are free, infinitely many where the system does not say."""
    try:
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return float("inf")


def versions(packages: tuple[str, ...] = PACKAGES) -> str:
    """Name what is installed of some packages, with their versions."""
    found = []
    for name in packages:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def surroundings(load_before: float) -> str:
    """Return the sentence on date, machine, versions and load."""
    return (
        f"{date.today():%d %B %Y}; {processor()}, {os.cpu_count()} processors, {platform.system()}; Python "
        f"{platform.python_version()}, {versions()}. Load when it began {load_before:.1f}, when it ended "
        f"{load():.1f} (0 is a quiet machine; one thread adds 1)."
    )

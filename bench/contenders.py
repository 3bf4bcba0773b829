"""Who is measured: ways to run the consumers of the same market, all of the same law."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from model.errors import InputError, unknown_name


@dataclass(frozen=True)
class Contender:
    """A way to run the consumers.

    label : what it is called in tables.
    model : module and class of the market.
    pace : rough seconds a million consumer-months take, to plan by.
    compares : the columns are held against it.
    threads : threads it may use.
    collects : Python's garbage collector is on, as it is by default.
    needs : packages it needs beside the market's.
    """

    label: str
    model: str
    pace: float
    compares: bool = True
    threads: int = 1
    collects: bool = True
    needs: tuple[str, ...] = ()

    def market(self) -> Any:
        """Return the class of the market."""
        module, name = self.model.split(":")
        return getattr(importlib.import_module(module), name)

    def missing(self) -> str | None:
        """Return why it cannot be measured here, None where it can."""
        for package in self.needs:
            try:
                version(package)
            except PackageNotFoundError:
                return f"{package} is not installed (`uv sync --group bench`)"
        if self.model.startswith("bench.c_market"):
            from bench.c_market import find_compiler

            try:
                find_compiler()
            except InputError as error:
                return str(error)
        return None


COLUMNS, TWO_THREADS = "columns", "two-threads"
CONTENDERS = {
    COLUMNS: Contender("columns, 1 thread", "model.market:MobileMarket", 0.04, compares=False),
    TWO_THREADS: Contender("columns, 2 threads", "model.market:MobileMarket", 0.03, False, threads=2),
    "c": Contender("C, -O3 -march=native", "bench.c_market:CMarket", 0.05),
    "numpy": Contender("NumPy", "bench.numpy_market:NumpyMarket", 0.1),
    "mesa-frames": Contender(
        "mesa-frames", "bench.frames_market:FramesMarket", 0.25, needs=("mesa-frames", "polars")
    ),
    "tuned-mesa": Contender("tuned Mesa", "bench.tuned_mesa:TunedMarket", 1.4, collects=False),
    "plain-mesa": Contender("plain Mesa", "bench.plain_mesa:PlainMarket", 5.0),
    "agentpy": Contender("agentpy", "bench.agentpy_market:AgentpyMarket", 5.5, needs=("agentpy",)),
}


def chosen(names: tuple[str, ...]) -> dict[str, Contender]:
    """Return contenders by name, all where none is named, the columns always among them."""
    for name in names:
        if name not in CONTENDERS:
            raise unknown_name("contender", name, CONTENDERS)
    return {key: one for key, one in CONTENDERS.items() if not names or key in (*names, COLUMNS)}

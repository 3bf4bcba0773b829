"""A phase diagram as tidy tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments.phases.diagram import Diagram
from experiments.phases.telling import Row, told_stances
from experiments.stances.market_game import STANCES
from model.schemas import OPERATORS


def tables_of(diagram: Diagram, rows: list[Row]) -> dict[str, pd.DataFrame]:
    """Return the points, the boundaries, the squares and every payoff."""
    return {
        "points": points_table(diagram),
        "boundaries": boundaries_table(rows),
        "squares": pd.DataFrame(diagram.squares, columns=["left", "right", "bottom", "top"]),
        "payoffs": payoffs_table(diagram),
    }


def points_table(diagram: Diagram) -> pd.DataFrame:
    """Return a row a point: its phase, how surely, and the incumbent's gain from leaving closed."""
    rows = []
    for (x, y), phase in sorted(diagram.phases.items()):
        drawn = phase.loses[np.isfinite(phase.loses)]
        low, high = np.percentile(drawn, (2.5, 97.5)) if len(drawn) else (np.nan, np.nan)
        names = ["-".join(STANCES[s] for s in profile) for profile in phase.equilibria]
        count = int(diagram.samples[(x, y)].runs[0])
        told = diagram.is_told((x, y))
        row = (x, y, told_stances(diagram, (x, y)), phase.chance, told, phase.mean_loss, low, high)
        rows.append((*row, " ".join(names), count))
    columns = ["x", "y", "incumbent", "chance", "is_told", "gain_from_leaving_closed", "low", "high",
               "equilibria", "replications"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def boundaries_table(rows: list[Row]) -> pd.DataFrame:
    """Return a row a boundary: where closed stops (or starts) being in equilibrium along a row."""
    found = [(row.y, *boundary) for row in rows for boundary in row.boundaries]
    return pd.DataFrame(found, columns=["y", "closed_stops", "x", "low", "high", "chance", "is_told"])


def payoffs_table(diagram: Diagram) -> pd.DataFrame:
    """Return every operator's payoff in every run: x, y, profile, replication, operator, RMB."""
    parts = []
    for (x, y), samples in sorted(diagram.samples.items()):
        paid = samples.values[:, :, samples.payoffs]  # (P, R, K)
        p, r, k = (axis.reshape(-1) for axis in np.indices(paid.shape))
        told = {"x": x, "y": y, "profile": p, "replication": r, "operator": np.array(OPERATORS)[k]}
        parts.append(pd.DataFrame(told | {"payoff": paid.reshape(-1)}))
    return pd.concat(parts, ignore_index=True)

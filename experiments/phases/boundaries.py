"""Where closed stops or starts being the incumbent's stance in equilibrium, along a row of points.

What the incumbent would gain by leaving closed is followed from point to point. Where its sign changes between
two points, a straight line between them gives the boundary; but the gain may as well jump (rivals answer
otherwise, a network appears), so the interval takes from each draw of what luck leaves open the two points
that enclose its boundary, not the line.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from experiments.phases.points import Phase

BRACKETS = 6  # times the range is halved around a boundary: to a 64th
ENDS = (2.5, 97.5)  # per cent of the draws


class Boundary(NamedTuple):
    """One boundary along a row.

    Attributes
    ----------
    stops : True where closed is in equilibrium to the left and not to the right, False the other way round
    at : where, by a straight line between the means
    low, high : 95 % interval: what the draws' enclosing points leave
    chance : share of draws that have such a boundary in this row
    """

    stops: bool
    at: float
    low: float
    high: float
    chance: float


def bracket_of(x: list[float], phases: list[Phase]) -> list[tuple[float, float]]:
    """Return the pairs of neighbours between which a boundary lies."""
    loss = [phase.mean_loss for phase in phases]
    return [(a, b) for (a, b), (u, v) in zip(itertools.pairwise(x), itertools.pairwise(loss), strict=True)
            if _crosses(u, v)]  # fmt: skip


def _crosses(u: float, v: float) -> bool:
    """Return whether closed holds on one side only; where rivals have no answer it is held not to."""
    return bool((u <= 0.0) != (v <= 0.0))


def boundaries_of(x: list[float], phases: list[Phase]) -> list[Boundary]:
    """Return the boundaries along a row, from left to right."""
    loss = np.array([phase.mean_loss for phase in phases])
    drawn = np.array([phase.loses for phase in phases])  # (X, B)
    found = []
    for at, stops in crossings(np.array(x), loss):
        near = [_enclosing(np.array(x), draw, at, stops) for draw in drawn.T]
        there = np.array([ends for ends in near if ends is not None])
        low, high = float("nan"), float("nan")
        if len(there):
            low, high = np.percentile(there[:, 0], ENDS[0]), np.percentile(there[:, 1], ENDS[1])
        found.append(Boundary(stops, at, float(low), float(high), len(there) / len(near)))
    return found


def crossings(x: np.ndarray, loss: np.ndarray) -> list[tuple[float, bool]]:
    """Return where the loss crosses 0 and whether closed stops there.

    Between a number and a point without an answer of the rivals the middle is taken.
    """
    found = []
    for (a, b), (u, v) in zip(itertools.pairwise(x), itertools.pairwise(loss), strict=True):
        if _crosses(u, v):
            share = u / (u - v) if np.isfinite(u) and np.isfinite(v) else 0.5
            found.append((float(a + share * (b - a)), bool(u <= 0.0)))
    return found


def _enclosing(x: np.ndarray, loss: np.ndarray, at: float, stops: bool) -> tuple[float, float] | None:
    """Return the neighbours that enclose the crossing of a draw that lies nearest, of the same kind."""
    same = [where for where, kind in crossings(x, loss) if kind == stops]
    if not same:
        return None
    where = min(same, key=lambda found: abs(found - at))
    left = int(np.clip(np.searchsorted(x, where, side="right") - 1, 0, len(x) - 2))
    return float(x[left]), float(x[left + 1])

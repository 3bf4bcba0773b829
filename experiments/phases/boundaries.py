"""Where closed stops or starts being the incumbent's stance in equilibrium, along a row of points.

What the incumbent would gain by leaving closed is followed from point to point. Where its sign changes
between two points, a straight line between them gives the boundary; but the gain may as well jump (rivals
answer otherwise, a network appears), so the interval takes from each draw of what luck leaves open the two
points that enclose its boundary, not the line.
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
    chance : share of draws that have such a boundary between its neighbours
    is_told : whether points on both sides, up to the next boundaries, are known to be of its sides
    """

    stops: bool
    at: float
    low: float
    high: float
    chance: float
    is_told: bool


def bracket_of(x: list[float], phases: list[Phase]) -> list[tuple[float, float]]:
    """Return the pairs of neighbours between which a boundary lies."""
    loss = [phase.mean_loss for phase in phases]
    return [(a, b) for (a, b), (u, v) in zip(itertools.pairwise(x), itertools.pairwise(loss), strict=True)
            if _crosses(u, v)]  # fmt: skip


def _crosses(u: float, v: float) -> bool:
    """Return whether closed holds on one side only; where rivals have no answer it is held not to."""
    return bool((u <= 0.0) != (v <= 0.0))


def boundaries_of(x: list[float], phases: list[Phase], told: list[bool]) -> list[Boundary]:
    """Return the boundaries along a row, from left to right.

    Parameters
    ----------
    told : whether each point's phase is known as well as asked for
    """
    places, loss = np.array(x), np.array([phase.mean_loss for phase in phases])
    drawn = np.array([phase.loses for phase in phases])  # (X, B)
    closed, sure = np.array([0 in phase.stances for phase in phases]), np.array(told)
    at = crossings(places, loss)
    ends = [-np.inf, *(where for where, _ in at), np.inf]
    found = []
    for i, (where, stops) in enumerate(at):
        left, has_one = _enclosing(places, drawn, (ends[i], where, ends[i + 2]), stops)
        low, high = float("nan"), float("nan")
        if has_one.any():
            low = float(np.percentile(places[left[has_one]], ENDS[0]))
            high = float(np.percentile(places[left[has_one] + 1], ENDS[1]))
        before = sure & (places > ends[i]) & (places <= where) & (closed == stops)
        after = sure & (places >= where) & (places < ends[i + 2]) & (closed != stops)
        is_told = bool(before.any() and after.any())
        found.append(Boundary(stops, where, low, high, float(has_one.mean()), is_told))
    return found


def crossings(x: np.ndarray, loss: np.ndarray) -> list[tuple[float, bool]]:
    """Return where the loss crosses 0 and whether closed stops there."""
    where, crosses, stops = _between(x, loss[:, None])
    return [(float(where[i, 0]), bool(stops[i, 0])) for i in np.flatnonzero(crosses[:, 0])]


def _between(x: np.ndarray, loss: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return, between neighbours (X - 1, B): where a line crosses 0, whether closed ends or begins, and ends.

    Between a number and a point without an answer of the rivals, where closed is held not to be in
    equilibrium, the middle is taken.
    """
    holds, u, v = loss <= 0.0, loss[:-1], loss[1:]
    crosses = holds[:-1] != holds[1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(np.isfinite(u) & np.isfinite(v), u / (u - v), 0.5)
    where = x[:-1, None] + np.where(crosses, share, np.nan) * np.diff(x)[:, None]
    return where, crosses, holds[:-1]


def _enclosing(
    x: np.ndarray, drawn: np.ndarray, around: tuple[float, float, float], stops: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the left neighbour of each draw's nearest crossing of the kind (B,), and whether it has one.

    Parameters
    ----------
    around : where the boundary before, this one and the next lie; crossings beyond those are theirs
    """
    where, crosses, ends = _between(x, drawn)
    inside = (where > around[0]) & (where < around[2])
    apart = np.where(crosses & (ends == stops) & inside, np.abs(where - around[1]), np.inf)
    left = apart.argmin(axis=0)
    return left, np.isfinite(apart.min(axis=0))

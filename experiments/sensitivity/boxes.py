"""Scenario discovery: a box of parameters in which an outcome is common, by patient rule induction.

From a box that holds every case, slices of a twentieth are peeled off, each time the one that raises the
share of hits the most [FriedmanFisher1999]. Of the boxes on the way, the *peeling trajectory*, one is chosen
as Bryant and Lempert do [BryantLempert2010]: by density, the share of its cases that are hits, and
coverage, the share of all hits that it holds, once ends that could be chance are dropped. The cases that a
box was found in flatter it, so it is judged by others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy

SLICE = 0.05  # of the cases in the box, peeled off at a time
SMALLEST = 0.05  # of all cases; smaller boxes are not looked at
DENSE = 0.8  # the density that is looked for
MOST_ENDS = 4  # parameters that are restricted: as many as one can say in a sentence
CHANCE = 0.05  # an end that chance would do as well as, more often than this, is dropped


@dataclass(frozen=True)
class Box:
    """Cases with every parameter between two ends.

    Attributes
    ----------
    low, high : (F,) float, in the parameters' units; infinite where there is no end
    """

    low: np.ndarray
    high: np.ndarray

    def holds(self, x: np.ndarray) -> np.ndarray:
        """Return which of (N, F) cases are in it, (N,) bool."""
        inside: np.ndarray = ((x >= self.low) & (x <= self.high)).all(axis=1)
        return inside

    @property
    def restricted(self) -> np.ndarray:
        """The numbers of the parameters that have an end."""
        return np.flatnonzero(np.isfinite(self.low) | np.isfinite(self.high))

    @property
    def ends(self) -> list[tuple[int, bool]]:
        """Each end that there is: the number of its parameter, and whether it is the upper one."""
        sides = [(i, upper) for i in self.restricted.tolist() for upper in (False, True)]
        return [(i, upper) for i, upper in sides if np.isfinite((self.high if upper else self.low)[i])]

    def with_end(self, number: int, upper: bool, value: float) -> "Box":
        """Return the box with another end of one parameter; an infinite one is none."""
        low, high = self.low.copy(), self.high.copy()
        (high if upper else low)[number] = value
        return Box(low, high)

    def without(self, number: int, upper: bool) -> "Box":
        """Return the box without one of its ends."""
        return self.with_end(number, upper, np.inf if upper else -np.inf)


class Score(NamedTuple):
    """How good a box is.

    Attributes
    ----------
    cases, hits : in it
    density : hits in it over cases in it; NaN where it holds none
    coverage : hits in it over all hits; NaN where there are none
    mass : cases in it over all cases
    """

    cases: int
    hits: int
    density: float
    coverage: float
    mass: float


def score(box: Box, x: np.ndarray, hit: np.ndarray) -> Score:
    """Return how good a box is by cases (N, F) and which of them are hits (N,)."""
    inside = box.holds(x)
    cases, hits, all_hits = int(inside.sum()), int(hit[inside].sum()), int(hit.sum())
    return Score(
        cases,
        hits,
        hits / cases if cases else float("nan"),
        hits / all_hits if all_hits else float("nan"),
        cases / len(x),
    )


def peel(x: np.ndarray, hit: np.ndarray) -> list[Box]:
    """Return the boxes of the peeling trajectory, from the one that holds everything to the smallest."""
    box = Box(np.full(x.shape[1], -np.inf), np.full(x.shape[1], np.inf))
    boxes = [box]
    while True:
        inside = box.holds(x)
        allowed = box.restricted if len(box.restricted) == MOST_ENDS else np.arange(x.shape[1])
        best = max(_slices(box, x[inside], hit[inside], allowed), key=lambda found: found[0], default=None)
        if best is None or best[1].holds(x).sum() < SMALLEST * len(x):
            return boxes
        box = best[1]
        boxes.append(box)


def choose(boxes: list[Box], x: np.ndarray, hit: np.ndarray) -> Box:
    """Return the largest box that is dense enough without what could be chance, or else the densest.

    Dense enough is `DENSE`, or half the way from the density of all cases to certainty where that is more.
    """
    candidates = [without_chance(box, x, hit) for box in boxes]
    densities = np.array([score(box, x, hit).density for box in candidates])
    dense = np.flatnonzero(densities >= max(DENSE, (1.0 + hit.mean()) / 2.0))
    return candidates[dense[0] if len(dense) else int(np.argmax(densities))]


def without_chance(box: Box, x: np.ndarray, hit: np.ndarray) -> Box:
    """Return a box without the ends that could be chance, the most doubtful dropped first."""
    while box.ends:
        doubts = {end: doubt(box, *end, x, hit) for end in box.ends}
        worst = max(doubts, key=lambda end: doubts[end])
        if doubts[worst] <= CHANCE:
            break
        box = box.without(*worst)
    return box


def doubt(box: Box, number: int, upper: bool, x: np.ndarray, hit: np.ndarray) -> float:
    """Return how likely chance would do as well as an end: the quasi-p of Bryant and Lempert.

    The chance that as many cases as the box holds, drawn from the box without that end, hold as many hits or
    more.
    """
    inside, without = score(box, x, hit), score(box.without(number, upper), x, hit)
    return float(scipy.stats.binom.sf(inside.hits - 1, inside.cases, without.density))


def _slices(box: Box, x: np.ndarray, hit: np.ndarray, allowed: np.ndarray) -> Iterator[tuple[float, Box]]:
    """Yield each slice's worth and the box without it; x and hit are of the cases in the box.

    `allowed` are the numbers of the parameters that may be cut.
    The worth is the gain in density for each case given up: of whole months, more than a twentieth may go.
    """
    rank = int(np.ceil(SLICE * len(x)))
    if rank >= len(x):
        return
    density = hit.mean()
    for number in allowed.tolist():
        for sign in (1.0, -1.0):  # what is small is peeled off, of the column and of its mirror image
            column = sign * x[:, number]
            edge = _edge(np.sort(column), rank)
            if edge is None:
                continue
            rest = column >= edge
            worth = float(hit[rest].mean() - density) / int((~rest).sum())
            middle = float(edge + column[~rest].max()) / 2.0
            yield worth, box.with_end(number, sign < 0.0, sign * middle)


def _edge(ordered: np.ndarray, rank: int) -> float | None:
    """Return the smallest value that is kept where so many or more go; None where all are the same."""
    beyond = ordered[ordered > ordered[0]]
    return max(float(ordered[rank]), float(beyond[0])) if len(beyond) else None

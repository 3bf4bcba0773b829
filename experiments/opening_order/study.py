"""Replicate until the first ranks are settled, or the runs are spent; each look puts runs where the noise is.

Looks are at a quarter, half and all of the runs, and each has its part of the error rate, so that what is
told apart at any look is so with the confidence stated for all looks together (Bonferroni): stopping at a
lucky moment costs nothing. Between looks runs are shared out between the two kinds of replications by the
variances seen (`gains.allocate`). What is run next depends on the gains seen so far and nothing else, so
the number of workers does not change the result; only `minutes` can end it at an earlier look.
"""

import time
from typing import NamedTuple

import numpy as np

from experiments.opening_order.gains import Estimates, Floats, allocate, estimate, intervals
from experiments.opening_order.ranks import Ranks, rank
from experiments.opening_order.running import (
    ACTORS,
    RUNS_A_PAIR,
    RUNS_ALONE,
    Sample,
    cost,
    nothing,
    run_more,
)
from experiments.opening_order.settings import CLOSED, ENDS, LINE, OpeningOrder
from experiments.outcomes import INCUMBENT
from experiments.runner import Progress
from model.observations import load_observations
from model.schemas import OPERATORS

LOOKS = (1 / 4, 1 / 2, 1)  # of the runs
CONFIDENCE = 0.95
FEWEST_PAIRS = 10
FEWEST_ALONE, MOST_FIRST = 2, 10  # replications of one province at a time: at least, and where runs allow it
SETTLED, SPENT, LATE = "settled", "spent", "late"  # why it stopped


class Look(NamedTuple):
    """What was seen at a look.

    Attributes
    ----------
    pairs, alone : replications of each kind so far
    runs : of the market, so far
    halfwidth : of the widest interval of a gain, in the unit ranked by
    settled : first ranks that are one province's alone, from the first on
    """

    pairs: int
    alone: int
    runs: int
    halfwidth: float
    settled: int


class Study(NamedTuple):
    """What was run, every look, and why it ended ("settled", "spent" or "late")."""

    sample: Sample
    looks: tuple[Look, ...]
    ended: str


def lines_at_start() -> Floats:
    """Return the incumbent's lines in December 2008 by province, (G,)."""
    return 1e6 * load_observations().initial_lines[:, OPERATORS.index(INCUMBENT)]


def unit(settings: OpeningOrder) -> Floats:
    """Return what gains are divided by to be ranked, (G,): the incumbent's lines at the start, or 1."""
    lines = lines_at_start()
    return lines if settings.by == LINE else np.ones_like(lines)


def parts(sample: Sample, elsewhere: str = CLOSED, actor: str = INCUMBENT) -> tuple[Floats, Floats]:
    """Return the two samples whose means sum to the gain from opening each province: (m, G), (n, G)."""
    e, a = ENDS.index(elsewhere), ACTORS.index(actor)
    gain = sample.inside[:, e, a] + sample.outside[:, e, a]
    return sample.pairs[:, a], gain - sample.at_once[:, a]


def ranked(settings: OpeningOrder, sample: Sample, elsewhere: str = CLOSED) -> tuple[Estimates, Ranks]:
    """Return the gains in the unit ranked by, and their ranks, with the confidence of one look."""
    per = unit(settings)
    found = estimate(*(part / per for part in parts(sample, elsewhere)))
    return found, rank(found, confidence_of_a_look(), settings.seed)


def confidence_of_a_look() -> float:
    """Return the confidence each look needs, for all to have `CONFIDENCE`."""
    return 1.0 - (1.0 - CONFIDENCE) / len(LOOKS)


def replicate(settings: OpeningOrder, workers: int, progress: Progress) -> Study:
    """Run looks until what was asked for is settled, or runs or minutes are spent."""
    started, sample, looks = time.monotonic(), nothing(), list[Look]()
    for share in LOOKS:
        want = plan(settings, sample, int(settings.runs * share))
        have = sample.counts
        want = max(want[0], have[0]), max(want[1], have[1])
        if want == have:
            continue
        if looks and _too_late(settings, time.monotonic() - started, looks[-1].runs, cost(want)):
            return Study(sample, tuple(looks), LATE)
        sample = sample.joined(run_more(settings, have, want, workers, progress))
        looks.append(look(settings, sample))
        if is_settled(settings, looks[-1]):
            return Study(sample, tuple(looks), SETTLED)
    return Study(sample, tuple(looks), SPENT)


def plan(settings: OpeningOrder, sample: Sample, runs: int) -> tuple[int, int]:
    """Return how many replications of each kind so many runs are best spent on.

    The first look, which knows no variances, spends on single provinces what an eighth of all runs allow.
    """
    if not len(sample.at_once):
        alone = int(np.clip(settings.runs // 8 // RUNS_ALONE, FEWEST_ALONE, MOST_FIRST))
        return max(FEWEST_PAIRS, (runs - alone * RUNS_ALONE) // RUNS_A_PAIR), alone
    per = unit(settings)
    at_once, correction = (float((part / per).var(axis=0, ddof=1).mean()) for part in parts(sample))
    return allocate(runs, (at_once, correction), (RUNS_A_PAIR, RUNS_ALONE), sample.counts)


def look(settings: OpeningOrder, sample: Sample) -> Look:
    """Return what is known after so many replications."""
    _, ranks = ranked(settings, sample)
    per = unit(settings)
    at_once, correction = (part / per for part in parts(sample))
    widths = [(found.high - found.low) / 2 for found in intervals(at_once, correction)]
    alone = ranks.low[ranks.order] == ranks.high[ranks.order]
    settled = len(alone) if alone.all() else int(np.argmin(alone))
    return Look(*sample.counts, cost(sample.counts), max(widths), settled)


def is_settled(settings: OpeningOrder, seen: Look) -> bool:
    """Return whether a look shows what was asked for."""
    if settings.until_halfwidth is not None:
        return seen.halfwidth <= settings.until_halfwidth
    return seen.settled >= settings.first


def _too_late(settings: OpeningOrder, seconds: float, done: int, wanted: int) -> bool:
    """Return whether the runs of the next look would outlast the minutes, at the speed seen."""
    return settings.minutes is not None and seconds * wanted / done > 60.0 * settings.minutes

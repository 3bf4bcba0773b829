"""Which profiles are equilibria, how surely, and where further runs matter.

A profile is an equilibrium where no player gains by another strategy alone. What is said of a profile
rests on comparisons: of an equilibrium, that none of its deviations gains (all of them can be wrong); of any
other profile, that one deviation does (the surest of them, and so its chance counts as often as there are
deviations to choose from). Each comparison is a t test of paired differences, which takes their means for
normal; by Bonferroni's inequality the chance that anything said is wrong is at most the sum. That sum is
looked at again and again; look number n may spend the share 1 / (n (n + 1)) of what is allowed, and these add
up to 1, so the chance that the set is ever settled wrongly stays below it.

Ties are outside of that: a stance that changed nothing in n replications may yet change something in the
next. An equilibrium that rests on a tie is not settled before `TIE_RUNS` replications have shown it,
which leaves at most 3 / n of all replications in which it could be broken (95 %, the rule of three); that
is told, not counted.

Runs go to the profiles of those comparisons that are not sure enough yet: their number is what the spread
seen so far calls for, within `GROWTH`. [Chen2011] calls this the problem of selection; here no mean has
to be known, only the sides on which differences lie.

[Chen2011] C.-H. Chen, L. H. Lee, "Stochastic Simulation Optimization: An Optimal Computing Budget
Allocation".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.special

from experiments.stances.samples import Samples, tied

TIE_RUNS = 40  # replications in which a tie must have held
GROWTH = (1.25, 2.0)  # a profile's next number of runs is so many times as many, at least and at most


class Verdict(NamedTuple):
    """What is said of the profiles, and how surely.

    Attributes
    ----------
    is_equilibrium : (P,) bool
    doubt : (P,) float in [0, 1]
        The most the chance can be that this is wrong, profile by profile.
    total : float in [0, 1]
        The sum over all that is said.
    used : (U,) int
        Deviations that what is said rests on.
    errors : (U,) float
        The chance that each of these lies on the other side, times those it was chosen from.
    """

    is_equilibrium: np.ndarray
    doubt: np.ndarray
    total: float
    used: np.ndarray
    errors: np.ndarray


def judge(samples: Samples, tolerance: float = 0.0) -> Verdict:
    """Return which profiles are equilibria by what was seen, and the chance of being wrong.

    Parameters
    ----------
    tolerance : RMB; a deviation that gains no more does not count
    """
    d = samples.deviations
    gain = d.mean - tolerance
    wrong = chance_of_other_side(gain, d.error, d.runs)
    wrong[d.is_tie & (gain <= 0.0)] = 0.0
    is_equilibrium, doubt = np.zeros(len(samples.profiles), bool), np.zeros(len(samples.profiles))
    used: list[int] = []
    errors: list[float] = []
    for p in range(len(samples.profiles)):
        own = np.flatnonzero(d.at == p)
        gaining = own[gain[own] > 0.0]
        is_equilibrium[p] = len(gaining) == 0
        if is_equilibrium[p]:
            rests_on, chance = own, np.where(d.is_tie[own] & (d.runs[own] < TIE_RUNS), 1.0, wrong[own])
        else:
            rests_on = gaining[[wrong[gaining].argmin()]]
            chance = np.minimum(wrong[rests_on] * len(own), 1.0)
        doubt[p] = min(chance.sum(), 1.0)
        used += rests_on.tolist()
        errors += chance.tolist()
    return Verdict(is_equilibrium, doubt, min(sum(errors), 1.0), np.array(used), np.array(errors))


def chance_of_other_side(mean: np.ndarray, error: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """Return the chance that a mean lies on the other side of 0 than it seems, by Student's t.

    One half where there are too few runs to say.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(error > 0.0, -np.abs(mean) / error, np.where(mean == 0.0, 0.0, -np.inf))
    sure = np.isinf(t)
    tail = scipy.special.stdtr(np.maximum(runs - 1.0, 1.0), np.where(sure, 0.0, t))
    return np.where(np.isnan(error), 0.5, np.where(sure, 0.0, tail))


def allowance(confidence: float, look: int) -> float:
    """Return the chance of being wrong that a look may spend, the first being 1."""
    return (1.0 - confidence) / (look * (look + 1.0))


def wanted_runs(samples: Samples, verdict: Verdict, allowed: float) -> np.ndarray:
    """Return how many runs each profile should have before the next look (P,) int, at least as many as now.

    Parameters
    ----------
    allowed : chance of being wrong that the next look may spend
    """
    d = samples.deviations
    target = samples.runs.astype(float)
    each = allowed / len(verdict.used)
    for e, error in zip(verdict.used.tolist(), verdict.errors.tolist(), strict=True):
        if error <= each:
            continue
        ends = [int(d.at[e]), int(d.to[e])]
        if d.is_tie[e]:
            target[ends] = np.maximum(target[ends], TIE_RUNS)
            continue
        more = max(_runs_needed(int(d.runs[e]), error, each), float(samples.runs[ends].max()))
        target[ends] = np.maximum(target[ends], more)
    return _as_their_ties(samples, np.ceil(target).astype(np.int64))


def _runs_needed(n: int, error: float, each: float) -> float:
    """Return the runs that would do if mean and spread were as seen, within `GROWTH`."""
    least, most = (n * times for times in GROWTH)
    seen, needed = scipy.special.ndtri(min(error, 0.499)), scipy.special.ndtri(each)
    return float(np.clip(n * (needed / seen) ** 2, least, most))


def _as_their_ties(samples: Samples, target: np.ndarray) -> np.ndarray:
    """Return as many runs for profiles between which a player was paid the same, so that ties stay ties."""
    first = tied(samples)
    most = np.zeros_like(target)
    np.maximum.at(most, first, target)
    return most[first]

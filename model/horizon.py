"""Beyond the data: what the world does from January 2014 on, up to December 2028.

Everything here is extrapolation (docs/decisions/0007-beyond-2013.md). Mobile lines of the country follow the
logistic curve that begins at the last observed month and ends at a stated ceiling,

    national[t] = ceiling * residents * logistic(x[60] + b * (t - 60)),
    x[t] = logit(national[t] / (ceiling * residents)),

with the slope b fitted to all observed months by least squares through the last, so that the level goes on
without a jump. Provinces share the country's lines as they do in the data (`model/provinces.py`): along
one curve, each at its own place. Internet users per line, prices and coverage stay as they were
in December 2013; 3G quality follows its own formula, whose rise fades.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.observations import Observations
from model.paths import LAST_MONTH
from model.provinces import logistic, provincial_lines

type Floats = NDArray[np.float64]

MOST_MONTHS = 240  # December 2028
WHY_MONTHS = "the data end with month 60, December 2013; what follows is extrapolation, to December 2028"

CAVEAT = (
    "After December 2013 everything is extrapolation: lines follow an S-curve to an assumed ceiling; prices, "
    "coverage and internet use stay as they were."
)


def caveats(months: int) -> tuple[str, ...]:
    """Return what must be said of a run of so many months: nothing where it ends within the data."""
    return (CAVEAT,) if months > LAST_MONTH else ()


def extended(data: Observations, months: int, ceiling: float) -> Observations:
    """Return observations that reach to the end of a run; as they are where the run ends within them.

    Parameters
    ----------
    data : to December 2013
    months : of the run, at most `MOST_MONTHS`
    ceiling : lines per inhabitant of 2010 at which the country's lines end
    """
    more = months - data.last_month
    if more <= 0:
        return data
    national = future_lines(data.lines.sum(axis=0), ceiling * data.residents.sum(), more)
    lines = provincial_lines(data.residents, data.lines[:, -1], national)
    return replace(
        data,
        lines=np.concatenate([data.lines, lines], axis=1),
        internet_per_line=held(data.internet_per_line, more),
        price=held(data.price, more),
        coverage=held(data.coverage, more),
        last_month=months,
    )


def future_lines(national: Floats, ceiling: float, more: int) -> Floats:
    """Return the country's lines in the months after the last observed one, shape (more,).

    Parameters
    ----------
    national : (T,) float
        Observed lines, all below the ceiling.
    ceiling : float
        In the same unit.
    more : int
    """
    x = np.log(national / (ceiling - national))
    before = np.arange(len(national)) - (len(national) - 1)  # months, 0 in the last
    slope = before @ (x - x[-1]) / (before @ before)
    return ceiling * logistic(x[-1] + slope * np.arange(1, more + 1))


def held(path: Floats, more: int) -> Floats:
    """Return a path, months last, that keeps its last value for so many months more."""
    return np.concatenate([path, np.repeat(path[..., -1:], more, axis=-1)], axis=-1)

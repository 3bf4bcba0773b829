"""The layout of a run's numbers: which measure, actor and month stands at which place.

Every run of a sweep keeps the same numbers in the same order, so a run is a plain row of floats and
what the numbers mean is said once.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from experiments.outcomes import ACTORS, MARKET
from model.schemas import OPERATORS, PLATFORMS
from model.tables import NATIONAL

if TYPE_CHECKING:
    from experiments.sweeps.design import Kept

#: Every monthly series a sweep can keep, as "table.column" of the recorder's national tables.
SERIES = tuple(f"{table}.{column}" for table, columns in NATIONAL.items() for column in columns)

WALLETS = tuple(f"{operator}_wallet" for operator in OPERATORS)
SERIES_ACTORS = {"operators": OPERATORS, "platforms": (*PLATFORMS, *WALLETS), "market": (MARKET,)}


class Place(NamedTuple):
    """What one number of a run is: a measure of an actor in a month."""

    measure: str
    actor: str
    month: int


@lru_cache(maxsize=16)
def layout(kept: "Kept", months: int) -> tuple[Place, ...]:
    """Return the place of every number kept of a run of so many months, in order."""
    places = [Place(name, actor, months) for name in kept.outcomes for actor in ACTORS[name]]
    places += [
        Place(name, actor, month)
        for name in kept.series
        for month in months_kept(kept.every, months)
        for actor in SERIES_ACTORS[name.partition(".")[0]]
    ]
    return tuple(places)


def months_kept(every: int, months: int) -> tuple[int, ...]:
    """Return the months at which a series is kept: every so many, and the last."""
    kept = set(range(every, months + 1, every)) if every else set()
    return tuple(sorted(kept | {months}))

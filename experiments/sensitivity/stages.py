"""The sweeps of a study, one after another: what each varies, and how the next follows from the last.

whole       a Latin hypercube over everything that is varied: who wins where, and what luck does
screening   Morris's walks over everything that is varied
indices     Saltelli's points over what the screening keeps; the rest stays at its defaults
redrawn     the first cases of the hypercube again, with all that was screened out drawn anew

Each is a store of its own, gone on with wherever it was stopped; the same study gives the same bytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from experiments.outcomes import INCUMBENT, MEASURE
from experiments.results.loading import StoreReader, read_store
from experiments.sensitivity.study import KEPT, Study
from experiments.sweeps.design import Design, Kept, Sampling
from experiments.sweeps.factors import Factor
from experiments.sweeps.sampling import unit_points

LEVELS = 4  # of Morris's walks [Morris1991]
REDRAWN = 5  # one case in so many is run again with the rest drawn anew
ANEW = 0x5EED  # added to the seed of what is drawn anew, which must not be the same again

type Fill = Callable[[str, Design, Path], None]  # fills the store of a stage; raises where it is stopped


def screening_design(study: Study, replications: int) -> Design:
    """Return Morris's walks."""
    sampling = Sampling("morris", trajectories=study.trajectories, levels=LEVELS)
    return _design(study, study.factors(), sampling, replications)


def indices_design(study: Study, kept: Sequence[str], replications: int) -> Design:
    """Return Saltelli's points over the parameters that are kept."""
    factors = tuple(factor for factor in study.factors() if factor.name in kept)
    return _design(study, factors, Sampling("saltelli", points=study.points), replications)


def whole_design(study: Study) -> Design:
    """Return the Latin hypercube over everything."""
    sampling = Sampling("latin_hypercube", points=study.cases)
    return _design(study, study.factors(), sampling, study.replications)


def redrawn_design(study: Study, kept: Sequence[str], replications: int) -> Design:
    """Return the first cases of the hypercube with all parameters drawn anew but those that are kept."""
    whole = replace(whole_design(study), replications=replications)
    held, drawn = unit_points(whole), unit_points(replace(whole, seed=study.seed + ANEW))
    cases = max(1, study.cases // REDRAWN)
    columns = [
        factor.from_unit((held if factor.name in kept else drawn)[:cases, i])
        for i, factor in enumerate(whole.factors)
    ]
    factors = tuple(
        Factor(factor.name, levels=tuple(column.tolist()))
        for factor, column in zip(whole.factors, columns, strict=True)
    )
    return replace(whole, factors=factors, sampling=Sampling("list"))


def run_stage(name: str, design: Design, folder: Path, fill: Fill) -> StoreReader:
    """Fill the store of a stage and return it."""
    fill(name, design, folder / name)
    return read_store(folder / name)


def place_of_gain(store: StoreReader) -> int:
    """Return where China Mobile's discounted profit stands in the layout."""
    return next(i for i, place in enumerate(store.places) if place[:2] == (MEASURE, INCUMBENT))


def _design(study: Study, factors: tuple[Factor, ...], sampling: Sampling, replications: int) -> Design:
    fixed: dict[str, Any] = dict(study.parameters)
    return Design(
        scenarios=study.pair,
        factors=factors,
        sampling=sampling,
        consumers=study.consumers,
        months=study.months,
        replications=replications,
        seed=study.seed,
        parameters=fixed,
        measures=Kept(outcomes=KEPT),
    )

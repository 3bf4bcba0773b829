"""The whole study: its sweeps in order, and what is made of them."""

from pathlib import Path
from typing import NamedTuple

from experiments.sensitivity.indices import Indices, Settled, indices, settled
from experiments.sensitivity.screening import Screening, screen
from experiments.sensitivity.stages import (
    Fill,
    indices_design,
    redrawn_design,
    run_stage,
    screening_design,
    whole_design,
)
from experiments.sensitivity.study import Study, begin_sweeps
from experiments.sensitivity.winning import Discovery, Whole, discover, look_at, rest_share, wins
from model.observations import Observations

FEWEST_HITS = 20  # cases a side must win for a box to be looked for


class Findings(NamedTuple):
    """What a study came to.

    Attributes
    ----------
    indices, settled : None where nothing is told from luck, so that nothing was kept
    rest : what was screened out adds, a share of the variance, with its interval; None where all was kept,
        or nothing
    boxes : where each side wins; of the sides that win often enough
    """

    study: Study
    screening: Screening
    indices: Indices | None
    settled: Settled | None
    whole: Whole
    rest: tuple[float, float, float] | None
    boxes: tuple[Discovery, ...]


def investigate(study: Study, folder: Path, fill: Fill, observations: Observations | None) -> Findings:
    """Run what the folder's sweeps do not hold yet, and return what they say.

    Parameters
    ----------
    fill : runs a sweep
    observations : the data that cases are held against; None for none
    """
    begin_sweeps(folder, study)
    whole = look_at(run_stage("whole", whole_design(study), folder, fill), observations)
    noise, replications = whole.noise, whole.replications_needed()
    walks = run_stage("screening", screening_design(study, replications), folder, fill)
    screening = screen(walks, noise, study.keep)
    kept, found, rest = screening.kept, None, None
    if kept:
        points = run_stage("indices", indices_design(study, kept, replications), folder, fill)
        found = indices(points, noise)
    if kept and len(kept) < len(whole.names):
        again = run_stage("redrawn", redrawn_design(study, kept, replications), folder, fill)
        rest = rest_share(whole, again, study.seed)
    sides = [side for side in study.labels if kept and wins(whole, side).hits >= FEWEST_HITS]
    return Findings(
        study=study,
        screening=screening,
        indices=found,
        settled=settled(found) if found is not None else None,
        whole=whole,
        rest=rest,
        boxes=tuple(discover(whole, side, kept) for side in sides),
    )

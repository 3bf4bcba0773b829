"""The runs: pairs of markets that are open everywhere or nowhere, and markets with one province apart.

All markets of a replication share their luck; no two replications do. Of each run two rows of numbers are
kept, taken from the recorder's arrays: by province, what the incumbent and the platform earned, discounted.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from experiments.opening_order.gains import Floats
from experiments.opening_order.settings import CLOSED, ENDS, NAMES, OPEN, OpeningOrder
from experiments.outcomes import INCUMBENT, PLATFORM
from experiments.runner import Progress, replication_seed, share_out
from experiments.stopping import obey
from model.errors import RunError
from model.scenarios import Scenario

ACTORS = (INCUMBENT, PLATFORM)
ALONE_FROM = 2**24  # replications that change one province at a time begin here: no pair goes so far
PAIRS_A_TASK = 8  # enough to be worth sending, few enough to share out
RUNS_A_PAIR = 2
RUNS_ALONE = 2 + len(ENDS) * len(NAMES)


class Task(NamedTuple):
    """Some replications: pairs, or with one province apart at a time."""

    settings: OpeningOrder
    alone: bool
    replications: Sequence[int]


class Sample(NamedTuple):
    """Gains from opening, RMB, of the actors of `ACTORS` (A = 2) in G provinces.

    Attributes
    ----------
    pairs : (m, A, G) each province's own gain when all open at once
    at_once : (n, A, G) the same, in the replications of the next two
    inside, outside : (n, E, A, G) gain inside the province that opens and in all others, by what the
        incumbent's other branches are (`ENDS`)
    """

    pairs: Floats
    at_once: Floats
    inside: Floats
    outside: Floats

    @property
    def counts(self) -> tuple[int, int]:
        """How many replications there are of each kind."""
        return len(self.pairs), len(self.at_once)

    def joined(self, other: "Sample") -> "Sample":
        """Return this sample with another below it."""
        return Sample(*(np.concatenate(parts) for parts in zip(self, other, strict=True)))


def nothing() -> Sample:
    """Return a sample of no replications."""
    A, G, E = len(ACTORS), len(NAMES), len(ENDS)
    return Sample(np.empty((0, A, G)), np.empty((0, A, G)), np.empty((0, E, A, G)), np.empty((0, E, A, G)))


def run_more(
    settings: OpeningOrder, have: tuple[int, int], want: tuple[int, int], workers: int, progress: Progress
) -> Sample:
    """Run the replications between those there are and those wanted, of both kinds.

    Parameters
    ----------
    progress : called with (runs done of all looks, runs there may be)

    Raises
    ------
    RunError
        A run failed; the others are abandoned.
    """
    alone = range(ALONE_FROM + have[1], ALONE_FROM + want[1])
    tasks = [Task(settings, True, (r,)) for r in alone]  # the longest first
    pairs = range(have[0], want[0])
    tasks += [Task(settings, False, pairs[i : i + PAIRS_A_TASK]) for i in range(0, len(pairs), PAIRS_A_TASK)]
    start, more = cost(have), cost(want) - cost(have)

    def tell(done: int, total: int) -> None:
        progress(start + more * done // total, max(settings.runs, start + more))

    if workers == 1:
        found = [_here(task, done, len(tasks), tell) for done, task in enumerate(tasks, 1)]
    else:
        found = share_out(tasks, measure, workers, tell, _failed)
    sample = nothing()
    for part in found:
        sample = sample.joined(part)
    return sample


def cost(counts: tuple[int, int]) -> int:
    """Return how many runs so many replications of each kind take."""
    return counts[0] * RUNS_A_PAIR + counts[1] * RUNS_ALONE


def _here(task: Task, done: int, total: int, progress: Progress) -> Sample:
    try:
        sample = measure(task)
    except Exception as error:
        raise _failed(task, error) from error
    progress(done, total)
    return sample


def _failed(task: Task, error: BaseException) -> RunError:
    seeds = ", ".join(str(replication_seed(task.settings.seed, r)) for r in task.replications)
    return RunError(f"a market with seed {seeds} failed: {type(error).__name__}: {error}")


def measure(task: Task) -> Sample:
    """Return the gains of some replications."""
    sample = nothing()
    for replication in task.replications:
        seed = replication_seed(task.settings.seed, replication)
        found = _alone(task.settings, seed) if task.alone else _pair(task.settings, seed)
        sample = sample.joined(found)
    return sample


def _pair(settings: OpeningOrder, seed: int) -> Sample:
    """Return what each province gains when all open at once."""
    closed, opened = (profits(settings, settings.scenario(end), seed) for end in ENDS)
    return nothing()._replace(pairs=(opened - closed)[None])


def _alone(settings: OpeningOrder, seed: int) -> Sample:
    """Return what opening each province alone gains where all others are closed, and where all are open."""
    base = {end: profits(settings, settings.scenario(end), seed) for end in ENDS}
    inside, outside = np.empty((2, len(ENDS), len(ACTORS), len(NAMES)))
    for e, end in enumerate(ENDS):
        for g, name in enumerate(NAMES):
            changed = profits(settings, settings.scenario(end, name), seed)
            gain = changed - base[end] if end == CLOSED else base[end] - changed
            inside[e, :, g] = gain[:, g]
            outside[e, :, g] = np.delete(gain, g, axis=1).sum(axis=1)
    at_once = base[OPEN] - base[CLOSED]
    return Sample(nothing().pairs, at_once[None], inside[None], outside[None])


def profits(settings: OpeningOrder, scenario: Scenario, seed: int) -> Floats:
    """Run a market; return the discounted profits of `ACTORS` by province, (A, G) RMB of December 2008."""
    from model.market import MobileMarket

    market = MobileMarket(
        scenario,
        settings.consumers,
        settings.months,
        rng=seed,
        pricing=settings.pricing,
        **settings.parameters,
    )
    while market.running:
        obey()
        market.step()
    worth = (1.0 + market.parameters.discount_rate) ** (-np.arange(1, settings.months + 1) / 12.0)
    of = ((market.operators, "operators", INCUMBENT), (market.all_platforms, "platforms", PLATFORM))
    flows = [
        market.recorder.series(table, "profit_rmb")[:, :, names.index(name)] for names, table, name in of
    ]
    return np.array([worth @ flow for flow in flows])

"""Two markets in step: the same luck, other stances, and whatever hands change on the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from agents.consumers import Consumer
from agents.explanation import Choice, Situation, explain_choice, has_chosen, situation_of
from model.market import MobileMarket
from view.setup import MONTHS, WORLDS, Setup
from view.snapshots import Snapshot, take


class Twins:
    """Two markets with one seed, a snapshot of each for every month so far.

    Parameters
    ----------
    setup : Setup
        Its worlds, seed, consumers and parameters are for good; its changes by hand may change.

    Attributes
    ----------
    markets : {"a": MobileMarket, "b": MobileMarket}
    history : {"a": list of Snapshot, "b": list of Snapshot}
        The first is December 2008.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        parameters: dict[str, Any] = dict(setup.parameters)
        self.markets = {
            w: MobileMarket(setup.world[w].scenario, setup.consumers, rng=setup.seed, **parameters)
            for w in WORLDS
        }
        self.history: dict[str, list[Snapshot]] = {w: [take(self.markets[w])] for w in WORLDS}
        self.last_choice: dict[tuple[str, int], Choice] = {}  # by world and row, of those followed
        self.take_changes()

    @property
    def month(self) -> int:
        """Return the month both have lived to, 0 before the first."""
        return self.markets["a"].month

    @property
    def over(self) -> bool:
        """Return whether there is no month left."""
        return self.month >= MONTHS

    def step(self, pool: ThreadPoolExecutor | None = None) -> None:
        """Let both live through a month; with a pool side by side."""
        if self.over:
            return
        work: Callable[..., Any] = map if pool is None else pool.map
        for w, snapshot in zip(WORLDS, work(self._step_one, WORLDS), strict=True):
            self.history[w].append(snapshot)
        self.take_changes()

    def take_changes(self) -> None:
        """Make the changes by hand that belong to this month; made again, they change nothing more."""
        for w in WORLDS:
            for change in self.setup.changes_of(w):
                if change.month == self.month:
                    self.markets[w].take_stance(change.operator, change.stance, change.province)

    def _step_one(self, w: str) -> Snapshot:
        market, row = self.markets[w], self.setup.consumer
        before = None if row is None else situation_of(self.consumer(w, row))
        market.step()
        if row is not None and before is not None:
            self._remember(w, row, before)
        return take(market)

    def _remember(self, w: str, row: int, before: Situation) -> None:
        person = self.consumer(w, row)
        if has_chosen(person, before):
            self.last_choice[w, row] = explain_choice(person, before)

    def consumer(self, w: str, row: int) -> Consumer:
        """Return one consumer of a world."""
        return Consumer(self.markets[w], self.markets[w].population, row)

    def choice(self, w: str, row: int) -> Choice | None:
        """Return a consumer's last choice since it is followed, or how it would choose again; None at first.

        Before the first month nobody has had anything to choose from.
        """
        if self.month == 0:
            return None
        if (w, row) in self.last_choice:
            return self.last_choice[w, row]
        person = self.consumer(w, row)
        return explain_choice(person, situation_of(person))._replace(made=False)

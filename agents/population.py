"""The population: all consumers as columns, and the work of a month shared out over rows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from agents.choosers import Asked, ask_choosers
from agents.columns import ACCOUNT_BITS, Columns, Places, empty_columns, thinning_of
from agents.crew import Counts, Crew
from agents.lanes import make_lanes
from agents.network import Network, build_network, fractions
from agents.payments import pay_in_cash
from agents.rounds import (
    OPEN,
    PAY,
    REVIEW,
    WHOLE_MONTH,
    count_rows,
    live_rows,
    settle_rows,
    sum_surplus,
)
from agents.stretches import SPAN

MOST_ASKED = 2_500  # rows whose demand tariffs are set by

# From one place on the ring to the next the rank of entry moves on by this share of the province.
# It must keep contacts apart without a pattern of its own. One to four places on (a person's ties) the rank
# is 0.28, 0.45, 0.17 and 0.10 of the province away, five to eight places on (contacts of contacts) at least
# 0.07, so none of them enter in one month; together, either way, these steps lie so evenly that two contacts
# both have a line within 1.8 % as often as two strangers, whatever share above 40 % has entered. The golden
# section, good for one point after another, is off by a third there. What is multiplied with must itself
# be near this share: the inverse of a number near it can lie anywhere, next to 0 for one.
ENTRY_STEP = 0.27547


class Population:
    """All consumers as columns, with the network they stand in.

    Parameters
    ----------
    sizes : (G,) int
        Lines each province will have by the end of the run, as rows.
    codes : (G,) int
        Province codes; they key everybody's luck.
    rewired, across : float
        See `agents.network.Network`.
    seed : int
    threads : int
        Threads that share the rows; results do not depend on it.
    """

    def __init__(
        self,
        sizes: np.ndarray,
        codes: Sequence[int],
        rewired: float,
        across: float,
        seed: int,
        threads: int = 1,
    ) -> None:
        start = np.append(0, np.cumsum(sizes)).astype(np.int64)
        rows = int(start[-1])
        thinning = thinning_of(rows)
        self.columns: Columns = empty_columns(rows, thinning)
        self.kept = -(-start >> thinning)  # first row in each province, of those whose surplus is kept
        self.stands_for = np.diff(start) / np.maximum(np.diff(self.kept), 1)  # rows each of them
        self.places = Places(start, np.asarray(codes, np.int64), _entry_multipliers(sizes), thinning)
        self.network: Network = build_network(start, codes, rewired, across, seed)
        self.spans = _spans(start)
        self.threads = threads
        self.entered = np.zeros(len(sizes), np.int64)
        self.month = 0

    def __len__(self) -> int:
        """Return the number of consumers, those without a line yet included."""
        return len(self.columns.held)

    def settle(self, world: np.record, entered: np.ndarray, shares: np.ndarray) -> None:
        """Give the lines in use at the start their operator and accounts.

        Parameters
        ----------
        entered : (G,) int
            Lines in use, rows.
        shares : (G, K) float
            Each operator's share of the province's lines.
        """
        self.entered = entered
        services, methods = world.method_table.shape[-1], world.method_shares.shape[-1]
        self.crew = Crew(self.threads, (*shares.shape, 2, services, methods))
        with np.errstate(divide="ignore"):
            log_share = np.log(shares)

        def settle_part(part: np.ndarray, rooms: np.ndarray) -> None:
            settle_rows(part, self.columns, self.places, world, entered, log_share, rooms)

        self.crew.work(self.spans, settle_part)
        self.recount()
        states = self.people.shape[1] >> ACCOUNT_BITS
        self.moves = np.zeros((len(entered), states, states), np.int64)
        self.begin_month(world, 0, entered)

    def hire(self, threads: int) -> None:
        """Share the rows of a settled population out among so many threads from now on."""
        self.threads, self.crew = threads, Crew(threads, self.crew.shape)

    def recount(self) -> None:
        """Count people anew, where somebody has changed the columns from outside."""
        self.people = self._counted(self.spans)

    def _counted(self, spans: np.ndarray) -> np.ndarray:
        """Return the people of some stretches of rows by province and what is held (G, kinds)."""
        people = np.zeros((len(self.entered), self.crew.kinds), np.int64)
        self.crew.work(spans, lambda part, rooms: count_rows(part, self.columns, rooms), Counts(people))
        return people

    def begin_month(self, world: np.record, month: int, entered: np.ndarray) -> None:
        """Remember how the month begins: what everybody sees of the others."""
        self.world, self.month, self.entered = world, month, entered
        np.copyto(self.columns.held_before, self.columns.held)
        self.moves.fill(0)

    def live(self, payments: np.ndarray, spans: np.ndarray | None = None) -> None:
        """Let everybody live through the month: review, pay, perhaps open an account.

        Parameters
        ----------
        payments : (G, K, 2, S, D) int64
            Number of payments; added to.
        spans : (B, 3) int64, optional
            Stretches of rows that are meant; all of them where there are none.
        """
        self._act(WHOLE_MONTH, payments, spans)

    def review(self, spans: np.ndarray | None = None) -> None:
        """Let those choose whose contract is due, and those who take up a line; nothing else."""
        self._act(REVIEW, None, spans)

    def pay(self, payments: np.ndarray, spans: np.ndarray | None = None) -> None:
        """Let everybody pay for what they hold, and nothing else; `payments` as in `live`."""
        self._act(PAY, payments, spans)

    def open_accounts(self, spans: np.ndarray | None = None) -> None:
        """Let people open accounts at platforms and wallets, and do nothing else."""
        self._act(OPEN, None, spans)

    def _act(self, acts: int, payments: np.ndarray | None, spans: np.ndarray | None) -> None:
        """Let people do what a month brings, or a part of it; see `live`."""
        world = self.world.reshape(1)
        who = (self.columns, self.places, self.network, world, self.month, self.entered)
        some = self.spans if spans is None else spans
        total = Counts(self.people, self.moves, *(() if payments is None else (payments,)))
        self.crew.work(some, lambda part, rooms: live_rows(part, acts, *who, rooms), total)
        if payments is not None:
            pay_in_cash(self.people if spans is None else self._counted(spans), payments)

    def ask_choosers(self, world: np.record, month: int, entered: np.ndarray, scale: np.ndarray) -> Asked:
        """Return what subscriptions are worth to those who may choose this month, as the month begins.

        Of very many rows every so-manieth is asked: some `MOST_ASKED` tell demand to a few thousandths.

        Parameters
        ----------
        scale : (G,) float
            Real lines a row stands for.
        """
        self.begin_month(world, month, entered)
        every = -(-len(self) // MOST_ASKED)
        room = len(self) // every + len(scale)
        J = 2 * len(world.operator_stream)
        asked = Asked(
            np.empty((room, 1 + J, J)),
            np.empty(room, np.int64),
            np.empty(room),
            np.empty(room),
            np.empty(room, np.int64),
        )
        people = (self.spans, self.columns, self.places, self.network)
        lanes = make_lanes(len(world.operator_stream))
        count = ask_choosers(*people, world, month, entered, scale, every, lanes, asked)
        return Asked(*(column[:count] for column in asked))

    def by_holding(self) -> np.ndarray:
        """Return people (G, 1 + 2 K, A) by subscription and accounts."""
        return self.people.reshape(len(self.people), -1, 1 << ACCOUNT_BITS)

    def surplus_by_province(self) -> np.ndarray:
        """Return the sum of consumer surplus over rows (G,), RMB a month.

        The order in which rows are added is always the same. Where the surplus of each so-manieth row is
        kept, it stands for the others.
        """
        total = np.empty(len(self.stands_for))
        sum_surplus(self.kept, self.columns.surplus, total)
        return total * self.stands_for

    def span_of(self, row: int) -> np.ndarray:
        """Return the stretch of rows that holds one row only, (1, 3)."""
        return np.array([[row, row + 1, self.province_of(row)]], np.int64)

    def province_of(self, row: int) -> int:
        """Return the index of the province a row stands in."""
        return int(np.searchsorted(self.places.start, row, side="right")) - 1


def _entry_multipliers(sizes: np.ndarray) -> np.ndarray:
    """Return, by province, the multiplier that turns a position into its rank of entry (G,)."""
    return fractions([_nearest_coprime(int(n), ENTRY_STEP * int(n)) for n in sizes], sizes)


@lru_cache(maxsize=4096)  # all runs of a sweep have provinces of the same sizes
def _nearest_coprime(n: int, target: float) -> int:
    """Return the number nearest a target from 0 to n that shares no factor with n, the lower of two."""
    below = next(k for k in itertools.count(math.floor(target), -1) if math.gcd(k, n) == 1)
    above = next(k for k in itertools.count(math.ceil(target)) if math.gcd(k, n) == 1)
    return min(below, above, key=lambda k: abs(k - target))


def _spans(start: np.ndarray) -> np.ndarray:
    """Return stretches of at most SPAN rows, none across a border: (B, 3) first, end, province."""
    return np.array(
        [
            (a, min(a + SPAN, end), g)
            for g, (first, end) in enumerate(itertools.pairwise(start))
            for a in range(first, end, SPAN)
        ],
        np.int64,
    ).reshape(-1, 3)

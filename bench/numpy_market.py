"""The market with its consumers in NumPy: columns, and the month as whole-array expressions.

As good as we could make it: stretches of rows that fit the processor's cache, draws in single precision,
contacts as one table made beforehand, and only those looked at closely for whom something happens.
Luck is its own, so runs agree with `MobileMarket` in law (tests/test_contenders.py).
"""

from __future__ import annotations

import numpy as np

from agents.network import OWNED
from bench import numpy_month
from bench.numpy_month import Columns, Place
from bench.other_market import OtherMarket, OtherPeople, entry_months, stretches


class NumpyPeople(OtherPeople):
    """All consumers; answers to the market as `agents.population.Population` does."""

    def __init__(self, market: OtherMarket, sizes: np.ndarray) -> None:
        p, rows, luck = market.parameters, int(sizes.sum()), np.random.default_rng(market.seed_number)
        self.sizes, self.luck = sizes, luck
        self.starts = np.append(0, np.cumsum(sizes)).astype(np.int64)
        a, s = np.float32(p.sensitivity_spread), np.float32(p.switching_spread)
        normal = luck.standard_normal((2, rows), np.float32)
        mean = np.repeat(market.price_sensitivity.astype(np.float32), sizes)
        byte = lambda: np.zeros(rows, np.uint8)  # noqa: E731
        self.columns = Columns(
            *(byte(), byte(), byte(), byte(), np.zeros(rows, np.int16), np.zeros(rows, np.float32)),
            entry_month=entry_months(market.entered_path, luck),
            sensitivity=mean * np.exp(a * normal[0] - 0.5 * a * a),
            switching=np.float32(p.switching_cost) * np.exp(s * normal[1] - 0.5 * s * s),
            online_luck=luck.random(rows, np.float32),
            **contact_table(sizes, p.rewired_ties, p.distant_ties, luck),
        )

    def __len__(self) -> int:
        """Return the number of consumers, those without a line yet included."""
        return len(self.columns.subscription)

    def settle(self, world: np.record, entered: np.ndarray, shares: np.ndarray) -> None:
        """Give the lines in use at the start their operator and accounts."""
        self.begin_month(world, 0, entered)
        columns, upto = self.columns, shares.cumsum(axis=1)
        for g, rows in stretches(self.sizes):
            who = rows.start + np.flatnonzero(columns.entry_month[rows] == 0)
            operator = (self.luck.random(len(who)) >= upto[g, :-1, None]).sum(axis=0)
            columns.subscription[who] = 1 + 2 * operator
            place = Place.of(world, g, 0)
            columns.accounts[who] = numpy_month.accounts_on_arrival(columns, place, who, self.luck)
        np.copyto(columns.subscription_before, columns.subscription)

    def begin_month(self, world: np.record, month: int, entered: np.ndarray) -> None:
        """Remember how the month begins: what everybody sees of the others."""
        self.world, self.month = world, month
        np.copyto(self.columns.subscription_before, self.columns.subscription)
        np.copyto(self.columns.accounts_before, self.columns.accounts)

    def run_month(self) -> None:
        """Let everybody live through the month: review, pay, perhaps open an account."""
        columns, luck = self.columns, self.luck
        G, K, S = self.world.method_table.shape
        D = self.world.method_shares.shape[-1]
        self.paid = np.zeros((G, 2 * K, S, D), np.int64)
        for g, rows in stretches(self.sizes):
            place = Place.of(self.world, g, self.month)
            who = numpy_month.find_choosers(columns, place, rows, luck)
            numpy_month.choose(columns, place, who, luck)
            numpy_month.pay(columns, place, rows, luck, self.paid[g])
            numpy_month.open_accounts(columns, place, rows, luck)

    def add_payments(self, payments: np.ndarray) -> None:
        """Add the number of payments made to `payments` (G, K, 2, S, D)."""
        payments += self.paid.reshape(payments.shape)

    def count(self, provinces: int, operators: int, masks: int) -> tuple[np.ndarray, np.ndarray]:
        """Return people (G, 1 + 2 K, A) by subscription and accounts, and moves (G, 1 + 2 K, 1 + 2 K)."""
        states, columns = 1 + 2 * operators, self.columns
        people = np.zeros((provinces, states * masks), np.int64)
        moves = np.zeros((provinces, states * states), np.int64)
        for g, rows in stretches(self.sizes):
            now, before = columns.subscription[rows], columns.subscription_before[rows]
            held = now * np.uint8(masks) + columns.accounts[rows]
            people[g] += np.bincount(held, minlength=states * masks)
            moves[g] += np.bincount(before * np.uint8(states) + now, minlength=states * states)
        return people.reshape(-1, states, masks), moves.reshape(-1, states, states)

    def surplus_by_province(self) -> np.ndarray:
        """Return the sum of consumer surplus over lines (G,), RMB a month."""
        return np.add.reduceat(self.columns.surplus, self.starts[:-1], dtype=np.float64)


def contact_table(
    sizes: np.ndarray, rewired: float, across: float, luck: np.random.Generator
) -> dict[str, np.ndarray]:
    """Tie everybody to the next people on the ring of their province, some ties rewired; ties are mutual.

    Returns `contacts`, everybody's contacts one person after another, and `contacts_end` (N + 1,).
    """
    rows = int(sizes.sum())
    first, people = (
        np.repeat(x.astype(np.int32), sizes)[:, None] for x in (np.append(0, np.cumsum(sizes[:-1])), sizes)
    )
    owner = np.arange(rows, dtype=np.int32)[:, None]
    to = first + (owner - first + np.arange(1, OWNED + 1, dtype=np.int32)) % people
    draw = luck.random(to.shape, np.float32)
    anywhere = (luck.random(to.shape, np.float32).astype(np.float64) * people).astype(np.int32) + first
    to = np.where(draw < across + rewired, anywhere, to)
    distant = draw < across
    to[distant] = luck.integers(0, rows, int(distant.sum()), np.int32)
    owner = np.broadcast_to(owner, to.shape)
    kept = owner != to
    owner, to = owner[kept], to[kept]
    knows, known = np.concatenate([owner, to]), np.concatenate([to, owner])
    ends = np.append(0, np.cumsum(np.bincount(knows, minlength=rows)))
    return {"contacts": known[np.argsort(knows, kind="stable")], "contacts_end": ends}


class NumpyMarket(OtherMarket):
    """The same market with its consumers in NumPy."""

    def make_people(self, sizes: np.ndarray) -> NumpyPeople:
        """Return what runs the consumers."""
        return NumpyPeople(self, sizes)

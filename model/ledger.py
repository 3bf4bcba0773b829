"""The ledger: every payment has a payer, a payee and a reason.

Amounts are whole fen (RMB 0.01) in 64-bit integers, so what is paid and what is received agree to
the last fen and the sum over all parties is exactly zero.
"""

from typing import NamedTuple

import numpy as np

from agents.compiling import loop
from agents.records import Shelf

FEN = 100.0  # a yuan

CONSUMERS, MERCHANTS, OUTLETS = "consumers", "merchants", "outlets"
HANDSET_MAKERS, SUPPLIERS, BANKS = "handset_makers", "suppliers", "banks"
OTHERS = (CONSUMERS, MERCHANTS, OUTLETS, HANDSET_MAKERS, SUPPLIERS, BANKS)

type Entry = tuple[str, str, str]  # payer, payee, reason


class Layout(NamedTuple):
    """Where a month's payments go.

    Attributes
    ----------
    entries : dict of Entry to int
        Column of each entry, in the order of the columns.
    of_payment : (E,) int64
        Column of each payment's entry.
    of_entry : (entries, 2) int64
        Columns of each entry's payer and payee.
    parties : tuple of str
        Between whom.
    """

    entries: dict[Entry, int]
    of_payment: np.ndarray
    of_entry: np.ndarray
    parties: tuple[str, ...]

    def size(self, provinces: int) -> int:
        """Return the bytes that a filed month of so many provinces takes."""
        return 8 * provinces * len(self.entries)


class Month(NamedTuple):
    """A filed month: what was paid under each entry, (G, entries) fen."""

    layout: Layout
    paid: np.ndarray

    def sums(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what each party received, and what it received less what it paid, (G, P) fen."""
        shape = (len(self.paid), len(self.layout.parties))
        received, net = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        _sum_up(self.paid, self.layout.of_entry, received, net)
        return received, net


class Ledger:
    """Payments by month, province, payer, payee and reason, and everybody's balance.

    Parameters
    ----------
    parties : tuple of str
    provinces : int
    shelf : Shelf, optional
        From which a month's record is taken.
    """

    def __init__(self, parties: tuple[str, ...], provinces: int, shelf: Shelf | None = None) -> None:
        self.parties, self.shelf = parties, Shelf() if shelf is None else shelf
        shape = (provinces, len(parties))
        self.balances = np.zeros(shape, np.int64)  # fen since the start
        self.last_received, self.last_net = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self.months: list[Month] = []

    @property
    def balance(self) -> dict[str, np.ndarray]:
        """Return each party's balance since the start, (G,) fen each, views of `balances`."""
        return dict(zip(self.parties, self.balances.T, strict=True))

    def file(self, layout: Layout, amounts: np.ndarray) -> None:
        """File a month's payments.

        Parameters
        ----------
        layout : Layout
            Of payments between this ledger's parties (`lay_out`).
        amounts : (G, E) float, RMB
            Each is rounded to whole fen.

        Raises
        ------
        ValueError
            An amount is negative or not a number, or the layout is of other parties or payments.
        """
        if layout.parties != self.parties or amounts.shape != (len(self.balances), len(layout.of_payment)):
            raise ValueError("payments are filed by a layout of their own, between this ledger's parties")
        paid = self.shelf.take_table(len(self.balances), len(layout.entries))
        refused = _post(amounts, layout.of_payment, paid)
        if refused >= 0:
            payer, payee, reason = list(layout.entries)[layout.of_payment[refused]]
            raise ValueError(f"{payer} cannot pay {payee} a negative amount for {reason}")
        _sum_up(paid, layout.of_entry, self.last_received, self.last_net)
        self.balances += self.last_net
        self.months.append(Month(layout, paid))

    def entries(self, month: int = -1) -> dict[Entry, np.ndarray]:
        """Return a filed month's entries but those of nothing, (G,) fen each."""
        filed = self.months[month]
        kept = filed.paid.any(axis=0)
        return {entry: filed.paid[:, u] for entry, u in filed.layout.entries.items() if kept[u]}

    def entered(self, *entries: Entry, month: int = -1) -> np.ndarray:
        """Return what was paid under some entries in a filed month, (G, entries) RMB."""
        layout, paid = self.months[month].layout, self.months[month].paid
        return paid.take([layout.entries[entry] for entry in entries], axis=1) / FEN

    def net(self, *parties: str, month: int = -1) -> np.ndarray:
        """Return what parties, or all, received less what they paid in a filed month, (G, parties) RMB."""
        return self._of(parties, self.months[month].sums()[1]) / FEN

    def received(self, *parties: str, month: int = -1) -> np.ndarray:
        """Return all that parties, or all parties, received in a filed month, (G, parties) RMB."""
        return self._of(parties, self.months[month].sums()[0]) / FEN

    def total(self, party: str, province: int | None = None) -> float:
        """Return a party's balance since the start, RMB, nationally or in one province."""
        balance = self.balances[:, self.parties.index(party)]
        return float((balance.sum() if province is None else balance[province]) / FEN)

    def _of(self, parties: tuple[str, ...], table: np.ndarray) -> np.ndarray:
        return table[:, [self.parties.index(party) for party in parties]] if parties else table


def lay_out(payments: tuple[Entry, ...], parties: tuple[str, ...]) -> Layout:
    """Return where payments between some parties go; an entry that is named several times is their sum.

    Raises
    ------
    ValueError
        A party is unknown.
    """
    entries: dict[Entry, int] = {}
    of_payment = np.zeros(len(payments), np.int64)
    for e, (payer, payee, reason) in enumerate(payments):
        for party in (payer, payee):
            if party not in parties:
                raise ValueError(f"{party!r} is no party; parties: {', '.join(parties)}")
        of_payment[e] = entries.setdefault((payer, payee, reason), len(entries))
    of_entry = [(parties.index(payer), parties.index(payee)) for payer, payee, _ in entries]
    return Layout(entries, of_payment, np.array(of_entry, np.int64).reshape(-1, 2), parties)


@loop
def _post(amounts, of_payment, paid):  # type: ignore[no-untyped-def]
    """Add payments (G, E), RMB, in whole fen to their entry in `paid` (G, entries).

    Returns
    -------
    int; the first payment that is negative or not a number, -1 where there is none.
    """
    for g in range(len(amounts)):
        for e in range(len(of_payment)):
            if not amounts[g, e] >= 0.0:
                return e
            paid[g, of_payment[e]] += np.int64(np.rint(amounts[g, e] * FEN))
    return -1


@loop
def _sum_up(paid, of_entry, received, net):  # type: ignore[no-untyped-def]
    """Write what parties received, and that less what they paid, (G, P) fen, by entry (G, entries)."""
    for g in range(len(paid)):
        for party in range(received.shape[1]):
            received[g, party] = net[g, party] = 0
        for entry in range(len(of_entry)):
            payer, payee = of_entry[entry]
            received[g, payee] += paid[g, entry]
            net[g, payee] += paid[g, entry]
            net[g, payer] -= paid[g, entry]

"""The ledger: every payment has a payer, a payee and a reason.

Amounts are whole fen (RMB 0.01) in 64-bit integers, so what is paid and what is received agree to
the last fen and the sum over all parties is exactly zero.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from agents.compiling import loop
from agents.records import Shelf, record_type

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
    of_payment : (E, 3) int64
        Columns of each payment's entry, payer and payee.
    parties : tuple of str
        Between whom.
    """

    entries: dict[Entry, int]
    of_payment: np.ndarray
    parties: tuple[str, ...]


class Month(NamedTuple):
    """A filed month; `filed` is an array of one record of `filed_type`."""

    layout: Layout
    filed: np.ndarray

    @property
    def paid(self) -> np.ndarray:
        """Return what was paid under each entry, (G, entries) fen."""
        return self.filed["paid"][0]

    @property
    def received(self) -> np.ndarray:
        """Return what each party received, (G, P) fen."""
        return self.filed["received"][0]

    @property
    def net(self) -> np.ndarray:
        """Return what each party received less what it paid, (G, P) fen."""
        return self.filed["net"][0]


@cache
def filed_type(provinces: int, entries: int, parties: int) -> np.dtype:
    """Return the type of a filed month's record; see `Month`."""
    by_party = (np.int64, (provinces, parties))
    return record_type({"paid": (np.int64, (provinces, entries)), "received": by_party, "net": by_party})


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
        self.balances = np.zeros((provinces, len(parties)), np.int64)  # fen since the start
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
        filed = self.shelf.take(filed_type(len(self.balances), len(layout.entries), len(self.parties)))
        month = Month(layout, filed)
        refused = _post(amounts, layout.of_payment, month.paid, month.received, month.net, self.balances)
        if refused >= 0:
            payer, payee, reason = list(layout.entries)[layout.of_payment[refused, 0]]
            raise ValueError(f"{payer} cannot pay {payee} a negative amount for {reason}")
        self.months.append(month)

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
        return self._of(parties, self.months[month].net) / FEN

    def received(self, *parties: str, month: int = -1) -> np.ndarray:
        """Return all that parties, or all parties, received in a filed month, (G, parties) RMB."""
        return self._of(parties, self.months[month].received) / FEN

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
    of_payment = np.zeros((len(payments), 3), np.int64)
    for e, (payer, payee, reason) in enumerate(payments):
        for party in (payer, payee):
            if party not in parties:
                raise ValueError(f"{party!r} is no party; parties: {', '.join(parties)}")
        column = entries.setdefault((payer, payee, reason), len(entries))
        of_payment[e] = column, parties.index(payer), parties.index(payee)
    return Layout(entries, of_payment, parties)


@loop
def _post(amounts, of_payment, paid, received, net, balances):  # type: ignore[no-untyped-def]
    """Add payments (G, E), RMB, to their entry in `paid`, to payers and payees, and to everybody's balance.

    Returns
    -------
    int; the first payment that is negative or not a number, -1 where there is none. Where there is one, no
    balance changes.
    """
    for g in range(len(amounts)):
        for e in range(len(of_payment)):
            if not amounts[g, e] >= 0.0:
                return e
            fen = np.int64(np.rint(amounts[g, e] * FEN))
            column, payer, payee = of_payment[e]
            paid[g, column] += fen
            received[g, payee] += fen
            net[g, payee] += fen
            net[g, payer] -= fen
    for g in range(len(balances)):
        for party in range(balances.shape[1]):
            balances[g, party] += net[g, party]
    return -1

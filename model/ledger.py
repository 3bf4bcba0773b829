"""The ledger: every payment has a payer, a payee and a reason.

Amounts are whole fen (RMB 0.01) in 64-bit integers, so what is paid and what is received agree to
the last fen and the sum over all parties is exactly zero.
"""

import numpy as np

FEN = 100.0  # a yuan

CONSUMERS, MERCHANTS, OUTLETS = "consumers", "merchants", "outlets"
HANDSET_MAKERS, SUPPLIERS, BANKS = "handset_makers", "suppliers", "banks"
OTHERS = (CONSUMERS, MERCHANTS, OUTLETS, HANDSET_MAKERS, SUPPLIERS, BANKS)

type Entry = tuple[str, str, str]  # payer, payee, reason


class Ledger:
    """Payments by month, province, payer, payee and reason, and everybody's balance.

    Parameters
    ----------
    parties : tuple of str
    provinces : int
    """

    def __init__(self, parties: tuple[str, ...], provinces: int) -> None:
        self.parties = parties
        self.balance = {party: np.zeros(provinces, np.int64) for party in parties}
        self.month_entries: dict[Entry, np.ndarray]
        self.history: list[dict[Entry, np.ndarray]] = []
        self.month_net: list[dict[str, np.ndarray]] = []
        self.month_received: list[dict[str, np.ndarray]] = []
        self._open_month()

    def pay(self, payer: str, payee: str, reason: str, amount: np.ndarray) -> None:
        """Enter a payment in every province.

        Parameters
        ----------
        payer, payee, reason : str
        amount : (G,) float, RMB
            Rounded to whole fen.

        Raises
        ------
        ValueError
            An amount is negative or not a number, or a party is unknown.
        """
        for party in (payer, payee):
            if party not in self.balance:
                raise ValueError(f"{party!r} is no party; parties: {', '.join(self.parties)}")
        if not amount.min() >= 0:  # a minimum that is not a number fails too
            raise ValueError(f"{payer} cannot pay {payee} a negative amount for {reason}")
        fen = np.rint(amount * FEN).astype(np.int64)
        self.balance[payer] -= fen
        self.balance[payee] += fen
        self._receipts[payee] += fen
        entry = (payer, payee, reason)
        known = self.month_entries.get(entry)
        self.month_entries[entry] = fen if known is None else known + fen

    def close_month(self) -> None:
        """File the month's entries (but those of nothing), and what everybody received and kept."""
        self.history.append({entry: fen for entry, fen in self.month_entries.items() if fen.any()})
        self.month_received.append(self._receipts)
        self.month_net.append({name: self.balance[name] - self._before[name] for name in self.parties})
        self._open_month()

    def _open_month(self) -> None:
        """Begin a month with no entries."""
        self.month_entries = {}
        self._receipts = {party: np.zeros_like(self.balance[party]) for party in self.parties}
        self._before = {party: balance.copy() for party, balance in self.balance.items()}

    def net(self, party: str, month: int = -1) -> np.ndarray:
        """Return what a party received less what it paid in a filed month, (G,) RMB."""
        return self.month_net[month][party] / FEN

    def received(self, party: str, month: int = -1) -> np.ndarray:
        """Return all that a party received in a filed month, (G,) RMB."""
        return self.month_received[month][party] / FEN

    def total(self, party: str, province: int | None = None) -> float:
        """Return a party's balance since the start, RMB, nationally or in one province."""
        balance = self.balance[party]
        return float((balance.sum() if province is None else balance[province]) / FEN)

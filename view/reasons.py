"""Why the worlds differ: the chain from stance to profit, in numbers of both, and where the money went."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from model.measures import ratio
from model.schemas import OPERATORS
from view.charts import BILLION, MILLION, PERCENT, History
from view.colours import name_of
from view.drawing.tiles import signed
from view.measures import MOBILE
from view.setup import WORLDS
from view.snapshots import Snapshot

YEAR = 12
NAME = OPERATORS[MOBILE]

#: Payments of China Mobile by what they are about, in the order of the list.
ABOUT = {
    "bills": "Bills its customers pay",
    "connection fees": "Connection fees",
    "handsets": "Handset subsidies (handsets sold less bought)",
    "serving lines": "Serving lines",
    "outlet commission": "Commission of top-up shops",
    "service fees": "Fees to platforms",
    "revenue share": "Its share of platforms' fees",
    "merchant fees": "Its wallet's merchant fees",
    "wallet processing": "Its wallet's bank charges",
    "running the wallet": "Running its wallet",
    "integration": "Joining systems with platforms",
    "exclusivity premium": "Paid for exclusivity",
    "building coverage": "Building 3G coverage",
}


class Row(NamedTuple):
    """One link of the chain: what, in which unit, in A, in B, and B less A; as written."""

    what: str
    meaning: str
    a: str
    b: str
    difference: str


def chain(histories: dict[str, History]) -> list[Row]:
    """Return the links from stance to profit as they stand."""
    return [
        _row("Branches with a partner", "of 93", histories, _partners, 0),
        _row("Paid by phone", "% of all payments this month", histories, _by_phone, 1),
        _row("Worth of paying by phone", "utils, to a China Mobile customer on 3G", histories, _worth, 3),
        _row("3G customers, all operators", "million", histories, _customers_3g, 1),
        _row("China Mobile's 3G customers", "million", histories, _mobile_3g, 1),
        _row("China Mobile's share of all lines", "%", histories, _mobile_share, 2),
        _row("China Mobile's churn", "% a month, mean of 12", histories, _churn, 2),
        _row("China Mobile's profit so far", "bn RMB", histories, _profit, 1),
    ]


def _row(what: str, meaning: str, histories: dict[str, History], of: Any, decimals: int) -> Row:
    a, b = (float(of(histories[w])) for w in WORLDS)
    return Row(what, meaning, f"{a:,.{decimals}f}", f"{b:,.{decimals}f}", signed(b - a, decimals))


def _partners(history: History) -> float:
    return float(history[-1].in_force.any(axis=2).sum())


def _by_phone(history: History) -> float:
    paid = history[-1].paid.sum(axis=(0, 1))
    return PERCENT * float(ratio(paid[1:].sum(), paid.sum()))


def _worth(history: History) -> float:
    now = history[-1]
    return float(ratio((now.worth_3g * now.lines)[:, MOBILE].sum(), now.lines[:, MOBILE].sum()))


def _customers_3g(history: History) -> float:
    return history[-1].lines_3g.sum() / MILLION


def _mobile_3g(history: History) -> float:
    return history[-1].lines_3g[:, MOBILE].sum() / MILLION


def _mobile_share(history: History) -> float:
    return PERCENT * history[-1].lines[:, MOBILE].sum() / history[-1].lines.sum()


def _churn(history: History) -> float:
    months = list(pairwise(history))[-YEAR:]
    rates = [float(now.left[:, MOBILE].sum() / before.lines[:, MOBILE].sum()) for before, now in months]
    return PERCENT * float(np.mean(rates)) if rates else 0.0


def _profit(history: History) -> float:
    return history[-1].profit[:, MOBILE].sum() / BILLION


def money(histories: dict[str, History]) -> list[tuple[str, float]]:
    """Return by what China Mobile has gained or lost in B against A, bn RMB, largest first.

    Receipts less payments since the start; they add up to the difference in profit.
    """
    accounts = [_account(histories[w]) for w in WORLDS]
    reasons = {reason for account in accounts for reason in account}
    gaps = {r: (accounts[1].get(r, 0.0) - accounts[0].get(r, 0.0)) / BILLION for r in reasons}
    listed = sorted(gaps, key=lambda r: -abs(gaps[r]))
    return [(ABOUT.get(reason, reason), gaps[reason]) for reason in listed if gaps[reason]]


def _account(history: History) -> dict[str, float]:
    """Return what China Mobile received less what it paid since the start, RMB by reason."""
    account: dict[str, float] = {}
    for snapshot in history:
        for (payer, payee, reason), amount in snapshot.flows.items():
            if NAME in (payer, payee):
                account[reason] = account.get(reason, 0.0) + (amount if payee == NAME else -amount)
    return account


def sentence(histories: dict[str, History], titles: tuple[str, str]) -> str:
    """Return what to see, in two sentences at most."""
    a, b = histories["a"][-1], histories["b"][-1]
    if a.month == 0:
        return (
            f"Two Chinas with the same people and the same luck. In A: {_small(titles[0])}. In B: "
            f"{_small(titles[1])}. Press play, and see where they part."
        )
    if _alike(a, b):
        return "Both worlds are the same to the last line: nothing that anybody decided has differed yet."
    lines = (b.lines_3g[:, MOBILE].sum() - a.lines_3g[:, MOBILE].sum()) / MILLION
    profit = (b.profit[:, MOBILE].sum() - a.profit[:, MOBILE].sum()) / BILLION
    same_side = [(what, gap) for what, gap in money(histories) if gap * profit > 0]
    why = ""
    if same_side:
        what, gap = same_side[0]
        why = f" The largest part of it: {_small(what)}, {signed(gap, 1)} bn."
    return (
        f"In B, {name_of(NAME)} has {_more(lines, 'million', '3G customers', 'fewer')} and so far "
        f"{_more(profit, 'bn RMB', 'profit', 'less')} than in A.{why}"
    )


def _more(value: float, unit: str, what: str, less: str) -> str:
    return f"{abs(value):,.1f} {unit} {less if value < 0 else 'more'} {what}"


def _small(words: str) -> str:
    return words[:1].lower() + words[1:]


def _alike(a: Snapshot, b: Snapshot) -> bool:
    return all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for name in ("lines", "lines_3g", "profit", "accounts")
    )

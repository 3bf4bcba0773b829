"""The charts of the page: which series, in which colours, against which observations."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from model.measures import ratio, shares
from model.observations import load_observations
from model.schemas import OPERATORS, PLATFORMS
from view.colours import OF, name_of
from view.drawing.chart import Chart, Dots, Line, Mark
from view.drawing.tiles import SHORT
from view.setup import MONTHS, WORLDS, Change
from view.snapshots import Snapshot

MILLION, BILLION, PERCENT = 1e6, 1e9, 100.0
FIRST_YEAR = 2009
NAMES = {**SHORT, "alipay": "Alipay", "tenpay": "Tenpay", "unionpay_online": "UnionPay", "wallet": "Wallets"}
METHODS = ("wallet", *PLATFORMS)  # after cash, as in the market's tables

type History = list[Snapshot]
type Series = dict[str, np.ndarray]


class Kind(NamedTuple):
    """What a chart shows: a function from a history to values (T,) by actor."""

    title: str
    unit: str
    series: Callable[[History], Series]
    least: float = 0.0


def stacked(history: History, name: str) -> np.ndarray:
    """Return one array of all snapshots, month first."""
    return np.stack([getattr(snapshot, name) for snapshot in history])


def subscribers(history: History) -> Series:
    """Return 3G lines by operator, million."""
    return by_operator(stacked(history, "lines_3g").sum(axis=1) / MILLION)


def share_of_lines(history: History) -> Series:
    """Return each operator's share of all lines, %."""
    return by_operator(PERCENT * shares(stacked(history, "lines").sum(axis=1)))


def share_of_3g(history: History) -> Series:
    """Return each operator's share of 3G lines, %; not a number before anybody is on 3G."""
    lines = stacked(history, "lines_3g").sum(axis=1)
    return by_operator(np.where(lines.sum(axis=1, keepdims=True) > 0, PERCENT * shares(lines), np.nan))


def churn(history: History) -> Series:
    """Return who left each operator for another, % of its lines as the month began; none in December 2008."""
    left, lines = stacked(history, "left").sum(axis=1), stacked(history, "lines").sum(axis=1)
    monthly = PERCENT * ratio(left[1:], lines[:-1])
    return by_operator(np.vstack([np.full(len(OPERATORS), np.nan), monthly]))


def payments(history: History) -> Series:
    """Return payments by phone by method, bn RMB a month."""
    paid = stacked(history, "paid").sum(axis=(1, 2))[:, 1:] / BILLION
    return {name: paid[:, m] for m, name in enumerate(METHODS)}


def profits(history: History) -> Series:
    """Return each operator's profit since the start, bn RMB."""
    return by_operator(stacked(history, "profit").sum(axis=1)[:, : len(OPERATORS)] / BILLION)


def users(history: History) -> Series:
    """Return account holders of platforms, and of all wallets together, million."""
    accounts = stacked(history, "accounts").sum(axis=1) / MILLION
    by = {name: accounts[:, m] for m, name in enumerate(PLATFORMS)}
    return {**by, "wallet": accounts[:, len(PLATFORMS) :].sum(axis=1)}


def by_operator(values: np.ndarray) -> Series:
    """Return values (T, K) as a series an operator."""
    return {name: values[:, k] for k, name in enumerate(OPERATORS)}


KINDS = {
    "subscribers": Kind("3G subscribers", "million", subscribers, 10.0),
    "share_3g": Kind("Share of 3G", "% of 3G lines", share_of_3g, 60.0),
    "share": Kind("Share of all lines", "% of lines", share_of_lines, 60.0),
    "profit": Kind("Profit since January 2009", "bn RMB", profits),
    "payments": Kind("Paid by phone", "bn RMB a month", payments),
    "users": Kind("Account holders", "million", users),
    "churn": Kind("Churn", "% of lines a month", churn, 1.0),
}


def make_chart(key: str, histories: dict[str, History], shown: str) -> Chart:
    """Return a chart of both worlds, A dashed and B solid, or of B less A."""
    kind = KINDS[key]
    a, b = (kind.series(histories[w]) for w in WORLDS)
    if shown == "difference":
        lines = [Line(NAMES[name], OF[name], b[name] - a[name]) for name in b]
        return Chart(kind.title, f"B less A, {kind.unit.replace('% of', 'points of')}", lines)
    gone = {name for name in b if np.nan_to_num(a[name]).any() and not b[name][-1]}  # to be seen in A alone
    lines = [Line(f"{NAMES[name]} A", OF[name], a[name], dashed=True, labelled=name in gone) for name in a]
    lines += [Line(NAMES[name], OF[name], b[name], labelled=name not in gone) for name in b]
    return Chart(kind.title, kind.unit, lines, observed() if key == "subscribers" else [], kind.least)


@lru_cache(maxsize=1)
def observed() -> list[Dots]:
    """Return the published 3G subscribers by operator, million."""
    series = load_observations().series.dropna(subset=["lines_3g_million"])
    series = series[series["date"].dt.year >= FIRST_YEAR]
    dots = []
    for name in OPERATORS:
        mine = series[series["operator"] == name]
        months = (mine["date"].dt.year - FIRST_YEAR) * 12 + mine["date"].dt.month
        dots.append(Dots(OF[name], months.to_numpy(float), mine["lines_3g_million"].to_numpy()))
    return dots


@lru_cache(maxsize=1)
def recorded_events() -> tuple[Mark, ...]:
    """Return what happened in those years, numbered, at months and parts of months."""
    events = load_observations().events.sort_values("date")
    dates = events["date"].dt
    months = (dates.year - FIRST_YEAR) * 12 + dates.month - 1 + dates.day / 31
    names = (dates.month_name() + " " + dates.year.astype(str) + ": " + events["event"]).tolist()
    return tuple(
        Mark(x, words, n) for n, (x, words) in enumerate(zip(months.tolist(), names, strict=True), 1)
    )


def deals_made(histories: dict[str, History], changes: tuple[Change, ...]) -> list[Mark]:
    """Return each operator's first deal in each world, and the changes by hand."""
    marks = []
    for w in WORLDS:
        for k, name in enumerate(OPERATORS):
            first = next((s.month for s in histories[w] if s.in_force[k].any()), None)
            if first is not None:
                words = f"{date_of(first)}: first deal of {name_of(name)} in world {w.upper()}"
                marks.append(Mark(first, words, colour=OF[name]))
    for c in changes:
        if c.month < len(histories["a"]):
            marks.append(Mark(c.month + 1, describe(c), colour=OF[c.operator]))
    return marks


def describe(change: Change) -> str:
    """Return a change by hand in words."""
    where = f" in {change.province}" if change.province else ""
    who = f"{name_of(change.operator)}{where}"
    return f"{date_of(change.month + 1)}: {who} {change.stance} by hand in world {change.world.upper()}"


def date_of(month: int) -> str:
    """Return the name of a month; 1 is January 2009, 0 the month before."""
    return month_name((month - 1) % 12 + 1, FIRST_YEAR + (month - 1) // 12)


def month_name(month: int, year: int) -> str:
    """Return a month as people write it."""
    names = "January February March April May June July August September October November December"
    return f"{names.split()[month - 1]} {year}"


assert MONTHS % 12 == 0  # the axis shows whole years

"""What happened, month by month, as tidy tables: one row an observation unit, one column a measure.

`table(name)` gives provinces, `table(name, level="national")` the country; `series` gives one column of a
table as an array, in a fraction of the time. Ratios are worked out on the level asked for, never averaged.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from agents.paying import SERVICES
from agents.stances import Stance
from model import measures
from model.errors import InputError, unknown_name
from model.ledger import FEN
from model.schemas import NETWORKS
from model.settlement import payments_of
from model.tables import LEVELS, OPERATOR_MEASURES, PLATFORM_MEASURES, TABLES


class Arrays(NamedTuple):
    """A table before it is laid flat.

    Attributes
    ----------
    axes : dict
        Labels of each axis after the months.
    values : dict
        Arrays (T, *axes) by column.
    """

    axes: dict[str, Sequence[str]]
    values: dict[str, np.ndarray]


class Recorder:
    """Keeps each month's measures as arrays and makes tables of them when asked.

    Parameters
    ----------
    market : MobileMarket
    """

    def __init__(self, market: Any) -> None:
        self.market = market
        self.months: list[np.record] = []
        self._known: dict[tuple[str, str], Arrays] = {}

    def record(self, measured: np.record) -> None:
        """Keep a month's measures, a record of `model.month.month_type`."""
        self.months.append(measured)
        self._known.clear()

    def stacked(self, name: str) -> np.ndarray:
        """Return one measure over all months, month first."""
        return np.stack([month[name] for month in self.months])

    def table(self, name: str, level: str = "province") -> pd.DataFrame:
        """Return a tidy table.

        Parameters
        ----------
        name : one of operators, platforms, market, payments, tariffs, ledger
        level : province or national

        Raises
        ------
        InputError
            No such table or level, or nothing has happened yet.
        """
        self._check(name, level, TABLES)
        if name == "ledger":
            return self._ledger(level == "national")
        return self._frame(*self._arrays(name, level))

    def series(self, name: str, column: str, level: str = "province") -> np.ndarray:
        """Return one column of a table as an array, month first, then the table's axes in their order.

        Parameters
        ----------
        name : one of operators, platforms, market, payments, tariffs
        column : str
        level : province or national

        Returns
        -------
        (T, ...) array, not to be written to: ("operators", "lines") (T, G, K), nationally (T, K).

        Raises
        ------
        InputError
            No such table, column or level, or nothing has happened yet.
        """
        values = self.columns(name, level)
        if column not in values:
            raise unknown_name("column", column, tuple(values))
        return values[column]

    def columns(self, name: str, level: str = "province") -> dict[str, np.ndarray]:
        """Return a table's measures as arrays by column, each as `series` gives it."""
        self._check(name, level, TABLES[:-1])
        return self._arrays(name, level).values

    def _check(self, name: str, level: str, tables: tuple[str, ...]) -> None:
        if name not in tables:
            raise unknown_name("table", name, tables)
        if level not in LEVELS:
            raise unknown_name("level", level, LEVELS)
        if not self.months:
            raise InputError(f"table {name!r}: no month has been lived yet; step the market first")

    def _arrays(self, name: str, level: str) -> Arrays:
        """Return a table's columns, worked out once for the months there are."""
        if (name, level) not in self._known:
            found = getattr(self, f"_{name}")(level == "national")
            for values in found.values.values():
                values.flags.writeable = False
            self._known[name, level] = found
        return self._known[name, level]

    def _frame(self, axes: dict[str, Sequence[str]], columns: dict[str, np.ndarray]) -> pd.DataFrame:
        """Return the table with one row for each month and combination of the axes."""
        shape = (len(self.months), *(len(labels) for labels in axes.values()))
        month = np.arange(1, shape[0] + 1)
        frame: dict[str, Any] = {
            "month": _along(month, 0, shape),
            "date": _along(month_ends(shape[0]), 0, shape),
        }
        for axis, (name, labels) in enumerate(axes.items(), start=1):
            codes = _along(np.arange(len(labels)), axis, shape)
            frame[name] = pd.Categorical.from_codes(codes, categories=pd.Index(labels))
        frame |= {name: np.ascontiguousarray(values).reshape(-1) for name, values in columns.items()}
        return pd.DataFrame(frame)

    def _operators(self, national: bool) -> Arrays:
        by = {name: self.stacked(name) for name in OPERATOR_MEASURES}  # (T, G, K)
        if not national:
            stances = np.array([stance.name.lower() for stance in Stance])
            by["stance"] = stances[self.stacked("stance")]
            axes = {"province": self.market.provinces, "operator": self.market.operators}
            return Arrays(axes, by)
        by = {name: values.sum(axis=1) for name, values in by.items()}
        opening = np.concatenate([self.market.lines_at_start.sum(axis=0)[None], by["lines"][:-1]])
        by["share"] = measures.shares(by["lines"])
        by["share_3g"] = measures.shares(by["lines_3g"])
        by["churn"] = measures.ratio(by["left"], opening)
        by["arpu_rmb"] = measures.ratio(by["bills_rmb"], by["lines"])
        return Arrays({"operator": self.market.operators}, by)

    def _platforms(self, national: bool) -> Arrays:
        by = {name: self.stacked(_recorded_as(name)) for name in PLATFORM_MEASURES}
        acceptance = self.stacked("acceptance")
        if national:
            weight = by["accounts"].sum(axis=1)
            by["acceptance"] = measures.ratio((acceptance * by["accounts"]).sum(axis=1), weight)
            by = {k: v if k == "acceptance" else v.sum(axis=1) for k, v in by.items()}
            return Arrays({"platform": self.market.all_platforms}, by)
        by["acceptance"] = acceptance
        axes = {"province": self.market.provinces, "platform": self.market.all_platforms}
        return Arrays(axes, by)

    def _market(self, national: bool) -> Arrays:
        lines, lines_3g = self.stacked("lines"), self.stacked("lines_3g")
        flows = {name: self.stacked(name) for name in ("consumer_surplus_rmb", "welfare_rmb")}
        if national:
            lines, lines_3g = lines.sum(axis=1), lines_3g.sum(axis=1)
            flows = {name: values.sum(axis=1) for name, values in flows.items()}
        by = {
            "lines": lines.sum(axis=-1),
            "lines_3g": lines_3g.sum(axis=-1),
            "penetration_3g": measures.ratio(lines_3g.sum(axis=-1), lines.sum(axis=-1)),
            "hhi": measures.herfindahl(lines),
            "hhi_3g": measures.herfindahl(lines_3g),
            **flows,
        }
        return Arrays({} if national else {"province": self.market.provinces}, by)

    def _payments(self, national: bool) -> Arrays:
        months = [payments_of(self.market, month) for month in self.months]
        by = dict(zip(("payments", "volume_rmb"), map(np.stack, zip(*months, strict=True)), strict=True))
        axes: dict[str, Sequence[str]] = {
            "operator": self.market.operators,
            "service": SERVICES,
            "method": self.market.methods,
        }
        if national:
            by = {name: values.sum(axis=1) for name, values in by.items()}
        else:
            axes = {"province": self.market.provinces, **axes}
        return Arrays(axes, by)

    def _tariffs(self, national: bool) -> Arrays:  # tariffs are national: the levels are the same
        by = {name: self.stacked(name) for name in ("price_rmb", "serving_cost_rmb")}
        by["markup_rmb"] = by["price_rmb"] - by["serving_cost_rmb"]
        for name in ("evaluations", "residual_rmb", "curvature"):
            by[name] = np.broadcast_to(self.stacked(name)[:, None, None], by["price_rmb"].shape)
        return Arrays({"operator": self.market.operators, "network": NETWORKS}, by)

    def _ledger(self, national: bool) -> pd.DataFrame:
        ledger = self.market.ledger
        entries = [
            (month, *entry, fen)
            for month in range(1, len(self.months) + 1)
            for entry, fen in ledger.entries(month - 1).items()
        ]
        frame = pd.DataFrame(
            [entry[:4] for entry in entries], columns=["month", "payer", "payee", "reason"]
        ).astype({"month": np.int64})
        fen = np.array([entry[4] for entry in entries], np.int64).reshape(len(entries), -1)
        frame.insert(1, "date", month_ends(len(self.months))[frame["month"] - 1])
        if national:
            return frame.assign(amount_rmb=fen.sum(axis=1) / FEN)
        frame = frame.loc[np.repeat(frame.index, fen.shape[1])].reset_index(drop=True)
        frame.insert(2, "province", np.tile(self.market.provinces, len(entries)))
        return frame.assign(amount_rmb=fen.reshape(-1) / FEN)


def month_ends(months: int) -> np.ndarray:
    """Return the last day of months 1.. as dates; month 1 is January 2009."""
    following = np.datetime64("2009-02", "M") + np.arange(months)
    return (following.astype("datetime64[D]") - np.timedelta64(1, "D")).astype("datetime64[s]")


def _recorded_as(name: str) -> str:
    """Return the name under which `record` was given a column of the platforms' table."""
    return f"platform_{name}" if name in ("profit_rmb", "deals") else name


def _along(values: np.ndarray, axis: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return values laid along one axis of a shape and flattened."""
    lying = values.reshape([-1 if a == axis else 1 for a in range(len(shape))])
    return np.broadcast_to(lying, shape).reshape(-1)

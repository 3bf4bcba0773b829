"""What happened, month by month, as tidy tables: one row an observation unit, one column a measure.

`table(name)` gives provinces, `table(name, level="national")` the country. Ratios are worked out on the
level asked for, never averaged.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from agents.choice import SERVICES
from agents.partnerships import Stance
from model import measures
from model.errors import InputError, unknown_name
from model.ledger import FEN
from model.schemas import NETWORKS

TABLES = ("operators", "platforms", "market", "payments", "tariffs", "ledger")
OPERATOR_MEASURES = (
    "lines",
    "lines_3g",
    "joined",
    "left",
    "bills_rmb",
    "revenue_rmb",
    "profit_rmb",
    "deals",
    "wallet_users",
)
PLATFORM_MEASURES = ("accounts", "volume_rmb", "fees_rmb", "profit_rmb", "deals")
LEVELS = ("province", "national")

#: The columns of the national tables that `columns` gives, in their order.
NATIONAL = {
    "operators": (*OPERATOR_MEASURES, "share", "share_3g", "churn", "arpu_rmb"),
    "platforms": (*PLATFORM_MEASURES, "acceptance"),
    "market": (
        "lines",
        "lines_3g",
        "penetration_3g",
        "hhi",
        "hhi_3g",
        "consumer_surplus_rmb",
        "welfare_rmb",
    ),
}


class Recorder:
    """Keeps each month's measures as arrays and makes tables of them when asked.

    Parameters
    ----------
    market : MobileMarket
    """

    def __init__(self, market: Any) -> None:
        self.market = market
        self.months: list[dict[str, np.ndarray]] = []

    def record(self, **measured: np.ndarray) -> None:
        """Keep one month's arrays by name."""
        self.months.append(measured)

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
        if name not in TABLES:
            raise unknown_name("table", name, TABLES)
        if level not in LEVELS:
            raise unknown_name("level", level, LEVELS)
        if not self.months:
            raise InputError(f"table {name!r}: no month has been lived yet; step the market first")
        return getattr(self, f"_{name}")(level == "national")

    def columns(self, name: str) -> dict[str, np.ndarray]:
        """Return a national table as arrays, without the cost of a table.

        Parameters
        ----------
        name : one of `NATIONAL`

        Returns
        -------
        dict of (T, K) or (T, M + K), for "market" (T,)
            By column, as `NATIONAL` lists them; month first, then operator, or platform and wallet.
        """
        columns: dict[str, np.ndarray] = getattr(self, f"_national_{name}")()
        return columns

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

    def _operators(self, national: bool) -> pd.DataFrame:
        if national:
            return self._frame({"operator": self.market.operators}, self._national_operators())
        by = {name: self.stacked(name) for name in OPERATOR_MEASURES}  # (T, G, K)
        stances = np.array([stance.name.lower() for stance in Stance])
        by["stance"] = stances[self.stacked("stance")]
        axes = {"province": self.market.provinces, "operator": self.market.operators}
        return self._frame(axes, by)

    def _national_operators(self) -> dict[str, np.ndarray]:
        by = {name: self.stacked(name).sum(axis=1) for name in OPERATOR_MEASURES}
        opening = np.concatenate([self.market.lines_at_start.sum(axis=0)[None], by["lines"][:-1]])
        by["share"] = measures.shares(by["lines"])
        by["share_3g"] = measures.shares(by["lines_3g"])
        by["churn"] = measures.ratio(by["left"], opening)
        by["arpu_rmb"] = measures.ratio(by["bills_rmb"], by["lines"])
        return by

    def _platforms(self, national: bool) -> pd.DataFrame:
        if national:
            return self._frame({"platform": self.market.all_platforms}, self._national_platforms())
        by = {name: self.stacked(_recorded_as(name)) for name in PLATFORM_MEASURES}
        by["acceptance"] = self.stacked("acceptance")
        axes = {"province": self.market.provinces, "platform": self.market.all_platforms}
        return self._frame(axes, by)

    def _national_platforms(self) -> dict[str, np.ndarray]:
        by = {name: self.stacked(_recorded_as(name)).sum(axis=1) for name in PLATFORM_MEASURES}
        accepting = (self.stacked("acceptance") * self.stacked("accounts")).sum(axis=1)
        by["acceptance"] = measures.ratio(accepting, by["accounts"])
        return by

    def _market(self, national: bool) -> pd.DataFrame:
        if national:
            return self._frame({}, self._national_market())
        flows = {name: self.stacked(name) for name in ("consumer_surplus_rmb", "welfare_rmb")}
        by = _concentration(self.stacked("lines"), self.stacked("lines_3g")) | flows
        return self._frame({"province": self.market.provinces}, by)

    def _national_market(self) -> dict[str, np.ndarray]:
        flows = {name: self.stacked(name).sum(axis=1) for name in ("consumer_surplus_rmb", "welfare_rmb")}
        lines, lines_3g = self.stacked("lines").sum(axis=1), self.stacked("lines_3g").sum(axis=1)
        return _concentration(lines, lines_3g) | flows

    def _payments(self, national: bool) -> pd.DataFrame:
        by = {"payments": self.stacked("payments"), "volume_rmb": self.stacked("payments_rmb")}
        axes: dict[str, Sequence[str]] = {
            "operator": self.market.operators,
            "service": SERVICES,
            "method": self.market.methods,
        }
        if national:
            by = {name: values.sum(axis=1) for name, values in by.items()}
        else:
            axes = {"province": self.market.provinces, **axes}
        return self._frame(axes, by)

    def _tariffs(self, national: bool) -> pd.DataFrame:  # tariffs are national: the levels are the same
        by = {name: self.stacked(name) for name in ("price_rmb", "serving_cost_rmb")}
        by["markup_rmb"] = by["price_rmb"] - by["serving_cost_rmb"]
        for name in ("evaluations", "residual_rmb", "curvature"):
            by[name] = np.broadcast_to(self.stacked(name)[:, None, None], by["price_rmb"].shape)
        return self._frame({"operator": self.market.operators, "network": NETWORKS}, by)

    def _ledger(self, national: bool) -> pd.DataFrame:
        history = enumerate(self.market.ledger.history, start=1)
        entries = [(month, *entry, fen) for month, filed in history for entry, fen in filed.items()]
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


def _concentration(lines: np.ndarray, lines_3g: np.ndarray) -> dict[str, np.ndarray]:
    """Return the market's lines and how they are spread, from lines by operator (..., K)."""
    return {
        "lines": lines.sum(axis=-1),
        "lines_3g": lines_3g.sum(axis=-1),
        "penetration_3g": measures.ratio(lines_3g.sum(axis=-1), lines.sum(axis=-1)),
        "hhi": measures.herfindahl(lines),
        "hhi_3g": measures.herfindahl(lines_3g),
    }


def _along(values: np.ndarray, axis: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return values laid along one axis of a shape and flattened."""
    lying = values.reshape([-1 if a == axis else 1 for a in range(len(shape))])
    return np.broadcast_to(lying, shape).reshape(-1)

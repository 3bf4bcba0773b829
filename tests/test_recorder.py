"""Tables: two months of a market of two provinces by hand, and the rows that stand for people."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.paying import TELECOM
from agents.records import make_record, record_type
from model import measures
from model.errors import InputError
from model.ledger import Ledger, lay_out
from model.market import MobileMarket
from model.observations import load_observations
from model.people import entered_lines, rows_by_province
from model.recorder import Recorder, month_ends
from model.settlement import till_type
from model.tables import TABLES

OPERATORS = ("china_mobile", "china_unicom")
# Province x operator; the second month is the first with 20 lines moved in the first province.
LINES = [np.array([[100.0, 60.0], [40.0, 0.0]]), np.array([[80.0, 80.0], [40.0, 0.0]])]
LINES_3G = [np.array([[10.0, 30.0], [0.0, 0.0]]), np.array([[20.0, 40.0], [10.0, 0.0]])]
ZERO = np.zeros((2, 2))


def recorded() -> Recorder:
    ledger = Ledger((*OPERATORS, "consumers"), 2)
    market: Any = SimpleNamespace(
        provinces=("Beijing", "Tibet"),
        operators=OPERATORS,
        all_platforms=("alipay", "china_mobile_wallet"),
        methods=("cash", "wallet", "alipay"),
        lines_at_start=np.array([[110.0, 50.0], [40.0, 0.0]]),
        ledger=ledger,
        scale=np.array([1.0, 2.0]),
        value_each=np.zeros((2, 2, 4)),
        till=np.zeros(1, till_type(4, 3)),
    )
    recorder = Recorder(market)
    bills = lay_out((("consumers", "china_mobile", "bills"),), ledger.parties)
    for month in (0, 1):
        ledger.file(bills, np.array([[100.25], [7.5 * month]]))
        rows = np.zeros((2, 2, 2, 4, 3), np.uint32)
        rows[:, :, 0, TELECOM] = month + 1  # bills by every method
        measured = dict(
            lines=LINES[month],
            lines_3g=LINES_3G[month],
            joined=np.array([[0.0, 20.0], [0.0, 0.0]]) * month,
            left=np.array([[30.0, 0.0], [0.0, 0.0]]) * month,
            bills_rmb=LINES[month] * [[50.0, 70.0], [30.0, 30.0]],
            revenue_rmb=LINES[month] * 60,
            profit_rmb=LINES[month] * [[1.0, -1.0], [2.0, 2.0]],
            stance=np.array([[0, 1], [2, 0]]),
            deals=np.array([[0, 1], [3, 0]]),
            wallet_users=ZERO + 5,
            accounts=np.array([[30.0, 10.0], [10.0, 0.0]]),
            acceptance=np.array([[0.4, 0.1], [0.8, 0.5]]),
            volume_rmb=ZERO + 2,
            fees_rmb=ZERO + 3,
            platform_profit_rmb=ZERO + 4,
            platform_deals=np.array([[2, 0], [1, 0]]),
            consumer_surplus_rmb=np.array([7.0, 8.0]),
            welfare_rmb=np.array([10.0, 20.0]),
            paid_rows=rows,
            price_rmb=np.array([[25.0, 0.0], [25.0, 0.0]]),
        )
        kind = record_type({name: (values.dtype, values.shape) for name, values in measured.items()})
        record = make_record(kind)
        for name, values in measured.items():
            record[name][...] = values
        recorder.record(record)
    return recorder


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return recorded()


def row(table: pd.DataFrame, **where: object) -> pd.Series:
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_operators_by_province(recorder: Recorder) -> None:
    table = recorder.table("operators")
    assert table.columns.tolist()[:4] == ["month", "date", "province", "operator"]
    assert len(table) == 2 * 2 * 2
    found = row(table, month=2, province="Beijing", operator="china_mobile")
    assert found["lines"] == 80
    assert found["lines_3g"] == 20
    assert found["left"] == 30
    assert found["stance"] == "closed"
    assert found["bills_rmb"] == 4000
    assert found["date"] == pd.Timestamp("2009-02-28")
    assert row(table, month=1, province="Beijing", operator="china_unicom")["stance"] == "open"
    assert row(table, month=1, province="Tibet", operator="china_mobile")["stance"] == "exclusive"
    assert row(table, month=1, province="Tibet", operator="china_mobile")["deals"] == 3


def test_operators_nationally(recorder: Recorder) -> None:
    table = recorder.table("operators", level="national")
    assert "province" not in table
    assert "stance" not in table
    one = row(table, month=1, operator="china_mobile")
    assert one["lines"] == 140
    assert one["share"] == pytest.approx(140 / 200)
    assert one["share_3g"] == pytest.approx(10 / 40)
    assert one["churn"] == 0
    assert one["arpu_rmb"] == pytest.approx((100 * 50 + 40 * 30) / 140)
    assert one["profit_rmb"] == 100 + 80
    two = row(table, month=2, operator="china_mobile")
    assert two["churn"] == pytest.approx(30 / 140)  # of the lines the month began with
    assert two["share_3g"] == pytest.approx(30 / 70)
    assert row(table, month=2, operator="china_unicom")["joined"] == 20


def test_first_churn_is_of_the_lines_at_the_start() -> None:
    recorder = recorded()
    recorder.months[0]["left"] = np.array([[15.0, 0.0], [0.0, 0.0]])
    table = recorder.table("operators", level="national")
    assert row(table, month=1, operator="china_mobile")["churn"] == pytest.approx(15 / 150)


def test_platforms(recorder: Recorder) -> None:
    table = recorder.table("platforms")
    assert row(table, month=1, province="Tibet", platform="alipay")["acceptance"] == 0.8
    national = recorder.table("platforms", level="national")
    alipay = row(national, month=2, platform="alipay")
    assert alipay["accounts"] == 40
    assert alipay["acceptance"] == pytest.approx((0.4 * 30 + 0.8 * 10) / 40)  # by accounts
    assert alipay["deals"] == 3
    assert (alipay["volume_rmb"], alipay["fees_rmb"], alipay["profit_rmb"]) == (4, 6, 8)


def test_market(recorder: Recorder) -> None:
    beijing = row(recorder.table("market"), month=1, province="Beijing")
    assert beijing["lines"] == 160
    assert beijing["penetration_3g"] == pytest.approx(40 / 160)
    assert beijing["hhi"] == pytest.approx((100 / 160) ** 2 + (60 / 160) ** 2)
    assert beijing["hhi_3g"] == pytest.approx(1 / 16 + 9 / 16)
    tibet = row(recorder.table("market"), month=1, province="Tibet")
    assert (tibet["hhi"], tibet["hhi_3g"], tibet["penetration_3g"]) == (1, 0, 0)
    nation = row(recorder.table("market", level="national"), month=1)
    assert nation["hhi"] == pytest.approx(0.7**2 + 0.3**2)
    assert (nation["consumer_surplus_rmb"], nation["welfare_rmb"]) == (15, 30)


def test_payments(recorder: Recorder) -> None:
    table = recorder.table("payments")
    assert len(table) == 2 * 2 * 2 * 4 * 3
    where = {"month": 2, "operator": "china_unicom", "service": "telecom", "method": "alipay"}
    found = row(table, province="Tibet", **where)
    assert (found["payments"], found["volume_rmb"]) == (4, 100)  # two rows, of two lines each, at 25 RMB
    found = row(recorder.table("payments", level="national"), **where)
    assert (found["payments"], found["volume_rmb"]) == (6, 150)
    assert table.loc[table["service"] != "telecom", "payments"].sum() == 0


def test_ledger(recorder: Recorder) -> None:
    table = recorder.table("ledger")
    found = row(table, month=2, province="Tibet")
    assert found[["payer", "payee", "reason"]].tolist() == ["consumers", "china_mobile", "bills"]
    assert found["amount_rmb"] == 7.5
    assert found["date"] == pd.Timestamp("2009-02-28")
    assert recorder.table("ledger", level="national")["amount_rmb"].tolist() == [100.25, 107.75]


def test_unknown_tables_and_levels(recorder: Recorder) -> None:
    with pytest.raises(InputError, match="unknown table 'operator': did you mean 'operators'"):
        recorder.table("operator")
    with pytest.raises(InputError, match="unknown level 'nation': did you mean 'national'"):
        recorder.table("operators", level="nation")


def test_month_ends() -> None:
    days = [str(day)[:10] for day in month_ends(60)]
    assert days[:3] == ["2009-01-31", "2009-02-28", "2009-03-31"]
    assert days[37] == "2012-02-29"
    assert days[59] == "2013-12-31"


# ---- measures and rows --------------------------------------------------------------------------


def test_measures_where_nobody_is() -> None:
    assert measures.ratio(np.array([1.0, 2.0]), np.array([4.0, 0.0])).tolist() == [0.25, 0]
    assert measures.shares(np.array([[3.0, 1.0], [0.0, 0.0]])).tolist() == [[0.75, 0.25], [0, 0]]
    assert measures.herfindahl(np.array([[1.0, 1.0], [0.0, 0.0]])).tolist() == [0.5, 0]


def test_rows_by_largest_remainder() -> None:
    # Each has one; of the other 10 the shares are 5.5, 3.3 and 1.2: the remainder goes to the first.
    assert rows_by_province(np.array([55.0, 33.0, 12.0]), 13).tolist() == [7, 4, 2]
    assert rows_by_province(np.array([1.0, 1.0]), 5).tolist() == [3, 2]
    assert rows_by_province(np.array([1.0, 1e9]), 2).tolist() == [1, 1]


@settings(deadline=None)
@given(st.lists(st.floats(0.1, 1e4), min_size=1, max_size=31), st.integers(31, 10_000))
def test_rows_are_shared_out_completely(lines: list[float], rows: int) -> None:
    given = rows_by_province(np.array(lines), rows)
    assert given.sum() == rows
    exact = 1 + np.array(lines) / sum(lines) * (rows - len(lines))
    assert (np.abs(given - exact) < 1 + 1e-9).all()


def test_lines_enter_by_hand() -> None:
    lines = np.array([[5.0, 7.5, 7.0, 10.0], [1.0, 2.0, 3.0, 4.0]])
    entered = entered_lines(lines, np.array([100, 8]))
    assert entered.tolist() == [[50, 75, 75, 100], [2, 4, 6, 8]]  # a line once in use stays


@pytest.mark.parametrize("rows", [310, 50_000])
def test_lines_follow_the_observed_path(rows: int) -> None:
    lines = load_observations().lines
    sizes = rows_by_province(lines[:, -1], rows)
    entered = entered_lines(lines, sizes)
    scale = lines[:, -1] / sizes
    rising = np.maximum.accumulate(lines, axis=1)
    assert (np.abs(entered * scale[:, None] - rising) <= 0.5 * scale[:, None] + 1e-9).all()
    assert (np.diff(entered, axis=1) >= 0).all()
    assert (entered[:, -1] == sizes).all()


def test_before_the_first_month_there_is_no_table() -> None:
    with pytest.raises(InputError, match="no month has been lived yet"):
        MobileMarket("closed", 310, 1, 1).recorder.table("operators")


@pytest.mark.parametrize("level", ["province", "national"])
def test_series_are_the_columns_of_tables(recorder: Recorder, level: str) -> None:
    for name in TABLES:
        if name in ("tariffs", "ledger"):  # not recorded here; no axes
            continue
        table = recorder.table(name, level)
        axes = [c for c in ("province", "operator", "platform", "service", "method") if c in table]
        shape = (2, *(table[axis].nunique() for axis in axes))
        for column in table.columns.drop(["month", "date", *axes]):
            found = recorder.series(name, column, level)
            assert found.shape == shape
            assert found.ravel().tolist() == table[column].tolist()
    assert recorder.series("operators", "lines")[1, 0].tolist() == [80, 80]


def test_series_that_do_not_exist(recorder: Recorder) -> None:
    with pytest.raises(InputError, match="unknown column 'line': did you mean 'lines'"):
        recorder.series("operators", "line")
    with pytest.raises(InputError, match="unknown table 'ledger'"):
        recorder.series("ledger", "amount_rmb")
    with pytest.raises(ValueError, match="read-only"):
        recorder.series("operators", "lines")[:] = 0


def test_another_month_is_in_the_series() -> None:
    recorder = recorded()
    assert len(recorder.series("market", "lines")) == 2
    recorder.record(recorder.months[-1])
    assert len(recorder.series("market", "lines")) == 3

"""The ledger: to the last fen, nothing comes from nowhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.ledger import Ledger, lay_out

PARTIES = ("consumers", "operator", "platform")
BILLS, FEES = ("consumers", "operator", "bills"), ("operator", "platform", "fees")


def file(ledger: Ledger, *payments: tuple) -> None:
    """File a month of payments, each an entry and RMB by province."""
    amounts = np.array([amount for _, amount in payments]).reshape(len(payments), len(ledger.balances))
    ledger.file(lay_out(tuple(entry for entry, _ in payments), ledger.parties), amounts.T)


def test_a_month_by_hand() -> None:
    ledger = Ledger(PARTIES, 2)
    nothing = ("platform", "consumers", "refunds")
    file(ledger, (BILLS, [100.0, 50.5]), (FEES, [3.25, 0.0]), (nothing, [0, 0]), (FEES, [1.0, 2.0]))
    entries = {entry: fen.tolist() for entry, fen in ledger.entries().items()}
    assert entries == {BILLS: [10_000, 5_050], FEES: [425, 200]}
    assert ledger.entered(FEES, nothing).tolist() == [[4.25, 0.0], [2.0, 0.0]]
    assert ledger.net("operator").tolist() == [[95.75], [48.5]]
    assert ledger.received("operator").tolist() == [[100.0], [50.5]]
    assert ledger.net("platform").tolist() == ledger.received("platform").tolist() == [[4.25], [2.0]]
    assert ledger.net("consumers", "operator").tolist() == [[-100.0, 95.75], [-50.5, 48.5]]
    assert ledger.received("consumers").tolist() == [[0.0], [0.0]]
    assert ledger.total("operator") == 144.25
    assert ledger.total("operator", 1) == 48.5
    assert ledger.balance["operator"].tolist() == [9_575, 4_850]


def test_months_are_filed_apart_and_totals_run_on() -> None:
    ledger = Ledger(PARTIES, 1)
    for amount in (10.0, 20.0):
        file(ledger, (BILLS, [amount]))
    file(ledger)
    assert [ledger.net("operator", month=month)[0, 0] for month in (0, 1, 2)] == [10.0, 20.0, 0.0]
    assert ledger.net("operator")[0, 0] == 0
    assert ledger.total("operator") == 30
    assert ledger.entries() == {}


def test_each_payment_is_whole_fen() -> None:
    ledger = Ledger(PARTIES, 3)
    file(ledger, (BILLS, [0.014, 0.016, 1e12]), (BILLS, [0.014, 0.016, 0]))
    assert ledger.balance["operator"].tolist() == [2, 4, 10**14]


@pytest.mark.parametrize("amount", [-0.01, -1e-9, float("nan")])
def test_only_amounts_that_can_be_paid(amount: float) -> None:
    ledger = Ledger(PARTIES, 2)
    with pytest.raises(ValueError, match="consumers cannot pay operator a negative amount for bills"):
        file(ledger, (FEES, [1.0, 1.0]), (BILLS, [5.0, amount]))
    assert not ledger.balances.any()
    assert not ledger.months


def test_a_layout_of_others_is_refused() -> None:
    ledger = Ledger(PARTIES, 1)
    for layout, amounts in (
        (lay_out((BILLS,), (*PARTIES, "bank")), np.ones((1, 1))),
        (lay_out((BILLS, FEES), PARTIES), np.ones((1, 1))),
        (lay_out((BILLS,), PARTIES), np.ones((2, 1))),
    ):
        with pytest.raises(ValueError, match="a layout of their own, between this ledger's parties"):
            ledger.file(layout, amounts)
    assert not ledger.months


def test_unknown_parties_are_refused() -> None:
    ledger = Ledger(PARTIES, 1)
    with pytest.raises(ValueError, match="'bank' is no party; parties: consumers, operator"):
        file(ledger, (("operator", "bank", "fees"), [1.0]))
    assert ledger.total("operator") == 0


payments = st.lists(
    st.tuples(
        st.tuples(st.sampled_from(PARTIES), st.sampled_from(PARTIES), st.sampled_from(("bills", "fees"))),
        st.lists(st.floats(0, 1e9), min_size=2, max_size=2),
    ),
    max_size=6,
)


@given(st.lists(payments, max_size=4))
def test_the_sum_over_everybody_is_exactly_zero(months: list) -> None:
    ledger = Ledger(PARTIES, 2)
    for month in months:
        file(ledger, *month)
    assert ledger.balances.sum(axis=1).tolist() == [0, 0]
    for party in PARTIES:
        nets = [ledger.net(party, month=month)[:, 0] for month in range(len(ledger.months))]
        assert np.sum(nets, axis=0) == pytest.approx(ledger.balance[party] / 100, abs=1e-3)

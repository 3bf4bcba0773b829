"""The ledger: to the last fen, nothing comes from nowhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.ledger import Ledger

PARTIES = ("consumers", "operator", "platform")


def test_a_month_by_hand() -> None:
    ledger = Ledger(PARTIES, 2)
    ledger.pay("consumers", "operator", "bills", np.array([100.0, 50.5]))
    ledger.pay("operator", "platform", "fees", np.array([3.25, 0.0]))
    ledger.pay("operator", "platform", "fees", np.array([1.0, 2.0]))
    ledger.close_month()
    assert ledger.history == [
        {
            ("consumers", "operator", "bills"): pytest.approx([10_000, 5_050]),
            ("operator", "platform", "fees"): pytest.approx([425, 200]),
        }
    ]
    assert ledger.net("operator").tolist() == [95.75, 48.5]
    assert ledger.received("operator").tolist() == [100.0, 50.5]
    assert ledger.net("platform").tolist() == ledger.received("platform").tolist() == [4.25, 2.0]
    assert ledger.net("consumers").tolist() == [-100.0, -50.5]
    assert ledger.received("consumers").tolist() == [0.0, 0.0]
    assert ledger.total("operator") == 144.25
    assert ledger.total("operator", 1) == 48.5


def test_months_are_filed_apart_and_totals_run_on() -> None:
    ledger = Ledger(PARTIES, 1)
    for amount in (10.0, 20.0):
        ledger.pay("consumers", "operator", "bills", np.array([amount]))
        ledger.close_month()
    ledger.close_month()
    assert [ledger.net("operator", month)[0] for month in (0, 1, 2)] == [10.0, 20.0, 0.0]
    assert ledger.net("operator")[0] == 0
    assert ledger.total("operator") == 30
    assert ledger.month_entries == {}


def test_amounts_are_whole_fen() -> None:
    ledger = Ledger(PARTIES, 3)
    ledger.pay("consumers", "operator", "bills", np.array([0.014, 0.016, 1e12]))
    assert ledger.balance["operator"].tolist() == [1, 2, 10**14]


@pytest.mark.parametrize("amount", [-0.01, -1e-9, float("nan")])
def test_only_amounts_that_can_be_paid(amount: float) -> None:
    ledger = Ledger(PARTIES, 2)
    with pytest.raises(ValueError, match="consumers cannot pay operator a negative amount for bills"):
        ledger.pay("consumers", "operator", "bills", np.array([5.0, amount]))
    assert not any(balance.any() for balance in ledger.balance.values())
    assert not ledger.month_entries


def test_unknown_parties_are_refused() -> None:
    ledger = Ledger(PARTIES, 1)
    with pytest.raises(ValueError, match="'bank' is no party; parties: consumers, operator"):
        ledger.pay("operator", "bank", "fees", np.array([1.0]))
    assert ledger.total("operator") == 0


payments = st.lists(
    st.tuples(
        st.sampled_from(PARTIES),
        st.sampled_from(PARTIES),
        st.sampled_from(("bills", "fees")),
        st.lists(st.floats(0, 1e9), min_size=2, max_size=2),
        st.booleans(),
    ),
    max_size=12,
)


@given(payments)
def test_the_sum_over_everybody_is_exactly_zero(entries: list) -> None:
    ledger = Ledger(PARTIES, 2)
    for payer, payee, reason, amounts, closes in entries:
        ledger.pay(payer, payee, reason, np.array(amounts))
        if closes:
            ledger.close_month()
    ledger.close_month()
    assert sum(ledger.balance.values()).tolist() == [0, 0]  # type: ignore[union-attr]
    for party in PARTIES:
        months = [ledger.net(party, month) for month in range(len(ledger.history))]
        assert np.sum(months, axis=0) == pytest.approx(ledger.balance[party] / 100, abs=1e-3)

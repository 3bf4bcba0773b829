"""Closed and open each win somewhere: the answer comes out of the parameters that ought to decide it.

Each test compares two runs that share their luck, for several seeds, and asks that every single pair
has the same sign: nothing here rests on one lucky draw.
"""

import numpy as np
import pytest

from model.market import MobileMarket

SEEDS = (0, 1, 2, 3)


def closed_less_open(closed: str, opened: str, **parameters: float) -> np.ndarray:
    """Return China Mobile's gain from staying closed, bn RMB over five years, by seed."""

    def profit(scenario: str, seed: int) -> float:
        market = MobileMarket(scenario, consumers=5_000, months=60, rng=seed, **parameters).run()
        return market.ledger.total("china_mobile") / 1e9

    return np.array([profit(closed, seed) - profit(opened, seed) for seed in SEEDS])


def test_open_wins_where_3g_pays_and_people_pay_by_phone() -> None:
    """A 3G line that costs no more than a 2G line, a small subsidy, dear cash."""
    gain = closed_less_open(
        "incumbent_closed",
        "open",
        serving_cost_3g=30,
        subsidy_china_mobile=300,
        outlet_commission=0.05,
    )
    assert (gain < 0).all()


def test_closed_wins_where_3g_customers_are_bought_with_subsidies() -> None:
    gain = closed_less_open("incumbent_closed", "open", serving_cost_3g=55, subsidy_china_mobile=800)
    assert (gain > 0).all()


def test_closed_wins_where_wallets_hold_people_and_cash_is_cheap() -> None:
    """Nobody cares for paying by phone on 3G, so only lock-in and commission are left."""
    gain = closed_less_open(
        "incumbent_closed",
        "open",
        payment_value_3g=0.05,
        join_online=0,
        lock_in=3,
        outlet_commission=0.01,
    )
    assert (gain > 0).all()


def test_open_wins_where_only_commission_is_at_stake() -> None:
    gain = closed_less_open("incumbent_closed", "open", payment_value_3g=0.05, join_online=0, lock_in=0)
    assert (gain < 0).all()


@pytest.mark.parametrize(("lock_in", "sign"), [(0.0, -1), (4.0, 1)])
def test_in_the_2g_era_lock_in_decides(lock_in: float, sign: int) -> None:
    gain = closed_less_open("two_g", "two_g_incumbent_open", lock_in=lock_in, outlet_commission=0.01)
    assert (np.sign(gain) == sign).all()

"""Platforms: users by Bass, merchants that follow them, and the weight that users give at the table."""

from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np
import pytest

from agents.bargaining import Gains
from agents.platforms import PaymentPlatform, adoption_hazard, merchants_follow


def test_adoption_hazard_by_hand() -> None:
    users, acceptance = np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.2, 1.0])
    found = adoption_hazard(0.01, 0.04, 0.1, users, acceptance)
    assert found == pytest.approx([0.01, 0.01 + 0.02 + 0.02, 0.15])
    assert adoption_hazard(0.9, 0.9, 0.0, users, acceptance) == pytest.approx([0.9, 1.0, 1.0])


@pytest.mark.parametrize(("p", "q"), [(0.01, 0.1), (0.03, 0.4), (0.05, 0.0)])
def test_small_steps_give_the_bass_curve(p: float, q: float) -> None:
    def share_after(t: float, steps: int) -> float:
        users = np.zeros(1)
        for _ in range(steps):
            users += adoption_hazard(p * t / steps, q * t / steps, 0.0, users, users) * (1 - users)
        return float(users[0])

    t = 15.0
    decay = np.exp(-(p + q) * t)
    closed = (1 - decay) / (1 + q / p * decay)
    errors = [abs(share_after(t, steps) - closed) for steps in (100, 1000, 10_000)]
    assert errors[2] < 1e-4
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.2)  # first order in the step
    assert errors[1] / errors[2] == pytest.approx(10, rel=0.2)


def test_merchants_follow_users_with_a_lag() -> None:
    acceptance, users, speed = np.array([0.1, 0.9]), np.array([0.5, 0.5]), 0.08
    found = acceptance
    for month in range(1, 25):
        found = merchants_follow(found, users, speed)
        assert found == pytest.approx(users + (acceptance - users) * (1 - speed) ** month)
    assert merchants_follow(acceptance, users, 0.0) == pytest.approx(acceptance)
    assert merchants_follow(acceptance, users, 1.0) == pytest.approx(users)


class Table(mesa.Model):
    """A market as far as a platform looks at it: two provinces of 1,000 lines."""

    def __init__(self, floor: float, by_users: float) -> None:
        super().__init__(rng=1)
        self.parameters = SimpleNamespace(bargaining_floor=floor, bargaining_users=by_users)
        self.lines = np.full((2, 2), 500.0)
        self.platform_accounts = np.array([[400.0], [0.0]])
        self.acceptance = np.array([[0.3], [0.1]])
        self.partnerships = SimpleNamespace(in_force=np.ones((2, 2, 1), bool))


def platform(floor: float, by_users: float, owner: str | None = None) -> Any:
    return PaymentPlatform(Table(floor, by_users), "alipay", 0, owner)


def test_weight_grows_with_users() -> None:
    alipay = platform(0.3, 0.5)
    assert alipay.bargaining_weight == pytest.approx([0.3 + 0.5 * 0.4, 0.3])
    assert platform(0.8, 5.0).bargaining_weight[0] == 1.0


def test_weight_goes_by_the_lines_of_the_province() -> None:
    """Five, one and no lines: accounts are a share of the province's own, and of one line at least."""
    alipay = platform(0.3, 0.5)
    for lines, accounts, share in (([2, 3], 2, 0.4), ([1, 0], 0.5, 0.5), ([0, 0], 0.5, 0.5)):
        alipay.model.lines = np.array([lines, [700, 900]], float)
        alipay.model.platform_accounts = np.array([[accounts], [0.0]])
        assert alipay.bargaining_weight[0] == pytest.approx(0.3 + 0.5 * share)
    assert alipay.name == "alipay"
    assert alipay.number == 0


def test_acceptance_is_a_mean_by_the_lines_of_each_province() -> None:
    alipay = platform(0.3, 0.5)
    alipay.model.lines = np.array([[100.0, 200], [50, 50]])
    assert alipay.acceptance == pytest.approx((0.3 * 300 + 0.1 * 100) / 400)


def test_answers_are_bargains_at_that_weight() -> None:
    """Two provinces, where its weight is 1/2 and 0.3, and three branches in each."""
    alipay = platform(0.3, 0.5)
    each = np.array([[20.0, -60, 60], [80, 50, -80], [120, 100, 100], [0, 0, 160], [50, 0, 0]])
    gains = Gains(*np.repeat(each[:, None], 2, axis=1))
    all_do = np.ones((2, 3), bool)
    terms = alipay.answer(all_do, gains)
    # The first has 100 to share; the others nothing: their terms leave the platform without a loss.
    assert terms.agreed.tolist() == [[True, False, False]] * 2
    assert terms.revenue_share[:, 0] == pytest.approx([0.25, 50 / 120])  # 80 - 0.3 * 100
    assert terms.revenue_share[:, 1:].tolist() == [[0.5, 0]] * 2
    assert terms.fee_rise.tolist() == [[0, 0, 0.5]] * 2
    unasked = alipay.answer(~all_do, gains)
    assert not unasked.agreed.any()
    assert (unasked.revenue_share == terms.revenue_share).all()
    dear = np.array([[30.0, 30, 30], [50, 50, 50]])
    won = alipay.answer_exclusive(all_do, gains, terms, dear)
    assert won.agreed.tolist() == [[True, False, False], [False, False, False]]
    assert won.premium[0, 0] == pytest.approx(40.0)
    assert won.exclusive.all()
    assert (won.revenue_share == terms.revenue_share).all()
    assert not alipay.answer_exclusive(~all_do, gains, terms, dear).agreed.any()
    alipay.accepts_exclusivity = False
    assert not alipay.answer_exclusive(all_do, gains, terms, dear).agreed.any()


def test_what_a_platform_shows() -> None:
    alipay = platform(0.3, 0.5)
    assert alipay.accounts == 400
    assert alipay.acceptance == pytest.approx(0.2)
    assert alipay.partners == 4
    assert platform(0.3, 0.5, owner="china_mobile").partners == 0

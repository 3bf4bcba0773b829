"""What consumers see of the month, by hand: quality where there is coverage, and who else is there."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from model.outlook import _held_online, _standing


def small_market(month: int = 24, **changes: float) -> Any:
    """Return two operators in three provinces, with only what the outlook looks at."""
    usual = {"quality_fading": 0.0, "installed_base": 0.8, "coverage_weight": 2.0}
    return SimpleNamespace(
        parameters=SimpleNamespace(**(usual | changes)),
        month=month,
        quality_start=np.array([-3.0, -1.0]),
        quality_growth=np.array([0.5, 0.25]),
        base=np.array([0.0, -1.5]),
        lines=np.array([[3.0, 1.0], [2.0, 2.0], [0.0, 5.0]]),
        coverage=np.array([[0.0, 0.25, 1.0], [0.5, 0.0, 0.125]]),
    )


def test_what_a_network_is_worth_before_price() -> None:
    found = _standing(small_market())
    assert found.shape == (3, 2, 2)
    shares = np.array([[0.75, 0.25], [0.5, 0.5], [0.0, 1.0]])
    assert found[:, :, 0] == pytest.approx(np.array([0.0, -1.5]) + 0.8 * shares)
    # Two years of growth: quality is -2 and -0.5.
    assert found[1, 0, 1] == pytest.approx(0.8 * 0.5 - 2.0 + 2.0 * 0.25)
    assert found[2, 0, 1] == pytest.approx(-2.0 + 2.0)
    assert found[0, 1, 1] == pytest.approx(-1.5 + 0.8 * 0.25 - 0.5 + 2.0 * 0.5)


def test_without_coverage_there_is_no_3g() -> None:
    found = _standing(small_market())
    assert np.isneginf(found[..., 1]).tolist() == [[True, False], [False, True], [False, False]]
    assert np.isfinite(found[..., 0]).all()


def test_quality_grows_ever_less() -> None:
    """After two years at a fading of 0.5 a year, (1 - 1/e) / 0.5 years' worth of growth."""
    plain, fading = (_standing(small_market(quality_fading=fading))[2, 0, 1] for fading in (0.0, 0.5))
    assert plain - fading == pytest.approx(0.5 * (2 - (1 - np.exp(-1)) / 0.5))


def test_who_could_hold_an_account_and_does() -> None:
    market = small_market()
    market.lines = market.lines * 100
    market.month, market.online_path = 1, np.array([[0.9, 0.5], [0.9, 0.25], [0.9, 0.0]])
    market.M = 2
    market.platform_accounts = np.array([[50.0, 0, 7], [150, 10, 7], [0.5, 0, 7]])
    # 200 internet users and 50 accounts; 100 and 150: no more than all; of nobody, of one at least.
    assert _held_online(market) == pytest.approx(np.array([[0.25, 0], [1.0, 0.1], [0.5, 0]]))

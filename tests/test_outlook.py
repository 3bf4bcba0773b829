"""What consumers see of the month, by hand: quality where there is coverage, who else is there, accounts."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from agents.records import make_record
from agents.world import world_type
from model.outlook import _see_offers, appeal_of

USUAL = {
    **{"standing_a": 0.0, "quality_a": -3.0, "quality_growth_a": 0.5},
    **{"standing_b": -1.5, "quality_b": -1.0, "quality_growth_b": 0.25},
    **{"quality_fading": 0.0, "installed_base": 0.8, "coverage_weight": 2.0},
    **{"adoption_spontaneous": 0.01, "adoption_imitation": 0.04, "adoption_merchants": 0.1},
    **{"adoption_campaign": 0.02, "adoption_contacts": 0.1, "wallet_campaign": 0.03, "wallet_contacts": 0.2},
}


def small_market(month: int = 24, **changes: float) -> Any:
    """Return two operators and two platforms in three provinces, with only what the outlook looks at."""
    parameters = SimpleNamespace(**(USUAL | changes))
    return SimpleNamespace(
        parameters=parameters,
        appeal=appeal_of(parameters, ("a", "b"), 2),  # type: ignore[arg-type]
        month=month,
        lines=np.array([[3.0, 1.0], [2.0, 2.0], [0.0, 5.0]]),
        online_path=np.ones((3, 25)),
        platform_accounts=np.zeros((3, 4)),
        acceptance=np.zeros((3, 4)),
        coverage=np.array([[0.0, 0.25, 1.0], [0.5, 0.0, 0.125]]),
        wallet_open=np.zeros((3, 2), bool),
        partnerships=SimpleNamespace(in_force=np.zeros((2, 3, 2), bool)),
    )


def seen(market: Any) -> Any:
    """Return a world in which nothing but the market's offers has been written."""
    world = make_record(world_type(3, 2, 2, 4))
    _see_offers(market, world.reshape(1))
    return world


def test_what_a_network_is_worth_before_price() -> None:
    found = seen(small_market()).standing
    assert found.shape == (3, 2, 2)
    shares = np.array([[0.75, 0.25], [0.5, 0.5], [0.0, 1.0]])
    assert found[:, :, 0] == pytest.approx(np.array([0.0, -1.5]) + 0.8 * shares)
    # Two years of growth: quality is -2 and -0.5.
    assert found[1, 0, 1] == pytest.approx(0.8 * 0.5 - 2.0 + 2.0 * 0.25)
    assert found[2, 0, 1] == pytest.approx(-2.0 + 2.0)
    assert found[0, 1, 1] == pytest.approx(-1.5 + 0.8 * 0.25 - 0.5 + 2.0 * 0.5)


def test_without_coverage_there_is_no_3g() -> None:
    found = seen(small_market()).standing
    assert np.isneginf(found[..., 1]).tolist() == [[True, False], [False, True], [False, False]]
    assert np.isfinite(found[..., 0]).all()


def test_quality_grows_ever_less() -> None:
    """After two years at a fading of 0.5 a year, (1 - 1/e) / 0.5 years' worth of growth."""
    plain, fading = (seen(small_market(quality_fading=fading)).standing[2, 0, 1] for fading in (0.0, 0.5))
    assert plain - fading == pytest.approx(0.5 * (2 - (1 - np.exp(-1)) / 0.5))


def test_who_could_hold_an_account_and_does() -> None:
    market = small_market(1)
    market.lines = market.lines * 100
    market.online_path = np.array([[0.9, 0.5], [0.9, 0.25], [0.9, 0.0]])
    market.platform_accounts = np.array([[50.0, 0, 7, 7], [150, 10, 7, 7], [0.5, 0, 7, 7]])
    world = seen(market)
    assert world.online_share.tolist() == [0.5, 0.25, 0.0]
    # 200 internet users and 50 accounts; 100 and 150: no more than all; of nobody, of one at least.
    assert world.held_online == pytest.approx(np.array([[0.25, 0], [1.0, 0.1], [0.5, 0]]))


def test_a_province_without_lines_has_no_installed_base() -> None:
    market = small_market()
    market.lines = np.zeros((3, 2))
    assert (seen(market).standing[:, :, 0] == [0.0, -1.5]).all()


def test_how_likely_accounts_are_opened() -> None:
    """By Bass's hazard, whoever one's operator is, and by what the own operator promotes."""
    market = small_market()
    market.platform_accounts[1, 0] = 2.0  # half of the four lines, all online
    market.acceptance[1] = [0.25, 0.5, 0.9, 0.9]  # the last two are the wallets'
    market.partnerships.in_force[1, 1, 0] = True
    market.wallet_open[1] = [True, False]
    world = seen(market)
    assert world.wallet_open.tolist() == [[0, 0], [1, 0], [0, 0]]
    bass = [0.01 + 0.04 * 0.5 + 0.1 * 0.25, 0.01 + 0.1 * 0.5]
    hazard, imitation = world.account_hazard[1], world.account_imitation[1]
    assert hazard == pytest.approx(np.array([[*bass, 0.03], [0.02 + bass[0], bass[1], 0.0]]))
    assert imitation == pytest.approx(np.array([[0.0, 0.0, 0.2], [0.1, 0.0, 0.0]]))
    assert world.account_hazard[0] == pytest.approx(np.array([[0.01, 0.01, 0.0]] * 2))
    assert not world.account_imitation[[0, 2]].any()
    # Of each account that is not held, a bit each.
    most = hazard + imitation
    for held in range(8):
        lacks = [1 - (held >> account & 1) for account in range(3)]
        assert world.account_ceiling[1, :, held] == pytest.approx(most @ lacks)


def test_a_hazard_is_at_most_one() -> None:
    """Adoption is; what the operator's promotion adds comes on top."""
    market = small_market(adoption_spontaneous=0.9, adoption_merchants=0.9)
    market.acceptance[:] = 0.5
    assert (seen(market).account_hazard[:, :, :2] == 1.0).all()

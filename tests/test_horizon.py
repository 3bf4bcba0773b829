"""Beyond December 2013: the S-curve joins the data, rises, stays below its ceiling; the rest is held."""

from collections.abc import Callable

import numpy as np
import pytest

from agents.consumers import Consumer
from experiments.cli import main
from model.horizon import CAVEAT, MOST_MONTHS, caveats, extended, future_lines
from model.market import MobileMarket
from model.observations import Observations, load_observations
from model.parameters import Parameters

type Finished = Callable[..., MobileMarket]

CEILING = Parameters.fields()["lines_ceiling"]["default"]
LATE = 120


@pytest.fixture(scope="module")
def observed() -> Observations:
    return load_observations()


@pytest.fixture(scope="module")
def later(observed: Observations) -> Observations:
    return extended(observed, MOST_MONTHS, CEILING)


def test_a_series_on_a_logistic_curve_is_continued_on_it() -> None:
    """Theory: points that lie on one logistic curve identify it once the ceiling is given."""
    month = np.arange(200)
    curve = 1800 / (1 + np.exp(1.3 - 0.021 * month))
    np.testing.assert_allclose(future_lines(curve[:61], 1800, 139), curve[61:], rtol=1e-12)


def test_the_slope_is_that_of_least_squares_through_the_last_point() -> None:
    """By hand: logits 0, 2, 3 in months -2, -1, 0 give (-2 * -3 + -1 * -1) / (4 + 1) = 1.4 a month."""
    logits = np.array([0.0, 2.0, 3.0])
    lines = 10 / (1 + np.exp(-logits))
    np.testing.assert_allclose(future_lines(lines, 10, 2), 10 / (1 + np.exp(-(3 + np.array([1.4, 2.8])))))


def test_what_was_observed_stays_as_it_is(observed: Observations, later: Observations) -> None:
    for name in ("lines", "internet_per_line", "price", "coverage"):
        np.testing.assert_array_equal(getattr(later, name)[..., :61], getattr(observed, name))
        assert getattr(later, name).shape[-1] == MOST_MONTHS + 1
    assert later.last_month == MOST_MONTHS
    assert extended(observed, 60, CEILING) is observed
    assert extended(observed, 1, CEILING) is observed


def test_other_paths_keep_their_last_value(observed: Observations, later: Observations) -> None:
    for name in ("internet_per_line", "price", "coverage"):
        path = getattr(later, name)
        assert (path[..., 61:] == getattr(observed, name)[..., -1:]).all()


@pytest.mark.parametrize("ceiling", Parameters.fields()["lines_ceiling"]["bounds"])
@pytest.mark.parametrize("months", [61, MOST_MONTHS])
def test_lines_join_the_data_rise_and_stay_below_the_ceiling(
    observed: Observations, ceiling: float, months: int
) -> None:
    lines = extended(observed, months, ceiling).lines
    national, most = lines.sum(axis=0), ceiling * observed.residents.sum()
    assert (np.diff(lines[:, 60:], axis=1) > 0).all()  # in every province
    assert (national < most).all()
    # No jump: the first month adds less than the largest step there was in the data.
    step, steps = national[61] / national[60] - 1, national[1:61] / national[:60] - 1
    assert 0 < step < steps.max()
    gains = lines[:, 61] / lines[:, 60] - 1
    assert (gains < 2 * step).all()


def test_lines_come_near_the_ceiling(observed: Observations, later: Observations) -> None:
    reached = later.lines[:, -1].sum() / (CEILING * observed.residents.sum())
    assert 0.98 < reached < 1


def test_a_province_that_has_more_lines_per_head_keeps_more(
    observed: Observations, later: Observations
) -> None:
    order = np.argsort(observed.lines[:, 60] / observed.residents)
    heads = (later.lines / observed.residents[:, None])[order]
    assert (np.diff(heads[:, -1]) > 0).all()
    assert heads[-1, -1] < 1.8  # where penetration ends everywhere (model/provinces.py)


@pytest.mark.parametrize("scenario", ["history", "exclusive"])
def test_a_long_run_balances_and_brings_everybody_in(finished: Finished, scenario: str) -> None:
    market = finished(scenario, 2000, LATE)
    entries = market.recorder.table("ledger", level="province")
    assert entries["month"].max() == LATE
    assert market.ledger.balances.sum() == 0
    lines = market.recorder.series("market", "lines")
    assert (np.diff(lines, axis=0) > -1e-6).all()
    np.testing.assert_allclose(
        lines[-1], extended(load_observations(), LATE, CEILING).lines[:, -1] * 1e6, rtol=1e-12
    )
    shares = market.recorder.series("operators", "share", "national")
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    last = market.recorder.table("market", level="national").iloc[-1]
    assert str(last["date"].date()) == "2018-12-31"


def test_paths_up_to_2013_do_not_depend_on_how_long_the_run_is(finished: Finished) -> None:
    short, long = finished("history", 2000, 60), finished("history", 2000, LATE)
    for name in ("price_path", "online_path"):
        np.testing.assert_array_equal(getattr(long, name)[..., :61], getattr(short, name)[..., :61])
    for name in ("stance_path", "coverage_path"):  # month first
        np.testing.assert_array_equal(getattr(long, name)[:61], getattr(short, name)[:61])
    # A row stands for other lines where a run ends elsewhere: national lines agree to half a row a province.
    lines = [market.recorder.series("market", "lines", "national")[:60] for market in (short, long)]
    allowed = 0.5 * sum(market.scale.sum() for market in (short, long))
    assert np.abs(lines[0] - lines[1]).max() < allowed


def test_3g_contracts_hold_for_their_term_until_the_end() -> None:
    """Nobody leaves a 3G contract of three months early, however late in the run it was taken."""
    market = MobileMarket(
        "open", 310, MOST_MONTHS, rng=1, contract_months=3, review_hazard=1.0, downgrade_cost=0
    )
    consumers = market.agents_by_type[Consumer]
    taken: dict[int, tuple[int, int]] = {}  # by row: the subscription held and the month it was taken
    kept: list[tuple[int, int]] = []
    while market.running:
        market.step()
        for row, now in enumerate(consumers.get("subscription")):
            before, since = taken.get(row, (0, 0))
            if now != before:
                if before and before % 2 == 0:
                    kept.append((market.month, market.month - since))
                taken[row] = (now, market.month)
    late = [months for month, months in kept if month > 200]
    assert len(late) > 100
    assert min(late) == 3


def test_what_goes_past_the_data_says_so(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    assert caveats(60) == ()
    words = ["compare", "--consumers", "310", "--replications", "2", "--workers", "1"]
    for months, said in (("3", False), ("61", True)):
        out = tmp_path / months
        assert main([*words, "--months", months, "--out", str(out)]) == 0
        printed = " ".join(capsys.readouterr().out.split())
        assert (CAVEAT in printed) is said
        assert (CAVEAT in (out / "index.html").read_text(encoding="utf-8")) is said

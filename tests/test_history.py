"""The default run looks like history where it was fitted: the pattern of December 2012 [MIIT, operators]."""

import numpy as np
import pytest

from model.market import MobileMarket
from model.observations import OPERATORS, load_observations

DECEMBER_2012 = 48
# Published month-end figures, million lines: data/operator_lines.csv.
OBSERVED_3G = np.array([87.928, 76.456, 69.05])
OBSERVED_LINES = np.array([710.298, 239.312, 160.62])


@pytest.fixture(scope="module", params=[1, 77])
def december_2012(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """Return 3G lines and all lines by operator, million, of a default run with a seed of its own."""
    market = MobileMarket("history", consumers=50_000, months=60, rng=request.param)
    for _ in range(DECEMBER_2012):
        market.step()
    return market.lines_3g.sum(axis=0) / 1e6, market.lines.sum(axis=0) / 1e6


def test_observed_figures_are_those_in_the_data() -> None:
    series = load_observations().series
    last = series[series.date == "2012-12-31"].set_index("operator").loc[list(OPERATORS)]
    assert np.allclose(last.lines_3g_million, OBSERVED_3G)
    assert np.allclose(last.lines_million, OBSERVED_LINES)


def test_total_3g_within_ten_percent(december_2012: tuple[np.ndarray, np.ndarray]) -> None:
    lines_3g, _ = december_2012
    assert lines_3g.sum() == pytest.approx(OBSERVED_3G.sum(), rel=0.10)
    assert lines_3g.sum() == pytest.approx(232.8, rel=0.10)


def test_3g_shares_within_three_points(december_2012: tuple[np.ndarray, np.ndarray]) -> None:
    lines_3g, _ = december_2012
    assert 100 * lines_3g / lines_3g.sum() == pytest.approx(np.array([38, 33, 30]), abs=3)


def test_shares_of_all_lines_within_three_points(december_2012: tuple[np.ndarray, np.ndarray]) -> None:
    _, lines = december_2012
    assert 100 * lines / lines.sum() == pytest.approx(np.array([64, 22, 14]), abs=3)

"""The figures show their tables: every line, tile and bar is where the numbers say."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from experiments.figures import draw_all
from experiments.inference import paired_difference
from experiments.plots.adoption import draw_adoption, total_by_date
from experiments.plots.differences import draw_differences
from experiments.plots.flows import (
    Flow,
    draw_money_flows,
    flow_differences,
    party_differences,
)
from experiments.plots.provinces import PROFIT, SUBSCRIBERS, draw_province_map, province_differences
from experiments.plots.shares import draw_shares, paired_band
from experiments.plots.style import COLOURS, colour_of, summarise
from experiments.spacing import spread_apart
from model.observations import load_observations
from tests.small_comparison import DATES, FLOWS, OPERATORS, REPLICATIONS, mean_by_date, small_result


@pytest.fixture(scope="module")
def result():
    return small_result()


@pytest.fixture(scope="module")
def observations():
    return load_observations()


def lines_of(figure: Figure, panel: int, colour: str, style: str = "-") -> list[np.ndarray]:
    """Return the y data of a panel's lines of one colour and style, markers left out."""
    return [
        np.asarray(line.get_ydata(), dtype=float)
        for line in figure.axes[panel].lines
        if line.get_color() == colour and line.get_linestyle() == style
    ]


def tiles_of(figure: Figure) -> dict[str, Rectangle]:
    patches = [p for p in figure.axes[0].patches if isinstance(p, Rectangle)]
    return {str(p.get_label()): p for p in patches if not str(p.get_label()).startswith("_")}


def draw_map(result, observations, measure=SUBSCRIBERS) -> Figure:
    operators = result.tables["operators"]
    return draw_province_map(
        operators, "closed", "open", measure, observations.provinces, observations.tile
    ).figure


# ---- adoption


def test_adoption_lines_are_the_means_over_replications(result, observations) -> None:
    national = result.tables["operators_national"]
    figure = draw_adoption(national, ["history"], observations.series, observations.events).figure
    for operator in OPERATORS:
        rows = national[(national["scenario"] == "history") & (national["operator"] == operator)]
        (drawn,) = lines_of(figure, 0, colour_of(operator))
        np.testing.assert_allclose(drawn, mean_by_date(rows, "lines_3g") / 1e6)
    # The first total: 31 provinces x (1 + 0.1 r (k + 1)) million; r is 1 on average, k = 0..2.
    by_hand = 31 * sum(1 + 0.1 * (k + 1) for k in range(3))
    assert lines_of(figure, 1, "#222222")[0][0] == pytest.approx(by_hand)


def test_adoption_dots_are_the_observed_month_ends(result, observations) -> None:
    national = result.tables["operators_national"]
    figure = draw_adoption(national, ["history"], observations.series, observations.events).figure
    series = observations.series
    at_end = series[(series["date"] == "2012-12-31") & (series["operator"] == "china_unicom")]
    dots = next(
        line
        for line in figure.axes[0].lines
        if line.get_marker() == "o" and line.get_markerfacecolor() == colour_of("china_unicom")
    )
    drawn = dict(zip(date2num(dots.get_xdata()), dots.get_ydata(), strict=True))
    found = drawn[date2num(pd.Timestamp("2012-12-31"))]
    assert found == pytest.approx(float(at_end["lines_3g_million"].iloc[0]))


def test_adoption_of_two_scenarios_draws_the_second_dashed(result, observations) -> None:
    national = result.tables["operators_national"]
    figure = draw_adoption(national, ["closed", "open"], observations.series, observations.events).figure
    rows = national[national["operator"] == "china_mobile"]
    for scenario, style in (("closed", "-"), ("open", "--")):
        (drawn,) = lines_of(figure, 0, colour_of("china_mobile"), style)
        expected = mean_by_date(rows[rows["scenario"] == scenario], "lines_3g") / 1e6
        np.testing.assert_allclose(drawn, expected)


def test_the_observed_total_needs_all_three_operators() -> None:
    dates = pd.to_datetime(["2010-01-31"] * 3 + ["2010-02-28"] * 2)
    table = pd.DataFrame(
        {
            "date": dates,
            "operator": [*OPERATORS, *OPERATORS[:2]],
            "lines_3g_million": [1, 2, 3, 4, 5],
        }
    )
    assert total_by_date(table).to_dict() == {pd.Timestamp("2010-01-31"): 6.0}


def test_the_caption_of_adoption_compares_with_the_observed_total(result, observations) -> None:
    picture = draw_adoption(
        result.tables["operators_national"], ["history"], observations.series, observations.events
    )
    observed = total_by_date(observations.series)[pd.Timestamp("2012-12-31")]
    model = 31 * sum(2 + 0.1 * (k + 1) for k in range(3))
    change = 100 * (model / observed - 1)
    assert f"has {model:.0f} million" in picture.caption
    assert f"({change:+.0f} %)" in picture.caption.replace("\N{MINUS SIGN}", "-")


# ---- shares


def test_share_differences_are_paired_by_replication(result) -> None:
    national = result.tables["operators_national"]
    figure = draw_shares(national, "closed", "open").figure
    rows = national[(national["operator"] == "china_mobile") & (national["date"] == DATES[-1])]
    by_run = rows.set_index(["scenario", "replication"])["share_3g"] * 100
    found = paired_difference(by_run["closed"].to_list(), by_run["open"].to_list())
    (drawn,) = lines_of(figure, 3, colour_of("china_mobile"))
    assert drawn[-1] == pytest.approx(found.mean)


def test_a_share_of_hardly_any_3g_is_not_drawn(result) -> None:
    national = result.tables["operators_national"]
    few = national.assign(lines_3g=national["lines_3g"] / 1e3)
    picture = draw_shares(few, "closed", "open")
    assert np.isnan(lines_of(picture.figure, 1, colour_of("china_mobile"))[0]).all()
    assert "too early to tell" in picture.caption


def test_paired_band_of_a_run_with_itself_is_zero() -> None:
    levels = pd.DataFrame([[1.0, 2.0, 4.0]], index=[DATES[0]])
    band = paired_band(levels, levels)
    assert (band.mean, band.low, band.high) == (0.0, 0.0, 0.0)


def test_bands_are_quantiles_over_replications() -> None:
    band = summarise(pd.DataFrame([[1.0, 2.0, 3.0]], index=[DATES[0]]))
    # Linear interpolation: 2.5 % of the way from 1 to 3 is 1.05.
    assert (band.low[0], band.mean[0], band.high[0]) == pytest.approx((1.05, 2.0, 2.95))


# ---- province map


def test_tiles_stand_where_the_published_grid_has_them(result, observations) -> None:
    tiles = tiles_of(draw_map(result, observations))
    assert set(tiles) == set(observations.provinces)
    for province, (row, column) in zip(observations.provinces, observations.tile, strict=True):
        x, y = tiles[province].get_center()
        assert (y, x) == pytest.approx((row, column))


def test_undecided_tiles_are_hatched_and_only_they(result, observations) -> None:
    tiles = tiles_of(draw_map(result, observations))
    for number, province in enumerate(observations.provinces):
        assert bool(tiles[province].get_hatch()) == (number >= 20)


def test_map_prints_the_difference_per_thousand_lines(result, observations) -> None:
    found = province_differences(result.tables["operators"], "closed", "open", SUBSCRIBERS, "china_mobile")
    # Last month: (3 + 0.1 r) million 3G lines, a tenth more when closed; 60 million lines.
    assert found["Beijing"].mean == pytest.approx(1000 * 0.1 * 3.1 / 60)
    texts = [text.get_text() for text in draw_map(result, observations).axes[0].texts]
    assert f"+{1000 * 0.1 * 3.1 / 60:.1f}" in texts


def test_profit_is_added_up_over_the_months(result) -> None:
    found = province_differences(result.tables["operators"], "closed", "open", PROFIT, "china_mobile")
    # Second province: 2e8 RMB a month for 3 months, a tenth more when closed; 60 million lines.
    assert found["Tianjin"].mean == pytest.approx(3 * 0.1 * 2e8 / 60e6)


def test_colours_of_the_map_are_centred_at_zero(result, observations) -> None:
    bar = draw_map(result, observations).axes[0].child_axes[0]
    low, high = bar.get_xlim()
    assert low == pytest.approx(-high)


# ---- money flows


def test_flows_and_parties_sum_to_the_ledger(result) -> None:
    ledger = result.tables["ledger"]
    flows = flow_differences(ledger, "closed", "open")
    # Over three months; replication r pays (1 + 0.01 r) times 0.1 (1 + 0.1 r) more when closed.
    more = np.mean([(1 + 0.01 * r) * 0.1 * (1 + 0.1 * r) for r in range(REPLICATIONS)])
    for payer, payee, reason, amount in FLOWS:
        assert flows[Flow(payer, payee, reason)].mean == pytest.approx(3 * amount * more)
    parties = party_differences(ledger, "closed", "open")
    assert sum(found.mean for found in parties.values()) == pytest.approx(0.0, abs=1e-3)
    assert parties["china_mobile"].mean == pytest.approx(3 * (5e9 - 2e8) * more)
    assert parties["alipay"].mean == pytest.approx(3 * 5e8 * more)


def test_bars_are_the_flows_in_billions_largest_first(result) -> None:
    figure = draw_money_flows(result.tables["ledger"], "closed", "open").figure
    flows = flow_differences(result.tables["ledger"], "closed", "open")
    drawn = [patch.get_width() for patch in figure.axes[1].patches if patch.get_height() < 1]
    expected = sorted((found.mean / 1e9 for found in flows.values()), reverse=True)
    assert drawn == pytest.approx(expected)


def test_small_flows_are_added_up_into_one_row() -> None:
    ledger = small_result().tables["ledger"].astype({"reason": str})
    parts = [ledger.assign(reason=f"reason {i}", amount_rmb=ledger["amount_rmb"] / (i + 1)) for i in range(6)]
    many = pd.concat(parts)
    figure = draw_money_flows(many, "closed", "open").figure
    drawn = [patch.get_width() for patch in figure.axes[1].patches if patch.get_height() < 1]
    flows = flow_differences(many, "closed", "open")
    assert len(drawn) == 13
    assert sum(drawn) == pytest.approx(sum(found.mean for found in flows.values()) / 1e9)


def test_a_flow_only_one_scenario_has_counts_as_zero_in_the_other(result) -> None:
    ledger = result.tables["ledger"]
    only_closed = ledger[(ledger["scenario"] == "closed") | (ledger["payee"] != "alipay")]
    flows = flow_differences(only_closed, "closed", "open")
    assert flows[Flow("merchants", "alipay", "merchant fees")].mean_b == 0.0


# ---- differences


def test_forest_draws_every_interval_of_the_table(result) -> None:
    table = result.tables["differences"]
    figure = draw_differences(table, "closed - open", "closed", "open").figure
    drawn = [
        tuple(np.asarray(line.get_xdata(), dtype=float))
        for axes in figure.axes
        for line in axes.lines
        if line.get_marker() == "None" and line.get_linewidth() == 2.2
    ]
    scales = {"share_3g": 1.0, "lines_3g": 1e6, "profit_discounted": 1e9}
    expected = [(row.low / scales[row.measure], row.high / scales[row.measure]) for row in table.itertuples()]
    np.testing.assert_allclose(sorted(drawn), sorted(expected))


# ---- style and files


def test_spread_apart_moves_only_what_is_too_close() -> None:
    assert spread_apart([10.0, 0.0, 0.5], 1.0) == pytest.approx([10.0, -0.25, 0.75])


def test_every_operator_has_a_colour_of_its_own() -> None:
    assert len({COLOURS[operator] for operator in OPERATORS}) == 3


def test_drawing_again_gives_the_same_bytes(result, tmp_path) -> None:
    first = draw_all(result, tmp_path / "a")
    second = draw_all(result, tmp_path / "b")
    for one, other in zip(first, second, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()
        assert one.caption.endswith(".")
        assert not re.search(r"\bnan\b", one.caption)


def test_a_run_of_one_month_can_be_drawn(result, tmp_path) -> None:
    tables = {
        name: table[table["month"] == 47] if "month" in table else table
        for name, table in result.tables.items()
    }
    early = {
        name: table.assign(date=pd.Timestamp("2009-01-31"), month=1) if "date" in table else table
        for name, table in tables.items()
    }
    drawings = draw_all(type(result)(**{**vars(result), "tables": early}), tmp_path)
    assert all(drawing.path.stat().st_size > 1000 for drawing in drawings)

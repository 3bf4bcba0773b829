"""Drawings and reasons by hand: places, colours, words, and sums that must agree with the ledger."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from model.observations import load_observations
from model.schemas import OPERATORS
from view.charts import KINDS, date_of, deals_made, make_chart, recorded_events
from view.colours import LESS_TO_MORE, MORE, NOTHING, OF, ink_on, luminance, on_ramp
from view.drawing.chart import BOTTOM, TOP, Chart, Line, axis_of, draw_chart, x_of
from view.drawing.svg import element, path, text
from view.drawing.tiles import draw_map, reach_of, round_up, signed, world_tiles
from view.frames import draw_maps
from view.measures import MEASURES
from view.reasons import chain, money, sentence
from view.setup import Setup
from view.twins import Twins


@pytest.fixture(scope="module")
def twins() -> Twins:
    lived = Twins(Setup(consumers=3_000, seed=4))
    for _ in range(40):
        lived.step()
    return lived


def test_colours_by_hand() -> None:
    assert luminance("#ffffff") == pytest.approx(1)
    assert luminance("#000000") == 0
    assert luminance("#777777") == pytest.approx(0.184, abs=0.001)  # WCAG 2: (0.4667 + 0.055) / 1.055 ^ 2.4
    assert on_ramp(("#000000", "#ffffff"), 0.5) == "#808080"
    assert on_ramp(MORE, -1) == MORE[0]
    assert on_ramp(MORE, 2) == MORE[-1]


@pytest.mark.parametrize("fill", [*MORE, *LESS_TO_MORE, NOTHING, *OF.values()])
def test_words_on_every_tile_can_be_read(fill: str) -> None:
    """WCAG 2 asks for a contrast of 4.5."""
    one, two = sorted([luminance(fill), luminance(ink_on(fill))])
    assert (two + 0.05) / (one + 0.05) >= 4.5


def test_ramps_get_darker_and_part_from_the_middle() -> None:
    lights = [luminance(on_ramp(MORE, x)) for x in np.linspace(0, 1, 30)]
    assert (np.diff(lights) < 0).all()
    both = np.array([luminance(on_ramp(LESS_TO_MORE, x)) for x in np.linspace(0, 1, 41)])
    assert both.argmax() == 20


def test_numbers_and_words() -> None:
    assert signed(-1.25, 1) == "−1.2"
    assert signed(0.04, 1) == "0"
    assert signed(1234.5, 0) == "+1,234"
    assert [round_up(x) for x in (1, 1.1, 3, 5, 5.1, 70, 200)] == [1, 2, 5, 5, 10, 100, 200]
    assert (date_of(0), date_of(1), date_of(60)) == ("December 2008", "January 2009", "December 2013")
    assert element("a", x=1.0, class_="b & c") == '<a x="1" class="b &amp; c"/>'
    assert text("<b>", 0, 0) == '<text x="0" y="0">&lt;b&gt;</text>'
    assert path(np.array([0.0, 1, 2, 3]), np.array([5.0, np.nan, 7, 8])) == "M0.0 5.0M2.0 7.0L3.0 8.0"


def test_a_chart_by_hand() -> None:
    chart = Chart("T", "u", [Line("up", "#000000", np.array([0.0, 30.0, 73.0]))])
    assert axis_of(chart) == (0, 80, 20)
    drawn = draw_chart(chart, [])
    places = [tuple(map(float, place)) for place in re.findall(r"[ML]([\d.]+) ([\d.]+)", drawn)]
    expected = BOTTOM - np.array([0, 30, 73]) / 80 * (BOTTOM - TOP)
    assert [y for _, y in places] == pytest.approx(expected, abs=0.05)
    assert [x for x, _ in places] == pytest.approx(x_of(np.arange(3)), abs=0.05)
    below = Chart("T", "u", [Line("down", "#000000", np.array([-12.0, 7.0]))])
    assert axis_of(below) == (-15, 10, 5)


def test_every_drawing_is_sound_xml_and_complete(twins: Twins) -> None:
    for key in KINDS:
        for shown in ("worlds", "difference"):
            ElementTree.fromstring(draw_chart(make_chart(key, twins.history, shown), [*recorded_events()]))
    for measure in MEASURES:
        for svg in draw_maps(Setup(measure=measure), twins):
            root = ElementTree.fromstring(svg)
            tiles = [e for e in root.iter() if "data-province" in e.attrib]
            assert [e.attrib["data-province"] for e in tiles] == list(load_observations().provinces)
            for tile in tiles:
                assert tile.attrib["aria-label"].startswith(tile.attrib["data-province"])


def test_tiles_stand_where_the_grid_says() -> None:
    """Beijing is in row 3, column 6 of the published layout, Xinjiang in row 4, column 1."""
    tiles = [world_tiles(MEASURES["partnerships"], Twins(Setup(consumers=310)).history["a"][0])[0]] * 31
    root = ElementTree.fromstring(draw_map(tiles, "", "x"))
    corner = {
        e.attrib["data-province"]: next(r for r in e.iter() if r.tag.endswith("rect")).attrib
        for e in root.iter()
        if "data-province" in e.attrib
    }
    wide, high = 64, 56
    assert float(corner["Beijing"]["x"]) == 5 * wide + 1.5
    assert float(corner["Beijing"]["y"]) == 2 * high + 1.5
    assert float(corner["Xinjiang"]["x"]) == 1.5
    assert float(corner["Xinjiang"]["y"]) == 3 * high + 1.5


def test_maps_show_the_markets_own_numbers(twins: Twins) -> None:
    for w in "ab":
        market, now = twins.markets[w], twins.history[w][-1]
        table = market.recorder.table("market").query("month == 40")
        assert MEASURES["penetration"].of(now) == pytest.approx(100 * table["penetration_3g"].to_numpy())
        operators = market.recorder.table("operators").query("month == 40 and operator == 'china_mobile'")
        profit = market.ledger.balance["china_mobile"] / 100
        assert MEASURES["profit"].of(now) == pytest.approx(profit / market.lines.sum(axis=1))
        assert MEASURES["mobile_all"].of(now) == pytest.approx(
            100 * operators["lines"].to_numpy() / market.lines.sum(axis=1)
        )
        platforms = market.recorder.table("platforms").query("month == 40 and platform == 'alipay'")
        assert MEASURES["alipay"].of(now) == pytest.approx(
            100 * platforms["accounts"].to_numpy() / market.lines.sum(axis=1)
        )
    assert MEASURES["partnerships"].of(twins.history["a"][-1]).sum() == 0
    assert (
        MEASURES["partnerships"].of(twins.history["b"][-1]).sum()
        == twins.markets["b"].partnerships.in_force.sum()
    )


def test_charts_show_the_tables_own_numbers(twins: Twins) -> None:
    for w in "ab":
        table = twins.markets[w].recorder.table("operators", "national")
        wide = {
            c: table.pivot(index="month", columns="operator", values=c)
            for c in ("lines_3g", "churn", "share")
        }
        history = twins.history[w]
        for name in OPERATORS:
            assert KINDS["subscribers"].series(history)[name][1:] * 1e6 == pytest.approx(
                wide["lines_3g"][name]
            )
            assert KINDS["share"].series(history)[name][1:] / 100 == pytest.approx(wide["share"][name])
            # The tables' churn is over the lines of the month before; so is the chart's.
            assert KINDS["churn"].series(history)[name][1:] / 100 == pytest.approx(wide["churn"][name])
        payments = twins.markets[w].recorder.table("payments", "national")
        by = payments.groupby(["month", "method"], observed=True)["volume_rmb"].sum().unstack()
        for name in ("wallet", "alipay"):
            assert KINDS["payments"].series(history)[name][1:] * 1e9 == pytest.approx(by[name])


def test_the_money_adds_up_to_the_profit(twins: Twins) -> None:
    a, b = (twins.markets[w].ledger.total("china_mobile") for w in "ab")
    gaps = money(twins.history)
    assert sum(gap for _, gap in gaps) * 1e9 == pytest.approx(b - a)
    assert [abs(gap) for _, gap in gaps] == sorted((abs(gap) for _, gap in gaps), reverse=True)
    rows = {row.what: row for row in chain(twins.history)}
    assert rows["China Mobile's profit so far"].difference == signed((b - a) / 1e9, 1)
    partners = twins.markets["b"].partnerships.in_force.any(axis=2).sum()
    assert rows["Branches with a partner"][2:] == ("0", str(partners), f"+{partners}")
    word = "less" if b < a else "more"
    assert f"{abs(b - a) / 1e9:,.1f} bn RMB {word} profit than in A" in sentence(twins.history, ("", ""))
    # What is called a part of the difference has its sign.
    of_its_sign = [gap for _, gap in gaps if gap * (b - a) > 0]
    assert f", {signed(of_its_sign[0], 1)} bn." in sentence(twins.history, ("", ""))


def test_reach_covers_the_last_year(twins: Twins) -> None:
    measure = MEASURES["alipay"]
    pair = (twins.history["a"], twins.history["b"])
    most = max(np.abs(measure.of(b) - measure.of(a)).max() for a, b in list(zip(*pair, strict=True))[-12:])
    assert most <= reach_of(measure, pair) <= max(2.5 * most, 1)


def test_events_and_deals_are_marked(twins: Twins) -> None:
    words = [mark.words for mark in recorded_events()]
    assert "January 2009: 3G licences issued" in words
    assert "April 2009: China Mobile Zhejiang signs with Alipay" in words
    assert [mark.number for mark in recorded_events()] == list(range(1, len(words) + 1))
    marks = deals_made(twins.history, ())
    assert {mark.month for mark in marks} == {4}  # open from April 2009: the first month they may
    assert len(marks) == 3

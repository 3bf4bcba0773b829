"""The observations: what is refused on load, and what is built, checked by hand."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from model import accounts, paths, provinces
from model.datafiles import Column, DataError
from model.observations import DATA, OPERATORS, load_observations, read_tables
from model.schemas import SCHEMAS

type Spoil = Callable[[str, Callable[[list[str]], list[str]]], Path]


@pytest.fixture
def spoil(tmp_path: Path) -> Spoil:
    """Return a function that copies the data with one file's lines changed."""

    def change(file: str, edit: Callable[[list[str]], list[str]]) -> Path:
        folder = tmp_path / "data"
        shutil.copytree(DATA, folder)
        lines = (folder / file).read_text(encoding="utf-8").splitlines()
        (folder / file).write_text("\n".join(edit(lines)) + "\n", encoding="utf-8")
        return folder

    return change


def refused(folder: Path) -> str:
    """Return the message with which a folder is refused; it is one line."""
    with pytest.raises(DataError) as caught:
        load_observations(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def replace(line: int, old: str, new: str) -> Callable[[list[str]], list[str]]:
    """Return an edit of one line, numbered as in the file (header 1)."""

    def edit(lines: list[str]) -> list[str]:
        assert old in lines[line - 1]
        return [*lines[: line - 1], lines[line - 1].replace(old, new, 1), *lines[line:]]

    return edit


# --- what is refused ---------------------------------------------------------------------------


def test_shipped_data_pass() -> None:
    observed = load_observations()
    assert len(observed.provinces) == 31
    assert observed.last_month == 60


def test_every_file_is_described_and_there() -> None:
    assert {path.name for path in DATA.glob("*.csv")} == set(SCHEMAS)


def test_missing_province(spoil: Spoil) -> None:
    message = refused(spoil("provinces.csv", lambda lines: lines[:-1]))
    assert message.startswith("provinces.csv, row 31, column province: Xinjiang is missing")
    assert "required" in message


def test_missing_province_in_one_year(spoil: Spoil) -> None:
    message = refused(spoil("internet_users.csv", lambda lines: lines[:5] + lines[6:]))
    assert message.startswith("internet_users.csv")
    assert "Inner Mongolia is missing for date 2008-12-31" in message


def test_unknown_province(spoil: Spoil) -> None:
    message = refused(spoil("provinces.csv", replace(2, "Beijing", "Peking")))
    assert message.startswith("provinces.csv, row 2, column province: 'Peking' is not allowed")
    assert "Beijing" in message


def test_province_under_the_wrong_code(spoil: Spoil) -> None:
    message = refused(spoil("internet_users.csv", replace(2, ",11,", ",12,")))
    assert "internet_users.csv, row 2, column province" in message
    assert "'Tianjin' for code 12" in message


def test_negative_count(spoil: Spoil) -> None:
    message = refused(spoil("number_blocks.csv", replace(2, "1430", "-1430")))
    assert message == (
        "number_blocks.csv, row 2, column blocks: '-1430' is not allowed; allowed is a whole number from 0"
    )


def test_fractional_count(spoil: Spoil) -> None:
    message = refused(spoil("number_blocks.csv", replace(2, "1430", "1430.5")))
    assert "row 2, column blocks: '1430.5' is not allowed" in message


@pytest.mark.parametrize("text", ["many", "nan", "inf", "1,430"])
def test_not_a_number(spoil: Spoil, text: str) -> None:
    message = refused(spoil("operator_lines.csv", replace(2, "457.25", f'"{text}"')))
    assert "operator_lines.csv, row 2, column lines_million" in message
    assert "a number from 0" in message


def test_empty_cell(spoil: Spoil) -> None:
    message = refused(spoil("tariff_path.csv", replace(2, ",80,", ",,")))
    assert "tariff_path.csv, row 2, column rmb_per_month: '' is not allowed" in message


def test_duplicate_row(spoil: Spoil) -> None:
    message = refused(spoil("operator_lines.csv", lambda lines: [*lines[:3], *lines[1:]]))
    assert message.startswith("operator_lines.csv, row 4, column definition: repeats row 2")
    assert "china_mobile" in message


def test_unknown_operator(spoil: Spoil) -> None:
    message = refused(spoil("tariff_path.csv", replace(2, "china_mobile", "china_netcom")))
    assert "tariff_path.csv, row 2, column operator: 'china_netcom' is not allowed" in message
    assert "china_mobile, china_unicom, china_telecom" in message


def test_operator_without_rows(spoil: Spoil) -> None:
    message = refused(spoil("wallets.csv", lambda lines: lines[:-1]))
    assert "wallets.csv, row 3, column operator: china_telecom is missing" in message


def test_unknown_platform(spoil: Spoil) -> None:
    message = refused(spoil("platform_users.csv", replace(2, "alipay", "paypal")))
    assert "platform_users.csv, row 2, column platform: 'paypal' is not allowed" in message
    assert "alipay, tenpay, unionpay_online" in message


def test_unknown_service_in_a_counted_deal(spoil: Spoil) -> None:
    edit = replace(17, "subscribing;telecom;handsets", "subscribing;ringtones")
    message = refused(spoil("partnerships.csv", edit))
    assert "partnerships.csv, row 17, column services" in message
    assert "purchases" in message


def test_missing_column(spoil: Spoil) -> None:
    message = refused(spoil("provinces.csv", replace(1, "urban_share_2010", "urban_share")))
    assert "provinces.csv, row 1, column urban_share_2010: is missing" in message


def test_row_with_too_few_cells(spoil: Spoil) -> None:
    message = refused(spoil("wallets.csv", lambda lines: [*lines[:2], "china_unicom,x"]))
    assert message == "wallets.csv, row 3: has 2 cells; 7 are required"


def test_missing_file(spoil: Spoil) -> None:
    folder = spoil("wallets.csv", lambda lines: lines)
    (folder / "wallets.csv").unlink()
    assert refused(folder).startswith("wallets.csv: cannot be read")


@pytest.mark.parametrize("day", ["2014-01-31", "2008-11-30", "2009-02-30", "31.12.2008"])
def test_date_out_of_range_or_not_a_date(spoil: Spoil, day: str) -> None:
    message = refused(spoil("coverage_path.csv", replace(2, "2008-12-31", day)))
    assert f"coverage_path.csv, row 2, column date: '{day}' is not allowed" in message
    assert "from 2008-12-31 to 2013-12-31" in message


def test_asymmetrical_border(spoil: Spoil) -> None:
    message = refused(spoil("borders.csv", lambda lines: [lines[0], *lines[2:]]))
    assert message == (
        "borders.csv, row 3, column neighbour: Tianjin-Beijing is listed in one direction only; "
        "Beijing-Tianjin is required too"
    )


def test_share_above_one(spoil: Spoil) -> None:
    message = refused(spoil("coverage_path.csv", replace(3, "0.05", "1.05")))
    assert "column share_of_population: '1.05' is not allowed" in message


def test_falling_coverage(spoil: Spoil) -> None:
    message = refused(spoil("coverage_path.csv", replace(4, "0.12", "0.01")))
    assert "coverage_path.csv, row 4, column share_of_population: 0.01 is not allowed" in message
    assert "0.05 (row 3) or more" in message


def test_more_lines_than_saturation(spoil: Spoil) -> None:
    message = refused(spoil("provincial_lines.csv", replace(2, "21.77", "41.77")))
    assert "provincial_lines.csv, row 2, column lines_2010_million: 41.77 is not allowed" in message
    assert "less than 35.32" in message  # 1.8 x 19.62 million


def test_operator_without_numbers_in_a_province(spoil: Spoil) -> None:
    message = refused(spoil("number_blocks.csv", replace(2, "1430", "0")))
    assert "number_blocks.csv, row 1, column blocks: has no numbers of china_unicom" in message


def test_two_provinces_on_one_tile(spoil: Spoil) -> None:
    message = refused(spoil("tile_grid.csv", replace(3, ",4,6,", ",3,6,")))
    assert "tile_grid.csv, row 3, column column" in message
    assert "Beijing" in message


def test_operators_unknown_at_the_start(spoil: Spoil) -> None:
    message = refused(spoil("operator_lines.csv", lambda lines: [lines[0], *lines[2:]]))
    assert "operator_lines.csv, row 1, column lines_million: lacks lines of 2008-12-31" in message


def test_blank_cells_only_where_allowed() -> None:
    assert Column("number", blank=True).read("") is None
    with pytest.raises(ValueError, match="could not convert"):
        Column("number").read("")


# --- what is built -----------------------------------------------------------------------------


def test_national_lines_are_the_three_operators_together() -> None:
    total = load_observations().lines.sum(axis=0)
    assert total[0] == pytest.approx(457.25 + 133.37 + 27.91)
    assert total[48] == pytest.approx(710.298 + 239.312 + 160.62)
    assert total[60] == pytest.approx(767.21 + 280.98 + 185.58)


def test_lines_grow_in_every_province() -> None:
    assert (np.diff(load_observations().lines, axis=1) > 0).all()


def test_headline_shares() -> None:
    series = load_observations().series
    last = series[series["date"] == "2012-12-31"].set_index("operator").loc[list(OPERATORS)]
    lines, lines_3g = last["lines_million"], last["lines_3g_million"]
    assert (100 * lines / lines.sum()).round().tolist() == [64, 22, 14]
    assert (100 * lines_3g / lines_3g.sum()).round().tolist() == [38, 33, 30]


def test_series_leaves_out_the_narrow_definition() -> None:
    series = load_observations().series
    mine = series[(series["operator"] == "china_mobile") & (series["date"] < "2010-03-01")]
    known = mine.dropna(subset=["lines_3g_million"])
    assert known["lines_3g_million"].tolist() == [5.51]
    assert known["date"].dt.strftime("%Y-%m-%d").tolist() == ["2009-12-31"]
    assert not series.duplicated(["date", "operator"]).any()


def test_provincial_lines_by_hand() -> None:
    # Two provinces of 10 million, at half and at a quarter of saturation (1.8 per head): places
    # ln 1 = 0 and ln(1/3). With 13.5 million in all, 9 + 4.5, nothing moves.
    lines = provinces.provincial_lines(np.array([10.0, 10.0]), np.array([9.0, 4.5]), np.array([13.5, 20.0]))
    np.testing.assert_allclose(lines[:, 0], [9.0, 4.5])
    odds = lines / (18.0 - lines)
    np.testing.assert_allclose(odds[0] / odds[1], 3.0)  # their distance on the curve stays
    np.testing.assert_allclose(lines.sum(axis=0), [13.5, 20.0])


def test_raking_by_hand() -> None:
    # From equal seeds the table is rows x columns / total.
    table = provinces.rake(np.ones((2, 2)), np.array([30.0, 10.0]), np.array([24.0, 16.0]))
    np.testing.assert_allclose(table, [[18.0, 12.0], [6.0, 4.0]])


def test_raking_keeps_cross_ratios() -> None:
    seed = np.array([[1.0, 2.0], [3.0, 4.0]])
    table = provinces.rake(seed, np.array([30.0, 10.0]), np.array([24.0, 16.0]))
    ratio = table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0])
    assert ratio == pytest.approx(4.0 / 6.0)


def test_initial_lines_have_both_margins() -> None:
    observed = load_observations()
    np.testing.assert_allclose(observed.initial_lines.sum(axis=1), observed.lines[:, 0])
    np.testing.assert_allclose(observed.initial_lines.sum(axis=0), [457.25, 133.37, 27.91])
    assert (observed.initial_lines > 0).all()


def test_internet_users_per_line() -> None:
    observed = load_observations()
    users = observed.internet_per_line * observed.lines
    beijing = observed.provinces.index("Beijing")
    assert users[beijing, 0] == pytest.approx(9.8)
    assert users[beijing, 6] == pytest.approx((9.8 + 11.03) / 2)  # half-way through 2009
    assert users[beijing, 60] == pytest.approx(13.79 * 618 / 513.1)
    assert observed.internet_per_line.min() > 0
    assert observed.internet_per_line.max() <= 0.98


def test_zhejiang_holds_its_published_share_of_alipay() -> None:
    observed = load_observations()
    held = observed.initial_accounts * (observed.internet_per_line * observed.lines)[:, :1]
    share = held[:, 0] / held[:, 0].sum()
    assert share[observed.provinces.index("Zhejiang")] == pytest.approx(14.5 / 150)
    # December 2008 lies half-way between August 2008 (100 million) and April 2009 (150).
    assert held[:, 0].sum() == pytest.approx(125.0)
    assert held[:, 1].sum() == pytest.approx(26 * (190 / 26) ** (11 / 56))  # Tenpay
    assert held[:, 2].sum() == pytest.approx(22.1)  # assumed
    assert 0 < observed.initial_accounts.min() < observed.initial_accounts.max() < 0.98


def test_alipay_follows_the_published_order() -> None:
    tables = read_tables()
    observed = load_observations()
    held = observed.initial_accounts[:, 0] * (observed.internet_per_line * observed.lines)[:, 0]
    ours = [observed.provinces[g] for g in np.argsort(-held)]
    published = {
        row["province"]: row["value"]
        for row in tables["platform_provinces.csv"]
        if row["measure"] == "rank_by_members"
    }
    assert set(ours[:6]) == set(published)
    assert ours[:3] == sorted(published, key=lambda name: published[name])[:3]


def test_income_elasticity_by_hand() -> None:
    # Twice Zhejiang's income, and its users (spending share over spending per user) are four
    # times what internet users alone would give: an elasticity of 2.
    def row(province: str, measure: str, precision: str, value: float) -> dict[str, object]:
        day = date(2014, 12, 31)
        return {"province": province, "measure": measure, "precision": precision,
                "value": value, "date": day}  # fmt: skip

    rows = [
        row("Zhejiang", "spending_share_percent", "years", 10.0),
        row("Zhejiang", "spending_per_user_rmb", "year", 100.0),
        row("Shanghai", "spending_share_percent", "years", 40.0),
        row("Shanghai", "spending_per_user_rmb", "year", 200.0),
    ]
    users, income = np.full(31, 2.0), np.ones(31)
    shanghai = list(provinces.PROVINCES.values()).index("Shanghai")
    users[shanghai], income[shanghai] = 1.0, 2.0
    assert accounts.income_elasticity(rows, users, income) == pytest.approx(2.0)


def test_interpolation_by_hand() -> None:
    assert paths.interpolate(((-4, 100.0), (4, 150.0)), 0, growth=False) == 125.0
    assert paths.interpolate(((0, 1.0), (2, 4.0)), 1, growth=True) == pytest.approx(2.0)


def test_month_index() -> None:
    assert paths.month_index(date(2008, 12, 31)) == 0
    assert paths.month_index(date(2009, 4, 3)) == 4
    assert paths.month_index(date(2013, 12, 1)) == 60
    assert paths.month_index(date(2007, 6, 30)) == -18


def test_prices() -> None:
    price = load_observations().price
    assert price.shape == (3, 2, 61)
    assert (price > 0).all()
    assert (price[:, 1] > price[:, 0]).all()  # 3G users paid more, everywhere and always
    unicom = price[OPERATORS.index("china_unicom"), 0]
    assert unicom[0] == 41.2  # flat before the first point, June 2009
    assert unicom[12] == pytest.approx((41.2 + 39.5) / 2)  # half-way to June 2010
    assert unicom[60] == 31.8


def test_coverage() -> None:
    coverage = load_observations().coverage
    assert coverage.shape == (3, 61)
    assert (np.diff(coverage, axis=1) >= 0).all()
    assert coverage.min() == 0.0
    assert coverage.max() < 1.0
    # First month with any: January, May and April 2009.
    assert (coverage > 0).argmax(axis=1).tolist() == [1, 5, 4]
    # China Unicom: 0.14 in May and 0.27 in October 2009, three fifths of the way in August.
    assert coverage[1, 8] == pytest.approx(0.14 + 0.6 * 0.13)


def test_borders_and_tiles() -> None:
    observed = load_observations()
    near = observed.neighbours
    assert (near == near.T).all()
    assert not near.diagonal().any()
    assert near.sum() == 2 * (68 + 1)  # land borders, and Guangdong-Hainan by convention
    name = observed.provinces.index
    assert near[name("Guangdong"), name("Hainan")]
    assert not near[name("Zhejiang"), name("Guangdong")]
    assert len({tuple(cell) for cell in observed.tile.tolist()}) == 31
    assert observed.tile[name("Zhejiang")].tolist() == [7, 6]


def test_deals() -> None:
    deals = load_observations().deals
    alipay = [(deal.operator, deal.province) for deal in deals if deal.platform == "alipay"]
    assert alipay[-1] == ("china_mobile", "Zhejiang")
    assert {province for operator, province in alipay if operator == "china_telecom"} == {
        "Beijing", "Yunnan", "Hebei", "Sichuan", "Chongqing",
    }  # fmt: skip
    zhejiang = next(deal for deal in deals if deal.operator == "china_mobile")
    assert zhejiang.services == ("subscribing", "telecom", "handsets")
    assert zhejiang.month == 4
    assert [deal.month for deal in deals] == sorted(deal.month for deal in deals)


def test_wallets_launch() -> None:
    assert load_observations().wallet_launch.tolist() == [-18, 33, 27]


def test_events_are_few_and_in_order() -> None:
    events = load_observations().events
    assert 5 <= len(events) <= 15
    assert events["date"].is_monotonic_increasing


def test_provincial_estimates_stay_near_published_points() -> None:
    """What data/README.md reports: most within a tenth; Tibet and Inner Mongolia are worse."""
    observed = load_observations()
    errors = {}
    for row in read_tables()["provincial_points.csv"]:
        month = paths.month_index(row["date"])
        if row["measure"] == "lines_million" and 0 <= month <= 60:
            ours = observed.lines[observed.provinces.index(row["province"]), month]
            errors[row["province"], month] = ours / row["value"] - 1
    far = {place for (place, _), error in errors.items() if abs(error) > 0.1}
    assert len(errors) >= 9
    assert far == {"Tibet", "Inner Mongolia"}
    assert max(abs(error) for error in errors.values()) < 0.25


def test_arrays_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        load_observations().lines[0, 0] = 1.0

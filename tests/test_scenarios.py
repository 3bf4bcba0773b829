"""Scenarios: those that come along, what their stances are by hand, and files that are refused."""

from pathlib import Path

import numpy as np
import pytest

from agents.stances import Stance
from model.errors import InputError
from model.observations import Observations, load_observations
from model.scenarios import load_scenario, read_scenario, scenario_names
from model.schemas import OPERATORS, PLATFORMS

MOBILE, UNICOM, TELECOM = range(3)
CLOSED, OPEN, EXCLUSIVE = Stance.CLOSED, Stance.OPEN, Stance.EXCLUSIVE
NEEDED = {"history", "closed", "open", "incumbent_closed", "incumbent_open", "exclusive", "two_g"}
GOOD = {"title": "T", "stances": dict.fromkeys(OPERATORS, "closed")}


@pytest.fixture(scope="module")
def data() -> Observations:
    return load_observations()


def path_of(name: str, data: Observations) -> np.ndarray:
    return load_scenario(name).stance_path(data, OPERATORS)


@pytest.mark.parametrize("name", scenario_names())
def test_comes_along(name: str, data: Observations) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.title
    assert scenario.about
    path = scenario.stance_path(data, OPERATORS)
    assert path.shape == (61, 3, 31)
    assert set(np.unique(path)) <= set(Stance)
    assert load_scenario(scenario) is scenario


def test_the_needed_ones_are_there() -> None:
    assert set(scenario_names()) >= NEEDED
    assert list(scenario_names()) == sorted(scenario_names())


@pytest.mark.parametrize(
    ("name", "stances"),
    [
        ("closed", (CLOSED, CLOSED, CLOSED)),
        ("open", (OPEN, OPEN, OPEN)),
        ("incumbent_closed", (CLOSED, OPEN, OPEN)),
        ("incumbent_open", (OPEN, CLOSED, CLOSED)),
        ("exclusive", (EXCLUSIVE, OPEN, OPEN)),
        ("two_g", (CLOSED, CLOSED, CLOSED)),
    ],
)
def test_stances_hold_from_april_2009(name: str, stances: tuple, data: Observations) -> None:
    path = path_of(name, data)
    assert (path[:4] == CLOSED).all()  # December 2008 to March 2009
    assert (path[4:] == np.array(stances)[None, :, None]).all()


def test_history_is_what_was_signed(data: Observations) -> None:
    """MODEL: China Mobile's Zhejiang in April 2009, five branches of China Telecom before it."""
    path = path_of("history", data)
    place = data.provinces.index
    zhejiang, guangdong = place("Zhejiang"), place("Guangdong")
    assert path[3, MOBILE, zhejiang] == CLOSED
    assert (path[4:, MOBILE, zhejiang] == OPEN).all()
    first = [place(name) for name in ("Beijing", "Yunnan", "Hebei", "Sichuan", "Chongqing")]
    assert (path[2, TELECOM] == CLOSED).all()
    assert np.flatnonzero(path[3, TELECOM] == OPEN).tolist() == sorted(first)
    for operator in (MOBILE, TELECOM):
        assert (path[:, operator, guangdong] == CLOSED).all()
    assert (np.delete(path[:, MOBILE], zhejiang, axis=1) == CLOSED).all()
    assert (path != EXCLUSIVE).all()


def test_history_offers_what_was_signed(data: Observations) -> None:
    since, services = load_scenario("history").services_from_deals(data, OPERATORS, PLATFORMS)
    zhejiang, alipay = data.provinces.index("Zhejiang"), PLATFORMS.index("alipay")
    assert since[MOBILE, zhejiang, alipay] == 4
    assert services[MOBILE, zhejiang, alipay].all()  # numbers, telecom services, handsets; shopping
    assert (since[:, :, PLATFORMS.index("tenpay")] == 61).all()
    assert not services[since == 61].any()
    assert services[since < 61][:, 3].all()
    assert ((since < 61).sum(axis=(1, 2)) > 0).any()


def test_operators_in_another_order(data: Observations) -> None:
    scenario, turned = load_scenario("exclusive"), OPERATORS[::-1]
    assert (scenario.stance_path(data, turned) == scenario.stance_path(data, OPERATORS)[:, ::-1]).all()


def test_two_g_has_no_3g() -> None:
    assert load_scenario("two_g").parameters == {"era": 0}


def test_a_file_may_differ_by_branch(tmp_path: Path, data: Observations) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        """
        title = "Mine"
        opens = "2010-01"
        [stances]
        china_mobile = "open"
        china_unicom = "closed"
        china_telecom = "closed"
        [[branches]]
        operator = "china_mobile"
        province = "Beijing"
        stance = "closed"
        [[branches]]
        operator = "china_telecom"
        province = "Tibet"
        stance = "exclusive"
        opens = "2012-12"
        [parameters]
        lock_in = 0.5
        """,
        encoding="utf-8",
    )
    scenario = load_scenario(str(file))
    assert load_scenario(file) == scenario
    assert (scenario.name, scenario.title, scenario.opens) == ("mine", "Mine", 13)
    assert scenario.parameters == {"lock_in": 0.5}
    path = scenario.stance_path(data, OPERATORS)
    beijing, tibet = data.provinces.index("Beijing"), data.provinces.index("Tibet")
    assert (path[:, MOBILE, beijing] == CLOSED).all()
    assert (path[:13] == CLOSED).all()
    assert (np.delete(path[13:, MOBILE], beijing, axis=1) == OPEN).all()
    assert path[47, TELECOM, tibet] == CLOSED
    assert path[48, TELECOM, tibet] == EXCLUSIVE
    assert (path == EXCLUSIVE).sum() == 61 - 48


# ---- what is refused ----------------------------------------------------------------------------


def refusal(raw: dict) -> str:
    """Return the one line with which a scenario is refused."""
    with pytest.raises(InputError) as error:
        read_scenario("mine", raw)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("clsoed", "closed"), ("History", "history"), ("incumbent-closed", "incumbent_closed")],
)
def test_unknown_scenarios_get_a_suggestion(name: str, meant: str) -> None:
    with pytest.raises(InputError) as error:
        load_scenario(name)
    message = str(error.value)
    assert message.startswith(f"unknown scenario {name!r}: did you mean {meant!r}? allowed: ")
    assert all(known in message for known in scenario_names())


@pytest.mark.parametrize("text", ["title = ", "title = \xff\xfe", "= 3"])
def test_what_is_not_toml(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"bad\.toml: not valid TOML") as error:
        load_scenario(file)
    assert "\n" not in str(error.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.toml: cannot be read"):
        load_scenario(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tittle": "T"}, "unknown scenario mine entry 'tittle': did you mean 'title'?"),
        ({"deals": "observd"}, "unknown scenario mine deals 'observd': did you mean 'observed'?"),
        ({"stances": {"china_mobil": "open"}}, "operator 'china_mobil': did you mean 'china_mobile'?"),
        ({"stances": {"china_mobile": "open"}}, "stances.china_unicom is missing; allowed: closed"),
        ({"stances": "open"}, "stances must be a table, not 'open'"),
        ({"stances": GOOD["stances"] | {"china_mobile": "opne"}}, "stance 'opne': did you mean 'open'?"),
        ({"opens": "2008-12"}, "opens = '2008-12'; allowed: a month 2009-01 to 2028-12"),
        ({"opens": "2029-01"}, "allowed: a month 2009-01 to 2028-12"),
        ({"opens": "2010-13"}, "allowed: a month 2009-01 to 2028-12"),
        ({"opens": "2010-00"}, "allowed: a month 2009-01 to 2028-12"),
        ({"opens": "soon"}, "allowed: a month 2009-01 to 2028-12"),
        ({"opens": 2010}, "allowed: a month 2009-01 to 2028-12"),
        ({"parameters": {"lockin": 1}}, "unknown parameter 'lockin': did you mean 'lock_in'?"),
        ({"parameters": {"lock_in": 99}}, "parameter lock_in = 99 is out of bounds; allowed: 0 to 10"),
        ({"parameters": [1]}, "parameters must be a table"),
        ({"branches": [{"operator": "mobile"}]}, "branch operator 'mobile'"),
        (
            {"branches": [{"operator": "china_mobile", "province": "Zheijang", "stance": "open"}]},
            "branch province 'Zheijang'",
        ),
        (
            {"branches": [{"operator": "china_mobile", "province": "Tibet"}]},
            "unknown scenario mine stance 'None'",
        ),
        (
            {"branches": [{"operator": "china_mobile", "province": "Tibet", "stance": "open", "opens": "x"}]},
            "opens = 'x'; allowed: a month",
        ),
    ],
)
def test_bad_entries_are_refused_in_one_line(change: dict, says: str) -> None:
    assert says in refusal(GOOD | change)


@pytest.mark.parametrize("entry", ["title", "stances"])
def test_missing_entries(entry: str) -> None:
    raw = {key: value for key, value in GOOD.items() if key != entry}
    assert refusal(raw) == f"scenario mine: entry {entry!r} is missing"


@pytest.mark.parametrize(
    "change",
    [
        {"branches": [{"operator": ["china_mobile"], "province": "Tibet", "stance": "open"}]},
        {"branches": [{"operator": "china_mobile", "province": "Tibet", "stance": ["open"]}]},
        {"stances": GOOD["stances"] | {"china_mobile": ["open"]}},
        {"stances": GOOD["stances"] | {"china_mobile": 1}},
        {"deals": ["observed"]},
        {"opens": None},
        {"opens": "2010-1-1"},
    ],
)
def test_entries_of_the_wrong_kind(change: dict) -> None:
    assert refusal(GOOD | change)


@pytest.mark.parametrize(
    "change",
    [
        {"branches": "Tibet"},
        {"branches": {"operator": "china_mobile", "province": "Tibet", "stance": "open"}},
        {"branches": 3},
        {"branches": ["Tibet"]},
        {
            "branches": [
                {"operator": "china_mobile", "province": "Tibet", "stance": "open", "open": "2010-01"}
            ]
        },
    ],
)
def test_branches_of_the_wrong_kind(change: dict) -> None:
    assert refusal(GOOD | change)

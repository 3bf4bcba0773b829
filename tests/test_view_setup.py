"""What can be set, and the link that carries it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.stances import Stance
from model.errors import InputError
from model.market import MobileMarket
from model.parameters import Parameters
from model.scenarios import load_scenario, scenario_names
from model.schemas import OPERATORS, PROVINCES
from view.form import MAIN, chosen, fixed_words
from view.links import query_of, read_link, write_link
from view.measures import MEASURES
from view.setup import SHOWN, SIZES, SPEEDS, Change, Setup, World, read_number
from view.twins import Twins

STANCES = [stance.name.lower() for stance in Stance]
some_world = st.builds(
    World,
    st.sampled_from(scenario_names()),
    st.tuples(*[st.sampled_from(["scenario", *STANCES]) for _ in OPERATORS]),
)
some_change = st.builds(
    Change,
    st.integers(0, 59),
    st.sampled_from("ab"),
    st.sampled_from(OPERATORS),
    st.none() | st.sampled_from(list(PROVINCES.values())),
    st.sampled_from(STANCES),
)


@st.composite
def some_setup(draw: st.DrawFn) -> Setup:
    known = Parameters.fields()
    names = draw(
        st.lists(st.sampled_from([n for n in known if known[n]["unit"] != "months"]), max_size=4, unique=True)
    )
    values = [(name, draw(st.floats(*known[name]["bounds"]))) for name in sorted(names)]
    consumers = draw(st.integers(*SIZES))
    setup = Setup(
        draw(some_world), draw(some_world), draw(st.integers(0, 2**32 - 1)), consumers, tuple(values), (),
        draw(st.sampled_from(list(MEASURES))), draw(st.none() | st.sampled_from(list(PROVINCES.values()))),
        draw(st.none() | st.integers(0, consumers - 1)), draw(st.sampled_from(list(SPEEDS))),
        draw(st.sampled_from(SHOWN)),
    )  # fmt: skip
    for change in draw(st.lists(some_change, max_size=4)):
        setup = setup.with_change(change)
    return setup


@settings(max_examples=200)
@given(some_setup(), st.integers(0, 60))
def test_a_link_says_everything(setup: Setup, month: int) -> None:
    assert read_link(write_link(setup, month)) == (setup, month, [])


def test_a_link_says_no_more_than_it_must() -> None:
    assert write_link(Setup(), 0) == "a=closed&b=open"
    assert query_of(a=None, b=None, seed=None) == ""
    assert query_of(a="history", b=None, seed=3) == "a=history&b=open&seed=3"
    with pytest.raises(InputError, match="unknown scenario 'ajar'"):
        query_of(a="ajar")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("a=ajar", "unknown scenario 'ajar': allowed: closed"),
        ("month=61", "month = '61'; allowed: a whole number 0 to 60"),
        ("month=soon", "month = 'soon' is not a number"),
        ("seed=-1", "seed = -1; allowed: a whole number 0 to 4,294,967,295"),
        ("consumers=12", "consumers = 12; allowed: a whole number 310 to 1,000,000"),
        ("consumers=1e99", "allowed: a whole number 310 to 1,000,000"),
        ("consumer=50000", "consumer = 50000; allowed: a whole number 0 to 49,999"),
        ("set=lockin:2", "did you mean 'lock_in'"),
        ("set=lock_in:99", "parameter lock_in = 99 is out of bounds; allowed: 0 to 10 utils"),
        ("set=lock_in:nan", "lock_in = 'nan' is not a number"),
        ("set=deal_months:1.5", "must be whole months"),
        ("stance=c:china_mobile:open", "unknown world 'c': allowed: a, b"),
        ("stance=a:china_mobile:ajar", "unknown stance 'ajar'"),
        ("stance=a:open", "allowed: world:operator:stance"),
        ("hand=60:a:china_mobile:all:open", "month of a change = 60; allowed: a whole number 0 to 59"),
        ("hand=6:a:china_mobile:Zhejang:open", "did you mean"),
        ("map=heat", "unknown measure 'heat'"),
        ("speed=99", "unknown speed '99'"),
        ("province=Atlantis", "unknown province 'Atlantis'"),
        ("colour=red", "unknown part of a link 'colour'"),
    ],
)
def test_what_is_wrong_with_a_link_is_one_line(query: str, says: str) -> None:
    setup, month, problems = read_link(query)
    (problem,) = problems
    assert says in problem
    assert "\n" not in problem
    assert (setup, month) == (Setup(), 0)


@pytest.mark.parametrize(("text", "number"), [("50,000", 50_000), (" 2 ", 2), ("−1.5", -1.5), ("1e3", 1000)])
def test_numbers_as_people_type_them(text: str, number: float) -> None:
    assert read_number("x", text) == number


@pytest.mark.parametrize("text", ["inf", "many", "", "1;2"])
def test_not_numbers(text: str) -> None:
    with pytest.raises(InputError, match="x = "):
        read_number("x", text)


def test_every_parameter_has_its_field_once() -> None:
    groups = fixed_words()["groups"]
    names = [p["name"] for group in groups for p in group["parameters"]]
    assert sorted(names) == sorted(Parameters.fields())
    main = [name for group in MAIN.values() for name in group]
    assert len(main) == len(set(main))
    for group in groups:
        for p in group["parameters"]:
            assert p["unit"]
            assert p["meaning"]
            assert p["low"] < p["high"]
    assert chosen(Setup().with_parameter("lock_in", 2))["parameters"] == {"lock_in": 2}


def test_stances_by_hand_are_those_of_a_scenario() -> None:
    """Closed by scenario and open by hand is the scenario that is open, month by month."""
    by_hand = Twins(
        Setup(World("closed", ("open", "scenario", "scenario")), World("incumbent_open"), 2, 1_000)
    )
    for _ in range(10):
        by_hand.step()
    for a, b in zip(*by_hand.history.values(), strict=True):
        for name in ("lines", "lines_3g", "in_force", "profit", "stance", "accounts"):
            assert (getattr(a, name) == getattr(b, name)).all()
    assert by_hand.history["a"][-1].in_force[0].any()


def test_a_change_by_hand_is_the_markets_own() -> None:
    setup = Setup(World("closed"), World("closed"), 2, 1_000)
    setup = setup.with_change(Change(4, "b", "china_unicom", "Hunan", "open"))
    twins = Twins(setup)
    plain = MobileMarket("closed", 1_000, rng=2)
    for month in range(9):
        twins.step()
        if month == 4:
            plain.take_stance("china_unicom", "open", "Hunan")
        plain.step()
    assert (plain.lines == twins.markets["b"].lines).all()
    assert (plain.partnerships.in_force == twins.markets["b"].partnerships.in_force).all()
    assert not (plain.partnerships.in_force == twins.markets["a"].partnerships.in_force).all()
    assert load_scenario("closed").stances["china_unicom"] == Stance.CLOSED

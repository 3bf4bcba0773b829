"""Parameters: every one described, every bad value refused in one line that says what is allowed."""

from dataclasses import FrozenInstanceError

import pytest

from model.errors import InputError, unknown_name
from model.parameters import Parameters

FIELDS = Parameters.fields()


@pytest.mark.parametrize("name", FIELDS)
def test_described(name: str) -> None:
    about = FIELDS[name]
    (low, high), (least, most) = about["bounds"], about["plausible"]
    assert low <= least <= most <= high
    assert least <= about["default"] <= most or "normalised" in about["source"]
    assert all(about[text].strip() for text in ("unit", "source", "meaning"))


@pytest.mark.parametrize("name", FIELDS)
def test_bounds_are_allowed_and_nothing_beyond(name: str) -> None:
    low, high = FIELDS[name]["bounds"]
    for value in (low, high):
        assert getattr(Parameters.with_values({name: value}), name) == value
    for value in (low - 1, high + 1):
        with pytest.raises(InputError, match=f"parameter {name} = .* is out of bounds; allowed: ") as error:
            Parameters.with_values({name: value})
        message = str(error.value)
        assert "\n" not in message
        assert f"{low:g} to {high:g} {FIELDS[name]['unit']}" in message


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.1", None, True, [0.1]])
def test_only_numbers(value: object) -> None:
    with pytest.raises(
        InputError, match=r"^parameter lock_in = .* is (out of bounds|not a number); allowed: 0 to 10 utils$"
    ):
        Parameters.with_values({"lock_in": value})  # type: ignore[dict-item]


def test_months_are_whole() -> None:
    for name, about in FIELDS.items():
        if about["unit"] == "months":
            with pytest.raises(InputError, match=f"{name} = 3.5 must be whole months"):
                Parameters.with_values({name: 3.5})


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("lockin", "lock_in"),
        ("Lock_In", "lock_in"),
        ("switch_cost", "switching_cost"),
        ("review_hazzard", "review_hazard"),
        ("quality_china_mobil", "quality_china_mobile"),
    ],
)
def test_a_near_miss_is_suggested(given: str, meant: str) -> None:
    with pytest.raises(InputError) as error:
        Parameters.with_values({given: 1.0})
    message = str(error.value)
    assert message.startswith(f"unknown parameter {given!r}: did you mean {meant!r}? allowed: ")
    assert "\n" not in message


def test_far_misses_are_not_guessed_at() -> None:
    message = str(unknown_name("scenario", "zzzzz", ("open", "closed")))
    assert message == "unknown scenario 'zzzzz': allowed: open, closed"


def test_with_values_builds_on_what_is_given() -> None:
    base = Parameters.with_values({"lock_in": 1.0, "era": 0})
    changed = Parameters.with_values({"lock_in": 2.0}, base)
    assert (changed.lock_in, changed.era) == (2.0, 0)
    assert (base.lock_in, base.era) == (1.0, 0)
    assert changed.as_dict() == base.as_dict() | {"lock_in": 2.0}
    assert Parameters.with_values({}) == Parameters()
    with pytest.raises(FrozenInstanceError):
        base.lock_in = 3.0  # type: ignore[misc]

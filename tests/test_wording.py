"""Numbers as people write them."""

import pytest

from experiments.wording import (
    format_change,
    format_pair,
    format_value,
    is_decided,
    name_difference,
    name_scenario,
)

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (233e6, "people", "233 million"),
        (52_300, "people", "52.3 thousand"),
        (17, "people", "17 people"),
        (12.345e9, "rmb", "12.3 bn RMB"),
        (-4.2e6, "rmb", f"{MINUS}4.20 million RMB"),
        (64.23, "percentage points", "64.2 %"),
        (0.0123, "share", "1.23 %"),
        (71.5, "rmb per month", "71.5 RMB a month"),
        (3.0, "furlongs", "3.00 furlongs"),
    ],
)
def test_levels(value: float, unit: str, text: str) -> None:
    assert format_value(value, unit) == text


def test_a_difference_and_its_interval_share_a_scale() -> None:
    assert format_change(12.3e9, 10.1e9, 14.5e9, "rmb") == ("+12.3 bn RMB", "+10.1 to +14.5")
    change = format_change(-0.012, -0.02, 0.001, "percentage points")
    assert change == (f"{MINUS}0.012 pp", f"{MINUS}0.020 to +0.001")


def test_nothing_is_ever_minus_zero() -> None:
    assert format_change(-1e-9, -1e-9, -1e-9, "percentage points")[0] == "0.00 pp"


def test_levels_that_differ_a_little_are_written_finely_enough() -> None:
    assert format_pair(233.1e6, 232.9e6, "people") == ("233.1 million", "232.9 million")


def test_a_sign_is_decided_only_when_zero_is_outside() -> None:
    assert is_decided(0.1, 2.0)
    assert not is_decided(0.0, 0.0)
    assert not is_decided(-1.0, 1.0)
    assert not is_decided(float("nan"), 1.0)


def test_scenarios_read_as_words_also_when_they_are_files() -> None:
    assert name_scenario("incumbent_closed") == "incumbent closed"
    assert name_scenario("mine/my_case.toml") == "my case"
    assert name_difference("incumbent_closed", "history") == "Incumbent closed less history"

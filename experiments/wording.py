"""Numbers and names as people write them, shared by the terminal, the figures and the page.

Tables hold whole RMB, real mobile lines ("people") and percentage points; nobody wants to read
12345678901 RMB. A `Scale` says by what to divide, what to call the result and how many decimals
to show; values that are read together (a difference and its interval) share one scale.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

MINUS = "\N{MINUS SIGN}"
UNKNOWN = "\N{EN DASH}"

#: Names of those who pay, are paid or are paid with; also the order in which they are listed.
ACTORS = {
    "china_mobile": "China Mobile",
    "china_unicom": "China Unicom",
    "china_telecom": "China Telecom",
    "alipay": "Alipay",
    "tenpay": "Tenpay",
    "unionpay_online": "UnionPay online",
    "china_mobile_wallet": "China Mobile wallet",
    "china_unicom_wallet": "China Unicom wallet",
    "china_telecom_wallet": "China Telecom wallet",
    "wallet": "own wallet",
    "cash": "cash outlets",
    "outlets": "cash outlets",
    "consumers": "consumers",
    "merchants": "merchants",
    "handset_makers": "handset makers",
    "suppliers": "suppliers",
    "network": "network costs",
    "all": "all operators",
}

#: Unit of a table -> the steps by which it is made readable: (from this size, divide by, name).
_STEPS: dict[str, tuple[tuple[float, float, str], ...]] = {
    "people": ((1e6, 1e6, "million"), (1e4, 1e3, "thousand"), (0.0, 1.0, "people")),
    "rmb": ((1e8, 1e9, "bn RMB"), (1e5, 1e6, "million RMB"), (0.0, 1.0, "RMB")),
    "rmb per month": ((0.0, 1.0, "RMB a month"),),
    "percentage points": ((0.0, 1.0, "pp"),),
    "share": ((0.0, 0.01, "%"),),
}


@dataclass(frozen=True)
class Scale:
    """How values of one unit are written: divided by `divisor`, with `decimals`, then `name`."""

    divisor: float
    name: str
    decimals: int

    def number(self, value: float, signed: bool = False) -> str:
        """Return the bare number, with a true minus sign and never "-0"."""
        if not math.isfinite(value):
            return UNKNOWN
        text = f"{abs(value) / self.divisor:,.{self.decimals}f}"
        if not any(digit in "123456789" for digit in text):
            return text
        plus = "+" if signed else ""
        return (MINUS if value < 0 else plus) + text


def choose_scale(unit: str, values: Iterable[float]) -> Scale:
    """Return one scale that suits all `values` of a unit (an unknown unit is shown as it is).

    The largest value decides the step (thousand, million, bn). The range of the values decides the
    decimals, three at most, so that the ends of an interval are told apart.
    """
    finite = [value for value in values if math.isfinite(value)]
    largest = max((abs(value) for value in finite), default=0.0)
    steps = _STEPS.get(unit, ((0.0, 1.0, unit),))
    _, divisor, name = next(step for step in steps if largest >= step[0])
    if unit == "people" and divisor == 1.0:
        return Scale(divisor, name, 0)
    spread = max(finite, default=0.0) - min(finite, default=0.0)
    return Scale(divisor, name, _decimals(largest / divisor, spread / divisor))


def format_value(value: float, unit: str) -> str:
    """Return a level with its unit: "233 million", "12.3 bn RMB", "64.2 %"."""
    scale = choose_scale(unit, [value])
    return f"{scale.number(value)} {_level_name(unit, scale)}"


def format_pair(a: float, b: float, unit: str) -> tuple[str, str]:
    """Return two levels of one unit on the same scale, each with its unit."""
    scale = choose_scale(unit, [a, b])
    finest = choose_scale(unit, [max(abs(a), abs(b))]).decimals + 1
    scale = replace(scale, decimals=min(scale.decimals, finest))
    name = _level_name(unit, scale)
    return f"{scale.number(a)} {name}", f"{scale.number(b)} {name}"


def format_change(mean: float, low: float, high: float, unit: str) -> tuple[str, str]:
    """Return a difference and its interval: ("+12.3 bn RMB", "+10.1 to +14.5")."""
    scale = choose_scale(unit, [mean, low, high])
    interval = f"{scale.number(low, signed=True)} to {scale.number(high, signed=True)}"
    return f"{scale.number(mean, signed=True)} {scale.name}", interval


def name_actor(actor: str) -> str:
    """Return the written name of an operator, platform, wallet or other party of the ledger."""
    return ACTORS.get(actor, _spell(actor))


def name_measure(measure: str) -> str:
    """Return a measure's key as words: "lines_3g" -> "lines 3G"."""
    return _spell(measure)


def name_scenario(scenario: str) -> str:
    """Return a scenario's key or file as words: "incumbent_closed" -> "incumbent closed"."""
    return Path(scenario).name.removesuffix(".toml").replace("_", " ")


def name_difference(a: str, b: str) -> str:
    """Return what a difference of two scenarios is called: "Incumbent closed less history"."""
    return start_sentence(f"{name_scenario(a)} less {name_scenario(b)}")


def start_sentence(text: str) -> str:
    """Return a text with its first letter large and the others as they are."""
    return text[:1].upper() + text[1:]


def short_number(value: float) -> str:
    """Return a bare number with three digits that count and a true minus sign: "−3.14", "0.015"."""
    return f"{value:.3g}".replace("-", MINUS)


def is_decided(low: float, high: float) -> bool:
    """Return True when the interval excludes zero, so that a sign may be named."""
    return math.isfinite(low) and math.isfinite(high) and (low > 0 or high < 0)


def _level_name(unit: str, scale: Scale) -> str:
    # A level in percentage points is a percentage; only a difference of two is in points.
    return "%" if unit == "percentage points" else scale.name


def _decimals(largest: float, spread: float) -> int:
    by_size = 0 if largest >= 100 else 1 if largest >= 10 else 2
    if spread <= 0:
        return by_size
    # Fine enough that the range is at least three steps of the last decimal.
    return max(min(math.ceil(-math.log10(spread / 3.0)), 3), by_size)


def _spell(key: str) -> str:
    networks = {"2g": "2G", "3g": "3G", "arpu": "ARPU", "hhi": "HHI"}
    return " ".join(networks.get(word, word) for word in key.replace("_", " ").split())

"""A link that restores everything: a setup and a month as a query, and back.

    ?a=closed&b=open&month=20&seed=1&consumers=50000&set=lock_in:2&stance=b:china_mobile:open
    &hand=20:b:china_mobile:Zhejiang:open&map=mobile_3g&province=Zhejiang&consumer=17&speed=5&charts=worlds

Whatever is at its default is left out.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote

from model.errors import InputError, unknown_name
from model.schemas import OPERATORS
from view.setup import AS_PLANNED, MONTHS, WORLDS, Change, Setup, World, read_number

PLAIN = {"seed": "seed", "consumers": "consumers", "map": "measure", "province": "province",
         "consumer": "consumer", "speed": "speed", "charts": "shown"}  # fmt: skip
NUMBERS = ("seed", "consumers", "consumer")
EVERYWHERE = "all"  # a change to all of an operator's branches
KEYS = ("a", "b", "month", "set", "stance", "hand", *PLAIN)


def write_link(setup: Setup, month: int) -> str:
    """Return the query, without its question mark, that `read_link` reads back as the same."""
    default = Setup()
    pairs = [(w, setup.world[w].scenario) for w in WORLDS]
    pairs += [("month", str(month))] if month else []
    for key, name in PLAIN.items():
        if getattr(setup, name) != getattr(default, name):
            pairs.append((key, str(getattr(setup, name))))
    pairs += [("set", f"{name}:{value!r}") for name, value in setup.parameters]
    for w in WORLDS:
        named = zip(OPERATORS, setup.world[w].stances, strict=True)
        pairs += [("stance", f"{w}:{who}:{stance}") for who, stance in named if stance != AS_PLANNED]
    for c in setup.changes:
        where = c.province or EVERYWHERE
        pairs.append(("hand", f"{c.month}:{c.world}:{c.operator}:{where}:{c.stance}"))
    return "&".join(f"{key}={quote(value, safe=':')}" for key, value in pairs)


def read_link(query: str) -> tuple[Setup, int, list[str]]:
    """Return the setup and month of a query, and one line for each part of it that cannot be used.

    Parts that cannot be used are left at their defaults.
    """
    setup, month, problems = Setup(), 0, []
    pairs = parse_qsl(query.lstrip("?"), keep_blank_values=True)
    order = {key: place for place, key in enumerate(KEYS)}  # how many there are comes before which of them
    for key, text in sorted(pairs, key=lambda pair: order.get(pair[0], len(order))):
        try:
            if key == "month":
                month = _month(text)
            else:
                setup = _reader(key)(setup, text)
        except InputError as error:
            problems.append(str(error))
    return setup, month, problems


def query_of(**parts: str | int | None) -> str:
    """Return the link of some parts; those that are None are left out.

    Raises
    ------
    InputError
        A part that cannot be used.
    """
    given = "&".join(f"{key}={quote(str(value))}" for key, value in parts.items() if value is not None)
    setup, month, problems = read_link(given)
    if problems:
        raise InputError(problems[0])
    return write_link(setup, month) if given else ""


def _month(text: str) -> int:
    month = read_number("month", text)
    if not isinstance(month, int) or not 0 <= month <= MONTHS:
        raise InputError(f"month = {text!r}; allowed: a whole number 0 to {MONTHS}")
    return month


def _reader(key: str) -> Callable[[Setup, str], Setup]:
    """Return the function that takes a part of a link up into a setup."""
    known: dict[str, Callable[[Setup, str], Setup]] = {
        "a": lambda setup, text: setup.having(a=replace(setup.a, scenario=text)),
        "b": lambda setup, text: setup.having(b=replace(setup.b, scenario=text)),
        "set": _parameter,
        "stance": _stance,
        "hand": _hand,
        **{word: _plain(word) for word in PLAIN},
    }
    if key not in known:
        raise unknown_name("part of a link", key, KEYS)
    return known[key]


def _plain(key: str) -> Callable[[Setup, str], Setup]:
    def read(setup: Setup, text: str) -> Setup:
        value: Any = read_number(key, text) if key in NUMBERS else text
        return setup.having(**{PLAIN[key]: value})

    return read


def _parameter(setup: Setup, text: str) -> Setup:
    name, _, value = text.partition(":")
    return setup.with_parameter(name, read_number(name, value))


def _stance(setup: Setup, text: str) -> Setup:
    world, operator, stance = _parts("stance", text, "world:operator:stance")
    if world not in WORLDS:
        raise unknown_name("world", world, WORLDS)
    if operator not in OPERATORS:
        raise unknown_name("operator", operator, OPERATORS)
    stances = list(setup.world[world].stances)
    stances[OPERATORS.index(operator)] = stance
    return setup.having(**{world: World(setup.world[world].scenario, tuple(stances))})


def _hand(setup: Setup, text: str) -> Setup:
    month, world, operator, where, stance = _parts("hand", text, "month:world:operator:province:stance")
    province = None if where == EVERYWHERE else where
    number: Any = read_number("month of a change", month)
    return setup.with_change(Change(number, world, operator, province, stance))


def _parts(key: str, text: str, form: str) -> list[str]:
    parts = text.split(":")
    if len(parts) != form.count(":") + 1:
        raise InputError(f"{key} = {text!r}; allowed: {form}")
    return parts

"""Count what consumers cost, call by call, in a small market of plain Python.

    NUMBA_DISABLE_JIT=1 python -W ignore tests/operations/counting.py '{"scenario": "open"}'

Prints a list with an entry for each month (0: the start): what was `done`, calls by name, and what was
`needed`, worked out from the state everybody was in and from their luck. With "fault", one of `FAULTS` is
planted first.

Functions are found by the names in `COUNTED`; draws are told apart by the purpose in their counter. If a
name moves, these lines are all there is to change.
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from agents import (
    accounts,
    acquaintance,
    arithmetic,
    choice,
    contacts,
    draws,
    network,
    opening,
    payments,
    reviewing,
    rounds,
)
from agents.columns import NO_LINE, operator_of
from agents.lanes import SEARCH
from agents.population import Population
from agents.records import make_record
from model.market import MobileMarket

# What is counted, by the module that has it; a call is counted within the work that it is part of. Where it
# serves people side by side, the number is the argument that says how many they are.
COUNTED: dict[str, tuple[Any, str, int | None]] = {
    "choices": (choice, "choose_subscriptions", 5),
    "contacts": (contacts, "find_contacts", 3),
    "openings": (accounts, "opens_account", None),
    "exp": (arithmetic, "exponential", None),
    "log": (arithmetic, "logarithm", None),
}
GENERATOR = (draws, "philox_4x32")
WORK: dict[str, tuple[Any, str]] = {
    "review": (reviewing, "review_stretch"),
    "pay": (payments, "pay_stretch"),
    "open_accounts": (opening, "open_stretch"),
}
PURPOSES = {
    draws.TRAITS: "traits",
    draws.ACCOUNTS_AT_START: "arrival",
    draws.FIRST_OPERATOR: "first operator",
    draws.REVIEW: "review",
    draws.TASTE: "taste",
    draws.PAYMENT: "payment",
    draws.ACCOUNT_OPENING: "opening",
}
OWN = ("traits", "arrival", "taste")  # draws that are one person's, in a review

done: Counter[str] = Counter()
people_who_drew: set[tuple[int, int]] = set()  # province code and position, in a review
work: list[str] = []  # what is going on, the innermost last; empty: nothing that is counted


def replace_everywhere(original: Any, new: Any) -> None:
    """Put a new function in place of one wherever agents and model have it."""
    places = 0
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("agents", "model"):
            for key, value in list(vars(module).items()):
                if value is original:
                    setattr(module, key, new)
                    places += 1
    assert places > 0


def count(name: str, function: Callable[..., Any], people: int | None) -> Callable[..., Any]:
    """Return a function that counts whom it serves, within the work going on, and is otherwise the same."""

    def counting(*arguments: Any) -> Any:
        if work:
            done[f"{work[-1]}: {name}"] += 1 if people is None else int(arguments[people])
        return function(*arguments)

    return counting


def count_generator(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the generator, counting its calls by what they are for, and noting whose own they are."""

    def generating(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
        if work:
            purpose = PURPOSES[int(c1) >> 8 & 0xFF]
            done[f"{work[-1]}: draws for {purpose}"] += 1
            if work[-1] == "review" and purpose in OWN:
                people_who_drew.add((int(c1) & 0xFF, int(c0)))
        return function(c0, c1, c2, c3, k0, k1)

    return generating


def within(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function during which the work of that name goes on."""

    def working(*arguments: Any, **named: Any) -> Any:
        work.append(name)
        try:
            return method(*arguments, **named)
        finally:
            work.pop()

    return working


def count_everything() -> None:
    """Put counters around everything that is counted."""
    for name, (module, function, people) in COUNTED.items():
        original = getattr(module, function)
        replace_everywhere(original, count(name, original, people))
    module, function = GENERATOR
    original = getattr(module, function)
    replace_everywhere(original, count_generator(original))
    for name, (module, function) in WORK.items():
        original = getattr(module, function)
        replace_everywhere(original, within(name, original))
    Population.settle = within("settle", Population.settle)  # type: ignore[method-assign]


# ---- what is needed ----------------------------------------------------------------------------------


def everybody(market: MobileMarket) -> list[tuple[int, int, int]]:
    """Return row, province and position of everybody."""
    start = market.population.places.start
    return [(row, g, row - int(start[g])) for g in range(market.G) for row in range(start[g], start[g + 1])]


def luck_of(market: MobileMarket, purpose: int, province: int, position: int) -> float:
    """Return the draw that is a person's own among those four neighbours share."""
    code = market.observations.codes[province]
    four = draws.uniforms(market.world.seed, purpose, market.month, code, position // 4, 0)
    return float(four[position % 4])


def groups(market: MobileMarket) -> int:
    """Return the calls that one shared draw for everybody takes: one for four neighbours."""
    return sum(-(-int(n) // 4) for n in np.diff(market.population.places.start))


def who_chooses(market: MobileMarket, held: list[int], contract: list[int]) -> dict[str, set[int]]:
    """Return the rows that must choose this month: whose contract is due, and who takes up a line."""
    hazard, before = market.parameters.review_hazard, market.entered_path[:, market.month - 1]
    now = market.entered_path[:, market.month]
    inverse = market.population.places.entry_multiplier
    due, new = set(), set()
    for row, g, position in everybody(market):
        if held[row] != NO_LINE:
            free = market.month > contract[row]
            if free and luck_of(market, draws.REVIEW, g, position) < hazard:
                due.add(row)
        else:
            n = int(market.population.places.start[g + 1] - market.population.places.start[g])
            rank = int(network.multiplied(inverse[g], position, n))
            if before[g] <= rank < now[g]:
                new.add(row)
    return {"due": due, "new": new}


def who_may_open(market: MobileMarket, span: np.ndarray) -> list[bool]:
    """Return, for those of a stretch whose luck could open an account, whether friends could matter.

    The first byte of the luck says who is asked.
    """
    world, found = market.world, []
    columns, (first, end, g) = market.population.columns, span
    for row in range(first, end):
        position = row - int(market.population.places.start[g])
        now, accounts_held = int(columns.subscription[row]), int(columns.accounts[row])
        if now == NO_LINE:
            continue
        k = int(operator_of(now))
        missing = [slot for slot in range(market.M + 1) if not accounts_held >> slot & 1]
        hazard = sum(float(world.account_hazard[g, k, slot]) for slot in missing)
        imitation = sum(float(world.account_imitation[g, k, slot]) for slot in missing)
        first_byte = math.floor(256 * luck_of(market, draws.ACCOUNT_OPENING, g, position))
        if first_byte < 256 * (hazard + imitation):
            found.append(imitation > 0.0)
    return found


def live_through_a_month(market: MobileMarket) -> dict[str, Any]:
    """Live through a month; return what was done, and what was needed."""
    consumers = market.consumers
    held, contract = consumers.get("subscription"), consumers.get("contract_end")
    opened: list[bool] = []
    open_stretch = rounds.open_stretch

    def note_who_may(span: np.ndarray, *arguments: Any) -> None:
        opened.extend(uncounted(who_may_open, market, span))
        open_stretch(span, *arguments)

    done.clear()
    people_who_drew.clear()
    rounds.open_stretch = note_who_may
    market.step()
    rounds.open_stretch = open_stretch
    counted, drew = dict(done), set(people_who_drew)
    chosen = who_chooses(market, held, contract)
    rows = chosen["due"] | chosen["new"]
    codes = market.observations.codes
    known = {(codes[g], position) for row, g, position in everybody(market) if row in rows}
    now = consumers.get("subscription")
    needed = {
        "due": len(chosen["due"]),
        "new": len(chosen["new"]),
        "in contract": sum(end >= market.month for end in contract),
        "in use": sum(x != NO_LINE for x in now),
        "changed": sum(a != b for a, b in zip(held, now, strict=True)),
        "groups": groups(market),
        "lucky": len(opened),
        "asking": sum(opened),
        "operators": market.K,
    }
    return {"month": market.month, "done": counted, "needed": needed, "strangers": len(drew - known)}


def uncounted(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function gives; what it does is not counted."""
    going_on, work[:] = work[:], []
    try:
        return function(*arguments)
    finally:
        work[:] = going_on


# ---- faults to be found ------------------------------------------------------------------------------


def visit_everybody() -> None:
    """Have everybody draw in a review, due or not; nothing comes of it."""
    original = reviewing.review_stretch

    def visiting(span: np.ndarray, columns: Any, places: Any, network: Any, world: Any, *others: Any) -> Any:
        first, end, g = span
        for row in range(first, end):
            position = row - int(places.start[g])
            draws.uniforms(world.seed, draws.TASTE, others[0], places.code[g], position, 0)
        return original(span, columns, places, network, world, *others)

    replace_everywhere(original, visiting)


def choose_without_being_due() -> None:
    """Let people choose before their contract has run out."""
    replace_everywhere(choice.contract_is_over, lambda month, contract_end: True)


def look_contacts_up_twice() -> None:
    """Look everybody's contacts up once more than needed."""
    original = acquaintance.look_at_contacts

    def twice(*arguments: Any) -> Any:
        original(*arguments)
        return original(*arguments)

    replace_everywhere(original, twice)


def draw_one_by_one() -> None:
    """Call the generator for each of the four who could share its words."""
    original = draws.fill_shared

    def singly(words: Any, *arguments: Any) -> None:
        for _ in range(4):
            original(words, *arguments)

    replace_everywhere(original, singly)


def ask_without_need() -> None:
    """Look up in any case whether somebody would open an account, whatever the luck."""
    original = opening.open_stretch

    def asking(span: np.ndarray, columns: Any, places: Any, network: Any, *others: Any) -> None:
        contact, search = np.empty((contacts.SLOTS, 1), np.int64), make_record(SEARCH)
        for row in range(span[0], span[1]):
            contacts.find_contacts(network, span[2], np.array([row]), 1, contact, search)
        original(span, columns, places, network, *others)

    replace_everywhere(original, asking)


FAULTS = {
    fault.__name__: fault
    for fault in (
        visit_everybody,
        choose_without_being_due,
        look_contacts_up_twice,
        draw_one_by_one,
        ask_without_need,
    )
}


def main(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Run a market and return what each month took."""
    fault, months = asked.pop("fault", None), asked.pop("months", 6)
    if fault is not None:
        FAULTS[fault]()
    count_everything()
    market = MobileMarket(**({"consumers": 1000, "rng": 1} | asked), months=months)
    start = {
        "month": 0,
        "done": dict(done),
        "needed": {"in use": int(market.entered_path[:, 0].sum()), "operators": market.K},
        "strangers": 0,
    }
    return [start, *(live_through_a_month(market) for _ in range(months))]


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))

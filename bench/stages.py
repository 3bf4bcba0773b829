"""Where a consumer-month's time goes: `uv run python -m bench.stages`, on one thread.

First the parts of whole runs, then the steps of one month: the loop is compiled with the first step only,
with two, and so on, and what a step adds is its time. Processor time, the least of `--repeats`.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from agents import acquaintance, choice, contacts, opening, payments, reviewing
from agents.compiling import loop
from agents.draws import ACCOUNT_OPENING, PAYMENT, REVIEW
from agents.lanes import LANES
from agents.paying import PURCHASES, TELECOM
from agents.population import Population
from agents.rounds import WHOLE_MONTH, live_rows
from agents.stretches import BILLS, SHOPPING, make_room, share_luck
from agents.vectors import list_marked, mark_below
from bench.one_run import WARM_UP
from model.market import MobileMarket

PARTS = {
    "begin_month": "remember how the month began",
    "live": "live through the month",
    "surplus_by_province": "sum the surplus by province",
}
STEPS = (
    "draw who is due",
    "mark and list who chooses",
    "seat them",
    "find their contacts",
    "fetch what those hold",
    "see and count it",
    "traits",
    "utilities",
    "weights",
    "waiting times",
    "pick",
    "take up what is chosen",
    "draw how bills are paid",
    "mark and list who pays otherwise than in cash",
    "count their methods",
    "draw how purchases are paid",
    "mark and list who pays otherwise than in cash",
    "count their methods",
    "draw who may open an account",
    "mark and list them",
    "seat them",
    "ask whether they would, with no friends and with all",
)
LAST = "number and handset; friends' accounts; what is opened"


def time_parts(scenario: str, consumers: int, months: int) -> dict[str, float]:
    """Return seconds of processor time by part, and in all, of a run."""
    spent: dict[str, float] = defaultdict(float)
    with_clock = {name: getattr(Population, name) for name in PARTS}

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **named: Any) -> Any:
            begin = time.process_time()
            result = work(*given, **named)
            spent[PARTS[name]] += time.process_time() - begin
            return result

        return wrapped

    for name, work in with_clock.items():
        setattr(Population, name, timed(name, work))
    try:
        market = MobileMarket(scenario, consumers, months, rng=1)
        spent.clear()
        begin = time.process_time()
        market.run()
        whole = time.process_time() - begin
    finally:
        for name, work in with_clock.items():
            setattr(Population, name, work)
    rest = whole - sum(spent.values())
    return {**spent, "the month's common work": rest, "all": whole}


def month_up_to(step: int) -> Callable[..., int]:
    """Return a month of all rows that ends after some steps, and gives how many chose."""
    review, pay, open_accounts = review_up_to(step), pay_up_to(step), opening_up_to(step)

    @loop
    def some_of_it(spans, columns, places, network, world, month, entered, room):  # type: ignore[no-untyped-def]
        everybody = 0
        for b in range(len(spans)):
            province = spans[b, 2]
            if b == 0 or spans[b - 1, 2] != province:
                payments.open_books(world, province, room)
                opening.write_ceilings(world, province, room)
            everybody += review(spans[b], columns, places, network, world, month, entered, room)
            pay(spans[b], columns, places, world, month, room)
            open_accounts(spans[b], columns, places, world, month, room)
        return everybody

    return some_of_it


def review_up_to(step: int) -> Callable[..., int]:  # noqa: C901
    """Return the review of a stretch of rows up to a step; it gives how many choose."""

    @loop
    def review(span, columns, places, network, world, month, entered, room):  # type: ignore[no-untyped-def]  # noqa: C901
        a, end, g = span[0], span[1], span[2]
        x, code, people, moves = room.lanes, places.code[g], room.people[g], room.moves[g]
        before, marked = columns.held_before[a:end], room.marked[: end - a]
        luck = share_luck(room.words, world, REVIEW, month, places, span, 0)
        count = 0
        if step >= 1:
            reviewing._mark_due(world, luck, marked)
            reviewing._keep_free(month, before, columns.contract_end[a:end], marked)
            reviewing.mark_entering(places, g, a - places.start[g], before, entered, marked)
            count = list_marked(marked, end - a, room.chose)
        for i in range(0, count, LANES):
            chose = room.chose[i : min(i + LANES, count)]
            if step >= 2:
                n = reviewing.seat(columns, places, world, g, a, chose, x)
            if step >= 3:
                contacts.find_contacts(network, g, x.row, n, x.contact, x.search)
            if step >= 4:
                acquaintance._look_ahead(columns.held_before, x.contact, n)
            if step >= 5:
                acquaintance._see(columns.held_before, x.contact, n, x.seen)
                acquaintance._add_marks(x.seen, n, x.marks)
                acquaintance._share_out_marks(x.marks, n, x.near, x.near_3g)
            if step >= 6:
                choice.write_traits(world, g, code, x.position, n, x.sensitivity, x.switching)
            if step >= 7:
                who = (x.own, x.accounts, x.sensitivity, x.switching, x.near, x.near_3g)
                choice.write_utilities(world, g, *who, n, x.utility)
            nests = (x.top_2g, x.sum_2g, x.nest)
            if step >= 8:
                choice.weigh_options(x.utility, world.dissimilarity, n, x.weight, *nests, x.sum_3g)
            if step >= 9:
                choice.draw_waits(world, month, code, x.position, n, x.wait)
            if step >= 10:
                choice.pick_options(world, x.weight, *nests, x.wait, x.sensitivity, n, x.option, x.surplus)
            if step >= 11:
                reviewing.take_up(columns, world, month, a, x, len(chose), room, 0, people, moves)
                reviewing.keep_surplus(columns, places, x, len(chose), room)
        return count

    return review


def pay_up_to(step: int) -> Callable[..., None]:
    """Return the paying of bills and purchases in a stretch of rows up to a step."""

    @loop
    def pay(span, columns, places, world, month, room):  # type: ignore[no-untyped-def]
        held, n = columns.held[span[0] : span[1]], 0
        marked = room.marked[: len(held)]
        for table, service, first in ((BILLS, TELECOM, 12), (SHOPPING, PURCHASES, 15)):
            luck = room.words[: len(held)]
            if step >= first:
                luck = share_luck(room.words, world, PAYMENT, month, places, span, service)
            if step >= first + 1:
                mark_below(room.cash[table], held, luck, 1, marked)
                n = list_marked(marked, len(held), room.listed)
            if step >= first + 2:
                some = room.listed[:n]
                shares, tables = world.method_shares[span[2]], world.method_table[span[2]]
                payments._tally_methods(held, luck, some, shares, tables, service, room.tally[table])

    return pay


def opening_up_to(step: int) -> Callable[..., None]:
    """Return the opening of accounts in a stretch of rows up to a step."""

    @loop
    def open_accounts(span, columns, places, world, month, room):  # type: ignore[no-untyped-def]
        first, g, x = span[0], span[2], room.openers
        held, count = columns.held[first : span[1]], 0
        luck = room.words[: len(held)]
        if step >= 18:
            luck = share_luck(room.words, world, ACCOUNT_OPENING, month, places, span, 0)
        if step >= 19:
            mark_below(room.ceiling, held, luck, 0, room.marked[: len(held)])
            count = list_marked(room.marked, len(held), room.listed)
        for i in range(0, count, LANES):
            if step >= 20:
                some = room.listed[i : min(i + LANES, count)]
                n = opening._seat_openers(columns, places, world, g, some, first, luck, x)
            if step >= 21:
                opening._ask_openers(world, g, x, x.nobody, x.everybody, n)

    return open_accounts


def time_steps(scenario: str, consumers: int, repeats: int) -> tuple[float, list[tuple[str, float]]]:
    """Return the share of rows that choose in month 31, and the steps of it with the seconds each takes."""
    market = MobileMarket(scenario, consumers, rng=1)
    for _ in range(30):
        market.step()
    p = market.population
    p.live = lambda *_: None  # type: ignore[method-assign]  # month 31 begins, and nobody lives through it
    market.step()
    begun = [column.copy() for column in p.columns]
    room = make_room(p.crew.shape)
    given = (p.columns, p.places, p.network, p.world, p.month, p.entered, room)

    def least(work: Callable[[], Any]) -> float:
        seconds = []
        for _ in range(repeats + 1):  # the first compiles
            for column, as_begun in zip(p.columns, begun, strict=True):
                np.copyto(column, as_begun)
            begin = time.process_time()
            work()
            seconds.append(time.process_time() - begin)
        return min(seconds[1:])

    found, before, share = [], 0.0, 0.0
    for step in range(len(STEPS)):
        some_of_it = month_up_to(step)
        share = some_of_it(p.spans, *given) / len(p)
        taken = least(lambda: some_of_it(p.spans, *given))  # noqa: B023
        found.append((STEPS[step], taken - before))
        before = taken
    who, when = (p.columns, p.places, p.network, p.world.reshape(1)), (p.month, p.entered)
    whole = least(lambda: live_rows(p.spans, WHOLE_MONTH, *who, *when, room.reshape(1)))
    return share, [*found, (LAST, whole - before), ("all", whole)]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Where a consumer-month's time goes.")
    parser.add_argument("--scenario", default="history")
    parser.add_argument("--consumers", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    MobileMarket(given.scenario, 1_000, WARM_UP, rng=1).run()  # compiled, or loaded
    runs = [time_parts(given.scenario, given.consumers, given.months) for _ in range(given.repeats)]
    print(f"{given.scenario}, {given.consumers:,} consumers, {given.months} months: ns a consumer-month")
    for name in runs[0]:
        least = min(run[name] for run in runs)
        print(f"{name:>52} {least / given.consumers / given.months * 1e9:7.2f}")
    share, steps = time_steps(given.scenario, given.consumers, given.repeats)
    print(
        f"live through month 31, in which {share:.1%} of rows choose: ns a consumer-month, and ns a chooser"
    )
    choosing = True
    for name, seconds in steps:
        row = seconds / given.consumers * 1e9
        choosing &= name != STEPS[12]
        print(f"{name:>52} {row:7.2f}" + (f" {row / share:7.1f}" if choosing else ""))


if __name__ == "__main__":
    main()

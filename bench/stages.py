"""Where a consumer-month's time goes: `uv run python -m bench.stages`, on one thread.

First the phases of whole runs, then the steps of a review: the loop is compiled with the first step only,
with two, and so on, and what a step adds is its time. Processor time, the least of `--repeats`.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from agents import acquaintance, choice, contacts
from agents.compiling import loop
from agents.lanes import LANES, make_lanes
from agents.population import Population
from agents.rounds import _seat, find_choosers, make_scratch
from model.market import MobileMarket

PHASES = ("begin_month", "review", "pay", "open_accounts", "surplus_by_province")
STEPS = (
    "find who chooses",
    "seat them",
    "find their contacts",
    "see what those hold",
    "count them",
    "traits",
    "utilities",
    "weights",
    "waiting times",
    "pick",
)


def time_phases(scenario: str, consumers: int, months: int) -> dict[str, float]:
    """Return seconds of processor time by phase, and in all, of a run."""
    spent: dict[str, float] = defaultdict(float)
    with_clock = {name: getattr(Population, name) for name in PHASES}

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **named: Any) -> Any:
            begin = time.process_time()
            result = work(*given, **named)
            spent[name] += time.process_time() - begin
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
    return {**spent, "everything else": rest, "a month in all": whole}


def review_up_to(step: int) -> Callable[..., int]:  # noqa: C901
    """Return a review of all rows that ends after some steps, and gives how many chose."""

    @loop
    def some_review(  # type: ignore[no-untyped-def]  # noqa: C901
        spans, columns, places, network, world, month, entered
    ):
        x = make_lanes(len(world.operator_stream))
        words, marked, rows = make_scratch()
        everybody = 0
        for b in range(len(spans)):
            g, code = spans[b, 2], places.code[spans[b, 2]]
            count = find_choosers(columns, places, world, month, entered, spans[b], words, marked, rows)
            everybody += count
            for i in range(0, count, LANES):
                if step >= 1:
                    n = _seat(columns, places, world, g, rows[i : min(i + LANES, count)], x)
                if step >= 2:
                    contacts.find_contacts(network, g, x.row, n, x.contact, x.search)
                if step >= 3:
                    acquaintance._see(columns.held_before, x.contact, n, x.seen)
                if step >= 4:
                    acquaintance._add_marks(x.seen, n, x.marks)
                    acquaintance._share_out_marks(x.marks, n, x.near, x.near_3g)
                if step >= 5:
                    choice.write_traits(world, g, code, x.position, n, x.sensitivity, x.switching)
                if step >= 6:
                    choice.write_utilities(
                        world,
                        g,
                        x.own,
                        x.accounts,
                        x.sensitivity,
                        x.switching,
                        x.near,
                        x.near_3g,
                        n,
                        x.utility,
                    )
                if step >= 7:
                    mu = world.dissimilarity
                    choice.weigh_options(x.utility, mu, n, x.weight, x.top_2g, x.sum_2g, x.nest, x.sum_3g)
                if step >= 8:
                    choice.draw_waits(world, month, code, x.position, n, x.wait)
                if step >= 9:
                    choice.pick_options(
                        world,
                        x.weight,
                        x.top_2g,
                        x.sum_2g,
                        x.nest,
                        x.wait,
                        x.sensitivity,
                        n,
                        x.option,
                        x.surplus,
                    )
        return everybody

    return some_review


def time_steps(scenario: str, consumers: int, repeats: int) -> tuple[float, dict[str, float]]:
    """Return the share of rows that choose in month 31, and the seconds that each step of it takes."""
    market = MobileMarket(scenario, consumers, rng=1)
    for _ in range(30):
        market.step()
    p = market.population
    given = (p.spans, p.columns, p.places, p.network, p.world, p.month, p.entered)
    found, before, share = {}, 0.0, 0.0
    for step, name in enumerate(STEPS):
        work = review_up_to(step)
        share = work(*given) / len(p)
        least = min(_seconds(work, given) for _ in range(repeats))
        found[name], before = least - before, least
    return share, found


def _seconds(work: Callable[..., Any], given: tuple[Any, ...]) -> float:
    begin = time.process_time()
    work(*given)
    return time.process_time() - begin


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Where a consumer-month's time goes.")
    parser.add_argument("--scenario", default="history")
    parser.add_argument("--consumers", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    MobileMarket(given.scenario, 1_000, 2, rng=1).run()  # compiled, or loaded
    runs = [time_phases(given.scenario, given.consumers, given.months) for _ in range(given.repeats)]
    print(f"{given.scenario}, {given.consumers:,} consumers, {given.months} months: ns a consumer-month")
    for name in runs[0]:
        least = min(run[name] for run in runs)
        print(f"{name:>22} {least / given.consumers / given.months * 1e9:7.2f}")
    share, steps = time_steps(given.scenario, given.consumers, given.repeats)
    print(f"a review in month 31, in which {share:.1%} of rows choose: ns a consumer-month, and ns a chooser")
    for name, seconds in steps.items():
        row = seconds / given.consumers * 1e9
        print(f"{name:>22} {row:7.2f} {row / share:7.1f}")


if __name__ == "__main__":
    main()

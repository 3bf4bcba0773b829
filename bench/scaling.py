"""How cost grows with consumers, threads and months; memory and set-up beside."""

from __future__ import annotations

from statistics import median

import numpy as np

from bench import machine
from bench.contenders import COLUMNS, TWO_THREADS
from bench.one_run import Run
from bench.options import Options
from bench.turns import Clock, in_turns, ratios, rows, spread, verdict

BY_PROCESSOR = "By processor time, which other work on the machine disturbs less."
ROOM = 30  # bytes a consumer that must be free: several times what is needed
FLAT_FROM = 100_000  # consumers
LEAST_SPEED_UP, MOST_SETUP, MOST_BYTES, MOST_UNEVEN = 1.8, 10.0, 4.0, 1.25


def sizes(options: Options, clock: Clock) -> list[str]:
    """Vary the number of consumers; return the part of the page."""
    room = machine.free_memory() / ROOM
    left_out = [n for n in options.sizes if n > room]
    runs = {
        f"{n:,}": Run(COLUMNS, n, options.size_months, 1, options.scenario)
        for n in options.sizes
        if n <= room
    }
    found = in_turns(runs, dict.fromkeys(runs, options.repeats), clock)
    lines = [
        [
            "consumers",
            "runs",
            "set-up, s",
            "a month, s",
            "ns a consumer-month",
            "ns one more than in the line above",
            "set-up, in months' cost",
        ]
    ]
    each, setups, further = {}, {}, {}
    smaller = None
    for name, timings in found.items():
        run, months = runs[name], runs[name].months
        each[run.consumers] = [1e9 * t.living_cpu / run.consumers / months for t in timings]
        setups[run.consumers] = [t.setup_cpu / t.living_cpu * months for t in timings]
        if smaller is not None:
            more = (run.consumers - runs[smaller].consumers) * months
            pairs = zip(found[smaller], timings, strict=False)
            further[run.consumers] = [1e9 * (b.living_cpu - a.living_cpu) / more for a, b in pairs]
        lines.append(
            [
                name,
                str(len(timings)),
                f"{median(t.setup_cpu for t in timings):.3g}",
                f"{median(t.living_cpu for t in timings) / months:.3g}",
                spread(each[run.consumers], ".3g"),
                spread(further[run.consumers], ".3g") if smaller is not None else "",
                spread(setups[run.consumers], ".2f"),
            ]
        )
        smaller = name
    page = [f"One thread, {options.size_months} months. {BY_PROCESSOR}", "", *rows(lines), ""]
    costs = [median(ns) for n, ns in each.items() if n >= FLAT_FROM]
    if costs:
        asked = f"Flat from {FLAT_FROM:,} consumers on: the dearest consumer-month, times the cheapest"
        page.append(verdict(asked, max(costs) / min(costs), MOST_UNEVEN, ".2f", most=True))
    costs = [median(ns) for n, ns in further.items() if n > FLAT_FROM]
    if costs:
        asked = f"One more consumer-month, from {FLAT_FROM:,} consumers on: the dearest, times the cheapest"
        page.append(verdict(asked, max(costs) / min(costs), MOST_UNEVEN, ".2f", most=True))
    largest = max(setups)
    asked = f"Set-up, at most {MOST_SETUP:g} months' cost; at {largest:,} consumers"
    page.append(verdict(asked, median(setups[largest]), MOST_SETUP, ".2f", most=True))
    return page + [f"- Not measured: {n:,} consumers; too little memory is free." for n in left_out]


def threads(options: Options, clock: Clock) -> list[str]:
    """Vary the number of threads; return the part of the page."""
    keys = {n: COLUMNS if n == 1 else TWO_THREADS for n in options.threads}
    runs = {
        f"{n} thread{'s' if n > 1 else ''}": Run(
            keys[n], options.consumers, options.months, n, options.scenario
        )
        for n in options.threads
    }
    found = in_turns(runs, dict.fromkeys(runs, options.repeats), clock)
    first, *others = found
    lines = [["", "runs", "whole run, s", "processor, s", "times as fast", "times as fast, without set-up"]]
    for name, timings in found.items():
        living = [a.living / b.living for a, b in zip(found[first], timings, strict=False)]
        lines.append(
            [
                name,
                str(len(timings)),
                spread([t.total for t in timings], ".3g"),
                f"{median(t.total_cpu for t in timings):.3g}",
                spread(ratios(found[first], timings), ".2f"),
                spread(living, ".2f"),
            ]
        )
    page = [f"{options.consumers:,} consumers, {options.months} months.", "", *rows(lines), ""]
    for name in others:
        reached = median(ratios(found[first], found[name]))
        asked = f"{name}: at least {LEAST_SPEED_UP} times as fast as one, set-up included"
        page.append(verdict(asked, reached, LEAST_SPEED_UP, ".2f"))
    return page


def months(options: Options, clock: Clock) -> list[str]:
    """Vary the number of months; return the part of the page."""
    allowed = [n for n in options.months_varied if n <= options.most_months]
    runs = {f"{n}": Run(COLUMNS, options.consumers, n, 1, options.scenario) for n in allowed}
    found = in_turns(runs, dict.fromkeys(runs, options.repeats), clock)
    varied = [runs[name].months for name in found]
    living = np.array([median(t.living_cpu for t in timings) for timings in found.values()])
    slope, start = np.polyfit(varied, living, 1)
    line = start + slope * np.array(varied)
    lines = [["months", "runs", "all months, s", "a month, s", "ns a month of a line in use", "off the line"]]
    for n, (name, timings), off in zip(varied, found.items(), living / line - 1.0, strict=True):
        in_use = [1e9 * t.living_cpu / t.lines for t in timings]
        each = [t.living_cpu for t in timings]
        cells = [name, str(len(timings)), spread(each, ".3g"), f"{median(each) / n:.3g}"]
        lines.append([*cells, spread(in_use, ".3g"), f"{off:+.1%}"])
    determined = np.corrcoef(varied, living)[0, 1] ** 2
    return [
        f"{options.consumers:,} consumers, one thread. The line is the least-squares one through medians: "
        f"{slope:.3g} s a month, R² {determined:.4f}. The longer a run lasts, the more lines are on 3G and "
        f"hold accounts. {BY_PROCESSOR}",
        "",
        *rows(lines),
    ]


def memory(options: Options, clock: Clock) -> list[str]:
    """Compare the peak memory of several sizes; return the part of the page."""
    room = machine.free_memory() / ROOM
    sizes = [n for n in options.memory_sizes if n <= room]
    runs = {f"{n:,}": Run(COLUMNS, n, options.memory_months, 1, options.scenario) for n in sizes}
    found = in_turns(runs, dict.fromkeys(runs, options.repeats), clock)
    lines = [["consumers", "runs", "peak memory, MB", "bytes a consumer more than the line above"]]
    smaller, last = None, 0.0
    for name, timings in found.items():
        cells = [name, str(len(timings)), spread([t.memory / 1e6 for t in timings], ".1f")]
        if smaller is None:
            lines.append([*cells, ""])
        else:
            more = runs[name].consumers - runs[smaller].consumers
            pairs = zip(found[smaller], timings, strict=False)
            growth = [(b.memory - a.memory) / more for a, b in pairs]
            lines.append([*cells, spread(growth, ".2f")])
            last = median(growth)
        smaller = name
    asked = f"Bytes a consumer, at most {MOST_BYTES:g}; between the largest two"
    return [
        f"Resident memory at its highest in {options.memory_months} months, libraries and tables included.",
        "",
        *rows(lines),
        "",
        verdict(asked, last, MOST_BYTES, ".2f", most=True),
        *(
            f"- Not measured: {n:,} consumers; too little memory is free."
            for n in options.memory_sizes
            if n > room
        ),
    ]


def planned(part: str, options: Options) -> float:
    """Return the seconds a part may take, roughly."""
    size = options.consumers
    shapes = {
        "sizes": [(n, options.size_months) for n in options.sizes],
        "threads": [(size, options.months) for _ in options.threads],
        "months": [(size, n) for n in options.months_varied if n <= options.most_months],
        "memory": [(n, options.memory_months) for n in options.memory_sizes],
    }
    return options.repeats * sum(Run(COLUMNS, n, lived).planned for n, lived in shapes[part])

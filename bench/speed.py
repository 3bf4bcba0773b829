"""How fast are consumers as columns, against one Mesa object a consumer? `uv run python -m bench.speed`.

All models run the same rule on the same market in the same process, turn and turn about, set-up
included. Compilation is not: every loop has run once before the clock starts. A Mesa model that lives
through fewer months than the columns is charged its set-up once and its mean month for the rest.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from bench.plain_mesa import PlainMarket
from bench.tuned_mesa import TunedMarket
from model.market import MobileMarket

REQUIRED = 50  # times
RESULTS = Path(__file__).parent / "results.md"
LAST_MONTH = 60
COLUMNS, PLAIN, TUNED = "columns, 1 thread", "plain Mesa", "tuned Mesa"


@dataclass(frozen=True)
class Timing:
    """One run: seconds on the clock and of the processor, for set-up and for the months lived.

    `lines` are lines in use, summed over the months lived.
    """

    setup: float
    months: float
    setup_cpu: float
    months_cpu: float
    lived: int
    lines: int

    def total(self, months: int, *, cpu: bool = False) -> float:
        """Return the seconds a run of that many months takes, its mean month taken for the rest."""
        setup, lived = (self.setup_cpu, self.months_cpu) if cpu else (self.setup, self.months)
        return setup + lived * months / self.lived


def clocks() -> tuple[float, float]:
    """Return seconds on the clock, and of the processor."""
    return time.perf_counter(), time.process_time()


@dataclass(frozen=True)
class Entry:
    """One model in the comparison.

    make : builds the market.
    lived : months it lives.
    sweeps : Python's garbage collector is on meanwhile, as it is by default.
    """

    make: Callable[[], Any]
    lived: int
    sweeps: bool = True


def measure(entry: Entry) -> Timing:
    """Return what it takes to build a market and to live through some months of it."""
    gc.collect()
    if not entry.sweeps:
        gc.disable()
    try:
        start, start_cpu = clocks()
        market = entry.make()
        built, built_cpu = clocks()
        for _ in range(entry.lived):
            market.step()
        end, end_cpu = clocks()
        lines = int(market.entered_path[:, 1 : entry.lived + 1].sum())
    finally:
        gc.enable()
    return Timing(built - start, end - built, built_cpu - start_cpu, end_cpu - built_cpu, entry.lived, lines)


def warm_up(threads: int) -> float:
    """Run all models small, so that everything is compiled; return the seconds it took."""
    start = time.perf_counter()
    for make in (MobileMarket, PlainMarket, TunedMarket):
        make(scenario="open", consumers=1_000, months=2, rng=1).run()
    MobileMarket(scenario="open", consumers=100_000, months=2, rng=1, threads=threads).run()
    return time.perf_counter() - start


def entries(options: argparse.Namespace) -> dict[str, Entry]:
    """Return the models to compare, by name, in the order of their turns."""
    arguments = {"scenario": options.scenario, "consumers": options.consumers, "months": options.months}

    def columns(threads: int) -> Entry:
        return Entry(lambda: MobileMarket(rng=1, threads=threads, **arguments), options.months)

    return {
        COLUMNS: columns(1),
        PLAIN: Entry(lambda: PlainMarket(rng=1, **arguments), options.plain_months),
        TUNED: Entry(lambda: TunedMarket(rng=1, **arguments), options.plain_months, sweeps=False),
        f"columns, {options.threads} threads": columns(options.threads),
    }


def run_in_turns(options: argparse.Namespace) -> dict[str, list[Timing]]:
    """Return the timings of every model, measured turn and turn about."""
    models = entries(options)
    found: dict[str, list[Timing]] = {name: [] for name in models}
    for repeat in range(options.repeats):
        for name, entry in models.items():
            timing = measure(entry)
            found[name].append(timing)
            print(
                f"{repeat + 1}/{options.repeats} {name}: set-up {timing.setup:.2f} s, "
                f"{entry.lived} months {timing.months:.2f} s (processor {timing.months_cpu:.2f} s)",
                flush=True,
            )
    return found


def spread(values: list[float], form: str) -> str:
    """Return the median of some values with their range."""
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def table(found: dict[str, list[Timing]], options: argparse.Namespace) -> list[str]:
    """Return the lines of the table of results."""
    rows = options.consumers * options.months
    lines = [
        "| | set-up, s | a month, s | whole run, s | processor, s "
        "| million consumer-months / s | lines in use |",
        "|---|---|---|---|---|---|---|",
    ]
    in_use = found[COLUMNS][0].lines
    for name, timings in found.items():
        total = [t.total(options.months) for t in timings]
        cells = (
            median(t.setup for t in timings),
            median(t.months / t.lived for t in timings),
            median(total),
            median(t.total(options.months, cpu=True) for t in timings),
            median(rows / t / 1e6 for t in total),
            median(in_use / t / 1e6 for t in total),
        )
        lines.append(f"| {name} | " + " | ".join(f"{x:.3g}" for x in cells) + " |")
    return lines


def ratios(found: dict[str, list[Timing]], months: int) -> list[str]:
    """Return the sentences on how many times as fast the columns are; ratios are taken within a turn."""
    sentences = []
    for name, timings in found.items():
        for opponent in (PLAIN, TUNED):
            if name in (PLAIN, TUNED):
                continue
            pairs = list(zip(found[opponent], timings, strict=True))
            clock = [theirs.total(months) / ours.total(months) for theirs, ours in pairs]
            sentence = f"{name}: {spread(clock, '.1f')} times as fast as {opponent} by the clock"
            if name == COLUMNS:
                busy = [
                    theirs.total(months, cpu=True) / ours.total(months, cpu=True) for theirs, ours in pairs
                ]
                sentence += f"; {spread(busy, '.1f')} by processor time, which other work disturbs less"
            sentences.append(sentence + ".")
    return sentences


def verdict(found: dict[str, list[Timing]], consumers: int, months: int) -> str:
    """Return what is asked of the columns against the plain model, and what this run came to."""
    pairs = zip(found[PLAIN], found[COLUMNS], strict=True)
    reached = median(plain.total(months) / ours.total(months) for plain, ours in pairs)
    word = "" if reached >= REQUIRED else "**not** "
    return (
        f"Asked for: at least {REQUIRED} times plain Mesa on one thread, set-up included, at a million "
        f"consumers. In this run of {consumers:,} it is {word}reached: {reached:.1f} times."
    )


def report(found: dict[str, list[Timing]], options: argparse.Namespace, warm: float) -> str:
    """Return the whole result as a page of Markdown."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("mesa", "numba", "numpy"))
    charged = (
        "All models lived through all months."
        if options.plain_months == options.months
        else f"The Mesa models lived through their first {options.plain_months} months only: their whole run "
        f"is set-up + {options.months} x their mean month. Later months have more lines in use, more 3G "
        "and more accounts, so this is kind to them."
    )
    return "\n".join(
        [
            "# Speed: consumers as columns against one Mesa object a consumer",
            "",
            f"{options.consumers:,} consumers, {options.months} months, scenario `{options.scenario}`; "
            f"medians of turns ({options.repeats}), ranges in brackets. Set-up is included, compilation is "
            f"not (warm-up {warm:.1f} s). {charged} A consumer-month is a row times a month, lines not "
            "taken up yet included; the last column counts lines in use only. Seconds and rates "
            "are by the clock, but for the column of processor time. What `plain` and `tuned` mean is in "
            "[README.md](README.md).",
            "",
            *table(found, options),
            "",
            verdict(found, options.consumers, options.months),
            "",
            *(f"- {sentence}" for sentence in ratios(found, options.months)),
            "",
            f"{date.today():%d %B %Y}; {processor()}, {os.cpu_count()} cores, {platform.system()}; "
            f"Python {platform.python_version()}, {packages}. Load when it began: "
            f"{options.load:.1f} (0 is a quiet machine).",
            "",
        ]
    )


def processor() -> str:
    """Name the processor, as well as the system knows it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def main() -> None:
    """Measure, print the table and write it to bench/results.md."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__)
    parser.add_argument("--consumers", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=LAST_MONTH)
    parser.add_argument("--plain-months", type=int, help="months the Mesa models live (default: all)")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2, help="threads of the last row (default: 2)")
    parser.add_argument("--scenario", default="open")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    options.plain_months = min(options.plain_months or options.months, options.months)
    options.load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    warm = warm_up(options.threads)
    page = report(run_in_turns(options), options, warm)
    print(page)
    options.out.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

"""How fast are consumers as columns, against one Mesa object a consumer? `uv run python -m bench.speed`.

Both models run the same rule on the same market in the same process, turn and turn about, set-up
included. Compilation is not: every loop has run once before the clock starts. A plain model that lives
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
from model.market import MobileMarket

RESULTS = Path(__file__).parent / "results.md"
LAST_MONTH = 60


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


def measure(make: Callable[[], Any], lived: int) -> Timing:
    """Return what it takes to build a market and to live through some months of it.

    Python's garbage collector is off meanwhile for either model: with a million objects a single sweep
    costs a plain model as much as two months.
    """
    gc.collect()
    gc.disable()
    try:
        start, start_cpu = clocks()
        market = make()
        built, built_cpu = clocks()
        for _ in range(lived):
            market.step()
        end, end_cpu = clocks()
        lines = int(market.entered_path[:, 1 : lived + 1].sum())
    finally:
        gc.enable()
    return Timing(built - start, end - built, built_cpu - start_cpu, end_cpu - built_cpu, lived, lines)


def warm_up(threads: int) -> float:
    """Run both models small, so that everything is compiled; return the seconds it took."""
    start = time.perf_counter()
    for make in (MobileMarket, PlainMarket):
        make(scenario="open", consumers=1_000, months=2, rng=1).run()
    MobileMarket(scenario="open", consumers=100_000, months=2, rng=1, threads=threads).run()
    return time.perf_counter() - start


def run_in_turns(options: argparse.Namespace) -> dict[str, list[Timing]]:
    """Return the timings of every model, measured turn and turn about."""
    arguments = {"scenario": options.scenario, "consumers": options.consumers, "months": options.months}
    models: dict[str, tuple[Callable[[], Any], int]] = {
        "columns, 1 thread": (lambda: MobileMarket(rng=1, threads=1, **arguments), options.months),
        "plain Mesa": (lambda: PlainMarket(rng=1, **arguments), options.plain_months),
        f"columns, {options.threads} threads": (
            lambda: MobileMarket(rng=1, threads=options.threads, **arguments),
            options.months,
        ),
    }
    found: dict[str, list[Timing]] = {name: [] for name in models}
    for repeat in range(options.repeats):
        for name, (make, lived) in models.items():
            timing = measure(make, lived)
            found[name].append(timing)
            print(
                f"{repeat + 1}/{options.repeats} {name}: set-up {timing.setup:.2f} s, "
                f"{lived} months {timing.months:.2f} s (processor {timing.months_cpu:.2f} s)",
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
    in_use = found["columns, 1 thread"][0].lines
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
    """Return the sentences on how many times as fast the columns are."""
    sentences = []
    for name, timings in found.items():
        if name == "plain Mesa":
            continue
        pairs = list(zip(found["plain Mesa"], timings, strict=True))
        clock = [plain.total(months) / ours.total(months) for plain, ours in pairs]
        sentence = f"{name}: {spread(clock, '.1f')} times as fast as the plain Mesa model by the clock"
        if name.endswith("1 thread"):
            busy = [plain.total(months, cpu=True) / ours.total(months, cpu=True) for plain, ours in pairs]
            sentence += f"; {spread(busy, '.1f')} by processor time, which other work disturbs less"
        sentences.append(sentence + ".")
    return sentences


def report(found: dict[str, list[Timing]], options: argparse.Namespace, warm: float) -> str:
    """Return the whole result as a page of Markdown."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("mesa", "numba", "numpy"))
    charged = (
        "Both models lived through all months."
        if options.plain_months == options.months
        else f"The plain model lived through its first {options.plain_months} months only: its whole run is "
        f"set-up + {options.months} x its mean month. Later months have more lines in use and more 3G, "
        "so this is kind to it."
    )
    return "\n".join(
        [
            "# Speed: consumers as columns against one Mesa object a consumer",
            "",
            f"{options.consumers:,} consumers, {options.months} months, scenario `{options.scenario}`; "
            f"medians of {options.repeats} turns, ranges in brackets. Set-up is included, compilation is "
            f"not (warm-up {warm:.1f} s). {charged} A consumer-month is a row times a month, lines not "
            "taken up yet included; the last column counts lines in use only. Seconds and rates "
            "are by the clock, but for the column of processor time.",
            "",
            *table(found, options),
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
    parser.add_argument("--plain-months", type=int, help="months the plain model lives (default: all)")
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

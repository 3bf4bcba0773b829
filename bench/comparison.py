"""The columns against every other way to run the same consumers."""

from __future__ import annotations

from statistics import median

from bench.contenders import COLUMNS, CONTENDERS, TWO_THREADS, Contender, chosen
from bench.one_run import Run
from bench.options import Options
from bench.turns import Clock, Timings, in_turns, ratios, rows, spread

HEAD = ["", "runs", "set-up, s", "a month, s", "whole run, s", "processor, s", "M consumer-months / s"]
HEAD += ["times as long as columns, 1 thread", "peak memory, MB"]
ASKED_CONSUMERS, ASKED_MONTHS = 1_000_000, 60
AIMS = (  # against whom, the columns on how many threads, times
    ("plain-mesa", COLUMNS, 150.0),
    ("plain-mesa", TWO_THREADS, 300.0),
    ("c", COLUMNS, 1.5),
)


def runs_of(options: Options, contenders: dict[str, Contender]) -> dict[str, Run]:
    """Return a run for each contender that can be measured here."""
    return {
        key: Run(key, options.consumers, options.months, one.threads, options.scenario)
        for key, one in contenders.items()
        if one.missing() is None
    }


def compare(options: Options, clock: Clock) -> list[str]:
    """Measure the contenders turn and turn about; return the part of the page."""
    contenders = chosen(options.contenders)
    runs = runs_of(options, contenders)
    absent = {one.label: why for key, one in contenders.items() if (why := one.missing()) is not None}
    for label, why in absent.items():
        clock.tell(f"{label} is left out: {why}")
    found = in_turns(runs, {key: options.repeats_of(key) for key in runs}, clock)
    absent |= {CONTENDERS[key].label: clock.failed[key] for key in runs if key in clock.failed}
    return [*introduction(options), "", *table(found, options), "", *sentences(found, options, absent)]


def introduction(options: Options) -> list[str]:
    """Return what the table shows."""
    return [
        f"{options.consumers:,} consumers, {options.months} months, scenario `{options.scenario}`, the same "
        "rule in all. Each run in a process of its own, turn and turn about; medians, ranges in brackets, "
        "ratios taken within a turn. Set-up is included, compilation is not. Seconds are by the clock, but "
        "for the processor's. A consumer-month is a row times a month, lines not taken up yet included."
    ]


def table(found: Timings, options: Options) -> list[str]:
    """Return the table of contenders."""
    lines = [HEAD]
    for key, timings in found.items():
        faster = ratios(timings, found[COLUMNS])
        lines.append(
            [
                CONTENDERS[key].label,
                str(len(timings)),
                f"{median(t.setup for t in timings):.3g}",
                f"{median(t.living for t in timings) / options.months:.3g}",
                spread([t.total for t in timings], ".3g"),
                f"{median(t.total_cpu for t in timings):.3g}",
                f"{median(options.consumers * options.months / t.total for t in timings) / 1e6:.3g}",
                "" if key == COLUMNS else spread(faster, ".2f" if median(faster) < 10 else ".0f"),
                f"{median(t.memory for t in timings) / 1e6:.0f}",
            ]
        )
    return rows(lines)


def sentences(found: Timings, options: Options, absent: dict[str, str]) -> list[str]:
    """Return what was asked for and what came out, and who is left out."""
    lines = []
    for opponent, columns, aim in AIMS:
        if opponent in found and columns in found:
            faster = ratios(found[opponent], found[columns])
            busy = ratios(found[opponent], found[columns], cpu=True)
            came_out = f"{spread(faster, '.2f')} times as fast"
            if columns == COLUMNS:
                came_out += f", {spread(busy, '.2f')} by processor time"
            against = f"{CONTENDERS[columns].label}, against {CONTENDERS[opponent].label}"
            asked = f"{aim:g} times at least at a million consumers and 60 months"
            answer = _answer(median(faster) >= aim, options)
            lines.append(f"- {against}: {came_out}. Asked for: {asked}; {answer}.")
    total = found[COLUMNS][0].lines
    lines.append(
        f"- Lines in use make up {total / options.consumers / options.months:.0%} of consumer-months."
    )
    lines += [f"- Not measured: {label}; {why}." for label, why in absent.items()]
    return lines


def _answer(enough: bool, options: Options) -> str:
    """Return whether what is asked for is reached, where the runs were of the size it is asked for."""
    if options.consumers < ASKED_CONSUMERS or options.months < ASKED_MONTHS:
        return "this run is too small to say"
    return "reached" if enough else "**not reached**"


def planned(options: Options) -> float:
    """Return the seconds it may take, roughly."""
    runs = runs_of(options, chosen(options.contenders))
    return sum(run.planned * options.repeats_of(key) for key, run in runs.items())

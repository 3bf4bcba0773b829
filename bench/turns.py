"""Runs turn and turn about, and what is said of them: medians with ranges, ratios taken within a turn."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from bench.one_run import Run, Timing, measure_apart
from model.errors import RunError

type Timings = dict[str, list[Timing]]


@dataclass
class Clock:
    """When to begin no further turn, and what is told of progress.

    minutes : no turn begins after so many, the first of each part excepted.
    tell : takes a line.
    failed : why a run failed, by name.
    """

    minutes: float = float("inf")
    tell: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True)
    began: float = field(default_factory=time.monotonic)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def is_up(self) -> bool:
        """Return whether the time is up."""
        return time.monotonic() - self.began > 60.0 * self.minutes


def in_turns(runs: dict[str, Run], repeats: dict[str, int], clock: Clock) -> Timings:
    """Return the timings of runs by name, measured turn and turn about; without those that fail.

    A failed run is noted by the clock, and takes no further turn. The first must not fail: all others are
    held against it.

    repeats : how often each is run; who is run less often takes part in the first turns.
    """
    first, *_ = runs
    found: Timings = {name: [] for name in runs}
    turns = max(repeats.values())
    for turn in range(turns):
        if turn and clock.is_up:
            clock.tell(f"time is up: {turn} of {turns} turns were made")
            break
        for name, run in runs.items():
            if turn >= repeats[name] or name in clock.failed:
                continue
            try:
                timing = measure_apart(run)
            except RunError as error:
                if name == first:
                    raise
                clock.failed[name] = str(error)
                clock.tell(f"{turn + 1}/{repeats[name]} {name}: failed; {error}")
                continue
            found[name].append(timing)
            clock.tell(
                f"{turn + 1}/{repeats[name]} {name}: set-up {timing.setup:.3f} s, "
                f"{run.months} months {timing.living:.3f} s (processor {timing.total_cpu:.3f} s)"
            )
    return {name: timings for name, timings in found.items() if timings}


def spread(values: list[float], form: str) -> str:
    """Return the median of some values with their range, the median alone of one value."""
    middle = f"{median(values):{form}}"
    return middle if len(values) == 1 else f"{middle} ({min(values):{form}} to {max(values):{form}})"


def ratios(slower: list[Timing], faster: list[Timing], cpu: bool = False) -> list[float]:
    """Return how many times as long the slower took, turn by turn, as far as both have run."""
    take = (lambda t: t.total_cpu) if cpu else (lambda t: t.total)
    return [take(slow) / take(fast) for slow, fast in zip(slower, faster, strict=False)]


def rows(cells: list[list[str]]) -> list[str]:
    """Return a Markdown table; the first row is the head."""
    head, *body = cells
    line = lambda row: "| " + " | ".join(row) + " |"  # noqa: E731
    return [line(head), "|" + "---|" + "--:|" * (len(head) - 1), *map(line, body)]


def verdict(asked: str, reached: float, aim: float, form: str = ".1f", *, most: bool = False) -> str:
    """Return what was asked, what came out, and whether that is enough; `most` where less is better."""
    enough = reached <= aim if most else reached >= aim
    return f"- {asked}: {reached:{form}}, so {'reached' if enough else '**not reached**'}."

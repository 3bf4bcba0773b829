"""What the command is asked for, and what of it is allowed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bench.contenders import CONTENDERS
from model.errors import InputError, unknown_name
from model.groundwork import LEAST_CONSUMERS, MOST_CONSUMERS
from model.scenarios import scenario_names

PARTS = ("contenders", "sizes", "threads", "months", "memory")
SLOW = 1.0  # seconds a million consumer-months: who takes longer is slow


@dataclass(frozen=True)
class Options:
    """What to measure.

    consumers, months : of a run, wherever a part does not vary them.
    repeats, slow_repeats : how often each run is made; the second for one object a consumer.
    minutes : no turn begins after so many, the first of each part excepted.
    sizes, size_months : consumers of the runs that vary size, and their months.
    months_varied : months of the runs that vary them, as far as the market goes on.
    threads : of the runs that vary them.
    memory_sizes, memory_months : consumers of the runs whose memory is compared, and their months.
    """

    scenario: str = "open"
    consumers: int = 1_000_000
    months: int = 60
    repeats: int = 5
    slow_repeats: int = 5
    minutes: float = 180.0
    parts: tuple[str, ...] = PARTS
    contenders: tuple[str, ...] = ()
    sizes: tuple[int, ...] = (10**3, 10**4, 10**5, 10**6, 10**7, 10**8)
    size_months: int = 60
    months_varied: tuple[int, ...] = (12, 24, 36, 48, 60, 120, 180, 240)
    threads: tuple[int, ...] = (1, 2)
    memory_sizes: tuple[int, ...] = (1_000_000, 16_000_000, 100_000_000)
    memory_months: int = 3
    most_months: int = field(default=60)

    def check(self) -> None:
        """Raise InputError for what is not allowed."""
        limits = {
            "consumers": (self.consumers, LEAST_CONSUMERS, MOST_CONSUMERS),
            "months": (self.months, 1, self.most_months),
            "repeats": (self.repeats, 1, 1000),
            "slow-repeats": (self.slow_repeats, 1, 1000),
        }
        for name, (value, low, high) in limits.items():
            if not low <= value <= high:
                raise InputError(f"{name} = {value}; allowed: a whole number {low} to {high}")
        if self.scenario not in scenario_names():
            raise unknown_name("scenario", self.scenario, scenario_names())
        if not self.minutes > 0:
            raise InputError(f"minutes = {self.minutes}; allowed: more than 0")
        for part in self.parts:
            if part not in PARTS:
                raise unknown_name("part", part, PARTS)
        for name in self.contenders:
            if name not in CONTENDERS:
                raise unknown_name("contender", name, CONTENDERS)

    def up_to(self, largest: int) -> Options:
        """Return the options with at most so many consumers where they vary, or raise InputError."""
        sizes = tuple(n for n in self.sizes if n <= largest)
        memory_sizes = tuple(n for n in self.memory_sizes if n <= largest)
        if len(memory_sizes) < 2:
            raise InputError(f"largest = {largest}; allowed: {self.memory_sizes[1]} or more")
        return replace(self, sizes=sizes, memory_sizes=memory_sizes)

    def repeats_of(self, contender: str) -> int:
        """Return how often a contender's run is made."""
        return self.slow_repeats if CONTENDERS[contender].pace > SLOW else self.repeats


def longest_market() -> int:
    """Return the most months a market lives through, found by asking for them."""
    from model.market import MobileMarket

    for months in (240, 180, 120, 60):
        try:
            MobileMarket(consumers=LEAST_CONSUMERS, months=months)
        except InputError:
            continue
        return months
    raise InputError("no market of 60 months can be made")


# Everything once, small: to see that the command works, not how fast anything is.
QUICK = {
    "consumers": 2_000,
    "months": 2,
    "repeats": 1,
    "slow_repeats": 1,
    "sizes": (1_000, 2_000),
    "size_months": 1,
    "months_varied": (1, 2, 3),
    "memory_sizes": (1_000, 200_000, 400_000),
    "memory_months": 1,
}

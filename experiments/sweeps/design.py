"""A design: which points of the parameter space to run, how often, and what to keep of each run.

title = "Does lock-in decide whether opening pays?"
scenarios = ["closed", "open"]     # every point is run in each of them; names or files
consumers = 5000
months = 60
replications = 10                  # replication r has the same luck at every point
seed = 1
pricing = "observed"               # optional: the scenarios' own where it is not given
time_limit = 600                   # optional: seconds a run may take

[sampling]
method = "latin_hypercube"         # grid, list, latin_hypercube, sobol, morris, saltelli
points = 50

[factors]
lock_in = { low = 0, high = 2 }    # a range, or levels: [0, 1, 2]
price_sensitivity = { low = 0.005, high = 0.05, scale = "log" }

[parameters]                       # optional: the same in every run
service_fee = 0.02

[measures]                         # optional: all outcomes and no series where it is not given
outcomes = ["profit_discounted", "share_3g"]
series = ["operators.lines_3g", "market.hhi"]
every = 12                         # months between observations of a series; or "end"

[until]                            # optional: replicate each point until a difference is known this well;
halfwidth = 2e8                    # `replications` are then the most. Of the first scenario less the second,
measure = "profit_discounted"      # how far its 95 % interval may reach, in the measure's unit
actor = "china_mobile"
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from experiments.outcomes import ACTORS, INCUMBENT, MEASURE, MEASURES
from experiments.settings import BOUNDS, check_halfwidth, check_number, scenario_label
from experiments.sweeps.factors import Factor
from experiments.sweeps.layout import SERIES
from model.errors import InputError, unknown_name
from model.horizon import MOST_MONTHS
from model.parameters import Parameters
from model.scenarios import PRICINGS, Scenario, load_scenario

MOST_RUNS = 100_000_000
MOST_REPLICATIONS = BOUNDS["replications"][1]

#: What each way of sampling may be told, with the least and the default (None: must be given).
METHODS: dict[str, dict[str, tuple[int, int | None]]] = {
    "grid": {},
    "list": {},
    "latin_hypercube": {"points": (1, None)},
    "sobol": {"points": (1, None)},
    "morris": {"trajectories": (1, None), "levels": (2, 4)},
    "saltelli": {"points": (1, None), "second_order": (0, 0)},
}
BASE_TWO = ("sobol", "saltelli")  # sequences that are balanced at powers of two only


@dataclass(frozen=True)
class Sampling:
    """How points are chosen.

    Attributes
    ----------
    method : one of `METHODS`
        grid: every combination of levels. list: the first levels of all factors, then the second, ...
        latin_hypercube, sobol: `points` points that fill the ranges (scipy.stats.qmc). morris:
        `trajectories` walks over `levels` steps a factor. saltelli: for Sobol indices, from `points`
        base points, with second order or without (SALib).
    points, trajectories, levels, second_order : what the method is told; 0 where it does not apply
    """

    method: str = "grid"
    points: int = 0
    trajectories: int = 0
    levels: int = 0
    second_order: bool = False

    def check(self) -> None:
        """Raise InputError unless the method exists and is told what it must be."""
        if self.method not in METHODS:
            raise unknown_name("sampling method", self.method, METHODS)
        for name in ("points", "trajectories", "levels"):
            self._check_number(name, getattr(self, name))
        if self.second_order and "second_order" not in METHODS[self.method]:
            raise InputError(f"sampling.second_order: {self.method} has none; allowed with: saltelli")
        if self.method in BASE_TWO and self.points & (self.points - 1):
            near = 1 << self.points.bit_length()
            raise InputError(
                f"sampling.points = {self.points}: {self.method} is balanced only at a power of 2; "
                f"allowed: {near // 2} or {near}, say"
            )
        if self.method == "morris" and self.levels % 2:
            raise InputError(f"sampling.levels = {self.levels}: allowed: an even number from 2")

    def _check_number(self, name: str, value: int) -> None:
        known = METHODS[self.method]
        if name not in known:
            if value:
                allowed = ", ".join(known) or "nothing but the method"
                raise InputError(f"sampling.{name}: {self.method} takes no {name}; allowed: {allowed}")
        elif (
            not isinstance(value, int) or isinstance(value, bool) or not known[name][0] <= value <= MOST_RUNS
        ):
            allowed = f"a whole number from {known[name][0]} to {MOST_RUNS}"
            raise InputError(f"sampling.{name} = {value!r}: allowed: {allowed}")


@dataclass(frozen=True)
class Kept:
    """What is kept of each run.

    Attributes
    ----------
    outcomes : keys of `experiments.outcomes.MEASURES`, one number a run and actor
    series : "table.column" of the recorder's national tables, as in `layout.SERIES`
    every : months between observations of a series; the last month is always one. 0: only the last
    """

    outcomes: tuple[str, ...] = tuple(MEASURES)
    series: tuple[str, ...] = ()
    every: int = 1

    def check(self) -> None:
        """Raise InputError for a measure that does not exist or is named twice, or for none at all."""
        for kind, names, allowed in (
            ("outcome", self.outcomes, tuple(MEASURES)),
            ("series", self.series, SERIES),
        ):
            for name in names:
                if name not in allowed:
                    raise unknown_name(f"measures.{kind}", str(name), allowed)
            if len(set(names)) < len(names):
                raise InputError(f"measures: one of the {kind} entries is named twice; allowed: each once")
        if not self.outcomes and not self.series:
            raise InputError("measures: nothing would be kept; allowed: at least one outcome or series")
        every = self.every
        if not isinstance(every, int) or isinstance(every, bool) or not 0 <= every <= MOST_MONTHS:
            raise InputError(f'measures.every = {every!r}: allowed: months, 1 to {MOST_MONTHS}, or "end"')


@dataclass(frozen=True)
class Until:
    """How well the difference of the first two scenarios is to be known at each point.

    Attributes
    ----------
    halfwidth : how far its 95 % interval may reach, in the unit of the measure
    measure, actor : of what; an outcome that is kept
    """

    halfwidth: float
    measure: str = MEASURE
    actor: str = INCUMBENT

    def check(self, kept: tuple[str, ...], scenarios: int) -> None:
        """Raise InputError unless a sweep that keeps these outcomes can look at it."""
        if isinstance(self.halfwidth, bool) or not isinstance(self.halfwidth, int | float):
            raise InputError(f"until.halfwidth = {self.halfwidth!r}: allowed: a number above 0")
        check_halfwidth(self.halfwidth)
        if scenarios < 2:
            raise InputError("until: a difference needs two scenarios; allowed: two or more")
        if self.measure not in kept:
            raise unknown_name("until.measure", str(self.measure), kept)
        if self.actor not in ACTORS[self.measure]:
            raise unknown_name("until.actor", str(self.actor), ACTORS[self.measure])


@dataclass(frozen=True)
class Design:
    """Everything that decides the numbers of a sweep; read from a file by `reading.read_design`.

    Attributes
    ----------
    scenarios : names, files or Scenario objects; every point is run in each
    factors : what varies from point to point
    time_limit : seconds a run may take, None for any; not part of the design's identity, since it
        decides whether a run ends but not how
    """

    scenarios: tuple[str | Scenario, ...] = ("closed", "open")
    factors: tuple[Factor, ...] = ()
    sampling: Sampling = field(default_factory=Sampling)
    consumers: int = 5_000
    months: int = 60
    replications: int = 10
    seed: int = 1
    pricing: str | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    measures: Kept = field(default_factory=Kept)
    until: Until | None = None
    time_limit: float | None = None
    title: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """The scenarios as tables call them."""
        return tuple(label_of(scenario) for scenario in self.scenarios)

    def rules(self) -> tuple[str, ...]:
        """Return which compiled rules the runs need, as `agents.cache` calls them."""
        varied = [str(level) for factor in self.factors if factor.is_word for level in factor.levels]
        own = [self.pricing or load_scenario(scenario).pricing for scenario in self.scenarios]
        return tuple(sorted(set(varied or own)))

    def check(self) -> None:
        """Raise InputError, naming what is allowed, unless all of this can be run."""
        for name in ("consumers", "months", "seed"):
            _check_whole(name, getattr(self, name))
            check_number(name, getattr(self, name))
        _check_whole("replications", self.replications)
        if not 1 <= self.replications <= MOST_REPLICATIONS:
            allowed = f"allowed: a whole number from 1 to {MOST_REPLICATIONS}"
            raise InputError(f"replications = {self.replications}: {allowed}")
        if self.pricing is not None and self.pricing not in PRICINGS:
            raise unknown_name("pricing", str(self.pricing), PRICINGS)
        check_time_limit(self.time_limit)
        self._check_scenarios()
        Parameters.with_values(dict(self.parameters))
        self.sampling.check()
        self._check_factors()
        self.measures.check()
        if self.until is not None:
            self.until.check(self.measures.outcomes, len(self.scenarios))

    def _check_scenarios(self) -> None:
        if not self.scenarios:
            raise InputError("scenarios: none is named; allowed: at least one")
        for scenario in self.scenarios:
            load_scenario(scenario)
        if len(set(self.labels)) < len(self.labels):
            named = ", ".join(self.labels)
            raise InputError(f"scenarios: two of one name ({named}); allowed: names that differ")

    def _check_factors(self) -> None:
        if not self.factors and self.sampling.method != "grid":
            raise InputError(f"factors: {self.sampling.method} needs at least one; allowed: any parameter")
        names = [factor.name for factor in self.factors]
        if len(set(names)) < len(names):
            raise InputError("factors: one is named twice; allowed: each once")
        for factor in self.factors:
            factor.check(self.sampling.method)
            if factor.name in self.parameters:
                raise InputError(
                    f"{factor.name} is both a factor and a fixed parameter; allowed: one of them"
                )
            if factor.name == "pricing" and self.pricing is not None:
                raise InputError("pricing is both a factor and fixed; allowed: one of them")
        lengths = {factor.name: len(factor.levels) for factor in self.factors}
        if self.sampling.method == "list" and len(set(lengths.values())) > 1:
            counts = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise InputError(
                f"factors: a list needs as many levels of each ({counts}); allowed: equal lengths"
            )


def label_of(scenario: str | Scenario) -> str:
    """Return what tables call a scenario."""
    return scenario.name if isinstance(scenario, Scenario) else scenario_label(scenario)


def check_time_limit(seconds: Any) -> None:
    """Raise InputError unless this is a number of seconds above 0, or None."""
    if seconds is None:
        return
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 1e9:
        raise InputError(f"time_limit = {seconds!r}: allowed: seconds above 0")


def _check_whole(name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"{name} = {value!r}: allowed: a whole number")

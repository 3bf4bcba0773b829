"""Any market that may be asked for: strategies for parameters, scenarios and the arguments of a run."""

import os
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from model.market import MobileMarket
from model.parameters import Parameters
from model.scenarios import STANCES, Scenario, read_scenario
from model.schemas import OPERATORS, PROVINCES

PARAMETERS = Parameters.fields()
PLACES = tuple(PROVINCES.values())


#: How many times as many examples to try; 10 take some ten minutes.
MORE = int(os.environ.get("MORE_EXAMPLES", "1"))


def tries(examples: int) -> settings:
    """Return settings for examples that are whole runs; the first of them may have to compile."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=MORE * examples, deadline=None, print_blob=True, suppress_health_check=slow)


def values(name: str) -> st.SearchStrategy[float]:
    """Draw a value of a parameter: from all that is allowed, the ends of that, or what is plausible."""
    about = PARAMETERS[name]
    (low, high), (least, most) = about["bounds"], about["plausible"]
    if about["unit"] == "months":
        span, likely = st.integers(low, high), st.integers(least, most)
    else:
        span, likely = st.floats(low, high), st.floats(least, most)
    return st.one_of(likely, st.sampled_from([low, high]), span)


def plausible_values(name: str) -> st.SearchStrategy[float]:
    """Draw a plausible value of a parameter."""
    about = PARAMETERS[name]
    least, most = about["plausible"]
    return st.integers(least, most) if about["unit"] == "months" else st.floats(least, most)


def parameter_sets(*without: str) -> st.SearchStrategy[dict[str, float]]:
    """Draw values for any of the parameters: for a few, or for about half of them."""
    names = [name for name in PARAMETERS if name not in without]
    few = st.lists(st.sampled_from(names), unique=True, max_size=6).flatmap(
        lambda chosen: st.fixed_dictionaries({name: values(name) for name in chosen})
    )
    return st.one_of(few, st.fixed_dictionaries({}, optional={name: values(name) for name in names}))


def _month(number: int) -> str:
    return f"{2009 + (number - 1) // 12}-{(number - 1) % 12 + 1:02d}"


MONTHS = st.one_of(st.integers(1, 12), st.integers(1, 60)).map(_month)
BRANCHES = st.fixed_dictionaries(
    {
        "operator": st.sampled_from(OPERATORS),
        "province": st.sampled_from(PLACES),
        "stance": st.sampled_from(STANCES),
    },
    optional={"opens": MONTHS},
)


@st.composite
def scenarios(draw: st.DrawFn, deals: tuple[str, ...] = ("bargained", "observed")) -> dict[str, Any]:
    """Draw the contents of a scenario's file: any stances, months, single branches, kind of deals."""
    return {
        "title": "Any",
        "opens": draw(MONTHS),
        "deals": draw(st.sampled_from(deals)),
        "stances": {name: draw(st.sampled_from(STANCES)) for name in OPERATORS},
        "branches": draw(st.lists(BRANCHES, max_size=4)),
    }


@dataclass(frozen=True)
class Case:
    """The arguments of a run."""

    scenario: dict[str, Any]
    consumers: int
    months: int
    rng: int
    threads: int = 1
    operators: tuple[str, ...] = OPERATORS
    parameters: dict[str, float] = field(default_factory=dict)

    def read(self) -> Scenario:
        """Return the scenario, read as its file would be."""
        return read_scenario("any", self.scenario)

    def market(self, **changes: Any) -> MobileMarket:
        """Return the market of these arguments, some of them changed, before its first month."""
        given = {
            "scenario": self.read(),
            "consumers": self.consumers,
            "months": self.months,
            "rng": self.rng,
            "threads": self.threads,
            "operators": self.operators,
        }
        return MobileMarket(**(given | self.parameters | changes))


@st.composite
def cases(
    draw: st.DrawFn,
    parameters: st.SearchStrategy[dict[str, float]] | None = None,
    scenario: st.SearchStrategy[dict[str, Any]] | None = None,
    months: int = 14,
) -> Case:
    """Draw a run that is small but whole."""
    return Case(
        draw(scenarios() if scenario is None else scenario),
        draw(st.integers(310, 1500)),
        draw(st.integers(1, months)),
        draw(st.integers(0, 2**63 - 1)),
        draw(st.integers(1, 3)),
        tuple(draw(st.permutations(OPERATORS))),
        draw(parameter_sets() if parameters is None else parameters),
    )

"""The answer in words, made from the numbers only.

The question is the incumbent's: what would China Mobile's discounted profit have been in one
scenario instead of another? A sign is named only where the 95 % interval excludes zero.
"""

import math

import pandas as pd

from agents.stances import Stance
from experiments.outcomes import INCUMBENT, MEASURE
from experiments.sequential import Look
from experiments.wording import choose_scale, is_decided, name_actor
from model.scenarios import Scenario

CAVEATS = (
    "The intervals show the luck of the draw between replications, nothing else: the parameters "
    "are assumptions, and other plausible values can turn the answer round.",
    "The effect of a deal with a payment platform is not identified by the data: what deals do "
    "here follows from assumed ranges, not from a measurement.",
    "Consumer surplus, and welfare which contains it, has no absolute zero: only differences "
    "between scenarios mean something.",
)


def answer(a: Scenario, b: Scenario, differences: pd.DataFrame, last_day: pd.Timestamp) -> str:
    """Return one sentence on what scenario a instead of b does to the incumbent's profit.

    Parameters
    ----------
    a, b : the scenarios; what they do to stances decides the subject of the sentence
    differences : the rows of this comparison: measure, actor, mean, low, high, replications
    last_day : the last day of the run
    """
    rows = differences[(differences["measure"] == MEASURE) & (differences["actor"] == INCUMBENT)]
    (row,) = rows.to_dict("records")
    effect = describe_effect(
        float(row["mean"]), float(row["low"]), float(row["high"]), int(row["replications"])
    )
    result = f"{effect} of discounted profit by {last_day:%B %Y}"
    deed = _name_deed(a, b)
    if deed is None:
        return f'"{a.title}" instead of "{b.title}" {result}.'
    return f'{deed} {result} ("{a.title}" against "{b.title}").'


def describe_effect(mean: float, low: float, high: float, replications: int) -> str:
    """Return what happens to the incumbent's money: "would have cost China Mobile 12 bn RMB (...)".

    Parameters
    ----------
    mean, low, high : RMB; the paired difference and the ends of its 95 % interval
    """
    who, pairs = name_actor(INCUMBENT), f"{replications} paired replications"
    if not all(math.isfinite(value) for value in (mean, low, high)):
        return f"has an effect on {who} that is not defined in all of {pairs}, in terms"
    if mean == low == high == 0.0:
        return f"would have made no difference to {who}, the same in each of {pairs}, in terms"
    scale = choose_scale("rmb", [mean, low, high])
    if not is_decided(low, high):
        ends = f"{scale.number(low, signed=True)} to {scale.number(high, signed=True)}"
        size = f"{scale.number(mean, signed=True)} {scale.name}"
        return f"would have made no measurable difference to {who}: {size} (95 % interval {ends}; {pairs})"
    verb, least, most = ("earned", low, high) if mean > 0 else ("cost", -high, -low)
    return (
        f"would have {verb} {who} {scale.number(abs(mean))} {scale.name} "
        f"(95 % interval {scale.number(least)} to {scale.number(most)}; {pairs})"
    )


def tell_stop(seen: Look, asked: float) -> str:
    """Return why replicating stopped, and what stopping on what was seen costs.

    Parameters
    ----------
    asked : RMB; how far the intervals were to reach at most
    """
    scale = choose_scale("rmb", [asked, seen.halfwidth])
    reach, wanted = (f"{scale.number(value)} {scale.name}" for value in (seen.halfwidth, asked))
    of = f"the intervals of {name_actor(INCUMBENT)}'s discounted profit"
    if not seen.is_reached:
        return (
            f"After the most replications allowed, {seen.replications}, {of} reach {reach} from the mean, "
            f"further than the {wanted} asked for."
        )
    return (
        f"Replications were added until {of} reached no further than {wanted} from the mean: "
        f"{seen.replications}, and {reach}. Having stopped on what was seen, a 95 % interval covers "
        "about 94 %."
    )


def _name_deed(a: Scenario, b: Scenario) -> str | None:
    """Return what the incumbent does in a and not in b; None where that is not what differs."""
    closed_a, closed_b = _who_stays_closed(a), _who_stays_closed(b)
    if a.parameters != b.parameters or (INCUMBENT in closed_a) == (INCUMBENT in closed_b):
        return None
    deed = "Staying closed" if INCUMBENT in closed_a else "Not staying closed"
    if _rivals(a) == _rivals(b):
        return deed
    everybody = len(closed_a ^ closed_b) == len(a.stances)
    return f"{deed}, like its rivals," if everybody else f"{deed}, while its rivals change as well,"


def _who_stays_closed(scenario: Scenario) -> set[str]:
    """Return the operators that never may partner anywhere."""
    if scenario.observed_deals:
        return set()
    opened = {branch.operator for branch in scenario.branches if branch.stance != Stance.CLOSED}
    stances = scenario.stances.items()
    return {name for name, stance in stances if stance == Stance.CLOSED and name not in opened}


def _rivals(scenario: Scenario) -> tuple[object, ...]:
    """Return everything a scenario says of the incumbent's rivals."""
    stances = {name: stance for name, stance in scenario.stances.items() if name != INCUMBENT}
    branches = [branch for branch in scenario.branches if branch.operator != INCUMBENT]
    opens = None if set(stances.values()) == {Stance.CLOSED} else scenario.opens
    return stances, branches, scenario.observed_deals, opens

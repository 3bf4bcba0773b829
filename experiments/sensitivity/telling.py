"""The findings in words, with their numbers and intervals: what the terminal prints and the page says."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments.outcomes import INCUMBENT
from experiments.sensitivity.indices import NARROW, Settled
from experiments.sensitivity.investigation import FEWEST_HITS, Findings
from experiments.sensitivity.screening import kept_by_half
from experiments.sensitivity.stages import REDRAWN
from experiments.sensitivity.study import Study
from experiments.sensitivity.winning import (
    LUCK_SHARE,
    NEAR,
    NEITHER,
    Discovery,
    Share,
    share_from,
    wins,
    wins_near_data,
)
from experiments.wording import choose_scale, name_actor, name_scenario, short_number, start_sentence
from model.parameters import Parameters

DEEDS = {"open": "opening", "incumbent_closed": "staying closed"}  # of the default pair
LARGE, MOST = 0.05, 6  # a total index that is spoken of, and how many are
LITTLE = 10.0  # percent of the variance


class Told(NamedTuple):
    """A finding: what it is about, and a sentence or a few."""

    about: str
    text: str


def tell(found: Findings) -> list[Told]:
    """Return the findings, the answer first."""
    told = [Told("How often", _how_often(found))]
    for box in found.boxes:
        about = start_sentence(f"where {deed(found.study, box.winner)} wins")
        told.append(Told(about, tell_box(found, box)))
    told += _no_boxes(found)
    if found.indices is not None and found.settled is not None:
        told.append(Told("What decides", _what_decides(found.indices.effects)))
        told.append(Told("Whether that has settled", _settled(found.settled, found.study.points)))
    told += [Told("What was screened out", _screened_out(found)), Told("Luck", _luck(found))]
    return [*told, *_beside_the_data(found)]


def deed(study: Study, label: str) -> str:
    """Return what a side does, as the subject of a sentence."""
    if study.labels == Study().labels:
        return DEEDS[label]
    return f"“{name_scenario(label)}”"


def name_gain(study: Study) -> str:
    """Return what the outcome is called."""
    who = name_actor(INCUMBENT)
    if study.labels == Study().labels:
        return f"{who}'s gain from opening"
    a, b = (name_scenario(label) for label in study.labels)
    return f"{who}'s gain, {a} less {b}"


def tell_share(share: Share) -> str:
    """Return a share with its interval: "45 % (41 to 49)"."""
    if not share.cases:
        return "none"
    low, high = (100.0 * end for end in (share.low, share.high))
    return f"{100.0 * share.mean:.0f} % ({low:.0f} to {high:.0f})"


def tell_ends(name: str, low: float, high: float) -> str:
    """Return a restriction with its unit: "lock_in above 0.7 utils"."""
    unit = Parameters.fields()[name]["unit"]
    unit = "" if unit == "1" else f" {unit}"
    if np.isfinite(low) and np.isfinite(high):
        return f"{name} between {short_number(low)} and {short_number(high)}{unit}"
    end, word = (low, "above") if np.isfinite(low) else (high, "below")
    return f"{name} {word} {short_number(end)}{unit}"


def tell_box(found: Findings, box: Discovery) -> str:
    """Return where a side wins, how often there, and how much of its wins lies there."""
    who, everywhere = deed(found.study, box.winner), tell_share(box.base)
    numbers = box.box.restricted.tolist()
    if not numbers:
        return f"No part of the ranges was found in which {who} wins clearly more often than in all of them."
    ends = [tell_ends(box.names[i], box.box.low[i], box.box.high[i]) for i in numbers]
    where = f"{', '.join(ends[:-1])} and {ends[-1]}" if len(ends) > 1 else ends[0]
    held, judges = box.held_out, len(found.whole.cases) - len(found.whole.cases) // 2
    if not held.cases:
        return f"With {where}, {who} won where that was found; of the {judges:,} other cases none lies there."
    there = tell_share(share_from(held.hits, held.cases))
    return (
        f"{start_sentence(who)} wins in {there} of cases with {where}; over all of the ranges it wins in "
        f"{everywhere}. That part holds {100 * held.mass:.0f} % of all cases and {100 * held.coverage:.0f} % "
        f"of those in which it wins. (By the {judges:,} cases in which it was not looked for; in the others "
        f"{100 * box.found.density:.0f} %.)"
    )


def _how_often(found: Findings) -> str:
    study, gains = found.study, found.whole.cases["gain"]
    first, second, neither = (wins(found.whole, side) for side in (*study.labels, NEITHER))
    ends = np.quantile(gains, [0.05, 0.5, 0.95])
    scale = choose_scale("rmb", ends)
    low, middle, high = (scale.number(end, signed=True) for end in ends)
    return (
        f"Over the plausible ranges of {len(found.whole.names)} parameters "
        f"{deed(study, study.labels[0])} wins in {tell_share(first)} of {first.cases:,} cases, "
        f"{deed(study, study.labels[1])} in {tell_share(second)}; in {tell_share(neither)} luck is as large "
        f"as the gain, and neither can be told. {name_gain(study)} has its median at {middle} {scale.name} "
        f"of discounted profit; nine cases in ten lie between {low} and {high}."
    )


def _no_boxes(found: Findings) -> Iterator[Told]:
    told = {box.winner for box in found.boxes}
    for label in found.study.labels:
        if label not in told:
            who, hits = deed(found.study, label), wins(found.whole, label).hits
            why = f"it does so in {hits} cases, and {FEWEST_HITS} are asked for"
            if not found.screening.kept:
                why = "no parameter is told from luck"
            yield Told(start_sentence(f"where {who} wins"), f"Where {who} wins cannot be said: {why}.")


def _what_decides(effects: pd.DataFrame) -> str:
    large = effects[effects["total"] - effects["total_half"] > LARGE]
    shown = (large if len(large) else effects).head(MOST)
    rows = [f"{r['factor']} {r['total']:.2f} ± {r['total_half']:.2f}" for r in shown.to_dict("records")]
    alone = effects.nlargest(1, "first").to_dict("records")[0]
    return (
        f"Shares of the variance of the gain, interactions included (total indices): {', '.join(rows)}. By "
        f"itself (first order) {alone['factor']} explains most, {alone['first']:.2f} ± "
        f"{alone['first_half']:.2f}."
    )


def _settled(s: Settled, points: int) -> str:
    verdict = (
        "settled" if s.width <= NARROW else f"not settled; that would take some {s.needed:,} base points"
    )
    swapped = s.swapped or "none"
    order = f"of the {s.pairs} pairs whose intervals lie apart, half of the points rank {swapped} otherwise"
    if not s.pairs:
        order = "no two intervals lie apart, so it cannot be told"
    return (
        f"With {points:,} base points the widest interval of a total index is {s.width:.2f} from end to end, "
        f"and none has moved by more than {s.moved:.2f} since {points // 2:,}. By the usual measure "
        f"(intervals of {NARROW:g}) the indices have {verdict}. As to their order, {order}."
    )


def _screened_out(found: Findings) -> str:
    screening, kept = found.screening, len(found.screening.kept)
    effects = screening.effects
    if not kept:
        return f"Of {len(effects)} parameters none has effects larger than luck alone would show."
    scale = choose_scale("rmb", [screening.bar])
    above = int((effects["mu_star"] > screening.bar).sum())
    start = (
        f"Of {len(effects)} parameters {above} have effects larger than luck would show (μ* above "
        f"{scale.number(screening.bar)} {scale.name}). The {kept} largest were kept; "
        f"{kept_by_half(screening)} of them would have been by half of the walks."
    )
    if found.rest is None:
        return f"{start} Nothing was screened out."
    share, low, high = (100 * value for value in found.rest)
    verdict = (
        "That is little."
        if high < LITTLE
        else "That is not little: indices are those with it at its defaults."
    )
    return (
        f"{start} The rest was not taken to be nothing: drawn anew in {found.study.cases // REDRAWN:,} "
        f"cases, it adds {share:.0f} % of the variance ({low:.0f} to {high:.0f}), its interactions included. "
        f"{verdict}"
    )


def _luck(found: Findings) -> str:
    n = found.study.replications
    whole = f"Luck is {_percent(found.whole.luck)} of the variance over the cases, of {n} replications each"
    if found.indices is None:
        return f"{whole}: what differs from case to case is luck, or cannot be told from it."
    n = found.indices.replications
    each = "of one each, by what the cases say" if n == 1 else f"of {n} each"
    much = found.indices.luck > LUCK_SHARE
    return (
        f"{whole}, and {_percent(found.indices.luck)} over the points of the indices, {each}."
        f"{' More --replications or --consumers would lower it.' if much else ''}"
    )


def _beside_the_data(found: Findings) -> Iterator[Told]:
    near, first = found.whole.cases["near_data"], found.study.labels[0]
    if not found.whole.observed:
        return
    start = (
        f"In {int(near.sum()):,} of {len(near):,} cases all operators' shares of lines and of 3G lines end "
        f"within {NEAR:g} points of those observed"
    )
    if near.any():
        share = wins_near_data(found.whole, first)
        yield Told(
            "Beside the data", f"{start}; there {deed(found.study, first)} wins in {tell_share(share)}."
        )
    else:
        yield Told(
            "Beside the data",
            f"{start}: moved independently, parameters that were fitted together leave China's market "
            "behind. The answer is one about any such market; --assumed asks about this one.",
        )


def _percent(share: float) -> str:
    share = min(share, 1.0)  # an estimate of all may come out above
    if share < 0.001:
        return "less than 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"

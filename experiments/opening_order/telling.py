"""The order in words, made from the numbers only; a sign or a rank is named only where it is told."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.answers import CAVEATS
from experiments.opening_order.association import LABELS
from experiments.opening_order.running import cost
from experiments.opening_order.settings import CLOSED, LINE, NAMES, OPEN
from experiments.opening_order.study import LATE, SETTLED
from experiments.opening_order.tables import OUTSIDE, Result, by_province, gains_in_order, ranks_of
from experiments.outcomes import INCUMBENT, PLATFORM
from experiments.wording import choose_scale, is_decided, name_actor

MORE_CAVEATS = (
    "Provinces differ here by what the data say of them: lines, the operators' shares, income, urban share, "
    "internet users and accounts, most of them estimates. Whatever else sets one apart is not in the market.",
)


def told(result: Result) -> list[tuple[str, str]]:
    """Return what was found, each finding under what it is about."""
    return [
        ("Does opening pay anywhere?", signs(result)),
        ("Where first?", first(result)),
        ("Where last?", last(result)),
        ("Where it is made", places(result)),
        ("Does the order depend on the others?", ends(result)),
        ("What goes with it", traits(result)),
        ("How surely", stopped(result)),
    ]


def caveats() -> tuple[str, ...]:
    """Return what must be said beside it."""
    return (*CAVEATS[:2], *MORE_CAVEATS)


def signs(result: Result) -> str:
    """Return in how many provinces opening alone earns the incumbent money, and in how many it costs."""
    rows = gains_in_order(result)
    up, down, open_ = _counts(rows)
    who = name_actor(INCUMBENT)
    deed = f"Opening one province alone, from {result.settings.opens},"
    rest = f"; in {open_} it is not told from nothing" if open_ else ""
    if not up and not down:
        return f"{deed} would have made no difference to {who} that is told from nothing, in any province."
    each = " (each by its own 95 % interval)"
    if not up:
        least = "“first” means here where it loses least"
        return f"{deed} would have cost {who} money in {_all(down)}{each}{rest}: {least}."
    if not down:
        return f"{deed} would have earned {who} money in {_all(up)}{each}{rest}."
    return f"{deed} would have earned {who} money in {_all(up)} and cost it money in {down}{each}{rest}."


def first(result: Result) -> str:
    """Return who may be first, and which of the first ranks are settled."""
    ranks = ranks_of(result)
    top = str(ranks.index[0])
    may = [str(name) for name in ranks.index[ranks["low"] == 1]]
    verb = "loses least" if _loses(result) else "earns most"
    size = f"It {verb} in {top}, {_amount(result, top)}"
    if len(may) == 1:
        size += ", and that is told from all others"
    else:
        size += f"; but {_some(may[1:], 6)} may be first as well"
    asked = result.settings.first
    rows = [(str(name), int(row["low"]), int(row["high"])) for name, row in ranks[:asked].iterrows()]
    settled = [name for name, low, high in rows if low == high]
    told = f"Of the first {asked} ranks {len(settled)} are settled with 95 % confidence for all together" * (
        asked > 1
    )
    loose = [f"{name} {low} to {high}" for name, low, high in rows if low < high]
    if asked > 1 and loose:
        told += f"; the others may be: {', '.join(loose)}"
    return ". ".join(part for part in (size, told) if part) + "." + _by_total(result)


def last(result: Result) -> str:
    """Return where opening is worth least, and which branch to open last where all others are open."""
    ranks = ranks_of(result)
    bottom = str(ranks.index[-1])
    verb = "costs most" if _loses(result) else "earns least"
    may = [str(name) for name in ranks.index[ranks["high"] == len(NAMES)]][:-1]
    known = f"; {_some(may, 6)} may be last as well" if may else ", told from all others"
    other = ranks_of(result, OPEN).sort_values("rank")
    least = str(other.index[-1])
    also = [str(name) for name in other.index[other["high"] == len(NAMES)] if name != least]
    same = f"it is {least}{', again' if least == bottom else ''}"
    same += f" ({_some(also, 3)} may be as well)" if also else ""
    return (
        f"Opening {verb} in {bottom}, {_amount(result, bottom)}{known}. "
        f"As the last of all to open, where all others are open: {same}."
    )


def places(result: Result) -> str:
    """Return how much of the gains is made elsewhere, and what the platform gains."""
    whole, outside = gains_in_order(result), gains_in_order(result, part=OUTSIDE)
    decided = outside[[is_decided(*ends) for ends in _ends(outside)]]
    sizes = outside["mean_rmb"].abs().sum() / whole["mean_rmb"].abs().sum()
    platform = gains_in_order(result, actor=PLATFORM)
    up, down, open_ = _counts(platform)
    scale = choose_scale("rmb", [platform["mean_rmb"].sum()])
    total = f"{scale.number(platform['mean_rmb'].sum(), signed=True)} {scale.name}"
    return (
        f"Elsewhere than in the province that opens, the gain is told from nothing in {len(decided)} of "
        f"{len(outside)} (each by itself, 95 %); in size all of it is {100 * sizes:.1f} % of the whole. "
        f"{name_actor(PLATFORM)} gains in {up} provinces, loses in {down}, {open_} are not told; {total} "
        "summed over the 31 single openings."
    )


def ends(result: Result) -> str:
    """Return how far the order is another where all other provinces are open."""
    table, found = result.tables["ends"], result.tables["associations"]
    rho = found[(found["elsewhere"] == CLOSED) & (found["trait"] == "other end")].iloc[0]
    differ = [
        str(row["province"])
        for row in table.to_dict("records")
        if is_decided(row["low_rmb"], row["high_rmb"])
    ]
    same = f"told to differ in {_some(differ, 4)}" if differ else "told to differ nowhere"
    here, there = ranks_of(result)["rank"], ranks_of(result, OPEN)["rank"]
    moved = int((here - there).abs().max())
    return (
        f"Where {name_actor(INCUMBENT)}'s other branches are open, not closed, what opening one is worth is "
        f"{same} (31 intervals that hold together). The rank correlation of the two orders is "
        f"{_number(rho['spearman'])}; by the estimates "
        + (f"a province moves by up to {moved} rank{'s' * (moved > 1)}. " if moved else "no province moves. ")
        + f"(All they differ by is seen in {len(result.study.sample.at_once)} replications.)"
    )


def traits(result: Result) -> str:
    """Return with what of the data the gain per line goes, strongest first; association over 31 provinces."""
    found = result.tables["associations"]
    rows = found[(found["elsewhere"] == CLOSED) & found["trait"].isin(list(LABELS))]
    clear = rows[[is_decided(low, high) for low, high in zip(rows["low"], rows["high"], strict=True)]]
    rest = [LABELS[str(name)] for name in rows["trait"][~rows["trait"].isin(clear["trait"])]]
    clear = clear.sort_values("spearman", key=lambda column: -column.abs())
    words = [
        f"{LABELS[row['trait']]} {_number(row['spearman'])} ({_number(row['low'])} to {_number(row['high'])})"
        for row in clear.to_dict("records")
    ]
    none = f"Not told from none: {'; '.join(rest)}." if rest else ""
    said = f"The gain per line goes with {'; '.join(words)}. " if words else ""
    return (
        f"{said}{none} Spearman's rank correlation, 95 %: association over 31 provinces, whose traits go "
        "together, and no more."
    ).strip()


def stopped(result: Result) -> str:
    """Return how many runs it took and why it ended there."""
    seen, settings = result.study.looks[-1], result.settings
    runs = f"{cost(result.study.sample.counts):,} runs of {settings.consumers:,} consumers"
    kinds = f"{seen.pairs} replications with all provinces at once, {seen.alone} with one at a time"
    unit = "RMB per line" if settings.by == LINE else "RMB"
    goal = (
        (
            "the first rank is settled"
            if settings.first == 1
            else f"the first {settings.first} ranks are settled"
        )
        if settings.until_halfwidth is None
        else f"no interval reaches further than {settings.until_halfwidth:g} {unit}"
    )
    why = {SETTLED: f"ended because {goal}", LATE: f"ended because of the time, before {goal}"}
    ended = why.get(result.study.ended, f"ended because the runs were spent, before {goal}")
    wide = choose_scale("rmb", [seen.halfwidth])
    reach = f"{wide.number(seen.halfwidth)} {unit if wide.divisor == 1 else wide.name}"
    return f"{runs} ({kinds}); {ended}. The widest interval of a gain reaches {reach} from the mean."


def _by_total(result: Result) -> str:
    """Return where the whole gain is largest, where ranks go by the line."""
    if result.settings.by != LINE:
        return ""
    rows = gains_in_order(result)
    best = max(by_province(rows).values(), key=lambda row: float(row["mean_rmb"]))
    scale = choose_scale("rmb", [best["mean_rmb"], best["low_rmb"], best["high_rmb"]])
    number = scale.number(best["mean_rmb"], signed=True)
    return f" In all, not per line, the estimate is highest in {best['province']}: {number} {scale.name}."


def _amount(result: Result, province: str) -> str:
    """Return a province's gain with its interval, per line and in all."""
    row = by_province(gains_in_order(result))[province]
    line = choose_scale("rmb", [row["mean_per_line"], row["low_per_line"], row["high_per_line"]])
    whole = choose_scale("rmb", [row["mean_rmb"]])
    low, high = (line.number(row[f"{end}_per_line"], signed=True) for end in ("low", "high"))
    return (
        f"by {line.number(row['mean_per_line'], signed=True)} RMB per line ({low} to {high}), "
        f"{whole.number(row['mean_rmb'], signed=True)} {whole.name} in all"
    )


def _loses(result: Result) -> bool:
    """Return whether no province is told to gain."""
    return not _counts(gains_in_order(result))[0]


def _counts(rows: pd.DataFrame) -> tuple[int, int, int]:
    """Return how many gains are told to be above zero, below, and neither."""
    low, high = rows["low_rmb"].to_numpy(), rows["high_rmb"].to_numpy()
    up, down = int((low > 0).sum()), int((high < 0).sum())
    return up, down, len(rows) - up - down


def _ends(rows: pd.DataFrame) -> Iterator[tuple[Any, Any]]:
    return zip(rows["low_rmb"], rows["high_rmb"], strict=True)


def _all(count: int) -> str:
    return f"all {count} provinces" if count == len(NAMES) else f"{count} of {len(NAMES)} provinces"


def _some(names: Sequence[str], most: int) -> str:
    """Return names in words, the first few of many."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} others"
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _number(value: float) -> str:
    return choose_scale("", [1.0]).number(value, signed=True) if np.isfinite(value) else "undefined"

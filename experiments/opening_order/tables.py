"""The tidy tables: gains with intervals, ranks with sets, who is told from whom, noise, looks, samples."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from experiments.opening_order.association import associations
from experiments.opening_order.gains import Floats, bootstrap, intervals
from experiments.opening_order.running import ACTORS, Sample
from experiments.opening_order.settings import CLOSED, ENDS, LINE, NAMES, OPEN, OpeningOrder
from experiments.opening_order.study import CONFIDENCE, Study, lines_at_start, parts, ranked, unit
from experiments.outcomes import INCUMBENT

TOTAL, INSIDE, OUTSIDE = "total", "inside", "outside"  # where a gain is made
PARTS = (TOTAL, INSIDE, OUTSIDE)


class Result(NamedTuple):
    """What was asked, what was run, and the tables that say what came of it."""

    settings: OpeningOrder
    study: Study
    tables: Mapping[str, pd.DataFrame]


def result_of(settings: OpeningOrder, study: Study) -> Result:
    """Return a study with all its tables."""
    sample = study.sample
    found = {
        "gains": pd.DataFrame(_gains(sample)),
        "ranks": pd.concat([_ranks(settings, sample, end) for end in ENDS], ignore_index=True),
        "told_apart": pd.concat([_told_apart(settings, sample, end) for end in ENDS], ignore_index=True),
        "ends": _ends(sample),
        "noise": _noise(sample),
        "looks": pd.DataFrame(study.looks),
        "pairs": _laid_out(sample.pairs[:, None], "gain_rmb", ("all at once",)),
        "alone": _laid_out(sample.inside, "inside_rmb", ENDS).assign(
            outside_rmb=sample.outside.reshape(-1),
            at_once_rmb=np.broadcast_to(sample.at_once[:, None], sample.inside.shape).reshape(-1),
        ),
    }
    found["associations"] = associations(found["gains"])
    return Result(settings, study, found)


def samples_of(sample: Sample, end: str, actor: str, part: str) -> tuple[Floats, Floats]:
    """Return the two samples whose means sum to a gain or a part of it, (m, G) and (n, G) RMB."""
    whole = parts(sample, end, actor)
    outside = sample.outside[:, ENDS.index(end), ACTORS.index(actor)]
    if part == TOTAL:
        return whole
    if part == INSIDE:
        return whole[0], whole[1] - outside
    return np.zeros_like(whole[0]), outside


def _gains(sample: Sample) -> Iterator[dict[str, Any]]:
    """Yield each gain and its parts with t intervals, RMB and RMB per line at the start."""
    lines = lines_at_start()
    for end in ENDS:
        for actor in ACTORS:
            for part in PARTS:
                both = samples_of(sample, end, actor, part)
                for name, count, found in zip(NAMES, lines, intervals(*both, CONFIDENCE), strict=True):
                    yield {
                        "elsewhere": end,
                        "actor": actor,
                        "part": part,
                        "province": name,
                        **{f"{key}_rmb": value for key, value in found._asdict().items()},
                        "lines": count,
                        **{f"{key}_per_line": value / count for key, value in found._asdict().items()},
                    }


def _ranks(settings: OpeningOrder, sample: Sample, end: str) -> pd.DataFrame:
    """Return the incumbent's ranks at one end, best first, with simultaneous sets, and what is ranked."""
    found, ranks = ranked(settings, sample, end)
    per = unit(settings)
    at_once, correction = (part / per for part in parts(sample, end))
    low, high = bootstrap(at_once, correction, CONFIDENCE, settings.seed)
    table = pd.DataFrame(
        {
            "elsewhere": end,
            "by": settings.by,
            "province": NAMES,
            "rank": ranks.rank,
            "low": ranks.low,
            "high": ranks.high,
            "gain": found.mean,
            "bootstrap_low": low,
            "bootstrap_high": high,
        }
    )
    return table.sort_values("rank", ignore_index=True)


def _told_apart(settings: OpeningOrder, sample: Sample, end: str) -> pd.DataFrame:
    """Return for each two provinces, the higher ranked first, whether they are told apart."""
    _, ranks = ranked(settings, sample, end)
    order = ranks.order
    rows = [
        (end, NAMES[i], NAMES[j], bool(ranks.above[i, j]))
        for p, i in enumerate(order)
        for j in order[p + 1 :]
    ]
    return pd.DataFrame(rows, columns=["elsewhere", "province", "other", "told"])


def _ends(sample: Sample) -> pd.DataFrame:
    """Return by how much the gain is larger where all others are open than where all are closed.

    Both are of the same replications, so only those of one province at a time say it. The 31 intervals hold
    together (Bonferroni).
    """
    difference = parts(sample, OPEN)[1] - parts(sample, CLOSED)[1]
    found = intervals(np.zeros_like(sample.pairs[:, 0]), difference, 1 - (1 - CONFIDENCE) / len(NAMES))
    table = pd.DataFrame(found).rename(columns=lambda name: f"{name}_rmb")
    table.insert(0, "province", NAMES)
    return table


def _noise(sample: Sample) -> pd.DataFrame:
    """Return the variance of one replication's gain, (RMB per line)^2, in whole and in parts.

    `alone`: of the national gain as it is counted when one province opens; `inside` and `outside`: of
    its parts; `correction`: of what the control variate leaves to the dear replications.
    """
    lines, rows = lines_at_start(), []
    for e, end in enumerate(ENDS):
        inside, outside = sample.inside[:, e, 0], sample.outside[:, e, 0]
        kinds = {
            "alone": inside + outside,
            "inside": inside,
            "outside": outside,
            "correction": parts(sample, end, INCUMBENT)[1],
            "at once": sample.pairs[:, 0],
        }
        for kind, values in kinds.items():
            variance = (values / lines).var(axis=0, ddof=1)
            rows += [(end, kind, name, v) for name, v in zip(NAMES, variance, strict=True)]
    return pd.DataFrame(rows, columns=["elsewhere", "what", "province", "variance_per_line2"])


def _laid_out(values: Floats, name: str, ends: tuple[str, ...]) -> pd.DataFrame:
    """Return an array (r, E, A, G) as a table with a row an entry."""
    axes = {"replication": range(len(values)), "elsewhere": ends, "actor": ACTORS, "province": NAMES}
    index = pd.MultiIndex.from_product(list(axes.values()), names=list(axes))
    return pd.DataFrame({name: values.reshape(-1)}, index=index).reset_index()


def gains_in_order(
    result: Result, end: str = CLOSED, actor: str = INCUMBENT, part: str = TOTAL
) -> pd.DataFrame:
    """Return one kind of gain of all provinces in the order of the ranks where all others are closed.

    Returns
    -------
    DataFrame; the columns of `gains`, and shown, shown_low, shown_high in the unit ranked by.
    """
    gains, ranks = result.tables["gains"], result.tables["ranks"]
    order = ranks.loc[ranks["elsewhere"] == CLOSED, "province"]
    rows = gains[(gains["elsewhere"] == end) & (gains["actor"] == actor) & (gains["part"] == part)]
    rows = rows.set_index("province").loc[order].reset_index()
    suffix = "per_line" if result.settings.by == LINE else "rmb"
    return rows.assign(
        shown=rows[f"mean_{suffix}"], shown_low=rows[f"low_{suffix}"], shown_high=rows[f"high_{suffix}"]
    )


def by_province(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the rows of a table with one a province, each by its province."""
    return {str(row["province"]): {str(k): v for k, v in row.items()} for row in rows.to_dict("records")}


def ranks_of(result: Result, end: str = CLOSED) -> pd.DataFrame:
    """Return the ranks at one end, by province, in the order of the ranks where all others are closed."""
    ranks = result.tables["ranks"]
    order = ranks.loc[ranks["elsewhere"] == CLOSED, "province"]
    return ranks[ranks["elsewhere"] == end].set_index("province").loc[order]

"""Draws of the parameters, one a replication: what is not known is part of the luck.

Replication r has the same draw in every profile, as it has the same luck, so differences stay paired. Draws
are uniform over the plausible ranges of the parameters that no observation pins down ("assumed") or of all of
them ("all"), or they are the rows of a file: a posterior, say.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.ranges import plausible_ranges
from model.errors import InputError, in_one_line
from model.horizon import MOST_MONTHS
from model.parameters import Parameters

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("assumed", "all")
SALT = 0xD4A35  # sets the draws' luck apart from that of the runs
ENDINGS = (".parquet", ".csv")


def varied(kind: str) -> dict[str, tuple[float, float]]:
    """Return the plausible ranges that draws of a kind come from."""
    return plausible_ranges(kind == "assumed", MOST_MONTHS)


def drawn(draws: str | None, seed: int, replication: int) -> dict[str, float]:
    """Return the parameters of a replication, by name; none where nothing is drawn.

    Rows of a file come in an order drawn by the seed, since chains are not to be read from their start; a
    file with fewer rows than there are replications is gone through again.
    """
    if draws is None:
        return {}
    if draws not in KINDS:
        rows = _rows(draws)
        order = np.random.default_rng([seed, SALT]).permutation(len(rows))
        return _whole(rows[order[replication % len(rows)]])
    ranges = varied(draws)
    luck = np.random.default_rng([seed, SALT, replication])
    low, high = np.array(list(ranges.values())).T
    return _whole(dict(zip(ranges, (low + (high - low) * luck.random(len(low))).tolist(), strict=True)))


def distinct_draws(draws: str, replications: int) -> int:
    """Return how many different draws so many replications have."""
    return replications if draws in KINDS else min(replications, len(_rows(draws)))


def _whole(values: dict[str, float]) -> dict[str, float]:
    """Return parameters with months made whole."""
    known = Parameters.fields()
    return {
        name: float(round(value)) if known[name]["unit"] == "months" else float(value)
        for name, value in values.items()
    }


def check_draws(draws: str | None, fixed: Mapping[str, Any]) -> None:
    """Raise InputError unless draws can be taken, and take nothing that is set as well."""
    if draws is None:
        return
    names = list(varied(draws)) if draws in KINDS else _checked_names(draws)
    twice = [name for name in fixed if name in names]
    if twice and draws not in KINDS:
        raise InputError(f"--set {twice[0]}: {draws} draws it too; allowed: one or the other")


def _checked_names(path: str) -> list[str]:
    """Return the parameters a file draws, once each of its rows is one the market runs with."""
    for number, row in enumerate(_rows(path), start=1):
        try:
            Parameters.with_values(_whole(row))
        except InputError as error:
            raise InputError(f"--draws {path}, row {number}: {error}") from error
    return list(_rows(path)[0])


@lru_cache(maxsize=4)
def _rows(path: str) -> tuple[dict[str, float], ...]:
    """Return the rows of a file of draws."""
    table = _read(path)
    known = Parameters.fields()
    for name in table.columns:
        if name not in known:
            raise InputError(f"--draws {path}: column {name!r} is no parameter; allowed: parameters' names")
    if table.empty or not len(table.columns):
        raise InputError(f"--draws {path}: holds no draws; allowed: a row a draw, a column a parameter")
    kinds = [table[name].dtype.kind for name in table.columns]
    if any(kind not in "fiu" for kind in kinds) or not np.isfinite(table.to_numpy(float)).all():
        raise InputError(f"--draws {path}: a value is no finite number; allowed: numbers alone")
    return tuple({str(k): float(v) for k, v in row.items()} for row in table.to_dict("records"))


def _read(path: str) -> "pd.DataFrame":
    import pandas as pd

    file = Path(path)
    if file.suffix not in ENDINGS:
        allowed = f"{', '.join(KINDS)}, or a file ending in {' or '.join(ENDINGS)}"
        raise InputError(f"--draws {path!r}: allowed: {allowed}")
    try:
        return pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file)
    except (OSError, ValueError) as error:
        raise InputError(f"--draws {path}: cannot be read ({in_one_line(error)})") from error


def identify_draws(draws: str | None) -> str | None:
    """Return what tells these draws from others: the kind, or a digest of the file."""
    if draws is None or draws in KINDS:
        return draws
    return f"sha256:{hashlib.sha256(Path(draws).read_bytes()).hexdigest()}"

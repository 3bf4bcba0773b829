"""The 31 provinces: where they lie, who borders whom, and how their mobile lines grow.

Lines by province are estimates (`data/README.md`): the published figures are few. Penetration
follows one logistic curve, each province at its own place on it,

    lines[g, t] = residents[g] * SATURATION * logistic(place[g] + drift[t]),

with `place` from the 2010 estimate and `drift` such that the provinces sum to the national path.
"""

import numpy as np
from numpy.typing import NDArray

from model.datafiles import Row, fail, refuse
from model.schemas import PROVINCES

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]
type Ints = NDArray[np.int64]

SATURATION = 1.8  # lines per inhabitant where penetration ends; assumed (Shanghai passed 1.2 in 2013)
ANCHOR_MONTH = 24  # December 2010, the month of the provincial estimates


def check_provinces(file: str, rows: list[Row], each: tuple[str, ...] = ()) -> None:
    """Check that names match codes and that no province is missing.

    Parameters
    ----------
    each : column names
        For every combination of these columns' values each province must have a row.

    Raises
    ------
    DataError
        Name and code disagree, or a province has no row.
    """
    groups: dict[tuple[object, ...], set[int]] = {}
    for row in rows:
        code = int(row["code"])
        if row["province"] != PROVINCES[code]:
            refuse(file, row, "province", f"{PROVINCES[code]!r} for code {code}")
        groups.setdefault(tuple(row[name] for name in each), set()).add(code)
    last = rows[-1]["line"] if rows else 1
    for group, codes in groups.items() or [((), set())]:
        where = "".join(f" for {name} {v}" for name, v in zip(each, group, strict=False))
        for code, name in PROVINCES.items():
            if code not in codes:
                problem = f"{name} is missing{where} after the last row"
                fail(file, last, "province", f"{problem}; each of the 31 provinces is required")


def column_by_province(rows: list[Row], column: str) -> Floats:
    """Return a column's values in the order of the provinces' codes, shape (31,)."""
    value = {int(row["code"]): row[column] for row in rows}
    return np.array([value[code] for code in PROVINCES], dtype=float)


def tile_positions(rows: list[Row]) -> Ints:
    """Return each province's row and column in the tile layout, shape (31, 2).

    Raises
    ------
    DataError
        Two provinces on one cell.
    """
    taken: dict[tuple[int, int], str] = {}
    for row in rows:
        cell = (row["row"], row["column"])
        if cell in taken:
            refuse("tile_grid.csv", row, "column", f"a cell other than {taken[cell]}'s, {cell}")
        taken[cell] = row["province"]
    cells = {int(row["code"]): (row["row"], row["column"]) for row in rows}
    return np.array([cells[code] for code in PROVINCES], dtype=np.int64)


def neighbour_matrix(rows: list[Row]) -> Bools:
    """Return who borders whom, shape (31, 31), symmetric with a false diagonal.

    Raises
    ------
    DataError
        A province as its own neighbour, or a border listed in one direction only.
    """
    file = "borders.csv"
    index = {code: g for g, code in enumerate(PROVINCES)}
    matrix = np.zeros((len(index), len(index)), dtype=bool)
    for row in rows:
        code, other = int(row["code"]), int(row["neighbour_code"])
        if row["neighbour"] != PROVINCES[other]:
            refuse(file, row, "neighbour", f"{PROVINCES[other]!r} for code {other}")
        if code == other:
            refuse(file, row, "neighbour", "another province than the row's own")
        matrix[index[code], index[other]] = True
    for row in rows:
        if not matrix[index[int(row["neighbour_code"])], index[int(row["code"])]]:
            back = f"{row['neighbour']}-{row['province']}"
            problem = f"{row['province']}-{row['neighbour']} is listed in one direction only"
            fail(file, row["line"], "neighbour", f"{problem}; {back} is required too")
    return matrix


def check_penetration(rows: list[Row], residents: Floats) -> None:
    """Check that every province's estimate leaves room to saturation.

    Raises
    ------
    DataError
        `lines_2010_million` of nobody, or of SATURATION lines per inhabitant or more.
    """
    most = dict(zip(PROVINCES, SATURATION * residents, strict=True))
    for row in rows:
        limit = most[int(row["code"])]
        if not 0.0 < row["lines_2010_million"] < limit:
            allowed = f"more than 0 and less than {limit:.2f}, {SATURATION} lines per inhabitant"
            refuse("provincial_lines.csv", row, "lines_2010_million", allowed)


def logistic(x: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)), elementwise."""
    return 1.0 / (1.0 + np.exp(-x))


def provincial_lines(residents: Floats, anchor: Floats, national: Floats) -> Floats:
    """Return mobile lines by province and month that sum to the national path.

    Parameters
    ----------
    residents : (G,) float, million
    anchor : (G,) float, million
        The provinces' lines at one date; only their penetrations relative to each other matter.
    national : (T,) float, million
        What the provinces must sum to.

    Returns
    -------
    (G, T) float, million
    """
    penetration = anchor / (SATURATION * residents)
    place = np.log(penetration / (1.0 - penetration))
    low, high = np.full(len(national), -30.0), np.full(len(national), 30.0)
    for _ in range(60):  # bisection: 60 / 2^60 is below rounding
        drift = (low + high) / 2
        total = SATURATION * residents @ logistic(place[:, None] + drift)
        low, high = np.where(total < national, drift, low), np.where(total < national, high, drift)
    lines = SATURATION * residents[:, None] * logistic(place[:, None] + drift)
    return np.asarray(lines * (national / lines.sum(axis=0)))  # removes the last rounding


def rake(seed: Floats, rows: Floats, columns: Floats) -> Floats:
    """Scale a table until its rows and columns sum to given margins [DemingStephan1940].

    Parameters
    ----------
    seed : (G, K) float
        Only its cross-ratios survive.
    rows : (G,) float
    columns : (K,) float
        Must have the same total as `rows`.

    Returns
    -------
    (G, K) float
    """
    table = np.asarray(seed, dtype=float)
    for _ in range(500):
        table = table * (columns / table.sum(axis=0))
        table = table * (rows / table.sum(axis=1))[:, None]
        if np.allclose(table.sum(axis=0), columns, rtol=1e-13, atol=0.0):
            break
    return table

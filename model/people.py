"""How many rows stand for whose lines, and how many are in use when."""

import numpy as np


def rows_by_province(lines: np.ndarray, rows: int) -> np.ndarray:
    """Return the number of rows each province gets, by largest remainder, at least one each.

    Parameters
    ----------
    lines : (G,) float
        Lines at the end of the run, in any unit.
    rows : int
        Rows to share out, at least one a province.
    """
    spare = rows - len(lines)
    exact = lines / lines.sum() * spare
    given = np.floor(exact).astype(np.int64)
    left = spare - int(given.sum())
    # Ties go to the earlier province: the same in every run.
    given[np.argsort(-(exact - given), kind="stable")[:left]] += 1
    return given + 1


def entered_lines(lines: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return how many rows are in use by province and month (G, T); all of them in the last.

    Parameters
    ----------
    lines : (G, T) float
        Lines in use; where they fall, rows in use stay.
    rows : (G,) int
    """
    share = np.maximum.accumulate(lines / lines[:, -1:], axis=1)
    return np.minimum(np.rint(share * rows[:, None]).astype(np.int64), rows[:, None])

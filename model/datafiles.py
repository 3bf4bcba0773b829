"""Read the observation files and check every cell before anything is built on it.

A file's columns are described once, in `SCHEMAS` (`model/schemas.py`). What does not fit its
description is a `DataError` that names the file, the row (its line number, the header being
line 1), the column, and what is allowed.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

type Row = dict[str, Any]


class DataError(Exception):
    """An observation file is missing or holds what it must not; the message is one line."""


@dataclass(frozen=True)
class Column:
    """What one column may hold.

    Parameters
    ----------
    kind : "text", "number", "count", "date" or "choice"
        A count is a whole number; a date is ISO (2009-01-31); a choice is one of `allowed`.
    lowest, highest : float or date
        Bounds, both included.
    blank : bool
        True where an empty cell is allowed; it is read as None (text: as "").
    """

    kind: str = "text"
    lowest: Any = None
    highest: Any = None
    allowed: tuple[str, ...] = ()
    blank: bool = False

    def describe(self) -> str:
        """Return in words what is allowed, for error messages."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.allowed)
        what = {"number": "a number", "count": "a whole number", "date": "a date like 2009-01-31"}
        bounds = [
            f"{word} {bound}"
            for word, bound in (("from", self.lowest), ("to", self.highest))
            if bound is not None
        ]
        return " ".join([what.get(self.kind, "a text that is not empty"), *bounds])

    def read(self, text: str) -> Any:
        """Return the value of one cell; raise ValueError where it is not allowed."""
        text = text.strip()
        if not text and self.blank:
            return "" if self.kind in ("text", "choice") else None
        if self.kind in ("text", "choice"):
            value: Any = text
            good = bool(text) if self.kind == "text" else text in self.allowed
        else:
            value = self._parse(text)
            good = (self.lowest is None or value >= self.lowest) and (
                self.highest is None or value <= self.highest
            )
        if not good:
            raise ValueError(text)
        return value

    def _parse(self, text: str) -> Any:
        if self.kind == "date":
            return date.fromisoformat(text)
        if self.kind == "count":
            return int(text)
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(text)
        return value


@dataclass(frozen=True)
class Schema:
    """The columns of a file, and the `key`: those that together name a row, no two rows alike."""

    columns: Mapping[str, Column]
    key: tuple[str, ...]


def fail(file: str, line: int | None, column: str | None, problem: str) -> NoReturn:
    """Raise the one-line `DataError` for a place in a file."""
    place = [file]
    if line is not None:
        place.append(f"row {line}")
    if column is not None:
        place.append(f"column {column}")
    raise DataError(", ".join(place) + ": " + " ".join(problem.split()))


def refuse(file: str, row: Row, column: str, allowed: str) -> NoReturn:
    """Raise the `DataError` for a cell whose value is not allowed, saying what is."""
    value = row[column]
    shown = value if isinstance(value, (int, float)) else repr(str(value))
    fail(file, row["line"], column, f"{shown} is not allowed; allowed is {allowed}")


def read_table(folder: Path, file: str, schema: Schema) -> list[Row]:
    """Return a file's rows, checked cell by cell; each row also carries its `line` number.

    Raises
    ------
    DataError
        File or column missing, a cell not allowed, a row with too many or too few cells, a row
        twice.
    """
    try:
        with (folder / file).open(encoding="utf-8", newline="") as stream:
            reader = csv.reader(stream)
            header = next(reader, [])
            _check_header(file, header, schema)
            rows = [_read_row(file, reader.line_num, header, cells, schema) for cells in reader if cells]
    except OSError:
        fail(file, None, None, f"cannot be read in {str(folder)!r}; the file is required")
    except UnicodeDecodeError:
        fail(file, None, None, "is not UTF-8 text, which is required")
    _check_unique(file, rows, schema)
    return rows


def _check_header(file: str, header: Sequence[str], schema: Schema) -> None:
    for name in schema.columns:
        if name not in header:
            fail(file, 1, name, "is missing; required are " + ", ".join(schema.columns))
    for name in header:
        if name not in schema.columns or list(header).count(name) > 1:
            fail(file, 1, name, "is not expected; allowed are " + ", ".join(schema.columns))


def _read_row(file: str, line: int, header: Sequence[str], cells: Sequence[str], schema: Schema) -> Row:
    if len(cells) != len(header):
        fail(file, line, None, f"has {len(cells)} cells; {len(header)} are required")
    row: Row = {"line": line}
    for name, cell in zip(header, cells, strict=True):
        column = schema.columns[name]
        try:
            row[name] = column.read(cell)
        except ValueError:
            fail(file, line, name, f"{cell!r} is not allowed; allowed is {column.describe()}")
    return row


def _check_unique(file: str, rows: Sequence[Row], schema: Schema) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = tuple(row[name] for name in schema.key)
        if key in seen:
            named = ", ".join(f"{name} {row[name]}" for name in schema.key)
            fail(
                file,
                row["line"],
                schema.key[-1],
                f"repeats row {seen[key]} ({named}); only one row is allowed for each "
                + " and ".join(schema.key),
            )
        seen[key] = row["line"]


def check_every(file: str, rows: Sequence[Row], column: str, required: Sequence[str]) -> None:
    """Check that each required value of a column has at least one row.

    Raises
    ------
    DataError
        A value without a row.
    """
    present = {row[column] for row in rows}
    for value in required:
        if value not in present:
            line = rows[-1]["line"] if rows else 1
            problem = f"{value} is missing after the last row; one or more rows are required"
            fail(file, line, column, f"{problem} for each of " + ", ".join(required))

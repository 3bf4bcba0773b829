"""The page `docs/performance.md`: measured parts stand between marks, everything else is left alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from model.errors import InputError

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


def marks(part: str) -> tuple[str, str]:
    """Return the marks between which a part stands."""
    return f"<!-- bench {part}: written by the command -->", f"<!-- end of bench {part} -->"


def check(path: Path, parts: tuple[str, ...]) -> None:
    """Raise InputError unless the page has a place for each part."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        raise InputError(f"no page {path}; allowed: one with the marks of {PAGE.name}") from None
    for part in parts:
        begin, end = marks(part)
        if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
            raise InputError(f"{path.name} has no one place for {part}; allowed: between {begin} and {end}")


def write(path: Path, part: str, lines: list[str]) -> None:
    """Put a part into its place on the page; the page is whole at any time."""
    check(path, (part,))
    text = path.read_text(encoding="utf-8")
    begin, end = marks(part)
    head, tail = text[: text.index(begin)], text[text.index(end) :]
    body = "\n".join([begin, "", *lines, "", ""])
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(head + body + tail)
        os.chmod(draft, path.stat().st_mode)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise

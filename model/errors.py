"""Errors meant to be read by the person at the keyboard: one line each, no traceback needed."""

from collections.abc import Iterable
from difflib import get_close_matches

LISTED_BY = {"parameter": "walled-garden parameters"}  # too many to name in one line


class InputError(ValueError):
    """Say in one line what is wrong with an input and what is allowed.

    The command line prints the message and ends with status 2; nothing has been written by then.
    """


class RunError(RuntimeError):
    """Say in one line which run of the market failed and why.

    The command line prints the message and ends with status 1; nothing has been written by then.
    """


def in_one_line(error: BaseException) -> str:
    """Return what an error says, in one line."""
    return " ".join(str(error).split()) or "no further word"


def unknown_name(kind: str, name: str, allowed: Iterable[str]) -> InputError:
    """Return the error for a name that does not exist, with the nearest that does.

    Parameters
    ----------
    kind : what the name should have been, as a singular noun ("scenario", "parameter")
    name : the name as given
    allowed : every name that exists, in the order to list them
    """
    names = tuple(allowed)
    near = get_close_matches(name.lower(), names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    listed = f"those that `{LISTED_BY[kind]}` lists" if kind in LISTED_BY else ", ".join(names)
    return InputError(f"unknown {kind} {name!r}: {hint}allowed: {listed}")

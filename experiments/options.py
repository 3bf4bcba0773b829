"""What the commands' options share."""

import os
from typing import Any

import click


class WholeNumber(click.ParamType):
    """A whole number within the bounds that `settings.BOUNDS` gives its option."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number, or complain with what is allowed."""
        from experiments.settings import BOUNDS, check_number

        option = str(param.name) if param is not None else "seed"
        try:
            number = int(value)
        except ValueError:
            low, high = BOUNDS[option]
            self.fail(f"{value!r}: allowed: a whole number from {low} to {high}", param, ctx)
        check_number(option, number)
        return number


def processors() -> int:
    """Return how many processors this process may use (a container may allow fewer than exist)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

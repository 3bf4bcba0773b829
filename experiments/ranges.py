"""Which parameters are moved over their plausible ranges, and why the others are not."""

from collections.abc import Mapping
from typing import Any

from model.parameters import ASSUMED, UNTOLD, Parameters
from model.paths import LAST_MONTH

NORMALISED = "standing_china_mobile"
BEYOND_DATA = ("lines_ceiling",)  # felt after December 2013 only


def plausible_ranges(assumed_only: bool, months: int) -> dict[str, tuple[float, float]]:
    """Return, by name, the plausible range of every parameter that can be moved.

    Parameters
    ----------
    assumed_only : True for those alone that no observation pins down
    months : of the runs
    """
    return {
        name: (float(about["plausible"][0]), float(about["plausible"][1]))
        for name, about in Parameters.fields().items()
        if not why_held(name, about, assumed_only, months)
    }


def why_held(name: str, about: Mapping[str, Any], assumed_only: bool, months: int) -> str:
    """Return why a parameter stays at its default; empty where it is moved.

    Parameters
    ----------
    about : what `Parameters.fields` says of it
    """
    low, high = about["plausible"]
    if name == NORMALISED:
        return "a normalisation: only differences of standing are felt"
    if name in BEYOND_DATA and months <= LAST_MONTH:
        return "not felt before January 2014, and the runs end sooner"
    if low >= high:
        return "its plausible range is a point"
    if assumed_only and not (about["source"] in UNTOLD or about["source"].startswith(ASSUMED)):
        return f"not assumed: {about['source']}"
    return ""

"""What a browser can ask for, by name. Each takes a session and data, and may raise InputError."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from model.errors import InputError, unknown_name
from model.schemas import OPERATORS
from view.export import FORMATS, compose_picture, export_tables
from view.links import write_link
from view.setup import MONTHS, WORLDS, Change, Setup, World, read_number

PLAIN = {"measure": "measure", "speed": "speed", "shown": "shown"}
PICTURES = ("svg", "png")


def play(session: Any, data: Any) -> None:
    """Go on from month to month; from the beginning where the end is reached."""
    if session.target >= MONTHS:
        session.target = 0
    session.playing = True


def pause(session: Any, data: Any) -> None:
    """Stop where the run is."""
    session.playing = False
    if session.twins is not None:
        session.target = session.twins.month


def step(session: Any, data: Any) -> None:
    """Live through one month."""
    session.playing = False
    session.target = min(session.target + 1, MONTHS)


def reset(session: Any, data: Any) -> None:
    """Go back to December 2008."""
    session.playing, session.target = False, 0


def jump(session: Any, data: Any) -> None:
    """Go to a month."""
    month = read_number("month", data["value"])
    if not isinstance(month, int) or not 0 <= month <= MONTHS:
        raise InputError(f"month = {month}; allowed: a whole number 0 to {MONTHS}")
    session.target = month


def set_field(session: Any, data: Any) -> None:
    """Set one field of the form."""
    field, value = str(data["field"]), data["value"]
    setup: Setup = session.setup
    if field in WORLDS:
        setup = setup.having(**{field: replace(setup.world[field], scenario=str(value))})
    elif field in PLAIN:
        setup = setup.having(**{PLAIN[field]: str(value)})
    elif field == "seed":
        setup = setup.having(seed=_whole(field, value))
    elif field == "consumers":
        size = _whole(field, value)
        followed = setup.consumer if setup.consumer is not None and setup.consumer < size else None
        setup = setup.having(consumers=size, consumer=followed)
    elif field.startswith("parameter."):
        name = field.removeprefix("parameter.")
        setup = setup.with_parameter(name, None if value is None else read_number(name, value))
    else:
        raise unknown_name("field", field, (*WORLDS, *PLAIN, "seed", "consumers", "parameter.NAME"))
    session.take_setup(setup)


def _whole(name: str, value: Any) -> int:
    number = read_number(name, value)
    if not isinstance(number, int):
        raise InputError(f"{name} = {value}; allowed: a whole number")
    return number


def set_stance(session: Any, data: Any) -> None:
    """Set an operator's stance in a world from the scenario's first open month on."""
    w, k = data["world"], OPERATORS.index(data["operator"])
    world: World = session.setup.world[w]
    stances = [*world.stances]
    stances[k] = data["value"]
    session.take_setup(session.setup.having(**{w: replace(world, stances=tuple(stances))}))


def set_branch(session: Any, data: Any) -> None:
    """Give a branch, or all of an operator's, another stance from next month on."""
    month = session.target
    if month >= MONTHS:
        raise InputError(f"month {month} is the last: no stance can change; allowed: an earlier month")
    change = Change(month, data["world"], data["operator"], data.get("province"), data["value"])
    before = session.setup.changes
    setup = session.setup.with_change(change)
    # Where a change of this very month is taken back, it must never have been made.
    session.take_setup(setup, anew=len(setup.changes) == len(before))


def undo_change(session: Any, data: Any) -> None:
    """Take a change by hand back, or all of them."""
    changes = session.setup.changes
    kept = () if data == "all" else tuple(c for i, c in enumerate(changes) if i != int(data))
    session.take_setup(session.setup.having(changes=kept), anew=True)


def open_province(session: Any, data: Any) -> None:
    """Open a province's panel, or close it."""
    session.take_setup(session.setup.having(province=data or None))


def follow(session: Any, data: Any) -> None:
    """Follow a consumer by number, anybody ("any"), or nobody."""
    value, setup = data["value"], session.setup
    if value == "any":
        row: int | None = int(np.random.default_rng().integers(setup.consumers))
    elif value in (None, ""):
        row = None
    else:
        row = _whole("consumer", value)
    session.take_setup(setup.having(consumer=row))


def export(session: Any, data: Any) -> None:
    """Put a file into the next picture, for the browser to save."""
    if session.twins is None:
        raise InputError("the run is not ready yet")
    month, setup = session.twins.month, session.setup
    link = write_link(setup, month)
    name = f"walled-garden-{setup.a.scenario}-{setup.b.scenario}-{month:02d}"
    if data in FORMATS:
        content, name = export_tables(session.twins, data, link), f"{name}-{data}.zip"
    elif data in PICTURES:
        frame = session.last
        svg = compose_picture(setup, month, frame.heading, frame.maps, frame.charts)
        content, name = svg.encode(), f"{name}.{data}"
    else:
        raise unknown_name("format", str(data), (*FORMATS, *PICTURES))
    session.download = {
        "name": name,
        "kind": data,
        "content": base64.b64encode(content).decode(),
        "number": session.sent + 1,
    }


COMMANDS: dict[str, Callable[[Any, Any], None]] = {
    "play": play,
    "pause": pause,
    "step": step,
    "reset": reset,
    "jump": jump,
    "set": set_field,
    "stance": set_stance,
    "branch": set_branch,
    "undo": undo_change,
    "province": open_province,
    "follow": follow,
    "export": export,
}

"""What is sent to the browser: one immutable picture of a session, all of it plain data."""

from dataclasses import dataclass, field
from typing import Any

from view.charts import KINDS, date_of, deals_made, describe, make_chart, recorded_events
from view.drawing.chart import draw_chart
from view.drawing.tiles import (
    difference_tiles,
    draw_map,
    legend_of,
    legend_of_difference,
    reach_of,
    world_tiles,
)
from view.form import chosen
from view.links import write_link
from view.measures import MEASURES
from view.person import show_person
from view.province import show_province
from view.reasons import chain, money, sentence
from view.setup import WORLDS, Setup
from view.twins import Twins


@dataclass(frozen=True)
class Frame:
    """A session as it is to be shown.

    Attributes
    ----------
    number : int
        Grows with each picture; the browser says which it has drawn.
    month, date : the month lived to
    playing, busy, trouble : whether it runs, what it is busy with, what went wrong
    settled : whether nothing that was asked for is still to come
    errors : {field: message}
    setup : what is chosen in the form
    heading : what the maps show
    maps, charts : SVGs
    events : the numbered events of the time axis
    changes : changes by hand, in words
    sentence, chain, money : why the worlds differ
    province, person : panels that are open, or None
    link : query that restores all of it
    download : a file for the browser to save, or None
    """

    number: int = 0
    month: int = 0
    date: str = ""
    playing: bool = False
    busy: str = ""
    trouble: str = ""
    settled: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    setup: dict[str, Any] = field(default_factory=dict)
    heading: str = ""
    maps: list[str] = field(default_factory=list)
    charts: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    sentence: str = ""
    chain: list[Any] = field(default_factory=list)
    money: list[Any] = field(default_factory=list)
    province: dict[str, Any] | None = None
    person: dict[str, Any] | None = None
    link: str = ""
    download: dict[str, Any] | None = None


def make_frame(session: Any) -> Frame:
    """Return a session as it is to be shown now."""
    setup, twins = session.setup, session.twins
    month = session.target if twins is None else twins.month
    shown = _empty(setup) if twins is None else _drawn(setup, twins)
    return Frame(
        number=session.sent,
        month=month,
        date=date_of(month),
        playing=session.playing,
        busy=session.busy,
        trouble=session.trouble,
        settled=session.settled,
        errors=dict(session.errors),
        setup=chosen(setup),
        heading=MEASURES[setup.measure].title,
        events=[mark.words for mark in recorded_events()],
        changes=[describe(change) for change in setup.changes],
        link=write_link(setup, month),
        download=session.download,
        **shown,
    )


def _drawn(setup: Setup, twins: Twins) -> dict[str, Any]:
    """Return drawings, reasons and panels of a run."""
    histories = twins.history
    marks = [*recorded_events(), *deals_made(histories, setup.changes)]
    pair = money(histories)
    return {
        "maps": draw_maps(setup, twins),
        "charts": [draw_chart(make_chart(key, histories, setup.shown), marks) for key in KINDS],
        "sentence": sentence(histories, (setup.a.title, setup.b.title)),
        "chain": [row._asdict() for row in chain(histories)],
        "money": [{"what": what, "bn": gap} for what, gap in pair],
        "province": show_province(twins, setup.province) if setup.province else None,
        "person": show_person(twins, setup.consumer) if setup.consumer is not None else None,
    }


def _empty(setup: Setup) -> dict[str, Any]:
    """Return what is shown before there is a run: the maps, with nothing in them yet."""
    from view.colours import NOTHING
    from view.drawing.tiles import Tile
    from view.setup import PROVINCES

    tiles = [Tile(NOTHING, "", "not yet") for _ in PROVINCES]
    return {"maps": [draw_map(tiles, "", "The provinces of China") for _ in (*WORLDS, "difference")]}


def draw_maps(setup: Setup, twins: Twins) -> list[str]:
    """Return the maps of both worlds and of their difference."""
    measure = MEASURES[setup.measure]
    a, b = (twins.history[w][-1] for w in WORLDS)
    maps = [
        draw_map(
            world_tiles(measure, s), legend_of(measure), f"World {w.upper()}: {measure.title}",
            s.in_force.any(axis=2), setup.province,
        )
        for w, s in (("a", a), ("b", b))
    ]  # fmt: skip
    reach = 1.0 if measure.is_name else reach_of(measure, (twins.history["a"], twins.history["b"]))
    legend = legend_of_difference(measure, reach)
    tiles = difference_tiles(measure, a, b, reach)
    return [*maps, draw_map(tiles, legend, f"B less A: {measure.title}", None, setup.province)]

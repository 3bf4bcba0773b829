"""The page itself: Solara components around drawings and forms, one session a browser tab."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import solara

from view.form import fixed_words
from view.frames import Frame
from view.links import read_link
from view.session import Session
from view.setup import MONTHS, SPEEDS
from view.solara_settings import TITLE

STYLE = (Path(__file__).parent / "components" / "style.css").read_text(encoding="utf-8")

type Ask = Callable[[dict[str, Any]], None]


# Each of these is a template of its own in components/; arguments are what it shows, events what it asks for.


@solara.component_vue("components/bar.vue", vuetify=False)
def Bar(month: int, months: int, date: str, playing: bool, busy: str, trouble: str, errors: dict, speed: str,
        speeds: list, link: str, event_ask: Ask) -> None:  # fmt: skip
    """Show the title, the run's buttons, the month, and what to take along."""


@solara.component_vue("components/worlds.vue", vuetify=False)
def Worlds(fixed: dict, setup: dict, changes: list, errors: dict, event_ask: Ask) -> None:
    """Show the form: both worlds, luck, size and parameters."""


@solara.component_vue("components/maps.vue", vuetify=False)
def Maps(fixed: dict, setup: dict, maps: list, event_ask: Ask) -> None:
    """Show three maps."""


@solara.component_vue("components/reasons.vue", vuetify=False)
def Reasons(sentence: str, chain: list, money: list) -> None:
    """Show why the worlds differ."""


@solara.component_vue("components/charts.vue", vuetify=False)
def Charts(setup: dict, charts: list, dates: list, event_ask: Ask) -> None:
    """Show the charts and the list of events."""


@solara.component_vue("components/province.vue", vuetify=False)
def Province(province: dict | None, over: bool, errors: dict, event_ask: Ask) -> None:
    """Show a province's panel."""


@solara.component_vue("components/person.vue", vuetify=False)
def Person(person: dict | None, errors: dict, event_ask: Ask) -> None:
    """Show a consumer's panel."""


@solara.component_vue("components/pulse.vue", vuetify=False)
def Pulse(
    number: int, settled: bool, link: str, download: dict | None, event_drawn: Callable[[int], None]
) -> None:
    """Tell the session what has been drawn."""


def _start(work: Callable[[], None]) -> None:
    # Solara makes a thread that is started here belong to this tab.
    threading.Thread(target=work, daemon=True).start()


@solara.component
def Page() -> None:
    """Show two markets side by side."""
    frame, set_frame = solara.use_state(Frame())
    router = solara.use_router()
    fixed = solara.use_memo(fixed_words, [])

    def begin() -> Session:
        setup, month, problems = read_link(router.search or "")
        return Session(setup, month, set_frame, problems, _start)

    session = solara.use_memo(begin, [])
    solara.use_effect(lambda: session.close, [])

    def ask(message: dict[str, Any]) -> None:
        session.ask(message["command"], message.get("data"))

    solara.Title(TITLE)
    solara.Style(STYLE)
    with solara.Div(classes=["wg"]):
        if frame.setup:
            _show(frame, fixed, ask)
        else:
            solara.HTML(tag="p", unsafe_innerHTML="Walled Garden: getting ready ...")
        Pulse(
            number=frame.number,
            settled=frame.settled,
            link=frame.link,
            download=frame.download,
            event_drawn=session.note_drawn,
        )


def _show(frame: Frame, fixed: dict[str, Any], ask: Ask) -> None:
    """Lay out the parts of the page from top to bottom."""
    Bar(
        month=frame.month, months=MONTHS, date=frame.date, playing=frame.playing, busy=frame.busy,
        trouble=frame.trouble, errors=frame.errors, speed=frame.setup["speed"], speeds=list(SPEEDS),
        link=frame.link, event_ask=ask,
    )  # fmt: skip
    Worlds(fixed=fixed, setup=frame.setup, changes=frame.changes, errors=frame.errors, event_ask=ask)
    Reasons(sentence=frame.sentence, chain=[], money=[])
    Maps(fixed=fixed, setup=frame.setup, maps=frame.maps, event_ask=ask)
    Province(province=frame.province, over=frame.month >= MONTHS, errors=frame.errors, event_ask=ask)
    Reasons(sentence="", chain=frame.chain, money=frame.money)
    Charts(setup=frame.setup, charts=frame.charts, dates=frame.events, event_ask=ask)
    Person(person=frame.person, errors=frame.errors, event_ask=ask)


@solara.component
def Layout(children: list[Any] = []) -> Any:  # noqa: B006 (Solara's own convention)
    """Show the page and nothing around it."""
    return solara.Div(children=children)

"""A tab's run without a browser: commands, backpressure, failures, and an end."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from view.frames import Frame
from view.session import Session
from view.setup import Setup
from view.twins import Twins

LONG = 60.0  # seconds until something is given up for lost


class Tab:
    """A browser that draws what it is sent, or does not."""

    def __init__(
        self, setup: Setup, month: int = 0, draws: bool = True, problems: tuple[str, ...] = ()
    ) -> None:
        self.frames: list[Frame] = []
        self.draws, self.threads, self.there = draws, [], threading.Event()
        self.session = Session(setup, month, self.publish, list(problems), self.start)

        self.there.set()

    def start(self, work: Callable[[], None]) -> None:
        self.threads.append(threading.Thread(target=work, daemon=True))
        self.threads[0].start()

    def publish(self, frame: Frame) -> None:
        self.frames.append(frame)
        if self.draws:
            threading.Thread(target=lambda: self.draw(frame.number)).start()

    def draw(self, number: int) -> None:
        self.there.wait(LONG)
        self.session.note_drawn(number)

    def until(self, holds: Callable[[Frame], Any]) -> Frame:
        begun = time.monotonic()
        while time.monotonic() - begun < LONG:
            if self.frames and holds(self.frames[-1]):
                return self.frames[-1]
            time.sleep(0.005)
        raise AssertionError(f"never came: the last is {self.frames[-1:]}")

    def ask(self, command: str, data: Any = None) -> Frame:
        """Ask for something and wait until it is there."""
        sent = self.frames[-1].number
        self.session.ask(command, data)
        return self.until(lambda frame: frame.number > sent and frame.settled)


@pytest.fixture
def open_tab() -> Iterator[Callable[..., Tab]]:
    tabs: list[Tab] = []

    def open_one(*given: Any, **others: Any) -> Tab:
        tabs.append(Tab(*given, **others))
        tabs[-1].until(lambda frame: frame.settled)
        return tabs[-1]

    yield open_one
    for tab in tabs:
        tab.session.close()


SMALL = Setup(consumers=620)


def test_commands(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(SMALL)
    assert tab.frames[-1].month == 0
    assert tab.ask("step").month == 1
    assert tab.ask("jump", {"field": "jump", "value": "9"}).month == 9
    ninth = tab.frames[-1].charts
    assert tab.ask("jump", {"field": "jump", "value": 4}).month == 4
    assert tab.ask("jump", {"field": "jump", "value": 9}).charts == ninth
    assert tab.ask("set", {"field": "a", "value": "history"}).month == 9  # it comes back to the month
    assert tab.frames[-1].charts != ninth
    assert tab.ask("reset").month == 0
    tab.session.ask("set", {"field": "speed", "value": "fastest"})
    tab.session.ask("play")
    last = tab.until(lambda frame: frame.month == 60 and frame.settled)
    assert not last.playing
    assert tab.ask("step").month == 60
    tab.session.ask("play")  # again from the beginning
    tab.until(lambda frame: 0 < frame.month < 50)
    assert not tab.ask("pause").playing


def test_a_slow_browser_never_has_two_pictures_to_draw(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(SMALL.having(speed="fastest"))
    tab.draws = False
    tab.session.ask("play")
    tab.until(lambda frame: frame.month == 1)
    time.sleep(0.6)
    assert tab.frames[-1].month == 1  # the run waits for the browser
    for month in (2, 3, 4):
        tab.session.note_drawn(tab.frames[-1].number)
        tab.until(lambda frame, month=month: frame.month == month)
        time.sleep(0.1)
        assert tab.frames[-1].month == month


def test_what_is_wrong_changes_nothing(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(SMALL, month=5)
    good = tab.frames[-1]
    for command, data, says in (
        ("set", {"field": "seed", "value": "x"}, "seed = 'x' is not a number"),
        ("set", {"field": "parameter.lock_in", "value": "-1"}, "out of bounds"),
        ("set", {"field": "a", "value": "ajar"}, "unknown scenario"),
        ("jump", {"field": "jump", "value": "2.5"}, "allowed: a whole number 0 to 60"),
        ("follow", {"field": "consumer", "value": "620"}, "allowed: a whole number 0 to 619"),
        ("export", "pdf", "unknown format 'pdf'"),
    ):
        frame = tab.ask(command, data)
        field = data["field"] if isinstance(data, dict) else command
        assert says in frame.errors[field]
        assert (frame.month, frame.maps, frame.setup, frame.link) == (5, good.maps, good.setup, good.link)
    assert "seed" not in tab.ask("set", {"field": "seed", "value": "3"}).errors


def test_a_failing_model_says_so_and_can_be_left(
    open_tab: Callable[..., Tab], monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = open_tab(SMALL, month=3)
    good = tab.frames[-1]

    def fail(twins: Twins, pool: Any = None) -> None:
        raise ZeroDivisionError("a share of nothing")

    with monkeypatch.context() as patch:
        patch.setattr(Twins, "step", fail)
        frame = tab.ask("step")
        assert frame.trouble == "The model stopped. ZeroDivisionError: a share of nothing"
        assert frame.maps == good.maps  # what was seen is still there
        assert not frame.playing
    frame = tab.ask("set", {"field": "seed", "value": "2"})
    assert frame.trouble == ""
    assert frame.month == 3


def test_leaving_ends_the_thread_and_frees_the_markets(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(SMALL.having(speed="1"))
    tab.session.ask("play")
    tab.until(lambda frame: frame.playing)
    tab.session.close()
    tab.threads[0].join(LONG)
    assert not tab.threads[0].is_alive()
    assert tab.session.twins is None
    sent = len(tab.frames)
    time.sleep(0.2)
    assert len(tab.frames) == sent


def test_branches_change_and_change_back(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(SMALL.having(a=SMALL.a, b=SMALL.a), month=6)
    opening = {
        "field": "branch",
        "world": "b",
        "operator": "china_mobile",
        "province": "Zhejiang",
        "value": "open",
    }
    assert tab.ask("branch", opening).changes == [
        "July 2009: China Mobile in Zhejiang open by hand in world B"
    ]
    assert tab.ask("province", "Zhejiang").province["branches"][0]["worlds"]["b"]["next"] == "open"
    frame = tab.ask("jump", {"field": "jump", "value": 20})
    assert next(row["difference"] for row in frame.chain) == "+1"
    frame = tab.ask("undo", "all")
    assert frame.month == 20
    assert {row["difference"] for row in frame.chain} == {"0"}
    assert "the same to the last line" in frame.sentence
    assert frame.money == []
    last = tab.ask("jump", {"field": "jump", "value": 60})
    assert last.errors == {}
    assert "month 60 is the last" in tab.ask("branch", opening).errors["branch"]

"""One browser tab's run: commands come in, one thread works them off, a picture goes out when asked for.

A picture is sent only when the browser has drawn the one before, so a slow browser slows the run down and
never has frames waiting for it; when the page is left, the thread ends and the markets are free.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from agents.cache import is_compiled
from model.errors import InputError, RunError
from view.commands import COMMANDS
from view.frames import Frame, make_frame
from view.setup import SPEEDS, Setup
from view.twins import Twins

COMPILING = "Compiling the rules, once: up to a minute ..."
PATIENCE = 0.4  # seconds between two looks at how far a jump has come
DRAWN_AT_LATEST = 20.0  # seconds after which a picture counts as lost, as when a connection broke


class Session:
    """A run and its state.

    Parameters
    ----------
    setup : Setup
    month : int
        To go to at once.
    publish : function of a Frame
        Called by the session's own thread.
    problems : list of str
        What could not be used of a link.
    start : function that starts a function in a thread of its own
    """

    def __init__(
        self,
        setup: Setup,
        month: int,
        publish: Callable[[Frame], None],
        problems: list[str],
        start: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self.setup, self.target, self.publish = setup, month, publish
        self.twins: Twins | None = None
        self.playing, self.closed, self.stuck, self.lived = False, False, False, False
        self.busy, self.trouble = "", "; ".join(problems)
        self.errors: dict[str, str] = {}
        self.sent, self.drawn = 0, 0
        self.download: dict[str, Any] | None = None
        self.waiting: deque[tuple[str, Any]] = deque()
        self.last = Frame()
        self.news = threading.Condition()
        self.pool = ThreadPoolExecutor(2)
        (start or _start_thread)(self.work)

    # ---- from the browser ----------------------------------------------------------------------

    def ask(self, command: str, data: Any = None) -> None:
        """Put a command in line; it is worked off by the session's thread."""
        with self.news:
            self.waiting.append((command, data))
            self.news.notify()

    @property
    def settled(self) -> bool:
        """Return whether nothing that was asked for is still to come."""
        there = self.twins is not None and self.twins.month == self.target
        return not self.waiting and not self.playing and (there or self.stuck)

    def note_drawn(self, number: int) -> None:
        """Take note that the browser has drawn a picture."""
        with self.news:
            self.drawn = max(self.drawn, int(number))
            self.news.notify()

    def close(self) -> None:
        """End the run and its thread."""
        with self.news:
            self.closed = True
            self.news.notify()

    # ---- the thread ----------------------------------------------------------------------------

    def work(self) -> None:
        """Work off commands and, while playing, months, until the page is left."""
        self._show("Getting ready ..." if is_compiled() else COMPILING)
        try:
            while not self.closed:
                self._turn()
        finally:
            self.pool.shutdown(wait=False, cancel_futures=True)
            self.twins = None

    def _turn(self) -> None:
        """Do the next thing there is to do, or wait for one."""
        try:
            if self.waiting:
                self._obey(*self.waiting.popleft())
            elif not self.stuck and (self.twins is None or self.twins.month != self.target):
                self._go()
            elif self.playing and self.twins is not None:
                self._play()
            else:
                with self.news:
                    self.news.wait_for(lambda: self.waiting or self.closed, timeout=60.0)
        except Exception as error:  # whatever the model does, the page must say so and stay alive
            self._fail(error)

    def _obey(self, command: str, data: Any) -> None:
        """Carry out a command; what is wrong with it is said beside its field and changes nothing."""
        field = data["field"] if isinstance(data, dict) and "field" in data else command
        self.stuck, self.trouble, self.download = False, "", None
        try:
            COMMANDS[command](self, data)
            self.errors.pop(field, None)
        except InputError as error:
            self.errors[field] = str(error)
        if not self.waiting and self.twins is not None and self.twins.month == self.target:
            self._show()

    def take_setup(self, setup: Setup, anew: bool = False) -> None:
        """Go on with another setup; begin again, and come back to this month, where it changes the run."""
        anew = anew or setup.run() != self.setup.run()
        self.setup = setup
        if self.twins is None:
            return
        if anew:
            self.twins = None
        else:
            self.twins.setup = setup
            self.twins.take_changes()

    def _go(self) -> None:
        """Go to the target month, back by beginning anew, until something else is asked for."""
        if self.twins is None or self.twins.month > self.target:
            self.twins = Twins(self.setup)
        told = time.monotonic()
        while self.twins.month < self.target and not self.waiting and not self.closed:
            self._step()
            if time.monotonic() - told > PATIENCE and self.drawn >= self.sent:
                self._show(f"Month {self.twins.month} of {self.target} ...")
                told = time.monotonic()
        if not self.waiting:
            self._show()

    def _step(self) -> None:
        """Live through a month; say so where the first one waits for the compiler."""
        assert self.twins is not None
        if not self.lived and not is_compiled():
            self._show(COMPILING)
        self.twins.step(self.pool)
        self.lived = True

    def _play(self) -> None:
        """Live through a month, show it, and keep the pace."""
        assert self.twins is not None
        begun = time.monotonic()
        self._step()
        self.target = self.twins.month
        self.playing = not self.twins.over
        self._show()
        pace = SPEEDS[self.setup.speed]
        until = begun + (1.0 / pace if pace else 0.0)
        with self.news:
            self.news.wait_for(
                lambda: self.waiting or self.closed or self.drawn >= self.sent, timeout=DRAWN_AT_LATEST
            )
            self.news.wait_for(
                lambda: self.waiting or self.closed, timeout=max(until - time.monotonic(), 0.0)
            )

    def _show(self, busy: str = "") -> None:
        """Send a picture of how things are."""
        if self.closed:
            return
        self.busy = busy
        self.sent += 1
        self.last = make_frame(self)
        self.publish(self.last)

    def _fail(self, error: Exception) -> None:
        """Stop and say what went wrong; the last picture stays, and the next command begins the run anew."""
        self.playing, self.stuck = False, True
        self.target = len(self.twins.history["b"]) - 1 if self.twins is not None else self.target
        self.twins = None  # one of the two may have failed in the middle of a month
        kind = "" if isinstance(error, InputError | RunError) else f"{type(error).__name__}: "
        self.trouble = f"The model stopped. {kind}{error}"
        self.sent += 1
        self.last = replace(
            self.last, number=self.sent, trouble=self.trouble, busy="", playing=False, settled=True
        )
        self.publish(self.last)


def _start_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()

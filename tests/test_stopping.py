"""A signal is obeyed even where Python drops the exception it raises."""

import os
import signal
import weakref

import pytest

from experiments.stopping import listening, obey


class Thing:
    pass


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("number", "expected"), [(signal.SIGTERM, SystemExit), (signal.SIGINT, KeyboardInterrupt)]
)
def test_a_lost_signal_is_found_again(number: int, expected: type[BaseException]) -> None:
    def callback(_: object) -> None:
        os.kill(os.getpid(), number)
        for _ in range(1000):  # the handler runs here, where exceptions are dropped
            pass

    with pytest.raises(expected) as stopped, listening():  # noqa: PT012
        thing = Thing()
        reference = weakref.ref(thing, callback)
        del thing
        assert reference() is None  # still running: the exception was lost
        obey()
        pytest.fail("the signal was forgotten")
    if expected is SystemExit:
        assert stopped.value.code == 143


def test_nothing_heard_nothing_obeyed() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with listening():
        obey()
    assert signal.getsignal(signal.SIGTERM) is before

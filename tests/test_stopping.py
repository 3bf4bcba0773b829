"""A signal is obeyed even where Python drops the exception it raises."""

import os
import signal
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import pytest

from experiments.stopping import listening, obey
from experiments.workers import open_pool, start_server


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


class StopError(Exception):
    pass


def test_a_pool_stopped_while_results_come_in_leaves_nothing_waiting() -> None:
    """Killed workers used to leave half a result in the pipe, and a thread that waited for the rest."""
    for _ in range(4):
        with pytest.raises(StopError), open_pool(2) as pool:  # noqa: PT012
            futures = [pool.submit(bytes, 30_000_000) for _ in range(12)]
            futures[0].result()
            raise StopError
        left = [t for t in threading.enumerate() if type(t).__name__ == "_ExecutorManagerThread"]
        assert not left


SERVER = """
from multiprocessing import forkserver
from experiments.workers import start_server

start_server()
print(open(f"/proc/{forkserver._forkserver._forkserver_pid}/status").read())
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here to look at processes with")
def test_the_workers_server_leaves_ctrl_c_to_us_from_its_first_moment() -> None:
    """Interrupted while it loads, it used to write a traceback of its own."""
    done = subprocess.run([sys.executable, "-c", SERVER], capture_output=True, text=True, check=True)
    ignored = dict(line.split(":\t", 1) for line in done.stdout.splitlines() if ":\t" in line)["SigIgn"]
    assert int(ignored, 16) >> (signal.SIGINT - 1) & 1


def test_starting_the_server_leaves_our_own_ctrl_c_as_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)
    start_server()
    assert signal.getsignal(signal.SIGINT) is before

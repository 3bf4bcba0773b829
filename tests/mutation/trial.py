"""Try one mutant: a child process puts it in place of the module and runs tests until one fails.

The parent has the libraries loaded and nothing of the project, so a child is ready in milliseconds.
Rules run as plain Python (`NUMBA_DISABLE_JIT`): compiling each mutant would take half a minute. No file
is changed: the child's import of one module finds the mutated source instead.
"""

import gc
import importlib
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any, NoReturn

import pytest

from tests.mutation.mutants import Mutant

# Without the compiler NumPy warns of the overflow that a generator of random numbers lives by.
OPTIONS = (
    "-x", "-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:unraisableexception",
    "-p", "no:threadexception", "--assert=plain", "--tb=no",
    "-W", "ignore:overflow encountered in scalar:RuntimeWarning",
)  # fmt: skip
SECONDS_A_TEST = 30  # of processor time; a loop that never ends is cut off here
MEMORY = 6 << 30
HEAVY = ("hypothesis", "mesa", "networkx", "numba", "numpy", "pandas", "pyarrow.parquet", "scipy.stats")


class Replaced(importlib.machinery.SourceFileLoader):
    """Load a module from another source than its file's."""

    def __init__(self, fullname: str, path: str, source: str) -> None:
        super().__init__(fullname, path)
        self.source = source

    def get_code(self, fullname: str) -> Any:
        """Return the compiled replacement."""
        return compile(self.source, self.path, "exec")


class Watch:
    """Note which test failed, and end the process at a test that never ends."""

    failed = ""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Start the clock of a test; when it rings, the process ends."""
        signal.setitimer(signal.ITIMER_PROF, SECONDS_A_TEST)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note a test that failed."""
        if report.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: Any) -> None:
        """Note a file of tests that could not be loaded."""
        if report.failed:
            self.failed = f"loading {report.nodeid}"


def load_libraries() -> None:
    """Load what every child needs and no mutant touches, and have what children load kept compiled."""
    assert os.environ.get("NUMBA_DISABLE_JIT") == "1", "set NUMBA_DISABLE_JIT=1 before Python starts"
    assert not any(name.split(".")[0] in ("agents", "model") for name in sys.modules)
    for name in HEAVY:
        importlib.import_module(name)
    from hypothesis import Phase, settings

    # The same examples for every mutant, none made smaller, and no limit of time that a busy machine
    # would break.
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutation", derandomize=True, deadline=None, database=None, phases=phases)
    settings.load_profile("mutation")
    sys.dont_write_bytecode, sys.pycache_prefix = False, tempfile.mkdtemp(prefix="mutation-")
    gc.freeze()  # children need not look through what the parent has loaded
    gc.disable()


def try_mutant(mutant: Mutant | None, stages: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return what became of a mutant: `killed` (and by which test), `timeout`, `survived` or `invalid`.

    None stands for no mutant: the rules as they are, which every test must pass.
    """
    source = None
    if mutant is not None:
        source = mutant.source()
        try:
            compile(source, mutant.path, "exec")
        except SyntaxError:
            return {"outcome": "invalid", "by": "not Python", "seconds": 0.0}
    began = time.perf_counter()
    found = {"outcome": "survived", "by": ""}
    for tests in stages:
        found = _in_child(mutant, source, tests)
        if found["outcome"] != "survived":
            break
    return found | {"seconds": round(time.perf_counter() - began, 2)}


def _in_child(mutant: Mutant | None, source: str | None, tests: Sequence[str]) -> dict[str, Any]:
    """Run tests in a child process and return what it reports."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _live_as_child(mutant, source, tests, writer)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        ended = os.WTERMSIG(status)
        outcome = "timeout" if ended == signal.SIGPROF else "killed"
        return {"outcome": outcome, "by": signal.Signals(ended).name}
    return json.loads(said)


def _live_as_child(mutant: Mutant | None, source: str | None, tests: Sequence[str], writer: int) -> NoReturn:
    """Run the tests on the mutant, say how it went, and end."""
    said = {"outcome": "killed", "by": "loading"}
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        signal.setitimer(signal.ITIMER_PROF, SECONDS_A_TEST)
        if mutant is not None and source is not None:
            _put_in_place(f"agents.{mutant.module}", str(mutant.path), source)
        importlib.import_module("model.market")
        watch = Watch()
        status = pytest.main([*OPTIONS, *tests], plugins=[watch])
        said = {"outcome": "killed" if status else "survived", "by": watch.failed}
        if status not in (0, 1, 2):
            said = {"outcome": "error", "by": f"pytest ended with {status!r}"}
    finally:
        os.write(writer, json.dumps(said).encode())
        os._exit(0)


def _put_in_place(name: str, path: str, source: str) -> None:
    """Let the import of a module find another source."""

    class Finder:
        @staticmethod
        def find_spec(fullname: str, *_: Any) -> Any:
            if fullname != name:
                return None
            return importlib.util.spec_from_file_location(name, path, loader=Replaced(name, path, source))

    sys.meta_path.insert(0, Finder)  # type: ignore[arg-type]

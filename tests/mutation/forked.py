"""Run tests in several copies of the packages, each in a forked child of one process with libraries loaded.

    echo '[["/tmp/copy", ["tests/test_choice.py"]]]' | NUMBA_DISABLE_JIT=1 python tests/mutation/forked.py

Prints a list with pytest's exit status and what it printed, for each copy.
"""

import importlib
import json
import os
import sys
import tempfile
from typing import NoReturn

import pytest

LIBRARIES = ("hypothesis", "mesa", "networkx", "numba", "numpy", "pandas", "pyarrow.parquet", "scipy.stats")
OPTIONS = (
    "-x", "-p", "no:cacheprovider", "-p", "no:faulthandler", "--assert=plain",
    # Without the compiler NumPy warns of the overflow that a generator of random numbers lives by.
    "-W", "ignore:overflow encountered in scalar:RuntimeWarning",
)  # fmt: skip


def main() -> None:
    """Read what to run where, and print what came of it."""
    for name in LIBRARIES:
        importlib.import_module(name)
    assert not any(name.split(".")[0] in ("agents", "model", "tests") for name in sys.modules)
    print(json.dumps([in_copy(folder, tests) for folder, tests in json.load(sys.stdin)]))


def in_copy(folder: str, tests: list[str]) -> tuple[int, str]:
    """Return the exit status of pytest in a copy, and what it printed."""
    with tempfile.TemporaryFile("w+") as said:
        child = os.fork()
        if child == 0:
            _live_as_child(folder, tests, said.fileno())
        _, status = os.waitpid(child, 0)
        said.seek(0)
        return os.waitstatus_to_exitcode(status), said.read()


def _live_as_child(folder: str, tests: list[str], said: int) -> NoReturn:
    status = 70
    try:
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.chdir(folder)
        sys.path.insert(0, folder)
        status = int(pytest.main([*OPTIONS, *tests]))
        sys.stdout.flush()
        agents = importlib.import_module("agents").__file__ or ""
        status = status if agents.startswith(folder) else 71  # the copy, and nothing but the copy
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()

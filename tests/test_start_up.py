"""Nothing is loaded, and nothing compiled, that a first month does not need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents import cache
from experiments.cli import main

CHECKOUT = Path(__file__).resolve().parents[1]

# Drawing, writing, sweeps, statistics: all of it comes after a first month, or in other commands.
UNNEEDED = (
    "matplotlib",
    "PIL",
    "jinja2",
    "pyarrow.parquet",
    "SALib",
    "solara",
    "dask",
    "distributed",
    "mpi4py",
    "scipy.optimize",
    "scipy.stats",
)
HEAVY = ("numba", "mesa", "scipy.spatial", "networkx")  # what only those who run a market need

FIRST_MONTH = """
import os, sys
from experiments import cli, preloading
from model.market import MobileMarket

step = MobileMarket.step
def stop(market):
    step(market)
    assert market.month == 1
    print(*sys.modules)
    sys.stdout.flush()
    os._exit(0)

MobileMarket.step = stop
cli.main(["compare", "--workers", "1", "--consumers", "1000", "--out", sys.argv[1]])
"""
BEFORE_WORKERS = """
import os, sys
from experiments import cli, workers

def stop(*_):
    print(*sys.modules)
    sys.stdout.flush()
    os._exit(0)

workers._await_server = stop
cli.main(["compare", "--workers", "2", "--consumers", "1000", "--out", sys.argv[1]])
"""
COMMAND = (
    "import sys; from experiments.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
)
COLD = """
import sys
from numba.core import event

with event.install_recorder("numba:compile") as seen:
    from model.market import MobileMarket

    MobileMarket("open", 310, months=2, rng=1).run()
made = [e.data["dispatcher"].py_func.__module__ for _, e in seen.buffer if e.is_start]
print(*made)
"""


def python(program: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh process and return what it said."""
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=CHECKOUT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )


def loaded(modules: str, names: tuple[str, ...]) -> set[str]:
    return set(names) & set(modules.split())


@pytest.mark.slow
def test_first_month_of_compare_loads_nothing_it_does_not_need(tmp_path: Path) -> None:
    modules = python(FIRST_MONTH, str(tmp_path / "out")).stdout
    assert loaded(modules, UNNEEDED) == set()
    assert loaded(modules, HEAVY) == set(HEAVY)  # the names are right: the market is there


def test_whoever_only_hands_out_work_does_not_load_the_model(tmp_path: Path) -> None:
    modules = python(BEFORE_WORKERS, str(tmp_path / "out")).stdout
    assert loaded(modules, (*UNNEEDED, *HEAVY, "model.market")) == set()
    assert loaded(modules, ("experiments.runner",))


@pytest.mark.parametrize("command", ["--help", "scenarios", "parameters"])
def test_lists_load_neither_pandas_nor_the_compiler(command: str) -> None:
    modules = python(COMMAND, command).stderr
    assert loaded(modules, (*UNNEEDED, *HEAVY, "pandas", "pyarrow", "numba")) == set()
    assert loaded(modules, ("experiments.cli",))


def test_a_part_is_compiled_once_it_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not cache.is_compiled("observed")
    cache.note_compiled("observed")
    assert cache.is_compiled("observed")
    assert not cache.is_compiled("bertrand")
    assert cache.cache_folder().parent == tmp_path
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "other"))
    assert not cache.is_compiled("observed")


@pytest.mark.parametrize(
    ("file", "anew"),
    [("agents/choice.py", True), ("model/tables.py", True), ("model/words.py", False), ("other.py", False)],
)
def test_an_edited_rule_is_compiled_anew(file: str, anew: bool, tmp_path: Path) -> None:
    """Wherever it stands, since loops of other files are made of it; other code may change as it likes."""
    for name in ("agents/choice.py", "model/tables.py", "model/words.py", "other.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("from agents.compiling import rule\n" if "tables" in name else "x = 1\n")
    before = cache.sources_digest(tmp_path)
    assert before == cache.sources_digest(tmp_path)
    with (tmp_path / file).open("a") as changed:
        changed.write("y = 2\n")
    assert (cache.sources_digest(tmp_path) != before) is anew


def test_nothing_waits_for_a_compiler_that_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert cache.is_compiled("observed")
    cache.note_compiled("observed")
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "0")
    assert not cache.is_compiled("observed")


def test_compile_says_where_the_rules_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile"]) == 0
    assert str(cache.cache_folder()) in capsys.readouterr().out
    assert cache.is_compiled("observed")
    assert cache.is_compiled("bertrand")


@pytest.mark.slow
def test_of_two_that_start_cold_one_compiles_and_the_other_waits(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0"}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", COLD],
            cwd=CHECKOUT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    made = sorted((out.split() for out, _ in said), key=len)
    ours = [[name for name in names if name.split(".")[0] in ("agents", "model")] for names in made]
    assert ours[0] == []  # all of it was found compiled
    assert "agents.rounds" in ours[1]
    # Every function with every type once; text, which rules have no use for, would be a third of the time.
    assert "numba.cpython.unicode" not in made[1]
    told = sorted(error for _, error in said)
    assert told == [
        "Another process is compiling the rules: waiting for it.\n",
        "Compiling the rules: about 15 s, on first use only.\n",
    ]
    third = python(COLD, NUMBA_CACHE_DIR=str(tmp_path), NUMBA_DISABLE_JIT="0")
    assert third.stderr == ""
    assert third.stdout.split() == []

"""Designs: what can be said, and every mistake as one line with what is allowed."""

import tomllib
from pathlib import Path

import pytest

from experiments import cli
from experiments.outcomes import MEASURES
from experiments.sweeps import design as design_module
from experiments.sweeps.design import Design, Kept, Sampling, Until
from experiments.sweeps.factors import Factor
from experiments.sweeps.layout import SERIES, layout, months_kept
from experiments.sweeps.plan import Plan
from experiments.sweeps.reading import read_design
from model.errors import InputError
from model.scenarios import load_scenario

GRID = "[factors]\nlock_in = [0, 1]\n"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def example() -> str:
    """Return the file that the module's docstring shows."""
    lines = str(design_module.__doc__).splitlines()[2:]
    return "\n".join(line.removeprefix("    ") for line in lines)


def test_the_documented_example_is_what_python_says(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text(example())
    assert read_design(tmp_path / "d.toml") == Design(
        title="Does lock-in decide whether opening pays?",
        scenarios=("closed", "open"),
        factors=(
            Factor("lock_in", low=0, high=2),
            Factor("price_sensitivity", low=0.005, high=0.05, scale="log"),
        ),
        sampling=Sampling("latin_hypercube", points=50),
        consumers=5000,
        months=60,
        replications=10,
        seed=1,
        pricing="observed",
        time_limit=600,
        parameters={"service_fee": 0.02},
        measures=Kept(("profit_discounted", "share_3g"), ("operators.lines_3g", "market.hhi"), every=12),
        until=Until(2e8, "profit_discounted", "china_mobile"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("factors = 3", "allowed: a table, [factors]"),
        ("[factor]\nlock_in = [0]", "unknown entry 'factor': did you mean 'factors'?"),
        ("[factors]\nlock_inn = [0, 1]", "unknown factor 'lock_inn': did you mean 'lock_in'?"),
        ("[factors]\nlock_in = [0, 99]", "lock_in = 99 is out of bounds; allowed: 0 to 10"),
        ("[factors]\nlock_in = ['much']", "factors.lock_in = 'much': allowed: finite numbers"),
        ("[factors]\nlock_in = [nan]", "allowed: finite numbers"),
        ("[factors]\nlock_in = [1, 1.0]", "a level is given twice"),
        ("[factors]\nlock_in = 1", "allowed: levels such as [0, 1, 2], or a range"),
        ("[factors]\nlock_in = []", "allowed: levels such as"),
        ("[factors]\nlock_in = { low = 0, high = 1 }", "a range in a grid needs steps"),
        ("[factors]\nlock_in = { low = 0, steps = 3 }", "high is missing"),
        ("[factors]\nconsumers = { low = 310, high = 312, steps = 6 }", "of 6 steps only 3 differ"),
        ("[factors]\nlock_in = { low = 2, high = 1, steps = 3 }", "allowed: low below high"),
        ("[factors]\nlock_in = { low = 0, hihg = 1 }", "did you mean 'high'?"),
        ("[factors]\nlock_in = { low = 0, high = 1, steps = 3, scale = 'log' }", "has no logarithm"),
        ("[factors]\nlock_in = { low = 'a', high = 1, steps = 3 }", "factors.lock_in = 'a': allowed"),
        ("[factors]\nlock_in = { low = 0, high = 1, steps = 3, scale = 'logg' }", "did you mean 'log'?"),
        ("[factors]\nconsumers = [100]", "consumers = 100: allowed: a whole number from 310"),
        ("[factors]\nconsumers = [500.5]", "factors.consumers = 500.5: allowed: whole numbers"),
        ("[factors]\ndeal_months = [6.5]", "must be whole months"),
        ("[factors]\npricing = ['bertrnd']", "did you mean 'bertrand'?"),
        ("[factors]\npricing = { low = 0, high = 1 }", "needs levels here"),
        ("[sampling]\nmethod = 'gird'", "did you mean 'grid'?"),
        ("[sampling]\nmethod = 'latin_hypercube'\n" + GRID, "sampling.points is missing"),
        ("[sampling]\nmethod = 'grid'\npoints = 3\n" + GRID, "grid takes no points; allowed: method"),
        ("[sampling]\nmethod = 'sobol'\npoints = 5\n" + GRID, "allowed: 4 or 8, say"),
        ("[sampling]\nmethod = 'sobol'\npoints = -4\n" + GRID, "allowed: a whole number from 1"),
        ("[sampling]\nmethod = 'sobol'\npoints = 8", "sobol needs at least one"),
        ("[sampling]\nmethod = 'morris'\ntrajectories = 4\n" + GRID, "morris needs a range"),
        ("[sampling]\nmethod = 'morris'\ntrajectories = 4\nlevels = 5\n" + GRID, "allowed: an even number"),
        ("[sampling]\nmethod = 'list'\n[factors]\nlock_in = [0, 1]\nera = [1]", "as many levels of each"),
        ("[measures]\noutcomes = ['profits']", "did you mean 'profit'?"),
        ("[measures]\nseries = ['operators.line']", "did you mean 'operators.lines'?"),
        ("[measures]\nseries = 'market.hhi'", "allowed: names in a list"),
        ("[measures]\nevery = 'week'", "measures.every = 'week': allowed: months, 1 to 240, or \"end\""),
        ("[measures]\nevery = 0", "measures.every = 0"),
        ("[measures]\noutcomes = []", "nothing would be kept"),
        ("[measures]\noutcomes = ['profit', 'profit']", "named twice"),
        ("[parameters]\nlock_in = 0\n" + GRID, "both a factor and a fixed parameter"),
        ("[parameters]\nlock_inn = 0", "did you mean 'lock_in'?"),
        ("pricing = 'observed'\n[factors]\npricing = ['bertrand']", "both a factor and fixed"),
        ("scenarios = ['closd']", "did you mean 'closed'?"),
        ("scenarios = ['open', 'open']", "two of one name"),
        ("scenarios = []", "none is named"),
        ("scenarios = ['mine.toml']", "mine.toml: cannot be read"),
        ("consumers = 100", "consumers = 100: allowed: a whole number from 310"),
        ("consumers = 1e4", "consumers = 10000.0: allowed: a whole number"),
        ("months = 241", "from 1 to 240"),
        ("replications = 0", "replications = 0: allowed: a whole number from 1"),
        ("replications = true", "replications = True: allowed: a whole number"),
        ("seed = -1", "seed = -1"),
        ("time_limit = 0", "time_limit = 0: allowed: seconds above 0"),
        ("time_limit = '5 min'", "allowed: seconds above 0"),
        ("title = 3", "title = 3: allowed: text"),
        ("replications = 100000\n[factors]\nlock_in = { low = 0, high = 1, steps = 1000000 }", "100,000,000"),
        ("no toml", "not valid TOML"),
    ],
)
def test_mistakes_are_one_line(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d.toml").write_text(text)
    assert cli.main(["sweep", "d.toml", "--out", "x"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("walled-garden: design d.toml: ") or "100,000,000" in printed.err
    assert printed.err.count("\n") == 1
    assert said in printed.err
    assert "allowed" in printed.err or said in (
        "not valid TOML",
        "mine.toml: cannot be read",
        "must be whole months",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["d.toml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.toml"], "nowhere.toml: cannot be read"),
        (["d.toml", "--time-limit", "-1"], "time_limit = -1.0: allowed"),
        (["d.toml", "--time-limit", "nan"], "allowed: seconds above 0"),
        (["d.toml", "--workers", "0"], "workers = 0"),
        (["d.toml", "--out", "d.toml"], "is a file"),
        (["d.toml", "--out", "d.toml/x"], "is a file"),
        (["d.toml", "--out", "."], "is not empty and holds no sweep"),
        (["d.toml", "--out", "/proc/x"], "cannot write results to '/proc/x'"),
        (["d.toml", "--out", "x" * 300], "File name too long"),
        (["d.toml", "--out", "x", "--retry-failed"], "holds no sweep"),
    ],
)
def test_mistakes_on_the_command_line(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d.toml").write_text(GRID)
    assert cli.main(["sweep", *arguments]) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["d.toml"]


def test_python_says_the_same_of_a_mistake() -> None:
    with pytest.raises(InputError, match="did you mean 'lock_in'"):
        Plan(Design(factors=(Factor("lock_inn", levels=(0, 1)),)))


def test_a_scenario_file_is_found_beside_its_design(tmp_path: Path) -> None:
    folder = tmp_path / "designs"
    folder.mkdir()
    stances = "\n".join(f'{name} = "open"' for name in load_scenario("open").stances)
    (folder / "mine.toml").write_text(f'title = "mine"\n[stances]\n{stances}\n')
    (folder / "d.toml").write_text('scenarios = ["mine.toml", "closed"]\n')
    plan = Plan(read_design(folder / "d.toml"))
    assert plan.design.labels == ("mine", "closed")
    assert plan.task(0).scenario.title == "mine"


def test_series_are_all_there_are_and_tell_from_outcomes() -> None:
    assert len(SERIES) == len(set(SERIES)) == 13 + 6 + 7
    assert not set(SERIES) & set(MEASURES)
    assert tomllib.loads(example())["measures"]["series"][0] in SERIES


def test_months_kept() -> None:
    assert months_kept(1, 3) == (1, 2, 3)
    assert months_kept(12, 30) == (12, 24, 30)
    assert months_kept(0, 30) == (30,)
    places = layout(Kept(("share",), ("market.hhi",), every=6), 12)
    assert [place.month for place in places] == [12, 12, 12, 6, 12]
    assert places[-1] == ("market.hhi", "market", 12)

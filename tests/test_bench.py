"""The command `python -m bench`: what it says, where it writes, and what it refuses."""

import re
from pathlib import Path

import pytest

from bench import page
from bench.__main__ import main
from bench.one_run import Run, Timing, measure, measure_apart
from bench.options import PARTS, Options, longest_market
from bench.turns import Clock, in_turns, ratios, rows, spread, verdict
from model.errors import InputError, RunError

TIMING = Timing(setup=1.0, living=9.0, setup_cpu=2.0, living_cpu=3.0, lines=70, memory=500, memory_before=400)
SLOWER = Timing(
    setup=2.0, living=28.0, setup_cpu=5.0, living_cpu=5.0, lines=70, memory=500, memory_before=400
)


@pytest.fixture
def empty_page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    places = ["\n".join([f"## {part}", *page.marks(part)]) for part in PARTS]
    path.write_text("\n\n".join(["# Mine", *places, "The end.\n"]), encoding="utf-8")
    return path


def part_of(path: Path, part: str) -> str:
    text = path.read_text(encoding="utf-8")
    begin, end = page.marks(part)
    return text[text.index(begin) + len(begin) : text.index(end)].strip()


def test_the_real_page_has_a_place_for_each_part() -> None:
    page.check(page.PAGE, PARTS)


def test_a_part_is_written_in_its_place_and_again_in_its_place(empty_page: Path) -> None:
    before = empty_page.read_text(encoding="utf-8")
    page.write(empty_page, "sizes", ["first"])
    page.write(empty_page, "months", ["other"])
    page.write(empty_page, "sizes", ["second", "line"])
    assert part_of(empty_page, "sizes") == "second\nline"
    assert part_of(empty_page, "months") == "other"
    after = empty_page.read_text(encoding="utf-8")
    for written in ("\nsecond\nline\n\n", "\nother\n\n"):
        after = after.replace(written, "")
    assert after == before
    assert [p.name for p in empty_page.parent.iterdir()] == ["page.md"]


@pytest.mark.parametrize("break_it", [lambda t, m: t.replace(m[0], ""), lambda t, m: t + m[1]])
def test_a_page_without_one_place_is_refused(empty_page: Path, break_it) -> None:  # type: ignore[no-untyped-def]
    text = break_it(empty_page.read_text(encoding="utf-8"), page.marks("memory"))
    empty_page.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"page\.md has no one place for memory; allowed: between"):
        page.write(empty_page, "memory", ["nothing"])
    assert empty_page.read_text(encoding="utf-8") == text


def test_ratios_are_taken_within_a_turn_as_far_as_both_have_run() -> None:
    assert ratios([SLOWER, TIMING], [TIMING, TIMING, SLOWER]) == [3.0, 1.0]
    assert ratios([SLOWER], [TIMING], cpu=True) == [2.0]


def test_words() -> None:
    assert spread([3.0, 1.0, 2.0], ".1f") == "2.0 (1.0 to 3.0)"
    assert spread([3.0], ".1f") == "3.0"
    assert rows([["", "a"], ["b", "1"]]) == ["|  | a |", "|---|--:|", "| b | 1 |"]
    assert verdict("Twice", 2.0, 2.0) == "- Twice: 2.0, so reached."
    assert verdict("Twice", 1.9, 2.0) == "- Twice: 1.9, so **not reached**."
    assert verdict("Bytes", 4.1, 4.0, most=True) == "- Bytes: 4.1, so **not reached**."


def test_a_run_says_what_it_took() -> None:
    taken = measure(Run("columns", 2_000, 3))
    assert 0 < taken.setup < taken.total
    assert taken.total == pytest.approx(taken.setup + taken.living)
    assert taken.memory >= taken.memory_before > 10e6
    assert 0.8 * 6_000 <= taken.lines <= 6_000


def test_runs_take_turns_and_stop_when_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr("bench.turns.measure_apart", lambda run: made.append(run.contender) or TIMING)
    runs = {"a": Run("columns", 310, 1), "b": Run("c", 310, 1)}
    told: list[str] = []
    found = in_turns(runs, {"a": 3, "b": 1}, Clock(tell=told.append))
    assert made == ["columns", "c", "columns", "columns"]
    assert {name: len(timings) for name, timings in found.items()} == {"a": 3, "b": 1}
    made.clear()
    found = in_turns(runs, {"a": 3, "b": 3}, Clock(minutes=-1.0, tell=told.append))
    assert made == ["columns", "c"]
    assert told[-1] == "time is up: 1 of 3 turns were made"


def test_who_fails_is_noted_and_takes_no_further_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def one(run: Run) -> Timing:
        made.append(run.contender)
        if run.contender == "c":
            raise RunError("no memory left")
        return TIMING

    monkeypatch.setattr("bench.turns.measure_apart", one)
    clock = Clock(tell=lambda line: None)
    runs = {"a": Run("columns", 310, 1), "b": Run("c", 310, 1)}
    assert in_turns(runs, {"a": 2, "b": 2}, clock) == {"a": [TIMING, TIMING]}
    assert clock.failed == {"b": "no memory left"}
    assert made == ["columns", "c", "columns"]
    with pytest.raises(RunError, match="no memory left"):
        in_turns({"b": runs["b"]}, {"b": 1}, Clock(tell=lambda line: None))


def test_a_run_that_fails_says_so_in_one_line() -> None:
    with pytest.raises(RunError, match=r"columns, 1 thread, 9 consumers, 1 months: consumers = 9; allowed"):
        measure_apart(Run("columns", 9, 1))


def test_months_vary_as_far_as_the_market_goes_on() -> None:
    assert longest_market() >= 60
    assert longest_market() in Options.months_varied


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--part", "size"], "unknown part 'size': did you mean 'sizes'? allowed: contenders, sizes, "),
        (["--contender", "nump"], "unknown contender 'nump': did you mean 'numpy'? allowed: columns, "),
        (["--consumers", "9"], "consumers = 9; allowed: a whole number 310 to 2000000000"),
        (["--months", "100000"], "months = 100000; allowed: a whole number 1 to "),
        (["--repeats", "0"], "repeats = 0; allowed: a whole number 1 to 1000"),
        (["--slow-repeats", "0"], "slow-repeats = 0; allowed: a whole number 1 to 1000"),
        (["--largest", "1000"], "largest = 1000; allowed: 16000000 or more"),
        (["--minutes", "0"], "minutes = 0.0; allowed: more than 0"),
        (["--scenario", "opne"], "unknown scenario 'opne': did you mean 'open'? allowed: "),
        (
            ["--out", "no-such-page.md"],
            "no page no-such-page.md; allowed: one with the marks of performance.md",
        ),
        (["--fast"], "No such option"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], complaint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(f"bench: {complaint}")
    assert err.count("\n") == 1


@pytest.mark.slow
def test_everything_once_and_small(empty_page: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--out", str(empty_page)]) == 0
    out, err = capfd.readouterr()
    assert err.startswith("This may take some ")
    for part in PARTS:
        assert part_of(empty_page, part) in out
        assert re.search(r"\d{4}; .*Python 3\..*mesa 3\..*Load when it began", part_of(empty_page, part))
    table = [line for line in part_of(empty_page, "contenders").splitlines() if line.startswith("| ")]
    measured = [line.split(" | ")[0] for line in table[1:]]
    absent = re.findall(r"^- Not measured: (.*);", part_of(empty_page, "contenders"), re.MULTILINE)
    assert len(measured) + len(absent) == 8
    assert "| 2,000 | 1 |" in part_of(empty_page, "sizes")
    assert "| 2 threads | 1 |" in part_of(empty_page, "threads")
    assert "| 3 | 1 |" in part_of(empty_page, "months")
    assert "Bytes a consumer" in part_of(empty_page, "memory")

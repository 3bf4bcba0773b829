"""The page stands alone, says what was found, and cannot be broken by what it is told."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from experiments.figures import draw_all
from experiments.report import write_page
from experiments.wording import format_change
from tests.small_comparison import small_result

FETCHING = ("src", "href", "srcset", "data", "action", "poster")


class Reader(HTMLParser):
    """Collects the text, the tags, and every attribute that makes a browser fetch something."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in FETCHING]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def result():
    return small_result()


@pytest.fixture(scope="module")
def drawings(result, tmp_path_factory):
    return draw_all(result, tmp_path_factory.mktemp("figures"))


@pytest.fixture(scope="module")
def page(result, drawings, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("page") / "index.html"
    write_page(result, drawings, path)
    return path.read_text(encoding="utf-8")


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.text = re.sub(r"\s+", " ", reader.text)
    return reader


def test_nothing_is_fetched_from_anywhere(page) -> None:
    reader = read(page)
    assert reader.fetched
    assert all(value.startswith("data:") for value in reader.fetched)
    assert not {"script", "iframe", "object"} & set(reader.tags)
    assert "default-src 'none'" in page
    assert not re.search(r"url\(|@import|https?://", page)


def test_every_answer_caveat_and_caption_is_there(result, drawings, page) -> None:
    text = read(page).text
    for sentence in (*result.answers, *result.caveats, *(d.caption for d in drawings)):
        assert sentence in text


def test_markup_in_what_it_is_told_stays_text(result, drawings, tmp_path) -> None:
    bad = "<script>alert('x')</script> & \"quotes\""
    told = replace(result, answers=(bad,), caveats=(bad,), scenarios={"closed": bad})
    write_page(told, [d._replace(caption=bad, title=bad) for d in drawings], tmp_path / "p.html")
    written = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "script" not in read(written).tags
    assert read(written).text.count("<script>alert('x')</script>") >= 5


def test_the_table_has_every_difference_in_human_units(result, page) -> None:
    text = read(page).text
    for row in result.tables["differences"].itertuples():
        change, interval = format_change(row.mean, row.low, row.high, row.unit)
        assert f"{change}{interval}" in text.replace("> <", "")


def test_each_figure_is_shown_once(drawings, page) -> None:
    assert read(page).tags.count("img") == len(drawings)
    assert read(page).tags.count("figure") == len(drawings)


def test_the_command_reproduces_the_settings(page) -> None:
    text = read(page).text
    assert "uv run walled-garden compare" in text
    assert "--seed 7" in text
    assert "--consumers 1000" in text


def test_the_same_result_gives_the_same_page(result, drawings, page, tmp_path) -> None:
    write_page(result, drawings, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page

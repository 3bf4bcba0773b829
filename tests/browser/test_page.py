"""The page in a real browser: what a person can do, and what must come of it."""

import contextlib
import io
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from json import loads
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from view.form import MAIN
from view.setup import SPEEDS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SMALL = "consumers=2000"
ROOT = Path(__file__).parents[2]


def test_it_loads_and_says_what_to_do(visit: Any, screenshots: Path) -> None:
    tab = visit()
    page = tab.go("")  # the size a visitor gets
    assert page.title() == "Walled Garden"
    assert "Press play" in page.inner_text(".wg-lead")
    assert page.locator("svg.map").count() == 3
    assert page.locator("svg.map >> nth=0").locator("[data-province]").count() == 31
    assert tab.date() == "December 2008"
    page.screenshot(path=screenshots / "start.png")


def test_run_buttons_do_what_they_say(visit: Any) -> None:
    tab = visit()
    page = tab.go(SMALL)
    page.click("text=Step")
    tab.settle()
    assert tab.date() == "January 2009"
    page.fill("[aria-label='Jump to month']", "30")
    page.keyboard.press("Enter")
    tab.settle()
    assert tab.date() == "June 2011"
    before = tab.seen()
    page.fill("[aria-label='Jump to month']", "12")
    page.keyboard.press("Enter")
    tab.settle()
    assert tab.date() == "December 2009"
    page.fill("[aria-label='Jump to month']", "30")
    page.keyboard.press("Enter")
    tab.settle()
    assert tab.seen() == before  # the same month of the same run, whichever way one comes to it
    page.click("text=Play")
    page.wait_for_function("document.querySelector('.wg-date').textContent > 'J' && "
                           "document.querySelector('.wg-date').textContent != 'June 2011'")  # fmt: skip
    page.click("text=Pause")
    tab.settle()
    paused = tab.date()
    page.wait_for_timeout(600)
    assert tab.date() == paused != "June 2011"
    page.click("text=Reset")
    tab.settle()
    assert tab.date() == "December 2008"


def test_play_keeps_its_pace_and_ends(visit: Any) -> None:
    tab = visit()
    page = tab.go(f"{SMALL}&month=54&speed=5")
    begun = time.monotonic()
    page.click("text=Play")
    page.wait_for_function("document.querySelector('.wg-date').textContent == 'December 2013'")
    assert time.monotonic() - begun > 5 * 0.2  # six months at five a second: five waits
    tab.settle()
    assert page.locator("text=Play").is_visible()
    assert page.locator("button:has-text('Step')").is_disabled()
    for speed in SPEEDS:
        page.select_option("[aria-label^='Speed']", speed)
        tab.settle()
        assert ("speed=" + speed in tab.query()) == (speed != "5")


def test_every_choice_of_the_form_changes_what_is_seen(visit: Any) -> None:
    tab = visit()
    page = tab.go(f"{SMALL}&month=14")
    seen = {tab.seen()}

    def changed(words: str) -> None:
        tab.settle()
        now = tab.seen()
        assert now not in seen, words
        seen.add(now)

    for measure in ("mobile_3g", "leader", "mobile_all", "alipay", "partnerships", "profit"):
        page.select_option("[aria-label='Maps show']", measure)
        changed(measure)
    page.click("[aria-label='Charts show'] >> text=B less A")
    changed("difference")
    for w, scenario in (("A", "history"), ("B", "incumbent_open"), ("B", "two_g")):
        page.select_option(f"[aria-label='World {w}']", scenario)
        changed(scenario)
    page.click("text=Set operators' stances by hand >> nth=0")
    page.select_option("[aria-label='China Unicom in world A']", "open")
    changed("stance")
    page.click("text=Luck, size and parameters")
    page.fill("label:has-text('Seed') input", "9")
    page.keyboard.press("Enter")
    changed("seed")
    page.fill("label:has-text('Consumers') input", "3000")
    page.keyboard.press("Enter")
    changed("consumers")


@pytest.mark.parametrize("group", MAIN)
def test_every_main_parameter_changes_what_is_seen(visit: Any, group: str) -> None:
    """Away from its default to the far end of what is plausible, and back."""
    tab = visit()
    page = tab.go(f"{SMALL}&month=16")  # deals have been renewed once
    page.click("text=Luck, size and parameters")
    first = tab.seen()
    for name in MAIN[group]:
        row = page.locator(f".wg-field:has(#p-{name})")
        low, high = (float(row.locator("input[type=range]").get_attribute(end)) for end in ("min", "max"))
        value = float(row.locator(f"#p-{name}").input_value())
        row.locator(f"#p-{name}").fill(str(high if value - low < high - value else low))
        page.keyboard.press("Enter")
        tab.settle()
        assert tab.seen() != first, name
        row.locator(".wg-undo").click()
        tab.wait_for(first)


def test_the_same_settings_make_the_same_world(visit: Any) -> None:
    tab = visit()
    page = tab.go(f"{SMALL}&a=open&b=open&month=20")
    assert "the same to the last line" in page.inner_text(".wg-lead")
    assert all(a == b and difference == "0" for a, b, difference in tab.chain().values())
    maps = page.evaluate("[...document.querySelectorAll('svg.map')].map(m => m.innerHTML)")
    assert maps[0] == maps[1]
    tiles = page.evaluate(
        "[...document.querySelectorAll('figure:nth-child(3) .tile')].map(t => t.textContent)"
    )
    assert len(tiles) == 31
    assert all(words.endswith("0") for words in tiles)


def test_zhejiang_opens_and_its_branch_opens_too(visit: Any, screenshots: Path) -> None:
    """In two closed worlds one branch is opened in one of them: they part, there and then."""
    tab = visit()
    page = tab.go("consumers=20000&a=closed&b=closed&month=12")
    page.click("svg.map >> nth=1 >> [data-province=Zhejiang]")
    tab.settle()
    assert page.inner_text(".wg-province h2") == "Zhejiang"
    page.click("[aria-label='China Mobile in Zhejiang, world B'] >> text=open")
    tab.settle()
    assert "January 2010: China Mobile in Zhejiang open by hand in world B" in page.inner_text(".wg-changes")
    assert tab.chain()["Branches with a partner"] == ["0", "0", "0"]
    page.click("text=Step")
    tab.settle()
    assert tab.chain()["Branches with a partner"] == ["0", "1", "+1"]
    assert "Alipay" in page.inner_text(".wg-branches tbody tr:nth-child(2)")
    assert "Alipay" not in page.inner_text(".wg-branches tbody tr:nth-child(1)")
    page.fill("[aria-label='Jump to month']", "40")
    page.keyboard.press("Enter")
    tab.settle()
    differ = page.evaluate(
        "[...document.querySelectorAll('figure:nth-child(3) .tile')]"
        ".filter(tile => !/[a-z]0$/.test(tile.textContent)).map(tile => tile.dataset.province)"
    )
    assert "Zhejiang" in differ
    page.screenshot(path=screenshots / "zhejiang.png", full_page=True)
    page.click("[aria-label^='Take back']")
    tab.settle()
    assert "the same to the last line" in page.inner_text(".wg-lead")


def test_a_branch_changes_while_it_plays(visit: Any) -> None:
    tab = visit()
    page = tab.go(f"{SMALL}&a=closed&b=closed&month=10&province=Zhejiang&speed=2")
    page.click("text=Play")
    page.click("[aria-label='China Mobile in Zhejiang, world A'] >> text=open")
    page.wait_for_selector(".wg-chip")
    page.wait_for_function("parseInt(document.querySelector('.wg-chain tbody td').innerText) == 1")
    assert page.locator("text=Pause").is_visible()
    page.click("text=Pause")
    tab.settle()
    assert tab.chain()["Branches with a partner"][:2] == ["1", "0"]


def test_a_link_restores_everything(visit: Any) -> None:
    tab = visit()
    page = tab.go(
        f"{SMALL}&a=history&b=open&month=22&seed=4&set=lock_in:2&map=alipay&province=Hunan&consumer=77"
    )
    page.click("[aria-label='China Telecom in Hunan, world A'] >> text=open")
    tab.settle()
    page.fill("[aria-label='Jump to month']", "26")
    page.keyboard.press("Enter")
    tab.settle()
    other = visit()
    again = other.go(tab.query())
    assert other.seen() == tab.seen()
    assert other.date() == tab.date() == "February 2011"
    for part in (".wg-province", ".wg-person", ".wg-changes", ".wg-lead"):
        assert again.inner_text(part) == page.inner_text(part)
    assert again.input_value("#p-lock_in") == "2"


def test_tabs_do_not_share_their_state(visit: Any) -> None:
    one, two = visit(), visit()
    one.go(f"{SMALL}&month=5")
    two.go(f"{SMALL}&month=9&a=open")
    one.page.click("text=Step")
    one.settle()
    assert one.date() == "June 2009"
    assert two.date() == "September 2009"
    assert two.page.input_value("[aria-label='World A']") == "open"
    assert one.page.input_value("[aria-label='World A']") == "closed"


def test_leaving_the_page_frees_the_run(visit: Any, address: str) -> None:
    def held() -> tuple[int, int]:
        """Return how many tabs the server holds, and how many threads work for tabs."""
        with urllib.request.urlopen(f"{address}resourcez") as answer:
            known = loads(answer.read())
        return int(known["kernels"]["total"]), int(known["threads"]["running"])

    tab = visit()
    page = tab.go(f"{SMALL}&speed=fastest")
    page.click("text=Play")
    during = held()
    tab.page.close(run_before_unload=False)
    for _ in range(100):
        if all(now < before for now, before in zip(held(), during, strict=True)):
            break
        time.sleep(0.1)
    assert all(now < before for now, before in zip(held(), during, strict=True))


def test_bad_input_is_said_beside_the_field_and_changes_nothing(visit: Any, screenshots: Path) -> None:
    tab = visit()
    page = tab.go(f"{SMALL}&month=30")
    page.click("text=Luck, size and parameters")
    before = tab.seen()
    for field, typed, says in (
        ("label:has-text('Seed') input", "many", "seed = 'many' is not a number"),
        ("label:has-text('Seed') input", "-1", "allowed: a whole number 0 to"),
        ("label:has-text('Consumers') input", "12", "allowed: a whole number 310 to"),
        ("#p-lock_in", "99", "parameter lock_in = 99 is out of bounds; allowed: 0 to 10 utils"),
        ("#p-deal_months", "1.5", "must be whole months"),
        ("[aria-label='Jump to month']", "61", "month = 61; allowed: a whole number 0 to 60"),
    ):
        page.fill(field, typed)
        page.keyboard.press("Enter")
        tab.settle()
        assert any(says in words for words in page.locator(".wg-error").all_inner_texts())
        assert tab.seen() == before
    beside = page.locator(".wg-field:has(#p-lock_in) .wg-error")
    assert "out of bounds" in beside.inner_text()
    page.screenshot(path=screenshots / "errors.png", full_page=True)
    page.fill("#p-lock_in", "2")
    page.keyboard.press("Enter")
    tab.settle()
    assert beside.count() == 0
    assert tab.seen() != before


def test_a_bad_link_is_said_and_the_rest_of_it_kept(visit: Any) -> None:
    tab = visit()
    page = tab.go(f"{SMALL}&a=ajar&month=7&set=lockin:2")
    assert tab.date() == "July 2009"
    assert "unknown scenario 'ajar'" in page.inner_text(".wg-trouble")
    assert "did you mean 'lock_in'" in page.inner_text(".wg-trouble")
    assert page.input_value("[aria-label='World A']") == "closed"


def test_tables_and_pictures_can_be_taken_along(visit: Any, screenshots: Path) -> None:
    tab = visit()
    page = tab.go(f"{SMALL}&month=8")
    saved = {}
    for kind in ("csv", "parquet", "svg", "png"):
        with page.expect_download() as wait:
            page.select_option("[aria-label='Save']", kind)
        saved[kind] = Path(wait.value.path()).read_bytes()
        assert wait.value.suggested_filename.startswith("walled-garden-closed-open-08")
    frames = {}
    for kind, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        with zipfile.ZipFile(io.BytesIO(saved[kind])) as archive:
            assert len(archive.namelist()) == 13
            frames[kind] = read(io.BytesIO(archive.read(f"operators_national.{kind}")))
    assert len(frames["csv"]) == 2 * 8 * 3
    assert frames["csv"]["lines"].tolist() == pytest.approx(frames["parquet"]["lines"].tolist())
    assert saved["svg"].count(b"<svg") == 11  # the picture, three maps, seven charts
    assert saved["png"].startswith(b"\x89PNG")
    (screenshots / "picture.png").write_bytes(saved["png"])


def test_a_consumer_can_be_followed(visit: Any, screenshots: Path) -> None:
    tab = visit()
    page = tab.go(f"{SMALL}&month=30")
    page.click("text=Anybody")
    tab.settle()
    page.fill("[aria-label='Consumer']", "1000")
    page.keyboard.press("Enter")
    tab.settle()
    assert "Consumer 1000 in" in page.inner_text(".wg-person")
    assert page.locator(".wg-options").count() == 2
    chances = page.evaluate(
        "[...document.querySelectorAll('.wg-options')].map(t => [...t.querySelectorAll('.wg-chance')]"
        ".reduce((sum, c) => sum + parseFloat(c.innerText), 0))"
    )
    assert chances == pytest.approx([100, 100], abs=0.4)  # six numbers of one decimal
    page.locator(".wg-person").screenshot(path=screenshots / "consumer.png")
    page.click(".wg-contacts button >> nth=0")
    tab.settle()
    assert "Consumer 1000 " not in page.inner_text(".wg-person")


def test_the_keyboard_is_enough(visit: Any) -> None:
    tab = visit()
    page = tab.go(f"{SMALL}&month=3")
    page.focus("svg.map >> nth=0 >> [data-province=Sichuan]")
    page.keyboard.press("Enter")
    tab.settle()
    assert page.inner_text(".wg-province h2") == "Sichuan"
    assert page.evaluate("document.activeElement.dataset.province") == "Sichuan"


def test_a_phone_is_enough(visit: Any, screenshots: Path) -> None:
    tab = visit(width=390, height=844)
    page = tab.go(f"{SMALL}&month=20&province=Zhejiang")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.screenshot(path=screenshots / "phone.png")
    page.screenshot(path=screenshots / "phone-whole.png", full_page=True)
    box = page.locator("text=Play").bounding_box()
    assert box["height"] >= 40
    page.click("text=Step")
    tab.settle()
    assert tab.date() == "September 2010"
    page.click("[aria-label='China Mobile in Zhejiang, world B'] >> text=closed")
    page.wait_for_selector(".wg-chip")


def test_solara_serves_it_too(visit: Any, executable: str) -> None:
    """`solara run app.py`, without a word of production, leaves the machine no more than our command."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "solara", "run", "app.py", "--no-open", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://localhost:{port}/readyz"):
                break
            time.sleep(0.2)
        tab = visit()
        tab.address = f"http://localhost:{port}/"
        page = tab.go(f"{SMALL}&month=3")
        assert tab.date() == "March 2009"
        assert page.locator("svg.map").count() == 3
        assert {host for host in tab.hosts if host != "inline"} == {f"localhost:{port}"}
        tab.hosts.clear()
        tab.context.close()  # before the server goes, which would be an error to the page
    finally:
        server.terminate()
        server.wait(20)

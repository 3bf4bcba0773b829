"""A server of the page and a real browser; skipped, with a plain reason, where there is none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY = 120_000  # ms; a cold start compiles the rules
SMALL = "consumers=2000"


@pytest.fixture(scope="session")
def executable() -> str:
    """Return the browser's path."""
    pytest.importorskip("playwright", reason="needs Playwright: uv run --group browser pytest -m browser")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("needs the browser Chromium, which is not installed")
    return found


@pytest.fixture(scope="session")
def address(executable: str) -> Iterator[str]:
    """Start the page as a user would, on any free port; return where it is."""
    command = [sys.executable, "-c", "from experiments.cli import main; exit(main())", "view"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        [*command, "--no-browser", "--port", "0"], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert server.stdout is not None
    line = server.stdout.readline()
    assert line.startswith("The page is at http://localhost:"), line
    yield line.split()[-1]
    server.terminate()
    server.wait(20)


@pytest.fixture(scope="session")
def browser(executable: str) -> Iterator[Any]:
    """Return a headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield running
        running.close()


DRAWN = "svg.map, svg.chart, .wg-chain, .wg-money"
SEEN = f"[...document.querySelectorAll('{DRAWN}')].map(e => e.outerHTML).join('\\n')"


class Visit:
    """A tab on the page, with all that went wrong in it."""

    def __init__(self, browser: Any, address: str, width: int, height: int) -> None:
        self.address = address
        self.context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(READY)
        self.last = 0  # number of the last picture that was waited for
        self.wrong: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2] or "inline"))

    def go(self, query: str = SMALL) -> Any:
        """Open the page with a link and wait until its run is there."""
        self.last = 0
        self.page.goto(f"{self.address}?{query}")
        self.page.wait_for_selector(".wg-lead")
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until the page has drawn what was asked for since the last time: at least one picture more."""
        self.page.wait_for_function(
            "last => (pulse => pulse && +pulse.dataset.number > last && pulse.dataset.settled == 'true')"
            "(document.querySelector('[data-pulse]'))",
            arg=self.last,
        )
        self.last = self.number()

    def number(self) -> int:
        """Return the number of the picture that is drawn."""
        return int(self.page.get_attribute("[data-pulse]", "data-number"))

    def date(self) -> str:
        """Return the month shown."""
        return str(self.page.inner_text(".wg-date"))

    def seen(self) -> str:
        """Return all drawings and numbers on the page."""
        return str(self.page.evaluate(SEEN))

    def wait_for(self, seen: str) -> None:
        """Wait until the page shows what it did before; a change may be drawn in more than one picture."""
        self.page.wait_for_function(f"seen => {SEEN} === seen", arg=seen)
        self.page.wait_for_function("document.querySelector('[data-pulse]').dataset.settled == 'true'")
        self.last = self.number()

    def chain(self) -> dict[str, list[str]]:
        """Return the chain's rows: A, B and the difference by name."""
        rows = self.page.evaluate(
            "[...document.querySelectorAll('.wg-chain tbody tr')]"
            ".map(row => [...row.children].map(cell => cell.innerText))"
        )
        return {row[0].split("\n")[0]: row[1:] for row in rows}

    def query(self) -> str:
        """Return the link in the address bar."""
        return str(self.page.evaluate("window.location.search")).lstrip("?")


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Any]:
    """Return a function that opens tabs; at the end nothing may have gone wrong in any of them."""
    visits: list[Visit] = []

    def open_tab(width: int = 1400, height: int = 900) -> Visit:
        visits.append(Visit(browser, address, width, height))
        return visits[-1]

    yield open_tab
    for one in visits:
        one.context.close()
    here = address.split("/")[2]
    for one in visits:
        assert one.wrong == []
        assert one.hosts <= {here, "inline"}


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Return the folder in which pictures of the page are kept."""
    folder = Path(os.environ.get("WALLED_GARDEN_SCREENSHOTS", ROOT / "results" / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder

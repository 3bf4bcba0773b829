"""How fast the page is: from the server being up to the first paint, and months a second while it plays.

    uv run --group browser python -m bench.view

A server is started as a user would, and a headless Chromium that draws without a graphics card. The median of
`--repeats` and the range are printed, with the load of the machine.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
THERE = "document.querySelector('.wg-lead') !== null"
OVER = "document.querySelector('.wg-date').textContent == 'December 2013'"
MONTHS = 60


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="How fast the page is.")
    parser.add_argument("--consumers", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    executable = shutil.which("chromium")
    if executable is None:
        print("bench.view: needs the browser Chromium, which is not installed", file=sys.stderr)
        return 2
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-c", "from experiments.cli import main; main()", "view", "--no-browser"]
    server = subprocess.Popen(
        [*command, "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert server.stdout is not None
    address = server.stdout.readline().split()[-1]
    try:
        with sync_playwright() as playwright:
            browsers = playwright.chromium

            def visit(work: Callable[[Any], float]) -> float:
                browser = browsers.launch(executable_path=executable, args=FLAGS)  # nothing kept of the last
                try:
                    return work(browser.new_page(viewport={"width": 1400, "height": 900}))
                finally:
                    browser.close()

            link = f"{address}?consumers={given.consumers}&speed=fastest"
            paints = [visit(lambda page: first_paint(page, link)) for _ in range(given.repeats)]
            speeds = [visit(lambda page: play(page, link)) for _ in range(given.repeats)]
    finally:
        server.terminate()
        server.wait(20)
    busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    print(f"{given.consumers:,} consumers in each world; {busy}")
    print(f"first paint with the run's numbers, s   {spell(paints)}")
    print(f"months a second while playing           {spell(speeds)}")
    return 0


def first_paint(page: Any, link: str) -> float:
    """Return the seconds from asking for the page until the run's first numbers are drawn."""
    begun = time.perf_counter()
    page.goto(link)
    page.wait_for_function(THERE)
    return time.perf_counter() - begun


def play(page: Any, link: str) -> float:
    """Return the months a second of a whole run, every month drawn."""
    first_paint(page, link)
    page.wait_for_timeout(500)
    begun = time.perf_counter()
    page.click("text=Play")
    page.wait_for_function(OVER, timeout=300_000)
    return MONTHS / (time.perf_counter() - begun)


def spell(values: list[float]) -> str:
    """Return the median and the range."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f}, {len(values)} times)"


if __name__ == "__main__":
    sys.exit(main())

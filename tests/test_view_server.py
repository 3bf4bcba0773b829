"""Serving: what is refused, what is not loaded without need, and that nothing is looked for elsewhere."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import cli
from view.solara_settings import ASSETS

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scenario", "ajar"], "unknown scenario 'ajar': allowed: closed"),
        (["--against", "opem"], "did you mean 'open'"),
        (["--consumers", "12"], "allowed: a whole number from 310"),
        (["--consumers", "2000000"], "consumers = 2000000; allowed: a whole number 310 to 1,000,000"),
        (["--seed", "-1"], "allowed: a whole number from 0"),
        (["--port", "99999"], "99999 is not in the range 0<=x<=65535"),
        (["--host", "no.such.host.invalid"], "allowed: another --port"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["view", "--no-browser", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("walled-garden: ")
    assert printed.err.count("\n") == 1
    assert said in printed.err


def test_a_port_that_is_taken_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    family = socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)[0][0]
    with socket.socket(family) as other:
        other.bind(("localhost", 0))
        other.listen()
        port = other.getsockname()[1]
        assert cli.main(["view", "--no-browser", "--port", str(port)]) == 2
    assert f"cannot listen on localhost, port {port}" in capsys.readouterr().err


def test_no_other_command_loads_solara() -> None:
    code = (
        "import sys; from experiments.cli import main; main(['scenarios']); "
        "import experiments.compare, model.market, view.twins, view.frames; "
        "print([name for name in sys.modules if name.split('.')[0] in ('solara', 'uvicorn', 'ipywidgets')])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.slow
def test_the_page_asks_for_nothing_that_is_not_there() -> None:
    """Every file that Solara's page names is in view/assets, and none of ours names a file elsewhere."""
    code = (
        "from view.solara_settings import settle; settle()\n"
        "import os; os.environ['SOLARA_APP'] = 'view.page'\n"
        "from solara.server import app, server; app.ensure_apps_initialized()\n"
        "print(server.read_root('/', ''))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    named = set(re.findall(r'(?:src|href)="([^"]+)"', done.stdout))
    assert any("solara-vuetify-app" in place for place in named), done.stderr
    assert not [place for place in named if "//" in place]
    for place in named:
        if "_solara/cdn/" in place:
            assert (ASSETS / place.split("_solara/cdn/")[1]).is_file(), place
    for path in ASSETS.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", path.read_text(encoding="utf-8"))


def test_our_templates_name_no_other_host() -> None:
    for path in (ROOT / "view" / "components").iterdir():
        assert not re.search(r"(https?:)?//[\w.-]+\.\w+", path.read_text(encoding="utf-8")), path

"""Serving the page: on this machine only unless told otherwise, ready before the first visitor comes."""

import contextlib
import logging
import os
import socket
import threading
import time
import urllib.parse
import urllib.request
import webbrowser
from typing import TYPE_CHECKING

from model.errors import InputError
from view.solara_settings import ASSETS, settle

if TYPE_CHECKING:
    import uvicorn

LOCAL = "localhost"


def serve(host: str, port: int, query: str, open_browser: bool) -> None:
    """Serve the page until interrupted.

    Parameters
    ----------
    host : str
    port : int
        0 for any that is free.
    query : str
        What a browser that is opened asks for.
    open_browser : bool

    Raises
    ------
    InputError
        The address cannot be listened on.
    """
    listener = _listen(host, port)
    settle()
    os.environ["SOLARA_APP"] = "view.page"
    import uvicorn
    from solara.server.starlette import app

    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    address = f"http://{host}:{listener.getsockname()[1]}/" + (f"?{query}" if query else "")
    warm_up()
    threading.Thread(target=_announce, args=(server, address, open_browser), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


def warm_up() -> None:
    """Live through a month of two small markets, so that no visitor waits for compiled rules to load."""
    from agents.cache import is_compiled
    from view.setup import Setup
    from view.twins import Twins

    def live() -> None:
        twins = Twins(Setup(consumers=310, consumer=0))
        twins.step()
        twins.choice("a", 0)

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    if is_compiled():
        thread.join()  # a few seconds; compiling takes a minute, which visitors are told


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen()
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"cannot listen on {host}, port {port} ({why}); allowed: another --port, 0 for any that is free, "
            f"and a --host of this machine"
        ) from error
    return listener


def _announce(server: "uvicorn.Server", address: str, open_browser: bool) -> None:
    """Say where the page is once it is there, and open it."""
    while not server.started:
        time.sleep(0.02)
    _visit(address)
    print(f"The page is at {address}\nStop with Ctrl-C.", flush=True)
    if open_browser:
        webbrowser.open(address)


def _visit(address: str) -> None:
    """Fetch the page's files once: the server packs each at its first request, and keeps that."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    direct.addheaders = [("Accept-Encoding", "gzip")]
    for place in ("", *(str(path.relative_to(ASSETS)) for path in ASSETS.rglob("dist/*[!t]"))):
        with contextlib.suppress(OSError):
            direct.open(
                urllib.parse.urljoin(address, f"_solara/cdn/{place}" if place else ""), timeout=20
            ).read()

"""How Solara is set: no request leaves the machine, nothing is reported, left pages are let go."""

from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
TITLE = "Walled Garden"
LEFT_ALONE = "30s"  # after which a page whose connection broke is let go; a closed one goes at once


def settle() -> None:
    """Settle Solara's settings, before its server makes its routes or its first page."""
    import solara.server.settings as server
    import solara.settings

    server.main.mode = "production"  # development asks for more, also elsewhere
    server.telemetry.mixpanel_enable = False
    server.assets.proxy_cache_dir = ASSETS  # scripts and styles of the page, instead of a network of servers
    server.assets.fontawesome_enabled = False
    solara.settings.assets.cdn = ""  # what is not there is not looked for elsewhere
    server.kernel.cull_timeout = LEFT_ALONE
    server.theme.title = TITLE
    server.theme.loader = "plain"

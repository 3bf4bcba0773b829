"""The page, for `solara run app.py`; `walled-garden view` is the same with a port and a browser.

Nobody imports this file.
"""

from view.solara_settings import settle

settle()

from view.page import Layout, Page  # noqa: E402 (Solara reads its settings when it is imported)

__all__ = ["Layout", "Page"]

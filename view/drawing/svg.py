"""SVG as text: elements, escaped; numbers with as many digits as a screen shows."""

from collections.abc import Iterable
from functools import lru_cache
from html import escape

import numpy as np

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"


def element(name: str, content: str = "", **attributes: object) -> str:
    """Return an element; `content` is SVG, attributes are escaped, `_` in their names is `-`."""
    words = "".join([f' {_spell(key)}="{write(value)}"' for key, value in attributes.items()])
    return f"<{name}{words}>{content}</{name}>" if content else f"<{name}{words}/>"


@lru_cache(maxsize=256)
def _spell(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def text(words: str, x: float, y: float, **attributes: object) -> str:
    """Return a text at a place; `words` are escaped."""
    return element("text", escape(words, quote=False), x=x, y=y, **attributes)


def title(words: str) -> str:
    """Return what is shown while the pointer rests on the element it is put into."""
    return element("title", escape(words, quote=False))


def path(xs: np.ndarray, ys: np.ndarray) -> str:
    """Return the data of a line through points, broken where one is not a number."""
    parts, drawing = [], False
    for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
        if not np.isfinite(y):
            drawing = False
            continue
        parts.append(f"{'L' if drawing else 'M'}{x:.1f} {y:.1f}")
        drawing = True
    return "".join(parts)


def drawing(width: float, height: float, content: Iterable[str], label: str, **attributes: object) -> str:
    """Return a whole drawing that can stand alone, with a name for those who cannot see it."""
    inside = "".join(content)
    return element(
        "svg", inside, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {write(width)} {write(height)}",
        role="img", aria_label=label, font_family=FONT, **attributes,
    )  # fmt: skip


def write(value: object) -> str:
    """Return a number with two decimals at most, anything else escaped."""
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return escape(str(value))

"""Colours, told apart with every common colour blindness: of actors, of more, of differences."""

import numpy as np

from experiments.wording import ACTORS

INK, GREY, PALE = "#1f2933", "#616e7c", "#e4e7eb"
NOTHING = "#f1f3f5"  # a tile of which there is nothing to say

#: Okabe and Ito's, as in the figures.
OF = {
    "china_mobile": "#0072B2",
    "china_unicom": "#D55E00",
    "china_telecom": "#009E73",
    "alipay": "#CC79A7",
    "tenpay": "#8F7700",
    "unionpay_online": "#B36B00",
    "wallet": "#56789A",
    "cash": GREY,
}
MORE = ("#eff3f9", "#c9dcee", "#94bfdf", "#5598c8", "#2468a4", "#123f70")  # one hue, light to dark
#: ColorBrewer's PuOr: orange below zero, purple above.
LESS_TO_MORE = (
    "#b35806", "#e08214", "#fdb863", "#fee0b6", "#f5f5f5", "#d8daeb", "#b2abd2", "#8073ac", "#542788",
)  # fmt: skip


def name_of(actor: str) -> str:
    """Return an actor's written name."""
    return ACTORS.get(actor, actor)


def on_ramp(ramp: tuple[str, ...], place: float) -> str:
    """Return the colour at a place of a ramp, 0 its beginning and 1 its end."""
    x = float(np.clip(place, 0.0, 1.0)) * (len(ramp) - 1)
    left = min(int(x), len(ramp) - 2)
    one, two = _parts(ramp[left]), _parts(ramp[left + 1])
    return "#" + "".join(f"{round(a + (b - a) * (x - left)):02x}" for a, b in zip(one, two, strict=True))


def ink_on(colour: str) -> str:
    """Return black or white letters, whichever is read more easily on a colour.

    By the contrast ratio of the web's accessibility guidelines (WCAG 2): the lighter of two relative
    luminances plus 0.05 over the darker plus 0.05.
    """
    light = luminance(colour)
    return "#ffffff" if 1.05 / (light + 0.05) > (light + 0.05) / 0.05 else "#000000"


def luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2) of a colour #rrggbb, 0 black to 1 white."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in _parts(colour))
    ]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))

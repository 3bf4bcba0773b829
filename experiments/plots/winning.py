"""How often each side wins, and by how much: the gains of all cases."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.plots.style import INK, Picture, draw_grid, set_margins
from experiments.wording import choose_scale, start_sentence

SIDES = ("#0072B2", "#D55E00")  # of the two scenarios
UNTOLD = "#8f8f8f"
TAIL = 0.01  # of the cases, at both ends together, drawn in the outermost bars
BARS = 40


def draw_gains(cases: pd.DataFrame, names: Mapping[str, str], gain: str) -> Picture:
    """Draw how many cases have which gain, by who wins.

    Parameters
    ----------
    cases : columns gain (RMB) and winner
    names : what each winner is called, the two sides first
    gain : what the gain is called
    """
    scale = choose_scale("rmb", np.quantile(cases["gain"], [0.05, 0.95]))
    gains = cases["gain"].to_numpy() / scale.divisor
    reach = float(np.quantile(np.abs(gains), 1.0 - TAIL)) or 1.0
    gains = np.clip(gains, -reach, reach)
    parts = [gains[(cases["winner"] == winner).to_numpy()] for winner in names]
    told = zip(names.values(), parts, strict=True)
    figure = Figure(figsize=(7.6, 3.6))
    axes = figure.subplots()
    set_margins(figure, left=0.75, right=0.25, top=0.35, bottom=0.95)
    axes.hist(
        parts,
        bins=np.linspace(-reach, reach, BARS + 1).tolist(),
        stacked=True,
        color=[*SIDES, UNTOLD],
        label=[f"{start_sentence(name)}: {len(part):,} cases" for name, part in told],
        edgecolor="white",
        linewidth=0.4,
    )
    axes.axvline(0.0, color=INK, linewidth=1.0)
    axes.set_xlabel(f"{gain}, {scale.name} of discounted profit")
    axes.set_ylabel("cases")
    axes.set_title("How the gain is spread over the plausible ranges")
    draw_grid(axes)
    figure.legend(loc="lower left", bbox_to_anchor=(0.0, 0.0), ncols=3, fontsize=8.5)
    caption = (
        "Each case is a draw of all parameters from their plausible ranges; the outermost bars hold all "
        "beyond. A case counts for a side where its 95 % interval over replications excludes zero."
    )
    return Picture(figure, caption)

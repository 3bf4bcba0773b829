"""The payoff table as a manager reads it: what each profile earns each player against everybody closed."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from experiments.plots.stances.board import Board
from experiments.plots.style import INK, PALE, Picture, colour_of, set_margins
from experiments.stances.analysis import Analysis
from experiments.stances.market_game import PAYOFF
from experiments.stances.resampling import regrets
from experiments.wording import MINUS, name_actor

EQUILIBRIUM = "#FFF3C4"
BILLION = 1e9


def draw_payoffs(analysis: Analysis) -> Picture:
    """Draw each profile's payoffs less those of everybody closed; best replies in bold, equilibria framed."""
    market, board = analysis.market, Board(analysis.market)
    figure = Figure(figsize=(9.6, 1.35 + 0.95 * board.height))
    axes = figure.subplots()
    set_margins(figure, left=0.1, right=0.1, top=0.35, bottom=0.5)
    gains = _differences(analysis)
    regret = regrets(analysis.settled.samples)
    for p, (x, y) in board.cells():
        chosen = bool(analysis.settled.verdict.is_equilibrium[p])
        colour, width = (EQUILIBRIUM, 2.2) if chosen else ("white", 0.8)
        edge = INK if chosen else PALE
        box = Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, facecolor=colour, edgecolor=edge, lw=width)
        axes.add_patch(box)
        for k, player in enumerate(market.players):
            look: dict[str, Any] = (
                {"weight": "bold"} if regret[p, k] <= analysis.tolerance else {"alpha": 0.75}
            )
            height = y + (k - (len(market.players) - 1) / 2) * 0.78 / len(market.players)
            axes.text(x, height, _number(gains[k, p]), ha="center", va="center", fontsize=8.5,
                      color=colour_of(player), **look)  # fmt: skip
    board.frame(axes)
    axes.set_title("What each stance earns, bn RMB against everybody closed", x=0.01, fontsize=11)
    for k, player in enumerate(market.players):
        name = name_actor(player)
        figure.text(0.02 + 0.16 * k, 0.03, name, color=colour_of(player), weight="bold", fontsize=8.5)
    key = "bold: best reply to the others; framed: equilibrium"
    figure.text(0.02 + 0.16 * len(market.players), 0.03, key, fontsize=8.5)
    return Picture(figure, _caption(analysis, gains))


def _differences(analysis: Analysis) -> np.ndarray:
    """Return each player's payoff less that of everybody closed (K, P), bn RMB."""
    table = analysis.tables["payoffs"]
    table = table[table["measure"] == PAYOFF]
    by_actor = table.pivot(index="actor", columns="profile", values="difference")
    return by_actor.loc[list(analysis.market.players)].to_numpy() / BILLION


def _number(value: float) -> str:
    text = f"{abs(value):.1f}"
    return text if float(text) == 0 else ("+" if value > 0 else MINUS) + text


def _caption(analysis: Analysis, gains: np.ndarray) -> str:
    found = analysis.equilibria
    if not found:
        return "In no profile of pure stances does everybody play a best reply."
    p = found[0]
    parts = [
        f"{name_actor(player)} {_number(gains[k, p])}" for k, player in enumerate(analysis.market.players)
    ]
    more = "" if len(found) == 1 else f" (the first of {len(found)} equilibria)"
    return (
        f"In equilibrium, {analysis.labels[p]}{more}, against everybody closed, bn RMB: {', '.join(parts)}."
    )

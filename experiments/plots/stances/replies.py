"""The best-reply graph: who would move from each profile, and where to."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch

from experiments.plots.stances.board import Board
from experiments.plots.stances.payoffs import EQUILIBRIUM
from experiments.plots.style import GREY, INK, PALE, Picture, colour_of, set_margins
from experiments.stances.analysis import Analysis
from experiments.wording import name_actor

SURE = 0.95
RADIUS = 0.2


def draw_replies(analysis: Analysis) -> Picture:
    """Draw from each profile the change of stance that gains its player the most."""
    board = Board(analysis.market)
    figure = Figure(figsize=(9.6, 1.2 + 0.8 * board.height))
    axes = figure.subplots()
    set_margins(figure, left=0.1, right=0.1, top=0.35, bottom=0.45)
    moves = _moves(analysis)
    for p, middle in board.cells():
        if analysis.settled.verdict.is_equilibrium[p]:
            node = Circle(middle, RADIUS, facecolor=EQUILIBRIUM, edgecolor=INK, lw=2.2, zorder=3)
        else:
            node = Circle(middle, RADIUS, facecolor="white", edgecolor=PALE, lw=1.0, zorder=3)
        axes.add_patch(node)
    for at, to, player, sure in moves:
        _draw_move(axes, board, analysis, (at, to), player, sure)
    board.frame(axes)
    axes.set_aspect("equal")
    axes.set_title("Who would move, and where to", x=0.01, fontsize=11)
    handles = [
        Line2D([], [], color=colour_of(player), lw=2, label=name_actor(player))
        for player in analysis.market.players
    ]
    handles += [
        Line2D([], [], color=GREY, lw=1.2, ls=(0, (2, 2)), label="luck may decide it"),
        Line2D([], [], marker="o", ls="", mfc=EQUILIBRIUM, mec=INK, ms=9, label="nobody would: equilibrium"),
    ]
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0.01, 0.0)}
    figure.legend(handles=handles, ncols=len(handles), fontsize=8.0, **place)
    return Picture(figure, _caption(analysis))


def _moves(analysis: Analysis) -> list[tuple[int, int, str, bool]]:
    """Return, of each profile that is left, the move that gains most: at, to, player, whether it is sure."""
    d, gains = analysis.settled.samples.deviations, analysis.resampled.gains
    found = []
    for p in np.flatnonzero(~analysis.settled.verdict.is_equilibrium):
        own = np.flatnonzero(d.at == p)
        e = own[d.mean[own].argmax()]
        sure = float((gains[:, e] > 0.0).mean()) >= SURE
        found.append((int(p), int(d.to[e]), analysis.market.players[d.player[e]], sure))
    return found


def _draw_move(
    axes: Axes, board: Board, analysis: Analysis, ends: tuple[int, int], player: str, sure: bool
) -> None:
    profiles = analysis.market.profiles
    start, end = board.centre(profiles[ends[0]]), board.centre(profiles[ends[1]])
    is_near = max(abs(b - a) for a, b in zip(start, end, strict=True)) < 1.5
    curve = "arc3,rad=0" if is_near else "arc3,rad=-0.16"
    look: dict[str, Any] = {"color": colour_of(player), "lw": 1.5, "ls": "-" if sure else (0, (2, 2))}
    room: dict[str, Any] = {"shrinkA": 11, "shrinkB": 12, "mutation_scale": 11, "zorder": 2}
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", connectionstyle=curve, **look, **room))


def _caption(analysis: Analysis) -> str:
    count = len(analysis.equilibria)
    if not count:
        return "From every profile somebody would move on: there is no equilibrium in pure stances."
    names = "; ".join(analysis.labels[p] for p in analysis.equilibria)
    return (
        "From each profile the arrow follows the change of one player's stance that gains him most; where no "
        f"arrow leaves, nobody gains by moving alone: {names}."
    )

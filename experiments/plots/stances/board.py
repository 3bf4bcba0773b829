"""Where each profile lies in a figure: blocks by what China Mobile does, rows and columns by the rivals."""

from collections.abc import Iterator
from dataclasses import dataclass

from matplotlib.axes import Axes

from experiments.games.strategic import Profile
from experiments.plots.style import GREY, INK
from experiments.stances.market_game import MarketGame
from experiments.wording import name_actor

GAP = 0.55  # between blocks, in cells


@dataclass(frozen=True)
class Board:
    """The cells of all profiles.

    The first player's strategies are blocks from left to right, the second's are rows and the third's columns
    of a block; those of a fourth are rows of blocks.
    """

    market: MarketGame

    @property
    def width(self) -> float:
        """The width of all blocks, in cells."""
        blocks, columns = len(self.market.strategies[0]), len(self.market.strategies[2])
        return blocks * columns + (blocks - 1) * GAP

    @property
    def height(self) -> float:
        """The height of all blocks, in cells."""
        rows = len(self.market.strategies[1])
        levels = len(self.market.strategies[3]) if len(self.market.players) > 3 else 1
        return levels * rows + (levels - 1) * 2 * GAP

    def centre(self, profile: Profile) -> tuple[float, float]:
        """Return the middle of a profile's cell, x and y; y grows downwards."""
        columns, rows = len(self.market.strategies[2]), len(self.market.strategies[1])
        level = profile[3] if len(profile) > 3 else 0
        x = profile[0] * (columns + GAP) + profile[2] + 0.5
        y = level * (rows + 2 * GAP) + profile[1] + 0.5
        return x, y

    def cells(self) -> Iterator[tuple[int, tuple[float, float]]]:
        """Yield the number and the middle of every profile."""
        for p, profile in enumerate(self.market.profiles):
            yield p, self.centre(profile)

    def frame(self, axes: Axes) -> None:
        """Write everybody's strategies around the blocks and hide the axes."""
        first, second, third, *fourth = zip(self.market.players, self.market.strategies, strict=True)
        axes.set_xlim(-1.25, self.width + 0.05)
        axes.set_ylim(self.height + 0.35, -1.05)
        axes.set_axis_off()
        for level in range(len(fourth[0][1]) if fourth else 1):
            tail = (level,) if fourth else ()
            for a, stance in enumerate(first[1]):
                self._name_block(axes, (a, 0, 0, *tail), first, second, third, stance)
            if fourth:
                x, y = self.centre((0, 0, 0, level))
                text = f"{name_actor(fourth[0][0])} {fourth[0][1][level]}"
                axes.text(x - 0.5, y - 1.32, text, weight="bold", fontsize=9, color=INK)

    def _name_block(
        self, axes: Axes, corner: Profile, first: tuple, second: tuple, third: tuple, stance: str
    ) -> None:
        x, y = self.centre(corner)
        middle = x + (len(third[1]) - 1) / 2
        axes.text(
            middle, y - 0.95, f"{name_actor(first[0])} {stance}", ha="center", weight="bold", fontsize=9
        )
        for c, name in enumerate(third[1]):
            axes.text(x + c, y - 0.58, name, ha="center", va="bottom", fontsize=7.5, color=GREY)
        if corner[0] == 0:
            for r, name in enumerate(second[1]):
                axes.text(x - 0.58, y + r, name, ha="right", va="center", fontsize=7.5, color=GREY)
            label = f"{name_actor(second[0])}\n(rows),\n{name_actor(third[0])}\n(columns)"
            axes.text(x - 1.72, y - 0.72, label, ha="left", va="center", fontsize=6.6, color=GREY)

"""Where texts beside lines stand, so that none covers another; for figures and for the page."""

from collections.abc import Sequence

import numpy as np


def spread_apart(heights: Sequence[float], gap: float) -> list[float]:
    """Return heights moved as little as needed to stand `gap` apart, in the given order."""
    order = np.argsort(heights)
    placed = np.asarray(heights, dtype=float)[order] - gap * np.arange(len(heights))
    # Pool neighbours that would overlap at their mean: least squares under "never closer than gap".
    blocks: list[list[float]] = []
    for value in placed:
        blocks.append([value])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    settled = np.array([np.mean(block) for block in blocks for _ in block])
    result = np.empty(len(heights))
    result[order] = settled + gap * np.arange(len(heights))
    return [float(height) for height in result]

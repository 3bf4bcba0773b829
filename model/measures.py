"""Measures of a market: shares, concentration, ratios that stay defined when nobody is there."""

import numpy as np


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part over whole, 0 where there is no whole."""
    return part / np.where(whole > 0, whole, np.inf)


def shares(lines: np.ndarray) -> np.ndarray:
    """Return each operator's share (..., K) of the lines (..., K)."""
    return ratio(lines, np.sum(lines, axis=-1, keepdims=True))


def herfindahl(lines: np.ndarray) -> np.ndarray:
    """Return the Herfindahl-Hirschman index of the lines (..., K): 1/K to 1, 0 without lines."""
    return (shares(lines) ** 2).sum(axis=-1)

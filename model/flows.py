"""How people moved last month: what branches know of who comes, leaves and enters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Flows:
    """Last month's moves, as rates.

    Rates are national: a branch in a small province would otherwise judge by a handful of rows.

    Attributes
    ----------
    between : (K, K) float, a month
        Share of the row operator's lines that went to the column operator; 0 on the diagonal.
    leaving : (K,) float, a month
        Share of each operator's lines that left it.
    entering : (K,) float
        Share of new lines each operator got.
    entrants : (G,) float
        New lines by province.
    """

    between: np.ndarray
    leaving: np.ndarray
    entering: np.ndarray
    entrants: np.ndarray

    def choices(self, review_hazard: float) -> np.ndarray:
        """Return what those who reviewed chose: the share of each operator's (K) reviewers by choice (K).

        Rows sum to 1; who did not leave chose their own operator again.
        """
        chosen = np.minimum(self.between / max(review_hazard, 1e-9), 1.0)
        np.fill_diagonal(chosen, np.maximum(1.0 - self.leaving / max(review_hazard, 1e-9), 0.0))
        return chosen

    @classmethod
    def of(cls, entered: np.ndarray, from_to: np.ndarray, customers: np.ndarray, scale: np.ndarray) -> Flows:
        """Return the rates behind a month's counts.

        Parameters
        ----------
        entered : (G, K) int
            Rows that took up a line.
        from_to : (G, K, K) int
            Rows that left the first operator for the second.
        customers : (G, K) int
            Rows at the month's end.
        scale : (G,) float
            Real lines a row stands for.
        """
        moved = np.einsum("gkl,g->kl", from_to, scale)
        stayed = np.einsum("gk,g->k", customers, scale)
        at_start = stayed - moved.sum(axis=0) + moved.sum(axis=1) - scale @ entered
        between = moved / np.maximum(at_start, 1.0)[:, None]
        new = scale @ entered
        share = new / max(new.sum(), 1e-9)  # of nobody where nobody entered
        return cls(between, between.sum(axis=1), share, entered.sum(axis=1) * scale)

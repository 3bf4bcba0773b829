"""How people moved last month: what branches know of who comes, leaves and enters, and who else might.

[Train2009] K. Train, "Discrete Choice Methods with Simulation", 2nd ed., Cambridge.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.compiling import making_loop


class Flows(NamedTuple):
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
        return choices(self.between, self.leaving, review_hazard)

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
        return cls(*rates(entered, from_to, customers, scale))


@making_loop
def rates(entered, from_to, customers, scale):  # type: ignore[no-untyped-def]
    """Return the rates that `Flows` lists, of what `Flows.of` is given."""
    G, K = entered.shape
    between, leaving, at_start = np.zeros((K, K)), np.zeros(K), np.zeros(K)
    entering, entrants = np.zeros(K), np.zeros(G)
    for g in range(G):
        for k in range(K):
            new = entered[g, k] * scale[g]
            entering[k] += new
            entrants[g] += new
            at_start[k] += customers[g, k] * scale[g] - new
            for rival in range(K):
                moved = from_to[g, k, rival] * scale[g]
                between[k, rival] += moved
                at_start[k] += moved
                at_start[rival] -= moved
    everybody = max(entering.sum(), 1e-9)  # shares are of nobody where nobody entered
    for k in range(K):
        entering[k] /= everybody
        for rival in range(K):
            between[k, rival] /= max(at_start[k], 1.0)
            leaving[k] += between[k, rival]
    return between, leaving, entering, entrants


@making_loop
def choices(between, leaving, review_hazard):  # type: ignore[no-untyped-def]
    """Return what those who reviewed chose, (K, K); see `Flows.choices`."""
    K, due = len(leaving), max(review_hazard, 1e-9)
    chosen = np.empty((K, K))
    for k in range(K):
        for rival in range(K):
            chosen[k, rival] = min(between[k, rival] / due, 1.0)
        chosen[k, k] = max(1.0 - leaving[k] / due, 0.0)
    return chosen


@making_loop
def choice_slopes(lines, chosen, review_hazard, entrants, entering):  # type: ignore[no-untyped-def]
    """Return how many more come to an operator, by the utility that it or another gains.

    The slopes of the logit [Train2009, ch. 3]: of those who choose k with probability P[k], a util more of j
    takes P[k] P[j] away, and one more of k itself brings P[k] (1 - P[k]).

    Parameters
    ----------
    lines : (G, K) float
        By operator they are with; a part of them, `review_hazard` a month, choose again.
    chosen : (K, K) float
        Probabilities of their choices.
    review_hazard : float, a month
    entrants : (G,) float
        New lines a month.
    entering : (K,) float
        Probabilities of their choices.

    Returns
    -------
    (G, K, K) float, lines a month and util: who comes to the first operator, by the second's gain
    """
    G, K = lines.shape
    slopes = np.empty((G, K, K))
    for g in range(G):
        for k in range(K):
            for j in range(K):
                own = k == j
                slope = entrants[g] * entering[k] * (own - entering[j])
                for held in range(K):
                    reviewers = review_hazard * lines[g, held]
                    slope += reviewers * chosen[held, k] * (own - chosen[held, j])
                slopes[g, k, j] = slope
    return slopes

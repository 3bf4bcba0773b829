"""Theory of the network-effect logit with three operators: its branches, and its law at a finite size.

Everybody chooses anew every month and an operator is worth K times its share x of last month's lines:

    x'[k] = exp(K x[k]) / sum over l of exp(K x[l]).

Where the other two are alike, the leader's share s stands still if K = 2 ln(2 s / (1 - s)) / (3 s - 1). The
curve has its least K at the fold, 2.7456, and meets the symmetric shares at K = 3, where their growth
factor K / 3 passes 1. For two choices and "social utility" it is the model of [BrockDurlauf2001].
With n lines the shares of a month are multinomial around the map: a Markov chain that can be drawn
without the market, and says what luck adds in a province of n rows.

[BrockDurlauf2001] W. Brock, S. Durlauf, "Discrete choice with social interactions", Review of Economic
Studies 68(2), 2001.
"""

import numpy as np
from scipy import optimize

JUMP = 0.5  # a leader's share between the two states wherever both exist


def leading(s: float) -> np.ndarray:
    """Return shares (3,) with a leader at s and two others alike."""
    return np.array([s, (1 - s) / 2, (1 - s) / 2])


def still(s: np.ndarray | float) -> np.ndarray:
    """Return the K at which a leader's share s stands still while the others are alike."""
    return 2 * np.log(2 * np.asarray(s) / (1 - np.asarray(s))) / (3 * np.asarray(s) - 1)


def fold() -> tuple[float, float]:
    """Return the share and the K at which the tipped branch begins: where dK/ds = 0."""
    slope = lambda s: 1 / (s * (1 - s)) - 3 * np.log(2 * s / (1 - s)) / (3 * s - 1)  # noqa: E731
    s = float(optimize.brentq(slope, 0.45, 0.9))
    return s, float(still(s))


def tipped(K: float) -> float:
    """Return the leader's share in the stable tipped state at K, above the fold."""
    return float(optimize.brentq(lambda s: still(s) - K, fold()[0], 1 - 1e-12))


def chosen(K: float | np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return next month's expected shares (..., 3) after shares (..., 3)."""
    weight = np.exp(np.asarray(K)[..., None] * shares)
    return weight / weight.sum(axis=-1, keepdims=True)


def drawn_paths(
    path: np.ndarray, start: np.ndarray, lines: np.ndarray, luck: np.random.Generator
) -> np.ndarray:
    """Return paths of the chain at a finite size, (T, R, G, 3).

    Parameters
    ----------
    path : (T,) float
        K by month; the first is not used.
    start : (R, G, 3) float
        Shares that the lines at the start are drawn from.
    lines : (G, T) int
        Lines by province and month.
    luck : generator
        NumPy's, not the market's.
    """
    expected = start
    shares: list[np.ndarray] = []
    for month, K in enumerate(path):
        if month:
            expected = chosen(K, shares[-1])
        shares.append(luck.multinomial(lines[:, month], expected) / lines[:, month, None])
    return np.array(shares)


def response(path: np.ndarray, shares: np.ndarray, lines: np.ndarray) -> tuple[float, float]:
    """Return score and information of a factor on K, at 1, in the logit of each month's choices.

    The month's shares are multinomial given the last month's, whatever came before: the maximum
    likelihood estimate is one Newton step away, and its variance is 1 / information.
    """
    before, n, K = shares[:-1], lines.T[1:], path[1:, None]
    p = chosen(np.broadcast_to(K, n.shape), before)
    mean = (p * before).sum(axis=2)
    score = n * K * ((shares[1:] - p) * before).sum(axis=2)
    information = n * K**2 * ((p * before**2).sum(axis=2) - mean**2)
    return float(score.sum()), float(information.sum())


def jumps(path: np.ndarray, top: np.ndarray, up: bool) -> np.ndarray:
    """Return the K (...) at which the largest share (T, ...) first passes JUMP; the last K if never."""
    passed = top > JUMP if up else top < JUMP
    passed[-1] = True
    return path[passed.argmax(axis=0)]

"""The deterministic recursion of expected shares, and the law of fluctuations around it.

Written from the equations (docs/odd.md, 7.1 to 7.9) and the data, without the market's code. A province is
a vector of masses over states: 2G by operator, then 3G by operator and by the months that its
contract still binds. A month takes each state to a mixture of states, given last month's shares, and
entrants to where they choose. With n rows the province is n independent draws from these mixtures, so its
covariance around the recursion is C / n with C' = J C J^T + D: J the recursion's Jacobian, D the
month's multinomial scatter [Kurtz1971].

[Kurtz1971] T. Kurtz, "Limit theorems for sequences of jump Markov processes approximating ordinary
differential processes", Journal of Applied Probability 8(2).
"""

from dataclasses import dataclass

import numpy as np

from experiments.verification.logit import nested_logit
from model.observations import load_observations

MONTHS, TERM = 24, 3
STANDING = np.array([0.0, -0.6, -0.9])
QUALITY, GROWTH, FADING = np.array([-2.0, -1.0, -1.2]), np.array([1.2, 1.0, 1.1]), 0.3
HAZARD, SWITCHING, DOWNGRADE, MU = 0.2, 1.0, 0.4, 0.6
BASE, COVERAGE, ALPHA, ELASTICITY, LEAD = 0.6, 1.0, 0.02, 0.5, 1.0


K = 3
STATES = K + K * TERM  # 2G by operator, then 3G by operator and months that the contract still binds
FREE = np.array([*range(K), *(K + k * TERM for k in range(K))])  # states in which one may review
NEW = np.array([*range(K), *(K + k * TERM + TERM - 1 for k in range(K))])  # states in which one arrives


def choices(month: int, base: np.ndarray) -> np.ndarray:
    """Return the probabilities (G, 1 + 2 K, 2 K) of what people choose, by what they have: none, then 2G, 3G.

    `base` (G, K) are the operators' shares of last month's lines. Options are 2G by operator, then 3G.
    """
    data = load_observations()
    relative = data.income / np.average(data.income, weights=data.residents)
    alpha = ALPHA * relative**-ELASTICITY
    urban = np.average(data.urban_share, weights=data.residents) / data.urban_share
    reach = data.coverage[:, month] ** (urban**LEAD)[:, None]  # (G, K)
    quality = QUALITY + GROWTH * (1 - np.exp(-FADING * month / 12)) / FADING
    v = np.zeros((len(base), K, 2)) + (STANDING + BASE * base)[:, :, None]
    v -= alpha[:, None, None] * data.price[:, :, month]
    v[:, :, 1] += np.where(reach > 0, quality + COVERAGE * reach, -np.inf)
    by_origin = np.repeat(v[:, None], 1 + 2 * K, axis=1)  # (G, origin, K, 2)
    leaving = SWITCHING * (1 - np.eye(K))[:, :, None]
    by_origin[:, 1 : 1 + K] -= leaving
    by_origin[:, 1 + K :] -= leaving + np.array([DOWNGRADE, 0.0])
    return nested_logit(by_origin, MU)[0].swapaxes(2, 3).reshape(len(base), 1 + 2 * K, 2 * K)


def transitions(month: int, mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where a month leads from each state (G, S, S), and where it leads entrants (G, S)."""
    by_operator = mass[:, :K] + mass[:, K:].reshape(-1, K, TERM).sum(axis=2)
    chosen = choices(month, by_operator / by_operator.sum(axis=1, keepdims=True))
    to = np.zeros((len(mass), STATES, STATES))
    for k in range(K):
        for left in range(1, TERM):
            to[:, K + k * TERM + left, K + k * TERM + left - 1] = 1.0
    for origin, state in enumerate(FREE):
        to[:, state, NEW] = HAZARD * chosen[:, 1 + origin]
        kept = to[:, state, NEW[origin]].copy()  # keeping the 3G one has signs no new contract
        to[:, state, NEW[origin]] = 0.0
        to[:, state, state] = kept + 1.0 - HAZARD
    arriving = np.zeros((len(mass), STATES))
    arriving[:, NEW] = chosen[:, 0]
    return to, arriving


def ahead(month: int, mass: np.ndarray, entering: np.ndarray) -> np.ndarray:
    """Return the mass in each state (G, S) a month later."""
    to, arriving = transitions(month, mass)
    return np.einsum("gs,gsr->gr", mass, to) + entering[:, None] * arriving


def jacobian(month: int, mass: np.ndarray, entering: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Return how next month's mass answers this month's (G, S, S): by differences."""
    shifted = [
        (ahead(month, mass + step * unit, entering) - ahead(month, mass - step * unit, entering)) / (2 * step)
        for unit in np.eye(STATES)
    ]
    return np.stack(shifted, axis=2)


def scatter(weights: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Return the covariance (G, S, S) of multinomial draws: weights (G, J) of rows of `to` (G, J, S)."""
    return np.einsum("gj,gjr,rs->grs", weights, to, np.eye(STATES)) - np.einsum(
        "gj,gjr,gjs->grs", weights, to, to
    )


@dataclass(frozen=True)
class Limit:
    """The recursion and the fluctuations around it.

    Attributes
    ----------
    shares, variance : (T, 2 K)
        Subscriptions among all lines, and N times their variance.
    local, local_variance : (T, G, 2 K)
        The same by province; the variance times the province's rows.
    """

    shares: np.ndarray
    variance: np.ndarray
    local: np.ndarray
    local_variance: np.ndarray


def the_limit() -> Limit:
    """Iterate the recursion, and the covariance around it, from December 2008 on."""
    data = load_observations()
    lines = np.maximum.accumulate(data.lines[:, : MONTHS + 1], axis=1)
    weight, entered = lines[:, -1] / lines[:, -1].sum(), lines / lines[:, -1:]
    start = data.initial_lines / data.initial_lines.sum(axis=1, keepdims=True)
    mass = np.zeros((len(start), STATES))
    mass[:, :K] = start * entered[:, :1]
    drawn = np.zeros((len(start), 1, STATES))
    drawn[:, 0, :K] = start
    cov = scatter(entered[:, :1], drawn)
    told = np.zeros((2 * K, STATES))  # which states are which subscription
    told[np.arange(K) * 2, np.arange(K)] = 1
    told[np.repeat(np.arange(K) * 2 + 1, TERM), np.arange(K, STATES)] = 1
    local, spread = [mass @ told.T], [told @ cov @ told.T]
    for month in range(1, MONTHS + 1):
        entering = entered[:, month] - entered[:, month - 1]
        to, arriving = transitions(month, mass)
        by_mass = jacobian(month, mass, entering)
        cov = by_mass @ cov @ by_mass.swapaxes(1, 2)
        cov += scatter(mass, to) + scatter(entering[:, None], arriving[:, None])
        mass = ahead(month, mass, entering)
        local.append(mass @ told.T)
        spread.append(told @ cov @ told.T)
    rows, varied = np.array(local), np.einsum("tguu->tgu", np.array(spread))
    nation = weight @ entered
    return Limit(
        np.einsum("g,tgu->tu", weight, rows) / nation[:, None],
        np.einsum("g,tgu->tu", weight, varied) / nation[:, None] ** 2,
        rows / entered.T[:, :, None],
        varied / entered.T[:, :, None] ** 2,
    )

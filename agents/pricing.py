"""Bertrand-Nash prices under logit demand: each firm's prices are the best reply to the others'.

A firm with products j chooses prices p[j] to maximise the sum over them of `(p[j] - c[j]) q[j](p)`. The
first-order conditions of all firms together read

    q[j] + sum over l of the same firm of (p[l] - c[l]) dq[l]/dp[j] = 0.

Demand is that of the consumers one by one, so it has no closed form. The slope of mixed logit demand
splits into a part on the diagonal and the rest, dq[l]/dp[j] = own[j] (l = j) + cross[l, j], and the
conditions become the fixed point [Morrow2011]

    p = c + zeta(p),   zeta[j] = -(q[j] + sum over l of the same firm of cross[l, j] (p[l] - c[l])) / own[j],

which, unlike `p = c + markup(p)` with the inverted slope matrix, converges from nearly anywhere. At a fixed
point every firm's profit is flat. Whether it is at a maximum, and whether none gains by prices further
off, is checked before the prices are called an equilibrium: where customers are held fast a firm may do
better by giving up the others' customers and charging its own, and no stable prices need exist.

[Morrow2011] W. R. Morrow, S. J. Skerlos, "Fixed-point approaches to computing Bertrand-Nash equilibrium
prices under mixed-logit demand", Operations Research 59(2), doi:10.1287/opre.1100.0894.
[Walker2011] H. Walker, P. Ni, "Anderson acceleration for fixed-point iterations", SIAM Journal on Numerical
Analysis 49(4).
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg, optimize

from agents.demand import Choosers

TOLERANCE = 1e-8  # RMB: how far prices may be from the fixed point
MOST_STEPS = 200
LEAST_GAIN = 1e-6  # of its profit: what a firm would move its prices for
RESTARTS = 3

#: Margins a firm might try instead, as multiples of those it has: on 2G and on 3G.
DEVIATIONS = (
    *((multiple, multiple) for multiple in (0.3, 0.5, 0.7, 0.85, 1.25, 1.75, 3.0, 8.0)),
    *((0.5, 1.0), (1.0, 0.5), (2.0, 1.0), (1.0, 2.0)),
)


class EquilibriumError(RuntimeError):
    """Say why no Bertrand-Nash prices were found."""


@dataclass(frozen=True)
class Equilibrium:
    """Bertrand-Nash prices, and how surely they are.

    Attributes
    ----------
    price : (J,) float, RMB
        Those of products that nobody can buy are left as they were.
    offered : (J,) bool
    evaluations : int
        How often demand was asked for.
    residual : float, RMB
        Largest distance between a price and where the map sends it.
    curvature : float
        Largest eigenvalue of any firm's profit Hessian, relative to its largest in size: negative where
        every firm is at a strict local maximum.
    """

    price: np.ndarray
    offered: np.ndarray
    evaluations: int
    residual: float
    curvature: float


def bertrand_nash(
    choosers: Choosers,
    cost: np.ndarray,
    owner: np.ndarray,
    start: np.ndarray,
    most_steps: int = MOST_STEPS,
) -> Equilibrium:
    """Return prices from which no firm gains by moving.

    The fixed point is approached by Anderson's mixing of the map's last few steps [Walker2011], which
    needs no slopes of it, and where that strays by the plain map. Where some firm would gain by prices
    further off, the search begins again from there.

    Parameters
    ----------
    choosers : Choosers
    cost : (J,) float, RMB
        What each product costs its firm.
    owner : (J,) int
        The firm of each product: a merger gives two firms' products one owner.
    start : (J,) float, RMB
        Where the search begins.
    most_steps : int
        Of one search.

    Raises
    ------
    EquilibriumError
        The map does not settle, or settles where some firm would gain by other prices.
    """
    price, before = np.asarray(start, float), 0
    if not (choosers.quantity(price) > 0).any():  # nobody will ever choose again, and no line is new
        return Equilibrium(price, np.zeros(len(price), bool), 1, 0.0, 0.0)
    for _ in range(RESTARTS):
        found = flat_point(choosers, cost, owner, price, most_steps)
        gain, better = best_deviation(choosers, found.price, cost, owner, found.offered)
        if found.curvature < 0 and gain <= LEAST_GAIN:
            return replace(found, evaluations=found.evaluations + before)
        if gain <= LEAST_GAIN:
            raise EquilibriumError("where prices settle some firm's profit is at no maximum")
        price, before = better, before + found.evaluations
    raise EquilibriumError(f"where prices settle some firm would gain {100 * gain:.2g} % by others")


def flat_point(
    choosers: Choosers, cost: np.ndarray, owner: np.ndarray, start: np.ndarray, most_steps: int
) -> Equilibrium:
    """Return a fixed point of the map, where every firm's profit is flat.

    Raises
    ------
    EquilibriumError
        The map does not settle.
    """
    offered = choosers.offered
    asked = 0

    def whole(prices: np.ndarray) -> np.ndarray:
        price = start.copy()
        price[offered] = prices
        return price

    def distance(prices: np.ndarray) -> np.ndarray:
        nonlocal asked
        asked += 1
        price = whole(prices)
        return (cost + choosers.demand(price).zeta(price - cost, owner) - price)[offered]

    prices = settle(distance, start[offered], most_steps)
    residual = float(np.abs(distance(prices)).max(initial=0.0))
    price = whole(prices)
    curvature = worst_curvature(choosers, price, cost, owner, offered)
    return Equilibrium(price, offered, asked, residual, curvature)


def best_deviation(
    choosers: Choosers, price: np.ndarray, cost: np.ndarray, owner: np.ndarray, offered: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the most any firm gains by one of `DEVIATIONS`, as a share of its profit, and those prices.

    The gain is negative, and the prices are the ones given, where every firm would lose by all of them.
    """
    margin, most, best = price - cost, -np.inf, price
    earned = margin * choosers.quantity(price)
    for firm in np.unique(owner[offered]):
        mine = offered & (owner == firm)
        for multiples in DEVIATIONS:
            tried = cost + margin * np.where(mine, np.resize(multiples, len(price)), 1.0)
            gain = share_gained(((tried - cost) * choosers.quantity(tried))[mine].sum(), earned[mine].sum())
            if gain > most:
                most, best = gain, tried if gain > 0 else price
    return most, best


def share_gained(now: float, before: float) -> float:
    """Return a gain of profit as a share of what there was; 0 where there was nothing and is no more."""
    if before == 0.0:
        return np.inf if now > 0 else 0.0
    return float((now - before) / abs(before))


def settle(distance: Callable[[np.ndarray], np.ndarray], start: np.ndarray, most_steps: int) -> np.ndarray:
    """Return where a map leaves prices as they are, given how far it moves them.

    Raises
    ------
    EquilibriumError
        Neither mixing nor the plain map comes within `TOLERANCE`.
    """
    mixed = mix(distance, start, most_steps)
    if mixed is not None:
        return mixed
    price, step, before = start, 1.0, np.inf
    for _ in range(10 * most_steps):
        move = distance(price)
        left = float(np.abs(move).max())
        if left <= TOLERANCE:
            return price
        if not np.isfinite(left):
            raise EquilibriumError("prices left the numbers: no demand limits them")
        # A map that overshoots is followed half-way, and again as long as it comes no nearer.
        step = max(step / 2, 1 / 64) if left > before else min(step * 1.1, 1.0)
        before, price = left, price + step * move
    raise EquilibriumError(f"prices still moved by {left:.3g} RMB after {10 * most_steps} steps")


def mix(
    distance: Callable[[np.ndarray], np.ndarray], start: np.ndarray, most_steps: int
) -> np.ndarray | None:
    """Return the fixed point that Anderson's mixing finds, None where it strays."""
    options = {"fatol": TOLERANCE, "maxiter": most_steps, "jac_options": {"alpha": 1.0, "M": 6}}
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", linalg.LinAlgWarning)  # steps grow alike near the end
            found = optimize.root(distance, start, method="anderson", options=options)
    except (ArithmeticError, ValueError, linalg.LinAlgError):
        return None  # a step so wild that it left the numbers
    return found.x if found.success and np.isfinite(found.x).all() else None


def worst_curvature(
    choosers: Choosers, price: np.ndarray, cost: np.ndarray, owner: np.ndarray, offered: np.ndarray
) -> float:
    """Return the largest eigenvalue of any firm's profit Hessian, relative to its largest in size.

    The Hessian is the difference of the exact slope over a ten-thousandth of a price. Negative where each
    firm's own prices are a strict local maximum.
    """
    here = choosers.demand(price).profit_slope(price - cost, owner)
    hessian = np.zeros((len(price), len(price)))
    for j in np.flatnonzero(offered):
        moved = price.copy()
        moved[j] += 1e-4 * max(abs(price[j]), 1.0)
        hessian[j] = choosers.demand(moved).profit_slope(moved - cost, owner) - here
        hessian[j] /= moved[j] - price[j]
    worst = -np.inf
    for firm in np.unique(owner[offered]):
        mine = np.flatnonzero(offered & (owner == firm))
        block = hessian[np.ix_(mine, mine)]
        eigenvalues = np.linalg.eigvalsh((block + block.T) / 2)
        size = float(np.abs(eigenvalues).max())
        # A firm without a customer is at no maximum: its profit is 0 all around.
        worst = max(worst, float(eigenvalues.max()) / size if size > 0 else 0.0)
    return worst

"""Bertrand-Nash prices under logit demand, against closed forms and an independent solver.

The textbook's markups: `p - c = 1 / (alpha (1 - s))` for single products, with and without an outside
option; Lambert's W for a monopolist; equal markups `1 / (alpha (1 - s_firm))` for all products of a firm.
A merger joins two firms' products under one owner. Where there is no closed form (the nest, mergers) the
first-order conditions of the written-out demand are solved by SciPy, with numerical slopes.

The full market has the same prices where nothing holds customers back, and beside them one more closed
form: between equals whose customers pay sigma to leave, with theta of the future still to come,

    p - c = (1 - theta L) / (alpha (1 - sum over l of P[l]^2)),   L = (1 - e^-sigma) / (1 + (K - 1) e^-sigma),

P being the choice probabilities of one firm's customers at equal prices and L how much of an advantage is
still there after one more choice: the second eigenvalue of the chain.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from scipy import optimize, special

from agents.demand import Choosers
from agents.pricing import TOLERANCE, bertrand_nash
from experiments.verification.bare import bare_market
from experiments.verification.checks import Case, Check, Findings, Panel, dots, exact, line

ALPHA, COST = 0.02, 30.0  # utils per RMB, RMB a month
WORTH = np.array([1.0, 0.5, 0.2])  # utils, three single products of unlike firms
NESTED = np.array([1.0, -0.5, 0.5, 0.3, 0.2, 0.2])  # utils: 2G and 3G of three firms
MU = 0.5
SIGMAS = np.array([0.0, 0.5, 1.0, 2.0, 3.0])
NONE = -np.inf
APART = np.array([0, 0, 1, 1, 2, 2])
MERGED = np.array([0, 0, 0, 0, 2, 2])


def run(seed: int) -> Findings:
    """Return prices at function level and of the full market beside theory."""
    checks = [*_single_products(), *_monopoly(), *_nest_and_merger(), *_nobody_deviates()]
    held, held_panel = _held_customers()
    market, market_panel = _market(seed)
    return Findings((*checks, *held, *market), (_share_panel(), held_panel, market_panel))


def written_shares(worth: np.ndarray, price: np.ndarray, mu: float, outside: float) -> np.ndarray:
    """Return nested logit shares (J,) as the textbook writes them; even products are 2G, odd ones 3G."""
    v = worth - ALPHA * price
    with np.errstate(divide="ignore"):
        nest = mu * np.log(np.exp(v[1::2] / mu).sum())
    total = np.exp(v[::2]).sum() + np.exp(nest) + np.exp(outside)
    share = np.exp(v) / total
    if np.isfinite(nest):
        share[1::2] = np.exp(v[1::2] / mu) / np.exp(v[1::2] / mu).sum() * np.exp(nest) / total
    return share


def solved(worth: np.ndarray, owner: np.ndarray, mu: float, outside: float) -> np.ndarray:
    """Return the prices at which the written-out first-order conditions hold, by SciPy's root finder."""
    offered = np.isfinite(worth)

    def conditions(prices: np.ndarray) -> np.ndarray:
        price = np.full(len(worth), COST)
        price[offered] = prices

        def profit(own: float, j: int, firm: int) -> float:
            tried = price.copy()
            tried[j] = own
            share = written_shares(worth, tried, mu, outside)
            return float(((tried - COST) * share)[offered & (owner == firm)].sum())

        h = 1e-3
        return np.array(
            [
                (profit(price[j] + h, j, owner[j]) - profit(price[j] - h, j, owner[j])) / (2 * h)
                for j in np.flatnonzero(offered).tolist()
            ]
        )

    found = optimize.root(conditions, np.full(offered.sum(), 70.0), method="lm", tol=1e-14)
    price = np.full(len(worth), COST)
    price[offered] = found.x
    return price


def single(worth: np.ndarray) -> np.ndarray:
    """Return the worth of 2G products only, one a firm, in the order of subscriptions (2 K,)."""
    both = np.full(2 * len(worth), NONE)
    both[::2] = worth
    return both


def priced(worth: np.ndarray, owner: np.ndarray, mu: float = 1.0, outside: float = NONE) -> np.ndarray:
    """Return the project's prices for one consumer who chooses once."""
    choosers = Choosers.once(worth[None], np.array([ALPHA]), mu, outside)
    return bertrand_nash(choosers, np.full(len(worth), COST), owner, np.full(len(worth), 60.0)).price


def _single_products() -> list[Check]:
    """Return the markups of unlike firms with one product each, with and without an outside option."""
    checks = []
    for outside, name in ((0.0, "with"), (NONE, "without")):
        price = priced(single(WORTH), APART, outside=outside)[::2]
        share = written_shares(single(WORTH), np.repeat(price, 2), 1.0, outside)[::2]
        for firm, (p, s) in enumerate(zip(price, share, strict=True), start=1):
            what = f"markup of firm {firm}, {name} an outside option, RMB"
            checks.append(exact(what, 1 / (ALPHA * (1 - s)), p - COST))
    alike = priced(single(np.zeros(3)), APART)[0] - COST
    checks.append(exact("markup between three equals, no outside option, RMB", 1.5 / ALPHA, alike))
    return checks


def _monopoly() -> list[Check]:
    """Return a monopolist's price against Lambert's W."""
    checks = []
    for v in (-1.0, 1.0, 4.0):
        worth = single(np.array([v, NONE, NONE]))
        theory = COST + (1 + special.lambertw(np.exp(v - ALPHA * COST - 1)).real) / ALPHA
        checks.append(
            exact(
                f"monopoly price, product worth {v:g} utils, RMB", theory, priced(worth, APART, 1.0, 0.0)[0]
            )
        )
    return checks


def _nest_and_merger() -> list[Check]:
    """Return prices of 2G and 3G products in a nest, before and after two firms merge."""
    basis = "independent solver with numerical slopes"
    checks, prices = [], {}
    for owner, name in ((APART, "before"), (MERGED, "after")):
        prices[name] = priced(NESTED, owner, MU, 0.0)
        theory = solved(NESTED, owner, MU, 0.0)
        for j, product_name in enumerate(("2G", "3G")):
            what = f"firm 1's {product_name} price {name} the merger, 3G nested, RMB"
            checks.append(exact(what, theory[j], prices[name][j], 1e-7, basis))
    plain = priced(NESTED, APART, 1.0, NONE)
    share = written_shares(NESTED, plain, 1.0, NONE)
    checks.append(
        exact("2G and 3G of one firm, plain logit: markup, RMB", 1 / (ALPHA * (1 - share[:2].sum())),
              plain[1] - COST)
    )  # fmt: skip
    rise = prices["after"] - prices["before"]
    checks.append(exact("products whose price rises by the merger, of 6", 6.0, float((rise > 0).sum())))
    return checks


def _nobody_deviates() -> list[Check]:
    """Return how much any firm could gain by other prices, near and far, and the curvature of profits."""
    price, share = priced(NESTED, APART, MU, 0.0), lambda p: written_shares(NESTED, p, MU, 0.0)
    most = -np.inf
    for firm, (a, b) in product(range(3), product(np.linspace(0.0, 6.0, 61), repeat=2)):
        tried, mine = price.copy(), firm == APART
        tried[mine] = COST + (price[mine] - COST) * (a, b)
        gain = ((tried - COST) * share(tried))[mine].sum() / ((price - COST) * share(price))[mine].sum() - 1
        most = max(most, gain)
    curvature = _curvature(lambda p: (p - COST) * share(p), price)
    return [
        Check("most a firm gains by any of 3,721 other pairs of prices, of its profit", 0.0, max(most, 0.0),
              1e-9, 1.0, "rounding"),
        exact("firms whose profit has a negative definite Hessian, of 3", 3.0, float((curvature < 0).sum())),
    ]  # fmt: skip


def _curvature(profits: Callable[[np.ndarray], np.ndarray], price: np.ndarray) -> np.ndarray:
    """Return the largest eigenvalue of each firm's profit Hessian by second differences, (3,)."""
    h, largest = 0.05, []
    for firm in range(3):
        mine = np.flatnonzero(firm == APART)

        def profit(steps: np.ndarray, mine: np.ndarray = mine) -> float:
            moved = price.copy()
            moved[mine] += h * steps
            return float(profits(moved)[mine].sum())

        e = np.eye(2)
        second = [[profit(a + b) - profit(a - b) - profit(b - a) + profit(-a - b) for b in e] for a in e]
        hessian = np.array(second) / (4 * h * h)
        largest.append(np.linalg.eigvalsh(hessian).max())
    return np.array(largest)


def held_markup(sigma: np.ndarray | float, theta: float) -> np.ndarray:
    """Return the closed form of the markup between three equals, by switching cost."""
    stay, leave = np.array([np.ones_like(sigma), np.exp(-sigma)]) / (1 + 2 * np.exp(-sigma))
    still = (1 - np.exp(-sigma)) / (1 + 2 * np.exp(-sigma))
    return (1 - theta * still) / (ALPHA * (1 - stay**2 - 2 * leave**2))


def _held_customers() -> tuple[list[Check], Panel]:
    """Return markups between equals whose customers pay to leave, for futures short and long."""
    checks, series = [], []
    for theta in (0.0, 0.5, 0.9):
        model = [_held_markup(sigma, theta) for sigma in SIGMAS]
        fine = np.linspace(SIGMAS[0], SIGMAS[-1], 61)
        name = f"theta = {theta:g}"
        series += [line(name, fine, held_markup(fine, theta)), dots(name, SIGMAS, model)]
        for sigma, found in list(zip(SIGMAS, model, strict=True))[1:]:
            what = f"markup, sigma = {sigma:g}, {name}, RMB"
            checks.append(exact(what, float(held_markup(sigma, theta)), found))
    title = "Customers who pay to leave"
    return checks, Panel(title, "switching cost, utils", "markup, RMB a month", tuple(series))


def _held_markup(sigma: float, theta: float) -> float:
    """Return the project's markup with one customer a firm, all alike."""
    worth = np.full((3, 7, 6), NONE)
    for held in range(7):
        worth[:, held, ::2] = 0.0 if held == 0 else -sigma
        if held > 0:
            worth[:, held, 2 * ((held - 1) // 2)] = 0.0
    ones = np.ones(3)
    choosers = Choosers(worth, np.array([1, 3, 5]), ALPHA * ones, ones, theta=theta)
    price = bertrand_nash(choosers, np.full(6, COST), APART, np.full(6, 60.0)).price
    return float(price[0] - COST)


def _market(seed: int) -> tuple[list[Check], Panel]:
    """Return the prices that the full market sets where nothing holds customers back."""
    checks: list[Check] = []
    costs: dict[str, Any] = {"serving_cost_2g": COST, "serving_cost_3g": COST, "price_sensitivity": ALPHA}
    only_2g = bare_market(5_000, 3, seed, standing=WORTH, pricing="bertrand", **costs).run()
    theory = solved(single(WORTH), APART, 1.0, NONE)[::2]
    for name, p, found in zip(only_2g.operators, theory, only_2g.price[:, 0], strict=True):
        checks.append(exact(f"the market, 2G only: {name}'s price, RMB", p, found, 1e-7))
    quality = NESTED[1::2] - NESTED[::2]
    market = bare_market(
        5_000, 3, seed, standing=NESTED[::2], quality=quality, pricing="bertrand", dissimilarity=MU, **costs
    ).run()
    theory = solved(NESTED, APART, MU, NONE)
    for j, name in ((0, "2G"), (1, "3G")):
        what = f"the market, 3G nested: {market.operators[0]}'s {name} price, RMB"
        checks.append(exact(what, theory[j], market.price.ravel()[j], 1e-7))
    checks.append(
        Check("the market: prices after the last step of the map, RMB", 0.0, market.tariffs[-1].residual,
              TOLERANCE, 1.0, "tolerance of the search")
    )  # fmt: skip
    where = np.arange(1, 7)
    found = dots("market", where, market.price.ravel())
    title = "The full market: three operators"
    return checks, Panel(
        title, "product (odd: 2G, even: 3G)", "price, RMB a month", (line("theory", where, theory), found)
    )


def _share_panel() -> Panel:
    """Return markup against share for single products of one firm against two others."""
    worths = np.linspace(-3, 5, 17)
    share, markup = [], []
    for v in worths:
        price = priced(single(np.array([v, 0.0, 0.0])), APART, outside=0.0)
        share.append(written_shares(single(np.array([v, 0.0, 0.0])), price, 1.0, 0.0)[0])
        markup.append(price[0] - COST)
    s = np.linspace(0, max(share), 100)
    curves = (line("1 / (alpha (1 - s))", s, 1 / (ALPHA * (1 - s))), dots("prices found", share, markup))
    return Panel("One product a firm", "share s", "markup, RMB a month", curves)


CASE = Case(
    key="bertrand",
    title="Bertrand-Nash prices",
    theory="p - c = 1 / (alpha (1 - s)), with and without an outside option; monopoly by Lambert's W; one "
    "markup for all products of a firm; a merger raises every price; no firm gains by other prices",
    source="Anderson, de Palma, Thisse 1992, ch. 7; Morrow, Skerlos 2011",
    run=run,
)

"""Limiting case 1: people who forget what they had choose by the nested logit.

No network effect, no switching cost, everybody reviews every month: one month of the market is as many
independent choices as there are lines, entrants included. Theory: [Train2009, ch. 4] for the shares,
[SmallRosen1981] for the surplus. Where prices weigh differently on different people the shares are the
mean of the logits over people (mixed logit, [Train2009, ch. 6]), here by Gauss and Hermite's rule. Where
3G binds for longer than the run, those without it wait for a review that ends in 3G.

[Train2009] K. Train, "Discrete Choice Methods with Simulation", 2nd ed., Cambridge.
[SmallRosen1981] K. Small, H. Rosen, "Applied welfare economics with discrete choice models",
Econometrica 49(1).
"""

import math
from typing import Any

import numpy as np

from experiments.verification.bare import (
    bare_market,
    operator_shares,
    rows_in_use,
    seeds_for,
    subscription_shares,
)
from experiments.verification.checks import Case, Check, Findings, Panel, counted, dots, exact, line
from experiments.wording import name_actor
from model.market import MobileMarket
from model.schemas import OPERATORS

ALPHA = 0.02  # utils per RMB: the default, set here because theory needs it
STANDING = np.array([0.0, -0.5, -1.0])
QUALITY = np.array([-0.6, 0.5, 0.2])
PRICE = np.array([[65.0, 90.0], [45.0, 85.0], [40.0, 70.0]])  # RMB a month, (K, 2)
SUBSCRIPTIONS = [f"{name_actor(name)} {network}" for name in OPERATORS for network in ("2G", "3G")]

CHOICES = 300_000
HAZARD, NEVER = 0.15, 120  # a month; a contract that outlasts the run
TIMES = (1, 3, 6, 12)
SINGLE = float(np.finfo(np.float32).eps)  # the market keeps surplus in single precision


def utilities(alpha: float = ALPHA, quality: np.ndarray = QUALITY) -> np.ndarray:
    """Return the systematic utility of each subscription (K, 2)."""
    return STANDING[:, None] + np.stack([np.zeros(3), quality], axis=1) - alpha * PRICE


def nested_logit(v: np.ndarray, mu: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the choice probabilities (..., K, 2) and the log-sum (...) [Train2009, eq. 4.2].

    Parameters
    ----------
    v : (..., K, 2) float, utils
        Minus infinity where there is no 3G.
    mu : float
        Dissimilarity of the 3G nest; every 2G option is a nest of its own.
    """
    within = np.exp(v[..., 1] / mu)
    nest = within.sum(axis=-1, keepdims=True)
    total = np.exp(v[..., 0]).sum(axis=-1, keepdims=True) + nest**mu
    on_3g = np.divide(within, nest, out=np.zeros_like(within), where=nest > 0) * nest**mu / total
    return np.stack([np.exp(v[..., 0]) / total, on_3g], axis=-1), np.log(total[..., 0])


def mixed_logit(spread: float, mu: float) -> np.ndarray:
    """Return the shares (K, 2) where price sensitivity is log-normal with mean ALPHA."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(30)
    alphas = ALPHA * np.exp(spread * nodes - spread**2 / 2)
    shares = np.array([nested_logit(utilities(alpha), mu)[0] for alpha in alphas])
    return np.tensordot(weights / weights.sum(), shares, axes=1)


def market_of(rows: int, months: int, seed: int, mu: float, **changes: Any) -> MobileMarket:
    """Return a market of these operators in which everybody reviews every month."""
    fixed: dict[str, Any] = {"standing": STANDING, "quality": QUALITY, "price": PRICE}
    given = fixed | {"price_sensitivity": ALPHA, "dissimilarity": mu} | changes
    return bare_market(rows, months, seed, **given)


def shares_agree(label: str, theory: np.ndarray, market: MobileMarket) -> list[Check]:
    """Return a check for each subscription's share (2 K,) among the lines of a market."""
    shares, n = subscription_shares(market), int(rows_in_use(market).sum())
    named = zip(SUBSCRIPTIONS, theory, shares, strict=True)
    return [counted(f"share of {name}, {label}", p, found * n, n) for name, p, found in named]


def the_shares(seed: int) -> list[Check]:
    """Check the six shares and the surplus in the nested, the plain and the mixed logit."""
    checks = []
    for part, mu in enumerate((0.6, 1.0)):
        theory, log_sum = nested_logit(utilities(), mu)
        market = market_of(CHOICES, 1, seeds_for(seed, part)[0], mu).run()
        checks += shares_agree(f"mu = {mu:g}", theory.ravel(), market)
        found = market.population.columns.surplus
        for which, value in (("least", found.min()), ("largest", found.max())):
            what = f"surplus of a choice, the {which} of all lines, mu = {mu:g}, RMB a month"
            checks.append(exact(what, float(log_sum) / ALPHA, float(value), SINGLE, "single precision"))
    market = market_of(CHOICES, 1, seeds_for(seed, 2)[0], 0.6, sensitivity_spread=0.5).run()
    return checks + shares_agree("mu = 0.6, mixed", mixed_logit(0.5, 0.6).ravel(), market)


def the_nest(seed: int) -> list[Check]:
    """Check what makes it a nest: odds inside depend on mu, and a 3G option that goes feeds the others."""
    mu = 0.6
    v = utilities()
    checks = []
    for part, (label, reach) in enumerate((("all cover", 1.0), ("without the third", [1.0, 1.0, 0.0]))):
        market = market_of(CHOICES, 1, seeds_for(seed, 10 + part)[0], mu, coverage=reach).run()
        held = subscription_shares(market).reshape(3, 2) * CHOICES
        within = 1 / (1 + math.exp((v[1, 1] - v[0, 1]) / mu))
        first, of_two = float(held[0, 1]), float(held[:2, 1].sum())
        checks.append(counted(f"first of the first two on 3G, {label}", within, first, of_two))
        if part:
            v[2, 1] = -np.inf
        on_3g = nested_logit(v, mu)[0][:, 1].sum()
        checks.append(counted(f"share of 3G, {label}", on_3g, float(held[:, 1].sum()), CHOICES))
    return checks


def the_waiting(seed: int) -> tuple[list[Check], Panel]:
    """Check that kept 3G is taken like waiting for a review that ends in it, 1 - (1 - h P)^t."""
    p = nested_logit(utilities(), 0.6)[0][:, 1].sum()
    hazard: dict[str, float] = {"review_hazard": HAZARD, "contract_months": NEVER}
    market = market_of(2 * CHOICES // 3, max(TIMES), seeds_for(seed, 20)[0], 0.6, **hazard)
    there = rows_in_use(market)
    adopted = [0.0]
    while market.running:
        market.step()
        adopted.append(float(subscription_shares(market, there)[1::2].sum()))
    months, n = np.arange(max(TIMES) + 1), int(there.sum())
    theory = 1 - (1 - HAZARD * p) ** months
    checks = [counted(f"on 3G after {t} months", theory[t], adopted[t] * n, n, "lines") for t in TIMES]
    # Those who took 3G were divided as their choices were: the contract holds them where they are.
    kept = operator_shares(market, there & (market.population.columns.subscription % 2 == 0))
    first = nested_logit(utilities(), 0.6)[0][0, 1] / p
    at_end = adopted[-1] * n
    checks.append(counted("first operator's part of kept 3G", first, kept[0] * at_end, at_end, "lines"))
    error = np.sqrt(theory * (1 - theory) / n)
    drawn = (line("1 - (1 - hP)^t", months, theory), dots("market", months, adopted, error))
    return checks, Panel("3G kept once taken", "month", "share of lines on 3G", drawn)


def the_quality(seed: int) -> Panel:
    """Return the panel of 3G's share as its quality rises, in a tight nest and without one."""
    rises, rows = np.linspace(-3, 3, 7), CHOICES // 10
    fine = np.linspace(-3, 3, 121)
    drawn = []
    for part, mu in enumerate((0.3, 1.0)):
        theory = [nested_logit(utilities(quality=QUALITY + r), mu)[0][:, 1].sum() for r in fine]
        runs = zip(rises, seeds_for(seed, 30 + part, len(rises)), strict=True)
        held = [subscription_shares(market_of(rows, 1, s, mu, quality=QUALITY + r).run()) for r, s in runs]
        found = np.array(held)[:, 1::2].sum(axis=1)
        drawn.append(line(f"mu = {mu:g}", fine, theory))
        drawn.append(dots(f"mu = {mu:g}", rises, found, np.sqrt(found * (1 - found) / rows)))
    return Panel("Shares by quality", "rise of 3G quality, utils", "share of lines on 3G", tuple(drawn))


def run(seed: int) -> Findings:
    """Drive the market to the nested logit and compare."""
    waiting, panel = the_waiting(seed)
    return Findings((*the_shares(seed), *the_nest(seed), *waiting), (the_quality(seed), panel))


CASE = Case(
    key="logit",
    title="Nested logit shares, log-sum surplus and waiting for 3G",
    theory="P[k,3G] = exp(v/mu) / sum exp(v/mu) * P[3G];  surplus = ln(sum exp) / alpha;  1 - (1 - hP)^t",
    source="Train (2009), ch. 4 and 6; Small and Rosen (1981)",
    run=run,
)

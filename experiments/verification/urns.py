"""Increasing returns: Polya's urn, and Arthur's lock-in where shocks do not matter.

An urn is a province of the model: each line that enters chooses an operator by the model's own choice. Where
an operator's standing is the logarithm of its share, it is chosen with a probability equal to its share:
Polya's urn. The opposite extreme, where standing is a large multiple of the share, is in `lock_in.py`.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import stats

from agents.columns import NOTHING, holding, subscription_to
from agents.population import Population
from agents.world import FIELDS, make_world, world_type
from experiments.verification.checks import (
    Case,
    Check,
    Findings,
    Panel,
    averaged,
    dots,
    exact,
    line,
    unsurprising,
)
from experiments.verification.lock_in import (
    barrier_market,
    barrier_panel,
    leaders_market,
    lock_in_checks,
    overtakers,
    paths_panel,
)

URNS, K = 250, 3  # urns are provinces, whose codes are below 256; colours are operators
DRAWS, ROUNDS = 12, 40  # one ball a draw: 91 compositions, 10,000 urns
BATCH, BATCHES = 5, 40  # balls drawn together


def run(seed: int) -> Findings:
    """Return urns of single balls and of batches, and locked-in markets, against their laws."""
    singles = [last(urn(1, DRAWS, seed * 1000 + luck)) for luck in range(ROUNDS)]
    batches = list(urn(BATCH, BATCHES, seed * 1000 + ROUNDS))
    leading, barrier = leaders_market(seed), barrier_market(seed)
    checks = [*composition_checks(np.concatenate(singles)), *batch_checks(np.array(batches))]
    checks += [*lock_in_checks("leader", leading), *lock_in_checks("barrier", barrier), overtakers(barrier)]
    urns = single_panel(np.concatenate(singles)), batch_panel(np.array(batches))
    return Findings(tuple(checks), (*urns, paths_panel(leading), barrier_panel(barrier)))


# ---- Polya's urn ----------------------------------------------------------------------------------


def urn(batch: int, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the balls of each colour (URNS, K), first one of each, then after every draw of `batch` balls."""
    start, size = K, K + batch * draws
    people = Population(np.full(URNS, size), range(1, 1 + URNS), 0.0, 0.0, seed)
    columns = people.columns
    people.settle(urn_world(np.ones((URNS, K)), seed), np.full(URNS, start), np.full((URNS, K), 1.0 / K))
    first = np.flatnonzero(columns.held != NOTHING)
    columns.held[first] = holding(np.tile(subscription_to(np.arange(K), 0), URNS), 0)
    people.recount()
    yield (balls := np.ones((URNS, K)))
    for draw in range(1, draws + 1):
        people.begin_month(urn_world(balls, seed), draw, np.full(URNS, start + batch * draw))
        people.review()
        held = columns.subscription.reshape(URNS, size)
        balls = np.stack([(held == subscription_to(k, 0)).sum(axis=1) for k in range(K)], axis=1).astype(
            float
        )
        yield balls


def last(steps: Iterator[np.ndarray]) -> np.ndarray:
    """Return the last of several arrays."""
    *_, end = steps
    return end


def urn_world(balls: np.ndarray, seed: int) -> np.record:
    """Return a world in which standing is the logarithm of an operator's share, and nothing else counts."""
    kind = world_type(URNS, K, 1, 1)
    tables: dict[str, Any] = {name: np.zeros(kind[name].shape) for name in FIELDS}
    log_share = np.log(balls / balls.sum(axis=1, keepdims=True))
    tables["standing"] = np.stack([log_share, np.full_like(log_share, -np.inf)], axis=2)
    tables |= {"price_sensitivity": np.ones(URNS), "operator_stream": np.arange(K)}
    tables |= {"seed": np.uint64(seed), "wallet_bit": 2, "dissimilarity": 1.0}
    return make_world(kind, **tables)


def composition_checks(balls: np.ndarray) -> list[Check]:
    """Return urns (U, K) after `DRAWS` single balls against the uniform law over compositions."""
    drawn = (balls - 1).astype(int)
    found = np.bincount(drawn[:, 0] * (DRAWS + 1) + drawn[:, 1], minlength=(DRAWS + 1) ** 2)
    possible = np.array([a * (DRAWS + 1) + b for a in range(DRAWS + 1) for b in range(DRAWS + 1 - a)])
    of_one = stats.betabinom(DRAWS, 1, K - 1).pmf(np.arange(DRAWS + 1)) * len(drawn)
    by_colour = [
        stats.chisquare(np.bincount(drawn[:, k], minlength=DRAWS + 1), of_one).pvalue for k in range(K)
    ]
    what = f"{len(possible)} compositions after {DRAWS} draws, equally likely"
    return [
        exact("balls drawn from each urn", DRAWS, float(drawn.sum(axis=1).mean())),
        unsurprising(what, [stats.chisquare(found[possible]).pvalue]),
        unsurprising("balls of a colour, beta-binomial (1, 2)", by_colour),
    ]


def batch_checks(path: np.ndarray) -> list[Check]:
    """Return urns (steps, U, K) of batches: shares stay where they are on average, and how they spread.

    Given share x of n balls, a batch of m leaves `E[x'(1 - x')] = x (1 - x) (1 - m / (n + m)^2)`.
    """
    share = path / path.sum(axis=2, keepdims=True)
    left = batch_variety()
    found = []
    for k in range(K):
        end = share[-1, :, k]
        found.append(averaged(f"mean share of colour {k + 1} after {BATCHES} batches", 1 / K, end, "urns"))
    for step in (1, BATCHES):
        what = f"E[x (1 - x)] after {step} batch{'es' * (step > 1)} of {BATCH}, mean over colours"
        found.append(averaged(what, left[step], (1.0 - (share[step] ** 2).sum(axis=1)) / K, "urns"))
    return found


def batch_variety() -> np.ndarray:
    """Return E[x(1 - x)] of a colour at the start and after each batch, (BATCHES + 1,)."""
    before = K + BATCH * np.arange(BATCHES)
    return (1 / K) * (1 - 1 / K) * np.append(1.0, np.cumprod(1.0 - BATCH / (before + BATCH) ** 2))


# ---- figures --------------------------------------------------------------------------------------


def single_panel(balls: np.ndarray) -> Panel:
    """Return how many urns drew a colour how often, against the beta-binomial law."""
    times = np.arange(DRAWS + 1)
    expected = stats.betabinom(DRAWS, 1, K - 1).pmf(times)
    found = np.bincount(balls[:, 0].astype(int) - 1, minlength=DRAWS + 1) / len(balls)
    error = np.sqrt(expected * (1 - expected) / len(balls))
    series = (line("beta-binomial (1, 2)", times, expected), dots("urns", times, found, error))
    return Panel(f"{DRAWS} draws of one ball", "balls of one colour drawn", "share of urns", series)


def batch_panel(path: np.ndarray) -> Panel:
    """Return how variety falls over batches."""
    share = path / path.sum(axis=2, keepdims=True)
    variety = (1.0 - (share**2).sum(axis=2)) / K  # (steps, U)
    step, error = np.arange(BATCHES + 1), variety.std(axis=1) / np.sqrt(URNS)
    series = (line("theory", step, batch_variety()), dots("urns", step, variety.mean(axis=1), error))
    return Panel(f"Batches of {BATCH}", "batches", "E[x (1 - x)]", series)


CASE = Case(
    "urns",
    "Polya urn and Arthur's lock-in",
    "standing ln(share): all compositions are equally likely, shares a martingale; standing K * share with "
    "large K: the leader gets all entrants unless a laggard's advantage exceeds K times the gap",
    "Polya and Eggenberger (1923); W. B. Arthur, Economic Journal 99 (1989)",
    run,
)

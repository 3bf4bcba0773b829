"""Increasing returns: Polya's urn, and Arthur's lock-in where shocks do not matter.

An urn is a province of the model: each line that enters chooses an operator by the model's own choice.
Where an operator's standing is the logarithm of its share, it is chosen with a probability equal to its
share: Polya's urn. Where standing is a large multiple of the share, the leader gets every entrant, and an
operator that people like better for itself overtakes only if its advantage is larger than the leader's head
start: W. B. Arthur, "Competing technologies, increasing returns, and lock-in by historical events", Economic
Journal 99 (1989).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from agents.choice import subscription_to
from agents.population import Population
from agents.world import FIELDS, make_world, world_type
from experiments.verification.bare import bare_market, operator_shares
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
from model import census
from model.market import MobileMarket

URNS, K = 250, 3  # urns are provinces, whose codes are below 256; colours are operators
DRAWS, ROUNDS = 12, 40  # one ball a draw: 91 compositions, 10,000 urns
BATCH, BATCHES = 5, 40  # balls drawn together
CONSUMERS, MONTHS = 60_000, 60
PULL = 1000.0  # utils for a share of 1
WIDEST = 33 * np.log(2) + np.log(33 * np.log(2))  # utils: no two shocks of 32-bit draws lie farther apart
CHEAPER = 300.0  # RMB a month, at 1 util per RMB: the laggard's advantage of its own


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
    people = Population(np.full(URNS, size), range(URNS), 0.0, 0.0, seed)
    columns = people.columns
    people.settle(urn_world(np.ones((URNS, K)), seed), np.full(URNS, start), np.full((URNS, K), 1.0 / K))
    first = np.flatnonzero(columns.subscription)
    columns.subscription[first] = np.tile(subscription_to(np.arange(K), 0), URNS)
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


# ---- Arthur's lock-in -----------------------------------------------------------------------------


class LockIn(NamedTuple):
    """A market in which only entrants choose, in rows.

    Attributes
    ----------
    rows : (T + 1, G, K) rows with each operator
    entered : (T + 1, G) rows in use
    lead : (G, K) utils, what an entrant of the first month sees in each operator, shocks aside
    national : (K,) shares of rows in use at the end
    """

    rows: np.ndarray
    entered: np.ndarray
    lead: np.ndarray
    national: np.ndarray


def locked_market(seed: int, shares: np.ndarray, price: np.ndarray) -> LockIn:
    """Return a market where the share of last month's lines decides, from given shares (G, K) on."""
    market = bare_market(
        CONSUMERS,
        MONTHS,
        seed,
        price=price,
        review_hazard=0.0,
        installed_base=PULL,
        price_sensitivity=1.0,
    )
    hand_out(market, shares)
    rows = [market.lines / market.scale[:, None]]
    lead = PULL * rows[0] / rows[0].sum(axis=1, keepdims=True) - price[:, 0]
    while market.running:
        market.step()
        rows.append(market.lines / market.scale[:, None])
    path = np.rint(np.array(rows))
    return LockIn(path, market.entered_path[:, : MONTHS + 1].T, lead, operator_shares(market))


def hand_out(market: MobileMarket, shares: np.ndarray) -> None:
    """Give every province's lines in use to operators by shares (G, K), to the nearest row, without luck."""
    people = market.population
    for g, share in enumerate(shares):
        rows = people.places.start[g] + np.flatnonzero(
            people.columns.subscription[people.places.start[g] : people.places.start[g + 1]]
        )
        ends = np.rint(np.cumsum(share) * len(rows)).astype(int)
        holder = np.searchsorted(ends, np.arange(len(rows)), side="right")
        people.columns.subscription[rows] = subscription_to(np.minimum(holder, K - 1), 0)
    census.count_people(market)


def leaders_market(seed: int) -> LockIn:
    """Return a market whose provinces begin with different leaders, at equal prices."""
    shares = np.stack([np.roll([0.45, 0.3, 0.25], g) for g in range(31)])
    return locked_market(seed, shares, np.full((K, 2), 50.0))


def barrier_market(seed: int) -> LockIn:
    """Return a market whose laggard is cheaper; the leader has another head start in each province."""
    gap = np.append(np.linspace(0.02, 0.25, 15), np.linspace(0.35, 0.6, 16))
    shares = np.stack([0.45 + gap / 2, np.full(31, 0.1), 0.45 - gap / 2], axis=1)
    price = np.full((K, 2), 50.0 + CHEAPER)
    price[2] = 50.0
    return locked_market(seed, shares, price)


def lock_in_checks(name: str, found: LockIn) -> list[Check]:
    """Return every row of every month against the formula: the winner gets all entrants, others none."""
    winner = np.eye(K)[found.lead.argmax(axis=1)]  # (G, K)
    path = found.rows[0] + winner * (found.entered - found.entered[0])[:, :, None]
    sure = np.sort(found.lead, axis=1)
    unsure = int((sure[:, -1] - sure[:, -2] <= WIDEST).sum())
    share = path[-1].sum(axis=0) / path[-1].sum()
    cells = f"{path.size:,} counts"
    return [
        exact(f"{name}: provinces where a shock could decide", 0, unsure),
        exact(
            f"{name}: rows elsewhere than the formula says", 0, np.abs(path - found.rows).sum(), basis=cells
        ),
        exact(f"{name}: first operator's share of rows at the end", share[0], found.national[0]),
    ]


def overtakers(found: LockIn) -> Check:
    """Return the number of provinces in which the laggard's advantage beats the leader's head start."""
    gap = (found.rows[0, :, 0] - found.rows[0, :, 2]) / found.rows[0].sum(axis=1)
    taken = int((gained(found)[:, 2] > 0.5).sum())
    expected = int((PULL * gap < CHEAPER).sum())
    return exact("barrier: provinces in which the laggard gets the entrants", expected, taken)


def gained(found: LockIn) -> np.ndarray:
    """Return each operator's part of all entrants by province (G, K)."""
    return (found.rows[-1] - found.rows[0]) / (found.entered[-1] - found.entered[0])[:, None]


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


def paths_panel(found: LockIn) -> Panel:
    """Return the leader's share in three provinces, formula and market."""
    month, series = np.arange(MONTHS + 1), []
    for g in (0, 18, 25):
        leader = int(found.lead[g].argmax())
        formula = found.rows[0, g, leader] + found.entered[:, g] - found.entered[0, g]
        series.append(line(f"formula, province {g + 1}", month, formula / found.entered[:, g]))
        seen = found.rows[::6, g, leader] / found.entered[::6, g]
        series.append(dots(f"market, province {g + 1}", month[::6], seen))
    return Panel("The leader takes all entrants", "month", "leader's share", tuple(series))


def barrier_panel(found: LockIn) -> Panel:
    """Return who gets the entrants against the leader's head start."""
    gap = PULL * (found.rows[0, :, 0] - found.rows[0, :, 2]) / found.rows[0].sum(axis=1)
    step = (line("barrier", [0, CHEAPER, CHEAPER, gap.max()], [1, 1, 0, 0]),)
    title = f"A laggard preferred by {CHEAPER:g} utils"
    series = (*step, dots("market, by province", gap, gained(found)[:, 2]))
    return Panel(title, "leader's head start, utils", "laggard's part of entrants", series)


CASE = Case(
    "urns",
    "Polya urn and Arthur's lock-in",
    "standing ln(share): all compositions are equally likely, shares a martingale; standing K * share with "
    "large K: the leader gets all entrants unless a laggard's advantage exceeds K times the gap",
    "Polya and Eggenberger (1923); W. B. Arthur, Economic Journal 99 (1989)",
    run,
)

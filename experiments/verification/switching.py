"""Limiting case 3: where leaving costs sigma and everybody reviews, a line is a Markov chain.

From operator k one stays with weight exp(v[k]) and goes to l with weight exp(v[l] - sigma). The chain is
reversible, which gives its stationary law in closed form, and between n equals a share
(n - 1) e^-sigma / (1 + (n - 1) e^-sigma) leaves every month.

Lines are independent of each other, so counts of lines in one month are binomial, however long luck lasts
within a line; and since a month's move depends on nothing but the operator one is with, so are the moves
pooled over months, given how often lines were with each operator [Billingsley1961]. Lines that come into
use have nobody to leave and choose by another law: only those in use at the start are followed.

[Billingsley1961] P. Billingsley, "Statistical methods in Markov chains", Annals of Mathematical
Statistics 32(1).
"""

import math

import numpy as np

from experiments.verification.bare import bare_market, operator_shares, rows_in_use, seeds_for
from experiments.verification.checks import Case, Check, Findings, Panel, counted, dots, line
from experiments.wording import name_actor
from model.market import MobileMarket
from model.schemas import OPERATORS

STANDING = np.array([0.0, -0.5, -0.9])  # utils; prices are equal and cancel
FORGETFUL, STICKY = (0.5, 1.0, 2.0), (3.0,)  # switching costs, utils
ROWS, MONTHS = 50_000, 30
ALL_WITH_THE_LAST = np.array([0.0, 0.0, 1.0])
EQUAL_COSTS, EQUAL_ROWS, EQUAL_MONTHS = (0.5, 2.0, 4.0), 40_000, 12


def chain(sigma: float) -> np.ndarray:
    """Return the probabilities (K, K) of going from one operator to another within a month."""
    weight = np.exp(STANDING - sigma * (1 - np.eye(3)))
    return weight / weight.sum(axis=1, keepdims=True)


def stationary(sigma: float) -> np.ndarray:
    """Return the chain's stationary law (K,): pi[k] is proportional to exp(v[k]) Z[k]."""
    stays = np.exp(STANDING)
    weight = stays * (stays + math.exp(-sigma) * (stays.sum() - stays))
    return weight / weight.sum()


def churn_between_equals(sigma: float, n: int = 3) -> float:
    """Return the share that leaves every month where operators are alike."""
    return (n - 1) * math.exp(-sigma) / (1 + (n - 1) * math.exp(-sigma))


def followed(market: MobileMarket) -> tuple[np.ndarray, np.ndarray, int]:
    """Run a market; return lines' shares (T, K), their moves (K, K), and how many lines were followed."""
    there = rows_in_use(market)
    columns = market.population.columns
    shares, moves = [operator_shares(market, there)], np.zeros((market.K, market.K))
    while market.running:
        market.step()
        before, now = ((held[there] - 1) // 2 for held in (columns.subscription_before, columns.subscription))
        moves += np.bincount(before * market.K + now, minlength=market.K**2).reshape(moves.shape)
        shares.append(operator_shares(market, there))
    return np.array(shares), moves, int(there.sum())


def agree(sigma: float, shares: np.ndarray, moves: np.ndarray, lines: int) -> list[Check]:
    """Return the checks of the stationary shares and of every move."""
    label = f"sigma = {sigma:g}"
    checks = [
        counted(f"stationary share of {name}, {label}", p, found * lines, lines, "lines")
        for name, p, found in zip(OPERATORS, stationary(sigma), shares[-1], strict=True)
    ]
    for k, one in enumerate(OPERATORS):
        for to, other in enumerate(OPERATORS):
            what = f"from {one} to {other}, {label}"
            trials = float(moves[k].sum())
            checks.append(counted(what, float(chain(sigma)[k, to]), float(moves[k, to]), trials, "moves"))
    return checks


def unequal(seed: int) -> tuple[list[Check], list[Panel]]:
    """Check chains of unequal operators: from far away where they forget soon, else from where they rest."""
    checks, ends, path = [], [], np.empty(0)
    costs = FORGETFUL + STICKY
    for sigma, s in zip(costs, seeds_for(seed, 0, len(costs)), strict=True):
        start = ALL_WITH_THE_LAST if sigma in FORGETFUL else stationary(sigma)
        market = bare_market(ROWS, MONTHS, s, standing=STANDING, switching_cost=sigma, start=start)
        shares, moves, lines = followed(market)
        checks += agree(sigma, shares, moves, lines)
        ends.append(shares[-1])
        path = shares if sigma == FORGETFUL[-1] else path
    return checks, [the_path(path, lines), the_rest(np.array(costs), np.array(ends), lines)]


def the_path(shares: np.ndarray, lines: int) -> Panel:
    """Return the panel of the way from one operator to the stationary law."""
    step = chain(FORGETFUL[-1])
    theory = np.array([ALL_WITH_THE_LAST @ np.linalg.matrix_power(step, t) for t in range(MONTHS + 1)])
    error = np.sqrt(theory * (1 - theory) / lines)
    months, drawn = np.arange(MONTHS + 1), []
    for k, name in enumerate(OPERATORS):
        drawn += [line(name_actor(name), months, theory[:, k])]
        drawn += [dots(name_actor(name), months, shares[:, k], error[:, k])]
    return Panel(f"From one operator, sigma = {FORGETFUL[-1]:g}", "month", "share of lines", tuple(drawn))


def the_rest(costs: np.ndarray, ends: np.ndarray, lines: int) -> Panel:
    """Return the panel of stationary shares against the switching cost."""
    fine = np.linspace(0, costs.max() + 0.5, 100)
    theory = np.array([stationary(sigma) for sigma in fine])
    drawn = []
    for k, name in enumerate(OPERATORS):
        error = np.sqrt(ends[:, k] * (1 - ends[:, k]) / lines)
        drawn += [line(name_actor(name), fine, theory[:, k])]
        drawn += [dots(name_actor(name), costs, ends[:, k], error)]
    return Panel("Stationary shares", "switching cost, utils", "share of lines", tuple(drawn))


def equals(seed: int) -> tuple[list[Check], Panel]:
    """Check churn between equals, as the market's own table reports it."""
    checks, found = [], []
    for sigma, s in zip(EQUAL_COSTS, seeds_for(seed, 1, len(EQUAL_COSTS)), strict=True):
        market = bare_market(EQUAL_ROWS, EQUAL_MONTHS, s, switching_cost=sigma).run()
        table = market.recorder.table("operators", "national")
        at_start = market.entered_path[:, :-1].sum()
        lines = np.append(market.lines_at_start.sum(), table.groupby("month")["lines"].sum().to_numpy()[:-1])
        churn = float(table["left"].sum() / lines.sum())
        p = churn_between_equals(sigma)
        check = counted(
            f"churn between equals, sigma = {sigma:g}", p, churn * at_start, at_start, "line-months"
        )
        checks.append(check)
        found.append((churn, check.error))
    fine = np.linspace(0, 5, 100)
    churns, errors = zip(*found, strict=True)
    theory = line("2 e^-sigma / (1 + 2 e^-sigma)", fine, [churn_between_equals(x) for x in fine])
    drawn = (theory, dots("market", EQUAL_COSTS, churns, errors))
    return checks, Panel("Three equal operators", "switching cost, utils", "churn a month", drawn)


def run(seed: int) -> Findings:
    """Drive the market to a chain of independent lines and compare."""
    checks, panels = unequal(seed)
    churn, panel = equals(seed)
    return Findings((*checks, *churn), (*panels, panel))


CASE = Case(
    key="switching",
    title="Switching-cost chain",
    theory="pi[k] ~ exp(v[k]) (exp(v[k]) + e^-sigma sum over others);  churn 2 e^-sigma / (1 + 2 e^-sigma)",
    source="Klemperer (1995) on switching costs; reversible Markov chains: Kelly (1979), ch. 1",
    run=run,
)

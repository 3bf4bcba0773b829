"""Limiting case 4: three operators, each worth K times its share: tipping and hysteresis.

The market's `installed_base` is K, the share is that of last month's lines of the province, and everybody
reviews every month without any cost, so a province is a system of its own and those who take up a line
choose by the same law as all others: they change nothing but the number of lines.

Four things are measured. *Where the leader's share stands still*: two short runs on either side of K(s)
from a share s, fold and unstable branch included. *Growth of small deviations* from symmetric shares,
which passes 1 at K = 3. *Runs at fixed K*: below the fold a tipped start decays, at 2.8 it lasts and so do
symmetric shares, at 3.3 a small lead tips. (Nearer to 3 the luck of a few thousand rows carries provinces
over the unstable branch.) *A sweep* of K up and down again, changed between months, twenty years long with
the state carried from market to market. That is still too fast to follow: near the thresholds a state
takes years to go. So the sweep is held against the same sweep of the multinomial chain, not against
the thresholds; that its loop is more than delay is what the runs at fixed K show.

Contacts are another matter (`same_operator` = K instead; information from single runs of 50,000 rows, no
check). Somebody who counts a handful of contacts sees a share with luck in it, which blunts K, and
ties along the ring let districts differ: from a lead of 0.65 the large provinces' shares decay at K = 2.9,
where those of the whole province's share tip, and hold at 3.3; from a lead of 0.4 they hardly move within
three years at 3.3 and only half tip at 4. With all ties rewired they tip at 4 as one.
Theory: `network_theory`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.verification.bare import bare_market, seeds_for
from experiments.verification.checks import STANDARD_ERRORS, Case, Check, Findings, Panel, dots, line
from experiments.verification.network_theory import (
    chosen,
    drawn_paths,
    fold,
    jumps,
    leading,
    response,
    still,
    tipped,
)
from model.market import MobileMarket

LARGEST = 8  # provinces looked at one by one: the others are too small to keep a state
DRAWS = 400  # of the multinomial chain

STANDING_STILL, APART, STILL_ROWS = (0.45, fold()[0], 0.7, 0.8), 0.1, 100_000
GROWTH_AT, GROWTH_ROWS, GROWTH_MONTHS, GROWTH_RUNS = (0.5, 2.4, 3.0, 3.3), 15_000, 8, 7
FIXED = ((2.65, 0.65), (2.8, 1 / 3), (2.8, 0.65), (3.2, 0.65), (3.3, 0.4))  # K, and where the leader starts
FIXED_ROWS, FIXED_MONTHS, SETTLED = 50_000, 36, 12
LOWEST, HIGHEST, SWEEP_ROWS = 2.4, 3.7, 50_000
SWEEP_MONTHS, MARKETS = 60, 2  # each way: the longest run, one after another


def shares_by_province(market: MobileMarket) -> np.ndarray:
    """Return the operators' shares of each province's lines (G, K)."""
    return market.lines / market.lines.sum(axis=1, keepdims=True)


def followed(market: MobileMarket, path: np.ndarray) -> np.ndarray:
    """Run a market with K changed from month to month; return its provinces' shares (T, G, 3)."""
    shares = [shares_by_province(market)]
    for K in path[1:]:
        market.appeal["installed_base"] = K
        market.step()
        shares.append(shares_by_province(market))
    return np.array(shares)


def nation(market: MobileMarket) -> float:
    """Return the first operator's share of all lines."""
    return float(market.lines[:, 0].sum() / market.lines.sum())


def the_curve(seed: int) -> tuple[list[Check], list[tuple[float, float]]]:
    """Check at which K a leader's share stands still: between a K where it falls and one where it rises."""
    checks, found = [], []
    for part, s in enumerate(STANDING_STILL):
        drift = []
        for side, one in zip((-1, 1), seeds_for(seed, part, 2), strict=True):
            K = float(still(s)) + side * APART
            market = bare_market(STILL_ROWS, 1, one, installed_base=K, start=leading(s))
            before = nation(market)
            drift.append(nation(market.run()) - before)
        middle = float(still(s)) + APART * (drift[0] + drift[1]) / (drift[0] - drift[1])
        pull = 1.5 * still(s) * s * (1 - s)  # of this month's share on the next
        luck = s * (1 - s) * (1 + (pull - 1) ** 2) / STILL_ROWS
        error = float(np.sqrt(luck / 2) * 2 * APART / (drift[1] - drift[0]))
        at = "at the fold" if s == fold()[0] else f"at {s:g}"
        what = f"K at which a leader stands still {at}"
        basis = f"2 x {STILL_ROWS:,} choices"
        checks.append(Check(what, float(still(s)), middle, error, STANDARD_ERRORS, basis))
        found.append((middle, s))
    return checks, found


def the_growth(seed: int) -> tuple[list[Check], Panel]:
    """Check the monthly growth of small deviations from symmetric shares, K / 3, and where it passes 1.

    Given this month's deviation d, the next is K/3 d, what the map bends beyond its slope (taken off
    here: chance deviations are not small in a small province), and the scatter of n draws, 1/(3 n) each way.
    So the regression of one on the other, weighted by n, has the variance 1 / (3 sum n d^2).
    """
    found = []
    for part, K in enumerate(GROWTH_AT):
        answer = size = 0.0
        for one in seeds_for(seed, 10 + part, GROWTH_RUNS):
            market = bare_market(GROWTH_ROWS, GROWTH_MONTHS, one, installed_base=K, start=leading(1 / 3))
            shares = followed(market, np.full(GROWTH_MONTHS + 1, K))
            n, d = market.entered_path.T[1:, :, None], shares[:-1] - 1 / 3
            bend = chosen(K, shares[:-1]) - 1 / 3 - K / 3 * d
            answer += float((n * d * (shares[1:] - 1 / 3 - bend)).sum())
            size += float((n * d**2).sum())
        found.append((answer / size, 1 / np.sqrt(3 * size)))
    at, (rate, error) = np.array(GROWTH_AT), np.array(found).T
    basis = f"{GROWTH_RUNS} x {GROWTH_MONTHS} months x 31 provinces"
    checks = [
        Check(f"growth of deviations a month, K = {K:g}", K / 3, r, e, STANDARD_ERRORS, basis)
        for K, r, e in zip(at, rate, error, strict=True)
    ]
    weight = (at / error) ** 2
    slope, uncertain = (weight * rate / at).sum() / weight.sum(), 1 / np.sqrt(weight.sum())
    what = "K at which symmetric shares lose stability"
    checks.append(Check(what, 3.0, 1 / slope, uncertain / slope**2, STANDARD_ERRORS, basis))
    drawn = (line("K / 3", [0, 3.5], [0, 3.5 / 3]), dots("market", at, rate, error))
    return checks, Panel("Around symmetric shares", "K, utils", "growth of deviations a month", drawn)


def largest(market: MobileMarket) -> np.ndarray:
    """Return the provinces with most rows."""
    return np.argsort(-market.entered_path[:, -1], kind="stable")[:LARGEST]


def against(what: str, theory: np.ndarray, model: float) -> Check:
    """Return the check of a number against its law (R,), drawn from the multinomial chain."""
    basis = f"{len(theory)} draws of the multinomial chain"
    return Check(what, float(theory.mean()), model, float(theory.std()), STANDARD_ERRORS, basis)


def the_fixed(seed: int) -> tuple[list[Check], Panel]:
    """Check what lasts at fixed K: the leader's share in the median large province, and its settled level."""
    checks, drawn, months = [], [], np.arange(FIXED_MONTHS + 1)
    for (K, s), one in zip(FIXED, seeds_for(seed, 20, len(FIXED)), strict=True):
        market = bare_market(FIXED_ROWS, FIXED_MONTHS, one, installed_base=K, start=leading(s))
        where, path = largest(market), np.full(FIXED_MONTHS + 1, K)
        start = np.broadcast_to(leading(s), (DRAWS, LARGEST, 3))
        chain = drawn_paths(path, start, market.entered_path[where], np.random.default_rng([seed, 20]))
        theory = np.median(chain[..., 0], axis=2)
        found = np.median(followed(market, path)[:, where, 0], axis=1)
        label = f"leader's share, K = {K:g} from {s:.2g}"
        checks.append(against(f"{label}, after {FIXED_MONTHS} months", theory[-1], float(found[-1])))
        if s > 0.5 and fold()[1] < K:
            spread = float(theory[-SETTLED:].mean(axis=0).std())
            mean, basis = float(found[-SETTLED:].mean()), f"{LARGEST} provinces x {SETTLED} months"
            checks.append(Check(f"{label}, settled", tipped(K), mean, spread, STANDARD_ERRORS, basis))
        shares = [leading(s)]
        for _ in months[1:]:
            shares.append(chosen(K, shares[-1]))
        drawn += [line(f"K = {K:g} from {s:.2g}", months, np.array(shares)[:, 0])]
        drawn += [dots(f"K = {K:g} from {s:.2g}", months, found, theory.std(axis=1))]
    return checks, Panel("Both states last between 2.7456 and 3", "month", "leader's share", tuple(drawn))


@dataclass
class Sweep:
    """State of a sweep: shares (31, 3), those of the chain's draws (R, G, 3), and the fit of the response."""

    shares: np.ndarray
    draws: np.ndarray
    luck: np.random.Generator
    score: float = 0.0
    information: float = 0.0

    def along(self, path: np.ndarray, seeds: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Follow K by month over markets; return largest shares in large provinces (T, G) and (T, R, G)."""
        top, theory = [], []
        for number, one in enumerate(seeds):
            piece = path[number * SWEEP_MONTHS : (number + 1) * SWEEP_MONTHS + 1]
            market = bare_market(SWEEP_ROWS, SWEEP_MONTHS, one, start=self.shares)
            where = largest(market)
            shares = followed(market, piece)
            draws = drawn_paths(piece, self.draws, market.entered_path[where], self.luck)
            self.shares, self.draws = shares[-1], draws[-1]
            score, information = response(piece, shares, market.entered_path)
            self.score, self.information = self.score + score, self.information + information
            top.append(shares[1:, where].max(axis=2))
            theory.append(draws[1:].max(axis=3))
        return np.concatenate(top), np.concatenate(theory)


def the_sweep(seed: int) -> tuple[list[Check], list[tuple[str, np.ndarray, np.ndarray]]]:
    """Check where provinces tip as K rises and where they come back as it falls."""
    rising = np.linspace(LOWEST, HIGHEST, MARKETS * SWEEP_MONTHS + 1)
    even = 1 / 3
    sweep = Sweep(
        np.full((31, 3), even), np.full((DRAWS, LARGEST, 3), even), np.random.default_rng([seed, 30])
    )
    seeds = seeds_for(seed, 30, 2 * MARKETS)
    top_up, theory_up = sweep.along(rising, seeds[:MARKETS])
    top_down, theory_down = sweep.along(rising[::-1], seeds[MARKETS:])
    up, down = rising[1:], rising[-2::-1]
    rise, fall = jumps(up, theory_up, True).mean(axis=1), jumps(down, theory_down, False).mean(axis=1)
    found_up, found_down = (
        float(jumps(*way).mean()) for way in ((up, top_up, True), (down, top_down, False))
    )
    what, months = f"mean K at which the {LARGEST} largest provinces", 2 * MARKETS * SWEEP_MONTHS
    factor, error = 1 + sweep.score / sweep.information, sweep.information**-0.5
    basis = f"{months} months x 31 provinces"
    checks = [
        against(f"{what} tip, K rising", rise, found_up),
        against(f"{what} return, K falling", fall, found_down),
        against("width of the loop", rise - fall, found_up - found_down),
        Check("response to a share, over K", 1.0, factor, error, STANDARD_ERRORS, basis),
    ]
    return checks, [("up", up, top_up), ("down", down, top_down)]


def the_diagram(curve: list[tuple[float, float]], seen: list[Any]) -> Panel:
    """Return the bifurcation diagram with the sweep and the measured points of the curve."""
    corner = fold()[0]
    stable, unstable = np.linspace(corner, tipped(HIGHEST), 80), np.linspace(0.334, corner, 80)
    drawn = [
        line("symmetric, stable", [LOWEST, 3], [1 / 3, 1 / 3]),
        line("symmetric, unstable", [3, HIGHEST], [1 / 3, 1 / 3]),
        line("tipped, stable", still(stable), stable),
        line("tipped, unstable", still(unstable), unstable),
    ]
    K, s = np.array(curve).T
    drawn.append(dots("no drift in the market", K, s))
    for way, path, top in seen:
        mean, spread = top.mean(axis=1), top.std(axis=1, ddof=1) / np.sqrt(LARGEST)
        drawn.append(dots(f"market, K swept {way}", path[::4], mean[::4], spread[::4]))
    return Panel("Tipping and hysteresis", "K, utils", "largest share in a province", tuple(drawn))


def run(seed: int) -> Findings:
    """Drive the market to network effects alone and compare."""
    checks, curve = the_curve(seed)
    growth, growth_panel = the_growth(seed)
    fixed, fixed_panel = the_fixed(seed)
    sweep, seen = the_sweep(seed)
    panels = (the_diagram(curve, seen), growth_panel, fixed_panel)
    return Findings((*checks, *growth, *fixed, *sweep), panels)


CASE = Case(
    key="network_effects",
    title="Network-effect logit of three operators: tipping and hysteresis",
    theory="x' = softmax(K x): symmetric shares are stable below K = 3, tipped ones above 2.7456",
    source="Brock and Durlauf (2001); fold and growth factor worked out in network_theory.py",
    run=run,
)

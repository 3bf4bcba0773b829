"""Accounts that spread as Bass says: from the market's own months down to steps of no length.

Everybody is online, merchants do not pull and nobody partners, so the hazard of opening an account is linear
in the province's installed base. All start without an account.

Early luck multiplies: who opens an account today is imitated tomorrow. The error of a path is therefore not
the binomial one; it is either taken from the spread over seeds, or carried from month to month (`moments`),
and each month's openings are held against what the month before implies.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

from agents.columns import holding
from agents.platforms import adoption_hazard
from experiments.verification.bare import bare_market
from experiments.verification.checks import Case, Check, Findings, Panel, dots, exact, line, unsurprising
from model import census
from model.market import MobileMarket

P, Q = 0.01, 0.12  # a month: half of the people within two years, nearly all within five
CONSUMERS, MONTHS, SEEDS = 60_000, 60, 4
SHOWN = (6, 12, 24, 36, 60)
ERROR = f"luck carried from month to month, {SEEDS} runs"
LEAST_ROWS = 100  # in smaller provinces luck is too large for its first order
CURVES = ((0.01, 0.12), (0.03, 0.4), (0.05, 0.02))  # p and q of the limit of small steps


def run(seed: int) -> Findings:
    """Return the market's accounts against the difference equation, and small steps against the curve."""
    paths = [market_path(seed * SEEDS + luck) for luck in range(SEEDS)]
    steps = np.arange(MONTHS + 1)
    month = np.linspace(0, MONTHS, 200)
    national = np.mean([path.national[:, 0] for path in paths], axis=0)
    error = national_moments(paths[0].rows[:, :, 0], paths[0].scale)[1] / np.sqrt(SEEDS)
    panels = (
        Panel(
            "Accounts at Alipay",
            "month",
            "share of lines",
            (
                line("difference equation", steps, difference_equation(P, Q, MONTHS)),
                line("Bass's curve", month, bass_curve(month, P, Q)),
                dots("market", steps, national, error),
            ),
        ),
        small_steps_panel(),
    )
    of_market = (*national_checks(paths), peak_check(paths), monthly_check(paths), *provincial_checks(paths))
    return Findings((*of_market, *curve_checks()), panels)


# ---- the whole market -----------------------------------------------------------------------------


class Path(NamedTuple):
    """Accounts in one run, by month.

    Attributes
    ----------
    rows : (T + 1, G, 1) rows in use
    held : (T + 1, G, M) rows with an account at each platform
    scale : (G,) lines a row stands for
    national : (T + 1, M) share of the country's lines
    """

    rows: np.ndarray
    held: np.ndarray
    scale: np.ndarray
    national: np.ndarray


def market_path(seed: int) -> Path:
    """Return how accounts spread in a market where nobody reviews, pulls or partners."""
    market = bare_market(
        CONSUMERS,
        MONTHS,
        seed,
        review_hazard=0.0,
        adoption_spontaneous=P,
        adoption_imitation=Q,
        adoption_merchants=0.0,
        wallet_campaign=0.0,
        wallet_contacts=0.0,
    )
    market.online_path = np.ones_like(market.online_path)
    columns = market.population.columns
    columns.held[:] = holding(columns.subscription, 0)
    market.population.recount()
    census.count_people(market)
    seen = [counts(market)]
    while market.running:
        market.step()
        seen.append(counts(market))
    rows, held = (np.array(part) for part in zip(*seen, strict=True))
    people = market.scale[:, None]
    return Path(rows, held, market.scale, (held * people).sum(axis=1) / (rows * people).sum(axis=1))


def counts(market: MobileMarket) -> tuple[np.ndarray, np.ndarray]:
    """Return rows in use (G, 1) and rows with an account at each platform (G, M)."""
    scale = market.scale[:, None]
    return market.lines.sum(axis=1, keepdims=True) / scale, market.platform_accounts[:, : market.M] / scale


def difference_equation(p: float, q: float, months: int) -> np.ndarray:
    """Return Bass's `x' = x + (p + q x)(1 - x)` from 0, (T + 1,)."""
    x = np.zeros(months + 1)
    for t in range(months):
        x[t + 1] = x[t] + (p + q * x[t]) * (1.0 - x[t])
    return x


def moments(p: float, q: float, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of a province's share, (T + 1,) each, with `rows` (T + 1,) lines in use.

    A deviation is multiplied by the slope of the difference equation every month, thinned out by lines
    that enter (with accounts drawn at last month's share), and joined by the luck of the month's openings.
    The equation bends, so luck also lowers the mean: by q times the variance a month.
    """
    x, variance = np.zeros(len(rows)), np.zeros(len(rows))
    for t in range(len(rows) - 1):
        hazard = p + q * x[t]
        slope = 1.0 - hazard + q * (1.0 - x[t])
        newcomers = (rows[t + 1] - rows[t]) * x[t] * (1.0 - x[t]) * (1.0 - hazard) ** 2
        openings = rows[t + 1] * (1.0 - x[t]) * hazard * (1.0 - hazard)
        x[t + 1] = x[t] + hazard * (1.0 - x[t]) - q * variance[t]
        variance[t + 1] = slope**2 * variance[t] + (newcomers + openings) / rows[t + 1] ** 2
    return x, variance


def national_checks(paths: list[Path]) -> list[Check]:
    """Return the country's accounts month by month against the difference equation.

    At 60,000 rows the luck of small provinces lowers the plain equation by up to 0.2 % (`moments`); the
    spread that `provincial_checks` confirms gives the error of a mean over runs.
    """
    mean, error = national_moments(paths[0].rows[:, :, 0], paths[0].scale)
    error = error / np.sqrt(len(paths))
    shares = np.mean([path.national for path in paths], axis=0)  # (T + 1, M)
    shown = [("Alipay", 0, t) for t in SHOWN] + [("Tenpay", 1, 24), ("UnionPay online", 2, 24)]
    return [
        Check(f"share with {name} after {t} months", mean[t], shares[t, m], error[t], 4.0, ERROR)
        for name, m, t in shown
    ]


def national_moments(rows: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of the country's share (T + 1,); rows (T + 1, G), scale (G,)."""
    weight = rows * scale / (rows @ scale)[:, None]
    mean, variance = zip(*(moments(P, Q, of_province) for of_province in rows.T), strict=True)
    return (weight.T * mean).sum(axis=0), np.sqrt((weight.T**2 * variance).sum(axis=0))


def peak_check(paths: list[Path]) -> Check:
    """Return the month of most openings: when the share passes (q - p) / 2q, straight between month-ends.

    Monthly openings themselves are too level at their peak to tell its month; the share at which they peak
    follows from the equation.
    """
    mean, error = national_moments(paths[0].rows[:, :, 0], paths[0].scale)
    level = (Q - P) / (2 * Q)
    month = first_passage(mean, level)
    slope = np.interp(month, np.arange(MONTHS) + 0.5, np.diff(mean))
    late = float(np.interp(month, np.arange(MONTHS + 1), error) / slope / np.sqrt(len(paths)))
    found = first_passage(np.mean([path.national[:, 0] for path in paths], axis=0), level)
    return Check("month of most openings", month, found, late, 4.0, ERROR)


def first_passage(path: np.ndarray, level: float) -> float:
    """Return when a rising path (T + 1,) reaches a level, months, straight between month-ends."""
    return float(np.interp(level, path, np.arange(len(path))))


def monthly_check(paths: list[Path]) -> Check:
    """Return all accounts opened against what each month's start implies, province by province.

    Given the month before, an account comes by one binomial draw, so openings in excess of their expectation
    are a martingale difference: their sum over all months and provinces has a known variance.
    """
    excess = variance = 0.0
    for path in paths:
        rows, before, after = path.rows[1:, :, 0], path.held[:-1, :, 0], path.held[1:, :, 0]
        share = before / path.rows[:-1, :, 0]
        hazard = P + Q * share
        new = rows - path.rows[:-1, :, 0]
        without = rows - before - new * share  # entrants bring accounts as often as people have them
        excess += float((after - before - new * share - without * hazard).sum())
        spread = new * share * (1 - share) * (1 - hazard) ** 2 + without * hazard * (1 - hazard)
        variance += float(spread.sum())
    what = "accounts opened in excess of last month's hazard, standard errors"
    return Check(what, 0.0, excess / np.sqrt(variance), 1.0, 4.0, f"{MONTHS * len(paths)} months")


def provincial_checks(paths: list[Path]) -> list[Check]:
    """Return provinces half-way against the equation: mean and spread of their distance in own errors."""
    month, scores = 24, []
    for path in paths:
        for g in np.flatnonzero(path.rows[0, :, 0] >= LEAST_ROWS):
            rows = path.rows[: month + 1, g, 0]
            mean, variance = moments(P, Q, rows)
            scores.append((path.held[month, g, 0] / rows[-1] - mean[-1]) / np.sqrt(variance[-1]))
    n, squares = len(scores), float(np.square(scores).sum())
    what, basis = "provinces after 24 months: mean distance, own errors", f"{n} provinces and runs"
    return [
        Check(what, 0.0, float(np.mean(scores)), n**-0.5, 4.0, basis),
        unsurprising("provinces after 24 months: spread of the distance", [stats.chi2.sf(squares, n)]),
    ]


# ---- small steps ----------------------------------------------------------------------------------


def bass_curve(t: np.ndarray | float, p: float, q: float) -> np.ndarray:
    """Return Bass's share of adopters `F(t)`."""
    decay = np.exp(-(p + q) * np.asarray(t, float))
    return (1.0 - decay) / (1.0 + q / p * decay)


def by_steps(p: float, q: float, end: float, steps: int) -> np.ndarray:
    """Return adopters (steps + 1,) by the model's hazard, a step at a time."""
    users, path, dt = np.zeros(1), np.zeros(steps + 1), end / steps
    for i in range(steps):
        users = users + adoption_hazard(p * dt, q * dt, 0.0, users, users) * (1.0 - users)
        path[i + 1] = users[0]
    return path


def curve_checks() -> list[Check]:
    """Return the limit of small steps: value, order of convergence, time of the peak."""
    found = []
    for p, q in CURVES:
        name, end = f"p = {p}, q = {q}", 1.0 / (p + q)
        coarse, fine = (by_steps(p, q, end, steps)[-1] for steps in (2_000, 4_000))
        curve = float(bass_curve(end, p, q))
        order = np.log2((coarse - curve) / (fine - curve))
        found.append(exact(f"{name}: F(1 / (p + q)), extrapolated", curve, 2 * fine - coarse, 1e-7, "step"))
        found.append(exact(f"{name}: order of convergence", 1.0, order, 2e-3, "step"))
        if q > p:
            peak = np.log(q / p) / (p + q)
            found.append(exact(f"{name}: time of the peak, months", peak, peak_time(p, q), 1e-3, "step"))
    return found


def peak_time(p: float, q: float, steps: int = 8_000) -> float:
    """Return when most adopt, by the model's hazard in small steps; a parabola through the three highest."""
    end = 2.0 * np.log(q / p) / (p + q)
    rate = np.diff(by_steps(p, q, end, steps))
    top = int(rate.argmax())
    low, mid, high = rate[top - 1 : top + 2]
    return (top + 0.5 + 0.5 * (low - high) / (low - 2 * mid + high)) * end / steps


def small_steps_panel() -> Panel:
    """Return the largest error over the whole curve against the step."""
    p, q = CURVES[0]
    steps, end = np.array([60, 120, 240, 480, 960]), 60.0
    errors = [
        np.abs(by_steps(p, q, end, n) - bass_curve(np.linspace(0, end, n + 1), p, q)).max() for n in steps
    ]
    width = end / steps
    first_order = errors[-1] * width / width[-1]
    series = (line("first order", width, first_order), dots("model's hazard", width, errors))
    return Panel("Distance from Bass's curve", "step, months", "largest error", series, True, True)


CASE = Case(
    "bass",
    "Bass diffusion of accounts",
    "x' = x + (p + q x)(1 - x); in small steps F(t) = (1 - e^-(p+q)t) / (1 + (q/p) e^-(p+q)t), "
    "which is steepest at ln(q/p) / (p + q)",
    "F. Bass, Management Science 15 (1969)",
    run,
)

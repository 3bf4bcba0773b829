"""Nash bargaining: each side gets its disagreement point and its share of the surplus.

What the model's closed form says is held against an independent maximisation of the weighted Nash product
over the money that may pass from platform to operator. First at tables with random gains; then at every table
of a running market, where offers are noted as branches make them and terms are read from the deals in force.
"""

import numpy as np
from scipy.optimize import minimize_scalar

from agents.bargaining import Gains, bargain, bargained_transfer, platform_keeps
from agents.stances import Stance
from experiments.verification.checks import Case, Check, Findings, Panel, dots, exact, line
from experiments.verification.offers import Offer, market_offers
from model.parameters import Parameters

TABLES = 400  # with random gains
CONSUMERS, TALKS, RENEWED = 4_000, 5, 17  # rows; months that hold the first talks, and their renewal
CLOSE = 1e-6  # of the surplus: what a maximiser without derivatives can tell apart
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)

#: Markets whose deals are all checked: scenario, months and parameters.
MARKETS: dict[str, tuple[str, int, dict[str, float]]] = {
    "open": ("open", RENEWED, {}),
    "open, accounts worth much": ("open", TALKS, {"web_purchases_rmb": 1_500}),
    "exclusive": ("exclusive", RENEWED, {}),
    "exclusive, equal weights": ("exclusive", TALKS, {"bargaining_floor": 0.5, "bargaining_users": 0.0}),
}


def run(seed: int) -> Findings:
    """Return the splits of random tables and of whole markets against the Nash product's maximum."""
    offers = {
        name: market_offers(scenario, CONSUMERS, months, seed, **changes)
        for name, (scenario, months, changes) in MARKETS.items()
    }
    ladder = [
        market_offers("open", CONSUMERS, TALKS, seed, bargaining_floor=weight, bargaining_users=0.0)
        for weight in WEIGHTS
    ]
    checks = [*random_tables(seed), *ladder_checks(ladder)]
    for name, made in offers.items():
        checks += split_checks(name, made)
    for name in ("exclusive", "exclusive, equal weights"):
        checks += exclusivity_checks(name, offers[name])
    panels = (one_table_panel(), users_panel(offers["open"]), ladder_panel(ladder))
    return Findings(tuple(checks), panels)


# ---- theory ---------------------------------------------------------------------------------------


def nash_gain(gains: Gains, weight: float) -> float | None:
    """Return what the platform gains where the weighted Nash product is largest, None where nobody signs.

    Maximises (1 - weight) ln(operator) + weight ln(platform) over transfers within the fee terms that leave
    neither side below the status quo.
    """
    low = max(-gains.headroom, -gains.operator)
    high = min(gains.pool, gains.platform)
    if gains.operator + gains.platform <= 0 or low > high:
        return None
    return gains.platform - best_transfer(gains.operator, gains.platform, low, high, weight)


def best_transfer(first: float, second: float, low: float, high: float, weight: float) -> float:
    """Return the transfer in [low, high] from second to first that makes the Nash product largest."""
    least, most, width = first + low, second - high, high - low
    if width <= 1e-9 * (first + second):
        return 0.5 * (low + high)

    def lost(part: float) -> float:
        mine, yours = least + part * width, most + (1.0 - part) * width
        return -(1.0 - weight) * np.log(mine) - weight * np.log(yours)

    found = minimize_scalar(lost, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-10})
    return low + width * float(found.x)


# ---- tables with random gains ---------------------------------------------------------------------


def random_tables(seed: int) -> list[Check]:
    """Return the bargain over random gains, weights and fee bounds against the maximum."""
    luck = np.random.default_rng([seed, 7])
    apart, disputed = [], 0
    for _ in range(TABLES):
        operator, platform = luck.normal(40.0, 60.0, 2)
        gains = Gains(operator, platform, *luck.uniform(0.0, 120.0, 2))
        weight = float(luck.choice([0.0, luck.uniform(), 1.0], p=[0.1, 0.8, 0.1]))
        expected, terms = nash_gain(gains, weight), bargain(gains, weight)
        if expected is None or not terms.agreed:
            disputed += (expected is None) == bool(terms.agreed)
        else:
            apart.append(abs(platform_keeps(gains, terms) - expected) / gains.joint)
    return [
        largest("random tables: platform's part of the surplus", apart, "deals"),
        exact("random tables: signed here and refused there", 0, disputed, basis=f"{TABLES} tables"),
    ]


def largest(what: str, apart: list[float], of: str) -> Check:
    """Return the check of the largest of some distances, each as a share of what is divided."""
    basis = f"{len(apart)} {of}, maximiser's step"
    return Check(f"{what}, largest distance", 0.0, max(apart), CLOSE, 1.0, basis)


# ---- the tables of a market -----------------------------------------------------------------------


def split_checks(name: str, offers: list[Offer]) -> list[Check]:
    """Return the fees of all deals signed in a market against the Nash product's maximum."""
    apart, disputed, free = [], 0, []
    for offer in offers:
        expected = nash_gain(offer.gains, offer.weight)
        if any(rival.exclusive for rival in rivals_at(offers, offer)):
            disputed += offer.terms is not None  # shut out, whatever there is to gain
        elif expected is None or offer.terms is None:
            disputed += (expected is None) != (offer.terms is None)
        else:
            apart.append(abs(offer.kept - expected) / offer.gains.joint)
            free += [offer.kept / offer.gains.joint - offer.weight] if offer.in_reach else []
    beside, tables = max(abs(part) for part in free), f"{len(offers)} tables"
    return [
        largest(f"{name}: platform's part of the surplus", apart, "deals"),
        exact(f"{name}: signed where it should not be, or not where it should", 0, disputed, basis=tables),
        exact(
            f"{name}: part of the surplus less weight", 0, beside, basis=f"{len(free)} deals in reach of fees"
        ),
    ]


def ladder_checks(ladder: list[list[Offer]]) -> list[Check]:
    """Return what weights from 0 to 1 make of the same tables."""
    checks, kept = [], np.array([[offer.kept for offer in first_talks(offers)] for offers in ladder])
    for weight, offers in zip(WEIGHTS, ladder, strict=True):
        free = [offer.kept / offer.gains.joint for offer in first_talks(offers) if offer.in_reach]
        what, basis = (
            f"weight {weight:g}: platform's part of the surplus",
            f"{len(free)} deals in reach of fees",
        )
        checks.append(exact(what, weight, float(np.mean(free)), basis=basis))
    heavier = np.diff(kept, axis=0) / np.abs(kept).max()
    checks.append(exact("deals in which a heavier platform gets less", 0, int((heavier < -1e-12).sum())))
    return checks


def first_talks(offers: list[Offer]) -> list[Offer]:
    """Return the deals about the first platform met: the tables are the same whatever its weight."""
    first = min(offer.month for offer in offers)
    return [o for o in offers if o.terms is not None and o.month == first and o.deal[2] == 0]


def exclusivity_checks(name: str, offers: list[Offer]) -> list[Check]:
    """Return who signs exclusively and at what premium against a second bargain over what is added.

    Its disagreement point is the ordinary deal; the platform gives up what rivals' deals would bring it.
    """
    apart, wrong = [], 0
    for offer in offers:
        if offer.stance is not Stance.EXCLUSIVE or nash_gain(offer.gains, offer.weight) is None:
            continue
        rivals = rivals_at(offers, offer)
        forgone = sum(nash_gain(rival.gains, rival.weight) or 0.0 for rival in rivals)
        keeps = offer.gains.exclusivity
        wrong += offer.exclusive != (keeps > forgone)
        if offer.exclusive and offer.terms is not None:
            # The platform is the first side here: it is paid the premium and gives up what is forgone.
            best = best_transfer(-forgone, keeps, forgone, keeps, 1.0 - offer.weight)
            apart.append(abs(offer.terms[2] - best) / best)
    return [
        exact(f"{name}: exclusive where it adds nothing, or not where it does", 0, wrong),
        largest(f"{name}: premium", apart, "premiums"),
    ]


def rivals_at(offers: list[Offer], offer: Offer) -> list[Offer]:
    """Return the offers that rivals made to the same platform, there and then."""
    k, g, m = offer.deal
    return [o for o in offers if o.month == offer.month and o.deal[1:] == (g, m) and o.deal[0] != k]


# ---- figures --------------------------------------------------------------------------------------


def one_table_panel() -> Panel:
    """Return the transfer by weight at one table whose fees are too small at both ends."""
    gains = Gains(operator=60.0, platform=40.0, pool=30.0, headroom=45.0)
    weight = np.linspace(0.0, 1.0, 21)
    expected = [gains.platform - (nash_gain(gains, w) or 0.0) for w in weight]
    found = [bargained_transfer(gains, w) for w in weight]
    series = (line("largest Nash product", weight, expected), dots("model's bargain", weight, found))
    title = "One table: fees reach from -45 to 30"
    return Panel(title, "platform's bargaining weight", "transfer to operator, RMB", series)


def users_panel(offers: list[Offer]) -> Panel:
    """Return the platform's share of the surplus by its users, in the market."""
    free = [offer for offer in offers if offer.terms is not None and offer.in_reach]
    p = Parameters()
    users = np.array([offer.users for offer in free])
    ends = np.array([0.0, users.max()])
    series = (
        line("weight", ends, p.bargaining_floor + p.bargaining_users * ends),
        dots("deals in `open`", users, [offer.kept / offer.gains.joint for offer in free]),
    )
    title = "Deals of a market"
    return Panel(title, "platform's users, share of lines", "platform's share of surplus", series)


def ladder_panel(ladder: list[list[Offer]]) -> Panel:
    """Return what a platform keeps of all surplus, by its weight; fees bound it at the top."""
    expected, found = [], []
    for offers in ladder:
        tables = first_talks(offers)
        joint = sum(offer.gains.joint for offer in tables)
        expected.append(sum(nash_gain(offer.gains, offer.weight) or 0.0 for offer in tables) / joint)
        found.append(sum(offer.kept for offer in tables) / joint)
    series = (line("largest Nash product", WEIGHTS, expected), dots("deals in force", WEIGHTS, found))
    return Panel("All first deals", "platform's bargaining weight", "share of all surplus", series)


CASE = Case(
    "bargaining",
    "Nash bargaining and revenue sharing",
    "each side gets its disagreement point and its weight's share of the surplus, as far as the fees reach; "
    "an exclusive deal pays what is forgone and shares what is added",
    "J. Nash, Econometrica 18 (1950); Binmore, Rubinstein, Wolinsky, RAND J. Econ. 17 (1986)",
    run,
)

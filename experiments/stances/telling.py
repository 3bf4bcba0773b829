"""What a game of stances says, in words and on the terminal."""

from __future__ import annotations

import math

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table
from scipy.stats import binomtest

from experiments.stances.analysis import Analysis
from experiments.stances.draws import distinct_draws
from experiments.stances.findings import tell_welfare, worst_regrets
from experiments.stances.market_game import PAYOFF
from experiments.stances.settings import GameSettings
from experiments.wording import choose_scale, format_change, name_actor

RARELY = 0.2  # of resamples: a mixed equilibrium that fewer have is counted, not told


def tell(analysis: Analysis, settings: GameSettings) -> list[tuple[str, str]]:
    """Return what the game says: (about, sentence) each, the answer first."""
    told = [
        ("The answer", tell_equilibria(analysis, settings)),
        ("How sure", tell_certainty(analysis, settings)),
        ("By dominance", tell_dominance(analysis)),
    ]
    told += [("What a change costs", text) for text in tell_deviations(analysis)]
    if len(analysis.tables["risk_dominance"]):
        told.append(("Which equilibrium is safer", tell_selection(analysis)))
    mixed = tell_mixed(analysis)
    told += [("Mixed stances", mixed)] if mixed else []
    told.append(("The price of anarchy", tell_welfare(analysis)))
    told.append(("Imitation", tell_dynamics(analysis)))
    if "by_draw" in analysis.tables:
        told.append(("Over the draws", tell_draws(analysis)))
    return told


def full_name(analysis: Analysis, profile: int) -> str:
    """Return a profile with everybody's name: "China Mobile closed, China Unicom open/exclusive, ..."."""
    parts = analysis.labels[profile].split(", ")
    return ", ".join(f"{name_actor(p)} {s}" for p, s in zip(analysis.market.players, parts, strict=True))


def tell_equilibria(analysis: Analysis, settings: GameSettings) -> str:
    """Return which profiles are equilibria, or which may be."""
    names = [full_name(analysis, p) for p in analysis.equilibria]
    to = "" if settings.tolerance == 0 else f" (to {settings.tolerance:g} RMB)"
    if not analysis.settled.is_settled:
        open_ones = undecided(analysis)
        told = [
            f"{full_name(analysis, p)} (an equilibrium in {100 * chance:.0f} % of resamples)"
            for p, chance in open_ones
            if 0.0 < chance < 1.0
        ]
        rest = len(open_ones) - len(told)
        told += [f"{rest} more that no resample doubts but the tests do"] if rest else []
        doubtful = "; ".join(told)
        seen = f" As it stands: {'; '.join(names)}." if names else " As it stands: none in pure stances."
        return f"Undecided after {analysis.settled.samples.runs.sum():,} runs: {doubtful}.{seen}"
    if not names:
        return f"No equilibrium in pure stances{to}: from each profile somebody gains by moving alone."
    if len(names) == 1:
        return f"One equilibrium in pure stances{to}: {names[0]}."
    return f"{len(names)} equilibria in pure stances{to}: {'; '.join(names)}."


def undecided(analysis: Analysis) -> list[tuple[int, float]]:
    """Return the profiles luck has not settled, of those that are the same the first, with their chance."""
    verdict, chance = analysis.settled.verdict, analysis.resampled.chance
    each = analysis.settled.allowed / len(verdict.doubt)
    return [
        (p, float(chance[p]))
        for p in range(len(chance))
        if int(analysis.same[p]) == p and verdict.doubt[p] > each
    ]


def tell_certainty(analysis: Analysis, settings: GameSettings) -> str:
    """Return the chance that the set is wrong, and what it took."""
    settled = analysis.settled
    runs = settled.samples.runs
    spread = f"{runs.min()}" if runs.min() == runs.max() else f"{runs.min()} to {runs.max()}"
    looks = f"{settled.looks} look{'s' if settled.looks > 1 else ''}"
    effort = f"{runs.sum():,} runs, {spread} of each profile, {looks}"
    total = settled.verdict.total
    ties = tell_ties(analysis)
    if settled.is_settled:
        return (
            "Settled: the chance that anything is wrong in the list of equilibria was to stay below "
            f"{1 - settings.confidence:.3g}; the t tests it rests on add up to {_above(total)}, where this "
            f"look might spend {settled.allowed:.2g} ({effort}). They take means over "
            f"replications for normal.{ties}"
        )
    return (
        f"The budget of {settings.budget:,} runs ended before the list was settled: the t tests it rests on "
        f"add up to {_above(total)}, where {settled.allowed:.2g} was allowed ({effort}).{ties}"
    )


def tell_ties(analysis: Analysis) -> str:
    """Return on which ties equilibria rest, and how well those are known."""
    d = analysis.settled.samples.deviations
    rests = d.is_tie & analysis.settled.verdict.is_equilibrium[d.at]
    if not rests.any():
        return ""
    n = int(d.runs[rests].min())
    return (
        f" Where stances are joined by a slash they made no difference in any of {n} replications; in "
        f"up to {100 * (1 - 0.05 ** (1 / n)):.0f} % of all they may (95 %), which is not counted in."
    )


def _above(value: float) -> str:
    """Return a number that is not below a small one, with two digits."""
    if value >= 1.0:
        return "1 or more"
    if value < 1e-9:
        return "less than 1e-9"
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return f"{math.ceil(value / step) * step:.2g}"


def tell_dominance(analysis: Analysis) -> str:
    """Return which stances dominance leaves."""
    table, parts = analysis.tables["dominance"], []
    for player, rows in table.groupby("player", sort=False):
        left = rows[rows["survives"]]
        if len(left) == len(rows):
            parts.append(f"{name_actor(str(player))} loses none")
            continue
        names = " or ".join(left["strategy"])
        sure = float(left["chance_of_all"].iloc[0])
        parts.append(f"{name_actor(str(player))} keeps {names} (so in {100 * sure:.0f} % of resamples)")
    return f"Once stances that are always worse have gone, {'; '.join(parts)}."


def tell_deviations(analysis: Analysis) -> list[str]:
    """Return what the incumbent loses by leaving each equilibrium."""
    table, texts = analysis.tables["deviations"], []
    player = analysis.market.players[0]
    for p in analysis.equilibria:
        rows = table[(table["profile"] == p) & (table["player"] == player)]
        parts = []
        for row in rows.to_dict("records"):
            change, interval = format_change(row["gain"], row["low"], row["high"], "rmb")
            parts.append(f"{row['strategy']} {change} ({interval})")
        texts.append(
            f"At {analysis.labels[p]}, changing alone would bring {name_actor(player)}: {', '.join(parts)}."
        )
    return texts


def tell_selection(analysis: Analysis) -> str:
    """Return which of two equilibria is the safer."""
    parts = []
    for row in analysis.tables["risk_dominance"].to_dict("records"):
        if row["safer"] < 0:
            parts.append(f"neither of {row['label_a']} and {row['label_b']} is safer")
            continue
        safer, other = ("label_a", "label_b") if row["safer"] == row["a"] else ("label_b", "label_a")
        sure = f"in {100 * row['chance']:.0f} % of resamples"
        parts.append(f"{row[safer]} risk-dominates {row[other]} ({sure})")
    return "; ".join(parts) + "."


def tell_mixed(analysis: Analysis) -> str:
    """Return the equilibria in which somebody mixes, if there are any."""
    table = analysis.tables["equilibria"]
    mixed = table[table["kind"] == "mixed"]
    parts, fleeting = [], 0
    for _, rows in mixed.groupby("equilibrium"):
        if float(rows["chance"].iloc[0]) < RARELY:
            fleeting += 1
            continue
        by_player = []
        for player, some in rows[rows["probability"] > 0].groupby("player", sort=False):
            words = [f"{r['strategy']} ({r['probability']:.2f})" for r in some.to_dict("records")]
            by_player.append(f"{name_actor(str(player))} {' or '.join(words)}")
        chance = 100 * float(rows["chance"].iloc[0])
        parts.append(f"{', '.join(by_player)} (found in {chance:.0f} % of resamples)")
    if fleeting:
        parts.append(f"{fleeting} of the mean payoffs that fewer than {100 * RARELY:.0f} % of resamples have")
    return "" if not parts else "Equilibria in which somebody mixes: " + "; ".join(parts) + "."


def tell_dynamics(analysis: Analysis) -> str:
    """Return where imitation leads."""
    rows = analysis.tables["basins"].to_dict("records")
    top = [f"{100 * row['share']:.0f} % end at {row['label']}" for row in rows[:3]]
    table = analysis.tables["imitation"]
    last = table[table["strength"] == table["strength"].max()].sort_values("share").iloc[-1]
    return (
        f"Of {rows[0]['starts']} starts of the replicator dynamics, {', '.join(top)}. With rare mutants and "
        f"strong imitation the market spends {100 * last['share']:.0f} % of its time at {last['label']} "
        "(alpha-rank)."
    )


def tell_draws(analysis: Analysis) -> str:
    """Return in which share of the draws of the parameters each stance of the incumbent is in equilibrium."""
    n = int(analysis.settled.samples.runs.min())
    holds = analysis.holds(analysis.settled.samples.deviations.gains[:, :n].T).T
    first = np.array([profile[0] for profile in analysis.market.profiles])
    distinct, parts = distinct_draws(str(analysis.market.draws), n), []
    for s, name in enumerate(analysis.market.strategies[0]):
        count = int(holds[first == s].any(axis=0).sum())
        ends = binomtest(count, n).proportion_ci(0.95, "wilson")
        sure = f" ({100 * ends.low:.0f} to {100 * ends.high:.0f})" if distinct >= n else ""
        parts.append(f"{name} in {100 * count / n:.0f} %{sure}")
    none = 100 * (~holds.any(axis=0)).mean()
    who = name_actor(analysis.market.players[0])
    return (
        f"Taking the parameters for known and each run for what it is, luck included ({n} replications of "
        f"{distinct} draws), {who}'s stance in some equilibrium is "
        f"{', '.join(parts)} of them; {none:.0f} % have none in pure stances. The answer above is of "
        "expected payoffs: of players who do not know the draw."
    )


def payoff_rows(analysis: Analysis) -> Table:
    """Return the payoff table of all profiles for the terminal: differences from everybody closed, bn RMB."""
    market = analysis.market
    table = Table(title="Payoffs against everybody closed, bn RMB (95 % half-width)", title_justify="left")
    table.box, table.show_edge, table.caption_justify = SIMPLE_HEAD, False, "left"
    table.caption = "Bold: an equilibrium. Slash: these stances make no difference there, in any replication."
    names = [name_actor(player) for player in market.players]
    table.add_column(" / ".join(name.split()[-1] for name in names))
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("largest regret", justify="right", no_wrap=True)
    table.add_column("whose", no_wrap=True)
    table.add_column("equilibrium?", justify="right", no_wrap=True)
    payoffs = analysis.tables["payoffs"]
    payoffs = payoffs[payoffs["measure"] == PAYOFF].set_index(["profile", "actor"])
    for row in worst_regrets(analysis).sort_values("profile").to_dict("records"):
        cells = []
        for player in market.players:
            d = payoffs.loc[(row["profile"], player)]
            cells.append(_with_half(d["difference"], (d["high"] - d["low"]) / 2))
        regret = choose_scale("rmb", [1e9]).number(row["regret"]) if row["regret"] > 0 else "0"
        whose = name_actor(str(row["player"])) if row["regret"] > 0 else ""
        style = "bold" if row["is_equilibrium"] else None
        chance = f"{row['chance']:.3f}".rstrip("0").rstrip(".")
        table.add_row(escape(str(row["label"])), *cells, regret, whose, chance, style=style)
    return table


def _with_half(value: float, half: float) -> str:
    if value == 0 and half == 0:
        return "0"
    scale = choose_scale("rmb", [1e9])
    return f"{scale.number(value, signed=True)} ± {scale.number(half)}"

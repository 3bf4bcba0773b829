"""Money flows: who is better or worse off, and the payments that make it so."""

from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.inference import PairedDifference, paired_difference
from experiments.plots.style import GREY, INK, Picture, colour_of, draw_grid, set_margins
from experiments.wording import (
    choose_scale,
    format_change,
    is_decided,
    name_actor,
    name_difference,
    name_measure,
    name_scenario,
    start_sentence,
)

MOST_FLOWS = 12  # drawn one by one; the smaller ones are added up into one row
BILLION = 1e9


class Flow(NamedTuple):
    """Money from one party to another for one reason."""

    payer: str
    payee: str
    reason: str


class Bar(NamedTuple):
    """One row of a bar chart: its text, whose colour it has, and the difference it shows."""

    label: str
    colour: str
    found: PairedDifference


def draw_money_flows(ledger: pd.DataFrame, a: str, b: str) -> Picture:
    """Draw what each party takes in net under `a` less `b`, and the flows that changed most.

    Parameters
    ----------
    ledger : scenario, replication, payer, payee, reason, amount_rmb; any number of months
    a, b : names of two scenarios in it, with the same replications
    """
    parties = party_differences(ledger, a, b)
    net = [Bar(name_actor(key), colour_of(key), found) for key, found in parties.items()]
    flows = _flow_bars(ledger, a, b)
    rows = len(net) + len(flows)
    figure = Figure(figsize=(9.4, 2.4 + 0.29 * rows))
    upper, lower = figure.subplots(2, 1, height_ratios=[len(net), len(flows)])
    set_margins(figure, left=3.4, right=1.4, top=0.7, bottom=0.55, between=0.85)
    _draw_bars(upper, net, "What each ends up with: received less paid")
    _draw_bars(lower, flows, "Payments that change most, payer \N{RIGHTWARDS ARROW} payee")
    _write_levels(lower, flows, a, b)
    figure.suptitle(name_difference(a, b), x=0.01, y=0.99, ha="left", va="top", weight="bold")
    lower.set_xlabel("Difference over the run, bn RMB, with 95 % interval; bars have the payee's colour")
    return Picture(figure, _caption(parties, flows, a, b))


def flow_differences(ledger: pd.DataFrame, a: str, b: str) -> dict[Flow, PairedDifference]:
    """Return the paired difference of every flow's sum over the run, in RMB.

    A flow that one of the scenarios does not have counts as zero there.
    """
    sums = _sum_runs(ledger, a, b, ["payer", "payee", "reason"])
    return {Flow(*map(str, key)): _pair(row, a, b) for key, row in sums.iterrows()}  # type: ignore[call-overload]


def party_differences(ledger: pd.DataFrame, a: str, b: str) -> dict[str, PairedDifference]:
    """Return the paired difference of what each party received less what it paid, in RMB.

    Over all parties the means sum to zero: what one gains, others have paid. Largest gain first.
    """
    rows = ledger[["scenario", "replication", "payer", "payee", "amount_rmb"]]
    received = rows.rename(columns={"payee": "party"})
    paid = rows.rename(columns={"payer": "party"}).assign(amount_rmb=-rows["amount_rmb"])
    sums = _sum_runs(pd.concat([received, paid]), a, b, ["party"])
    found = {str(party): _pair(row, a, b) for party, row in sums.iterrows()}
    return dict(sorted(found.items(), key=lambda item: -item[1].mean))


def _sum_runs(rows: pd.DataFrame, a: str, b: str, keys: list[str]) -> pd.DataFrame:
    """Return sums of money with one row a key, one column a scenario and replication."""
    rows = rows[rows["scenario"].isin([a, b])]
    sums = rows.groupby([*keys, "scenario", "replication"], observed=True)["amount_rmb"].sum()
    return sums.unstack(["scenario", "replication"], fill_value=0)


def _pair(row: pd.Series, a: str, b: str) -> PairedDifference:
    return paired_difference(
        row[a].sort_index().to_numpy(dtype=float), row[b].sort_index().to_numpy(dtype=float)
    )


def _flow_bars(ledger: pd.DataFrame, a: str, b: str) -> list[Bar]:
    """Return the flows that changed most, largest first, and the sum of all others."""
    flows = flow_differences(ledger, a, b)
    changed = sorted(flows, key=lambda flow: -abs(flows[flow].mean))
    bars = [Bar(_spell_flow(flow), colour_of(flow.payee), flows[flow]) for flow in changed]
    if len(bars) <= MOST_FLOWS:
        return bars
    small = pd.MultiIndex.from_tuples(changed[MOST_FLOWS:])
    sums = _sum_runs(ledger, a, b, ["payer", "payee", "reason"]).loc[small].sum()
    rest = Bar(f"{len(small)} other flows together", GREY, _pair(sums, a, b))
    return [*bars[:MOST_FLOWS], rest]


def _spell_flow(flow: Flow) -> str:
    route = f"{name_actor(flow.payer)} \N{RIGHTWARDS ARROW} {name_actor(flow.payee)}"
    return f"{route}: {name_measure(flow.reason)}"


def _draw_bars(axes: Axes, bars: list[Bar], title: str) -> None:
    means = [bar.found.mean / BILLION for bar in bars]
    low = [(bar.found.mean - bar.found.low) / BILLION for bar in bars]
    high = [(bar.found.high - bar.found.mean) / BILLION for bar in bars]
    drawn = axes.barh(range(len(bars)), means, color=[bar.colour for bar in bars], height=0.66)
    axes.errorbar(
        means, range(len(bars)), xerr=[low, high], fmt="none", ecolor=INK, elinewidth=1.1, capsize=2
    )
    for patch, bar in zip(drawn, bars, strict=True):
        if not is_decided(bar.found.low, bar.found.high):
            patch.set_alpha(0.35)
        _write_beside(axes, patch.get_y() + patch.get_height() / 2, bar.found)
    axes.set_yticks(range(len(bars)), [start_sentence(bar.label) for bar in bars], color=INK)
    axes.set_ylim(len(bars) - 0.4, -0.6)  # first row on top
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.margins(x=0.2)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    draw_grid(axes, "x")
    axes.set_title(title)


def _write_beside(axes: Axes, height: float, found: PairedDifference) -> None:
    """Write the difference beyond the end of its interval, away from zero."""
    rightward = found.mean >= 0
    scale = choose_scale("rmb", [found.mean])
    axes.annotate(
        f"{scale.number(found.mean, signed=True)} {scale.name.removesuffix(' RMB')}",
        ((max(found.high, 0) if rightward else min(found.low, 0)) / BILLION, height),
        xytext=(4 if rightward else -4, 0),
        textcoords="offset points",
        ha="left" if rightward else "right",
        va="center",
        fontsize=8.5,
    )


def _write_levels(axes: Axes, bars: list[Bar], a: str, b: str) -> None:
    """Write, right of each bar, how large the flow is under either scenario, in bn RMB."""
    places = ((1.13, a), (1.28, b))
    for place, name in places:
        _write_right(axes, place, -0.75, name_scenario(name).replace(" ", "\n"), "bottom", GREY)
    for row, bar in enumerate(bars):
        for (place, _), mean in zip(places, (bar.found.mean_a, bar.found.mean_b), strict=True):
            _write_right(axes, place, row, f"{mean / BILLION:,.1f}", "center", INK)


def _write_right(axes: Axes, x: float, y: float, text: str, va: str, colour: str) -> None:
    axes.text(
        x,
        y,
        text,
        transform=axes.get_yaxis_transform(),
        ha="right",
        va=va,
        fontsize=8.5,
        color=colour,
    )


def _caption(parties: dict[str, PairedDifference], flows: list[Bar], a: str, b: str) -> str:
    decided = {key: row for key, row in parties.items() if is_decided(row.low, row.high)}
    if not decided:
        return f"Nobody's net position differs measurably between {name_scenario(a)} and {name_scenario(b)}."
    gainer, loser = (
        max(decided, key=lambda k: decided[k].mean),
        min(decided, key=lambda k: decided[k].mean),
    )
    said = []
    if decided[gainer].mean > 0:
        said.append(f"most is gained by {_say(gainer, decided[gainer])}")
    if decided[loser].mean < 0:
        said.append(f"most is lost by {_say(loser, decided[loser])}")
    return (
        f"Under {name_scenario(a)} rather than {name_scenario(b)}, {' and '.join(said)}. The "
        f"payment that changes most is {flows[0].label} ({_change(flows[0].found)[0]}). This is "
        "money only: what consumers get for it is in consumer surplus."
    )


def _say(party: str, found: PairedDifference) -> str:
    change, interval = _change(found)
    return f"{name_actor(party)}, {change} (95 % interval {interval})"


def _change(found: PairedDifference) -> tuple[str, str]:
    return format_change(found.mean, found.low, found.high, "rmb")

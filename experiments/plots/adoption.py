"""3G subscribers by operator over time, with the observed month-ends as dots."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from experiments.plots.style import (
    DASHED,
    GREY,
    INK,
    OPERATORS,
    SOLID,
    Band,
    Picture,
    colour_of,
    draw_band,
    draw_grid,
    label_ends,
    pivot_replications,
    set_margins,
    set_years,
    summarise,
)
from experiments.spacing import spread_apart
from experiments.wording import name_actor, name_scenario

MILLION = 1e6
FIT_ENDS = pd.Timestamp("2012-12-31")  # the quality parameters were set on the series up to here
LINES = (SOLID, DASHED)
FITTED = "#f4f1ea"  # behind the years fitted to
LOOK = ("Solid", "Dashed")
LETTER = 0.0145  # height of one letter of an event's name, as a share of the axes' height


def draw_adoption(
    national: pd.DataFrame,
    scenarios: Sequence[str],
    observed: pd.DataFrame,
    events: pd.DataFrame,
) -> Picture:
    """Draw modelled against observed 3G subscribers: each operator, and the total.

    Parameters
    ----------
    national : scenario, replication, date, operator, lines_3g (people)
    scenarios : one or two names; the first is drawn solid, the second dashed
    observed : date, operator, lines_3g_million; rows without a 3G figure are passed over
    events : date, event; drawn as thin lines on the operators' panel
    """
    figure = Figure(figsize=(9.4, 4.9))
    left, right = figure.subplots(1, 2, width_ratios=[1.9, 1.0], gridspec_kw={"wspace": 0.42})
    set_margins(figure, left=0.72, right=0.15, top=0.38, bottom=0.36)
    scenarios = tuple(dict.fromkeys(scenarios))
    runs = {name: national[national["scenario"] == name] for name in scenarios}
    known = observed.dropna(subset=["lines_3g_million"])
    dates = national["date"].unique()
    known = known[(known["date"] >= dates.min()) & (known["date"] <= dates.max())]
    bands = _draw_operators(left, runs, known, events)
    totals = _draw_total(right, runs, known)
    for axes in (left, right):
        set_years(axes, dates)
        _shade_fit(axes)
        draw_grid(axes)
    right.set_ylim(bottom=0)
    _explain(right, scenarios)
    return Picture(figure, _caption(scenarios[0], totals[scenarios[0]], known, bands))


def total_by_date(table: pd.DataFrame) -> pd.Series:
    """Return the observed total in million at the dates for which every operator is known."""
    wide = table.pivot_table(index="date", columns="operator", values="lines_3g_million")
    return wide.reindex(columns=list(OPERATORS)).dropna().sum(axis=1)


def _draw_operators(
    axes: Axes, runs: dict[str, pd.DataFrame], known: pd.DataFrame, events: pd.DataFrame
) -> dict[str, Band]:
    first: dict[str, Band] = {}
    top = 1.0  # nobody may be on 3G yet
    for operator in OPERATORS:
        for line, run in zip(LINES, runs.values(), strict=False):
            lines = pivot_replications(run[run["operator"] == operator], "lines_3g") / MILLION
            band = summarise(lines)
            draw_band(axes, band, colour_of(operator), line)
            first.setdefault(operator, band)
            top = max(top, float(band.high.max()))
        dots = known[known["operator"] == operator]
        _draw_dots(axes, dots["date"], dots["lines_3g_million"], colour_of(operator))
    highest = _highest(first, known)
    axes.set_ylim(0, 1.06 * max(float(highest.max()), top))
    label_ends(
        axes,
        {operator: float(band.mean[-1]) for operator, band in first.items()},
        {operator: name_actor(operator).replace(" ", "\n") for operator in OPERATORS},
        gap=0.095 * axes.get_ylim()[1],
    )
    _mark_events(axes, events, pd.DatetimeIndex(first[OPERATORS[0]].date), highest)
    axes.set_title("By operator")
    axes.set_ylabel("3G subscribers, million")
    return first


def _highest(bands: dict[str, Band], known: pd.DataFrame) -> pd.Series:
    """Return the largest value drawn by date, model or observed, in million."""
    drawn = [pd.Series(band.high, index=pd.DatetimeIndex(band.date)) for band in bands.values()]
    drawn.append(known.groupby("date")["lines_3g_million"].max())
    return pd.concat(drawn, axis=1).max(axis=1).sort_index()


def _draw_total(axes: Axes, runs: dict[str, pd.DataFrame], known: pd.DataFrame) -> dict[str, Band]:
    totals = {}
    for line, (name, run) in zip(LINES, runs.items(), strict=False):
        summed = run.groupby(["date", "replication"], observed=True)["lines_3g"].sum().unstack("replication")
        totals[name] = summarise(summed / MILLION)
        draw_band(axes, totals[name], INK, line)
    observed = total_by_date(known)
    _draw_dots(axes, observed.index, observed, INK)
    axes.set_title("All three together")
    axes.set_ylabel("3G subscribers, million")
    return totals


def _draw_dots(axes: Axes, date: object, million: object, colour: str) -> None:
    axes.plot(
        date,  # type: ignore[arg-type]
        million,  # type: ignore[arg-type]
        linestyle="none",
        marker="o",
        markersize=4.2,
        markerfacecolor=colour,
        markeredgecolor="white",
        markeredgewidth=0.6,
        zorder=3,
        clip_on=False,
    )


def _mark_events(axes: Axes, events: pd.DataFrame, dates: pd.DatetimeIndex, highest: pd.Series) -> None:
    """Write events along thin lines: from the top down where the data leave room, else upward.

    `highest` is the largest value drawn by date, in units of the y axis.
    """
    start = dates[0] - pd.offsets.MonthEnd(1)
    inside = events[(events["date"] > start) & (events["date"] < dates[-1])].sort_values("date")
    days = date2num(inside["date"])
    width = 0.026 * (date2num(dates[-1]) - date2num(start))  # of one line of text
    for day, place, name in zip(days, spread_apart(days, width), inside["event"], strict=True):
        below = highest[date2num(highest.index) <= day + 3 * width].max()
        high = bool(below / axes.get_ylim()[1] > 0.95 - LETTER * len(name))
        late = date2num(dates[-1]) - place < 1.5 * width
        axes.axvline(day, color=GREY, linewidth=0.6, linestyle=":", zorder=0)
        axes.text(
            place,
            0.02 if high else 0.985,
            name,
            transform=axes.get_xaxis_transform(),
            rotation=90,
            ha="right" if late else "left",
            va="bottom" if high else "top",
            fontsize=7.5,
            color=GREY,
            path_effects=[withStroke(linewidth=2.5, foreground=FITTED)],
        )


def _shade_fit(axes: Axes) -> None:
    start, end = axes.get_xlim()
    axes.axvspan(start, min(date2num(FIT_ENDS), end), color=FITTED, zorder=-1, linewidth=0)


def _explain(axes: Axes, scenarios: Sequence[str]) -> None:
    lines = [f"{LOOK[i]}: {name_scenario(name)}" for i, name in enumerate(scenarios)]
    model = lines if len(lines) > 1 else [f"Lines: model, {name_scenario(scenarios[0])}"]
    rows = ["Dots: observed month-ends", *model, "Shaded: years fitted to"]
    axes.text(
        0.05,
        0.97,
        "\n".join(rows),
        transform=axes.transAxes,
        va="top",
        fontsize=8.5,
        color=GREY,
        linespacing=1.5,
    )


def _caption(scenario: str, total: Band, known: pd.DataFrame, bands: dict[str, Band]) -> str:
    observed = total_by_date(known)
    model = pd.Series(total.mean, index=pd.DatetimeIndex(total.date)).reindex(observed.index)
    parts = []
    for what, inside in (
        ("in the years fitted to", observed.index <= FIT_ENDS),
        ("beyond them", observed.index > FIT_ENDS),
    ):
        if inside.any():
            date = observed.index[inside][-1]
            parts.append(
                f"at the end of {date:%B %Y} ({what}) the model has {model[date]:,.0f} million 3G "
                f"subscribers and the observed series {observed[date]:,.0f} million "
                f"({100 * (model[date] / observed[date] - 1):+.0f} %)"
            )
    ends = ", ".join(f"{name_actor(operator)} {bands[operator].mean[-1]:.0f}" for operator in OPERATORS)
    last = pd.Timestamp(total.date[-1])
    found = "; ".join(parts).replace("-", "\N{MINUS SIGN}") if parts else ""
    start = f"{name_scenario(scenario).capitalize()}: {found}; " if found else ""
    return f"{start}the run ends in {last:%B %Y} with, in million: {ends}."

"""Where imitation leads: replicator dynamics, and rare mutants at growing strength of imitation."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.plots.style import Picture, colour_of, draw_grid, set_margins
from experiments.spacing import spread_apart
from experiments.stances.analysis import Analysis
from experiments.wording import name_actor, start_sentence

DARK, BLUE, ORANGE = "#444444", "#56B4E9", "#E69F00"
SHADES = {"closed": DARK, "open": BLUE, "exclusive": ORANGE, "accepts": BLUE, "refuses": DARK}
MOST = 5  # profiles named


def draw_dynamics(analysis: Analysis) -> Picture:
    """Draw each strategy's share along the replicator dynamics, a panel a player."""
    table, players = analysis.tables["along_paths"], analysis.market.players
    figure = Figure(figsize=(9.6, 3.5))
    panels = figure.subplots(1, len(players), sharey=True)
    set_margins(figure, left=0.65, right=0.15, top=0.85, bottom=0.95)
    for axes, player in zip(panels, players, strict=True):
        for strategy, rows in table[table["player"] == player].groupby("strategy", sort=False):
            colour = SHADES[str(strategy)]
            later = rows[rows["time"] > 0]
            axes.fill_between(later["time"], later["low"], later["high"], color=colour, alpha=0.16, lw=0)
            axes.plot(later["time"], later["mean"], color=colour, lw=2.0, label=str(strategy))
        axes.set_xscale("log")
        axes.set_ylim(-0.02, 1.02)
        axes.set_title(name_actor(player), color=colour_of(player), fontsize=10)
        axes.set_xlabel("time")
        draw_grid(axes)
    panels[0].set_ylabel("share")
    lines = {line.get_label(): line for axes in panels for line in axes.lines}
    figure.legend(handles=list(lines.values()), loc="lower left", ncols=5, fontsize=8.5)
    figure.suptitle("Where imitation of success leads", x=0.01, y=0.98, ha="left", weight="bold", size=11)
    return Picture(figure, _where(analysis))


def _where(analysis: Analysis) -> str:
    rows = analysis.tables["basins"].to_dict("records")
    parts = [
        f"{100 * row['share']:.0f} % of starts end at {row['label']} ({100 * row['low']:.0f} to "
        f"{100 * row['high']:.0f} %)"
        for row in rows[:3]
    ]
    return (
        f"Replicator dynamics, {rows[0]['starts']} starts drawn uniformly; lines are means, bands hold 90 %. "
        + "; ".join(parts)
        + "."
    )


def draw_imitation(analysis: Analysis) -> Picture:
    """Draw alpha-rank's share of time in the profiles that ever matter, along the strength of imitation."""
    table = analysis.tables["imitation"]
    wide = table.pivot(index="strength", columns="label", values="share")
    top = wide.max().sort_values(ascending=False).index[:MOST]
    figure = Figure(figsize=(8.6, 3.6))
    axes = figure.subplots()
    set_margins(figure, left=0.65, right=3.0, top=0.45, bottom=0.6)
    palette = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B79B00")
    ends = spread_apart([float(wide[label].iloc[-1]) for label in top], 0.075)
    for label, colour, height in zip(top, palette, ends, strict=False):
        axes.plot(wide.index, wide[label], color=colour, lw=2.0)
        _name_line(axes, str(label), float(wide[label].iloc[-1]), height, colour)
    axes.set_xscale("log")
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel("strength of imitation, per standard deviation of payoffs")
    axes.set_ylabel("share of time")
    draw_grid(axes)
    axes.set_title("Which stances last when mutants are rare", x=0.0, fontsize=11)
    last = wide.iloc[-1].sort_values(ascending=False)
    caption = (
        f"Alpha-rank: with strong imitation the market spends {100 * last.iloc[0]:.0f} % of its time at "
        f"{last.index[0]}"
    )
    more = "."
    if len(last) > 1 and last.iloc[1] > 0.005:
        more = f", {100 * last.iloc[1]:.0f} % at {last.index[1]}."
    return Picture(figure, start_sentence(caption + more))


def _name_line(axes: Axes, label: str, end: float, height: float, colour: str) -> None:
    axes.annotate(
        label,
        (1.0, end),
        xycoords=axes.get_yaxis_transform(),
        xytext=(1.02, height),
        textcoords=axes.get_yaxis_transform(),
        color=colour,
        fontsize=8.0,
        va="center",
        annotation_clip=False,
    )

"""What the equilibrium costs: welfare against what the operators earn together."""

from typing import Any

from matplotlib.figure import Figure

from experiments.plots.style import GREY, INK, Picture, draw_grid, set_margins
from experiments.stances.analysis import Analysis

BILLION = 1e9


def draw_welfare(analysis: Analysis) -> Picture:
    """Draw each profile by operators' joint profit and by welfare, both against the best profile."""
    table = analysis.tables["welfare"]
    cost = table.pivot(index="profile", columns="measure", values="cost") / -BILLION
    once = [p for p in cost.index if int(analysis.same[p]) == p]
    figure = Figure(figsize=(8.6, 4.6))
    axes = figure.subplots()
    set_margins(figure, left=0.85, right=0.4, top=0.6, bottom=0.65)
    axes.plot(cost.loc[once, "operators"], cost.loc[once, "welfare"], "o", color=GREY, ms=5, alpha=0.7)
    best, together = (int(table[table["measure"] == m]["best"].iloc[0]) for m in ("welfare", "operators"))
    marked = [(p, "equilibrium", "#D55E00") for p in analysis.equilibria]
    marked += [(best, "best for all", "#009E73"), (together, "best for the operators", "#0072B2")]
    alike = {p: int(analysis.same[p]) for p, _, _ in marked}
    for p, colour in {alike[p]: colour for p, _, colour in reversed(marked)}.items():
        words = ", ".join(words for q, words, _ in marked if alike[q] == p)
        x, y = float(cost.loc[p, "operators"]), float(cost.loc[p, "welfare"])  # type: ignore[arg-type]
        axes.plot([x], [y], "o", color=colour, ms=9)
        is_right = x > cost["operators"].mean()
        side: dict[str, Any] = {"ha": "right" if is_right else "left", "textcoords": "offset points"}
        shift = (-9 if is_right else 9, 8)
        text = f"{words}: {analysis.labels[p]}"
        axes.annotate(text, (x, y), xytext=shift, color=colour, fontsize=8.5, **side)
    axes.set_xlabel("operators' profits together, against the most they can be, bn RMB")
    axes.set_ylabel("welfare, against the best, bn RMB")
    draw_grid(axes, "both")
    axes.tick_params(colors=INK)
    axes.margins(y=0.1)
    axes.set_title("What the equilibrium costs everybody", x=0.0, fontsize=11)
    return Picture(figure, tell_welfare(analysis))


def tell_welfare(analysis: Analysis) -> str:
    """Return what equilibria cost in welfare, in words."""
    table = analysis.tables["welfare"]
    rows = table[table["measure"] == "welfare"].set_index("profile")
    best = analysis.labels[int(rows["best"].iloc[0])]
    if not analysis.equilibria:
        return f"Welfare is highest at {best}; there is no equilibrium in pure stances to hold against it."
    parts = []
    for p in analysis.equilibria:
        row = rows.loc[p]
        cost, low, high = (row[name] / BILLION for name in ("cost", "low", "high"))
        if cost == 0:
            parts.append(f"{analysis.labels[p]} is that profile")
            continue
        parts.append(
            f"{analysis.labels[p]} costs {cost:.1f} bn RMB of it ({low:.1f} to {high:.1f}), "
            f"{100 * row['share_of_range']:.0f} % of the way from the best profile to the worst"
        )
    return f"Welfare is highest at {best}; in equilibrium, {'; '.join(parts)}."

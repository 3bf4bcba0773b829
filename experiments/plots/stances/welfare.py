"""What the equilibrium costs: welfare against what the operators earn together."""

from typing import Any

from matplotlib.figure import Figure

from experiments.plots.style import GREY, INK, Picture, draw_grid, set_margins
from experiments.stances.analysis import Analysis
from experiments.stances.findings import tell_welfare

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

"""How spread falls with the number of consumers, and where a bias is left: four panels."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from experiments.plots.style import COLOURS, GREY, INK, OPERATORS, Picture, draw_grid, set_margins
from experiments.settings import scenario_label
from experiments.sizes.laws import bias_per_row, select
from experiments.sizes.study import COUNTRY
from experiments.wording import name_actor

PLACES = ("Zhejiang", "Hainan", "Ningxia", "Qinghai", "Tibet")
PALETTE = (*(COLOURS[name] for name in ("china_mobile", "china_unicom", "china_telecom", "alipay")), INK)
WIDTH, HEIGHT = 9.4, 7.6  # inches
BILLION = 1e9
FORMAT = FormatStrFormatter("%g")


def draw_sizes(tables: Mapping[str, pd.DataFrame], pair: tuple[str, str]) -> Picture:
    """Draw the standard deviations of what is measured against N, and biases against a province's rows.

    Parameters
    ----------
    tables : spreads, laws and biases of `experiments.sizes.laws`
    pair : scenarios; levels are those of the second
    """
    a, b = (scenario_label(name) for name in pair)
    figure = Figure(figsize=(WIDTH, HEIGHT))
    places = figure.subplots(2, 2)
    set_margins(figure, left=0.85, right=0.25, top=0.4, bottom=0.6, between=0.95)
    figure.subplots_adjust(wspace=0.27)
    levels = select(tables["spreads"], scenario=b)
    national = select(levels, where=COUNTRY)
    label = "s.d. over seeds, percentage points"
    shown = [(name_actor(k), select(national, measure="share", actor=k)) for k in OPERATORS]
    shown.append(("3G penetration", select(national, measure="penetration_3g")))
    _spread(places[0, 0], f"China: shares of lines, {b}", shown, label)
    local = [(name, select(levels, where=name, measure="penetration_3g")) for name in PLACES]
    _spread(places[0, 1], f"Provinces: 3G penetration, {b}", local, label)
    difference = select(tables["spreads"], scenario=f"{a} - {b}")
    difference = difference.assign(**{n: difference[n] / BILLION for n in ("sd", "sd_low", "sd_high")})
    profit = [("China Mobile's discounted profit", difference)]
    _spread(places[1, 0], f"Paired difference, {a} less {b}", profit, "s.d. over seeds, bn RMB")
    _bias(places[1, 1], select(tables["biases"], scenario=b, measure="share", actor=OPERATORS[0]), b)
    caption = "Dots: standard deviations over seeds with 95 % intervals; lines: N^-1/2 through them. "
    caption += "Last panel: mean less that of the largest N, a province and size a dot."
    return Picture(figure, caption)


def _spread(axes: Axes, title: str, series: Sequence[tuple[str, pd.DataFrame]], label: str) -> None:
    for (name, found), colour in zip(series, PALETTE, strict=False):
        found = found[found["sd"] > 0]  # what does not vary has no place on a logarithmic axis
        if found.empty:
            continue
        n, sd = found["consumers"].to_numpy(float), found["sd"].to_numpy()
        error = [sd - found["sd_low"], found["sd_high"] - sd]
        axes.errorbar(n, sd, yerr=error, fmt="o", markersize=4.0, color=colour, elinewidth=1.0, label=name)
        level = np.exp(np.average(np.log(sd) + np.log(n) / 2, weights=found["replications"]))
        axes.plot(n, level * n**-0.5, color=colour, linewidth=1.2)
    axes.set(xscale="log", yscale="log", xlabel="consumers in China", ylabel=label)
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FORMAT)
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_title(title, fontsize=10.0)
    axes.legend(fontsize=7.5, handlelength=1.2)
    draw_grid(axes, "both")


def _bias(axes: Axes, found: pd.DataFrame, scenario: str) -> None:
    local = found[found["where"] != COUNTRY].sort_values("rows")
    rows, bias = local["rows"].to_numpy(float), local["bias"].to_numpy()
    error: Any = [bias - local["low"], local["high"] - bias]
    axes.errorbar(rows, bias, yerr=error, fmt="none", ecolor=GREY, elinewidth=0.6, alpha=0.45)
    told = local["found"].to_numpy()
    axes.plot(rows[~told], bias[~told], "o", markersize=3.0, color=GREY, label="not told from nothing")
    axes.plot(rows[told], bias[told], "o", markersize=4.0, color=COLOURS["china_unicom"], label="bias found")
    law = bias_per_row(local)
    if abs(law.per_row) > 2 * law.error:
        x = np.geomspace(rows.min(), rows.max())
        axes.plot(x, law.per_row / x, color=INK, linewidth=1.2, label=f"{law.per_row:.2g} / rows")
    axes.axhline(0.0, color=INK, linewidth=0.6)
    axes.set(xscale="log", xlabel="consumers in the province", ylabel="bias, percentage points")
    reach = 1.15 * max(np.abs(bias).max(), 0.1)
    axes.set_ylim(-reach, reach)
    axes.set_title(f"Bias of China Mobile's share in provinces, {scenario}", fontsize=10.0)
    axes.legend(fontsize=7.5, handlelength=1.2)
    draw_grid(axes, "both")

"""The panel of one province: branches' books and deals in both worlds, shares over time, consumers."""

from typing import Any

import numpy as np

from agents.choice import network_of
from agents.consumers import Consumer
from agents.operators import Branch
from agents.stances import Stance
from experiments.wording import MINUS
from model.measures import shares
from model.schemas import OPERATORS
from view.charts import MILLION, NAMES, PERCENT, date_of, stacked
from view.colours import OF, name_of
from view.drawing.chart import Chart, Line, draw_chart
from view.setup import WORLDS
from view.twins import Twins

LISTED = 12  # consumers in the list
LOOKED_AT = 3_000  # rows in which those who differ are looked for


def show_province(twins: Twins, province: str) -> dict[str, Any]:
    """Return what the panel of a province shows, ready to be sent to the page."""
    g = twins.markets["a"].provinces.index(province)
    lines = twins.markets["b"].lines[g].sum() / MILLION
    return {
        "name": province,
        "facts": f"{lines:,.1f} million mobile lines, {twins.markets['b'].scale[g]:,.0f} to a simulated one",
        "branches": [
            {
                "operator": operator,
                "name": name_of(operator),
                "colour": OF[operator],
                "worlds": {w: _branch(twins.markets[w].branches[k][g]) for w in WORLDS},
            }
            for k, operator in enumerate(OPERATORS)
        ],
        "charts": [draw_chart(chart, []) for chart in _charts(twins, g)],
        "consumers": _consumers(twins, g),
    }


def _branch(branch: Branch) -> dict[str, Any]:
    """Return a branch's books: what Mesa's agent says of itself, and its share and deals."""
    market, k, g = branch.model, branch.operator.number, branch.number
    planned = int(market.stance_path[min(market.month + 1, market.months), k, g])
    return {
        "next": Stance(planned).name.lower(),
        "lines": f"{branch.lines / MILLION:,.2f} m",
        "share": f"{PERCENT * shares(market.lines)[g, k]:.1f} %",
        "lines_3g": f"{branch.lines_3g / MILLION:,.2f} m",
        "share_3g": f"{PERCENT * shares(market.lines_3g)[g, k]:.1f} %",
        "coverage": f"{PERCENT * branch.coverage:.0f} %",
        "profit": f"{branch.profit / 1e9:,.2f} bn RMB".replace("-", MINUS),
        "without": _without(branch, planned != Stance.CLOSED),
        "deals": [_deal(market, k, g, int(m)) for m in np.flatnonzero(market.partnerships.in_force[k, g])],
    }


def _without(branch: Branch, opens: bool) -> str:
    """Return what a branch without any deal does."""
    market, k, g = branch.model, branch.operator.number, branch.number
    if not opens:
        return "none; runs its own wallet" if market.wallet_open[g, k] else "none"
    talks = max(int(market.partnerships.talks[k, g].min()), market.month + 1)
    wanted = (market.deals_since[k, g] <= market.month + 1).any()
    return f"none; next talks {date_of(talks)}" if wanted and talks <= market.months else "none"


def _deal(market: Any, k: int, g: int, m: int) -> dict[str, str]:
    deals, p = market.partnerships, market.parameters
    fee = p.service_fee + deals.fee_rise[k, g, m] * market.rates.fee_headroom
    terms = [f"fee {PERCENT * fee:.2f} % of bills"]
    if deals.revenue_share[k, g, m] > 0:
        terms.append(f"{PERCENT * deals.revenue_share[k, g, m]:.0f} % of fees to the operator")
    if deals.exclusive[k, g, m]:
        terms.append(f"exclusive for {deals.premium[k, g, m] / 1e6:,.2f} m RMB a month")
    name = name_of(market.platforms[m])
    return {"platform": name, "terms": f"{', '.join(terms)}, to {date_of(int(deals.ends[k, g, m]))}"}


def _charts(twins: Twins, g: int) -> list[Chart]:
    """Return shares of 3G and of all lines over time, A dashed and B solid."""
    return [
        Chart("Share of 3G", "% of 3G lines", _lines(twins, g, "lines_3g"), least=60.0),
        Chart("Share of all lines", "% of lines", _lines(twins, g, "lines"), least=60.0),
    ]


def _lines(twins: Twins, g: int, name: str) -> list[Line]:
    found = []
    for w in WORLDS:
        lines = stacked(twins.history[w], name)[:, g]
        values = np.where(lines.sum(axis=1, keepdims=True) > 0, PERCENT * shares(lines), np.nan)
        found += [
            Line(NAMES[who], OF[who], values[:, k], dashed=w == "a", labelled=w == "b")
            for k, who in enumerate(OPERATORS)
        ]
    return found


def _consumers(twins: Twins, g: int) -> list[dict[str, Any]]:
    """Return some people of the province, those first whose subscription differs between the worlds."""
    start = twins.markets["a"].population.places.start
    rows = range(int(start[g]), min(int(start[g + 1]), int(start[g]) + LOOKED_AT))
    differ: list[dict[str, Consumer]] = []
    others: list[dict[str, Consumer]] = []
    for row in rows:
        pair = {w: twins.consumer(w, row) for w in WORLDS}
        (others if pair["a"].subscription == pair["b"].subscription else differ).append(pair)
        if len(differ) == LISTED:
            break
    step = max(len(others) // LISTED, 1)
    chosen = [*differ, *others[::step]][:LISTED]
    return [
        {"row": pair["a"].row, "differs": pair in differ, **{w: describe(pair[w]) for w in WORLDS}}
        for pair in chosen
    ]


def describe(person: Consumer) -> str:
    """Return a consumer's subscription in words."""
    if not person.has_line:
        return "no line yet"
    return f"{name_of(str(person.operator))} {('2G', '3G')[network_of(person.subscription)]}"

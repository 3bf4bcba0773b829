"""What Mesa's data collector notes each month: a few national figures, in real lines and RMB."""

from collections.abc import Callable
from functools import partial
from typing import Any

from model.ledger import FEN
from model.measures import shares
from model.schemas import OPERATORS, PLATFORMS


def national(market: Any) -> dict[str, float]:
    """Return the figures of the month, by name."""
    lines, lines_3g = market.lines.sum(axis=0), market.lines_3g.sum(axis=0)
    share = dict(zip(market.operators, shares(lines).tolist(), strict=True))
    share_3g = dict(zip(market.operators, shares(lines_3g).tolist(), strict=True))
    balance = dict(zip(market.ledger.parties, market.ledger.balances.sum(axis=0).tolist(), strict=True))
    return {
        "lines_3g": float(lines_3g.sum()),
        **{f"share_{name}": share[name] for name in OPERATORS},
        **{f"share_3g_{name}": share_3g[name] for name in OPERATORS},
        **{f"profit_{name}": balance[name] / FEN for name in (*OPERATORS, *PLATFORMS)},
        "accounts_alipay": float(market.platform_accounts[:, 0].sum()),
        "deals": int(market.partnerships.in_force.sum()),
    }


def reporters(figures: dict[str, float]) -> dict[str, Callable[[Any], float]]:
    """Return, for each figure, the function by which Mesa reads it off the market."""
    return {name: partial(_read, name) for name in figures}


def _read(name: str, market: Any) -> float:
    """Return one of the month's figures."""
    return market.national[name]

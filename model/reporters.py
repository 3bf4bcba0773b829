"""What Mesa's data collector notes each month: a few national figures, in real lines and RMB."""

from collections.abc import Callable
from typing import Any

import numpy as np

from model.schemas import OPERATORS, PLATFORMS


def reporters() -> dict[str, Callable[[Any], float]]:
    """Return what Mesa's data collector notes each month, national, in real lines and RMB."""

    def profit(party: str) -> Callable[[Any], float]:
        return lambda market: market.ledger.total(party)

    def share(operator: str, network: str) -> Callable[[Any], float]:
        return lambda market: _share(getattr(market, network), market, operator)

    return {
        "lines_3g": lambda market: float(market.lines_3g.sum()),
        **{f"share_{name}": share(name, "lines") for name in OPERATORS},
        **{f"share_3g_{name}": share(name, "lines_3g") for name in OPERATORS},
        **{f"profit_{name}": profit(name) for name in (*OPERATORS, *PLATFORMS)},
        "accounts_alipay": lambda market: float(market.platform_accounts[:, 0].sum()),
        "deals": lambda market: int(market.partnerships.in_force.sum()),
    }


def _share(lines: np.ndarray, market: Any, operator: str) -> float:
    """Return an operator's share of lines (G, K)."""
    total = float(lines.sum())
    return float(lines[:, market.operators.index(operator)].sum()) / total if total else 0.0

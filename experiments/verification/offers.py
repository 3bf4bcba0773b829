"""What branches put on the table in a running market, and what is in force after the talks."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from agents.bargaining import Gains
from agents.stances import Stance
from model.market import MobileMarket


@dataclass(frozen=True)
class Offer:
    """A meeting of branch (k, g) and platform m, and what came of it.

    `users` is the platform's share of the province's lines, `weight` what that makes its bargaining weight;
    `terms` are revenue share, fee rise and premium in force afterwards, None where nothing was signed.
    """

    month: int
    deal: tuple[int, int, int]
    gains: Gains
    users: float
    weight: float
    stance: Stance
    exclusive: bool = False
    terms: tuple[float, float, float] | None = None

    @property
    def kept(self) -> float:
        """Return what the platform gains by the fees in force, RMB a month."""
        share, rise, _ = self.terms or (0.0, 0.0, 0.0)
        return self.gains.platform - share * self.gains.pool + rise * self.gains.headroom

    @property
    def in_reach(self) -> bool:
        """Return whether the fees can move the surplus as the weights ask."""
        owed = self.gains.platform - self.weight * self.gains.joint
        return -self.gains.headroom <= owed <= self.gains.pool


def market_offers(scenario: str, consumers: int, months: int, seed: int, **parameters: Any) -> list[Offer]:
    """Return every meeting of branches and platforms in a run."""
    market = MobileMarket(scenario, consumers, months, rng=seed, **parameters)
    table: list[Offer] = []
    for platform in market.payment_platforms:
        listen(market, platform, table)
    found: list[Offer] = []
    while market.running:
        market.step()
        found += [as_signed(market, offer) for offer in table]
        table.clear()
    return found


def listen(market: Any, platform: Any, table: list[Offer]) -> None:
    """Note what branches propose to a platform, without a change to what it does."""
    answer, p = platform.answer, market.parameters

    def noted(proposed: Any, gains: Gains) -> Any:
        for g, k in np.argwhere(proposed).tolist():
            users = market.platform_accounts[g, platform.number] / market.lines[g].sum()
            weight = min(p.bargaining_floor + p.bargaining_users * users, 1.0)
            expected = Gains(*(part[g, k] for part in gains))
            deal, stance = (k, g, platform.number), market.branches[k][g].stance
            table.append(Offer(market.month, deal, expected, users, weight, stance))
        return answer(proposed, gains)

    platform.answer = noted


def as_signed(market: Any, offer: Offer) -> Offer:
    """Return an offer with the terms that are in force after the talks."""
    deals, at = market.partnerships, offer.deal
    if not deals.in_force[at]:
        return offer
    terms = (float(deals.revenue_share[at]), float(deals.fee_rise[at]), float(deals.premium[at]))
    return replace(offer, terms=terms, exclusive=bool(deals.exclusive[at]))

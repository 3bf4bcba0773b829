"""What branches put on the table in a running market, and what is in force after the talks."""

from dataclasses import dataclass, replace
from typing import Any

from agents.partnerships import Gains, Stance
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
    for branch in (branch for of_operator in market.branches for branch in of_operator):
        listen(market, branch, table)
    found: list[Offer] = []
    while market.running:
        market.step()
        found += [as_signed(market, offer) for offer in table]
        table.clear()
    return found


def listen(market: Any, branch: Any, table: list[Offer]) -> None:
    """Note what a branch puts on the table, without a change to what it does."""
    propose, p = branch.propose, market.parameters

    def noted(platform: Any, gains: Gains) -> Any:
        deal = branch.operator.number, branch.number, platform.number
        users = market.platform_accounts[branch.number, platform.number] / market.lines[branch.number].sum()
        weight = min(p.bargaining_floor + p.bargaining_users * users, 1.0)
        table.append(Offer(market.month, deal, gains, users, weight, branch.stance))
        return propose(platform, gains)

    branch.propose = noted


def as_signed(market: Any, offer: Offer) -> Offer:
    """Return an offer with the terms that are in force after the talks."""
    deals, at = market.partnerships, offer.deal
    if not deals.in_force[at]:
        return offer
    terms = (float(deals.revenue_share[at]), float(deals.fee_rise[at]), float(deals.premium[at]))
    return replace(offer, terms=terms, exclusive=bool(deals.exclusive[at]))

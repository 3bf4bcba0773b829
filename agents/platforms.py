"""Payment platforms: accounts on one side, merchants on the other, each drawing the other.

An operator's own wallet is a platform too, one with an owner and with that operator's customers for
users. Accounts grow as in F. Bass, "A new product growth for model consumer durables", Management
Science 15 (1969): spontaneously and by imitation; merchants follow users with a lag, and users follow
merchants.
"""

from typing import Any

import mesa
import numpy as np

from agents.bargaining import Gains, Terms, bargain, bargain_exclusivity, gains_at, terms_at
from agents.compiling import loop, making_loop, rule


@rule
def adoption_hazard(spontaneous, imitation, merchant, users, acceptance):  # type: ignore[no-untyped-def]
    """Return the monthly hazard that somebody without an account opens one.

    Parameters
    ----------
    spontaneous, imitation, merchant : float, a month
        Bass's p and q, and the pull of merchants.
    users : number or array in [0, 1]
        Share of possible users who have an account.
    acceptance : number or array in [0, 1], same shape
        Share of merchants who accept it.
    """
    return np.minimum(spontaneous + imitation * users + merchant * acceptance, 1.0)


@rule
def merchants_follow(acceptance, users, speed):  # type: ignore[no-untyped-def]
    """Return the share of merchants accepting a platform after a month of following its users."""
    return acceptance + speed * (users - acceptance)


@rule
def users_of(accounts, lines, g, m):  # type: ignore[no-untyped-def]
    """Return the share of a province's lines (G, K) whose holder has a platform's account, (G, >= M)."""
    everybody = 0.0
    for k in range(lines.shape[1]):
        everybody += lines[g, k]
    return accounts[g, m] / max(everybody, 1.0)


@loop
def grow_acceptance(before, accounts, lines, speed, acceptance):  # type: ignore[no-untyped-def]
    """Let merchants follow the users a month began with.

    Parameters
    ----------
    before, accounts : (G, M + K) float
        Share of merchants that accepted each platform, and its accounts; wallets after the platforms.
    lines : (G, K) float
    speed : float
        Part of the way to the share of users that merchants go in a month.
    acceptance : (G, M + K) float
        Written.
    """
    for g in range(len(lines)):
        for m in range(acceptance.shape[1]):
            acceptance[g, m] = merchants_follow(before[g, m], users_of(accounts, lines, g, m), speed)


@making_loop
def weigh(accounts, m, lines, floor, by_users):  # type: ignore[no-untyped-def]
    """Return a platform's bargaining weight, (G,) float in [0, 1].

    Parameters
    ----------
    accounts : (G, >= M) float
    m : int
        The platform.
    lines : (G, K) float
    floor, by_users : float
        Its weight without users, and what is added where everybody is one.
    """
    weight = np.empty(len(lines))
    for g in range(len(lines)):
        weight[g] = min(max(floor + by_users * users_of(accounts, lines, g, m), 0.0), 1.0)
    return weight


@rule
def _room_for_terms(shape):  # type: ignore[no-untyped-def]
    """Return arrays (G, K) for the terms of deals, to be filled in."""
    share, rise, premium = np.empty(shape), np.empty(shape), np.empty(shape)
    return Terms(share, rise, premium, np.empty(shape, np.bool_), np.empty(shape, np.bool_))


@rule
def _note_terms(into, g, k, terms, accepted):  # type: ignore[no-untyped-def]
    """Write the terms of one deal into arrays (G, K): agreed where they also are accepted."""
    into.revenue_share[g, k] = terms.revenue_share
    into.fee_rise[g, k] = terms.fee_rise
    into.premium[g, k] = terms.premium
    into.exclusive[g, k] = terms.exclusive
    into.agreed[g, k] = terms.agreed & accepted


@making_loop
def bargain_all(gains, weight, proposed):  # type: ignore[no-untyped-def]
    """Return the terms of a platform's ordinary deals, Terms of arrays (G, K).

    Parameters
    ----------
    gains : Gains of arrays (G, K)
    weight : (G,) float in [0, 1]
        The platform's bargaining weight.
    proposed : (G, K) bool
        Elsewhere nothing is agreed.
    """
    G, K = proposed.shape
    found = _room_for_terms((G, K))
    for g in range(G):
        for k in range(K):
            _note_terms(found, g, k, bargain(gains_at(gains, g, k), weight[g]), proposed[g, k])
    return found


@making_loop
def bargain_all_exclusivity(gains, terms, forgone, weight, accepted):  # type: ignore[no-untyped-def]
    """Return the terms of a platform's exclusive deals, Terms of arrays (G, K).

    Parameters
    ----------
    gains, terms : Gains and Terms of arrays (G, K)
        Terms are those of the ordinary deals.
    forgone : (G, K) float, RMB a month
        What the platform would gain from deals with rivals in the province.
    weight : (G,) float in [0, 1]
    accepted : (G, K) bool
        Elsewhere nothing is agreed.
    """
    G, K = accepted.shape
    found = _room_for_terms((G, K))
    for g in range(G):
        for k in range(K):
            one, ordinary = gains_at(gains, g, k), terms_at(terms, g, k)
            won = bargain_exclusivity(one, ordinary, forgone[g, k], weight[g])
            _note_terms(found, g, k, won, accepted[g, k])
    return found


class PaymentPlatform(mesa.Agent):
    """A payment platform, or an operator's wallet.

    Parameters
    ----------
    model : MobileMarket
    name : str
    number : int
        Place in the platform tables.
    owner : str or None
        Operator whose wallet it is.
    accepts_exclusivity : bool
        Whether it will give up a branch's rivals at all, if it is paid enough.
    """

    def __init__(
        self,
        model: Any,
        name: str,
        number: int,
        owner: str | None = None,
        accepts_exclusivity: bool = True,
    ) -> None:
        super().__init__(model)
        self.name = name
        self.number = number
        self.owner = owner
        self.accepts_exclusivity = accepts_exclusivity

    @property
    def accounts(self) -> float:
        """Return the number of lines whose holder has an account."""
        return float(self.model.platform_accounts[:, self.number].sum())

    @property
    def acceptance(self) -> float:
        """Return the share of merchants that accept it, mean over provinces by lines."""
        lines = self.model.lines.sum(axis=1)
        return float(np.average(self.model.acceptance[:, self.number], weights=lines))

    @property
    def partners(self) -> int:
        """Return the number of branches with a deal in force."""
        if self.owner is not None:
            return 0
        return int(self.model.partnerships.in_force[:, :, self.number].sum())

    @property
    def bargaining_weight(self) -> np.ndarray:
        """Return the platform's weight at the table, by province (G,): it grows with its users there."""
        p = self.model.parameters
        floor, by_users = float(p.bargaining_floor), float(p.bargaining_users)
        return weigh(self.model.platform_accounts, self.number, self.model.lines, floor, by_users)

    def answer(self, proposed: np.ndarray, gains: Gains) -> Terms:
        """Return the terms of ordinary deals, agreed where a branch proposed one and the platform accepts.

        Parameters
        ----------
        proposed : (G, K) bool
        gains : Gains
            Of arrays (G, K).
        """
        return bargain_all(gains, self.bargaining_weight, proposed)

    def answer_exclusive(
        self, proposed: np.ndarray, gains: Gains, terms: Terms, forgone: np.ndarray
    ) -> Terms:
        """Return the terms on which the platform gives up a branch's rivals, agreed where it does.

        Parameters
        ----------
        proposed : (G, K) bool
        gains, terms
            Of arrays (G, K); the terms of the ordinary deals.
        forgone : (G, K) float, RMB a month
        """
        accepted = proposed & self.accepts_exclusivity
        return bargain_all_exclusivity(gains, terms, forgone, self.bargaining_weight, accepted)

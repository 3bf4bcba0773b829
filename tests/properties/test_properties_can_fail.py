"""What must hold is held: each of these broken markets is noticed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from checks import check_run

from agents.population import Population
from model.ledger import Ledger
from model.market import MobileMarket

type Break = Callable[[pytest.MonkeyPatch], None]


def after(owner: Any, name: str, then: Callable[..., None]) -> Break:
    """Return what makes a method do something more when it is done."""

    def broken(patch: pytest.MonkeyPatch) -> None:
        original = getattr(owner, name)

        def both(self: Any, *arguments: Any, **others: Any) -> Any:
            given = original(self, *arguments, **others)
            then(self, *arguments)
            return given

        patch.setattr(owner, name, both)

    return broken


def lose_a_fen(ledger: Ledger, *_: Any) -> None:
    ledger.balance["alipay"][0] -= 1


def drop_a_line(people: Population, *_: Any) -> None:
    people.columns.subscription[np.flatnonzero(people.columns.subscription)[0]] = 0


def steal_an_account(people: Population, *_: Any) -> None:
    held = np.flatnonzero(people.columns.accounts & 1)
    people.columns.accounts[held[:1]] &= 0xFE


def cut_contracts_short(people: Population, *_: Any) -> None:
    people.columns.contract_end[people.columns.contract_end > 0] -= 1


def accept_too_much(market: MobileMarket) -> None:
    market.acceptance[3, 1] = 1.5


def lose_a_number(market: MobileMarket) -> None:
    market.recorder.months[-1]["bills_rmb"][2, 1] = np.nan


def pay_twice(people: Population, payments: np.ndarray, *_: Any) -> None:
    payments[0, 0, 0, 1, 0] += 1


def pay_for_nothing(market: MobileMarket) -> None:
    market.partnerships.premium[market.partnerships.in_force] = 1.0


BROKEN: dict[str, Break] = {
    "a fen is lost": after(Ledger, "file", lose_a_fen),
    "a line goes out of use": after(Population, "review", drop_a_line),
    "an account is lost": after(Population, "open_accounts", steal_an_account),
    "contracts end a month early": after(Population, "review", cut_contracts_short),
    "more merchants than there are": after(MobileMarket, "platforms_grow", accept_too_much),
    "not a number": after(MobileMarket, "observe", lose_a_number),
    "a bill is paid twice": after(Population, "pay", pay_twice),
    "a premium without exclusivity": after(MobileMarket, "negotiate_partnerships", pay_for_nothing),
}


def market() -> MobileMarket:
    return MobileMarket("open", 600, 6, rng=1, review_hazard=0.3, quality_china_mobile=0)


def test_the_market_as_it_is_holds() -> None:
    check_run(market())


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_market_is_noticed(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BROKEN[how](monkeypatch)
    with pytest.raises(AssertionError):
        check_run(market())

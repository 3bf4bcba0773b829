"""Each property is one a broken market breaks: something is spoilt on purpose, and the check must say so."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from checks import check_run
from test_any_market import MIXED
from test_price_cuts import Cut, keeps_its_own
from worlds import Case

from agents.columns import NOTHING
from agents.population import Population
from agents.world import FIELDS
from model import outlook
from model.ledger import Ledger
from model.market import MobileMarket
from model.outlook import SEEN_ANEW

CASE = Case(MIXED, 620, 8, 3, parameters={"review_hazard": 0.5})

type Patch = pytest.MonkeyPatch


def after(method: str, spoil: Callable[[MobileMarket], None]) -> Callable[[Patch], None]:
    """Return a patch that spoils something after a phase of every month."""
    done = getattr(MobileMarket, method)

    def phase(market: MobileMarket) -> None:
        done(market)
        spoil(market)

    return lambda patch: patch.setattr(MobileMarket, method, phase)


def in_the_world(**changed: Callable[[Any], Any]) -> Callable[[Patch], None]:
    """Return a patch that spoils fields of what consumers see, whenever they are written."""

    def spoilt(original: Callable[[Any], Any], written: Iterable[str]) -> Callable[[Any], Any]:
        def with_changes(market: Any) -> Any:
            world = original(market)
            for name in changed.keys() & written:
                world[name] = changed[name](world[name])
            return world

        return with_changes

    first, later = spoilt(outlook.first_world, FIELDS), spoilt(outlook.look_around, ("price", *SEEN_ANEW))

    def patched(patch: Patch) -> None:
        patch.setattr(outlook, "first_world", first)
        patch.setattr(outlook, "look_around", later)

    return patched


def lose_a_fen(patch: Patch) -> None:
    file = Ledger.file

    def short(ledger: Ledger, *payments: Any) -> None:
        file(ledger, *payments)
        ledger.balance["alipay"][0] -= 1

    patch.setattr(Ledger, "file", short)


def pay_one_bill_less(patch: Patch) -> None:
    live = Population.live

    def short(population: Population, payments: np.ndarray) -> None:
        live(population, payments)
        payments[tuple(np.argwhere(payments)[0])] -= 1

    patch.setattr(Population, "live", short)


def drop_a_row(market: MobileMarket) -> None:
    held = market.population.columns.held
    held[np.argmax(held != NOTHING)] = NOTHING


def forget_an_account(market: MobileMarket) -> None:
    held = market.population.columns.held
    held[np.argmax(held & 1)] &= 254


def lose_a_number(market: MobileMarket) -> None:
    market.population.columns.surplus[-1] = np.nan


def sign_with_the_closed(market: MobileMarket) -> None:
    market.partnerships.in_force[np.argwhere(market.stance == 0)[0, 0], 0, 0] = True


def set_acceptance(value: float) -> Callable[[MobileMarket], None]:
    """Return what sets a share of merchants."""
    return lambda market: market.acceptance.__setitem__((0, 0), value)


#: What is spoilt, and which check must notice it first.
SABOTAGE = {
    "a lost fen": (lose_a_fen, "check_ledger"),
    "a bill nobody pays": (pay_one_bill_less, "check_payments"),
    "a dropped row": (after("consumers_live", drop_a_row), "check_people"),
    "a forgotten account": (after("consumers_live", forget_an_account), "check_accounts"),
    "a number lost": (after("observe", lose_a_number), "check_people"),
    "a deal nobody wants": (after("observe", sign_with_the_closed), "check_deals"),
    "a contract too short": (in_the_world(contract_months=lambda months: months - 1), "check_people"),
    "a share over 1": (in_the_world(online_share=lambda share: share + 1.0), "check_shares"),
    "a negative share": (after("observe", set_acceptance(-1e-9)), "check_shares"),
    "acceptance over 1": (after("observe", set_acceptance(1.001)), "check_shares"),
    "who likes prices": (in_the_world(price_sensitivity=lambda alpha: -alpha), "check_world"),
}


def test_the_market_that_is_spoilt_is_sound_before() -> None:
    check_run(CASE.market())


@pytest.mark.parametrize("how", SABOTAGE)
def test_a_spoilt_market_is_noticed(how: str, monkeypatch: Patch) -> None:
    spoil, noticed_by = SABOTAGE[how]
    spoil(monkeypatch)
    with pytest.raises(AssertionError) as noticed:
        check_run(CASE.market())
    assert noticed_by in {entry.name for entry in noticed.traceback}


@pytest.mark.parametrize("networks", [(0,), (1,), (0, 1)])
def test_a_wrong_sign_of_price_is_noticed(networks: tuple[int, ...], monkeypatch: Patch) -> None:
    case = Case(MIXED, 1500, 1, 3, parameters={"review_hazard": 1.0, "quality_china_mobile": 1.0})
    cut = Cut("china_mobile", networks, 15.0)
    keeps_its_own(case, cut)
    in_the_world(price=lambda price: -price)(monkeypatch)
    with pytest.raises(AssertionError):
        keeps_its_own(case, cut)

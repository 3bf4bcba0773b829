"""Whom tariffs are set for, asked one by one: every answer worked out alone from the one-person rules."""

from typing import Any

import numpy as np
import pytest

from agents.accounts import accounts_on_arrival
from agents.choice import subscription_utility, traits
from agents.choosers import Asked, ask_choosers
from agents.lanes import make_lanes
from tests.conftest import MakeWorld
from tests.test_rounds import (
    CODES,
    ENTERED,
    MONTH,
    SIZES,
    SPANS,
    WALLET,
    columns,
    everybody,
    is_in,
    known_to,
    network,
    places,
)

SCALE = np.array([10.0, 70.0])


@pytest.fixture
def world(make_hand_world: MakeWorld) -> Any:
    """Return a world in which places, prices, contacts, wallets and what is held all matter."""
    random = np.random.default_rng(6)
    return make_hand_world(
        seed=5, standing=random.normal(size=(2, 3, 2)), price=random.uniform(30, 90, (3, 2)),
        price_sensitivity=np.array([0.02, 0.05]), sensitivity_spread=0.4, switching_spread=0.3,
        switching_cost=1.1, downgrade_cost=0.5, lock_in=0.7, same_operator=0.9, word_of_mouth=0.6,
        payment_value=random.random((2, 3, 2, 16)), wallet_open=1, online_share=np.array([0.8, 0.6]),
        held_online=0.5,
    )  # fmt: skip


def worth_by_hand(world: Any, state: Any, row: int, g: int, position: int, accounts: int) -> np.ndarray:
    """Return what each of six subscriptions is worth to a person who held each of seven (7, 6)."""
    own = int(state.subscription_before[row])
    near, near_3g = known_to(state, row, g)
    alpha, switching = traits(world, g, CODES[g], position)
    found = np.empty((7, 6))
    for held in range(7):
        # The wallet stays with the operator that is left: 1 and 2 are one operator's, 3 and 4, 5 and 6.
        kept = accounts if (held + 1) // 2 == (own + 1) // 2 else accounts % WALLET
        for option in range(1, 7):
            found[held, option - 1] = subscription_utility(
                world, g, option, held, kept, alpha, switching, near[(option - 1) // 2], near_3g
            )
    return found


@pytest.mark.parametrize("every", [1, 3])
def test_everybody_is_asked_what_all_is_worth(world: Any, every: int) -> None:
    state, room = columns(), sum(SIZES) + 2
    asked = Asked(
        np.full((room, 7, 6), -77.0), np.full(room, -7), np.full(room, -7.0), np.full(room, -7.0),
        np.full(room, -7),
    )  # fmt: skip
    count = ask_choosers(
        SPANS, state, places(), network(), world, MONTH, ENTERED, SCALE, every, make_lanes(3), asked
    )
    i = entrants = 0
    for row, g, position in everybody():
        own, accounts = int(state.subscription_before[row]), int(state.accounts_before[row])
        if position not in range(0, SIZES[g], every) or (own == 0 and not is_in(g, position)):
            continue
        if own == 0:
            accounts, entrants = accounts_on_arrival(world, g, CODES[g], position), entrants + 1
        assert asked.worth[i] == pytest.approx(worth_by_hand(world, state, row, g, position, accounts))
        assert asked.state[i] == own
        assert asked.sensitivity[i] == traits(world, g, CODES[g], position)[0]
        assert asked.weight[i] == SCALE[g] * every
        # A contract to this month has one month to wait; one that ran out last month has none.
        assert asked.wait[i] == {0: 0, MONTH - 1: 0, MONTH: 1, MONTH + 1: 2}[int(state.contract_end[row])]
        i += 1
    assert count == i
    assert (asked.state[i:] == -7).all()
    assert (asked.worth[i:] == -77.0).all()
    assert entrants == (2 if every == 1 else 1)
    assert set(asked.wait[:i]) >= {0, 2}


def test_the_first_of_the_ring_without_a_line_is_asked_too(world: Any) -> None:
    """A world in which nobody has a line yet: those who take one up this month answer, no others."""
    state = columns()
    for column in state:
        column[:] = 0
    room = sum(SIZES)
    asked = Asked(
        np.empty((room, 7, 6)), np.empty(room, int), np.empty(room), np.empty(room), np.empty(room, int)
    )
    count = ask_choosers(
        SPANS, state, places(), network(), world, MONTH, ENTERED, SCALE, 1, make_lanes(3), asked
    )
    assert count == ENTERED.sum()
    assert not asked.state[:count].any()
    assert not asked.wait[:count].any()

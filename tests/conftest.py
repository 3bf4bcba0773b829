"""A world small enough to work out by hand, and runs of the market that several tests look at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from agents import lanes
from agents.draws import stream_of
from agents.world import make_world, world_type
from experiments.cli import main
from model.market import MobileMarket
from model.schemas import OPERATORS

PROVINCES, PLATFORMS, SERVICES = 2, 3, 4
HELD = 1 << (PLATFORMS + 1)

type World = Any
type MakeWorld = Callable[..., World]

COMPILED = not numba.config.DISABLE_JIT  # type: ignore[attr-defined]
if not COMPILED:
    lanes.STRIDE = 2  # plain Python takes nobody at once: lanes are filled up, but by few


def sample(count: int) -> int:
    """Return the size of a sample, a hundredth of it where rules run as plain Python (tests/mutation).

    Only for tests whose allowed distance follows from the size.
    """
    return count if COMPILED else count // 100


def hand_world(**changes: Any) -> World:
    """Return two provinces, three operators and three platforms in which nothing matters yet.

    Every term of utility is 0 and 3G reaches everybody, price sensitivity is 0.02 utils per RMB and
    the same for all, nobody pays a switching cost. A scalar given for a table fills it.
    """
    operators = len(OPERATORS)
    values: dict[str, Any] = {
        "seed": 1,
        "operator_stream": np.array([stream_of(name) for name in OPERATORS]),
        "standing": 0.0,
        "price": 0.0,
        "price_sensitivity": 0.02,
        "sensitivity_spread": 0.0,
        "switching_spread": 0.0,
        "switching_cost": 0.0,
        "downgrade_cost": 0.0,
        "lock_in": 0.0,
        "same_operator": 0.0,
        "word_of_mouth": 0.0,
        "payment_value": 0.0,
        "wallet_open": 0,
        "wallet_bit": 1 << PLATFORMS,
        "dissimilarity": 1.0,
        "review_hazard": 0.1,
        "contract_months": 12,
        "online_share": 1.0,
        "held_online": 0.0,
        "method_shares": 1.0,
        "method_table": np.arange(operators * SERVICES).reshape(operators, SERVICES),
        "account_hazard": 0.0,
        "account_imitation": 0.0,
        "account_ceiling": 1.0,
    }
    unknown = changes.keys() - values.keys()
    assert not unknown, f"no such field of a world: {unknown}"
    values |= changes
    kind = world_type(PROVINCES, operators, PLATFORMS, SERVICES)
    tables = {name: np.broadcast_to(value, kind[name].shape) for name, value in values.items()}
    return make_world(kind, **tables)


@pytest.fixture(scope="session")
def make_hand_world() -> MakeWorld:
    return hand_world


@pytest.fixture(scope="session")
def finished() -> Callable[..., MobileMarket]:
    """Return a function that gives a finished run; the same run is made only once."""
    kept: dict[tuple[Any, ...], MobileMarket] = {}

    def run(scenario: str, consumers: int = 1000, months: int = 12, **others: Any) -> MobileMarket:
        key = (scenario, consumers, months, *sorted(others.items()))
        if key not in kept:
            market = MobileMarket(scenario, consumers, months, **({"rng": 1} | others))
            kept[key] = market.run()
        return kept[key]

    return run


@pytest.fixture
def refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Return the one line with which a command is refused: exit status 2, and nothing written."""

    def refuse(*words: str) -> str:
        monkeypatch.chdir(tmp_path)
        assert main(list(words)) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert not list(tmp_path.iterdir())
        return line

    return refuse

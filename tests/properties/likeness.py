"""Two runs that must be the same but for the order or the names of operators and provinces."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from model.ledger import FEN
from model.market import MobileMarket
from model.observations import Observations
from model.schemas import OPERATORS, PLATFORMS

# Sums in another order differ in their last digits. Where a bargain takes the difference of two such
# sums the digits move up, so money is held to a part of all that was paid in the province that month.
RELATIVE = 1e-9

# Axes of what the recorder keeps: provinces, operators, platforms with the operators' wallets after them.
AXES = {
    "lines": "GK", "lines_3g": "GK", "joined": "GK", "left": "GK", "bills_rmb": "GK", "revenue_rmb": "GK",
    "profit_rmb": "GK", "stance": "GK", "deals": "GK", "wallet_users": "GK", "accounts": "GP",
    "acceptance": "GP", "volume_rmb": "GP", "fees_rmb": "GP", "platform_profit_rmb": "GP",
    "platform_deals": "GP", "consumer_surplus_rmb": "G", "welfare_rmb": "G", "paid_rows": "GK",
}  # fmt: skip
ROWS_ONLY = (
    "lines",
    "lines_3g",
    "joined",
    "left",
    "stance",
    "deals",
    "wallet_users",
    "accounts",
    "paid_rows",
)


def assert_alike(
    one: MobileMarket, two: MobileMarket, names: Mapping[str, str], places: Sequence[int] | None = None
) -> None:
    """Compare two finished runs.

    Parameters
    ----------
    one, two : MobileMarket
    names : dict
        What each operator of the first run is called in the second.
    places : (G,) int, optional
        Where each province of the first run stands in the second; the same places if not given.
    """
    g = np.arange(one.G) if places is None else np.asarray(places)
    k = np.array([two.operators.index(names[name]) for name in one.operators])
    _compare_rows(one, two, k, g)
    assert (one.people == _states(two.people[g], k)).all()
    for name in ("in_force", "exclusive", "integrated", "ends", "services"):
        a, b = getattr(one.partnerships, name), getattr(two.partnerships, name)
        assert (a == b[k][:, g]).all(), name
    money = _compare_ledgers(one, two, names, g)
    _compare_records(one, two, k, g, money)


def _states(people: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Return counts by subscription (G, 1 + 2 K, A) with operators in another order."""
    return people[:, np.append(0, np.stack([1 + 2 * k, 2 + 2 * k], axis=1).reshape(-1))]


def _compare_rows(one: MobileMarket, two: MobileMarket, k: np.ndarray, g: np.ndarray) -> None:
    """Every row holds what it held: the same subscription by name, accounts, contract, surplus."""
    start = two.population.places.start
    rows = np.concatenate([np.arange(start[p], start[p + 1]) for p in g])
    a, b = one.population.columns, two.population.columns
    called = np.append(0, np.stack([1 + 2 * k, 2 + 2 * k], axis=1).reshape(-1))
    assert (called[a.subscription] == b.subscription[rows]).all()
    assert (a.accounts == b.accounts[rows]).all()
    assert (a.contract_end == b.contract_end[rows]).all()
    assert np.allclose(a.surplus, b.surplus[rows], rtol=1e-5, atol=1e-5 * np.abs(a.surplus).max())


def entries_of(market: MobileMarket) -> list[dict[tuple[str, str, str], np.ndarray]]:
    """Return every month's entries of the ledger."""
    return [market.ledger.entries(month) for month in range(len(market.ledger.months))]


def _compare_ledgers(
    one: MobileMarket, two: MobileMarket, names: Mapping[str, str], g: np.ndarray
) -> list[np.ndarray]:
    """Compare the ledgers' entries; return what was paid each month (G,) RMB."""
    nothing = np.zeros(one.G, np.int64)
    money = []
    for a, b in zip(entries_of(one), entries_of(two), strict=True):
        renamed = {(names.get(x, x), names.get(y, y), why): fen for (x, y, why), fen in a.items()}
        paid = sum((fen.astype(float) for fen in renamed.values()), np.zeros(one.G))
        for entry in renamed.keys() | b.keys():
            difference = np.abs(renamed.get(entry, nothing) - b.get(entry, nothing)[g])
            # A fen for what falls on the other side of a half, twice where an entry is made of two.
            assert (difference <= RELATIVE * paid + 2).all(), entry
        money.append(paid / FEN)
    return money


def _compare_records(
    one: MobileMarket, two: MobileMarket, k: np.ndarray, g: np.ndarray, money: list[np.ndarray]
) -> None:
    """Compare all that the recorder kept; numbers of people to the last bits, money to a part of all."""
    platforms = np.append(np.arange(len(PLATFORMS)), len(PLATFORMS) + k)
    for a, b, paid in zip(one.recorder.months, two.recorder.months, money, strict=True):
        for name, axes in AXES.items():
            here, there = a[name].astype(float), b[name][g].astype(float)
            there = there[:, {"K": k, "P": platforms}[axes[1]]] if len(axes) > 1 else there
            tolerance = RELATIVE * np.abs(here)
            if name not in ROWS_ONLY:
                slack = RELATIVE * paid + 1e-9 if name != "acceptance" else np.zeros(one.G) + 1e-12
                if axes == "G":  # surplus: single precision in the rows
                    slack = slack + 1e-5 * np.abs(a["consumer_surplus_rmb"]).max()
                tolerance = (
                    tolerance + slack.reshape(-1, *[1] * (there.ndim - 1)) + 0.1 * (axes != "acceptance")
                )
            assert (np.abs(here - there) <= tolerance).all(), name


# ---- the same world under other names, or in another order ---------------------------------------


def with_names(data: Observations, names: Mapping[str, str]) -> Observations:
    """Return the observations with operators renamed: what one had, its new name has."""
    old = {new: name for name, new in names.items()}
    order = [OPERATORS.index(old[name]) for name in OPERATORS]
    return replace(
        data,
        price=data.price[order],
        coverage=data.coverage[order],
        wallet_launch=data.wallet_launch[order],
        initial_lines=data.initial_lines[:, order],
        deals=tuple(replace(deal, operator=names[deal.operator]) for deal in data.deals),
    )


def parameters_with_names(parameters: Mapping[str, float], names: Mapping[str, str]) -> dict[str, float]:
    """Return all parameters with those of an operator given to its new name."""
    renamed = dict(parameters)
    for key, value in parameters.items():
        for name in OPERATORS:
            if key.endswith(f"_{name}"):
                renamed[key.removesuffix(name) + names[name]] = value
    return renamed


def with_places(data: Observations, order: Sequence[int]) -> Observations:
    """Return the observations with provinces in another order: first the one that stood at `order[0]`."""
    g = list(order)
    return replace(
        data,
        provinces=tuple(data.provinces[i] for i in g),
        codes=tuple(data.codes[i] for i in g),
        neighbours=data.neighbours[np.ix_(g, g)],
        **{
            name: getattr(data, name)[g]
            for name in (
                "tile",
                "residents",
                "income",
                "urban_share",
                "lines",
                "initial_lines",
                "internet_per_line",
                "initial_accounts",
            )
        },
    )

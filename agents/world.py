"""What a consumer can see: last month's people and this month's offers, the same for everybody.

People, accounts and merchants are last month's; prices, coverage, deals and wallets are this month's.

The tables are made once a month and only read while consumers act, so nobody's choice depends on who
was asked first. They are one NumPy record: compiled code gets a single pointer to it (agents/records.py).
"""

from functools import lru_cache
from typing import Any

import numpy as np

# Fields: shape in letters (G provinces, K operators, M platforms, W = M + 1 kinds of account,
# A = 2^W combinations of accounts, S services, T = K S tables of them, D = M + 2 payment methods), and type.
FIELDS: dict[str, tuple[str, type]] = {
    "seed": ("", np.uint64),
    "operator_stream": ("K", np.int64),  # each operator's own stream of taste shocks
    "standing": ("GK2", np.float64),  # utils: base, quality, coverage; -inf where not covered
    "price": ("K2", np.float64),  # RMB a month
    "price_sensitivity": ("G", np.float64),  # utils per RMB, mean of the province
    "sensitivity_spread": ("", np.float64),  # s.d. of the trait's logarithm
    "switching_spread": ("", np.float64),  # s.d. of the trait's logarithm
    "switching_cost": ("", np.float64),  # utils, mean
    "downgrade_cost": ("", np.float64),  # utils
    "lock_in": ("", np.float64),  # utils
    "same_operator": ("", np.float64),  # utils, all contacts against none
    "word_of_mouth": ("", np.float64),  # utils, all contacts against none
    "payment_value": ("GK2A", np.float64),  # utils: paying by phone, joining online
    "wallet_open": ("GK", np.uint8),  # 1 where the operator runs its wallet
    "wallet_bit": ("", np.int64),
    "dissimilarity": ("", np.float64),
    "review_hazard": ("", np.float64),  # a month
    "contract_months": ("", np.int64),
    "online_share": ("G", np.float64),  # share of lines whose holder uses the internet
    "held_online": ("GM", np.float64),  # share of those with an account at each platform
    # Cumulative probabilities of payment methods. Services that are paid for alike, whoever one's operator,
    # share a table: `method_table` tells its number.
    "method_shares": ("GTAD", np.float64),
    "method_table": ("GKS", np.int64),
    "account_hazard": ("GKW", np.float64),  # a month: opening an account without friends' help
    "account_imitation": ("GKW", np.float64),  # a month: added when all contacts have one
    "account_ceiling": ("GKA", np.float64),  # their sum over accounts not held: no draw above opens one
}


@lru_cache(maxsize=8)
def world_type(provinces: int, operators: int, platforms: int, services: int) -> np.dtype:
    """Return the record type of a world of a given size."""
    size = {
        "G": provinces,
        "K": operators,
        "M": platforms,
        "W": platforms + 1,
        "A": 1 << (platforms + 1),
        "S": services,
        "T": operators * services,
        "D": platforms + 2,
        "2": 2,
    }
    return np.dtype(
        [(name, kind, tuple(size[letter] for letter in shape)) for name, (shape, kind) in FIELDS.items()],
        align=True,
    )


def make_world(kind: np.dtype, **tables: Any) -> np.record:
    """Return a world with every table filled in.

    Parameters
    ----------
    kind : dtype
        From `world_type`.
    **tables
        A value for every field.

    Raises
    ------
    ValueError
        A field is missing or unknown, or has another shape.
    """
    if tables.keys() != FIELDS.keys():
        odd = sorted(tables.keys() ^ FIELDS.keys())
        raise ValueError(f"a world needs exactly its fields; missing or unknown: {', '.join(odd)}")
    record = np.zeros(1, kind)
    for name, value in tables.items():
        _check_shape(name, value, kind[name].shape)
        record[name][0] = value
    return record.view(np.recarray)[0]


def shares_by_service(world: np.record, provinces: Any = slice(None)) -> np.ndarray:
    """Return cumulative probabilities of payment methods, each operator's and service's written out.

    Parameters
    ----------
    provinces : index
        One, or some.

    Returns
    -------
    (K, S, A, D) float, of some provinces (G, K, S, A, D)
    """
    shares, table = world.method_shares[provinces], world.method_table[provinces]
    of_each = np.take_along_axis(shares, table.reshape(*table.shape[:-2], -1, 1, 1), axis=-3)
    return of_each.reshape(*table.shape, *shares.shape[-2:])


def _check_shape(name: str, value: Any, expected: tuple[int, ...]) -> None:
    """Raise ValueError where a value has another shape than its field."""
    if np.shape(value) != expected:
        raise ValueError(f"{name} has shape {np.shape(value)}, not {expected}")

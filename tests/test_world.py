"""The record of what consumers see: every table in its place, and nothing missing or out of shape."""

from typing import Any

import numpy as np
import pytest

from agents.world import FIELDS, make_world, world_type

SIZES = {"G": 2, "K": 3, "M": 4, "W": 5, "A": 32, "S": 6, "T": 18, "D": 6, "2": 2}


def tables() -> dict[str, Any]:
    """Return a table of another number for every field."""
    return {
        name: np.full(tuple(SIZES[letter] for letter in shape), i, kind)
        for i, (name, (shape, kind)) in enumerate(FIELDS.items())
    }


def test_every_field_has_its_shape_and_type() -> None:
    kind = world_type(2, 3, 4, 6)
    assert kind.names == tuple(FIELDS)
    for name, (shape, number) in FIELDS.items():
        assert kind[name].shape == tuple(SIZES[letter] for letter in shape)
        assert kind[name].base == np.dtype(number)
    assert kind.isalignedstruct
    assert world_type(2, 3, 4, 6) is kind  # made once: compiled rules know it by its type


def test_every_table_is_filled_in() -> None:
    world = make_world(world_type(2, 3, 4, 6), **tables())
    for i, name in enumerate(FIELDS):
        assert (getattr(world, name) == i).all()


def test_what_does_not_fit_is_refused() -> None:
    kind = world_type(2, 3, 4, 6)
    missing = tables()
    del missing["price"]
    with pytest.raises(ValueError, match=r"missing or unknown: price$"):
        make_world(kind, **missing)
    with pytest.raises(ValueError, match=r"missing or unknown: colour$"):
        make_world(kind, **tables(), colour=1)
    with pytest.raises(ValueError, match=r"price has shape \(2,\), not \(3, 2\)"):
        make_world(kind, **(tables() | {"price": np.zeros(2)}))

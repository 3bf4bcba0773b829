"""Tables of fixed shapes that lie one after another in memory: a NumPy record.

Compiled code is handed one pointer to all of it, and knows every shape. A tuple of arrays is taken apart
and put together again at every call, seven numbers an array: for the sixty of a room that takes longer than
the work of a few people.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np


def record_type(fields: Mapping[str, tuple[Any, Any]]) -> np.dtype:
    """Return the type of a record.

    Parameters
    ----------
    fields : dict of name to (type, shape)
        The type may be a record's in turn.
    """
    parts = [(name, kind, shape) for name, (kind, shape) in fields.items()]
    return np.dtype((np.record, np.dtype(parts, align=True)))


def make_record(kind: np.dtype) -> np.record:
    """Return a record of some type, all zeros; its tables are views of it."""
    return np.zeros(1, kind).view(np.recarray)[0]

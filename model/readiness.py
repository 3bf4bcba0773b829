"""Have compiled rules ready before they are needed: loaded, or compiled once for all who wait.

A few months of a very small market, in which branches and platforms have met, call every compiled loop that a
run calls, with the same types.
"""

import threading
from functools import cache

from agents.cache import announce, compiling_alone, is_compiled, note_compiled

PARTS = ("observed", "bertrand")  # ways to set tariffs; the second needs more rules than the first
FEWEST_CONSUMERS = 310
MONTHS = 4  # by then there have been talks

_making = threading.RLock()  # one thread compiles, the others wait
_under_way: set[str] = set()  # parts whose small market is being made, which must not wait for itself


def ensure_compiled(part: str) -> None:
    """Return once the rules are compiled that runs with such tariffs need.

    Of several processes, and of several threads, one compiles and says so; the others wait for it.

    Parameters
    ----------
    part : one of `PARTS`
    """
    if is_compiled(part):
        return
    with _making:
        if part not in _under_way:
            _under_way.add(part)
            try:
                _compile_part(part)
            finally:
                _under_way.discard(part)


@cache  # where nothing can be kept, at least this process remembers
def _compile_part(part: str) -> None:
    with compiling_alone():
        if not is_compiled(part):
            announce((part,))
            load_rules(part)
            for made in {"observed", part}:
                note_compiled(made)


def load_rules(part: str = "observed") -> None:
    """Live some months of a small market: what is compiled is loaded, what is not is compiled and kept."""
    from model.market import MobileMarket

    market = MobileMarket("history", FEWEST_CONSUMERS, months=MONTHS, rng=0, pricing=part)
    market.take_stance(market.operators[0], "exclusive")  # in history nobody bids for exclusivity
    market.run()
    market.recorder.columns("payments")  # which are valued when somebody looks

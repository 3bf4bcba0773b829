"""How branches meet payment platforms; for whoever only names stances, without the compiler."""

from enum import IntEnum


class Stance(IntEnum):
    """How a branch meets third-party payment platforms."""

    CLOSED = 0  # runs its own wallet, no partner
    OPEN = 1  # partners with any platform that gains from it
    EXCLUSIVE = 2  # the same, and pays to keep rivals in the province out

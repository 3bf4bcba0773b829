"""The sheet on which a month's payments are drawn up: who pays whom for what, and where the ledger has it."""

from functools import cache
from typing import Any

import numpy as np

from agents.records import record_type
from model.ledger import (
    BANKS,
    CONSUMERS,
    HANDSET_MAKERS,
    MERCHANTS,
    OUTLETS,
    SUPPLIERS,
    Entry,
    Layout,
    lay_out,
)

OPERATORS, PLATFORMS = "each operator", "each platform"  # as payer or payee: the one whose axis it is

# What is paid in a month, a table (K, M) each, by operator and platform: the entry under which it goes into
# the ledger, and whether it is kept apart by operator and by platform; if not the axis is of length 1.
PAYMENTS: dict[str, tuple[Entry, bool, bool]] = {
    # What consumers pay.
    "bills": ((CONSUMERS, OPERATORS, "bills"), True, False),
    "connection_fees": ((CONSUMERS, OPERATORS, "connection fees"), True, False),
    "handsets": ((CONSUMERS, OPERATORS, "handsets"), True, False),
    "purchases": ((CONSUMERS, MERCHANTS, "mobile purchases"), True, False),
    # What serving lines, handsets and coverage cost.
    "serving_lines": ((OPERATORS, SUPPLIERS, "serving lines"), True, False),
    "making_handsets": ((OPERATORS, HANDSET_MAKERS, "handsets"), True, False),
    "building_coverage": ((OPERATORS, SUPPLIERS, "building coverage"), True, False),
    # What collecting money by cash and own wallet costs and earns.
    "outlet_commission": ((OPERATORS, OUTLETS, "outlet commission"), True, False),
    "running_the_wallet": ((OPERATORS, SUPPLIERS, "running the wallet"), True, False),
    "wallet_processing": ((OPERATORS, BANKS, "wallet processing"), True, False),
    "wallet_merchant_fees": ((MERCHANTS, OPERATORS, "merchant fees"), True, False),
    # What passes between operators, platforms and their merchants, and what signing cost.
    "integration_of_operators": ((OPERATORS, SUPPLIERS, "integration"), True, True),
    "integration_of_platforms": ((PLATFORMS, SUPPLIERS, "integration"), True, True),
    "service_fees": ((OPERATORS, PLATFORMS, "service fees"), True, True),
    "merchant_fees": ((MERCHANTS, PLATFORMS, "merchant fees"), True, True),
    "revenue_share": ((PLATFORMS, OPERATORS, "revenue share"), True, True),
    "exclusivity_premium": ((OPERATORS, PLATFORMS, "exclusivity premium"), True, True),
    "processing": ((PLATFORMS, BANKS, "processing"), True, True),
    # What platforms' accounts earn them away from the phone.
    "web_merchant_fees": ((MERCHANTS, PLATFORMS, "web merchant fees"), False, True),
    "web_processing": ((PLATFORMS, BANKS, "web processing"), False, True),
}


class Sheet:
    """The sheet on which each month's payments are drawn up, before the ledger takes them.

    Parameters
    ----------
    provinces : int
    operators, platforms, parties : tuple of str
        `parties` are the ledger's.

    Attributes
    ----------
    provinces : (G,) records
        Of the tables that `PAYMENTS` names, RMB.
    amounts : (G, E) float, RMB
        The same, one after another.
    layout : Layout
        Where they go in the ledger.
    wallet_fees : (K,) int
        Column of the ledger under which each operator's wallet earns its fees.
    """

    def __init__(
        self, provinces: int, operators: tuple[str, ...], platforms: tuple[str, ...], parties: tuple[str, ...]
    ) -> None:
        self._made_of = provinces, operators, platforms, parties
        self.provinces = np.zeros(provinces, _payments_type(len(operators), len(platforms)))
        self.amounts = self.provinces.view(np.float64).reshape(provinces, -1)
        self.layout = _layout(operators, platforms, parties)
        fees = ((MERCHANTS, operator, "merchant fees") for operator in operators)
        self.wallet_fees = np.array([self.layout.entries[entry] for entry in fees])

    def __reduce__(self) -> tuple[type["Sheet"], tuple[Any, ...]]:
        """Pickle and copy as an empty sheet: the one table would come back apart from the other."""
        return Sheet, self._made_of


@cache
def _payments_type(operators: int, platforms: int) -> np.dtype:
    """Return the type of a province's record of payments."""
    shapes = {
        name: (operators if by_operator else 1, platforms if by_platform else 1)
        for name, (_, by_operator, by_platform) in PAYMENTS.items()
    }
    return record_type({name: (np.float64, shape) for name, shape in shapes.items()})


@cache
def _layout(operators: tuple[str, ...], platforms: tuple[str, ...], parties: tuple[str, ...]) -> Layout:
    """Return where every operator's and platform's payments go, by name."""
    entries = [
        tuple({OPERATORS: operator, PLATFORMS: platform}.get(part, part) for part in entry)
        for entry, by_operator, by_platform in PAYMENTS.values()
        for operator in (operators if by_operator else ("",))
        for platform in (platforms if by_platform else ("",))
    ]
    return lay_out(tuple(entries), parties)  # type: ignore[arg-type]

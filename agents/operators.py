"""Mobile operators and their provincial branches.

A branch stands on its province's cell of the grid. What it knows and what it has signed is in the market's
tables; all branches meet a platform at once (`model/negotiation.py`).
"""

from typing import Any

import mesa
from mesa.discrete_space import FixedAgent

from agents.stances import Stance


class Operator(mesa.Agent):
    """A mobile operator: head office of 31 branches.

    Parameters
    ----------
    model : MobileMarket
    name : str
    number : int
        Place in the operator tables.
    """

    def __init__(self, model: Any, name: str, number: int) -> None:
        super().__init__(model)
        self.name = name
        self.number = number
        self.branches: list[Branch] = []

    @property
    def lines(self) -> float:
        """Return the lines served."""
        return float(self.model.lines[:, self.number].sum())

    @property
    def lines_3g(self) -> float:
        """Return the 3G lines served."""
        return float(self.model.lines_3g[:, self.number].sum())

    @property
    def profit(self) -> float:
        """Return the profit since the start, RMB."""
        return self.model.ledger.total(self.name)

    @property
    def share(self) -> float:
        """Return the share of all lines."""
        return self.lines / float(self.model.lines.sum())


class Branch(FixedAgent):
    """An operator's branch in one province.

    Parameters
    ----------
    model : MobileMarket
    operator : Operator
    province : int
        Place in the province tables.
    cell : mesa.discrete_space.Cell
    """

    def __init__(self, model: Any, operator: Operator, province: int, cell: Any) -> None:
        super().__init__(model)
        self.operator = operator
        self.number = province
        self.cell = cell

    @property
    def province(self) -> str:
        """Name the province."""
        return self.model.provinces[self.number]

    @property
    def stance(self) -> Stance:
        """Return how the branch meets platforms this month."""
        return Stance(int(self.model.stance[self.operator.number, self.number]))

    @property
    def lines(self) -> float:
        """Return the lines served."""
        return float(self.model.lines[self.number, self.operator.number])

    @property
    def lines_3g(self) -> float:
        """Return the 3G lines served."""
        return float(self.model.lines_3g[self.number, self.operator.number])

    @property
    def coverage(self) -> float:
        """Return the share of the province's people within reach of the branch's 3G."""
        return float(self.model.coverage[self.operator.number, self.number])

    @property
    def profit(self) -> float:
        """Return the profit since the start, RMB."""
        return self.model.ledger.total(self.operator.name, self.number)

    @property
    def partners(self) -> tuple[str, ...]:
        """Name the platforms with a deal in force."""
        deals = self.model.partnerships.in_force[self.operator.number, self.number]
        return tuple(name for name, here in zip(self.model.platforms, deals, strict=True) if here)

"""The deals that were made: which operator opened which services to which platform, and where.

Only deals between the model's operators and platforms that open a service are counted; each row
of `data/partnerships.csv` says whether it is and why.
"""

from dataclasses import dataclass

from model.datafiles import Row, fail, refuse
from model.paths import month_index
from model.schemas import OPERATORS, SERVICES


@dataclass(frozen=True)
class Deal:
    """An operator opened a service to a platform in a province (None: in all) from a month on."""

    month: int
    operator: str
    province: str | None
    platform: str
    services: tuple[str, ...]
    source: str


def counted_deals(rows: list[Row]) -> tuple[Deal, ...]:
    """Return the deals of partnerships.csv that the model counts, in order of time.

    Raises
    ------
    DataError
        A counted row without one of our operators, a platform, a date in force or a service.
    """
    deals = [_deal(row) for row in rows if row["counted"] == "yes"]
    return tuple(sorted(deals, key=lambda deal: deal.month))


def _deal(row: Row) -> Deal:
    file = "partnerships.csv"
    services = tuple(row["services"].split(";"))
    if not set(services) <= set(SERVICES):
        refuse(file, row, "services", "some of " + ", ".join(SERVICES) + ", divided by semicolons")
    if row["operator"] not in OPERATORS:
        refuse(file, row, "operator", "one of " + ", ".join(OPERATORS) + " in a counted row")
    for column in ("platform", "in_force_from"):
        if not row[column]:
            fail(file, row["line"], column, "is empty; required in a counted row")
    month = month_index(row["in_force_from"])
    province = row["province"] or None
    return Deal(month, row["operator"], province, row["platform"], services, row["source"])

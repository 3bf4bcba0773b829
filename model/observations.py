"""Everything observed about the market, 2008-2013, checked and made into arrays.

`load_observations()` reads the files of `data/`, checks every cell, and builds the paths and the
starting state. What is observed, derived or assumed is said row by row in the files and in
`data/README.md`.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model import accounts, paths, provinces
from model.datafiles import DataError, Row, check_every, fail, read_table
from model.deals import Deal, counted_deals
from model.schemas import (
    NETWORKS,
    OPERATORS,
    PLATFORMS,
    PROVINCES,
    SCHEMAS,
    SERVICES,
    WALLETS,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DATA",
    "NETWORKS",
    "OPERATORS",
    "PLATFORMS",
    "PROVINCES",
    "SERVICES",
    "WALLETS",
    "DataError",
    "Deal",
    "Observations",
    "load_observations",
]

type Floats = NDArray[np.float64]
type Tables = dict[str, list[Row]]

DATA = Path(__file__).resolve().parent.parent / "data"


@dataclass(frozen=True, eq=False)
class Observations:
    """The observed market. G = 31 provinces, K = 3 operators, M = 3 platforms, T = 61 months.

    Attributes
    ----------
    provinces, codes : G names and GB/T 2260 codes, in the order of the codes
    tile : (G, 2) int, row and column in the layout china_prov_grid2
    neighbours : (G, G) bool, symmetric
    residents : (G,) million, 2010
    income : (G,) RMB, GDP per head 2010
    urban_share : (G,)
    lines : (G, T) million mobile lines; estimates that sum to the national path
    initial_lines : (G, K) million lines by operator at month 0; estimates
    internet_per_line : (G, T) internet users per line
    initial_accounts : (G, M) account holders per internet-using line at month 0; modelled
    price : (K, 2, T) RMB a month on 2G and 3G
    coverage : (K, T) share of the population each 3G network reaches
    wallet_launch : (K,) month from which the operator can run its own wallet
    deals : deals between these operators and platforms, by month
    series : date, operator, lines_million, lines_3g_million, basis; made when asked for
    events : date, event: a few to mark on a time axis; made when asked for
    last_month : 60, December 2013
    """

    provinces: tuple[str, ...]
    codes: tuple[int, ...]
    tile: NDArray[np.int64]
    neighbours: NDArray[np.bool_]
    residents: Floats
    income: Floats
    urban_share: Floats
    lines: Floats
    initial_lines: Floats
    internet_per_line: Floats
    initial_accounts: Floats
    price: Floats
    coverage: Floats
    wallet_launch: NDArray[np.int64]
    deals: tuple[Deal, ...]
    series_rows: tuple[Row, ...]
    event_rows: tuple[Row, ...]
    last_month: int = paths.LAST_MONTH

    @cached_property
    def series(self) -> "pd.DataFrame":
        """The operators' observed lines; 3G only where counted as in later years."""
        import pandas as pd  # heavy, and no run needs it

        frame = pd.DataFrame(self.series_rows)
        frame = frame[["date", "operator", "lines_million", "lines_3g_million", "basis", "definition"]]
        frame["date"] = pd.to_datetime(frame["date"])
        for column in ("lines_million", "lines_3g_million"):
            frame[column] = frame[column].astype(float)
        frame.loc[frame["definition"] == "narrow", "lines_3g_million"] = np.nan
        frame = frame.dropna(subset=["lines_million", "lines_3g_million"], how="all")
        return frame.drop(columns="definition").reset_index(drop=True)

    @cached_property
    def events(self) -> "pd.DataFrame":
        """Events to mark on a time axis."""
        import pandas as pd

        frame = pd.DataFrame([row for row in self.event_rows if row["on_axis"] == "yes"])[["date", "event"]]
        frame["date"] = pd.to_datetime(frame["date"])
        return frame.reset_index(drop=True)


def load_observations(folder: Path = DATA) -> Observations:
    """Read and check the files of a folder; build the arrays.

    Raises
    ------
    DataError
        A file, column or province is missing, or a cell is not allowed; one line that names
        file, row and column and says what is allowed.
    """
    return _load(Path(folder))


@lru_cache(maxsize=4)
def _load(folder: Path) -> Observations:
    tables = read_tables(folder)
    observations = _build(tables)
    for value in vars(observations).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)  # shared by all who load: nobody may change it
    return observations


def read_tables(folder: Path = DATA) -> Tables:
    """Return every file's checked rows, by file name."""
    tables = {file: read_table(folder, file, schema) for file, schema in SCHEMAS.items()}
    for file, each in (
        ("provinces.csv", ()),
        ("provincial_lines.csv", ()),
        ("tile_grid.csv", ()),
        ("internet_users.csv", ("date",)),
        ("number_blocks.csv", ("operator",)),
        ("borders.csv", ()),
    ):
        provinces.check_provinces(file, tables[file], each)
    for file in ("number_blocks.csv", "tariff_path.csv", "coverage_path.csv", "wallets.csv"):
        check_every(file, tables[file], "operator", OPERATORS)
    return tables


def _build(tables: Tables) -> Observations:
    place = tables["provinces.csv"]
    residents = provinces.column_by_province(place, "residents_2010_million")
    income = provinces.column_by_province(place, "gdp_per_head_2010_rmb")
    provinces.check_penetration(tables["provincial_lines.csv"], residents)
    anchor = provinces.column_by_province(tables["provincial_lines.csv"], "lines_2010_million")
    known = paths.total_lines(tables["operator_lines.csv"])
    lines = provinces.provincial_lines(residents, anchor, paths.national_lines(known))
    online = paths.internet_per_line(
        tables["internet_users.csv"], tables["internet_users_national.csv"], lines
    )
    return Observations(
        provinces=tuple(PROVINCES.values()),
        codes=tuple(PROVINCES),
        tile=provinces.tile_positions(tables["tile_grid.csv"]),
        neighbours=provinces.neighbour_matrix(tables["borders.csv"]),
        residents=residents,
        income=income,
        urban_share=provinces.column_by_province(place, "urban_share_2010"),
        lines=lines,
        initial_lines=provinces.rake(_seed(tables["number_blocks.csv"]), lines[:, 0], known[0]),
        internet_per_line=online,
        initial_accounts=accounts.initial_accounts(
            tables["platform_users.csv"],
            tables["platform_provinces.csv"],
            users=online[:, 0] * lines[:, 0],
            users_2011=online[:, 36] * lines[:, 36],
            income=income,
        ),
        price=paths.prices(tables["tariff_path.csv"]),
        coverage=paths.coverage(tables["coverage_path.csv"]),
        wallet_launch=_wallet_launch(tables["wallets.csv"]),
        deals=counted_deals(tables["partnerships.csv"]),
        series_rows=tuple(tables["operator_lines.csv"]),
        event_rows=tuple(tables["events.csv"]),
    )


def _seed(rows: list[Row]) -> Floats:
    """Return number blocks of the segments in use in 2008 by province and operator, (31, 3)."""
    seed = np.zeros((len(PROVINCES), len(OPERATORS)))
    place = {code: g for g, code in enumerate(PROVINCES)}
    for row in rows:
        if row["in_use_2008"] == "yes":
            seed[place[int(row["code"])], OPERATORS.index(row["operator"])] += row["blocks"]
    for g, k in np.argwhere(seed == 0.0):
        problem = f"has no numbers of {OPERATORS[k]} in {list(PROVINCES.values())[g]} in use in 2008"
        fail("number_blocks.csv", 1, "blocks", f"{problem}; at least one block is required")
    return seed


def _wallet_launch(rows: list[Row]) -> NDArray[np.int64]:
    launch = {row["operator"]: paths.month_index(row["date"]) for row in rows}
    return np.array([launch[operator] for operator in OPERATORS], dtype=np.int64)

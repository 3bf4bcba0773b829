"""Named scenarios: who is closed, open or exclusive, where and from when. Data, not code.

A scenario is a small TOML file, in `model/scenario_files/` or anywhere else:

    title = "China Mobile closed, rivals open"
    about = "One sentence."
    opens = "2009-04"                 # month from which the stances hold; all are closed before
    deals = "bargained"               # or "observed": the recorded deals and no others
    pricing = "observed"              # or "bertrand": tariffs that are best replies to each other
    refuse_exclusivity = []           # optional: platforms that give up nobody's rivals at any price

    [stances]                         # every operator
    china_mobile = "closed"           # closed, open or exclusive

    [[branches]]                      # optional: single branches that differ
    operator = "china_mobile"
    province = "Zhejiang"
    stance = "open"
    opens = "2009-04"

    [parameters]                      # optional: any of model.parameters
    era = 0
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from agents.stances import Stance
from model.errors import InputError, unknown_name
from model.horizon import MOST_MONTHS
from model.observations import Observations
from model.parameters import Parameters
from model.schemas import OPERATORS, PLATFORMS, PROVINCES

DEALS = ("bargained", "observed")
PRICINGS = ("observed", "bertrand")
FOLDER = Path(__file__).parent / "scenario_files"
ALLOWED = (
    "title", "about", "opens", "deals", "pricing", "refuse_exclusivity", "stances", "branches", "parameters"
)  # fmt: skip
BRANCH_ENTRIES = ("operator", "province", "stance", "opens")
STANCES = tuple(stance.name.lower() for stance in Stance)
FIRST_YEAR = 2008


@dataclass(frozen=True)
class BranchStance:
    """One branch that differs from its operator."""

    operator: str
    province: str
    stance: Stance
    opens: int


@dataclass(frozen=True)
class Scenario:
    """Who takes which stance, where and from which month.

    Attributes
    ----------
    name, title, about : str
    opens : int
        Month index from which the stances hold.
    stances : dict
        Stance by operator.
    branches : tuple of BranchStance
    observed_deals : bool
        Deals where and when they were made, whatever the bargain says of them.
    parameters : dict
        Values that differ from the defaults.
    pricing : str
        How tariffs are set: one of `PRICINGS`.
    refuse_exclusivity : tuple of str
        Platforms that sign no exclusive deal, whatever is offered.
    """

    name: str
    title: str
    about: str
    opens: int
    stances: dict[str, Stance]
    branches: tuple[BranchStance, ...] = ()
    observed_deals: bool = False
    parameters: dict[str, float] = field(default_factory=dict)
    pricing: str = "observed"
    refuse_exclusivity: tuple[str, ...] = ()

    def stance_path(self, observations: Observations, operators: tuple[str, ...]) -> np.ndarray:
        """Return every branch's stance in every month (T, K, G) int."""
        months = observations.last_month + 1
        path = np.zeros((months, len(operators), len(observations.provinces)), np.int64)
        for k, operator in enumerate(operators):
            path[self.opens :, k] = self.stances[operator]
        for branch in self.branches:
            k, g = operators.index(branch.operator), observations.provinces.index(branch.province)
            path[branch.opens :, k, g] = branch.stance
        if self.observed_deals:
            for deal in observations.deals:
                where = _places(deal.province, observations)
                path[deal.month :, operators.index(deal.operator), where] = Stance.OPEN
        return path

    def services_from_deals(
        self, observations: Observations, operators: tuple[str, ...], platforms: tuple[str, ...]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return since when each recorded deal holds, and what it covers.

        Returns
        -------
        since : (K, G, M) int
            Month of the deal, beyond the last month where there is none.
        services : (K, G, M, S) bool
            Services covered; shopping by phone comes with every deal.
        """
        shape = (len(operators), len(observations.provinces), len(platforms))
        since = np.full(shape, observations.last_month + 1)
        services = np.zeros((*shape, 4), bool)
        names = ("subscribing", "telecom", "handsets", "purchases")
        for deal in observations.deals:
            k, m = operators.index(deal.operator), platforms.index(deal.platform)
            where = _places(deal.province, observations)
            since[k, where, m] = np.minimum(since[k, where, m], deal.month)
            for service in (*deal.services, "purchases"):
                services[k, where, m, names.index(service)] = True
        return since, services


def _places(province: str | None, observations: Observations) -> np.ndarray:
    """Return the numbers of the provinces a deal holds in; all for None."""
    if province is None:
        return np.arange(len(observations.provinces))
    return np.array([observations.provinces.index(province)])


def scenario_names() -> tuple[str, ...]:
    """Return the names of the scenarios that come with the model."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load_scenario(name_or_path: "str | Path | Scenario") -> Scenario:
    """Return a scenario by name, or from a TOML file.

    Raises
    ------
    InputError
        No such scenario (the nearest is suggested), or a file that is not a valid one.
    """
    if isinstance(name_or_path, Scenario):
        return name_or_path
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = FOLDER / f"{name_or_path}.toml"
        if str(name_or_path) not in scenario_names():
            raise unknown_name("scenario", str(name_or_path), scenario_names())
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"scenario file {path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"scenario file {path}: not valid TOML ({error})") from error
    return read_scenario(path.stem, raw)


def read_scenario(name: str, raw: dict[str, Any]) -> Scenario:
    """Return the scenario a parsed file describes, every entry checked.

    Raises
    ------
    InputError
    """
    where = f"scenario {name}"
    for key in raw:
        if key not in ALLOWED:
            raise unknown_name(f"{where} entry", key, ALLOWED)
    for key in ("title", "stances"):
        if key not in raw:
            raise InputError(f"{where}: entry {key!r} is missing")
    deals = _one_of(where, raw, "deals", DEALS)
    pricing = _one_of(where, raw, "pricing", PRICINGS)
    stances = _table(where, raw, "stances")
    for operator in stances:
        if operator not in OPERATORS:
            raise unknown_name(f"{where} operator", operator, OPERATORS)
    for operator in OPERATORS:
        if operator not in stances:
            raise InputError(f"{where}: stances.{operator} is missing; allowed: {', '.join(STANCES)}")
    opens = _month(where, raw.get("opens", "2009-01"))
    parameters = _parameters(where, raw)
    return Scenario(
        name,
        str(raw["title"]),
        str(raw.get("about", "")),
        opens,
        {operator: _stance(where, stances[operator]) for operator in OPERATORS},
        tuple(_branch(where, entry, opens) for entry in _list_of_tables(where, raw, "branches")),
        deals == "observed",
        parameters,
        pricing,
        _platforms(where, raw.get("refuse_exclusivity", [])),
    )


def _platforms(where: str, names: Any) -> tuple[str, ...]:
    """Return a list of platforms of the file, each known."""
    if not isinstance(names, list):
        raise InputError(f"{where}: refuse_exclusivity must be a list of platforms, not {names!r}")
    for name in names:
        if name not in PLATFORMS:
            raise unknown_name(f"{where} platform", str(name), PLATFORMS)
    return tuple(names)


def _one_of(where: str, raw: dict[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    """Return an entry that is one of a few words, the first of them where it is not given."""
    word = raw.get(key, allowed[0])
    if word not in allowed:
        raise unknown_name(f"{where} {key}", str(word), allowed)
    return str(word)


def _table(where: str, raw: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a table of the file, empty if absent."""
    value = raw.get(key, {})
    if not isinstance(value, dict):
        raise InputError(f"{where}: {key} must be a table, not {value!r}")
    return value


def _parameters(where: str, raw: dict[str, Any]) -> dict[str, float]:
    """Return the file's parameter values, each known and within bounds."""
    values = _table(where, raw, "parameters")
    try:
        Parameters.with_values(values)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    return values


def _list_of_tables(where: str, raw: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a list of tables of the file, empty if absent."""
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise InputError(f"{where}: {key} must be written as [[{key}]] tables, not {value!r}")
    return value


def _stance(where: str, name: Any) -> Stance:
    """Return the stance of that name."""
    if name not in STANCES:
        raise unknown_name(f"{where} stance", str(name), STANCES)
    return Stance[name.upper()]


def _branch(where: str, entry: dict[str, Any], opens: int) -> BranchStance:
    """Return one branch's own stance."""
    for key in entry:
        if key not in BRANCH_ENTRIES:
            raise unknown_name(f"{where} branch entry", key, BRANCH_ENTRIES)
    for key, allowed in (("operator", OPERATORS), ("province", tuple(PROVINCES.values()))):
        if entry.get(key) not in allowed:
            raise unknown_name(f"{where} branch {key}", str(entry.get(key)), allowed)
    month = _month(where, entry["opens"]) if "opens" in entry else opens
    return BranchStance(entry["operator"], entry["province"], _stance(where, entry.get("stance")), month)


def _month(where: str, text: Any) -> int:
    """Return the month index of YYYY-MM; January 2009 is 1."""
    try:
        year, month = (int(part) for part in str(text).split("-"))
    except ValueError:
        year = month = 0
    index = (year - FIRST_YEAR) * 12 + month - 12
    if not (1 <= month <= 12 and 1 <= index <= MOST_MONTHS):
        raise InputError(f"{where}: opens = {str(text)!r}; allowed: a month 2009-01 to 2028-12")
    return index

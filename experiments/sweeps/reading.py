"""Read a design from a TOML file, every name and type checked; the format is `design`'s docstring."""

import tomllib
from pathlib import Path
from typing import Any

from experiments.sweeps.design import METHODS, Design, Kept, Sampling, Until
from experiments.sweeps.factors import OTHERS, Factor
from model.errors import InputError, unknown_name
from model.horizon import MOST_MONTHS
from model.parameters import Parameters

ENTRIES = (
    "title",
    "scenarios",
    "consumers",
    "months",
    "replications",
    "seed",
    "pricing",
    "time_limit",
    "sampling",
    "factors",
    "parameters",
    "measures",
    "until",
)
NUMBERS = ("consumers", "months", "replications", "seed", "time_limit")
RANGE = ("low", "high", "scale", "steps")
SAMPLING = ("method", "points", "trajectories", "levels", "second_order")
MEASURES = ("outcomes", "series", "every")
UNTIL = ("halfwidth", "measure", "actor")


def read_design(path: Path) -> Design:
    """Return the design a file describes, checked.

    Raises
    ------
    InputError
        The file cannot be read, or says something that is not allowed: named with what is.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"design {path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"design {path}: not valid TOML ({error})") from error
    try:
        design = _design(raw, path.parent)
        design.check()
    except InputError as error:
        raise InputError(f"design {path}: {error}") from error
    return design


def _design(raw: dict[str, Any], folder: Path) -> Design:
    for key in raw:
        if key not in ENTRIES:
            raise unknown_name("entry", key, ENTRIES)
    given: dict[str, Any] = {name: raw[name] for name in NUMBERS if name in raw}
    given |= {name: _text(raw, name) for name in ("title", "pricing") if name in raw}
    if "scenarios" in raw:
        names = _texts(raw, "scenarios", "scenarios")
        given["scenarios"] = tuple(_beside(name, folder) for name in names)
    return Design(
        **given,
        sampling=_sampling(_table(raw, "sampling")),
        factors=tuple(_factor(name, value) for name, value in _table(raw, "factors").items()),
        parameters=_table(raw, "parameters"),
        measures=_kept(_table(raw, "measures")),
        until=_until(_table(raw, "until")) if "until" in raw else None,
    )


def _sampling(raw: dict[str, Any]) -> Sampling:
    _known(raw, SAMPLING, "sampling")
    method = _text(raw, "method") if "method" in raw else "grid"
    if method not in METHODS:
        raise unknown_name("sampling method", method, METHODS)
    given: dict[str, Any] = {}
    for name, (least, default) in METHODS[method].items():
        if name not in raw and default is None:
            raise InputError(f"sampling.{name} is missing; allowed: a whole number from {least}")
        given[name] = raw.get(name, default)
    for name in raw:
        if name != "method" and name not in given:
            allowed = ", ".join(("method", *given))
            raise InputError(f"sampling.{name}: {method} takes no {name}; allowed: {allowed}")
    if not isinstance(given.get("second_order", False), bool):
        raise InputError(f"sampling.second_order = {given['second_order']!r}; allowed: true, false")
    return Sampling(
        method, **given | ({"second_order": bool(given["second_order"])} if "second_order" in given else {})
    )


def _factor(name: str, value: Any) -> Factor:
    allowed = (*Parameters.fields(), *OTHERS)
    if name not in allowed:
        raise unknown_name("factor", name, allowed)
    if isinstance(value, list) and value:
        return Factor(name, levels=tuple(value))
    if not isinstance(value, dict):
        raise InputError(
            f"factors.{name} = {value!r}: allowed: levels such as [0, 1, 2], or a range such as "
            "{ low = 0, high = 2 }"
        )
    _known(value, RANGE, f"factors.{name}")
    return Factor(name, **value)


def _kept(raw: dict[str, Any]) -> Kept:
    _known(raw, MEASURES, "measures")
    given: dict[str, Any] = {
        name: tuple(_texts(raw, name, f"measures.{name}")) for name in ("outcomes", "series") if name in raw
    }
    if "every" in raw:
        given["every"] = 0 if raw["every"] == "end" else raw["every"]
        if raw["every"] == 0:
            raise InputError(f'measures.every = 0: allowed: months, 1 to {MOST_MONTHS}, or "end"')
    return Kept(**given)


def _until(raw: dict[str, Any]) -> Until:
    _known(raw, UNTIL, "until")
    if "halfwidth" not in raw:
        raise InputError("until.halfwidth is missing; allowed: a number above 0, in the measure's unit")
    return Until(**raw)


def _known(raw: dict[str, Any], allowed: tuple[str, ...], where: str) -> None:
    for key in raw:
        if key not in allowed:
            raise unknown_name(f"{where} entry", key, allowed)


def _table(raw: dict[str, Any], name: str) -> dict[str, Any]:
    value = raw.get(name, {})
    if not isinstance(value, dict):
        raise InputError(f"{name} = {value!r}: allowed: a table, [{name}]")
    return value


def _text(raw: dict[str, Any], name: str) -> str:
    if not isinstance(raw[name], str):
        raise InputError(f"{name} = {raw[name]!r}: allowed: text")
    return str(raw[name])


def _texts(raw: dict[str, Any], name: str, where: str) -> list[str]:
    value = raw[name]
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise InputError(f'{where} = {value!r}: allowed: names in a list, such as ["..."]')
    return value


def _beside(scenario: str, folder: Path) -> str:
    """Return the scenario, a relative file taken from the folder of the design."""
    if Path(scenario).suffix != ".toml" or Path(scenario).is_absolute():
        return scenario
    return str(folder / scenario)

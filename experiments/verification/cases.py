"""The list of limiting cases, in the order of the brief; each is a module of this folder."""

from importlib import import_module

from experiments.verification.checks import Case, Findings
from model.errors import unknown_name

#: Module of each case, by the key that the command and the tests use.
MODULES: dict[str, str] = {
    "logit": "logit",
    "mean_field": "mean_field",
    "switching": "switching",
    "network_effects": "network_effects",
    "bertrand": "bertrand",
    "bass": "bass",
    "bargaining": "bargaining",
    "urns": "urns",
    "games": "games",
    "random_numbers": "random_numbers",
    "small_world": "small_world",
}


def case_of(key: str) -> Case:
    """Return a case by its key.

    Raises
    ------
    InputError
        No such case; the nearest is suggested.
    """
    if key not in MODULES:
        raise unknown_name("case", key, MODULES)
    return import_module(f"experiments.verification.{MODULES[key]}").CASE


def run_case(key: str, seed: int) -> Findings:
    """Run one case; a function of its own so that a worker process can be sent it."""
    return case_of(key).run(seed)

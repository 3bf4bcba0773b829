"""What can be set: every field with its words, unit, range and what is chosen now."""

from typing import Any

from experiments.wording import start_sentence
from model.parameters import Parameters
from model.scenarios import load_scenario, scenario_names
from model.schemas import OPERATORS, PLATFORMS
from view.colours import OF, name_of
from view.measures import MEASURES
from view.setup import AS_PLANNED, SHOWN, SIZES, SPEEDS, WORLDS, Setup

#: Parameters most worth moving, by what they are about; all others follow in a list of their own.
MAIN = {
    "The era and what the phone is good for": (
        "era", "payment_value_3g", "payment_value_2g", "join_online", "account_familiarity", "merchant_pull"),
    "What holds customers": (
        "switching_cost", "lock_in", "review_hazard", "same_operator", "price_sensitivity"),
    "Money": (
        "outlet_commission", "service_fee", "merchant_fee", "serving_cost_3g", "serving_cost_2g",
        "subsidy_china_mobile", "purchases_rmb"),
    "Platforms and deals": (
        "adoption_campaign", "adoption_contacts", "merchant_speed", "deal_months", "bargaining_floor",
        "bargaining_users", "integration_cost"),
}  # fmt: skip
OTHERS = "All other parameters"


def fixed_words() -> dict[str, Any]:
    """Return what never changes: names, choices, and all parameters with what is known about them."""
    known = Parameters.fields()
    main = [name for names in MAIN.values() for name in names]
    groups = {**MAIN, OTHERS: tuple(name for name in known if name not in main)}
    return {
        "scenarios": [
            {"name": name, "title": load_scenario(name).title, "about": load_scenario(name).about}
            for name in scenario_names()
        ],
        "operators": [{"name": name, "title": name_of(name), "colour": OF[name]} for name in OPERATORS],
        "stances": [AS_PLANNED, "closed", "open", "exclusive"],
        "measures": [{"name": k, "title": m.title, "meaning": m.meaning} for k, m in MEASURES.items()],
        "speeds": list(SPEEDS),
        "shown": list(SHOWN),
        "sizes": list(SIZES),
        "groups": [
            {"title": title, "main": title != OTHERS, "parameters": [_describe(n, known[n]) for n in names]}
            for title, names in groups.items()
        ],
    }


def _describe(name: str, about: dict[str, Any]) -> dict[str, Any]:
    low, high = about["plausible"]
    whole = about["unit"] == "months"
    return {
        "name": name,
        "title": _title(name),
        "default": about["default"],
        "low": float(f"{low:.3g}"),
        "high": float(f"{high:.3g}"),
        "step": 1 if whole else (high - low) / 100,
        "unit": about["unit"],
        "meaning": start_sentence(about["meaning"]),
        "source": about["source"],
        "bounds": [float(end) for end in about["bounds"]],
    }


def _title(name: str) -> str:
    """Return a parameter's name in words: subsidy_china_mobile -> Subsidy, China Mobile."""
    for actor in (*OPERATORS, *PLATFORMS):
        if name.endswith(f"_{actor}"):
            return f"{_title(name.removesuffix(f'_{actor}'))}, {name_of(actor)}"
    words = name.replace("_", " ").replace("2g", "2G").replace("3g", "3G").replace("rmb", "RMB")
    return start_sentence(words)


def chosen(setup: Setup) -> dict[str, Any]:
    """Return what is chosen now."""
    values = dict(setup.parameters)
    return {
        "worlds": {
            w: {
                "scenario": setup.world[w].scenario,
                "title": setup.world[w].title,
                "about": setup.world[w].plan.about,
                "stances": list(setup.world[w].stances),
            }
            for w in WORLDS
        },
        "seed": setup.seed,
        "consumers": setup.consumers,
        "parameters": values,
        "measure": setup.measure,
        "speed": setup.speed,
        "shown": setup.shown,
    }

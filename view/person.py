"""The panel of one consumer: what both worlds made of one person, and the utilities behind the choice."""

from typing import Any

import numpy as np

from agents.choice import NO_LINE
from agents.consumers import Consumer
from agents.explanation import TERMS, Choice
from model.schemas import OPERATORS
from view.charts import PERCENT, date_of
from view.colours import OF, name_of
from view.drawing.tiles import SHORT, signed
from view.province import describe
from view.setup import WORLDS
from view.twins import Twins

HEADINGS = {
    "standing, quality and coverage": "Standing, quality, coverage",
    "price": "Price",
    "paying by phone": "Paying by phone",
    "contacts": "Contacts",
    "leaving": "Leaving",
}


def show_person(twins: Twins, row: int) -> dict[str, Any]:
    """Return what the panel of a consumer shows, ready to be sent to the page."""
    person = twins.consumer("a", row)
    sensitivity, switching = person.traits
    traits = f"100 RMB a month weigh {100 * sensitivity:.1f} utils, leaving an operator {switching:.1f}."
    return {
        "row": row,
        "province": person.province,
        "traits": traits,
        "terms": [HEADINGS[term] for term in TERMS],
        "worlds": {w: _in_world(twins, w, row) for w in WORLDS},
    }


def _in_world(twins: Twins, w: str, row: int) -> dict[str, Any]:
    person = twins.consumer(w, row)
    choice = twins.choice(w, row)
    return {
        "has": describe(person),
        "colour": OF.get(str(person.operator), "#616e7c"),
        "contract": f"3G contract to {date_of(person.contract_end)}" if person.contract_end else "",
        "accounts": [name_of(name) for name in person.accounts] if person.has_line else [],
        "contacts": _contacts(person),
        "choice": None if choice is None else _choice(choice),
    }


def _contacts(person: Consumer) -> list[dict[str, Any]]:
    return [
        {"row": c.row, "colour": OF.get(str(c.operator), "#c5ccd3"), "on_3g": c.on_3g,
         "words": f"{describe(c)}, {c.province}"}
        for c in person.contacts
    ]  # fmt: skip


def _choice(choice: Choice) -> dict[str, Any]:
    """Return the options with their terms, utility and chance, and what was chosen."""
    return {
        "heading": _heading(choice),
        "options": [
            {
                "name": f"{SHORT[OPERATORS[j // 2]]} {('2G', '3G')[j % 2]}",
                "colour": OF[OPERATORS[j // 2]],
                "own": choice.own == j + 1,
                "chosen": choice.made and choice.chosen == j + 1,
                "offered": bool(np.isfinite(choice.utility[j])),
                "terms": [signed(float(choice.terms[term][j]), 2) for term in TERMS],
                "utility": signed(float(choice.utility[j]), 2)
                if np.isfinite(choice.utility[j])
                else "not offered",
                "chance": float(PERCENT * choice.probability[j]),
            }
            for j in range(len(choice.utility))
        ],
    }


def _heading(choice: Choice) -> str:
    when = date_of(choice.month)
    if not choice.made:
        return f"Has not chosen since it is followed. If it chose as in {when}:"
    if choice.own == NO_LINE:
        return f"Took up its line in {when}, by these utilities:"
    stayed = "and stayed" if choice.own == choice.chosen else "and changed"
    return f"Chose last in {when} {stayed}, by these utilities:"

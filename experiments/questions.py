"""Questions a sweep answers: each is a design, and what to look at in its results.

A question is a subcommand of `walled-garden` and a script of its own; its options are those of `sweep`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from experiments.results.command import results
from experiments.sweeps.command import sweep

DESIGNS = Path(__file__).parent / "designs"


@dataclass(frozen=True)
class Question:
    """A question with its design.

    Attributes
    ----------
    name : of the subcommand and of its design in `designs/`
    asks : the question in words, and how it is answered
    look : what `walled-garden results` is to show, as its options by name
    """

    name: str
    asks: str
    look: dict[str, Any]

    @property
    def design(self) -> Path:
        """The file of its design."""
        return DESIGNS / f"{self.name.replace('-', '_')}.toml"

    def command(self) -> click.Command:
        """Return the subcommand that runs the sweep, sums it up and draws it."""

        def answer(out: Path | None, dry_run: bool, **options: Any) -> int:
            folder = Path("results") / self.name.replace("-", "_") if out is None else out
            status = sweep.callback(design=self.design, out=folder, dry_run=dry_run, **options)  # type: ignore[misc]
            if not status and not dry_run:
                results.callback(folder=folder, **SHOWN | self.look)  # type: ignore[misc]
            return int(status or 0)

        options = [option for option in sweep.params if option.name != "design"]
        return click.Command(self.name, callback=answer, params=options, help=self.asks)


#: What `results` shows where a question does not say.
SHOWN: dict[str, Any] = {"measures": (), "plot": None, "sensitivity": None, "export": "csv", "out": None}
GAIN = "profit_discounted:china_mobile"

ERA = Question(
    "era",
    "How does China Mobile's gain from staying closed change from the 2G to the 3G era?\n\n"
    "Sweeps `era` from 0, no 3G network, to 1, 3G as observed, with China Mobile closed and open while its "
    "rivals are open; prints the paired difference at each, and draws it.",
    {"plot": ("era", GAIN)},
)
CASH = Question(
    "cash",
    "How dear must collecting cash be for opening to pay?\n\n"
    "A partner saves the operator the shops' commission on bills. Sweeps that commission from 1 to 8 %, with "
    "China Mobile closed and open while its rivals are open.",
    {"plot": ("outlet_commission", GAIN)},
)
LOCK_IN = Question(
    "lock-in",
    "Is it the wallet's lock-in that makes closing pay?\n\n"
    "Sweeps what it costs a customer to leave an own wallet behind, with everybody closed and with "
    "everybody open.",
    {"plot": ("lock_in", GAIN)},
)
ASSUMPTIONS = Question(
    "assumptions",
    "Which assumptions decide whether closing pays?\n\n"
    "Morris's screening over the plausible ranges of the parameters that no observation pins down: by how "
    "much each moves China Mobile's gain from staying closed, and whether always to one side.",
    {"sensitivity": GAIN},
)
QUESTIONS = (ERA, CASH, LOCK_IN, ASSUMPTIONS)

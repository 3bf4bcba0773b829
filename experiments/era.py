"""How does China Mobile's gain from staying closed change from the 2G to the 3G era?

Sweeps the parameter `era` from 0, no 3G network, to 1, 3G as observed, with China Mobile closed and open
while its rivals are open (`designs/era.toml`). Run it with `uv run python -m experiments.era`; it prints the
paired difference at each, and draws it. Stopped on the way, it goes on from there.
"""

import sys
from pathlib import Path

import click

from experiments.cli import main

DESIGN = Path(__file__).parent / "designs" / "era.toml"
MEASURE = "profit_discounted:china_mobile"


@click.command()
@click.option("--out", default="results/era", show_default=True, help="The store; the figure goes beside it.")
@click.argument("more", nargs=-1, type=click.UNPROCESSED)
def answer(out: str, more: tuple[str, ...]) -> None:
    """Sweep over the era, sum up and draw; words behind `--` go to `walled-garden sweep`."""
    status = main(["sweep", str(DESIGN), "--out", out, *more])
    if not status:
        status = main(["results", out, "--plot", "era", MEASURE])
    sys.exit(status)


if __name__ == "__main__":
    answer()

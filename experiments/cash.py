"""How dear must collecting cash be for opening to pay?

`uv run python -m experiments.cash`, or `walled-garden cash`. Stopped on the way, it goes on from there.
"""

import sys

from experiments.cli import main

if __name__ == "__main__":
    sys.exit(main(["cash", *sys.argv[1:]]))

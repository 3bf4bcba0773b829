"""How many consumers does a study need?

`uv run python -m experiments.how_many`, or `walled-garden how-many`.
"""

import sys

from experiments.cli import main

if __name__ == "__main__":
    sys.exit(main(["how-many", *sys.argv[1:]]))

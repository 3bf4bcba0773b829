"""Which assumptions decide whether closing pays?

`uv run python -m experiments.assumptions`, or `walled-garden assumptions`. Stopped on the way, it
goes on from there.
"""

import sys

from experiments.cli import main

if __name__ == "__main__":
    sys.exit(main(["assumptions", *sys.argv[1:]]))

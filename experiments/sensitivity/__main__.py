"""Which assumptions decide whether opening pays, and under which does it?

`uv run python -m experiments.sensitivity`, or `walled-garden sensitivity`. Stopped on the way, it goes on
from there.
"""

import sys

from experiments.cli import main

if __name__ == "__main__":
    sys.exit(main(["sensitivity", *sys.argv[1:]]))

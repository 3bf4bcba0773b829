"""Is it the wallet's lock-in that makes closing pay?

`uv run python -m experiments.lock_in`, or `walled-garden lock-in`. Stopped on the way, it goes on from there.
"""

import sys

from experiments.cli import main

if __name__ == "__main__":
    sys.exit(main(["lock-in", *sys.argv[1:]]))

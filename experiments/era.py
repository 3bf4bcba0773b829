"""How does China Mobile's gain from staying closed change from the 2G to the 3G era?

`uv run python -m experiments.era`, or `walled-garden era`. Stopped on the way, it goes on from there.
"""

import sys

from experiments.cli import main

if __name__ == "__main__":
    sys.exit(main(["era", *sys.argv[1:]]))

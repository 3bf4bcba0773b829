"""All of China, one to one: every mobile line a consumer.

`uv run python -m experiments.china`, or `walled-garden china`. Killed on the way, it goes on from its last
checkpoint to identical results.
"""

import sys

from experiments.cli import main

if __name__ == "__main__":
    sys.exit(main(["china", *sys.argv[1:]]))

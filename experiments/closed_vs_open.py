"""Does it pay China Mobile to stay closed? The default comparison.

Closed with open, and a closed incumbent with history and with open: `walled-garden compare` without a word,
whose options it takes. Run it with `uv run python -m experiments.closed_vs_open`, or `walled-garden
closed-vs-open`; it prints the paired differences and an answer, and writes tables, figures and a page to
`results/closed-vs-open`.
"""

import sys

from experiments.cli import main

if __name__ == "__main__":
    sys.exit(main(["closed-vs-open", *sys.argv[1:]]))

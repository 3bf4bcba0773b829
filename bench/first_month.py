"""Write down when a command's first simulated month is over: `python -m bench.first_month FILE compare`.

Does what the command `walled-garden` does, here and in the workers' server; the first market that has
lived through a month, in whatever process, writes the time into FILE.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

NOTE = "WALLED_GARDEN_BENCH_NOTE"  # names FILE to the workers


def watch() -> None:
    """Have the first month that ends in this process, or in one forked from it, noted."""
    from model.market import MobileMarket

    step = MobileMarket.step

    def noting(market: Any) -> None:
        step(market)
        note = Path(os.environ[NOTE])
        if market.month == 1 and not note.exists():
            note.write_text(repr(time.time()), encoding="utf-8")

    MobileMarket.step = noting  # type: ignore[method-assign]


def main() -> int:
    """Run the command and leave the note; return the command's exit status."""
    os.environ[NOTE] = sys.argv[1]
    from experiments import cli, workers

    if "--workers=1" in sys.argv:  # no server: the market lives here
        import experiments.runner as runner

        run_one = runner.run_one

        def run_watched(run: Any) -> Any:
            if not Path(sys.argv[1]).exists():
                watch()
            return run_one(run)

        runner.run_one = run_watched
    else:
        workers.PRELOADED.append("bench.first_month_preload")
    return cli.main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())

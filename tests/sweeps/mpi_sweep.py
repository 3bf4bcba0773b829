"""The small sweep as an MPI job, one of whose ranks may be killed on the way; run by test_executors.py."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from small_sweep import DESIGN, PARTS_OF
from works import slow_arithmetic

from experiments.sweeps import store
from experiments.sweeps.executors import choose_executor
from experiments.sweeps.machine import run_sweep
from experiments.sweeps.tasks import Task


def kills_its_rank(task: Task) -> Any:
    """End the process at a run in the middle."""
    if task.run == 70:
        os.kill(os.getpid(), signal.SIGKILL)
    return slow_arithmetic(task)


if __name__ == "__main__":
    store.RUNS_PER_PART, store.COMMIT_SECONDS = PARTS_OF, 0.01
    chosen = choose_executor("mpi")
    work = kills_its_rank if "kill" in sys.argv else slow_arithmetic
    run_sweep(DESIGN, Path(sys.argv[1]), open_executor=chosen.open_executor, room=chosen.room, work=work)

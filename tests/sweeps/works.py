"""What runs are in these tests; imports little, since every worker imports it."""

import os
import random
import signal
import time

import numpy as np

from experiments.sweeps.layout import layout
from experiments.sweeps.tasks import Task


def arithmetic(task: Task) -> np.ndarray:
    """Return numbers that depend on everything a run depends on."""
    luck = np.random.default_rng([task.seed, task.point, len(task.scenario.name)])
    return luck.random(len(layout(task.kept, task.months))) + task.parameters["lock_in"]


def slow_arithmetic(task: Task) -> np.ndarray:
    """Return the same after some milliseconds, so that runs end out of order."""
    time.sleep(0.002 + 0.01 * ((task.run * 7) % 5) / 5)
    return arithmetic(task)


def sometimes_raises(task: Task) -> np.ndarray:
    """Raise at every tenth run, mend nothing."""
    if task.run % 10 == 3:
        raise ArithmeticError(f"no equilibrium at run {task.run}")
    return arithmetic(task)


def shuffled(task: Task) -> np.ndarray:
    time.sleep(random.uniform(0.0, 0.01))
    return arithmetic(task)


def hangs_asleep(task: Task) -> np.ndarray:
    if task.run == 5:
        time.sleep(60)
    return arithmetic(task)


def hangs_deaf(task: Task) -> np.ndarray:
    if task.run == 5:  # as compiled code that never returns: no signal is heard
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGTERM})
        time.sleep(60)
    return arithmetic(task)


def kills_its_worker(task: Task) -> np.ndarray:
    if task.run in (5, 77):
        os._exit(9)
    return arithmetic(task)


def always_kills(task: Task) -> np.ndarray:
    os._exit(9)


def wrong_size(task: Task) -> np.ndarray:
    return np.zeros(3)

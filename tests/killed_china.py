"""Kill `walled-garden china` at every step it takes on the way to the disk; run in a process of its own.

    python tests/killed_china.py FOLDER

Each run is killed a step later than the one before, killed once more as it goes on, and then left to finish;
prints the kills.
A step: a month, a block of a checkpoint, a push to the disk, a rename, a file removed.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from experiments.cli import main
from model import checkpoint, files
from model.market import MobileMarket

ASKED = ["--consumers", "2000", "--months", "5", "--checkpoint-every", "2", "--threads", "1"]


def kill_at(step: int) -> None:
    """Have this process kill itself before or after its step number so-and-so."""
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def stepping(real: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*given: object, **named: object) -> object:
            tick()
            result = real(*given, **named)
            tick()
            return result

        return wrapped

    block = 0

    def some_blocks(out: checkpoint._Hashing, content: bytes) -> None:
        nonlocal block
        block += 1
        if block % 100 == 0:  # of several hundred
            out.file.write(content[: len(content) // 2])
            out.file.flush()
            tick()
            out.file.seek(-(len(content) // 2), os.SEEK_CUR)
        real_block(out, content)

    real_block = checkpoint._write_block
    checkpoint._write_block = some_blocks
    files.push = stepping(files.push)  # type: ignore[assignment]
    Path.rename = stepping(Path.rename)  # type: ignore[method-assign, assignment]
    Path.unlink = stepping(Path.unlink)  # type: ignore[method-assign, assignment]
    MobileMarket.extend_coverage = stepping(MobileMarket.extend_coverage)  # type: ignore[method-assign, assignment]


def in_child(body: Callable[[], int]) -> int:
    """Return how a forked child ended that ran the body: its status, or less than 0 for a signal."""
    child = os.fork()
    if child == 0:
        os._exit(body())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run(folder: Path) -> int:
    return main(["china", *ASKED, "--out", str(folder)])


def killed_run(folder: Path, step: int) -> bool:
    """Return whether a run was killed at a step; False where it had ended before."""

    def body() -> int:
        kill_at(step)
        return run(folder)

    status = in_child(body)
    assert status in (0, -signal.SIGKILL), status
    return status != 0


def kill_at_every_step(folder: Path) -> int:
    """Kill a run at each of its steps, what goes on at the same step once more; finish it; return the kills.

    `folder/step` is what came of it.
    """
    run(folder / "warm")  # so that children need not load the compiled rules
    kills = 0
    for step in range(1, 1000):
        if not killed_run(folder / f"{step}", step):
            return kills
        kills += 1 + killed_run(folder / f"{step}", step)
        assert in_child(lambda: run(folder / f"{step}")) == 0  # noqa: B023
    raise AssertionError("never done")


if __name__ == "__main__":
    checkpoint.LARGE, checkpoint.BLOCK = 1000, 4096  # bytes: many blocks a checkpoint
    print("kills:", kill_at_every_step(Path(sys.argv[1])))

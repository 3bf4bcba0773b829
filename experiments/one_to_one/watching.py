"""What the terminal shows of a long run: months, lines a second, time left, memory."""

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from agents.cache import is_compiled
from experiments.one_to_one.running import Stand, Watch, peak_memory

PLAIN_EVERY = 6  # months a line where there is no terminal to redraw


@contextlib.contextmanager
def watching() -> Iterator[Watch]:
    """Give a function to call with where the run stands; it draws a bar, or plain lines."""
    console = Console(stderr=True)
    if not is_compiled():
        console.print("Compiling the rules: about 20 s, on first use only.", highlight=False)
    if not console.is_terminal:
        yield lambda stand: _plain(console, stand)
        return
    columns = (TextColumn("Months"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[words]}"), console=console, transient=True) as bar:
        task = bar.add_task("", total=None, words="")
        yield lambda stand: bar.update(task, completed=stand.month, total=stand.months, words=words(stand))


def words(stand: Stand) -> str:
    """Return pace, time left and memory, as far as they are known."""
    memory = f"memory {peak_memory() / 1e9:.1f} GB"
    if stand.month == stand.began_at:
        return f"{stand.rows:,} consumers, {memory}"
    left = (stand.months - stand.month) * stand.rows / stand.pace
    return f"{stand.pace / 1e6:,.1f} million lines a second, {_duration(left)} left, {memory}"


def _plain(console: Console, stand: Stand) -> None:
    first, last = stand.month == stand.began_at, stand.month == stand.months
    if first or last or stand.month % PLAIN_EVERY == 0:
        line = f"month {stand.month} of {stand.months}: {words(stand)}"
        console.print(line, highlight=False, soft_wrap=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"

"""The command `python -m bench`: how fast, against what, and how it grows.

Exit status: 0 done, 1 a run failed, 2 bad input (one line says what is wrong and what is allowed, and nothing
has been written), 130 interrupted; parts measured by then stand on the page.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from bench import comparison, machine, page, scaling
from bench.contenders import CONTENDERS
from bench.options import PARTS, QUICK, Options, longest_market
from bench.turns import Clock
from model.errors import InputError, RunError

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
MEASURE: dict[str, Callable[[Options, Clock], list[str]]] = {
    "contenders": comparison.compare,
    "sizes": scaling.sizes,
    "threads": scaling.threads,
    "months": scaling.months,
    "memory": scaling.memory,
}


@click.command(context_settings={"show_default": True})
@click.option("--part", "parts", multiple=True, metavar="PART",
              help=f"What to measure; may be repeated: {', '.join(PARTS)}.  [all]")  # fmt: skip
@click.option("--contender", "contenders", multiple=True, metavar="NAME",
              help=f"Whom to compare; may be repeated: {', '.join(CONTENDERS)}.  [all]")  # fmt: skip
@click.option("--consumers", type=int, metavar="N", help="Consumers of a run.  [1000000]")
@click.option("--months", type=int, metavar="N", help="Months of a run.  [60]")
@click.option("--repeats", type=int, metavar="N", help="How often each run is made.  [5]")
@click.option("--slow-repeats", type=int, metavar="N",
              help="The same for models of an object a consumer: minutes a run.  [as --repeats]")  # fmt: skip
@click.option("--largest", type=int, metavar="N",
              help="No more consumers than this where their number varies.  [100000000]")  # fmt: skip
@click.option("--minutes", type=float, metavar="N",
              help="No turn but the first of a part begins after so many minutes.  [180]")  # fmt: skip
@click.option("--scenario", metavar="NAME", help="The scenario.  [open]")
@click.option("--quick", is_flag=True, help="Everything once and small, to see that it works; not written.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PAGE",
              help="The page to write to.  [docs/performance.md; with --quick: none]")  # fmt: skip
def command(
    parts: tuple[str, ...],
    contenders: tuple[str, ...],
    quick: bool,
    out: Path | None,
    **given: int | float | str | None,
) -> None:
    """Measure how fast the consumers are run, against what, and how the cost grows.

    Prints tables and writes them to docs/performance.md. Models with an object a consumer take some five
    minutes a run at the default size: see --slow-repeats, --contender and --minutes.
    """
    values = dict(QUICK) if quick else {}
    values |= {name: value for name, value in given.items() if value is not None}
    largest = values.pop("largest", None)
    values.setdefault("slow_repeats", values.get("repeats", Options.slow_repeats))
    options = Options(
        parts=parts or PARTS,
        contenders=contenders,
        most_months=longest_market(),
        **values,  # type: ignore[arg-type]
    )
    options.check()
    if largest is not None:
        options = options.up_to(largest)
    target = out or (None if quick else page.PAGE)
    if target is not None:
        page.check(target, options.parts)
    measure(options, target)


def measure(options: Options, target: Path | None) -> None:
    """Measure each part, print it, and write it to the page."""
    clock = Clock(options.minutes)
    clock.tell(
        f"This may take some {sum(planned(part, options) for part in options.parts) / 60:.0f} minutes."
    )
    for part in options.parts:
        load = machine.load()
        lines = [*MEASURE[part](options, clock), "", machine.surroundings(load)]
        click.echo("\n".join([f"\n## {part}\n", *lines]))
        if target is not None:
            page.write(target, part, lines)
    if clock.failed:
        raise RunError(f"failed: {'; '.join(clock.failed.values())}")


def planned(part: str, options: Options) -> float:
    """Return the seconds a part may take, roughly."""
    return comparison.planned(options) if part == "contenders" else scaling.planned(part, options)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; every complaint is one line on stderr."""
    try:
        command.main(arguments, "python -m bench", standalone_mode=False)
    except click.ClickException as error:
        return _complain(error.format_message(), BAD_INPUT)
    except InputError as error:
        return _complain(str(error), BAD_INPUT)
    except (KeyboardInterrupt, click.Abort):
        return _complain("interrupted", INTERRUPTED)
    except (RunError, OSError) as error:
        return _complain(str(error), FAILED)
    return 0


def _complain(message: str, status: int) -> int:
    click.echo(f"bench: {' '.join(message.split())}", err=True)
    return status


if __name__ == "__main__":
    sys.exit(main())

"""The command `walled-garden results`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from model.errors import InputError

if TYPE_CHECKING:
    from experiments.plots.style import Picture
    from experiments.results.loading import StoreReader

FORMATS = ("csv", "parquet")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--measure", "measures", multiple=True, metavar="MEASURE",
              help="Only this, as share_3g or share_3g:china_mobile; may be repeated.")  # fmt: skip
@click.option("--plot", nargs=2, metavar="FACTOR MEASURE", help="Draw the measure along the factor.")
@click.option("--sensitivity", metavar="MEASURE", help="Say and draw which factors it depends on; of designs "
              "sampled by morris or saltelli.")  # fmt: skip
@click.option("--export", metavar="FORMAT", help=f"Write both tables: {' or '.join(FORMATS)}.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for both.  [DIR-results]")
def results(
    folder: Path,
    measures: tuple[str, ...],
    plot: tuple[str, str] | None,
    sensitivity: str | None,
    export: str | None,
    out: Path | None,
) -> None:
    """Sum a sweep up: means, and paired differences between scenarios, with 95 % intervals.

    Works on a sweep that is not complete, or is under way, and says so.
    """
    from experiments.results.loading import read_store
    from experiments.results.printing import print_overview, print_summary
    from experiments.results.selection import (
        check_factor,
        check_format,
        choose_place,
        choose_places,
        main_places,
    )
    from experiments.results.sensitivity import check_sensitivity
    from experiments.results.summary import summarise
    from experiments.store import check_writable

    store = read_store(folder)
    places = choose_places(store, measures) if measures else main_places(store)
    if export is not None:
        check_format(export, FORMATS)
    if plot is not None:
        check_factor(store, plot[0])
        choose_places(store, [plot[1]])
    if sensitivity is not None:
        check_sensitivity(store, choose_place(store, sensitivity))
    writes = export is not None or plot is not None or sensitivity is not None
    target = _target(folder, out)
    if writes:
        check_writable(target)
    elif out is not None:
        raise InputError("--out: there is nothing to write; allowed: with --plot, --export or --sensitivity")
    print_overview(store)
    print_summary(store, summarise(store, places, bootstrap=False), places, every=bool(measures))
    if export is not None:
        _export(store, choose_places(store, measures), export, target)
    if plot is not None:
        _plot(store, *plot, target)
    if sensitivity is not None:
        _rank(store, sensitivity, target)


def _target(folder: Path, out: Path | None) -> Path:
    """Return where to write: `out`, or a folder beside the store.

    Raises
    ------
    InputError
        It is in the store, where nothing is written.
    """
    store = folder.resolve()
    if out is None:
        # Beside it as it was named, where that can be told; else beside where it is.
        beside = folder if folder.name not in ("", "..") else store
        return beside.with_name(f"{store.name}-results")
    if out.resolve().is_relative_to(store):
        raise InputError(f"--out {str(out)!r} is in the store; allowed: a folder outside {str(folder)!r}")
    return out


def _export(store: "StoreReader", places: list[int], form: str, folder: Path) -> None:
    from experiments.results.summary import summarise
    from model.files import replacing

    folder.mkdir(parents=True, exist_ok=True)
    for name, table in summarise(store, places)._asdict().items():
        merged = table.merge(store.points, on="point", how="left")
        path = folder / f"{name}.{form}"
        with replacing(path) as aside:
            if form == "csv":
                merged.to_csv(aside, index=False)
            else:
                merged.to_parquet(aside, index=False)
        click.echo(f"{path}: {len(merged):,} rows")


def _plot(store: "StoreReader", factor: str, measure: str, folder: Path) -> None:
    from experiments.plots.response import draw_response
    from experiments.results.selection import curves_of

    curves = curves_of(store, factor, measure)
    _draw(lambda: draw_response(curves), folder, f"{measure.replace(':', '-')}-along-{factor}")


def _rank(store: "StoreReader", measure: str, folder: Path) -> None:
    from experiments.plots.sensitivity import draw_ranking
    from experiments.results.printing import print_sensitivity
    from experiments.results.selection import choose_place, ranking_of
    from experiments.results.sensitivity import sensitivity
    from model.files import replacing

    place = choose_place(store, measure)
    found = sensitivity(store, place)
    ranking = ranking_of(store, place, found)
    print_sensitivity(ranking)
    name = f"{measure.replace(':', '-')}-sensitivity"
    _draw(lambda: draw_ranking(ranking), folder, name)
    for table, ending in ((found.effects, ""), (found.pairs, "-pairs")):
        if len(table):
            with replacing(folder / f"{name}{ending}.csv") as aside:
                table.to_csv(aside, index=False)
            click.echo(f"{folder / f'{name}{ending}.csv'}: {len(table):,} rows")


def _draw(draw: "Callable[[], Picture]", folder: Path, name: str) -> None:
    """Draw a figure as SVG and PNG, and say where it is and what is seen in it."""
    import matplotlib

    from experiments.plots.style import RC
    from model.files import replacing

    folder.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(RC):
        picture = draw()
        for form, about in (("svg", {"Date": None, "Creator": None}), ("png", {"Software": None})):
            with replacing(folder / f"{name}.{form}") as aside:
                picture.figure.savefig(aside, format=form, dpi=160, metadata=about)
            click.echo(f"{folder / f'{name}.{form}'}")
    click.echo(picture.caption)

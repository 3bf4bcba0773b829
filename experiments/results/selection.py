"""Which measures, actors and factors of a sweep are meant by the words on the command line."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from experiments.outcomes import INCUMBENT, MARKET, MEASURES
from experiments.outcomes import MEASURE as MAIN
from experiments.results.loading import StoreReader
from experiments.results.sensitivity import Sensitivity
from experiments.results.summary import has_level, pairs_of, respond, unit_of
from experiments.wording import name_actor, name_measure, name_scenario
from model.errors import InputError, unknown_name
from model.parameters import Parameters

if TYPE_CHECKING:
    from experiments.plots.response import Curves
    from experiments.plots.sensitivity import Ranking

MOST_CONNECTED = 25  # values of a factor to connect by a line; more are a cloud


def choose_places(store: StoreReader, words: Iterable[str]) -> list[int]:
    """Return the places of the layout that "measure" or "measure:actor" mean; all for no words.

    A series kept at several months is meant at the last.

    Raises
    ------
    InputError
        The sweep has kept no such measure, or none of such an actor.
    """
    last = {(place.measure, place.actor): number for number, place in enumerate(store.places)}
    chosen = [_match(word, last) for word in words]
    # Each once, however many words mean it.
    return list(dict.fromkeys(number for numbers in chosen for number in numbers)) or list(last.values())


def choose_place(store: StoreReader, word: str) -> int:
    """Return the one place of the layout that "measure" or "measure:actor" means.

    Raises
    ------
    InputError
        The sweep has kept no such measure, or of several actors and none is named.
    """
    places = choose_places(store, [word])
    if len(places) > 1:
        actors = ", ".join(f"{word}:{store.places[place].actor}" for place in places)
        raise InputError(f"{word} is kept of several actors; allowed: {actors}")
    return places[0]


def main_places(store: StoreReader) -> list[int]:
    """Return the incumbent's discounted profit where it was kept, else everything of the first measure."""
    for number, place in enumerate(store.places):
        if (place.measure, place.actor) == (MAIN, INCUMBENT):
            return [number]
    return choose_places(store, [store.places[0].measure])


def check_factor(store: StoreReader, factor: str) -> None:
    """Raise InputError unless the sweep varies it."""
    names = [factor.name for factor in store.design.factors]
    if not names:
        raise InputError(f"--plot {factor}: this sweep varies nothing; allowed: a sweep with factors")
    if factor not in names:
        raise unknown_name("factor of this sweep", factor, names)


def check_format(name: str, allowed: Sequence[str]) -> None:
    """Raise InputError unless tables can be written so."""
    if name not in allowed:
        raise unknown_name("format", name, allowed)


def curves_of(store: StoreReader, factor: str, word: str) -> "Curves":
    """Return what a figure of a measure along a factor shows; differences are of the first two scenarios."""
    from experiments.plots.response import Curves

    places, labels = choose_places(store, [word]), store.design.labels
    measure = store.places[places[0]].measure
    pair = pairs_of(store)[0] if len(labels) > 1 else None
    about = next(kind for kind in store.design.factors if kind.name == factor)
    return Curves(
        factor=factor,
        factor_unit=str(Parameters.fields().get(factor, {}).get("unit", "")),
        log=about.scale == "log",
        measure=title_of(measure, store.places[places[0]].actor) if len(places) == 1 else label_of(measure),
        unit=unit_of(measure),
        levels={
            (label, store.places[place].actor): respond(store, factor, place, s)
            for place in places
            for s, label in enumerate(labels)
            if has_level(measure)
        },
        differences={store.places[place].actor: respond(store, factor, place, 0, 1) for place in places}
        if pair
        else {},
        pair=pair,
        connected=_is_line(store, factor),
        note=_note(store, factor),
    )


def ranking_of(store: StoreReader, place: int, found: Sensitivity) -> "Ranking":
    """Return what a figure of the factors that a measure depends on shows."""
    from experiments.plots.sensitivity import Ranking

    kept, labels = store.places[place], store.design.labels
    title = title_of(kept.measure, kept.actor)
    if len(labels) > 1:
        title += f", {name_scenario(labels[0])} less {name_scenario(labels[1])}"
    return Ranking(found.method, found.effects, found.luck, title, unit_of(kept.measure))


def _match(word: str, known: dict[tuple[str, str], int]) -> list[int]:
    measure, _, actor = word.partition(":")
    measures = list(dict.fromkeys(name for name, _ in known))
    if measure not in measures:
        raise unknown_name("measure of this sweep", measure, measures)
    actors = [who for name, who in known if name == measure]
    if actor and actor not in actors:
        raise unknown_name(f"actor of {measure}", actor, actors)
    return [number for (name, who), number in known.items() if name == measure and actor in ("", who)]


def _is_line(store: StoreReader, factor: str) -> bool:
    """Return True where nothing but the factor differs from one of its values to the next."""
    values = store.points[factor].nunique()
    alone = len(store.design.factors) == 1 or values < len(store.points)
    return alone and values <= MOST_CONNECTED


def _note(store: StoreReader, factor: str) -> str:
    others = [kind.name for kind in store.design.factors if kind.name != factor]
    note = f"{store.points[factor].nunique()} values"
    if others:
        note += f"; other factors vary as well ({', '.join(others)})"
        if store.points[factor].nunique() < len(store.points):
            note += " and are averaged over"
    if not store.is_complete:
        note += f"; not complete: {store.finished:,} of {store.runs:,} runs have finished"
    return f"{note}."


def title_of(measure: str, actor: str) -> str:
    """Return what a table or a figure of one actor's measure is called."""
    return f"{'All' if actor == MARKET else name_actor(actor)}: {label_of(measure)}"


def label_of(measure: str) -> str:
    """Return what a measure is called in print."""
    return MEASURES[measure].label if measure in MEASURES else name_measure(measure.partition(".")[2])

"""The computed social network against stored small worlds of the same parameters.

The model's network is the graph of Watts and Strogatz but for one thing: rewired ties follow permutations, so
nobody is hit by two ties of the same kind. Three standards:

- formulas: degrees, triangles and clustering [Barrat2000], distances on the lattice;
- networkx's own graph: the law of Watts and Strogatz. Its degrees vary by k p (2 - p), the model's by
  2 k p (1 - p), k = 4 ties owned each. With evener degrees fewer short cuts lead through people with many
  ties. A contact has 7.5 further contacts on average there and 7 here where all is rewired, which makes the
  model's paths longer by ln(7.5) / ln(7), 3.5 %;
- the model's law with permutations drawn and stored by NumPy, where that difference is gone. Permutations
  by one multiplier commute in part: walks that would part meet again. Paths are longer by 0.2 % with 30 % of
  ties rewired, by 1 to 2.5 % with all. (Where all are rewired in a province of even size, all four shifts may
  be even, and odd and even people never meet.)

[Barrat2000] A. Barrat, M. Weigt, "On the properties of small-world network models", Eur. Phys. J. B 13.
[Watts1998] D. Watts, S. Strogatz, "Collective dynamics of 'small-world' networks", Nature 393.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse, stats
from scipy.sparse.csgraph import shortest_path

from agents.contacts import contacts_of
from agents.network import OWNED, Network, build_network
from experiments.verification.checks import (
    STANDARD_ERRORS,
    Case,
    Check,
    Findings,
    Panel,
    averaged,
    dots,
    exact,
    line,
)

PEOPLE = 2003  # a prime: no permutation of the model's kind has more than one fixed point
SEEDS, SOURCES = 12, 30  # graphs of each kind; people in each from whom paths are measured
REWIRED = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
SMALL = (0.01, 0.03, 0.1)  # so little rewired that evener degrees lengthen paths by 0.3 % at most
ROUNDING_ERROR = 1e-12
DEGREE = 2 * OWNED


class Shape(NamedTuple):
    """Graphs in numbers: mean and variance of degrees, triangles a person, transitivity, mean distance.

    A number of one graph, or an array (SEEDS,) of several.
    """

    degree: Any
    variance: Any
    triangles: Any
    clustering: Any
    path: Any


def run(seed: int) -> Findings:
    """Return the model's network against formulas, networkx and stored permutations, over rewiring 0 to 1."""
    ours = shapes(computed_graph, seed)
    theirs = shapes(networkx_graph, seed)
    stored = shapes(stored_graph, seed)
    checks = [exact("lattice: mean distance, steps", lattice_path(), ours[0].path.mean())]
    for p, mine, other, same_law in zip(REWIRED, ours, theirs, stored, strict=True):
        checks += formula_checks(p, mine)
        if p in SMALL:
            checks.append(alike(f"p = {p:g}: mean distance, networkx", other.path, mine.path))
            checks.append(alike(f"p = {p:g}: triangles a person, networkx", other.triangles, mine.triangles))
        if 0 < p < 1:
            checks.append(alike(f"p = {p:g}: mean distance, stored", same_law.path, mine.path))
    checks += all_rewired_checks(ours[-1], theirs[-1], stored[-1])
    return Findings(tuple(checks), (classic_panel(ours, theirs), variance_panel(ours, theirs)))


# ---- graphs ---------------------------------------------------------------------------------------


def build(rewired: float, seed: int) -> Network:
    """Return the model's network of one province; the only place that knows how one is built."""
    return build_network(np.array([0, PEOPLE]), [11], rewired, 0.0, seed)


def computed_graph(rewired: float, seed: int) -> sparse.csr_array:
    """Return the ties of the model's network (n, n): 1 for a tie, 2 for two."""
    network = build(rewired, seed)
    known = [contacts_of(network, row, 0) for row in range(PEOPLE)]
    return graph(np.repeat(np.arange(PEOPLE), [len(row) for row in known]), np.concatenate(known))


def networkx_graph(rewired: float, seed: int) -> sparse.csr_array:
    """Return networkx's graph of Watts and Strogatz (n, n)."""
    import networkx as nx

    return sparse.csr_array(
        nx.to_scipy_sparse_array(nx.watts_strogatz_graph(PEOPLE, DEGREE, rewired, seed=seed), dtype=float)
    )


def stored_graph(rewired: float, seed: int) -> sparse.csr_array:
    """Return the model's law with permutations and rewiring drawn by NumPy (n, n)."""
    luck, people = np.random.default_rng([seed, 11]), np.arange(PEOPLE)
    ends = []
    for tie in range(OWNED):
        moved = luck.random(PEOPLE) < rewired
        ends.append(np.where(moved, luck.permutation(PEOPLE), (people + tie + 1) % PEOPLE))
    start, end = np.tile(people, OWNED), np.concatenate(ends)
    start, end = start[start != end], end[start != end]
    return graph(np.append(start, end), np.append(end, start))


def graph(start: np.ndarray, end: np.ndarray) -> sparse.csr_array:
    """Return the matrix (n, n) of how often each start has each end."""
    return sparse.csr_array(sparse.coo_array((np.ones(len(start)), (start, end)), (PEOPLE, PEOPLE)))


def shapes(make: Callable[[float, int], sparse.csr_array], seed: int) -> list[Shape]:
    """Return, for each rewiring, the shapes of several graphs, each field (SEEDS,)."""
    found = []
    for p in REWIRED:
        graphs = [make(p, seed * SEEDS + luck) for luck in range(SEEDS)]
        found.append(Shape(*np.array([shape_of(ties, luck) for luck, ties in enumerate(graphs)]).T))
    return found


def shape_of(ties: sparse.csr_array, seed: int) -> Shape:
    """Return a graph in numbers; distances are from a few people to all others."""
    degree = ties.sum(axis=1)
    simple = ties.copy()
    simple.data[:] = 1.0
    plain = simple.sum(axis=1)
    closed = float((simple @ simple).multiply(simple).sum())
    sources = np.random.default_rng([seed, 12]).choice(PEOPLE, SOURCES, replace=False)
    steps = shortest_path(simple, unweighted=True, method="D", indices=sources)
    path = steps.sum() / (SOURCES * (PEOPLE - 1))  # infinite where somebody is out of reach
    triples = float((plain * (plain - 1)).sum())
    return Shape(degree.mean(), degree.var(), closed / 6 / PEOPLE, closed / triples, path)


# ---- theory ---------------------------------------------------------------------------------------


def lattice_path() -> float:
    """Return the mean distance on the ring lattice of an odd number of people."""
    away = np.arange(1, (PEOPLE - 1) // 2 + 1)
    return float(np.ceil(away / OWNED).mean())


def degree_variance(p: Any) -> Any:
    """Return the variance of the model's degrees: k ties owned, two kinds of k that reach me or not."""
    return 2 * OWNED * p * (1 - p)


def transitivity(p: float, variance: float) -> float:
    """Return the clustering of a rewired lattice, up to terms of order 1 / n.

    A lattice has k (k - 1) / 2 triangles a person, of which (1 - p)^3 are left [Barrat2000]; open or closed
    triples are half of E[d (d - 1)], which varying degrees raise.
    """
    triangles = OWNED * (OWNED - 1) / 2 * (1 - p) ** 3
    return 3 * triangles / ((DEGREE * (DEGREE - 1) + variance) / 2)


def formula_checks(p: float, found: Shape) -> list[Check]:
    """Return degrees and clustering against their formulas.

    One tie of each kind leads to its owner, on average, and counts for nobody; where ties lead anywhere,
    some close triangles by luck: both are of order 1 / n and are added to the error.
    """
    variance = degree_variance(p)
    clustering = transitivity(p, variance)
    return [
        degree_check(p, found),
        within(f"p = {p:g}: variance of degrees", variance, found.variance, 4 * OWNED * p / PEOPLE),
        within(f"p = {p:g}: clustering", clustering, found.clustering, DEGREE * p / PEOPLE),
    ]


def degree_check(p: float, found: Shape) -> Check:
    """Return the mean degree against 2 k less the ties lost, a Poisson number in all graphs together."""
    mean, lost = DEGREE * (1 - p / PEOPLE), OWNED * p * SEEDS
    most = stats.poisson.isf(stats.norm.sf(STANDARD_ERRORS), lost) if lost else 0.0
    allowed = max(STANDARD_ERRORS, float(most - lost) / np.sqrt(lost)) if lost else STANDARD_ERRORS
    error = 2 * np.sqrt(lost) / (PEOPLE * SEEDS)
    basis = f"Poisson, {SEEDS} seeds"
    return Check(f"p = {p:g}: mean degree", mean, float(found.degree.mean()), float(error), allowed, basis)


def all_rewired_checks(ours: Shape, theirs: Shape, stored: Shape) -> list[Check]:
    """Return distances with all ties rewired, over those of other graphs, to the error of one multiplier."""
    basis, mean = "4 %: one multiplier", ours.path.mean()
    longer = np.log((DEGREE - 1) + 0.5) / np.log(DEGREE - 1)
    return [
        exact("p = 1: mean distance over stored", 1.0, mean / stored.path.mean(), 0.04, basis),
        exact("p = 1: mean distance over networkx's", longer, mean / theirs.path.mean(), 0.04, basis),
        alike("p = 1: triangles a person, stored", stored.triangles, ours.triangles),
    ]


def within(what: str, theory: float, values: np.ndarray, beyond: float) -> Check:
    """Return the check of a mean over seeds against a formula that is good to `beyond`."""
    check = averaged(what, theory, values)
    return replace(
        check, error=float(np.hypot(check.error, beyond)) + ROUNDING_ERROR, basis=f"{check.basis} and 1 / n"
    )


def alike(what: str, theirs: np.ndarray, ours: np.ndarray) -> Check:
    """Return the check of a mean over the model's graphs against a mean over others, (SEEDS,) each."""
    error = float(np.hypot(theirs.std(ddof=1), ours.std(ddof=1)) / np.sqrt(SEEDS))
    allowed = float(stats.t.isf(stats.norm.sf(STANDARD_ERRORS), 2 * SEEDS - 2))
    basis = f"{SEEDS} seeds each"
    return Check(what, float(theirs.mean()), float(ours.mean()), error, allowed, basis)


# ---- figures --------------------------------------------------------------------------------------


def classic_panel(ours: list[Shape], theirs: list[Shape]) -> Panel:
    """Return clustering and distances against rewiring, relative to the lattice [Watts1998, figure 2]."""
    p, close, far = np.array(REWIRED[1:]), transitivity(0.0, 0.0), lattice_path()
    fine = np.geomspace(p[0], 1.0, 60)
    closed = [transitivity(x, degree_variance(x)) / close for x in fine]
    series = (
        line("clustering, formula", fine, closed),
        line("distance, networkx", p, means(theirs, "path")[1:] / far),
        dots(
            "clustering, model",
            p,
            means(ours, "clustering")[1:] / close,
            errors(ours, "clustering")[1:] / close,
        ),
        dots("distance, model", p, means(ours, "path")[1:] / far, errors(ours, "path")[1:] / far),
    )
    return Panel("A small world", "share of ties rewired", "relative to the lattice", series, log_x=True)


def variance_panel(ours: list[Shape], theirs: list[Shape]) -> Panel:
    """Return the variance of degrees against rewiring: the known difference."""
    p = np.linspace(0, 1, 60)
    series = (
        line("2 k p (1 - p)", p, degree_variance(p)),
        line("Watts and Strogatz: k p (2 - p)", p, OWNED * p * (2 - p)),
        dots("model", REWIRED, means(ours, "variance"), errors(ours, "variance")),
        dots("networkx", REWIRED, means(theirs, "variance"), errors(theirs, "variance")),
    )
    return Panel("How degrees vary", "share of ties rewired", "variance of degrees", series)


def means(found: list[Shape], field: str) -> np.ndarray:
    """Return means over seeds by rewiring."""
    return np.array([getattr(shape, field).mean() for shape in found])


def errors(found: list[Shape], field: str) -> np.ndarray:
    """Return standard errors of means over seeds by rewiring."""
    return np.array([getattr(shape, field).std(ddof=1) for shape in found]) / np.sqrt(SEEDS)


CASE = Case(
    "small_world",
    "The computed social network",
    "degrees, clustering and mean distance of a Watts-Strogatz graph of the same parameters; degrees vary by "
    "2 k p (1 - p), since permutations hit nobody twice",
    "Watts and Strogatz, Nature 393 (1998); Barrat and Weigt, Eur. Phys. J. B 13 (2000); networkx",
    run,
)

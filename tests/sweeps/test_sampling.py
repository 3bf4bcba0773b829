"""Points: as SciPy and SALib draw them, within bounds, from number to values."""

from dataclasses import replace
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from SALib.sample import morris
from SALib.sample import sobol as saltelli
from scipy.stats import qmc

from experiments.sweeps.design import Design, Sampling
from experiments.sweeps.factors import Factor
from experiments.sweeps.plan import Key, Plan
from experiments.sweeps.sampling import Points, sample

RANGES = (Factor("lock_in", low=0.0, high=2.0), Factor("switching_cost", low=0.5, high=5.0))
LOW, HIGH = np.array([0.0, 0.5]), np.array([2.0, 5.0])
PROBLEM = {"num_vars": 2, "names": ["lock_in", "switching_cost"], "bounds": [[0.0, 2.0], [0.5, 5.0]]}


def drawn(points: Points) -> np.ndarray:
    return np.stack(points.columns(0, len(points)), axis=1)


def ranges(sampling: Sampling) -> np.ndarray:
    design = Design(factors=RANGES, sampling=sampling, seed=7)
    design.check()
    return drawn(sample(design))


def test_grid_is_the_product() -> None:
    levels = ((0.0, 1.0, 2.0), ("observed", "bertrand"), (500, 1000))
    factors = tuple(
        Factor(n, levels=v) for n, v in zip(("lock_in", "pricing", "consumers"), levels, strict=True)
    )
    points = sample(Design(factors=factors))
    assert len(points) == 12
    found = [tuple(points.at(i).values()) for i in range(12)]
    assert found == list(product(*levels))
    assert isinstance(found[0][2], int)


def test_grid_of_a_range_has_its_ends() -> None:
    points = sample(Design(factors=(Factor("price_sensitivity", low=0.001, high=0.1, scale="log", steps=3),)))
    assert [p["price_sensitivity"] for p in map(points.at, range(3))] == pytest.approx([0.001, 0.01, 0.1])


def test_a_grid_without_factors_is_one_point() -> None:
    points = sample(Design())
    assert (len(points), points.at(0)) == (1, {})


def test_list_takes_levels_together() -> None:
    factors = (Factor("lock_in", levels=(0, 1, 1)), Factor("era", levels=(1, 0, 1)))
    points = sample(Design(factors=factors, sampling=Sampling("list")))
    assert [tuple(points.at(i).values()) for i in range(3)] == [(0, 1), (1, 0), (1, 1)]


def test_latin_hypercube_is_scipys() -> None:
    unit = qmc.LatinHypercube(2, rng=np.random.default_rng(7)).random(20)
    found = ranges(Sampling("latin_hypercube", points=20))
    np.testing.assert_allclose(found, qmc.scale(unit, LOW, HIGH), rtol=1e-15)
    strata = np.floor((found - LOW) / (HIGH - LOW) * 20).astype(int)
    assert all(sorted(column) == list(range(20)) for column in strata.T)


def test_sobol_is_scipys() -> None:
    unit = qmc.Sobol(2, rng=np.random.default_rng(7)).random_base2(4)
    found = ranges(Sampling("sobol", points=16))
    np.testing.assert_allclose(found, qmc.scale(unit, LOW, HIGH), rtol=1e-15)


def test_morris_is_salibs() -> None:
    expected = morris.sample(PROBLEM, 5, num_levels=4, seed=7)
    found = ranges(Sampling("morris", trajectories=5, levels=4))
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    assert len(found) == 5 * 3


@pytest.mark.parametrize("second_order", [False, True])
def test_saltelli_is_salibs(second_order: bool) -> None:
    expected = saltelli.sample(PROBLEM, 8, calc_second_order=second_order, seed=7)
    found = ranges(Sampling("saltelli", points=8, second_order=second_order))
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize("method", ["latin_hypercube", "sobol", "saltelli"])
def test_the_same_seed_gives_the_same_points(method: str) -> None:
    assert (ranges(Sampling(method, points=8)) == ranges(Sampling(method, points=8))).all()


def test_samples_of_levels_and_of_whole_numbers() -> None:
    factors = (
        Factor("pricing", levels=("observed", "bertrand")),
        Factor("deal_months", low=6, high=24),
        Factor("consumers", low=400, high=900),
        Factor("lock_in", levels=(0.0, 0.5)),
    )
    design = Design(factors=factors, sampling=Sampling("latin_hypercube", points=40), replications=1)
    design.check()
    points = sample(design)
    seen = [points.at(i) for i in range(40)]
    assert sum(p["pricing"] == "bertrand" for p in seen) == 20
    assert sum(p["lock_in"] == 0.5 for p in seen) == 20
    assert all(isinstance(p["deal_months"], int) and 6 <= p["deal_months"] <= 24 for p in seen)
    assert all(isinstance(p["consumers"], int) and 400 <= p["consumers"] <= 900 for p in seen)
    table = pa.Table.from_batches(points.batches())
    assert table.column_names == ["point", "pricing", "deal_months", "consumers", "lock_in"]
    assert table["consumers"].to_pylist() == [p["consumers"] for p in seen]
    task = Plan(design).task(79)
    assert (task.consumers, task.pricing) == (seen[39]["consumers"], seen[39]["pricing"])
    assert set(task.parameters) == {"deal_months", "lock_in"}


def test_runs_are_numbered_and_share_their_luck() -> None:
    design = Design(factors=RANGES, sampling=Sampling("sobol", points=4), replications=3)
    plan = Plan(design)
    assert len(plan) == 4 * 3 * 2
    assert [plan.number(plan.key(run)) for run in range(24)] == list(range(24))
    assert plan.key(7) == Key(point=1, replication=0, scenario=1)
    tasks = [plan.task(run) for run in range(24)]
    for replication in range(3):
        assert len({task.seed for task in tasks if task.replication == replication}) == 1
    assert len({task.seed for task in tasks}) == 3


def test_more_replications_only_add() -> None:
    design = Design(factors=RANGES, sampling=Sampling("sobol", points=4), replications=3)
    few, many = Plan(design), Plan(replace(design, replications=5))
    seeds = [{p.task(run).replication: p.task(run).seed for run in range(len(p))} for p in (few, many)]
    assert seeds[0].items() <= seeds[1].items()

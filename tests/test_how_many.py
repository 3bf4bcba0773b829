"""How spread and bias fall with N: the estimators on data whose law is known, and a tiny study by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy import stats

from experiments.cli import main
from experiments.outcomes import measure_run
from experiments.runner import replication_seed
from experiments.sizes.laws import bias_per_row, biases, fit_law, select, spreads, welch
from experiments.sizes.needs import consumers_needed, needs
from experiments.sizes.study import COUNTRY, Study, measure_pair
from model.market import MobileMarket

SIZES = np.array([1e4, 3e4, 1e5, 3e5, 1e6])
COUNTS = np.array([160, 160, 160, 53, 16])


def synthetic(power: float, rng: np.random.Generator, counts: np.ndarray = COUNTS) -> np.ndarray:
    """Return sample standard deviations (S,) of normal values whose own is 3 N^power."""
    scale = 3.0 * SIZES**power
    return np.array([rng.normal(5.0, s, n).std(ddof=1) for s, n in zip(scale, counts, strict=True)])


@pytest.mark.parametrize("power", [-0.5, -0.3, -1.0])
def test_a_known_power_is_found(power: float) -> None:
    """No bias, an error that is what it says, and p-values of the misfit that are uniform."""
    rng = np.random.default_rng(1)
    fits = [fit_law(SIZES, synthetic(power, rng), COUNTS) for _ in range(400)]
    errors = np.array([(fit.power - power) / fit.error for fit in fits])
    assert abs(errors.mean()) < 4 / np.sqrt(400)
    assert errors.std(ddof=1) == pytest.approx(1.0, abs=4 / np.sqrt(800))
    assert stats.kstest([fit.misfit for fit in fits], "uniform").pvalue > 1e-3


def test_few_values_bend_nothing() -> None:
    """The logarithm of a sample s.d. of three values is too small by a quarter; the fit knows."""
    rng = np.random.default_rng(2)
    counts = np.array([400, 100, 30, 8, 3])
    fits = [fit_law(SIZES, synthetic(-0.5, rng, counts), counts) for _ in range(400)]
    errors = np.array([(fit.power + 0.5) / fit.error for fit in fits])
    assert abs(errors.mean()) < 4 / np.sqrt(400)
    sizes = np.log([fit.size for fit in fits])
    assert abs(sizes.mean() - np.log(3.0)) < 4 * sizes.std() / np.sqrt(400)


def test_what_is_no_power_law_is_no_power_law() -> None:
    assert fit_law(SIZES, [1.0, 1.0, 1.0, 0.33, 0.1], COUNTS).misfit < 1e-6


def made_up(bias: float, provinces: int = 12, seed: int = 3) -> pd.DataFrame:
    """Return runs in which every province's share is off by bias / rows."""
    rng = np.random.default_rng(seed)
    rows = []
    for g in range(provinces):
        for size, count in zip(SIZES, COUNTS, strict=True):
            there = int(size * (g + 1) / 100)
            values = 20.0 + bias / there + rng.normal(0, 40 / np.sqrt(there), count)
            rows += [
                (int(size), r, "open", f"P{g}", there, "share", "a", "pp", v) for r, v in enumerate(values)
            ]
    names = ["consumers", "replication", "scenario", "where", "rows", "measure", "actor", "unit", "value"]
    return pd.DataFrame(rows, columns=names)


def test_a_planted_bias_is_found() -> None:
    found = biases(made_up(bias=500.0))
    smallest = found[(found["where"] == "P0") & (found["consumers"] == 10_000)].iloc[0]
    assert smallest["found"]
    assert smallest["low"] < 500 / 100 - 500 / 10_000 < smallest["high"]
    law = bias_per_row(found)
    assert abs(law.per_row - 500) < 4 * law.error
    assert law.per_row > 10 * law.error


def test_no_bias_is_rarely_found() -> None:
    """Of 30 studies with none, about one in twenty finds anything at all."""
    alarms = [biases(made_up(0.0, seed=seed))["found"].any() for seed in range(30)]
    assert sum(alarms) <= stats.binom.ppf(0.9999, 30, 0.05)


def test_spread_and_bias_by_hand() -> None:
    values = {10: [1.0, 2.0, 3.0, 6.0], 100: [2.0, 4.0]}
    rows = [
        (n, r, "open", COUNTRY, n, "share", "a", "pp", v)
        for n, vs in values.items()
        for r, v in enumerate(vs)
    ]
    names = ["consumers", "replication", "scenario", "where", "rows", "measure", "actor", "unit", "value"]
    runs = pd.DataFrame(rows, columns=names)
    table = spreads(runs).set_index("consumers")
    assert table["replications"].tolist() == [4, 2]
    assert table["mean"].tolist() == [3, 3]
    assert table["sd"].tolist() == pytest.approx([np.sqrt(14 / 3), np.sqrt(2)])
    # Chi-squared with 3 degrees: 2.5 and 97.5 % at 0.2158 and 9.3484 (any table of it).
    assert table.loc[10, "sd_high"] == pytest.approx(np.sqrt(14 / 0.2158), rel=1e-3)
    assert table.loc[10, "sd_low"] == pytest.approx(np.sqrt(14 / 9.3484), rel=1e-3)
    bias = biases(runs).iloc[0]
    assert bias["bias"] == 0
    assert bias["low"] == pytest.approx(-bias["high"])


def test_welch_is_welchs() -> None:
    rng = np.random.default_rng(6)
    one, other = rng.normal(0, 1, 30), rng.normal(0.5, 3, 8)
    test = stats.ttest_ind(one, other, equal_var=False)
    interval = test.confidence_interval()
    assert welch(one, other) == pytest.approx((interval.low, interval.high, test.pvalue))


def test_welch_without_variance() -> None:
    assert welch([2.0, 2.0], [2.0, 2.0]) == (0.0, 0.0, 1.0)
    assert welch([3.0, 3.0], [2.0, 2.0]) == (1.0, 1.0, 0.0)
    assert welch([3.0, 3.0], [3.0, np.nextafter(3.0, 4.0)])[2] == 1


def test_what_a_study_needs_is_enough() -> None:
    """Draw studies of that many consumers: nine in ten half-widths are about what was asked for."""
    law = fit_law(SIZES, 50.0 * SIZES**-0.5, COUNTS)
    assert law.size == pytest.approx(50.0, rel=0.02)
    n = consumers_needed(law, 0.5, 20)
    assert n == pytest.approx((2.0930 * law.size / 0.5) ** 2 / 20, rel=1e-3)
    rng = np.random.default_rng(4)
    spread = rng.normal(0, 50 / np.sqrt(n), (4000, 20)).std(axis=1, ddof=1)
    assert np.sqrt((spread**2).mean()) * 2.0930 / np.sqrt(20) == pytest.approx(0.5, rel=0.05)
    assert consumers_needed(law, 1e9, 20) == 310


# ---- a tiny study -------------------------------------------------------------------------------

TINY = Study(sizes=(400, 800, 1600), replications=2, months=4, seed=7)


def test_tasks_share_no_luck_between_sizes() -> None:
    tasks = list(TINY.tasks())
    assert [task.size for task in tasks] == [1600] * 2 + [800] * 4 + [400] * 8
    assert len({task.seed for task in tasks}) == len(tasks)
    assert [task.replication for task in tasks] == [0, 1, *range(4), *range(8)]
    assert Study(sizes=(400, 800, 1_600_000), replications=2).count(400) == 20


def test_what_is_measured_is_what_the_market_says() -> None:
    task = next(iter(TINY.tasks()))
    assert task.seed == replication_seed(7, 0)
    table = measure_pair(task)
    profit = {}
    for scenario in ("closed", "open"):
        market = MobileMarket(scenario, 1600, 4, rng=task.seed).run()
        tables = [market.recorder.table(name, "national") for name in ("operators", "platforms", "market")]
        outcomes = measure_run(*tables, market.parameters.discount_rate)  # type: ignore[call-arg]
        known = {(o.measure, o.actor): o.value for o in outcomes}
        profit[scenario] = known["profit_discounted", "china_mobile"]
        mine = select(table, scenario=scenario)
        for row in select(mine, where=COUNTRY, measure=("share", "share_3g")).to_dict("records"):
            assert row["value"] == pytest.approx(known[row["measure"], row["actor"]], rel=1e-12)
        province = market.recorder.table("market", "province")
        last = province[province["month"] == 4].set_index("province")
        penetration = select(mine, measure="penetration_3g").set_index("where")
        for name in market.provinces:
            assert penetration.loc[name, "value"] == pytest.approx(100 * last.loc[name, "penetration_3g"])
        assert (
            penetration.loc["Tibet", "rows"]
            == np.diff(market.population.places.start)[market.provinces.index("Tibet")]
        )
    (difference,) = select(table, scenario="closed - open")["value"]
    assert difference == profit["closed"] - profit["open"]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["how-many", "--replications", "2", "--months", "4", "--seed", "7"]
    words += [word for size in TINY.sizes for word in ("--consumers", str(size))]
    for name, workers in (("one", "1"), ("two", "2")):
        assert main([*words, "--workers", workers, "--out", str(tmp_path / name)]) == 0
    files = {p.name for p in (tmp_path / "one").iterdir()}
    assert files == {
        *(f"{name}.parquet" for name in ("runs", "spreads", "biases", "laws", "needs")),
        "how-many.svg",
        "manifest.json",
    }
    for name in files - {"manifest.json"}:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    table = {p.stem: pq.read_table(p).to_pandas() for p in (tmp_path / "one").glob("*.parquet")}
    runs = table["runs"]
    assert len(runs["replication"]) == 14 * (2 * (7 + 31 * 4) + 1)
    one = select(runs, scenario="open", where="Tibet", measure="penetration_3g")
    by_size = {n: one.loc[one["consumers"] == n, "value"].to_numpy() for n in TINY.sizes}
    found = select(table["spreads"], scenario="open", where="Tibet", measure="penetration_3g")
    assert found["sd"].tolist() == pytest.approx([np.std(v, ddof=1) for v in by_size.values()])
    bias = select(table["biases"], scenario="open", where="Tibet", measure="penetration_3g")
    means = [v.mean() for v in by_size.values()]
    assert bias["bias"].tolist() == pytest.approx([means[0] - means[2], means[1] - means[2]])
    assert "power of N" in capsys.readouterr().out
    again = needs(table["laws"], table["biases"])
    pd.testing.assert_frame_equal(again, table["needs"], check_dtype=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--consumers", "1000"], "three or more different numbers, growing"),
        (["--consumers", "9", "--consumers", "10"], "from 310"),
        (["--replications", "1"], "from 2"),
        (["--scenario", "open"], "--against is missing"),
        (["--scenario", "open", "--against", "open"], "two scenarios"),
        (["--scenario", "opn", "--against", "closed"], "did you mean 'open'"),
    ],
)
def test_mistakes(words: list[str], said: str, refused: Callable[..., str]) -> None:
    assert said in refused("how-many", *words)

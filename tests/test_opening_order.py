"""Where to open first: estimates and ranks where the truth is known, the runs by other paths, the command."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy import stats

from agents.stances import Stance
from experiments.cli import main
from experiments.opening_order import ranks, running, study
from experiments.opening_order.association import spearman, traits
from experiments.opening_order.gains import allocate, bootstrap, estimate, intervals
from experiments.opening_order.ranks import rank
from experiments.opening_order.running import RUNS_A_PAIR, RUNS_ALONE, Sample, Task, cost, measure, profits
from experiments.opening_order.settings import CLOSED, ENDS, NAMES, OPEN, OpeningOrder
from experiments.opening_order.study import LATE, SETTLED, SPENT, parts, replicate
from experiments.opening_order.tables import PARTS, by_province, gains_in_order, result_of
from experiments.opening_order.telling import first, signs, told
from experiments.outcomes import measure_run
from model.market import MobileMarket
from model.observations import load_observations

G = len(NAMES)

# ---- estimates ----------------------------------------------------------------------------------


def test_intervals_are_welchs() -> None:
    """The mean of x plus that of y is the difference of the means of x and -y, which scipy knows."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(3, 2, (12, 4)), rng.normal(0, 5, (5, 4))
    test = stats.ttest_ind(x, -y, equal_var=False)
    ends = test.confidence_interval(0.9)
    found = intervals(x, y, 0.9)
    assert [f.low for f in found] == pytest.approx(ends.low)
    assert [f.high for f in found] == pytest.approx(ends.high)
    assert [f.mean for f in found] == pytest.approx(x.mean(axis=0) + y.mean(axis=0))
    assert estimate(x, y).variance == pytest.approx([f.error**2 for f in found])


def test_a_correction_takes_out_what_crosses_borders() -> None:
    """All at once, each province gains 5 more than alone; the estimate is that of alone."""
    rng = np.random.default_rng(2)
    truth, luck = np.arange(6.0), rng.normal(0, 4, (2000, 6))
    at_once = truth + 5 + luck[:1900]
    alone, same_luck = truth + luck[1900:] + rng.normal(0, 0.1, (100, 6)), truth + 5 + luck[1900:]
    found = estimate(at_once, alone - same_luck)
    assert np.abs(found.mean - truth).max() < 4 * 4 / np.sqrt(1900)
    assert found.variance == pytest.approx(np.full(6, 16 / 1900 + 0.01 / 100), rel=0.2)


def test_no_luck_no_width() -> None:
    x, y = np.full((4, 2), 3.0), np.full((3, 2), -1.0)
    assert [(f.mean, f.low, f.high) for f in intervals(x, y)] == [(2.0, 2.0, 2.0)] * 2
    low, high = bootstrap(x, y)
    assert low.tolist() == high.tolist() == [2.0, 2.0]


def test_the_bootstrap_agrees_where_values_are_normal() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(10, 3, (200, 3)), np.zeros((5, 3))
    y[:, 1] = rng.normal(0, 0.1, 5)
    low, high = bootstrap(x, y)
    for found, a, b in zip(intervals(x, y), low, high, strict=True):
        assert (a, b) == pytest.approx((found.low, found.high), abs=0.15 * (found.high - found.low))


@pytest.mark.parametrize(("v", "w"), [(70.0, 0.2), (1.0, 1.0), (0.1, 30.0)])
def test_runs_go_where_they_help_most(v: float, w: float) -> None:
    """No other split of as many runs makes the sum of the two means surer by more than rounding allows."""
    runs, c, d = 5000, 2, 64
    m, n = allocate(runs, (v, w), (c, d), (2, 2))
    assert c * m + d * n <= runs
    best = min(v / ((runs - d * k) // c) + w / k for k in range(2, runs // d - 1))
    assert v / m + w / n <= 1.01 * best
    assert allocate(1000, (1.0, 0.0), (2, 64), (10, 3)) == ((1000 - 3 * 64) // 2, 3)
    assert allocate(1000, (0.0, 0.0), (2, 64), (10, 3))[1] == 3


# ---- ranks --------------------------------------------------------------------------------------


def true_ranks(truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and largest rank each may have: ties may be ranked in any order."""
    above = (truth[:, None] > truth).sum(axis=0)
    below = (truth[:, None] < truth).sum(axis=0)
    return 1 + above, len(truth) - below


@pytest.mark.parametrize(
    "truth",
    [np.zeros(8), np.repeat([0.0, 2.0], 4), np.linspace(0, 3, 8), np.array([0, 0, 0, 0.4, 0.4, 1, 9, 9])],
    ids=["all equal", "two ties", "spread", "mixed"],
)
@pytest.mark.parametrize("counts", [(40, 6), pytest.param((8, 5), marks=pytest.mark.slow)])
def test_rank_sets_cover(truth: np.ndarray, counts: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The sets hold all true ranks, ties in any order, as often as they say, with luck that is correlated."""
    monkeypatch.setattr(ranks, "DRAWS", 1000)
    rng = np.random.default_rng(4)
    low, high = true_ranks(truth)
    mixing = np.eye(len(truth)) + 0.3
    trials, held = 150, 0
    for _ in range(trials):
        x = truth + rng.normal(0, 1, (counts[0], len(truth))) @ mixing * np.linspace(0.5, 2, len(truth))
        y = rng.normal(0, 0.4, (counts[1], len(truth)))
        found = rank(estimate(x, y), 0.95, seed=int(rng.integers(1000)))
        held += bool(((found.low <= low) & (found.high >= high)).all())
    assert held >= stats.binom.ppf(1e-4, trials, 0.93)  # few observations cost up to two points


def test_ranks_that_are_clear_are_told() -> None:
    truth = np.array([5.0, 1.0, 3.0, 2.0, 4.0])
    rng = np.random.default_rng(5)
    found = rank(estimate(truth + rng.normal(0, 0.5, (300, 5)), rng.normal(0, 0.1, (10, 5))))
    assert found.rank.tolist() == found.low.tolist() == found.high.tolist() == [1, 5, 3, 4, 2]
    assert found.order.tolist() == [0, 4, 2, 3, 1]
    assert found.settled(5)


def test_ranks_without_luck_are_exact() -> None:
    truth = np.array([1.0, 2.0, 2.0, 0.0])
    found = rank(estimate(np.tile(truth, (4, 1)), np.zeros((3, 4))))
    assert (found.low.tolist(), found.high.tolist()) == ([3, 1, 1, 4], [3, 2, 2, 4])
    assert not found.settled(1)
    assert found.rank.tolist() == [3, 1, 2, 4]


def test_two_provinces_are_told_apart_by_students_t() -> None:
    """The larger of T and -T is |T|; with n pairs its 95 % quantile is Student's, n - 1 degrees."""
    rng = np.random.default_rng(6)
    found = rank(estimate(rng.normal(0, 1, (7, 2)), np.zeros((3, 2))))
    assert found.critical == pytest.approx(stats.t.ppf(0.975, 6), rel=0.06)


@pytest.mark.filterwarnings("ignore")  # its own
def test_an_independent_library_gives_the_same_sets() -> None:
    """Of many observations, where it does not matter that the covariance is estimated."""
    theirs = pytest.importorskip("multiple_inference.confidence_set")
    rng = np.random.default_rng(10)
    truth = np.round(rng.normal(0, 1, 20), 1)
    x, y = truth + rng.normal(0, 3, (3000, 20)), np.zeros((3, 20))
    found = estimate(x, y)
    np.random.seed(1)  # noqa: NPY002  (it draws from the global state)
    sets = theirs.SimultaneousRanking(found.mean, found.covariances[0] / 3000).fit().conf_int()
    ours = rank(found)
    assert np.abs(np.column_stack([ours.low, ours.high]) - sets).max() <= 1
    assert (ours.low == sets[:, 0]).mean() > 0.8


def test_relabelling_permutes_the_ranking() -> None:
    rng = np.random.default_rng(7)
    truth = np.arange(9.0)
    x, y = truth + rng.normal(0, 1, (60, 9)), rng.normal(0, 0.2, (6, 9))
    order = rng.permutation(9)
    one, other = rank(estimate(x, y), seed=1), rank(estimate(x[:, order], y[:, order]), seed=1)
    assert other.rank.tolist() == one.rank[order].tolist()
    assert np.abs(other.low - one.low[order]).max() <= 1  # draws of the bootstrap differ
    assert other.critical == pytest.approx(one.critical, rel=0.05)


# ---- what goes with it --------------------------------------------------------------------------


def test_spearman_is_spearmans_and_its_interval_covers() -> None:
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=31), rng.normal(size=31)
    rho, low, high = spearman(x, y)
    assert rho == pytest.approx(stats.spearmanr(x, y).statistic)
    # By hand: r = 0.5, n = 31: z = 0.5493, s.e. = sqrt(1.125 / 28) = 0.20045, so 0.155 to 0.736.
    z, reach = np.arctanh(0.5), 1.95996 * np.sqrt(1.125 / 28)
    assert (np.tanh(z - reach), np.tanh(z + reach)) == pytest.approx((0.155, 0.736), abs=1e-3)
    assert low < rho < high
    held = sum(a < 0 < b for a, b in (spearman(*rng.normal(size=(2, 31)))[1:] for _ in range(400)))
    assert held >= stats.binom.ppf(1e-4, 400, 0.94)


def test_spearman_at_its_ends() -> None:
    assert spearman([1, 2, 3, 4, 5], [2, 4, 6, 8, 9]) == pytest.approx((1, 1, 1))
    assert np.isnan(spearman([1, 2, 3, 4], [5, 5, 5, 5])).all()


def test_traits_are_the_datas() -> None:
    o, table = load_observations(), traits()
    assert table.loc["Zhejiang", "income"] == o.income[NAMES.index("Zhejiang")]
    assert table["lines"].sum() == pytest.approx(o.lines[:, 0].sum())
    assert ((table["share_at_start"] > 0) & (table["share_at_start"] < 1)).all()
    assert table["accounts_per_line"].mul(table["lines"]).sum() == pytest.approx(125, rel=0.01)  # million


# ---- the runs -----------------------------------------------------------------------------------

SMALL = OpeningOrder(consumers=1500, months=14, runs=300, seed=3)


def test_scenarios_differ_in_one_branch() -> None:
    observed, operators = load_observations(), ("china_mobile", "china_unicom", "china_telecom")
    settings = OpeningOrder(opens="2010-02", rivals="closed")
    base = settings.scenario(CLOSED).stance_path(observed, operators)
    one = settings.scenario(CLOSED, "Tibet").stance_path(observed, operators)
    assert (base == Stance.CLOSED).all()
    months, who, where = np.nonzero(one != base)
    assert set(who) == {0}
    assert set(where) == {NAMES.index("Tibet")}
    assert months.min() == 14
    assert (one[14:, 0, NAMES.index("Tibet")] == Stance.OPEN).all()
    rivals_open = OpeningOrder().scenario(OPEN, "Hunan").stance_path(observed, operators)
    assert (rivals_open[4:, 1:] == Stance.OPEN).all()
    closed = np.nonzero((rivals_open[4:, 0] == Stance.CLOSED).all(axis=0))[0]
    assert closed.tolist() == [NAMES.index("Hunan")]


def national(scenario: object, seed: int) -> dict[tuple[str, str], float]:
    """Return the outcomes that a comparison takes from the national tables, by measure and actor."""
    market = MobileMarket(scenario, SMALL.consumers, SMALL.months, rng=seed).run()  # type: ignore[arg-type]
    tables = [market.recorder.table(name, "national") for name in ("operators", "platforms", "market")]
    outcomes = measure_run(*tables, market.parameters.discount_rate)  # type: ignore[call-arg]
    return {(o.measure, o.actor): o.value for o in outcomes}


@pytest.fixture(scope="module")
def alone() -> Sample:
    return measure(Task(SMALL, True, (running.ALONE_FROM,)))


def test_provinces_sum_to_the_country_of_other_tables() -> None:
    """All at once is what `compare` says of the scenarios open and incumbent_closed, by another path."""
    found = measure(Task(SMALL, False, (0,)))
    seed = running.replication_seed(SMALL.seed, 0)
    known = [national(name, seed) for name in ("open", "incumbent_closed")]
    for gain, actor in zip(found.pairs[0], ("china_mobile", "alipay"), strict=True):
        levels = [outcomes["profit_discounted", actor] for outcomes in known]
        assert gain.sum() == pytest.approx(levels[0] - levels[1], abs=1e-9 * abs(levels[0]))
    assert found.pairs[0].any()


@pytest.mark.parametrize("end", ENDS)
def test_parts_add_up_to_the_national_gain(alone: Sample, end: str) -> None:
    seed = running.replication_seed(SMALL.seed, running.ALONE_FROM)
    base = national(SMALL.scenario(end), seed)
    sign = 1 if end == CLOSED else -1
    for name in ("Zhejiang", "Guangdong", "Tibet"):
        changed = national(SMALL.scenario(end, name), seed)
        for a, actor in enumerate(("china_mobile", "alipay")):
            whole = sign * (changed["profit_discounted", actor] - base["profit_discounted", actor])
            e, g = ENDS.index(end), NAMES.index(name)
            size = abs(base["profit_discounted", actor])
            assert alone.inside[0, e, a, g] + alone.outside[0, e, a, g] == pytest.approx(
                whole, abs=1e-9 * size
            )


def test_estimates_of_parts_add_up(alone: Sample) -> None:
    pairs = measure(Task(SMALL, False, (0, 1)))
    more = measure(Task(SMALL, True, (running.ALONE_FROM + 1,)))
    sample = alone.joined(more).joined(pairs)
    assert sample.counts == (2, 2)
    gains = result_of(SMALL, study.Study(sample, (study.look(SMALL, sample),), SPENT)).tables["gains"]
    keys = ["elsewhere", "actor", "province"]
    by_part = gains.pivot(index=keys, columns="part", values="mean_rmb")
    assert set(by_part.columns) == set(PARTS)
    size = gains["mean_rmb"].abs().max()
    assert (by_part["inside"] + by_part["outside"]).to_numpy() == pytest.approx(
        by_part["total"].to_numpy(), abs=1e-12 * size
    )


def test_nothing_happens_before_branches_open() -> None:
    """To the month before, the two markets are the same to the last bit; in that month they part."""
    settings = replace(SMALL, opens="2009-10")
    scenarios = (settings.scenario(CLOSED), settings.scenario(CLOSED, "Guangdong"))
    series = [
        MobileMarket(scenario, 5000, 14, rng=5).run().recorder.series("operators", "profit_rmb")
        for scenario in scenarios
    ]
    months = np.nonzero((series[0] != series[1]).any(axis=(1, 2)))[0] + 1
    assert months.min() == 10


@pytest.mark.slow
def test_where_alone_a_platform_has_users_is_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts in one province only, and none to come: opening pays there and nowhere else."""
    observed = load_observations()
    there = NAMES.index("Anhui")
    accounts = np.zeros_like(observed.initial_accounts)
    accounts[there] = 0.9
    monkeypatch.setattr(
        "model.market.load_observations", lambda: replace(observed, initial_accounts=accounts)
    )
    grow = ("spontaneous", "imitation", "merchants", "campaign", "contacts")
    values = {f"adoption_{name}": 0.0 for name in grow} | {"taste_wallet": -10.0, "outlet_commission": 0.08}
    values |= {"payment_value_3g": 0.05, "join_online": 0.0}
    settings = OpeningOrder(consumers=6000, months=36, runs=300, first=1, parameters=values)
    found = replicate(settings, 1, lambda done, total: None)
    _, seen = study.ranked(settings, found.sample)
    assert NAMES[seen.order[0]] == "Anhui"
    assert found.ended == SETTLED


# ---- the study on made-up gains -----------------------------------------------------------------


def toy(truth: np.ndarray, luck: float, spill: float = 0.0) -> Callable[[Task], Sample]:
    """Return a stand-in for the market: gains per line of known means, what crosses borders being `spill`."""
    per = study.lines_at_start()

    def made(task: Task) -> Sample:
        sample = running.nothing()
        for r in task.replications:
            rng = np.random.default_rng([task.settings.seed, r])
            at_once = np.stack([(truth + spill + luck * rng.normal(size=G)) * per] * 2)
            inside = np.stack([at_once - spill * per + 0.01 * luck * per * rng.normal(size=G)] * 2)
            one = (
                Sample(running.nothing().pairs, at_once[None], inside[None], np.zeros_like(inside)[None])
                if task.alone
                else running.nothing()._replace(pairs=at_once[None])
            )
            sample = sample.joined(one)
        return sample

    return made


def quietly(done: int, total: int) -> None:
    assert 0 < done <= total


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Task], Sample]], None]:
    return lambda made: monkeypatch.setattr(running, "measure", made)


def test_a_province_that_is_better_is_first(use: Callable[..., None]) -> None:
    truth = np.zeros(G)
    truth[NAMES.index("Gansu")] = 5.0
    use(toy(truth, luck=2.0, spill=3.0))
    settings = OpeningOrder(first=1, runs=3000)
    found = replicate(settings, 1, quietly)
    result = result_of(settings, found)
    assert found.ended == SETTLED
    assert gains_in_order(result)["province"].iloc[0] == "Gansu"
    gain = by_province(gains_in_order(result))["Gansu"]
    assert gain["low_per_line"] < 5.0 < gain["high_per_line"]
    assert found.looks[-1].runs < 3000
    assert "in Gansu" in first(result)
    assert "and that is told from all others" in first(result)


def test_ties_are_never_settled(use: Callable[..., None]) -> None:
    use(toy(np.full(G, -3.0), luck=1.0))
    settings = OpeningOrder(first=3, runs=1000)
    found = replicate(settings, 1, quietly)
    assert found.ended == SPENT
    assert [look.runs <= 1000 for look in found.looks] == [True] * len(found.looks)
    assert found.looks[-1].runs > 990
    assert cost((found.looks[-1].pairs, found.looks[-1].alone)) == found.looks[-1].runs
    result = result_of(settings, found)
    assert "all 31 provinces" in signs(result)
    assert "where it loses least" in signs(result)
    assert "may be first as well" in first(result)
    assert len(told(result)) == 7


def test_runs_go_to_the_kind_with_the_noise(use: Callable[..., None]) -> None:
    use(toy(np.arange(G) * 0.01, luck=1.0))
    found = replicate(OpeningOrder(runs=5000), 1, quietly)
    assert found.looks[-1].alone == found.looks[0].alone == 9  # the correction has next to no noise
    assert found.looks[-1].pairs > 2000


def test_a_halfwidth_is_reached(use: Callable[..., None]) -> None:
    use(toy(np.zeros(G), luck=1.0))
    found = replicate(OpeningOrder(runs=4000, until_halfwidth=0.1), 1, quietly)
    assert found.ended == SETTLED
    assert found.looks[-1].halfwidth <= 0.1 < found.looks[-2].halfwidth
    # 1.96 s.e. = 0.1 takes 384 pairs, so it is not there at the first look
    assert found.looks[0].pairs < 384 < found.looks[-1].pairs < 1000


def test_time_ends_it_at_a_look(use: Callable[..., None]) -> None:
    use(toy(np.zeros(G), luck=1.0))
    settings = OpeningOrder(runs=4000, minutes=1e-9)
    found = replicate(settings, 1, quietly)
    assert (found.ended, len(found.looks)) == (LATE, 1)
    assert "because of the time" in told(result_of(settings, found))[-1][1]


def test_gains_and_losses_are_told_apart(use: Callable[..., None]) -> None:
    truth = np.where(np.arange(G) < 20, 5.0, -5.0)
    use(toy(truth, luck=0.5))
    found = result_of(OpeningOrder(runs=400), replicate(OpeningOrder(runs=400), 1, quietly))
    assert "in 20 of 31 provinces and cost it money in 11" in signs(found)


# ---- the command --------------------------------------------------------------------------------

WORDS = ["open-first", "--consumers", "400", "--months", "6", "--runs", "200", "--seed", "7"]


def test_the_command_on_made_up_gains(
    tmp_path: Path, use: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed and written says of a known world what is true of it."""
    truth = np.full(G, -1.0)
    truth[NAMES.index("Gansu")] = 4.0
    use(toy(truth, luck=0.5))
    out = tmp_path / "results"
    assert main(["open-first", "--runs", "400", "--first", "1", "--workers", "1", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    page = (out / "index.html").read_text(encoding="utf-8")
    for text in ("in 1 of 31 provinces and cost it money in 30", "It earns most in Gansu"):
        assert text in page
        assert text in " ".join(said.split())
    ranks = pq.read_table(out / "ranks.parquet").to_pandas()
    best = ranks[ranks["elsewhere"] == "closed"].iloc[0]
    assert (best["province"], best["rank"], best["low"], best["high"]) == ("Gansu", 1, 1, 1)
    assert best["bootstrap_low"] < 4 < best["bootstrap_high"]
    assert 'src="data:image/svg+xml' in page
    assert page.count("http") == page.count("http-equiv")  # nothing is fetched


@pytest.mark.slow
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same bytes with one worker and two, and tables that follow from the samples beside them."""
    for name, workers in (("one", "1"), ("two", "2")):
        assert main([*WORDS, "--workers", workers, "--out", str(tmp_path / name)]) == 0
    files = {p.name for p in (tmp_path / "one").iterdir()}
    tables = {
        *("gains", "ranks", "told_apart", "ends", "noise", "looks", "pairs", "alone", "associations"),
    }
    assert files == {
        *(f"{name}.parquet" for name in tables),
        "opening_order.svg",
        "index.html",
        "manifest.json",
    }
    for name in files - {"manifest.json"}:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    table: dict[str, pd.DataFrame] = {
        p.stem: pq.read_table(p).to_pandas() for p in (tmp_path / "one").glob("*.parquet")
    }
    looks = table["looks"].iloc[-1]
    assert looks["runs"] == looks["pairs"] * RUNS_A_PAIR + looks["alone"] * RUNS_ALONE <= 200
    assert len(table["pairs"]) == looks["pairs"] * 2 * G
    assert len(table["alone"]) == looks["alone"] * 2 * 2 * G
    assert len(table["told_apart"]) == 2 * G * (G - 1) / 2
    pairs, alone = table["pairs"], table["alone"]
    mine = pairs[(pairs["actor"] == "china_mobile") & (pairs["province"] == "Hebei")]["gain_rmb"].mean()
    rows = alone[
        (alone["actor"] == "china_mobile") & (alone["province"] == "Hebei") & (alone["elsewhere"] == "closed")
    ]
    mine += (rows["inside_rmb"] + rows["outside_rmb"] - rows["at_once_rmb"]).mean()
    gains = table["gains"].set_index(["elsewhere", "actor", "part", "province"])["mean_rmb"]
    assert gains["closed", "china_mobile", "total", "Hebei"] == pytest.approx(mine)
    assert "rank is" in capsys.readouterr().out


def test_the_command_told_is_the_command_given() -> None:
    settings = OpeningOrder(
        opens="2010-01", by="total", first=2, minutes=2.5, until_halfwidth=1e8, parameters={"lock_in": 1}
    )
    settings.check()
    assert settings.command() == (
        "walled-garden open-first --opens 2010-01 --by total --first 2 --until-halfwidth 1e+08 --minutes 2.5 "
        "--set lock_in=1"
    )
    assert OpeningOrder().command() == "walled-garden open-first"
    assert parts(running.nothing())[0].shape == (0, G)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--opens", "2009-13"], "allowed: a month 2009-01"),
        (["--opens", "2014-02"], "after the last of 60 months"),
        (["--rivals", "opn"], "did you mean 'open'"),
        (["--by", "lines"], "did you mean 'line'"),
        (["--first", "0"], "from 1 to 31"),
        (["--first", "32"], "from 1 to 31"),
        (["--runs", "10"], "from 200"),
        (["--minutes", "0"], "minutes = 0: allowed: above 0"),
        (["--minutes", "nan"], "allowed: above 0"),
        (["--until-halfwidth", "-1"], "allowed: above 0"),
        (["--set", "lock_in=99"], "allowed: 0 to 10"),
        (["--pricing", "free"], "pricing"),
        (["--consumers", "5"], "from 310"),
        (["--out", "/proc/results"], "cannot write results"),
    ],
)
def test_mistakes(words: list[str], said: str, refused: Callable[..., str]) -> None:
    assert said in refused("open-first", *words)


def test_profits_by_hand_of_the_ledger() -> None:
    """One month, discounted by a twelfth of the year's rate."""
    settings = replace(SMALL, months=1, opens="2009-01")
    market = MobileMarket(settings.scenario(OPEN), settings.consumers, 1, rng=9).run()
    table = market.recorder.table("operators").set_index(["operator", "province"])["profit_rmb"]
    found = profits(settings, settings.scenario(OPEN), 9)
    assert found[0, NAMES.index("Hunan")] == pytest.approx(
        table["china_mobile", "Hunan"] * (1 + market.parameters.discount_rate) ** (-1 / 12)
    )

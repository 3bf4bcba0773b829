"""The market as a whole: nothing is lost, luck is shared, order and labels do not matter."""

import hashlib
import math
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agents.records import Store
from agents.stances import Stance
from experiments.verification.bare import bare_market
from model.errors import InputError
from model.market import PHASES, MobileMarket
from model.observations import load_observations
from model.scenarios import FOLDER, scenario_names
from model.schemas import OPERATORS, PLATFORMS, WALLETS
from model.tables import TABLES

type Finished = Callable[..., MobileMarket]

TURNED = ("china_telecom", "china_mobile", "china_unicom")
OWN_SERVICES = ("subscribing", "telecom", "handsets")
PLACE = ["month", "province", "operator"]

scenarios = pytest.mark.parametrize("scenario", scenario_names())


def operators_wide(market: MobileMarket, measure: str) -> np.ndarray:
    """Return a measure of the operators table (T, G, K)."""
    return market.recorder.table("operators")[measure].to_numpy().reshape(-1, 31, 3)


def volumes(market: MobileMarket, measure: str = "volume_rmb") -> np.ndarray:
    """Return a measure of the payments table (T, G, K, S, D)."""
    return market.recorder.table("payments")[measure].to_numpy().reshape(-1, 31, 3, 4, 5)


def fingerprint(market: MobileMarket) -> str:
    """Return a hash of every value of every table, to the last bit."""
    digest = hashlib.sha256()
    for name in TABLES:
        for level in ("province", "national"):
            table = market.recorder.table(name, level)
            digest.update(pd.util.hash_pandas_object(table).to_numpy().tobytes())
    return digest.hexdigest()


def assert_same_tables(a: MobileMarket, b: MobileMarket) -> None:
    for name in TABLES:
        for level in ("province", "national"):
            pd.testing.assert_frame_equal(
                a.recorder.table(name, level), b.recorder.table(name, level), check_exact=True
            )


# ---- conservation -------------------------------------------------------------------------------


@scenarios
def test_people_are_conserved(finished: Finished, scenario: str) -> None:
    market = finished(scenario)
    rows = np.diff(market.population.places.start)
    assert rows.sum() == len(market.population) == 1000
    assert (market.people.sum(axis=(1, 2)) == rows).all()
    for g, (first, end) in enumerate(pairwise(market.population.places.start)):
        counts = np.bincount(market.population.columns.subscription[first:end], minlength=7)
        assert (market.people[g].sum(axis=1) == counts).all()


@scenarios
def test_lines_follow_the_observed_path(finished: Finished, scenario: str) -> None:
    market = finished(scenario)
    lines = operators_wide(market, "lines").sum(axis=2)
    observed = np.maximum.accumulate(load_observations().lines[:, :13], axis=1).T * 1e6
    assert (np.abs(lines - observed[1:]) <= 0.5001 * market.scale).all()
    assert np.abs(market.lines_at_start.sum(axis=1) - observed[0]).max() <= 0.5001 * market.scale.max()
    assert (operators_wide(market, "lines_3g") <= operators_wide(market, "lines")).all()


@scenarios
def test_who_joins_and_leaves_makes_the_change(finished: Finished, scenario: str) -> None:
    market = finished(scenario)
    lines = np.concatenate([market.lines_at_start[None], operators_wide(market, "lines")])
    change = operators_wide(market, "joined") - operators_wide(market, "left")
    assert np.diff(lines, axis=0) == pytest.approx(change, abs=1e-3)
    entered = np.diff(lines.sum(axis=2), axis=0)
    switched = operators_wide(market, "joined").sum(axis=2) - entered
    assert switched == pytest.approx(operators_wide(market, "left").sum(axis=2), abs=1e-3)


@scenarios
def test_everybody_pays_for_what_they_use(finished: Finished, scenario: str) -> None:
    market = finished(scenario)
    payments = volumes(market, "payments").sum(axis=-1)  # (T, G, K, S)
    assert payments[..., 0] == pytest.approx(operators_wide(market, "joined"))
    assert payments[..., 1] == pytest.approx(operators_wide(market, "lines"))
    assert payments[..., 3] == pytest.approx(operators_wide(market, "lines_3g"))
    on_3g = np.concatenate([np.zeros((1, 31, 3)), operators_wide(market, "lines_3g")])
    assert (payments[..., 2] >= np.diff(on_3g, axis=0) - 1e-3).all()  # each new 3G line, a handset
    assert (payments[..., 2] <= operators_wide(market, "lines_3g") + 1e-3).all()
    assert volumes(market)[..., 1, :].sum(axis=-1) == pytest.approx(operators_wide(market, "bills_rmb"))
    assert (volumes(market) >= 0).all()


@scenarios
def test_provinces_sum_to_the_nation(finished: Finished, scenario: str) -> None:
    market = finished(scenario)
    sums = {
        "operators": ["lines", "lines_3g", "joined", "left", "bills_rmb", "revenue_rmb"],
        "platforms": ["accounts", "volume_rmb", "fees_rmb", "profit_rmb", "deals"],
        "market": ["lines", "lines_3g", "consumer_surplus_rmb", "welfare_rmb"],
        "payments": ["payments", "volume_rmb"],
        "ledger": ["amount_rmb"],
    }
    for name, columns in sums.items():
        nation = market.recorder.table(name, "national")
        keys = [
            key
            for key in ("month", "operator", "platform", "service", "method", "payer", "payee", "reason")
            if key in nation
        ]
        provinces = market.recorder.table(name).groupby(keys, observed=False)[columns].sum()
        expected = nation.groupby(keys, observed=False)[columns].sum()
        pd.testing.assert_frame_equal(provinces, expected)


# ---- money --------------------------------------------------------------------------------------


@scenarios
def test_the_ledger_sums_to_zero_every_month(scenario: str) -> None:
    market = MobileMarket(scenario, 400, 8, rng=2)
    while market.running:
        market.step()
        assert not sum(market.ledger.balance.values()).any()  # type: ignore[union-attr]
        nets = [np.rint(market.ledger.net(party) * 100) for party in market.ledger.parties]
        assert not np.sum(nets, axis=0).any()


@scenarios
def test_profits_are_the_ledgers(finished: Finished, scenario: str) -> None:
    market = finished(scenario)
    ledger = market.recorder.table("ledger")
    ledger["fen"] = np.rint(ledger["amount_rmb"] * 100).astype(np.int64)
    assert (ledger["fen"] >= 0).all()
    for table, actor in (("operators", "operator"), ("platforms", "platform")):
        found = market.recorder.table(table).astype({"province": str, actor: str})
        found = found.set_index(["month", "province", actor])
        for name in found.index.levels[2]:  # type: ignore[attr-defined]
            got, paid = (
                ledger[ledger[side] == name].groupby(["month", "province"])["fen"].sum()
                for side in ("payee", "payer")
            )
            mine = found.xs(name, level=2)
            net = (got.reindex(mine.index, fill_value=0) - paid.reindex(mine.index, fill_value=0)) / 100
            assert (mine["profit_rmb"] - net).abs().max() < 0.005, name
            if name in WALLETS:  # its fees are entered as its operator's; see the test of them below
                continue
            income = mine["revenue_rmb" if table == "operators" else "fees_rmb"]
            assert (income - got.reindex(mine.index, fill_value=0) / 100).abs().max() < 0.005, name
            assert market.ledger.total(name) == pytest.approx(net.sum(), abs=0.005)


@scenarios
def test_welfare_adds_up(finished: Finished, scenario: str) -> None:
    market = finished(scenario)
    for level, keys in (("province", ["month", "province"]), ("national", ["month"])):
        total = market.recorder.table("market", level).set_index(keys)
        profit = sum(
            market.recorder.table(table, level).groupby(keys, observed=False)["profit_rmb"].sum()
            for table in ("operators", "platforms")
        )
        expected = (total["consumer_surplus_rmb"] + profit).to_numpy()
        assert total["welfare_rmb"].to_numpy() == pytest.approx(expected)


def test_accounts_earn_platforms_fees_on_what_is_bought_on_the_web(finished: Finished) -> None:
    """By another amount than what is bought by phone, on which fees are paid as well."""
    market = finished("open", web_purchases_rmb=45.0, purchases_rmb=20.0)
    ledger = market.recorder.table("ledger", "national")
    platforms = market.recorder.table("platforms", "national")
    for name in PLATFORMS:
        accounts = platforms.loc[platforms["platform"] == name, "accounts"].sum()
        for reason, rate, side in (
            ("web merchant fees", market.parameters.merchant_fee, "payee"),
            ("web processing", market.parameters.processing_cost, "payer"),
        ):
            entered = ledger.loc[(ledger["reason"] == reason) & (ledger[side] == name), "amount_rmb"].sum()
            assert entered == pytest.approx(rate * 45.0 * accounts, abs=0.005 * 31 * 12)
            assert entered > 0


@pytest.mark.parametrize("scenario", ["history", "open", "exclusive", "incumbent_open"])
def test_what_is_entered_is_what_was_paid(finished: Finished, scenario: str) -> None:
    """Every rate times the volume it is a rate of, from two different tables."""
    market, p = finished(scenario), finished(scenario).parameters
    table = market.recorder.table("payments", "national").astype({"operator": str})
    ledger = market.recorder.table("ledger", "national")

    def entered(reason: str, **who: str) -> float:
        rows = ledger[ledger["reason"] == reason]
        for side, name in who.items():
            rows = rows[rows[side] == name]
        return float(rows["amount_rmb"].sum())

    def paid(methods: tuple[str, ...] | None = None, services: tuple[str, ...] = OWN_SERVICES) -> float:
        rows = table[table["service"].isin(services)]
        if methods is not None:
            rows = rows[rows["method"].isin(methods)]
        return float(rows["volume_rmb"].sum())

    fen = 0.005 * 31 * 3 * 3 * 12  # a rounding for each province, operator, platform and month
    assert entered("bills") == pytest.approx(paid(services=("telecom",)), abs=fen)
    assert entered("connection fees") == pytest.approx(paid(services=("subscribing",)), abs=fen)
    assert entered("mobile purchases") == pytest.approx(paid(services=("purchases",)), abs=fen)
    assert entered("outlet commission") == pytest.approx(p.outlet_commission * paid(("cash",)), abs=fen)
    lowest, highest = (rate * paid(PLATFORMS) for rate in (p.service_fee, p.outlet_commission))
    assert lowest - fen <= entered("service fees") <= highest + fen
    shopped = paid(("wallet", *PLATFORMS), ("purchases",))
    assert entered("merchant fees") == pytest.approx(p.merchant_fee * shopped, abs=fen)
    for reason, methods in (("wallet processing", ("wallet",)), ("processing", PLATFORMS)):
        through = paid(methods, (*OWN_SERVICES, "purchases"))
        assert entered(reason) == pytest.approx(p.processing_cost * through, abs=fen)
    pool = entered("service fees") + sum(entered("merchant fees", payee=name) for name in PLATFORMS)
    assert 0 <= entered("revenue share") <= pool
    assert entered("revenue share") > 0 or scenario == "history"
    sold = table[table["service"] == "handsets"].groupby("operator")["payments"].sum()
    assert entered("handsets", payee="handset_makers") == pytest.approx(p.handset_cost * sold.sum(), abs=fen)
    for name in OPERATORS:
        price = p.handset_cost - getattr(p, f"subsidy_{name}")
        assert entered("handsets", payee=name) == pytest.approx(price * sold[name], abs=fen)
    accounts = market.recorder.table("platforms", "national").groupby("platform", observed=True)["accounts"]
    web = p.web_purchases_rmb * accounts.sum()[list(PLATFORMS)].sum()
    assert entered("web merchant fees") == pytest.approx(p.merchant_fee * web, abs=fen)
    built = market.coverage_path[12] * market.resident_share * p.coverage_cost_bn * 1e9
    assert entered("building coverage") == pytest.approx(built.sum(), abs=fen)


def test_terms_are_what_is_paid() -> None:
    """Service fee, revenue share and premium of every deal, from the terms and the payments table."""
    market = MobileMarket("exclusive", 1000, 6, rng=1).run()
    p, deals, last = market.parameters, market.partnerships, market.ledger.entries()
    volume = volumes(market)[-1]  # (G, K, S, D)
    own, shopped = volume[:, :, :3, 2:].sum(axis=2), volume[:, :, 3, 2:]  # (G, K, M)
    rate = p.service_fee + deals.fee_rise * max(p.outlet_commission - p.service_fee, 0)  # (K, G, M)
    fees = rate.transpose(1, 0, 2) * own
    shared = deals.revenue_share.transpose(1, 0, 2) * (fees + p.merchant_fee * shopped)
    assert deals.in_force.any()
    for k, operator in enumerate(OPERATORS):
        for m, platform in enumerate(PLATFORMS):
            for payer, payee, reason, amount in (
                (operator, platform, "service fees", fees[:, k, m]),
                (platform, operator, "revenue share", shared[:, k, m]),
                (operator, platform, "exclusivity premium", deals.premium[k, :, m]),
            ):
                found = last.get((payer, payee, reason), np.zeros(31))
                assert found / 100 == pytest.approx(amount, abs=0.0051), (payer, payee, reason)


# ---- well-formed tables -------------------------------------------------------------------------


@scenarios
def test_tables_are_complete(finished: Finished, scenario: str) -> None:
    market = finished(scenario)
    rows = {"operators": 31 * 3, "platforms": 31 * 6, "market": 31, "payments": 31 * 3 * 4 * 5}
    for name in TABLES:
        for level, share in (("province", 1), ("national", 31)):
            table = market.recorder.table(name, level)
            assert not table.isna().any(axis=None), (name, level)
            numbers = table.select_dtypes("number").to_numpy(float)
            assert np.isfinite(numbers).all(), (name, level)
            assert set(table["month"]) == set(range(1, 13))
            assert (table["date"] == table["date"].dt.to_period("M").dt.end_time.dt.normalize()).all()
            if name in rows:
                assert len(table) == 12 * rows[name] / share


@scenarios
def test_shares_are_shares(finished: Finished, scenario: str) -> None:
    market = finished(scenario)
    nation = market.recorder.table("operators", "national")
    total_3g = market.recorder.table("market", "national").set_index("month")["lines_3g"]
    by_month = nation.groupby("month")[["share", "share_3g"]].sum()
    assert by_month["share"].to_numpy() == pytest.approx(1)
    assert by_month["share_3g"].to_numpy() == pytest.approx((total_3g > 0).astype(float).to_numpy())
    for column in ("share", "share_3g", "churn"):
        assert nation[column].between(0, 1).all()
    for level in ("province", "national"):
        table = market.recorder.table("market", level)
        assert table["hhi"].between(1 / 3 - 1e-9, 1 + 1e-9).all()
        assert ((table["hhi_3g"] == 0) == (table["lines_3g"] == 0)).all()
        assert table["penetration_3g"].between(0, 1).all()
        platforms = market.recorder.table("platforms", level)
        assert platforms["acceptance"].between(0, 1 + 1e-9).all()
    accounts = market.recorder.table("platforms").groupby(["month", "province"], observed=True)["accounts"]
    lines = market.recorder.table("market").set_index(["month", "province"])["lines"]
    assert (accounts.max() <= lines + 1e-3).all()


# ---- determinism --------------------------------------------------------------------------------


def test_same_seed_same_bytes_other_seed_other_luck() -> None:
    one, same, two = (fingerprint(MobileMarket("open", 500, 5, rng=seed).run()) for seed in (1, 1, 2))
    assert one == same
    assert one != two


def test_threads_do_not_matter() -> None:
    one, three = (MobileMarket("history", 1500, 6, rng=1, threads=n).run() for n in (1, 3))
    assert fingerprint(one) == fingerprint(three)
    for a, b in zip(one.population.columns, three.population.columns, strict=True):
        assert (a == b).all()


@pytest.mark.parametrize("scenario", ["open", "closed", "exclusive"])
def test_the_order_of_activation_does_not_matter(scenario: str) -> None:
    columns, *others = (
        MobileMarket(scenario, 400, 5, rng=3, activation=way).run()
        for way in ("columns", "agents", "shuffled")
    )
    for other in others:
        assert_same_tables(columns, other)
        for a, b in zip(columns.population.columns, other.population.columns, strict=True):
            assert (a == b).all()


@pytest.mark.parametrize("scenario", ["exclusive", "history", "incumbent_closed"])
def test_relabelling_operators_relabels_results(finished: Finished, scenario: str) -> None:
    usual, turned = finished(scenario), finished(scenario, operators=TURNED)
    for name in TABLES:
        for level in ("province", "national"):
            tables = []
            for market in (usual, turned):
                table = market.recorder.table(name, level)
                labels = table.select_dtypes("category").columns
                table = table.astype(dict.fromkeys(labels, str))
                keys = table.select_dtypes(exclude="number").columns.tolist()
                tables.append(table.sort_values(["month", *keys]).reset_index(drop=True))
            # The order of a sum may move its last digit.
            pd.testing.assert_frame_equal(*tables, check_exact=False, rtol=1e-6, check_like=True)
    assert (usual.lines == turned.lines[:, [TURNED.index(name) for name in OPERATORS]]).all()


def test_scenarios_share_their_luck_until_they_differ(finished: Finished) -> None:
    closed, opened = finished("closed"), finished("open")
    for name in TABLES:
        a, b = (market.recorder.table(name) for market in (closed, opened))
        a, b = a[a["month"] < 4], b[b["month"] < 4]
        pd.testing.assert_frame_equal(a, b, check_exact=True)
    assert fingerprint(closed) != fingerprint(opened)


def test_a_scenario_by_its_file_is_the_scenario(tmp_path: Path) -> None:
    copy = tmp_path / "another_name.toml"
    copy.write_text((FOLDER / "exclusive.toml").read_text(encoding="utf-8"), encoding="utf-8")
    by_name = MobileMarket("exclusive", 400, 6, rng=1).run()
    by_file = MobileMarket(str(copy), 400, 6, rng=1).run()
    assert fingerprint(by_name) == fingerprint(by_file)


def test_parameters_by_keyword_go_before_the_scenarios() -> None:
    by_scenario = MobileMarket("two_g", 400, 3, rng=1)
    assert by_scenario.parameters.era == 0
    by_keyword = MobileMarket("closed", 400, 3, rng=1, era=0)
    assert fingerprint(by_scenario.run()) == fingerprint(by_keyword.run())
    assert MobileMarket("two_g", 400, 3, rng=1, era=0.5).parameters.era == 0.5


@scenarios
def test_the_smallest_run(scenario: str) -> None:
    market = MobileMarket(scenario, consumers=310, months=1, rng=1).run()
    assert len(market.population) == 310
    assert market.month == 1
    assert market.recorder.table("operators")["month"].unique().tolist() == [1]


def test_after_the_last_month_nothing_happens() -> None:
    market = MobileMarket("open", 310, 2, rng=1).run()
    before = fingerprint(market)
    market.step()
    assert (market.month, market.running) == (2, False)
    assert fingerprint(market) == before


# ---- who does what ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["china_mobile", "china_unicom", "china_telecom"])
def test_a_better_operator_loses_nobody(name: str) -> None:
    """In the first month nothing else has changed yet, and everybody's luck is the same."""
    usual, better = (
        MobileMarket("closed", 5000, 1, rng=1, **{f"standing_{name}": value}).run() for value in (-1.0, -0.5)
    )
    number = OPERATORS.index(name)
    before, after = (
        (market.population.columns.subscription + 1) // 2 - 1 == number for market in (usual, better)
    )
    assert (before <= after).all()
    assert after.sum() > before.sum()


def test_better_3g_is_taken_by_more() -> None:
    """In January 2009 only China Mobile's 3G is in reach."""
    usual, better = (MobileMarket("closed", 5000, 1, rng=1, quality_china_mobile=q).run() for q in (-3, 0))
    before, after = (market.population.columns.subscription == 2 for market in (usual, better))
    assert (before <= after).all()
    assert after.sum() > before.sum()


def total(market: MobileMarket, measure: str, operator: str | None = None) -> float:
    table = market.recorder.table("operators", "national")
    if operator is not None:
        table = table[table["operator"] == operator]
    return float(table[measure].sum())


def test_what_it_costs_to_leave_keeps_people(finished: Finished) -> None:
    left = [total(finished("closed", switching_cost=cost), "left") for cost in (0.5, 2.0, 5.0)]
    assert left[0] > left[1] > left[2] > 0
    assert total(finished("closed", review_hazard=0), "left") == 0


def test_a_contract_holds_in_the_market() -> None:
    market = MobileMarket(
        "open", 1000, 12, rng=1, contract_months=120, review_hazard=1, quality_china_telecom=0
    )
    kept = np.zeros(1000, np.uint8)
    while market.running:
        market.step()
        now = market.population.columns.subscription.copy()
        assert (now[kept > 0] == kept[kept > 0]).all()
        kept = np.where((now > 0) & (now % 2 == 0), now, 0)
    assert (kept > 0).sum() > 100


def test_without_the_era_there_is_no_3g(finished: Finished) -> None:
    for market in (finished("two_g"), finished("open", era=0)):
        assert total(market, "lines_3g") == 0
        assert (market.recorder.table("market")["hhi_3g"] == 0).all()
        payments = market.recorder.table("payments")
        assert payments.loc[payments["service"].isin(("purchases", "handsets")), "payments"].sum() == 0
    assert total(finished("closed"), "lines_3g") > 0


def test_closed_means_no_deals_and_own_wallets(finished: Finished) -> None:
    market = finished("closed", months=36)
    platforms = market.recorder.table("platforms", "national").astype({"platform": str})
    assert platforms["deals"].sum() == 0
    assert volumes(market)[..., 2:].sum() == 0
    users = market.recorder.table("operators").groupby(["month", "operator"], observed=True)
    users = users["wallet_users"].sum().unstack()
    launch = dict(zip(OPERATORS, load_observations().wallet_launch, strict=True))
    for name in OPERATORS:
        assert (users.loc[users.index < launch[name], name] == 0).all()
        assert users.loc[36, name] > 0


def test_only_the_closed_run_wallets(finished: Finished) -> None:
    market = finished("incumbent_open", months=36)
    wallet = volumes(market)[..., 1].sum(axis=(1, 3))  # (T, K)
    through_platforms = volumes(market)[..., 2:].sum(axis=(1, 3, 4))
    assert (wallet[:3, 0] > 0).any()  # China Mobile is closed to the end of March 2009
    assert (wallet[3:, 0] == 0).all()
    assert (through_platforms[3:, 0] > 0).all()
    assert wallet[:, 1:].sum(axis=0).min() > 0
    assert through_platforms[:, 1:].sum() == 0
    users = operators_wide(market, "wallet_users")
    assert users[3:, :, 0].sum() == 0
    running = market.recorder.table("ledger", "national")
    running = running[running["reason"] == "running the wallet"]
    assert set(running.loc[running["month"] >= 4, "payer"]) == {"china_unicom", "china_telecom"}


def test_a_wallet_is_left_behind() -> None:
    """Only China Mobile runs a wallet before 2011, so no other operator's customer may hold one."""
    market = MobileMarket(
        "closed", 1000, 12, rng=1, review_hazard=0.5, switching_cost=0, wallet_campaign=0.3
    ).run()
    with_wallet = market.people[:, :, 8:].sum(axis=(0, 2))  # by subscription
    assert with_wallet[[1, 2]].sum() > 0
    assert with_wallet[3:].sum() == 0


@pytest.mark.parametrize("name", ["adoption_campaign", "adoption_contacts"])
def test_partners_bring_platforms_their_customers(finished: Finished, name: str) -> None:
    """In history deals do not depend on what they are worth, so only the customers can differ."""
    without, brought = (
        finished("history", consumers=5000, months=10, distant_ties=0, **({name: value}))
        for value in (0, 0.3)
    )
    assert (without.partnerships.in_force == brought.partnerships.in_force).all()
    alipay = brought.platform_accounts[:, 0] - without.platform_accounts[:, 0]
    place = brought.provinces.index
    for province in ("Zhejiang", "Beijing", "Sichuan"):
        assert alipay[place(province)] > 0
    assert alipay[place("Guangdong")] == 0  # no operator has signed with Alipay there
    assert (brought.lines == without.lines)[place("Guangdong")].all()


def test_neighbours_review_each_by_their_own_luck() -> None:
    """Where whoever reviews goes to one operator, who went tells who reviewed."""
    market = bare_market(20_000, 1, 1, standing=(-9.0, 9.0, -9.0), review_hazard=0.5)
    others = np.isin(market.population.columns.subscription, (1, 5))
    market.run()
    went = market.population.columns.subscription == 3
    first = market.population.places.start[:-1].tolist()
    for apart in (1, 2, 3):
        # Pairs inside one group of four positions, which share one call of the generator.
        pairs = [
            (a, a + apart)
            for start, end in zip(first, [*first[1:], len(went)], strict=True)
            for a in range(start, end - apart, 4)
            if others[a] and others[a + apart]
        ]
        one, two = went[np.array(pairs)].T
        se = math.sqrt(0.25 / len(pairs))
        assert one.mean() == pytest.approx(0.5, abs=4 * se)
        assert (one & two).mean() == pytest.approx(0.25, abs=4 * se)


def test_deals_are_only_made_by_those_who_want_them(finished: Finished) -> None:
    market = finished("history", months=24)
    table = market.recorder.table("operators").astype({"operator": str, "province": str})
    assert (table.loc[table["stance"] == "closed", "deals"] == 0).all()
    zhejiang = table[(table["operator"] == "china_mobile") & (table["province"] == "Zhejiang")]
    assert zhejiang["deals"].tolist() == [0] * 3 + [1] * 21
    elsewhere = table[(table["operator"] == "china_mobile") & (table["province"] != "Zhejiang")]
    assert elsewhere["deals"].sum() == 0
    beijing = table[(table["operator"] == "china_telecom") & (table["province"] == "Beijing")]
    assert beijing["deals"].tolist() == [0] * 2 + [1] * 22


def test_an_exclusive_deal_shuts_rivals_out() -> None:
    market = MobileMarket("exclusive", 1000, 30, rng=1)
    seen = premiums = 0
    while market.running:
        market.step()
        deals = market.partnerships
        for _, g, m in np.argwhere(deals.exclusive):
            # Nobody bids for what a rival's running deal makes impossible, so it stands alone.
            assert deals.in_force[:, g, m].sum() == 1
        assert (deals.exclusive <= deals.in_force).all()
        assert (deals.exclusive <= (market.stance == Stance.EXCLUSIVE)[:, :, None]).all()
        seen += int(deals.exclusive.sum())
        premiums += ("china_mobile", "alipay", "exclusivity premium") in market.ledger.entries()
    assert seen > 0
    assert premiums > 0
    ordinary = MobileMarket("open", 1000, 12, rng=1).run()
    assert not ordinary.partnerships.exclusive.any()
    reasons = set(ordinary.recorder.table("ledger", "national")["reason"])
    assert "exclusivity premium" not in reasons


def test_phases_are_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    market, seen = MobileMarket("open", 310, 2, rng=1), []
    for phase in PHASES:
        method = getattr(market, phase)
        monkeypatch.setattr(market, phase, lambda p=phase, m=method: (seen.append(p), m()))
    market.run()
    assert seen == [*PHASES] * 2
    assert all(getattr(MobileMarket, phase).__doc__ for phase in PHASES)


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"consumers": 0}, "consumers = 0; allowed: a whole number 310 to 2000000000"),
        ({"consumers": -5}, "consumers = -5; allowed: a whole number 310"),
        ({"consumers": 309}, "consumers = 309; allowed"),
        ({"consumers": 1000.5}, "consumers = 1000.5; allowed: a whole number"),
        ({"consumers": True}, "consumers = True; allowed: a whole number"),
        ({"consumers": "1000"}, "consumers = '1000'; allowed: a whole number"),
        ({"months": 0}, "months = 0; allowed: a whole number 1 to 240"),
        ({"months": 241}, "months = 241; allowed: a whole number 1 to 240 (the data end with month 60"),
        ({"rng": -1}, "seed = -1; allowed: a whole number 0 to"),
        ({"threads": 0}, "threads = 0; allowed: a whole number 1 to"),
        ({"activation": "column"}, "unknown activation 'column': did you mean 'columns'?"),
        ({"operators": OPERATORS[:2]}, "allowed: china_mobile, china_unicom, china_telecom, in any order"),
        ({"scenario": "opn"}, "unknown scenario 'opn': did you mean 'open'?"),
        ({"lockin": 1}, "unknown parameter 'lockin': did you mean 'lock_in'?"),
        ({"lock_in": -1}, "parameter lock_in = -1 is out of bounds; allowed: 0 to 10 utils"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(given: dict, says: str) -> None:
    with pytest.raises(InputError) as error:
        MobileMarket(**given)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_contract_holds_for_its_term_and_no_month_longer() -> None:
    """With a review every month, people leave a 3G contract of three months in the third month after it."""
    market = MobileMarket("closed", 4000, 24, rng=1, contract_months=3, review_hazard=1.0, downgrade_cost=0)
    columns = market.population.columns
    since = np.zeros(len(market.population), int)  # month in which the present 3G subscription was taken
    held = np.zeros_like(since)
    kept: list[int] = []
    for month in range(1, 25):
        market.step()
        now = columns.subscription.astype(int)
        changed = now != held
        kept += (month - since[changed & (since > 0)]).tolist()
        since = np.where(changed, np.where((now > 0) & (now % 2 == 0), month, 0), since)
        held = now
    assert len(kept) > 100
    assert min(kept) == 3


def test_platforms_without_any_weight_at_the_table() -> None:
    """Who gets nothing of a gain is paid nothing for exclusivity, to the last bit."""
    market = MobileMarket("exclusive", 1000, 6, rng=1, bargaining_floor=0, bargaining_users=0).run()
    assert market.partnerships.exclusive.any()
    assert (market.partnerships.premium >= 0).all()


def test_a_wallets_fees_are_in_the_ledger() -> None:
    market = MobileMarket("closed", 2000, 24, rng=1).run()
    table = market.recorder.table("platforms", level="national")
    wallet = table[table.platform == "china_mobile_wallet"]
    ledger = market.recorder.table("ledger", level="national")
    fees = ledger[(ledger.payee == "china_mobile") & (ledger.reason == "merchant fees")]
    assert wallet.fees_rmb.sum() == pytest.approx(fees.amount_rmb.sum())
    assert wallet.fees_rmb.iloc[-1] > 0


@pytest.mark.parametrize("consumers", [1_000, 50_000])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_month_makes_no_tables_of_its_own(consumers: int, threads: int) -> None:
    """What is kept of it has room from the start, and work has rooms to be done in, however many there are.

    Left are what Mesa's collector keeps, some 3 kB of balances, and single numbers. When branches and
    platforms talk they do make tables, of what deals are worth: nobody talks here.
    """
    market = MobileMarket("closed", consumers, 12, rng=1, threads=threads)
    for _ in range(4):  # whatever is loaded is, by then
        market.step()
    taken = []
    tracemalloc.start()
    try:
        for _ in range(4):
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            market.step()
            taken.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    assert max(taken) < 10_000  # bytes; the counts of a month's payments alone are 30 kB, those of moves 7 kB


@pytest.mark.parametrize("months", [1, 60, 123, 240])
def test_what_is_kept_of_all_months_has_room_from_the_start(
    monkeypatch: pytest.MonkeyPatch, months: int
) -> None:
    market = MobileMarket("closed", 310, months, rng=1)
    monkeypatch.setattr(Store, "piece", lambda store, size: pytest.fail("a month had to wait for memory"))
    assert market.run().month == months

"""Mesa's own tools on the market: agent sets, the grid, data collection, batch runs."""

import inspect
import multiprocessing
from collections.abc import Callable, Iterator

import mesa
import numpy as np
import pytest

from agents.columns import network_of, operator_of
from agents.consumers import Consumer
from agents.contacts import contacts_of
from agents.operators import Branch, Operator
from agents.platforms import PaymentPlatform
from model.market import MobileMarket
from model.observations import load_observations
from model.parameters import Parameters
from model.schemas import OPERATORS, PLATFORMS, WALLETS

OTHERS = 3 + 3 * 31 + 6  # operators, branches, platforms and wallets


@pytest.fixture(scope="module")
def market(finished: Callable[..., MobileMarket]) -> MobileMarket:
    return finished("open", consumers=600, months=14)


@pytest.fixture
def start_method() -> Iterator[None]:
    """Put back the way processes start, which Mesa's batch_run changes for the whole program."""
    before = multiprocessing.get_start_method(allow_none=True)
    yield
    multiprocessing.set_start_method(before, force=True)


def test_everybody_is_an_agent(market: MobileMarket) -> None:
    assert len(market.agents) == OTHERS + 600
    kinds = [type(agent) for agent in market.agents]
    counts = {kind: kinds.count(kind) for kind in set(kinds)}
    assert counts == {Operator: 3, Branch: 93, PaymentPlatform: 6, Consumer: 600}
    ids = [agent.unique_id for agent in market.agents]
    assert len(set(ids)) == len(ids)
    assert all(agent.model is market for agent in market.agents)


def test_agents_by_type(market: MobileMarket) -> None:
    by_type = market.agents_by_type
    sizes = {kind: len(members) for kind, members in by_type.items()}
    assert sizes == {Operator: 3, Branch: 93, PaymentPlatform: 6, Consumer: 600}
    assert [operator.name for operator in by_type[Operator]] == list(OPERATORS)
    assert [platform.name for platform in by_type[PaymentPlatform]] == [*PLATFORMS, *WALLETS]
    assert set(market.agent_types) == set(sizes)
    assert len(by_type[Consumer].select(lambda consumer: consumer.on_3g)) == market.people[:, [2, 4, 6]].sum()


def test_select(market: MobileMarket) -> None:
    branches = market.agents.select(agent_type=Branch)
    assert len(branches) == 93
    tibet = branches.select(lambda branch: branch.province == "Tibet")
    assert sorted(branch.operator.name for branch in tibet) == sorted(OPERATORS)
    assert len(market.agents.select(at_most=5)) == 5
    assert len(market.consumers.select(at_most=0.5)) == 300
    customers = market.agents.select(
        lambda consumer: consumer.operator == "china_unicom", agent_type=Consumer
    )
    assert len(customers) == market.people[:, [3, 4]].sum()
    assert isinstance(customers, mesa.agentset.AbstractAgentSet)


def test_get_agg_and_groupby(market: MobileMarket) -> None:
    operators = market.agents.select(agent_type=Operator)
    assert operators.get("lines") == pytest.approx(market.lines.sum(axis=0).tolist())
    assert operators.agg("share", sum) == pytest.approx(1)
    names, threes = zip(*operators.get(["name", "lines_3g"]), strict=True)
    assert names == OPERATORS
    assert sum(threes) == pytest.approx(market.lines_3g.sum())
    assert [operator.profit for operator in operators] == pytest.approx(
        [market.ledger.total(name) for name in OPERATORS]
    )
    branches = market.agents.select(agent_type=Branch)
    by_operator = branches.groupby(lambda branch: branch.operator.name).agg("lines", sum)
    assert by_operator == pytest.approx({o.name: o.lines for o in operators})
    by_province = market.consumers.groupby("province").count()
    rows = np.diff(market.population.places.start)
    assert by_province == dict(zip(market.provinces, rows.tolist(), strict=True))
    on_3g = market.consumers.groupby("operator").agg("on_3g", sum)
    assert [on_3g[name] for name in OPERATORS] == market.people[:, [2, 4, 6]].sum(axis=(0, 2)).tolist()
    assert on_3g.get(None, 0) == 0


def test_order(market: MobileMarket) -> None:
    consumers = market.consumers
    assert [c.row for c in consumers.sort("row")[:3]] == [599, 598, 597]
    assert [c.row for c in consumers.sort("row", ascending=True)] == list(range(600))
    assert [c.row for c in consumers] == list(range(600))
    shuffled = consumers.shuffle()
    assert sorted(c.row for c in shuffled) == list(range(600))
    assert [c.row for c in shuffled] != list(range(600))
    assert consumers.map(lambda c: c.row) == list(range(600))
    assert consumers[7].row == market.agents[OTHERS + 7].row == 7
    assert consumers[-1].row == 599
    assert [c.row for c in consumers[2:6:2]] == [2, 4]


def test_windows_on_a_row_are_equal(market: MobileMarket) -> None:
    one, same, other = (Consumer(market, market.population, row) for row in (5, 5, 6))
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert len({one, same, other}) == 2
    assert one in market.agents
    assert one in market.consumers
    elsewhere = MobileMarket("closed", 310, 1, rng=1)
    stranger = Consumer(elsewhere, elsewhere.population, 5)
    assert one != stranger
    assert stranger not in market.agents


def test_windows_show_the_columns(market: MobileMarket) -> None:
    columns, start = market.population.columns, market.population.places.start
    entered = 0
    for consumer in market.consumers:
        subscription = int(columns.subscription[consumer.row])
        province = int(np.searchsorted(start, consumer.row, side="right")) - 1
        assert consumer.province == market.provinces[province]
        assert consumer.has_line == (subscription > 0)
        entered += consumer.has_line
        if consumer.has_line:
            assert consumer.operator == OPERATORS[operator_of(subscription)]
            assert consumer.on_3g == bool(network_of(subscription))
        else:
            assert consumer.operator is None
            assert not consumer.on_3g
        known = [friend.row for friend in consumer.contacts]
        assert known == contacts_of(market.population.network, consumer.row, province)
        held = int(columns.accounts[consumer.row])
        assert [name in consumer.accounts for name in PLATFORMS] == [bool(held >> m & 1) for m in range(3)]
        assert min(consumer.traits) > 0
        assert repr(consumer)
    assert entered == market.people[:, 1:].sum()


def test_branches_stand_on_the_province_grid(market: MobileMarket) -> None:
    tiles = load_observations().tile
    for branch in market.agents_by_type[Branch]:
        assert branch.cell.coordinate == tuple(tiles[branch.number])
        assert branch in branch.cell.agents
        assert len(branch.cell.agents) == 3
        assert branch.province == market.provinces[branch.number]
        k, g = branch.operator.number, branch.number
        assert branch.lines == market.lines[g, k]
        assert branch.lines_3g <= branch.lines
        assert 0 <= branch.coverage <= 1
        assert len(branch.partners) == market.partnerships.in_force[k, g].sum()
        assert branch.profit == market.ledger.total(branch.operator.name, g)
    occupied = {cell.coordinate for cell in market.grid.all_cells if cell.agents}
    assert len(occupied) == 31


def test_agents_cannot_be_slipped_in(market: MobileMarket) -> None:
    stranger = market.consumers[0]
    for method in ("add", "discard", "remove"):
        with pytest.raises(TypeError, match="this set shows the model's agents"):
            getattr(market.agents, method)(stranger)


def test_a_consumers_own_month() -> None:
    """Stepping every consumer by hand is the month of the market."""
    by_hand = MobileMarket("open", 310, 6, rng=4, activation="agents")
    of_itself = MobileMarket("open", 310, 6, rng=4)
    by_hand.run()
    of_itself.run()
    for consumer, other in zip(by_hand.consumers, of_itself.consumers, strict=True):
        for name in ("subscription", "accounts", "contract_end", "surplus"):
            assert getattr(consumer, name) == getattr(other, name)


# ---- data collection and batches ----------------------------------------------------------------


def test_data_collector(market: MobileMarket) -> None:
    frame = market.datacollector.get_model_vars_dataframe()
    assert len(frame) == market.months + 1  # how it began, and every month
    table = market.recorder.table("operators", "national").astype({"operator": str})
    for name in OPERATORS:
        mine = table[table["operator"] == name]
        assert frame[f"share_{name}"].to_numpy()[1:] == pytest.approx(mine["share"].to_numpy())
        assert frame[f"share_3g_{name}"].to_numpy()[1:] == pytest.approx(mine["share_3g"].to_numpy())
        assert np.diff(frame[f"profit_{name}"]) == pytest.approx(mine["profit_rmb"].to_numpy(), abs=0.01)
    total = market.recorder.table("market", "national")["lines_3g"]
    assert frame["lines_3g"].to_numpy()[1:] == pytest.approx(total.to_numpy())
    assert frame["lines_3g"][0] == 0
    platforms = market.recorder.table("platforms", "national").astype({"platform": str})
    alipay = platforms[platforms["platform"] == "alipay"]
    assert frame["accounts_alipay"].to_numpy()[1:] == pytest.approx(alipay["accounts"].to_numpy())
    assert frame["deals"].tolist()[1:] == platforms.groupby("month")["deals"].sum().tolist()


@pytest.mark.usefixtures("start_method")
def test_batch_run() -> None:
    rows = mesa.batch_run(
        MobileMarket,
        parameters={
            "scenario": ["closed", "open"],
            "consumers": 400,
            "months": 5,
            "payment_value_3g": [0.0, 3.0],
        },
        rng=[1, 2],
        number_processes=1,
        data_collection_period=-1,
        display_progress=False,
    )
    assert len(rows) == 2 * 2 * 2
    for row in rows:
        assert row["Step"] == 5
        again = MobileMarket(
            row["scenario"], 400, 5, rng=row["rng"], payment_value_3g=row["payment_value_3g"]
        ).run()
        frame = again.datacollector.get_model_vars_dataframe()
        assert {name: row[name] for name in frame} == frame.iloc[-1].to_dict()
        assert (row["deals"] > 0) == (row["scenario"] == "open")


def test_the_signature_shows_every_parameter() -> None:
    shown = inspect.signature(MobileMarket).parameters
    assert {"scenario", "consumers", "months", "rng", "threads", "activation", "operators"} <= set(shown)
    for name, about in Parameters.fields().items():
        assert shown[name].default == about["default"]
    assert not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in shown.values())


@pytest.mark.usefixtures("start_method")
def test_batch_run_with_numpy_levels_and_no_seed() -> None:
    """`np.arange` gives NumPy numbers, and without `rng` Mesa passes None."""
    rows = mesa.batch_run(
        MobileMarket,
        parameters={"consumers": 400, "months": 1, "lock_in": np.arange(2, dtype=np.float32)},
        number_processes=1,
        display_progress=False,
    )
    assert [row["lock_in"] for row in rows] == [0.0, 1.0]


def test_without_a_seed_luck_differs() -> None:
    assert (
        MobileMarket(consumers=310, rng=None).seed_number != MobileMarket(consumers=310, rng=None).seed_number
    )

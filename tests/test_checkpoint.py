"""A market written to the disk and read again goes on as if nothing had happened."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agents.consumers import Consumer
from agents.operators import Branch
from agents.world import FIELDS
from model import checkpoint
from model.errors import InputError
from model.market import MobileMarket
from model.scenarios import scenario_names
from model.tables import LEVELS, TABLES


def assert_same(one: MobileMarket, other: MobileMarket) -> None:
    """Hold two markets against each other: tables, columns, contracts, Mesa's own state, to the bit."""
    for level in LEVELS:
        for name in TABLES:
            tables = one.recorder.table(name, level), other.recorder.table(name, level)
            pd.testing.assert_frame_equal(*tables, check_exact=True)
    for mine, theirs in zip(one.population.columns, other.population.columns, strict=True):
        assert mine.dtype == theirs.dtype
        assert np.array_equal(mine, theirs)
    for name, table in vars(one.partnerships).items():
        assert np.array_equal(table, getattr(other.partnerships, name)), name
    assert one.ledger.balances.tolist() == other.ledger.balances.tolist()
    assert one.world.tobytes() == other.world.tobytes()
    pd.testing.assert_frame_equal(
        one.datacollector.get_model_vars_dataframe(), other.datacollector.get_model_vars_dataframe()
    )
    assert (one.time, one.steps, one.month, one.running) == (
        other.time,
        other.steps,
        other.month,
        other.running,
    )
    assert one.random.getstate() == other.random.getstate()
    assert one.rng.bit_generator.state == other.rng.bit_generator.state
    assert [a.unique_id for a in one.agents] == [a.unique_id for a in other.agents]


def goes_on(folder: Path, scenario: str, **arguments: object) -> None:
    undisturbed = MobileMarket(scenario, 400, 9, rng=3, **arguments).run()  # type: ignore[arg-type]
    stopped = MobileMarket(scenario, 400, 9, rng=3, **arguments)  # type: ignore[arg-type]
    for _ in range(5):
        stopped.step()
    checkpoint.save(stopped, folder)
    loaded = checkpoint.load(folder)
    assert_same(loaded, stopped)
    assert_same(loaded.run(), undisturbed)
    assert_same(stopped.run(), undisturbed)  # and it was not disturbed by being written


@pytest.mark.parametrize("scenario", scenario_names())
def test_goes_on_to_identical_results(scenario: str, tmp_path: Path) -> None:
    goes_on(tmp_path, scenario)


def test_goes_on_with_tariffs_that_answer_demand(tmp_path: Path) -> None:
    goes_on(tmp_path, "history", pricing="bertrand")


@pytest.mark.parametrize("activation", ["agents", "shuffled"])
def test_goes_on_however_consumers_are_asked(activation: str, tmp_path: Path) -> None:
    goes_on(tmp_path, "open", activation=activation)


def test_goes_on_before_the_first_month_and_after_the_last(tmp_path: Path) -> None:
    market = MobileMarket("open", 400, 2, rng=3)
    checkpoint.save(market, tmp_path)
    fresh = checkpoint.load(tmp_path)
    assert fresh.month == 0
    assert_same(fresh.run(), market.run())
    checkpoint.save(market, tmp_path)
    done = checkpoint.load(tmp_path)
    assert not done.running
    assert_same(done, market)


def test_large_columns_are_written_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns of several blocks, with several threads, whichever reads them."""
    monkeypatch.setattr(checkpoint, "LARGE", 1000)
    monkeypatch.setattr(checkpoint, "BLOCK", 4096)
    market = MobileMarket("open", 50_000, 4, rng=3, threads=2)
    market.step()
    pickled, large = checkpoint._pickle(market)
    for column in market.population.columns:  # the memory itself, not a copy
        assert any(np.shares_memory(column, np.asarray(part)) for part in large)
    assert pickled.nbytes < market.population.columns[0].nbytes * 100
    checkpoint.save(market, tmp_path)
    loaded = checkpoint.load(tmp_path, threads=3)
    assert loaded.population.threads == loaded.population.crew.threads == 3
    for column in loaded.population.columns:
        assert column.flags.writeable
        assert column.flags.aligned
    assert_same(loaded.run(), market.run())


def test_mesas_grid_and_agents_come_back(tmp_path: Path) -> None:
    """Everybody stands in the one grid there is, and a market that came back can be written again."""
    market = MobileMarket("open", 400, 4, rng=3)
    market.step()
    checkpoint.save(market, tmp_path)
    loaded = checkpoint.load(tmp_path)
    checkpoint.save(loaded, tmp_path / "again")
    again = checkpoint.load(tmp_path / "again")
    for found in (loaded, again):
        branches = list(found.agents_by_type[Branch])
        assert [b.cell.coordinate for b in branches] == [
            b.cell.coordinate for b in market.agents_by_type[Branch]
        ]
        assert all(found.grid[b.cell.coordinate] is b.cell for b in branches)
        for cell in found.grid.all_cells:
            assert cell.random is found.grid.random is found.random
            assert [(a.operator.name, a.number) for a in cell.agents] == [
                (a.operator.name, a.number) for a in market.grid[cell.coordinate].agents
            ]
            assert cell.empty == market.grid[cell.coordinate].empty
        assert all(agent.model is found for agent in found.agents)
        assert next(iter(found.consumers)).population is found.population
        assert len(found.agents_by_type[Consumer]) == 400
    assert_same(again.run(), market.run())


def test_world_and_balances_stay_in_one_place(tmp_path: Path) -> None:
    """What is a view of the state before is one after: a change of the one is seen in the other."""
    market = MobileMarket("open", 400, 4, rng=3)
    market.step()
    checkpoint.save(market, tmp_path)
    loaded = checkpoint.load(tmp_path)
    assert loaded.population.world is loaded.world
    for table, (shape, _) in FIELDS.items():
        if shape:  # a table is written where it lies; compiled code takes the world as an array of one
            assert np.shares_memory(loaded.world[table], loaded.world.reshape(1)), table
    loaded.ledger.balance["alipay"][0] += 1
    assert loaded.ledger.balances.sum() == 1


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    market = MobileMarket("closed", 400, 5, rng=3)
    for _ in range(4):
        market.step()
        checkpoint.save(market, tmp_path, {"seconds": 1.5})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["month-003.checkpoint", "month-004.checkpoint"]
    found = checkpoint.last(tmp_path)
    assert found is not None
    assert (found.month, found.notes) == (4, {"seconds": 1.5})
    checkpoint.discard(tmp_path)
    assert not tmp_path.exists()
    assert checkpoint.last(tmp_path) is None


@pytest.fixture
def written(tmp_path: Path) -> Path:
    market = MobileMarket("closed", 400, 5, rng=3)
    for _ in range(2):
        market.step()
        checkpoint.save(market, tmp_path)
    return tmp_path / "month-002.checkpoint"


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "harm", [cut, flip, lambda c: b"", lambda c: c[:100], lambda c: c + b"x", lambda c: b"GIF89a\n" + c]
)
def test_damage_is_refused_with_the_cure(harm: Callable[[bytes], bytes], written: Path) -> None:
    written.write_bytes(harm(written.read_bytes()))
    with pytest.raises(InputError, match=r"damaged.*remove it, and the run then goes on from month-001"):
        checkpoint.load(written.parent)
    written.unlink()
    assert checkpoint.load(written.parent).month == 1


def test_the_cure_where_no_other_is_left(written: Path) -> None:
    written.with_name("month-001.checkpoint").unlink()
    written.write_bytes(cut(written.read_bytes()))
    with pytest.raises(InputError, match="begins anew"):
        checkpoint.load(written.parent)


def test_other_code_is_refused(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = checkpoint.code_versions()
    monkeypatch.setattr(checkpoint, "code_versions", lambda: ours | {"numpy": "1.0"})
    with pytest.raises(InputError, match="written by other numpy; allowed: the same"):
        checkpoint.load(written.parent)


def test_the_digest_follows_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "agents").mkdir()
    rule = tmp_path / "agents" / "choice.py"
    rule.write_text("a = 1\n")
    monkeypatch.setattr(checkpoint, "ROOT", tmp_path)
    before = checkpoint.code_versions()["rules and data"]
    rule.write_text("a = 2\n")
    assert checkpoint.code_versions()["rules and data"] != before


def test_nothing_to_load(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no checkpoint in"):
        checkpoint.load(tmp_path)


def test_a_failed_write_leaves_what_there_was(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    market = checkpoint.load(written.parent)
    market.step()

    def full(*_: object, room: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "_write_blocks", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(market, written.parent)
    assert sorted(p.name for p in written.parent.iterdir()) == [
        "month-001.checkpoint",
        "month-002.checkpoint",
    ]
    assert checkpoint.load(written.parent).month == 2


def test_bytes_a_row_are_those_of_the_columns() -> None:
    columns = MobileMarket(consumers=1000, months=1).population.columns
    assert checkpoint.bytes_a_row() * 1000 == sum(column.nbytes for column in columns)


def test_consumers_are_no_list_of_rows() -> None:
    """A set of all consumers costs no memory a row."""
    market = MobileMarket(consumers=1000, months=1)
    assert market.agents_by_type[Consumer].rows == range(1000)
    assert market.agents.rows == range(1000)

"""Records: tables of fixed shapes in one piece of memory, by name."""

import itertools
import pickle

import numpy as np
import pytest

from agents.compiling import loop
from agents.records import Shelf, Store, make_record, record_type

INNER = record_type({"few": (np.uint8, 3), "one": (np.float64, ())})
OUTER = record_type({"table": (np.int64, (2, 5)), "inner": (INNER, ()), "flag": (np.uint8, 1)})


@loop
def fill_in(records):  # type: ignore[no-untyped-def]
    """Write something into every table of the one record there is."""
    record = records[0]
    for i in range(2):
        for j in range(5):
            record.table[i, j] = 10 * i + j
    record.inner.few[2] = 7
    record.flag[0] = 1


def test_a_record_begins_with_nothing_in_it() -> None:
    record = make_record(OUTER)
    assert record.table.shape == (2, 5)
    assert record.table.dtype == np.int64
    assert record.inner.few.dtype == np.uint8
    assert not any(table.any() for table in (record.table, record.inner.few, record.flag))


def test_tables_are_views_of_the_record() -> None:
    record = make_record(OUTER)
    for table in (record.table, record.inner.few, record["flag"]):
        assert np.shares_memory(table, record.reshape(1))
    record.table[1, 2] = 5
    assert record["table"][1].tolist() == [0, 0, 5, 0, 0]


def test_two_records_share_nothing() -> None:
    one, other = make_record(OUTER), make_record(OUTER)
    one.table[:] = 1
    assert not other.table.any()


def test_compiled_code_writes_into_the_record_it_is_given() -> None:
    record = make_record(OUTER)
    fill_in(record.reshape(1))
    assert record.table.tolist() == [[0, 1, 2, 3, 4], [10, 11, 12, 13, 14]]
    assert record.inner.few.tolist() == [0, 0, 7]
    assert record.flag.tolist() == [1]


def test_numbers_stand_where_a_processor_reads_them_at_once() -> None:
    """Eight bytes each, at addresses that are multiples of eight, whatever stands before them."""
    assert INNER.fields is not None
    assert [INNER.fields[name][1] for name in ("few", "one")] == [0, 8]
    assert INNER.itemsize == 16
    with pytest.raises(TypeError):
        record_type({"odd": ("no such type", 3)})


def test_a_shelf_hands_out_nothing_twice() -> None:
    shelf = Shelf()
    taken = [shelf.take(kind) for kind in (OUTER, INNER, OUTER)]
    for one in taken:
        assert one.shape == (1,)
        assert one.view(np.uint8).sum() == 0
        assert one.__array_interface__["data"][0] % Shelf.BOUNDARY == 0
        one.view(np.uint8)[:] = 255
    assert not any(np.shares_memory(*pair) for pair in itertools.combinations(taken, 2))


def test_a_shelf_has_tables_too() -> None:
    shelf = Shelf()
    table, none = shelf.take_table(3, 4), shelf.take_table(3, 0)
    table[:] = np.arange(12).reshape(3, 4)
    assert none.shape == (3, 0)
    assert not shelf.take_table(3, 4).any()
    assert table.dtype == np.int64
    assert table[2].tolist() == [8, 9, 10, 11]


def test_memory_is_used_again_once_nobody_does() -> None:
    """Never while a table that lies in it is still held, by whatever view."""
    store = Store(most=2)
    (one, used), (two, _) = store.piece(100), store.piece(100)
    assert not used
    assert not one.any()
    one[:], two[:] = 1, 2
    view = two[10:20].view(np.uint16)[2:]
    del two
    third, used = store.piece(100)  # more than are kept: had anew
    assert not used
    third[:] = 3
    assert (one == 1).all()
    assert (view == 2 * 257).all()
    del one
    again, used = store.piece(100)
    assert used
    assert (again == 1).all()  # what was left in it
    del view
    assert (store.piece(100)[0] == 2).all()
    assert not store.piece(64)[0].any()  # of another size


def test_what_a_run_left_is_in_no_record_of_the_next() -> None:
    shelf = Shelf()
    left = shelf.take(OUTER)
    left.view(np.uint8)[:] = 255
    del left, shelf
    following = Shelf()
    assert not any(following.take(OUTER).view(np.uint8).any() for _ in range(3))


def test_a_shelf_has_room_for_whatever_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a record larger than a piece, and for many that do not fit into one."""
    monkeypatch.setattr(Shelf, "PIECE", 200)
    shelf = Shelf()
    taken = [shelf.take(INNER) for _ in range(9)]
    taken.append(shelf.take(record_type({"large": (np.int64, 1000)})))
    taken.append(shelf.take(INNER))
    for n, one in enumerate(taken):
        one.view(np.uint8)[:] = n
    assert all((one.view(np.uint8) == n).all() for n, one in enumerate(taken))


def test_what_a_shelf_has_at_once_is_handed_out_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a record is larger than a piece, or nothing is left, more is had."""
    monkeypatch.setattr(Shelf, "PIECE", 256)
    had: list[int] = []
    piece = Store.piece
    monkeypatch.setattr(Store, "piece", lambda store, size: had.append(size) or piece(store, size))
    shelf = Shelf([16, 16, 16, 16, 800, 16, 16])  # a line of 64 bytes each, but one
    assert had == [256, 256]
    taken = [shelf.take(INNER) for _ in range(4)]  # one piece
    taken.append(shelf.take(record_type({"large": (np.int64, 100)})))
    taken += [shelf.take(INNER) for _ in range(4)]
    assert had == [256, 256, 832]
    taken.append(shelf.take(INNER))
    assert had == [256, 256, 832, 256]
    for n, one in enumerate(taken):
        assert not one.view(np.uint8).any()
        one.view(np.uint8)[:] = n + 1
    assert all((one.view(np.uint8) == n + 1).all() for n, one in enumerate(taken))


def test_a_shelf_is_copied_empty_and_what_came_from_it_whole() -> None:
    shelf = Shelf()
    record = shelf.take(OUTER)
    record[0].table[1, 4] = 7
    kept = pickle.dumps((shelf, record))
    assert len(kept) < 2_000
    again, copied = pickle.loads(kept)
    assert copied[0].table[1, 4] == 7
    assert not again.take(OUTER).view(np.uint8).any()

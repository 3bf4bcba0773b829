"""Records: tables of fixed shapes in one piece of memory, by name."""

import numpy as np
import pytest

from agents.compiling import loop
from agents.records import make_record, record_type

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

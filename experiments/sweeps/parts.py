"""Parquet parts: what a number of runs came to, the same bytes for the same results."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.sweeps.plan import Key, Plan
from experiments.sweeps.tasks import Result
from model.files import replacing

WORD = pa.dictionary(pa.int32(), pa.string())
MEASURED = pa.schema(
    [
        ("point", pa.int32()),
        ("replication", pa.int32()),
        ("scenario", WORD),
        ("measure", WORD),
        ("actor", WORD),
        ("month", pa.int16()),
        ("value", pa.float64()),
    ]
)
FAILED = pa.schema(
    [
        ("run", pa.int64()),
        ("point", pa.int32()),
        ("replication", pa.int32()),
        ("scenario", pa.string()),
        ("seed", pa.int64()),
        ("consumers", pa.int32()),
        ("parameters", pa.string()),
        ("error", pa.string()),
        ("traceback", pa.string()),
    ]
)
SEGMENT = pa.schema(
    [("run", pa.int64()), ("values", pa.binary()), ("error", pa.string()), ("traceback", pa.string())]
)


def measured_table(results: Sequence[Result], plan: Plan) -> pa.Table:
    """Return one row a run, measure, actor and month of the runs that did not fail, in their order."""
    results = [result for result in results if result.values]
    keys = np.array([plan.key(result.run) for result in results], np.int32).reshape(-1, 3)
    width = len(plan.places)
    point, replication, scenario = (np.repeat(keys[:, axis], width) for axis in range(3))
    measures, actors, months = zip(*plan.places, strict=True)
    columns = [
        pa.array(point),
        pa.array(replication),
        pa.DictionaryArray.from_arrays(pa.array(scenario), list(plan.design.labels)),
        _words(measures, len(results)),
        _words(actors, len(results)),
        pa.array(np.tile(np.array(months, np.int16), len(results))),
        pa.array(np.frombuffer(b"".join(result.values for result in results))),
    ]
    return pa.Table.from_arrays(columns, schema=MEASURED)


def failed_table(results: Sequence[Result], plan: Plan) -> pa.Table:
    """Return one row a failed run: what it was, and why it failed."""
    rows = []
    for result in results:
        if not result.error:
            continue
        task = plan.task(result.run)
        values = json.dumps(task.parameters, sort_keys=True)
        scenario = task.scenario.name
        of_run = (task.point, task.replication, scenario, task.seed, task.consumers, values)
        rows.append((result.run, *of_run, result.error, result.traceback))
    return _table(rows, FAILED)


def write_table(table: pa.Table, path: Path) -> None:
    """Write a Parquet file that is there whole or not at all; no dates, so equal tables are equal bytes."""
    repeated = [name for name in table.column_names if name != "value"]  # no two values are the same
    with replacing(path) as aside:
        pq.write_table(table, aside, compression="zstd", use_dictionary=repeated)


def read_back(measured: Path, failed: Path | None, plan: Plan) -> list[Result]:
    """Return the results that a part was written from."""
    table = pq.read_table(measured, columns=["point", "replication", "scenario", "value"])
    width = len(plan.places)
    values = table.column("value").to_numpy().reshape(-1, width)
    labels = plan.design.labels
    keys = table.take(np.arange(0, len(table), width)).drop(["value"]).to_pylist()
    results = [
        Result(
            plan.number(Key(key["point"], key["replication"], labels.index(key["scenario"]))), row.tobytes()
        )
        for key, row in zip(keys, values, strict=True)
    ]
    if failed is not None:
        for row in pq.read_table(failed, columns=["run", "error", "traceback"]).to_pylist():
            results.append(Result(row["run"], b"", row["error"], row["traceback"]))
    return results


def write_segment(results: Iterable[Result], path: Path) -> None:
    """Write finished runs as they came, there whole or not at all."""
    table = _table(list(results), SEGMENT)
    with (
        replacing(path) as aside,
        pa.OSFile(str(aside), "wb") as file,
        pa.ipc.new_file(file, SEGMENT) as writer,
    ):
        writer.write_table(table)


def read_segment(path: Path) -> list[Result]:
    """Return the runs of a segment."""
    with pa.OSFile(str(path), "rb") as file, pa.ipc.open_file(file) as reader:
        return [Result(**row) for row in reader.read_all().to_pylist()]


def _words(words: Sequence[str], times: int) -> pa.DictionaryArray:
    """Return the words repeated so many times, each word held once."""
    known = list(dict.fromkeys(words))
    codes = np.array([known.index(word) for word in words], np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(np.tile(codes, times)), known)


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(values, kind.type) for values, kind in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)

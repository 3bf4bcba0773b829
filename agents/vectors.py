"""What a processor can do that no loop says: pick the marked of many at once, look many up, fetch ahead.

These are ways to be quick and change no result. A processor without the instructions (AVX-512, of x86)
does the same one after another.
"""

import math
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic

from agents.compiling import rule, side_by_side

AT_ONCE = 16  # rows looked at in one step; `listed` needs room for so many more than it will hold
COMPILED = not numba.config.DISABLE_JIT  # type: ignore[attr-defined]

KINDS = 128  # most kinds a table of bytes has room for
SURE = 255  # a limit that no luck reaches

_I8, _I32, _I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_MASK, _MARKS, _PLACES = (ir.VectorType(kind, AT_ONCE) for kind in (ir.IntType(1), _I8, _I32))
_STEPS, _UNMARKED = ir.Constant(_PLACES, list(range(AT_ONCE))), ir.Constant(_MARKS, [0] * AT_ONCE)
LOOKED_UP = 64  # rows in a step
_BYTES, _WORDS = (ir.VectorType(kind, LOOKED_UP) for kind in (_I8, _I32))
_HINTS = (0, 3, 1)  # of llvm.prefetch: to read, keep in all caches, data


def _can(feature: str) -> bool:
    """Return whether rules are compiled, for a processor that has these instructions."""
    if not COMPILED:
        return False
    name, features = numba.config.CPU_NAME, numba.config.CPU_FEATURES  # type: ignore[attr-defined]
    if name is None and features is None:  # for this one; Numba may leave out some of what it can
        features = get_host_cpu_features()
    return f"+{feature}" in (features or "").split(",")


@intrinsic
def _pick(_context: Any, marked: Any, first: Any, listed: Any, listed_so_far: Any) -> Any:
    """Write which of `AT_ONCE` rows from `first` on are marked into `listed`; return how many.

    Parameters
    ----------
    marked : (rows,) uint8
    first, listed_so_far : int64
    listed : int32
        Written from `listed_so_far` on, `AT_ONCE` places, of which those that count come first.
    """
    signature = types.int64(marked, types.int64, listed, types.int64)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        marked, first, listed, so_far = given
        marks = builder.load(_marks_from(context, builder, signature.args[0], marked, first))
        marks.align = 1
        written = context.make_array(signature.args[2])(context, builder, listed)
        return _write_picked(builder, marks, first, builder.gep(written.data, [so_far]))

    return signature, generate


@intrinsic
def _pick_last(_context: Any, marked: Any, first: Any, rows: Any, listed: Any, listed_so_far: Any) -> Any:
    """Do what `_pick` does for the last rows, from `first` to `rows`, fewer than `AT_ONCE`."""
    signature = types.int64(marked, types.int64, types.int64, listed, types.int64)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        marked, first, rows, listed, so_far = given
        there = builder.icmp_signed("<", _STEPS, _spread(builder, builder.sub(rows, first)))
        load = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(_MARKS, [_MARKS.as_pointer(), _I32, _MASK, _MARKS]),
            f"llvm.masked.load.v{AT_ONCE}i8.p0",  # beyond the last row nothing is read
        )
        address = _marks_from(context, builder, signature.args[0], marked, first)
        marks = builder.call(load, [address, ir.Constant(_I32, 1), there, _UNMARKED])
        written = context.make_array(signature.args[3])(context, builder, listed)
        return _write_picked(builder, marks, first, builder.gep(written.data, [so_far]))

    return signature, generate


def _marks_from(context: Any, builder: Any, kind: Any, marked: Any, first: Any) -> Any:
    """Return where the marks of `AT_ONCE` rows from the first on stand."""
    read = context.make_array(kind)(context, builder, marked)
    return builder.bitcast(builder.gep(read.data, [first]), _MARKS.as_pointer())


def _write_picked(builder: Any, marks: Any, first: Any, target: Any) -> Any:
    """Write which of `AT_ONCE` rows are marked to a place in a list; return how many."""
    mask = builder.icmp_unsigned("!=", marks, _UNMARKED)
    places = builder.add(_spread(builder, first), _STEPS)
    compress = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(_PLACES, [_PLACES, _MASK, _PLACES]),
        f"llvm.experimental.vector.compress.v{AT_ONCE}i32",
    )
    picked = builder.call(compress, [places, mask, ir.Constant(_PLACES, ir.Undefined)])
    builder.store(picked, builder.bitcast(target, _PLACES.as_pointer())).align = 4
    return builder.zext(builder.ctpop(builder.bitcast(mask, ir.IntType(AT_ONCE))), _I64)


def _spread(builder: Any, number: Any) -> Any:
    """Return `AT_ONCE` times the same number, an int64, as int32."""
    nowhere = ir.Constant(_PLACES, ir.Undefined)
    one = builder.insert_element(nowhere, builder.trunc(number, _I32), ir.Constant(_I32, 0))
    return builder.shuffle_vector(one, nowhere, ir.Constant(_PLACES, [0] * AT_ONCE))


@side_by_side
def _list_at_once(marked, rows, listed):  # type: ignore[no-untyped-def]
    """Do what `list_marked` does, `AT_ONCE` rows at a step."""
    count = 0
    whole = rows - rows % AT_ONCE
    for i in range(0, whole, AT_ONCE):
        count += _pick(marked, i, listed, count)
    if whole < rows:
        count += _pick_last(marked, whole, rows, listed, count)
    return count


@side_by_side
def list_one_by_one(marked, rows, listed):  # type: ignore[no-untyped-def]
    """Do what `list_marked` does, without a branch: who is marked no processor foresees.

    Both halves are listed at once, since each entry waits for the one before it.
    """
    half = rows // 2
    low, high = 0, half
    for i in range(half):
        listed[low] = i
        low += np.int64(marked[i])
        listed[high] = half + i
        high += np.int64(marked[half + i])
    if rows % 2 == 1:
        listed[high] = rows - 1
        high += np.int64(marked[rows - 1])
    for i in range(half, high):
        listed[low + i - half] = listed[i]
    return low + high - half


# Write which of so many rows are marked (rows,) uint8, 0 or 1, into `listed` (>= rows + AT_ONCE,) int32, the
# first row being 0; return how many.
list_marked = _list_at_once if _can("avx512f") else list_one_by_one


@rule
def floor_limit(share):  # type: ignore[no-untyped-def]
    """Return the highest limit that no luck is below unless it is below a share of 0 to 1, or more."""
    return min(math.floor(share * 256), SURE - 1) if share < 1.0 else SURE


@rule
def ceiling_limit(share):  # type: ignore[no-untyped-def]
    """Return the lowest limit that luck is below whenever it is below a share of 0 or more."""
    return min(math.ceil(share * 256), SURE) if share < 1.0 else SURE


# Looking up: a row's luck, by its first byte, against the limit of what the row is. The last byte counts as
# the one before it, so that `SURE` is above all.


@intrinsic
def _compare(_context: Any, limits: Any, kinds: Any, luck: Any, first: Any, flip: Any, marked: Any) -> Any:
    """Do what `mark_below` does for `LOOKED_UP` rows from `first` on."""
    signature = types.void(limits, kinds, luck, types.int64, types.uint8, marked)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        def place(number: int, index: Any, kind: Any) -> Any:
            array = context.make_array(signature.args[number])(context, builder, given[number])
            return builder.bitcast(builder.gep(array.data, [index]), kind.as_pointer())

        def read(number: int, index: Any, kind: Any) -> Any:
            loaded = builder.load(place(number, index, kind))
            loaded.align = 1
            return loaded

        first, flip = given[3], given[4]
        low, high = (read(0, ir.Constant(_I64, half), _BYTES) for half in (0, LOOKED_UP))
        look_up = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_BYTES, [_BYTES] * 3), "llvm.x86.avx512.vpermi2var.qi.512"
        )
        limit = builder.call(look_up, [low, read(1, first, _BYTES), high])
        word = builder.lshr(read(2, first, _WORDS), ir.Constant(_WORDS, [24] * LOOKED_UP))
        byte = builder.trunc(word, _BYTES)
        last = ir.Constant(_BYTES, [SURE - 1] * LOOKED_UP)
        byte = builder.select(builder.icmp_unsigned("<", byte, last), byte, last)
        below = builder.zext(builder.icmp_unsigned("<", byte, limit), _BYTES)
        nothing = ir.Constant(_BYTES, ir.Undefined)
        flips = builder.insert_element(nothing, flip, ir.Constant(_I32, 0))
        flips = builder.shuffle_vector(flips, nothing, ir.Constant(_WORDS, [0] * LOOKED_UP))
        builder.store(builder.xor(below, flips), place(5, first, _BYTES)).align = 1
        return context.get_dummy_value()

    return signature, generate


@side_by_side
def _mark_at_once(limits, kinds, luck, flip, marked):  # type: ignore[no-untyped-def]
    """Do what `mark_below` does, `LOOKED_UP` rows at a step."""
    whole = len(marked) - len(marked) % LOOKED_UP if len(limits) <= KINDS else 0
    for i in range(0, whole, LOOKED_UP):
        _compare(limits, kinds, luck, i, np.uint8(flip), marked)
    mark_one_by_one(limits, kinds[whole:], luck[whole:], flip, marked[whole:])


@side_by_side
def mark_one_by_one(limits, kinds, luck, flip, marked):  # type: ignore[no-untyped-def]
    """Do what `mark_below` does."""
    for i in range(len(marked)):
        marked[i] = (min(luck[i] >> np.uint32(24), np.uint32(SURE - 1)) < limits[kinds[i]]) ^ flip


# Mark rows whose luck (rows,) uint32 is below a limit (>= KINDS,) uint8, in units of 2^-8, by what each is
# (rows,) uint8; where `flip` is 1, the others. `marked` is (rows,) uint8.
mark_below = _mark_at_once if _can("avx512vbmi") else mark_one_by_one


@intrinsic
def _fetch_ahead(_context: Any, array: Any, place: Any) -> Any:
    """Have a place of an array brought near before it is looked at."""
    signature = types.void(array, types.int64)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        array, place = given
        read = context.make_array(signature.args[0])(context, builder, array)
        address = builder.bitcast(builder.gep(read.data, [place]), _I8.as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [_I8.as_pointer(), _I32, _I32, _I32])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(fetch, [address, *(ir.Constant(_I32, n) for n in _HINTS)])
        return context.get_dummy_value()

    return signature, generate


def _look(array: Any, place: Any) -> None:
    """Stand for `fetch_ahead` in plain Python, which has nothing to fetch."""


fetch_ahead = _fetch_ahead if COMPILED else _look

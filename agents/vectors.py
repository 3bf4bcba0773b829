"""Two things a processor can do that no loop says: pick the marked of many at once, and fetch ahead.

Both are ways to be quick and change no result. What is picked is picked by LLVM's general instruction, which
every processor can carry out, but only those with AVX-512 at once; the others list one after another.
"""

from typing import Any

import llvmlite.binding
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from agents.compiling import side_by_side

AT_ONCE = 16  # rows looked at in one step; `listed` needs room for so many more than it will hold
COMPILED = not numba.config.DISABLE_JIT  # type: ignore[attr-defined]

_I8, _I32, _I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_MASK, _MARKS, _PLACES = (ir.VectorType(kind, AT_ONCE) for kind in (ir.IntType(1), _I8, _I32))
_KEEP_IN_ALL_CACHES, _DATA, _TO_READ = 3, 1, 0  # arguments of llvm.prefetch


def _picks_at_once() -> bool:
    """Return whether the processor that is compiled for picks the marked of `AT_ONCE` rows in one step."""
    name, features = numba.config.CPU_NAME, numba.config.CPU_FEATURES  # type: ignore[attr-defined]
    if name is not None or features is not None:  # compiled for another than this one
        return "+avx512f" in (features or "").split(",")
    return bool(llvmlite.binding.get_host_cpu_features().get("avx512f"))


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
        read = context.make_array(signature.args[0])(context, builder, marked)
        written = context.make_array(signature.args[2])(context, builder, listed)
        marks = builder.load(builder.bitcast(builder.gep(read.data, [first]), _MARKS.as_pointer()))
        marks.align = 1
        mask = builder.icmp_unsigned("!=", marks, ir.Constant(_MARKS, [0] * AT_ONCE))
        nowhere = ir.Constant(_PLACES, ir.Undefined)
        base = builder.insert_element(nowhere, builder.trunc(first, _I32), ir.Constant(_I32, 0))
        base = builder.shuffle_vector(base, nowhere, ir.Constant(_PLACES, [0] * AT_ONCE))
        places = builder.add(base, ir.Constant(_PLACES, list(range(AT_ONCE))))
        compress = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(_PLACES, [_PLACES, _MASK, _PLACES]),
            f"llvm.experimental.vector.compress.v{AT_ONCE}i32",
        )
        picked = builder.call(compress, [places, mask, nowhere])
        target = builder.bitcast(builder.gep(written.data, [so_far]), _PLACES.as_pointer())
        builder.store(picked, target).align = 4
        return builder.zext(builder.ctpop(builder.bitcast(mask, ir.IntType(AT_ONCE))), _I64)

    return signature, generate


@side_by_side
def _list_at_once(marked, rows, listed):  # type: ignore[no-untyped-def]
    """Do what `list_marked` does, `AT_ONCE` rows at a step."""
    count = 0
    whole = rows - rows % AT_ONCE
    for i in range(0, whole, AT_ONCE):
        count += _pick(marked, i, listed, count)
    for i in range(whole, rows):
        listed[count] = i
        count += np.int64(marked[i])
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
list_marked = _list_at_once if COMPILED and _picks_at_once() else list_one_by_one


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
        builder.call(fetch, [address, *(ir.Constant(_I32, n) for n in (_TO_READ, _KEEP_IN_ALL_CACHES, _DATA))])
        return context.get_dummy_value()

    return signature, generate


def _look(array: Any, place: Any) -> None:
    """Stand for `fetch_ahead` in plain Python, which has nothing to fetch."""


fetch_ahead = _fetch_ahead if COMPILED else _look

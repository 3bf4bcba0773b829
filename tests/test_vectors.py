"""Many rows at a step give what one after another gives, and what NumPy says."""

import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.compiling import loop
from agents.vectors import (
    AT_ONCE,
    KINDS,
    LOOKED_UP,
    SURE,
    ceiling_limit,
    fetch_ahead,
    floor_limit,
    list_marked,
    list_one_by_one,
    mark_below,
    mark_one_by_one,
)
from tests.conftest import COMPILED

LISTERS = [list_marked, list_one_by_one]
MARKERS = [mark_below, mark_one_by_one]
LENGTHS = [0, 1, 2, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, LOOKED_UP - 1, LOOKED_UP, LOOKED_UP + 1, 777]


@pytest.mark.parametrize("lister", LISTERS)
@pytest.mark.parametrize("rows", LENGTHS)
@pytest.mark.parametrize("share", [0.0, 0.06, 0.5, 1.0])
def test_the_marked_are_listed_in_their_order(lister, rows: int, share: float) -> None:  # type: ignore[no-untyped-def]
    marked = (np.random.default_rng(rows).random(rows + 5) < share).astype(np.uint8)
    listed = np.full(rows + AT_ONCE, -7, np.int32)
    count = lister(marked, rows, listed)
    assert listed[:count].tolist() == np.flatnonzero(marked[:rows]).tolist()


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("rows", LENGTHS)
@pytest.mark.parametrize("kinds", [KINDS, KINDS + 9])
def test_luck_is_held_against_the_limit_of_its_kind(marker, rows: int, kinds: int) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(rows)
    limits = random.integers(0, SURE + 1, kinds).astype(np.uint8)
    limits[:3] = 0, SURE, SURE - 1
    kind = random.integers(0, min(kinds, 256), rows).astype(np.uint8)
    luck = random.integers(0, 2**32, rows).astype(np.uint32)
    luck[: rows // 4] = 2**32 - 1  # the highest there is
    below = np.minimum(luck >> 24, SURE - 1) < limits[kind]
    for flip in (0, 1):
        marked = np.full(rows, 9, np.uint8)
        marker(limits, kind, luck, flip, marked)
        assert (marked == below ^ bool(flip)).all()


BYTES = (0, 1, 128, 254, 254.5, 255, 255.5)
EDGES = [*(byte / 256 for byte in BYTES), 5e-324, 2.0**-32, math.nextafter(1.0, 0.0), 1.0, 1.5, math.inf]


def words_around(share: float) -> list[int]:
    """Return words next to a share and to the bytes around it, where a limit goes wrong if it does."""
    word = min(int(min(share, 1.0) * 2**32), 2**32 - 1)
    byte = word >> 24
    near = [word, *((byte + step) << 24 for step in (-1, 0, 1, 2))]
    return sorted({min(max(at + step, 0), 2**32 - 1) for at in near for step in (-1, 0, 1)})


def check_limits(share: float) -> None:
    """Who is below a share is below its ceiling; who is below its floor is below the share. Both are near."""
    for word in words_around(share):
        luck, byte = (word + 0.5) / 2**32, min(word >> 24, SURE - 1)
        if luck < share:
            assert byte < ceiling_limit(share)
        if byte < floor_limit(share):
            assert luck < share
    exact = 256 * min(share, 1.0)
    assert floor_limit(share) in (SURE if share >= 1 else math.floor(exact), SURE - 1)
    assert floor_limit(share) >= SURE - 1 or floor_limit(share) > exact - 1
    assert ceiling_limit(share) - 1 < max(exact, 1e-9)


@pytest.mark.parametrize("share", EDGES)
def test_limits_at_the_edges(share: float) -> None:
    check_limits(share)


@given(st.one_of(st.floats(0.0, 1.5), st.integers(0, 2**32).map(lambda word: word / 2**32)))
def test_a_limit_lets_nobody_slip(share: float) -> None:
    check_limits(share)


def test_no_share_lets_nobody_by_and_a_whole_one_everybody() -> None:
    assert (ceiling_limit(0.0), floor_limit(0.0)) == (0, 0)
    for whole in (1.0, math.inf):
        assert (ceiling_limit(whole), floor_limit(whole)) == (SURE, SURE)
    # In the last byte but one and the last there is somebody on either side.
    assert [floor_limit(share / 256) for share in (254, 255, 255.5)] == [SURE - 1] * 3
    assert [ceiling_limit(share / 256) for share in (253.5, 254, 254.5)] == [254, 254, SURE]


@loop
def fetch_all(array):  # type: ignore[no-untyped-def]
    """Fetch every place of an array."""
    for place in range(len(array)):
        fetch_ahead(array, place)


def test_fetching_ahead_changes_nothing() -> None:
    array = np.arange(10, dtype=np.uint8)
    fetch_all(array)
    assert array.tolist() == list(range(10))


@pytest.mark.skipif(not COMPILED, reason="asks what rules are compiled for")
def test_what_the_compiler_may_not_use_is_not_used() -> None:
    """Numba can be told to leave out instructions that the processor has; then they must not be asked for."""
    say = "from agents import vectors; print(vectors._can('avx512f') or vectors._can('avx512vbmi'))"
    done = subprocess.run(
        [sys.executable, "-c", say],
        env=os.environ | {"NUMBA_ENABLE_AVX": "0"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert done.stdout.strip() == "False"


FINGERPRINT = """
import hashlib, json
from agents import vectors
from model.market import MobileMarket

found = {"at once": vectors.list_marked is not vectors.list_one_by_one}
for name in ("open", "history"):
    market = MobileMarket(name, 20_000, 20, rng=4).run()
    columns = b"".join(column.tobytes() for column in market.population.columns)
    found[name] = [hashlib.sha256(columns).hexdigest(), market.payment_counts.tolist()]
print(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="compares compiled rules")
def test_an_older_processor_gives_the_same_bits() -> None:
    """One without instructions for many rows at a step, and another number of people at a time."""
    found = []
    for processor in ({}, {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}):
        done = subprocess.run(
            [sys.executable, "-c", FINGERPRINT],
            env=os.environ | processor,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    here, older = found
    assert not older.pop("at once")
    here.pop("at once")
    assert here == older

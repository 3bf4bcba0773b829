"""The consumers' month in C: `bench/month.c`, compiled when it is needed and called through ctypes.

Luck is keyed as in `agents.draws`, so every choice can be held against the columns' (tests/test_c_month.py).
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from agents.network import MOST, Network, build_network
from agents.population import _entry_multipliers as entry_multipliers
from agents.world import shares_by_service
from bench.other_market import OtherMarket, OtherPeople
from model.errors import InputError

SOURCE = Path(__file__).with_name("month.c")
FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")
SIZES = {"K": 3, "M": 3}  # operators and platforms that month.c is compiled for

# The structs of month.c, field by field: arrays as pointers, then numbers.
PEOPLE_ARRAYS = ("start", "code", "entry_multiplier", "subscription", "subscription_before")
PEOPLE_ARRAYS += ("accounts", "accounts_before", "contract_end", "surplus")
NETWORK_ARRAYS = ("to_place", "ring", "to_row", "stride", "inverse", "shift")
WORLD_ARRAYS = ("standing", "price", "price_sensitivity", "payment_value", "wallet_open", "online_share")
WORLD_ARRAYS += ("held_online", "method_shares", "account_hazard", "account_imitation", "account_ceiling")
WORLD_ARRAYS += ("operator_stream",)
WORLD_NUMBERS = ("sensitivity_spread", "switching_spread", "switching_cost", "downgrade_cost", "lock_in")
WORLD_NUMBERS += ("same_operator", "word_of_mouth", "dissimilarity", "review_hazard")
COUNTS_ARRAYS = ("payments", "people", "moves", "surplus")

type Fields = list[tuple[str, Any]]


def _pointers(names: tuple[str, ...]) -> Fields:
    return [(name, ctypes.c_void_p) for name in names]


class PeopleStruct(ctypes.Structure):
    """`struct people`."""

    _fields_ = [("provinces", ctypes.c_int64), *_pointers(PEOPLE_ARRAYS)]


class NetworkStruct(ctypes.Structure):
    """`struct network`."""

    _fields_ = [
        *_pointers(NETWORK_ARRAYS),
        ("rewired", ctypes.c_int64),
        ("across", ctypes.c_int64),
        ("key", ctypes.c_uint64),
    ]


class WorldStruct(ctypes.Structure):
    """`struct world`."""

    _fields_ = [
        *_pointers(WORLD_ARRAYS),
        *[(name, ctypes.c_double) for name in WORLD_NUMBERS],
        ("contract_months", ctypes.c_int64),
        ("wallet_bit", ctypes.c_int64),
        ("seed", ctypes.c_uint64),
    ]


class CountsStruct(ctypes.Structure):
    """`struct counts`."""

    _fields_ = _pointers(COUNTS_ARRAYS)


def find_compiler() -> str:
    """Return the C compiler's path: `CC`, cc, gcc or clang, or raise InputError."""
    wanted = [os.environ["CC"]] if "CC" in os.environ else ["cc", "gcc", "clang"]
    for name in wanted:
        if path := shutil.which(name):
            return path
    raise InputError(f"no C compiler {' or '.join(wanted)}; allowed: any on the PATH, or its path in CC")


@cache
def library() -> ctypes.CDLL:
    """Return month.c compiled for this machine; its file is gone when the process has loaded it."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "month.so"
        command = [find_compiler(), *FLAGS, "-o", str(made), str(SOURCE), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            first = done.stderr.strip().partition("\n")[0]
            raise InputError(f"{command[0]} does not compile {SOURCE.name}: {first}")
        return ctypes.CDLL(str(made))


def compiler_version() -> str:
    """Return the compiler's own first line about itself."""
    done = subprocess.run([find_compiler(), "--version"], capture_output=True, text=True, check=True)
    return done.stdout.partition("\n")[0]


def _address(array: np.ndarray, kind: type) -> int:
    """Return where an array begins, made sure that C sees what it expects."""
    if array.dtype != kind or not array.flags.c_contiguous:
        raise TypeError(f"C needs contiguous {np.dtype(kind)}, not {array.dtype}")
    return int(array.ctypes.data)


class CPeople(OtherPeople):
    """All consumers; answers to the market as `agents.population.Population` does."""

    def __init__(self, sizes: np.ndarray, codes: np.ndarray, network: Network) -> None:
        rows, self.network = int(sizes.sum()), network
        self.sizes, self.surplus_sum = sizes, np.zeros(len(sizes))
        bytes_ = {name: np.zeros(rows, np.uint8) for name in PEOPLE_ARRAYS[3:8]}
        self.columns = {
            "start": np.append(0, np.cumsum(sizes)).astype(np.int64),
            "code": np.asarray(codes, np.int64),
            "entry_multiplier": entry_multipliers(sizes),
            **bytes_,
            "surplus": np.zeros(rows, np.float32),
        }
        self.people_struct = PeopleStruct(
            len(sizes), *[_address(column, column.dtype.type) for column in self.columns.values()]
        )
        pointers = [_address(getattr(network, name), getattr(network, name).dtype) for name in NETWORK_ARRAYS]
        self.network_struct = NetworkStruct(*pointers, network.rewired, network.across, int(network.key))

    def __len__(self) -> int:
        """Return the number of consumers, those without a line yet included."""
        return len(self.columns["subscription"])

    def _look_at(self, world: np.record) -> None:
        """Take over the month's tables."""
        for name in WORLD_ARRAYS:
            if name not in world.dtype.names:
                raise TypeError(f"month.c knows no world without {name}")
        numbers = [float(world[name]) for name in WORLD_NUMBERS]
        self.method_shares = shares_by_service(world)
        tables = [self.method_shares if name == "method_shares" else world[name] for name in WORLD_ARRAYS]
        pointers = [table.ctypes.data for table in tables]
        whole = [int(world[name]) for name in ("contract_months", "wallet_bit", "seed")]
        self.world, self.world_struct = world, WorldStruct(*pointers, *numbers, *whole)

    def _clear_counts(self, world: np.record) -> ctypes.Structure:
        """Begin to count; return the counts as C sees them."""
        G, K = world.wallet_open.shape
        states, masks = 1 + 2 * K, world.payment_value.shape[-1]
        services, methods = world.method_table.shape[-1], world.method_shares.shape[-1]
        self.payments = np.zeros((G, K, 2, services, methods), np.int64)
        self.people, self.moves = (
            np.zeros((G, states, masks), np.int64),
            np.zeros((G, states, states), np.int64),
        )
        self.surplus_sum = np.zeros(G)
        arrays = (self.payments, self.people, self.moves, self.surplus_sum)
        return CountsStruct(*[array.ctypes.data for array in arrays])

    def settle(self, world: np.record, entered: np.ndarray, shares: np.ndarray) -> None:
        """Give the lines in use at the start their operator and accounts."""
        self._look_at(world)
        counts = self._clear_counts(world)
        with np.errstate(divide="ignore"):
            log_share = np.ascontiguousarray(np.log(shares))
        entered = np.ascontiguousarray(entered, np.int64)
        library().settle(
            ctypes.byref(self.people_struct),
            ctypes.byref(self.world_struct),
            ctypes.c_void_p(entered.ctypes.data),
            ctypes.c_void_p(log_share.ctypes.data),
            ctypes.byref(counts),
        )

    def begin_month(self, world: np.record, month: int, entered: np.ndarray) -> None:
        """Take over the month's tables, and who is in the market."""
        self._look_at(world)
        self.month, self.entered = month, np.ascontiguousarray(entered, np.int64)

    def run_month(self) -> None:
        """Let every consumer live through the month: review, pay, perhaps open an account."""
        counts = self._clear_counts(self.world)
        library().live_month(
            ctypes.byref(self.people_struct),
            ctypes.byref(self.network_struct),
            ctypes.byref(self.world_struct),
            ctypes.c_int64(self.month),
            ctypes.c_void_p(self.entered.ctypes.data),
            ctypes.byref(counts),
        )

    def add_payments(self, payments: np.ndarray) -> None:
        """Add the number of payments made to `payments` (G, K, 2, S, D)."""
        payments += self.payments

    def count(self, provinces: int, operators: int, masks: int) -> tuple[np.ndarray, np.ndarray]:
        """Return people (G, 1 + 2 K, A) by subscription and accounts, and moves (G, 1 + 2 K, 1 + 2 K)."""
        return self.people, self.moves

    def surplus_by_province(self) -> np.ndarray:
        """Return the sum of consumer surplus over lines (G,), RMB a month."""
        return self.surplus_sum


class CMarket(OtherMarket):
    """The same market with its consumers in C."""

    def make_people(self, sizes: np.ndarray) -> CPeople:
        """Return what runs the consumers."""
        if {"K": self.K, "M": self.M} != SIZES:
            raise InputError(f"month.c is compiled for {SIZES['K']} operators and {SIZES['M']} platforms")
        p, start, codes = self.parameters, np.append(0, np.cumsum(sizes)), self.observations.codes
        network = build_network(start, codes, p.rewired_ties, p.distant_ties, self.seed_number)
        assert len(network.ring) == MOST
        return CPeople(sizes, codes, network)

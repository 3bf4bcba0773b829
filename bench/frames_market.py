"""The market with its consumers in mesa-frames: one Polars frame, a row each, run by a `ModelDF`.

The law is that of docs/odd.md 7.4 to 7.11 as Polars expressions, without a loop over consumers. Tables of the
month are looked up by `cell`: province, subscription and accounts as one number.
"""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from mesa_frames import AgentSetPolars, ModelDF

from agents.choice import NO_LINE
from agents.paying import CASH, HANDSETS, PURCHASES, SUBSCRIBING, TELECOM
from agents.world import shares_by_service
from bench.numpy_market import contact_table
from bench.other_market import OtherMarket, OtherPeople, entry_months

line, held, home = pl.col("subscription"), pl.col("accounts"), pl.col("province").cast(pl.UInt32)
with_line, on_3g = line != NO_LINE, (line != NO_LINE) & (line % 2 == 0)
with_operator = (line.cast(pl.Int16) + 1) // 2 - 1


def look_up(table: np.ndarray, index: pl.Expr) -> pl.Expr:
    """Return the entries of a table, laid out flat, that an expression points to."""
    return pl.lit(pl.Series(np.ascontiguousarray(table).ravel())).gather(index.cast(pl.UInt32))


def has(accounts: pl.Expr, bit: int) -> pl.Expr:
    """Return whether an account is among those held."""
    return accounts & bit != 0


def total(parts: list[pl.Expr]) -> pl.Expr:
    """Return the sum of expressions."""
    return reduce(operator.add, parts)


class Consumers(AgentSetPolars):
    """All consumers: a row each, in the order of provinces.

    Columns: `province`, `subscription` (0 no line yet, 1 + 2 k operator k's 2G, 2 + 2 k its 3G), `accounts`
    (a bit a platform, then one for the own operator's wallet), `contract_end`, `surplus` (RMB a month),
    `entry_month`, `sensitivity`, `switching`, `online_luck`, `contacts` (rows).
    """

    def __init__(self, model: ConsumerModel, sizes: np.ndarray) -> None:
        super().__init__(model)
        market, luck, rows = model.market, model.random, int(sizes.sum())
        p = market.parameters
        a, s = np.float32(p.sensitivity_spread), np.float32(p.switching_spread)
        normal = luck.standard_normal((2, rows), np.float32)
        mean = np.repeat(market.price_sensitivity.astype(np.float32), sizes)
        contacts = contact_table(sizes, p.rewired_ties, p.distant_ties, luck)
        lists = pa.LargeListArray.from_arrays(
            contacts["contacts_end"], contacts["contacts"].astype(np.uint32)
        )
        self.add(
            pl.DataFrame(
                {
                    "unique_id": np.arange(rows),
                    "province": np.repeat(np.arange(len(sizes), dtype=np.uint8), sizes),
                    "subscription": np.zeros(rows, np.uint8),
                    "accounts": np.zeros(rows, np.uint8),
                    "contract_end": np.zeros(rows, np.int16),
                    "surplus": np.zeros(rows, np.float32),
                    "entry_month": entry_months(market.entered_path, luck),
                    "sensitivity": mean * np.exp(a * normal[0] - 0.5 * a * a),
                    "switching": np.float32(p.switching_cost) * np.exp(s * normal[1] - 0.5 * s * s),
                    "online_luck": luck.random(rows, np.float32),
                    "contacts": pl.from_arrow(lists),
                }
            )
        )

    def draw(self, people: pl.DataFrame, name: str = "luck") -> pl.DataFrame:
        """Return people with a draw each."""
        return people.with_columns(pl.Series(name, self.model.random.random(len(people), np.float32)))

    def write(self, people: pl.DataFrame, *names: str) -> None:
        """Enter columns of some people into the frame of all."""
        columns = [self.agents[name].scatter(people["unique_id"], people[name]) for name in names]
        self.agents = self.agents.with_columns(columns)

    def step(self) -> None:
        """Let everybody live through the month: review, pay, perhaps open an account."""
        self.before = self.agents.select("subscription", "accounts")
        self.review()
        self.pay()
        self.open_accounts()

    # ---- review ----

    def review(self) -> None:
        """Let those choose whose review is due, and those who take up a line."""
        world, month = self.model.world, self.model.month
        due = with_line & (pl.col("luck") < float(world.review_hazard)) & (pl.col("contract_end") < month)
        choosers = self.draw(self.agents).filter(due | (~with_line & (pl.col("entry_month") <= month)))
        choosers = self.bring_accounts(choosers, ~with_line)
        chosen = self.choose(self.weigh(self.look_around(choosers)))
        self.write(chosen, "subscription", "accounts", "contract_end", "surplus")

    def bring_accounts(self, people: pl.DataFrame, who: pl.Expr) -> pl.DataFrame:
        """Return people with the accounts that newcomers bring along with a line."""
        world = self.model.world
        online = pl.col("online_luck") < look_up(world.online_share, home)
        brought = []
        for m in range(world.held_online.shape[1]):
            people = self.draw(people, f"luck_{m}")
            lucky = pl.col(f"luck_{m}") < look_up(world.held_online[:, m], home)
            brought.append((online & lucky).cast(pl.UInt8) * (1 << m))
        arrived = total(brought).cast(pl.UInt8)
        return people.with_columns(accounts=pl.when(who).then(arrived).otherwise(held))

    def meet(self, people: pl.DataFrame) -> pl.DataFrame:
        """Return a row for each contact of each, with what the contact has, as the month began."""
        met = people.with_row_index("who").select("who", "operator", friend="contacts").explode("friend")
        theirs = [self.before[name].gather(met["friend"]).alias(name) for name in self.before.columns]
        return met.with_columns(theirs)

    def look_around(self, people: pl.DataFrame) -> pl.DataFrame:
        """Return people with the share of contacts with each operator, and on anybody's 3G."""
        K = len(self.model.world.price)
        known = pl.max_horizontal(with_line.sum(), 1)
        shares = [((line == 1 + 2 * k) | (line == 2 + 2 * k)).sum() / known for k in range(K)]
        met = self.meet(people.with_columns(operator=with_operator)).group_by("who", maintain_order=True)
        named = [share.alias(f"near_{k}") for k, share in enumerate(shares)]
        return people.hstack(met.agg(*named, near_3g=on_3g.sum() / known).drop("who"))

    def weigh(self, people: pl.DataFrame) -> pl.DataFrame:
        """Return people with the weight of each subscription: `on_2g_k` and `on_3g_k`."""
        world = self.model.world
        K, wallet = len(world.price), int(world.wallet_bit)
        masks = world.payment_value.shape[-1]
        runs = look_up(world.wallet_open, home * K + with_operator.clip(0)) != 0
        lock_in = (has(held, wallet) & runs).cast(pl.Float64) * float(world.lock_in)
        people = people.with_columns(leaving=(pl.col("switching") + lock_in) * with_line.cast(pl.Float64))
        worth = []
        for k in range(K):
            stays = with_operator == k
            common = float(world.same_operator) * pl.col(f"near_{k}")
            common -= pl.when(stays).then(0.0).otherwise(pl.col("leaving"))
            keeps = pl.when(stays).then(held).otherwise(held & (wallet - 1))
            for network in (0, 1):
                value = look_up(world.payment_value[:, k, network], home * masks + keeps.cast(pl.UInt32))
                standing = look_up(world.standing[:, k, network], home)
                v = standing + value + common - pl.col("sensitivity") * float(world.price[k, network])
                if network:
                    v = (v + float(world.word_of_mouth) * pl.col("near_3g")) / float(world.dissimilarity)
                else:
                    v -= on_3g.cast(pl.Float64) * float(world.downgrade_cost)
                worth.append(v.exp().alias(f"on_{2 + network}g_{k}"))
        return people.with_columns(worth)

    def choose(self, people: pl.DataFrame) -> pl.DataFrame:
        """Return people with the subscription chosen, a nested logit drawn from its probabilities."""
        world, month = self.model.world, self.model.month
        K, mu = len(world.price), float(world.dissimilarity)
        inside = total([pl.col(f"on_3g_{k}") for k in range(K)])
        scale = pl.when(inside > 0.0).then(inside ** (mu - 1.0)).otherwise(0.0)
        weights = [
            pl.col(f"on_{2 + n}g_{k}") * (pl.col("scale") if n else 1.0) for k in range(K) for n in (0, 1)
        ]
        people = self.draw(people).with_columns(scale=scale).with_columns(total=total(weights))
        target = pl.col("luck") * pl.col("total")
        upto = [total(weights[: n + 1]) for n in range(2 * K - 1)]
        option = (1 + total([(target >= u).cast(pl.UInt8) for u in upto])).cast(pl.UInt8)
        people = people.with_columns(
            own=line,
            subscription=option,
            surplus=(pl.col("total").log() / pl.col("sensitivity")).cast(pl.Float32),
        )
        moved = (line + 1) // 2 != (pl.col("own") + 1) // 2
        keeps = pl.when(moved).then(held & (int(world.wallet_bit) - 1)).otherwise(held)
        ends = pl.lit(month + int(world.contract_months) - 1, pl.Int16)
        signed = on_3g & (line != pl.col("own"))
        ends = pl.when(signed).then(ends).otherwise(pl.col("contract_end"))
        return people.with_columns(accounts=keeps, contract_end=ends)

    # ---- paying ----

    def pay(self) -> None:
        """Let everybody pay: the bill; on 3G for what is bought by phone; a new number; a new handset."""
        G, K, S = self.model.world.method_table.shape
        masks, D = self.model.world.method_shares.shape[-2:]
        self.paid = np.zeros((G, 2 * K, S, D), np.int64)
        cell = (home * (2 * K + 1) + line) * masks + held
        people = self.agents.select("province", "subscription", cell=cell, before=self.before["subscription"])
        people = people.filter(with_line)
        changed = people.filter(line != pl.col("before"))
        self.pay_for(TELECOM, people)
        self.pay_for(PURCHASES, people.filter(on_3g))
        self.pay_for(SUBSCRIBING, changed.filter((line + 1) // 2 != (pl.col("before") + 1) // 2))
        self.pay_for(HANDSETS, changed.filter(on_3g))

    def pay_for(self, service: int, people: pl.DataFrame) -> None:
        """Let people pay once for a service; most pay cash, the others' methods are looked up one by one."""
        shares = self.model.shares[service]  # (cells, D)
        people = self.draw(people)
        others = people.filter(pl.col("luck") >= look_up(shares[:, CASH], pl.col("cell")))
        methods = [
            pl.col("luck") >= look_up(shares[:, d], pl.col("cell")) for d in range(shares.shape[1] - 1)
        ]
        others = others.with_columns(method=total([m.cast(pl.UInt8) for m in methods]))
        counts = others.group_by("province", "subscription", "method").len()
        paid = self.paid[:, :, service]
        paid[counts["province"], counts["subscription"] - 1, counts["method"]] = counts["len"]
        payers = people.group_by("province", "subscription").len()
        g, state = payers["province"].to_numpy(), payers["subscription"].to_numpy() - 1
        paid[g, state, CASH] = payers["len"].to_numpy() - paid[g, state, CASH + 1 :].sum(axis=1)

    # ---- accounts ----

    def open_accounts(self) -> None:
        """Let people open an account, or not, by competing hazards."""
        world = self.model.world
        _, K, W = world.account_hazard.shape
        masks, wallet = world.payment_value.shape[-1], int(world.wallet_bit)
        cell = (home * (2 * K + 1) + line) * masks + held
        lucky = self.draw(self.agents).filter(pl.col("luck") < look_up(self.model.ceiling, cell))
        lucky = lucky.with_columns(
            operator=with_operator, online=pl.col("online_luck") < look_up(world.online_share, home)
        )
        lucky = self.ask_friends(lucky, wallet)
        branch = home * K + pl.col("operator")
        threshold, opened = pl.lit(0.0), pl.lit(0, pl.UInt8)
        for slot in range(W):
            bit = 1 << slot
            may = ~has(held, bit) & (pl.col("online") | (bit == wallet))
            hazard = look_up(world.account_hazard[:, :, slot], branch)
            hazard += look_up(world.account_imitation[:, :, slot], branch) * pl.col(f"friends_{slot}")
            threshold = threshold + may.cast(pl.Float64) * hazard
            opens = (opened == 0) & may & (pl.col("luck") < threshold)
            lucky = lucky.with_columns(opens=opens, threshold=threshold, opened=opened).with_columns(
                opened=pl.when("opens").then(pl.lit(bit, pl.UInt8)).otherwise("opened")
            )
            threshold, opened = pl.col("threshold"), pl.col("opened")
        self.write(lucky.with_columns(accounts=held | pl.col("opened")), "accounts")

    def ask_friends(self, people: pl.DataFrame, wallet: int) -> pl.DataFrame:
        """Return people with the share of contacts with each account; wallets only of the own operator's."""
        known = pl.max_horizontal(with_line.sum(), 1)
        bits = [1 << slot for slot in range(wallet.bit_length())]
        having = [has(held, bit) & ((with_operator == pl.col("operator")) | (bit != wallet)) for bit in bits]
        met = self.meet(people).group_by("who", maintain_order=True)
        friends = [(has_one.sum() / known).alias(f"friends_{slot}") for slot, has_one in enumerate(having)]
        return people.hstack(met.agg(friends).drop("who"))


class ConsumerModel(ModelDF):
    """All consumers; `world` is what they see this month."""

    def __init__(self, market: OtherMarket, sizes: np.ndarray) -> None:
        super().__init__(seed=market.seed_number)
        self.market, self.month = market, 0
        self.consumers = Consumers(self, sizes)
        self.agents += self.consumers
        self.consumers = self.get_agents_of_type(Consumers)

    def show(self, world: np.record, month: int) -> None:
        """Lay out the month's tables by cell."""
        self.world, self.month = world, month
        G, K, S = world.method_table.shape
        masks, D = world.method_shares.shape[-2:]
        shares = np.full((S, G, 1 + 2 * K, masks, D), 2.0, np.float32)
        shares[:, :, 1:] = np.repeat(shares_by_service(world).transpose(2, 0, 1, 3, 4), 2, axis=2)
        self.shares = shares.reshape(S, -1, D)
        ceiling = np.zeros((G, 1 + 2 * K, masks), np.float32)
        ceiling[:, 1:] = np.repeat(world.account_ceiling, 2, axis=1)
        self.ceiling = ceiling


class FramesPeople(OtherPeople):
    """All consumers in mesa-frames; answers to the market as `agents.population.Population` does."""

    def __init__(self, market: OtherMarket, sizes: np.ndarray) -> None:
        self.sizes, self.model = sizes, ConsumerModel(market, sizes)

    def __len__(self) -> int:
        """Return the number of consumers, those without a line yet included."""
        return int(self.sizes.sum())

    def settle(self, world: np.record, entered: np.ndarray, shares: np.ndarray) -> None:
        """Give the lines in use at the start their operator and accounts."""
        self.model.show(world, 0)
        consumers, upto = self.model.consumers, shares.cumsum(axis=1)
        first = consumers.draw(consumers.agents.filter(pl.col("entry_month") == 0))
        picks = [pl.col("luck") >= look_up(upto[:, k], home) for k in range(upto.shape[1] - 1)]
        operator = total([pick.cast(pl.UInt8) for pick in picks])
        first = consumers.bring_accounts(first, pl.lit(True))
        consumers.write(
            first.with_columns(subscription=(1 + 2 * operator).cast(pl.UInt8)), "subscription", "accounts"
        )
        consumers.before = consumers.agents.select("subscription", "accounts")

    def begin_month(self, world: np.record, month: int, entered: np.ndarray) -> None:
        """Show the month's tables."""
        self.model.show(world, month)

    def run_month(self) -> None:
        """Let every consumer live through the month: review, pay, perhaps open an account."""
        self.model.step()

    def add_payments(self, payments: np.ndarray) -> None:
        """Add the number of payments made to `payments` (G, K, 2, S, D)."""
        payments += self.model.consumers.paid.reshape(payments.shape)

    def count(self, provinces: int, operators: int, masks: int) -> tuple[np.ndarray, np.ndarray]:
        """Return people (G, 1 + 2 K, A) by subscription and accounts, and moves (G, 1 + 2 K, 1 + 2 K)."""
        states, consumers = 1 + 2 * operators, self.model.consumers
        people = np.zeros((provinces, states, masks), np.int64)
        moves = np.zeros((provinces, states, states), np.int64)
        frame = consumers.agents.select("province", "subscription", "accounts")
        frame = frame.with_columns(before=consumers.before["subscription"])
        counts = frame.group_by("province", "subscription", "accounts").len()
        people[counts["province"], counts["subscription"], counts["accounts"]] = counts["len"]
        moved = frame.group_by("province", "before", "subscription").len()
        moves[moved["province"], moved["before"], moved["subscription"]] = moved["len"]
        return people, moves

    def surplus_by_province(self) -> np.ndarray:
        """Return the sum of consumer surplus over lines (G,), RMB a month."""
        by_province = self.model.consumers.agents.group_by("province", maintain_order=True)
        return by_province.agg(pl.col("surplus").cast(pl.Float64).sum())["surplus"].to_numpy()


class FramesMarket(OtherMarket):
    """The same market with its consumers in mesa-frames."""

    def make_people(self, sizes: np.ndarray) -> Any:
        """Return what runs the consumers."""
        return FramesPeople(self, sizes)

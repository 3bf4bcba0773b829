"""What must hold in every month of every run, whatever was asked for."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from agents.paying import HANDSETS, PURCHASES, SUBSCRIBING, TELECOM
from agents.stances import Stance
from agents.world import FIELDS, shares_by_service
from model.last_month import last_month
from model.ledger import FEN
from model.market import MobileMarket
from model.tables import LEVELS, TABLES

SHARES = ("share", "share_3g", "churn", "acceptance", "penetration_3g", "hhi", "hhi_3g")


@dataclass(frozen=True)
class Before:
    """How a month began: columns of all rows, lines (G, K), and everybody's balance in fen (G,)."""

    subscription: np.ndarray
    accounts: np.ndarray
    contract_end: np.ndarray
    lines: np.ndarray
    balance: dict[str, np.ndarray]

    @classmethod
    def of(cls, market: MobileMarket) -> "Before":
        columns = market.population.columns
        return cls(
            columns.subscription,
            columns.accounts,
            columns.contract_end.copy(),
            market.lines.copy(),
            {party: fen.copy() for party, fen in market.ledger.balance.items()},
        )


def check_run(market: MobileMarket) -> MobileMarket:
    """Live through all months of a market and check each of them, then its tables."""
    while market.running:
        before = Before.of(market)
        market.step()
        check_people(market, before)
        check_accounts(market, before)
        check_payments(market)
        check_deals(market)
        check_ledger(market, before)
        check_shares(market)
        check_world(market)
    check_tables(market)
    return market


def operator_of(subscription: np.ndarray) -> np.ndarray:
    """Return each row's operator, -1 without a line."""
    return (subscription.astype(int) + 1) // 2 - 1


def on_3g(subscription: np.ndarray) -> np.ndarray:
    """Return which rows are on 3G."""
    return (subscription > 0) & (subscription % 2 == 0)


def province_of_rows(market: MobileMarket) -> np.ndarray:
    """Return the province of every row."""
    return np.repeat(np.arange(market.G), np.diff(market.population.places.start))


def check_people(market: MobileMarket, before: Before) -> None:
    """Everybody is in one state; lines, joiners and leavers are theirs; contracts hold."""
    columns, month = market.population.columns, market.month
    now, rows = columns.subscription, np.diff(market.population.places.start)
    states = 1 + 2 * market.K
    assert now.max() < states
    assert (market.people.sum(axis=(1, 2)) == rows).all()
    for g, (first, end) in enumerate(pairwise(market.population.places.start)):
        counts = np.bincount(now[first:end], minlength=states)
        assert (market.people[g].sum(axis=1) == counts).all()
        assert rows[g] - counts[0] == market.entered_path[g, month]
        assert np.allclose(market.lines[g], market.scale[g] * counts[1:].reshape(-1, 2).sum(axis=1))
        assert np.allclose(market.lines_3g[g], market.scale[g] * counts[2::2])
    assert (columns.subscription_before == before.subscription).all()
    assert (now[before.subscription > 0] > 0).all()  # no line goes out of use
    change = market.joined - market.left
    assert np.abs(market.lines - before.lines - change).max() <= 1e-9 * market.lines.sum()
    bound = before.contract_end >= month
    assert (now[bound] == before.subscription[bound]).all()
    signed = on_3g(now) & (now != before.subscription)
    term = int(market.parameters.contract_months)
    assert (columns.contract_end[signed] == month + term - 1).all()
    assert (columns.contract_end[~signed] == before.contract_end[~signed]).all()
    assert np.isfinite(columns.surplus).all()
    without = now == 0
    assert not columns.accounts[without].any()
    assert not columns.surplus[without].any()


def check_accounts(market: MobileMarket, before: Before) -> None:
    """An account is kept for good, but for the wallet of an operator one leaves; one opens at a time."""
    columns, wallet = market.population.columns, 1 << market.M
    now, held = columns.accounts, before.accounts
    assert now.max() < market.A
    mine, was = operator_of(columns.subscription), operator_of(before.subscription)
    lost = held & ~now
    assert not (lost & (wallet - 1)).any()
    assert (mine[lost > 0] != was[lost > 0]).all()
    kept = np.where(mine == was, held, held & (wallet - 1))
    there = was >= 0
    assert np.bitwise_count(now & ~kept)[there].max(initial=0) <= 1
    new_wallet = ((now & ~kept) & wallet) > 0
    assert market.wallet_open[province_of_rows(market)[new_wallet], mine[new_wallet]].all()
    users = np.bincount(province_of_rows(market)[now & 1 > 0], minlength=market.G) * market.scale
    assert np.allclose(market.platform_accounts[:, 0], users)


def check_payments(market: MobileMarket) -> None:
    """Every line pays its bill, every 3G line shops, and only by methods that are open."""
    counts, customers = market.payment_counts, market.customers_by_accounts.sum(axis=3)
    assert counts.min() >= 0
    made = counts.sum(axis=4)  # (G, K, 2, S)
    assert (made[..., TELECOM] == customers).all()
    assert (made[:, :, 1, PURCHASES] == customers[:, :, 1]).all()
    assert not made[:, :, 0, [HANDSETS, PURCHASES]].any()
    joined = made[..., SUBSCRIBING].sum(axis=2) * market.scale[:, None]
    assert np.allclose(joined, market.joined)
    through_wallet, through_platforms = counts.sum(axis=2)[..., 1], counts.sum(axis=2)[..., 2:]
    assert not through_wallet[~market.wallet_open].any()
    assert not through_platforms[~market.partnerships.services.transpose(1, 0, 3, 2)].any()


def check_deals(market: MobileMarket) -> None:
    """Deals are where they are wanted, on terms that exist; wallets run where branches are closed."""
    deals = market.partnerships
    assert not (deals.in_force & ~market.wanted).any()
    assert (deals.ends[deals.in_force] >= market.month).all()
    assert not (deals.exclusive & ~deals.in_force).any()
    assert not (deals.exclusive & (market.stance != Stance.EXCLUSIVE)[:, :, None]).any()
    assert deals.in_force.sum(axis=0)[deals.exclusive.any(axis=0)].max(initial=1) == 1
    assert not deals.services[~deals.in_force].any()
    for share in (deals.revenue_share, deals.fee_rise):
        assert share.min() >= 0
        assert share.max() <= 1
    assert deals.premium.min() >= 0
    assert np.isfinite(deals.premium).all()
    assert not deals.premium[~deals.exclusive].any()
    runs = (market.stance == Stance.CLOSED) & (market.wallet_launch <= market.month)[:, None]
    assert (market.wallet_open == runs.T).all()


def check_ledger(market: MobileMarket, before: Before) -> None:
    """What is paid is received, to the fen, in every province; balances are the sum of entries."""
    ledger, entries = market.ledger, market.ledger.entries()
    assert not sum(ledger.balance.values()).any()  # type: ignore[union-attr]
    net = dict(zip(ledger.parties, ledger.months[-1].sums()[1].T, strict=True))
    assert not sum(net.values()).any()  # type: ignore[union-attr]
    change = {party: np.zeros(market.G, np.int64) for party in ledger.parties}
    size = np.zeros(market.G)
    for (payer, payee, _), fen in entries.items():
        assert fen.min() >= 0
        size += fen.astype(float)
        change[payer] -= fen
        change[payee] += fen
    for party, fen in change.items():
        assert (ledger.balance[party] - before.balance[party] == fen).all()
        assert (net[party] == fen).all()
    # Whole numbers turn over silently: all there is must be far from where they do.
    assert size.max() < 2.0**62 / 60
    bills = sum(entries[e] for e in entries if e[2] == "bills")
    paid = market.recorder.series("payments", "volume_rmb")[-1][:, :, TELECOM].sum(axis=(1, 2)) * FEN
    assert np.abs(bills - paid).max() <= market.K


def check_shares(market: MobileMarket) -> None:
    """Whatever is a share of something lies between nothing and all of it."""
    shares = [market.acceptance, market.coverage, market.online_share]
    shares += [market.world.held_online, market.world.online_share, shares_by_service(market.world)]
    last, customers = last_month(market), np.maximum(market.customers_by_accounts.sum(axis=3), 1)
    shares += [market.moves.joined / customers.sum(axis=2), market.moves.new_3g / customers[:, :, 1]]
    shares += [
        last.take_3g,
        last.held,
        last.flows.between,
        last.flows.leaving,
        last.flows.entering,
        last.chosen,
    ]
    for share in shares:
        assert np.min(share) >= 0
        assert np.max(share) <= 1 + 1e-12
    cumulative = shares_by_service(market.world)
    assert (np.diff(cumulative, axis=-1) >= 0).all()
    assert (cumulative[..., -1] == 1).all()


def check_world(market: MobileMarket) -> None:
    """What people see is a number everywhere, but for 3G out of reach: minus infinity."""
    for name in FIELDS:
        if name != "standing":
            assert np.isfinite(market.world[name]).all(), name
    standing = market.world["standing"]
    assert np.isfinite(standing[:, :, 0]).all()
    reached = (market.coverage > 0).T
    assert np.isfinite(standing[:, :, 1][reached]).all()
    assert (standing[:, :, 1][~reached] == -np.inf).all()
    assert (market.world["price_sensitivity"] > 0).all()


def check_tables(market: MobileMarket) -> None:
    """Tables are complete and finite, ratios in bounds."""
    for name in TABLES:
        for level in LEVELS:
            table = market.recorder.table(name, level)
            numbers = table.select_dtypes("number")
            assert np.isfinite(numbers.to_numpy(float)).all(), (name, level)
            for column in numbers.columns.intersection(SHARES):
                assert numbers[column].between(0, 1 + 1e-12).all(), (name, level, column)
    shares = market.recorder.table("operators", "national").groupby("month")["share"].sum()
    assert np.allclose(shares, 1)

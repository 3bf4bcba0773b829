"""Run both markets with the same draws, month by month, and say where they differ."""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from plain.given import NETWORKS, OPERATORS, PLATFORMS, SERVICES, WALLET
from plain.market import PlainMarket

from agents import columns, population
from model.ledger import FEN
from model.market import MobileMarket
from model.scenarios import Scenario

METHODS = ("cash", "wallet", *PLATFORMS)
KINDS = (*PLATFORMS, WALLET)
PRICES_AGREE = 1e-6  # RMB


class Case(NamedTuple):
    """One pair of runs: a scenario, a size and the parameters that make everything happen."""

    scenario: str | Scenario
    consumers: int
    months: int
    seed: int
    parameters: dict[str, float]
    pricing: str = "observed"
    most_asked: int = population.MOST_ASKED
    most_surplus: int = columns.MOST_SURPLUS


class Watched(MobileMarket):
    """The market, noting for each consumer apart by which methods it paid."""

    methods_by_row: list[dict[str, str]]

    def consumers_live(self) -> None:
        with patch.object(self.population, "live", self._live_in_parts):
            super().consumers_live()

    def _live_in_parts(self, payments: np.ndarray) -> None:
        """Live through the month as the market does, then again in parts, and see that it is the same."""
        people = self.population
        begun = [column.copy() for column in people.columns]
        counted, paid = people.people.copy(), np.zeros_like(payments)
        type(people).live(people, paid)
        at_once = [*(column.copy() for column in people.columns), people.people, people.moves, paid]
        for column, as_begun in zip(people.columns, begun, strict=True):
            column[:] = as_begun
        people.people, people.moves = counted, np.zeros_like(people.moves)
        people.review()
        people.pay(payments)
        self.methods_by_row = [self._methods_of(row) for row in range(len(people))]
        people.open_accounts()
        for one, other in zip(at_once, [*people.columns, people.people, people.moves, payments], strict=True):
            np.testing.assert_array_equal(one, other)

    def _methods_of(self, row: int) -> dict[str, str]:
        if not self.population.columns.subscription[row]:
            return {}
        tally = np.zeros_like(self.payment_counts)
        self.population.pay(tally, self.population.span_of(row))
        return {SERVICES[s]: METHODS[d] for _, _, _, s, d in np.argwhere(tally)}


def number_of(subscription: Any) -> int:
    """Return the number of a plain subscription."""
    if subscription is None:
        return 0
    operator, network = subscription
    return 1 + 2 * OPERATORS.index(operator) + NETWORKS.index(network)


def bits_of(accounts: Any) -> int:
    """Return the bits of a plain set of accounts."""
    return sum(1 << KINDS.index(kind) for kind in accounts)


def differences(case: Case, **changed: float) -> Iterator[str]:
    """Yield everything in which the two markets differ, month by month.

    Parameters
    ----------
    case : Case
    **changed : float
        Parameters given to the plain market only.
    """
    market, plain = both_markets(case, **changed)
    yield from people_differ(market, plain)
    for _ in range(case.months):
        live_through_a_month(case, market, plain)
        for said in (
            *prices_differ(market, plain),
            *people_differ(market, plain),
            *payments_differ(market, plain),
            *deals_differ(market, plain),
            *platforms_differ(market, plain),
            *books_differ(market, plain),
        ):
            yield f"month {plain.month}: {said}"
    yield from measures_differ(market, plain)


def both_markets(case: Case, **changed: float) -> tuple[Watched, PlainMarket]:
    """Return both markets in December 2008."""
    arguments = (case.scenario, case.consumers, case.months, case.seed)
    parameters = case.parameters | changed
    with patch.object(columns, "MOST_SURPLUS", case.most_surplus):
        market = Watched(*arguments, pricing=case.pricing, **case.parameters)
    return (
        market,
        PlainMarket(*arguments, pricing=case.pricing, most_asked=case.most_asked, **parameters),
    )


def live_through_a_month(case: Case, market, plain) -> None:
    """Let both markets step; the plain one only notes its prices, and sets the market's.

    Two searches end some hundred-millionths apart, and money is compared more closely than that.
    """
    with patch.object(population, "MOST_ASKED", case.most_asked):
        market.step()
    plain.told = prices_of(market)
    plain.step()


def prices_of(market) -> dict[tuple[str, str], float]:
    """Return the market's prices by operator and network."""
    return {
        (operator, network): float(market.price[k, n])
        for k, operator in enumerate(OPERATORS)
        for n, network in enumerate(NETWORKS)
    }


def prices_differ(market, plain) -> Iterator[str]:
    """Yield the prices that are not those the plain market found."""
    if plain.pricing == "bertrand":
        for product, theirs in prices_of(market).items():
            mine = plain.best_replies[product]
            if not abs(theirs - mine) <= PRICES_AGREE:
                yield f"price of {product}: {theirs}, not {mine}"


def people_differ(market, plain) -> Iterator[str]:
    """Yield the consumers that chose differently (exact) or count surplus differently."""
    state, every = market.population.columns, 1 << market.population.places.thinning
    subscription, accounts = state.subscription, state.accounts
    for row, person in enumerate(plain.people):
        for what, theirs, mine in (
            ("subscription", subscription[row], number_of(person.subscription)),
            ("accounts", accounts[row], bits_of(person.accounts)),
            ("contract end", state.contract_end[row], person.contract_end),
        ):
            if theirs != mine:
                yield f"{what} of {row}: {theirs}, not {mine}"
        # The market keeps surplus in 32 bits: 24 binary digits of it.
        theirs = person.surplus if row % every else state.surplus[row // every]  # not of all it is kept
        if not math.isclose(theirs, person.surplus, rel_tol=2.0**-23, abs_tol=1e-9):
            yield f"surplus of {row}: {theirs}, not {person.surplus}"


def payments_differ(market, plain) -> Iterator[str]:
    """Yield the consumers that paid by other methods, and counts of payments that differ."""
    for row, person in enumerate(plain.people):
        if market.methods_by_row[row] != person.methods:
            yield f"methods of {row}: {market.methods_by_row[row]}, not {person.methods}"
    counted = Counter(
        (person.province.number, *person.subscription, service, method)
        for person in plain.people
        for service, method in person.methods.items()
    )
    theirs = {
        (int(g), OPERATORS[k], NETWORKS[n], SERVICES[s], METHODS[d]): int(
            market.payment_counts[g, k, n, s, d]
        )
        for g, k, n, s, d in np.argwhere(market.payment_counts)
    }
    if theirs != counted:
        yield f"payment counts: {theirs.items() - counted.items()}, not {counted.items() - theirs.items()}"


def deals_differ(market, plain) -> Iterator[str]:
    """Yield branches and deals in another state (exact) or on other terms (rounding)."""
    signed = market.partnerships
    for g, province in enumerate(plain.provinces):
        for k, branch in enumerate(province.branches.values()):
            if bool(market.wallet_open[g, k]) != branch.wallet_runs:
                yield f"wallet of {branch.operator} in {province.name}"
            for m, platform in enumerate(PLATFORMS):
                where = f"{branch.operator}, {platform} in {province.name}"
                state, mine = state_of(signed, k, g, m), plain_state(branch, platform)
                if state != mine:
                    yield f"deal of {where}: {state}, not {mine}"
                elif state["in force"]:
                    yield from terms_differ(signed, (k, g, m), branch.deals[platform], where)


def state_of(signed, k, g, m) -> dict[str, Any]:
    """Return what can be said exactly of a deal of the market's."""
    in_force = bool(signed.in_force[k, g, m])
    state = {
        "in force": in_force,
        "integrated": bool(signed.integrated[k, g, m]),
        "next talks": int(signed.talks[k, g, m]),
    }
    if in_force:
        state |= {
            "exclusive": bool(signed.exclusive[k, g, m]),
            "last month": int(signed.ends[k, g, m]),
            "services": {s for s, yes in zip(SERVICES, signed.services[k, g, m], strict=True) if yes},
        }
    return state


def plain_state(branch, platform) -> dict[str, Any]:
    """Return the same of a plain deal."""
    deal = branch.deals.get(platform)
    state = {
        "in force": deal is not None,
        "integrated": platform in branch.integrated,
        "next talks": branch.next_talks[platform],
    }
    if deal is not None:
        state |= {"exclusive": deal.exclusive, "last month": deal.last_month, "services": set(deal.services)}
    return state


def terms_differ(signed, at, deal, where) -> Iterator[str]:
    """Yield terms that differ by more than rounding."""
    for name in ("revenue_share", "fee_rise", "premium"):
        theirs, mine = float(getattr(signed, name)[at]), getattr(deal, name)
        if not math.isclose(theirs, mine, rel_tol=1e-9, abs_tol=1e-9):
            yield f"{name} of {where}: {theirs}, not {mine}"


def platforms_differ(market, plain) -> Iterator[str]:
    """Yield accounts, wallet users and acceptance that differ by more than rounding."""
    for g, province in enumerate(plain.provinces):
        accounts = [*map(province.accounts, PLATFORMS), *province.wallet_users.values()]
        acceptance = [province.acceptance[name] for name in (*PLATFORMS, *OPERATORS)]
        for what, theirs, mine in (
            ("accounts", market.platform_accounts[g], accounts),
            ("acceptance", market.acceptance[g], acceptance),
        ):
            if not np.allclose(theirs, mine, rtol=1e-9, atol=1e-12):
                yield f"{what} in {province.name}: {theirs.tolist()}, not {mine}"


def books_differ(market, plain) -> Iterator[str]:
    """Yield the month's ledger entries that differ by more than a few fen."""
    filed = market.ledger.entries()
    nothing = np.zeros(len(plain.provinces), np.int64)
    entries = {entry for books in plain.books for entry in books.entries}
    for entry in sorted(entries | set(filed)):
        theirs = filed.get(entry, nothing) / FEN
        for g, books in enumerate(plain.books):
            mine = books.entries.get(entry, 0.0)
            # An entry can be the sum of a few payments, each rounded to half a fen.
            if not math.isclose(theirs[g], mine, rel_tol=1e-11, abs_tol=0.03):
                yield f"{entry} in {plain.provinces[g].name}: {theirs[g]}, not {mine}"


def measures_differ(market, plain) -> Iterator[str]:
    """Yield the national measures, of all months, that differ by more than rounding."""
    tables = {name: market.recorder.table(name, "national") for name in ("market", "operators")}
    # Each surplus is kept to 24 binary digits; each ledger entry is rounded to half a fen.
    room = 2.0**-23 * sum(p.scale * abs(person.surplus) for p in plain.provinces for person in p.people)
    for month, observed in enumerate(plain.observed, start=1):
        for who, mine in observed.items():
            table = tables["market" if who == "market" else "operators"]
            row = table[table["month"] == month]
            if who != "market":
                row = row[row["operator"] == who]
            for name, value in mine.items():
                if market.population.places.thinning and name in ("consumer_surplus_rmb", "welfare_rmb"):
                    continue  # an estimate
                most = {"consumer_surplus_rmb": room, "welfare_rmb": room + 10.0}.get(name, 0.0)
                most = 5.0 if name in ("revenue_rmb", "profit_rmb") else most
                if not math.isclose(row[name].item(), value, rel_tol=1e-9, abs_tol=most):
                    yield f"month {month}: {name} of {who}: {row[name].item()}, not {value}"

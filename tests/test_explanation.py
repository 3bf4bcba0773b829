"""Why a consumer chose: the rule's own numbers, as the month began, for those who chose."""

import numpy as np
import pytest

from agents.choice import NO_LINE, operator_of
from agents.consumers import Consumer
from agents.explanation import CONTACTS, LEAVING, PHONE, PRICE, STANDING, explain_choice, situation_of
from model.market import MobileMarket

ROWS = range(0, 1_000, 7)


def lived(months: int, **others: float) -> tuple[MobileMarket, list[Consumer], list]:
    """Return a market after some months, some consumers, and what they had as the last began."""
    market = MobileMarket("open", 1_000, 60, rng=5, **others)  # type: ignore[arg-type]
    for _ in range(months - 1):
        market.step()
    people = [Consumer(market, market.population, row) for row in ROWS]
    before = [situation_of(person) for person in people]
    market.step()
    return market, people, before


def test_those_who_chose_are_those_whose_choice_was_written_down() -> None:
    """At every choice its worth is written; nothing else writes it, and no two months are worth the same."""
    market = MobileMarket("open", 1_000, 60, rng=5)
    people = [Consumer(market, market.population, row) for row in ROWS]
    chose = 0
    for _ in range(30):
        before = [(situation_of(person), person.surplus) for person in people]
        market.step()
        for person, (situation, worth) in zip(people, before, strict=True):
            made = explain_choice(person, situation).made
            assert made == (person.surplus != worth)
            chose += made
    assert chose > 100


def test_the_worth_of_the_choice_is_the_log_sum_of_these_utilities() -> None:
    """[Train2009, ch. 4]: log(sum over 2G of e^V + (sum over 3G of e^(V / mu))^mu) over price sensitivity."""
    market, people, before = lived(40)
    mu, checked = market.parameters.dissimilarity, 0
    for person, situation in zip(people, before, strict=True):
        choice = explain_choice(person, situation)
        if not choice.made:
            continue
        on_2g, on_3g = np.exp(choice.utility[0::2]), np.exp(choice.utility[1::2] / mu)
        worth = np.log(on_2g.sum() + on_3g.sum() ** mu) / person.traits[0]
        assert person.surplus == pytest.approx(worth, rel=1e-6)  # kept in single precision
        checked += 1
    assert checked > 5


def test_terms_add_up_and_mean_what_they_say() -> None:
    market, people, before = lived(30)
    prices = market.price.reshape(-1)
    for person, situation in zip(people, before, strict=True):
        choice = explain_choice(person, situation)
        offered = np.isfinite(choice.utility)
        total = np.sum(list(choice.terms.values()), axis=0)
        assert total[offered] == pytest.approx(choice.utility[offered])
        sensitivity, switching = person.traits
        assert choice.terms[PRICE][offered] == pytest.approx(-sensitivity * prices[offered])
        if situation.subscription == NO_LINE:
            assert not choice.terms[LEAVING].any()
        else:
            stays = np.arange(6) // 2 == operator_of(situation.subscription)
            assert (choice.terms[LEAVING][offered & ~stays] <= -switching + 1e-9).all()
        assert (choice.terms[PHONE] >= 0).all()
        assert choice.probability.sum() == pytest.approx(1)
        assert (choice.probability[~offered] == 0).all()
        assert set(choice.terms) == {STANDING, PRICE, PHONE, CONTACTS, LEAVING}


def test_contacts_are_those_of_the_months_beginning() -> None:
    """With nothing but contacts that count, the term is the share of contacts with each operator before."""
    market = MobileMarket("closed", 1_000, 60, rng=5, same_operator=1.0, word_of_mouth=0.0)
    for _ in range(20):
        market.step()
    person = Consumer(market, market.population, 400)
    known = [contact.operator for contact in person.contacts if contact.has_line]
    shares = np.repeat([known.count(name) / len(known) for name in market.operators], 2)
    before = situation_of(person)
    market.step()
    choice = explain_choice(person, before)
    offered = np.isfinite(choice.utility)
    assert choice.terms[CONTACTS][offered] == pytest.approx(shares[offered])


def test_what_is_chosen_follows_the_probabilities() -> None:
    """Over all who choose, as many take 3G as their probabilities say, within four standard errors."""
    market = MobileMarket("open", 3_000, 60, rng=8)
    expected = taken = variance = 0.0
    for month in range(48):
        people = [Consumer(market, market.population, row) for row in range(month, 3_000, 23)]
        before = [situation_of(person) for person in people]
        market.step()
        for person, situation in zip(people, before, strict=True):
            choice = explain_choice(person, situation)
            if choice.made:
                p = choice.probability[1::2].sum()
                expected, variance = expected + p, variance + p * (1 - p)
                taken += person.on_3g
    assert taken > 20
    assert abs(taken - expected) < 4 * np.sqrt(variance)

"""Why one consumer chose: the rule of `agents.choice` asked about one person, term by term.

Nothing is worked out a second way here. A term of utility is what the rule gives less what it gives without
the term; whether somebody chose is the rule's answer to the month's own draw.
"""

from typing import Any, NamedTuple

import numpy as np

from agents.accounts import accounts_on_arrival
from agents.acquaintance import look_at_contacts
from agents.choice import (
    contract_is_over,
    review_is_due,
    weigh_options,
    write_probabilities,
    write_utilities,
)
from agents.columns import NO_LINE
from agents.consumers import Consumer
from agents.draws import REVIEW, fill_shared, to_unit
from agents.lanes import make_lanes

#: Terms of utility in the order they are shown; what is left is the operator's standing.
PRICE, PHONE, CONTACTS, LEAVING = "price", "paying by phone", "contacts", "leaving"
STANDING = "standing, quality and coverage"
TERMS = (STANDING, PRICE, PHONE, CONTACTS, LEAVING)


class Situation(NamedTuple):
    """What a consumer has as a month begins: see `Consumer`; `accounts` as bits."""

    subscription: int
    accounts: int
    contract_end: int


class Choice(NamedTuple):
    """A choice among subscriptions 1 to 2 K, and what was behind it.

    Attributes
    ----------
    month : int
        Whose world the utilities are from.
    made : bool
        Whether the consumer chose in that month; False: how it would choose.
    own, chosen : int
        Subscriptions before and after.
    utility : (2 K,) float, utils
        Minus infinity where an option is not on offer.
    probability : (2 K,) float
        Of the nested logit.
    terms : {term: (2 K,) float, utils}
        They add up to utility; 0 where an option is not on offer.
    """

    month: int
    made: bool
    own: int
    chosen: int
    utility: np.ndarray
    probability: np.ndarray
    terms: dict[str, np.ndarray]


def situation_of(consumer: Consumer) -> Situation:
    """Return what a consumer has now, to be asked for before a month and used after it."""
    names = (*consumer.model.platforms, f"{consumer.operator}_wallet")
    held = sum(1 << bit for bit, name in enumerate(names) if name in consumer.accounts)
    return Situation(consumer.subscription, held, consumer.contract_end)


def explain_choice(consumer: Consumer, before: Situation) -> Choice:
    """Return what was behind a consumer's choice in the month just lived through.

    Parameters
    ----------
    consumer : Consumer
    before : Situation
        As that month began.
    """
    population = consumer.population
    world, g = population.world, population.province_of(consumer.row)
    lanes = make_lanes(len(consumer.model.operators))
    lanes.row[0] = consumer.row
    look_at_contacts(population.columns.held_before, population.network, g, lanes, 1)
    made, accounts = has_chosen(consumer, before), before.accounts
    if before.subscription == NO_LINE:
        code, position = _place(consumer)
        accounts = accounts_on_arrival(world, g, code, position)
    near, near_3g = lanes.near[:, 0].copy(), float(lanes.near_3g[0])
    ask = _Question(world, g, before.subscription, accounts, consumer.traits, near, near_3g)
    utility = ask.utilities()
    probability = _probabilities(utility, world.dissimilarity)
    return Choice(
        population.month, made, before.subscription, consumer.subscription, utility, probability, ask.terms()
    )


def has_chosen(consumer: Consumer, before: Situation) -> bool:
    """Return whether a consumer chose in the month just lived through."""
    if before.subscription == NO_LINE:
        return consumer.has_line
    population = consumer.population
    code, position = _place(consumer)
    words, group = np.empty(4, np.uint32), position >> 2
    fill_shared(words, population.world.seed, REVIEW, population.month, code, group, 1, 0)
    luck = to_unit(words[position & 3])  # four neighbours share a call of the generator
    due = review_is_due(population.world, luck)
    return bool(due and contract_is_over(population.month, before.contract_end))


def _probabilities(utility: np.ndarray, dissimilarity: float) -> np.ndarray:
    """Return the nested logit's probabilities (2 K,) of one person's utilities."""
    weight, any_3g = np.empty((len(utility), 1)), np.empty(1)
    top_2g, sum_2g, nest, sum_3g = np.empty(1), np.empty(1), np.empty(1), np.empty(1)
    alone = np.ascontiguousarray(utility[:, None])
    weigh_options(alone, dissimilarity, 1, weight, top_2g, sum_2g, nest, sum_3g)
    write_probabilities(-np.inf, 1, weight, top_2g, sum_2g, nest, sum_3g, any_3g)
    return weight[:, 0]


class _Question(NamedTuple):
    """Everything the rule asks to give a person's utilities."""

    world: Any
    province: int
    own: int
    accounts: int
    traits: tuple[float, float]
    near: np.ndarray
    near_3g: float

    def utilities(self) -> np.ndarray:
        """Return the systematic utility of every subscription (2 K,)."""
        utility = np.empty((2 * len(self.near), 1))
        sensitivity, switching = self.traits
        write_utilities(
            self.world,
            self.province,
            np.array([self.own]),
            np.array([self.accounts]),
            np.array([sensitivity]),
            np.array([switching]),
            np.ascontiguousarray(self.near[:, None]),
            np.array([self.near_3g]),
            1,
            utility,
        )
        return utility[:, 0]

    def terms(self) -> dict[str, np.ndarray]:
        """Return the utilities' terms, each as what the rule gives less what it gives without it."""
        sensitivity, switching = self.traits
        free = self._in_a_world_without("lock_in", "downgrade_cost")
        without = {
            PRICE: self._replace(traits=(0.0, switching)),
            PHONE: self._in_a_world_without("payment_value"),
            CONTACTS: self._replace(near=np.zeros_like(self.near), near_3g=0.0),
            LEAVING: free._replace(traits=(sensitivity, 0.0)),
        }
        full = self.utilities()
        offered = np.isfinite(full)
        full = np.where(offered, full, 0.0)
        terms = {
            term: np.where(offered, full - np.where(offered, question.utilities(), 0.0), 0.0)
            for term, question in without.items()
        }
        return {STANDING: full - sum(terms.values()), **terms}

    def _in_a_world_without(self, *fields: str) -> "_Question":
        """Return the question in a world where some of its fields are 0."""
        world = self.world.copy()
        for name in fields:
            world[name] = np.zeros_like(world[name])
        return self._replace(world=world)


def _place(consumer: Consumer) -> tuple[int, int]:
    """Return the code of a consumer's province and the position in it: they key all luck."""
    places = consumer.population.places
    g = consumer.population.province_of(consumer.row)
    return int(places.code[g]), int(consumer.row - places.start[g])

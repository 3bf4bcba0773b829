"""Cases 6 to 10 and the network find what they are there to find: one wrong ingredient, and checks fail."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from agents.bargaining import Gains, Terms
from agents.platforms import PaymentPlatform
from experiments.games import strategic as tables
from experiments.verification import (
    bargaining,
    bass,
    games,
    independence,
    lock_in,
    random_numbers,
    small_world,
    urns,
)
from experiments.verification.checks import Findings
from model import outlook
from model.market import MobileMarket

SEED = 1


def failed(found: Findings) -> list[str]:
    return [check.what for check in found.checks if not check.passed]


# ---- Bass -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_bass_sees_imitation_that_is_a_tenth_stronger(monkeypatch: pytest.MonkeyPatch) -> None:
    right = outlook.appeal_of

    def wrong(*given: Any) -> np.ndarray:
        appeal = right(*given)
        appeal["adoption_imitation"] *= 1.1
        return appeal

    monkeypatch.setattr(outlook, "appeal_of", wrong)
    missed = failed(bass.run(SEED))
    assert "share with Alipay after 24 months" in missed
    assert "accounts opened in excess of last month's hazard, standard errors" in missed
    assert "month of most openings" in missed


def test_bass_sees_a_hazard_that_bends(monkeypatch: pytest.MonkeyPatch) -> None:
    right = bass.adoption_hazard
    monkeypatch.setattr(bass, "adoption_hazard", lambda p, q, m, x, a: right(p, q, m, x**1.02, a))
    assert any("extrapolated" in what for what in failed(Findings(tuple(bass.curve_checks()))))


# ---- bargaining -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("part", [0.99, 1.01])
def test_bargaining_sees_a_weight_that_is_a_hundredth_off(
    monkeypatch: pytest.MonkeyPatch, part: float
) -> None:
    """Both where a rule is asked about one table, and at every table of the market's platforms."""
    right, at_table = bargaining.bargain, PaymentPlatform.bargaining_weight.fget

    def off(weight: Any) -> Any:
        return np.minimum(part * weight, 1.0)

    monkeypatch.setattr(bargaining, "bargain", lambda gains, weight: right(gains, float(off(weight))))
    monkeypatch.setattr(PaymentPlatform, "bargaining_weight", property(lambda self: off(at_table(self))))
    missed = failed(bargaining.run(SEED))
    assert "random tables: platform's part of the surplus, largest distance" in missed
    assert "weight 0.5: platform's part of the surplus" in missed
    assert "open: platform's part of the surplus, largest distance" in missed
    assert "exclusive: premium, largest distance" in missed


@pytest.mark.slow
def test_bargaining_sees_terms_that_are_not_those_agreed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = MobileMarket.sign

    def wrong(self: MobileMarket, platform: int, signing: Any, terms: Terms) -> None:
        swapped = terms._replace(revenue_share=terms.fee_rise, fee_rise=terms.revenue_share)
        right(self, platform, signing, swapped)

    monkeypatch.setattr(MobileMarket, "sign", wrong)
    missed = failed(bargaining.run(SEED))
    assert "random tables: platform's part of the surplus, largest distance" not in missed
    assert "open: platform's part of the surplus, largest distance" in missed


@pytest.mark.slow
def test_bargaining_sees_who_signs_what_nobody_should(monkeypatch: pytest.MonkeyPatch) -> None:
    right = PaymentPlatform.answer

    def generous(self: PaymentPlatform, proposed: Any, gains: Gains) -> Terms:
        return right(self, proposed, gains)._replace(agreed=proposed)

    monkeypatch.setattr(PaymentPlatform, "answer", generous)
    assert "open: signed where it should not be, or not where it should" in failed(bargaining.run(SEED))


@pytest.mark.slow
def test_bargaining_sees_a_premium_that_forgets_what_is_forgone(monkeypatch: pytest.MonkeyPatch) -> None:
    right = PaymentPlatform.answer_exclusive

    def forgetful(self: PaymentPlatform, bids: Any, gains: Gains, terms: Terms, forgone: Any) -> Terms:
        return right(self, bids, gains, terms, 0.5 * forgone)

    monkeypatch.setattr(PaymentPlatform, "answer_exclusive", forgetful)
    missed = failed(bargaining.run(SEED))
    assert "exclusive: premium, largest distance" in missed
    assert "exclusive: exclusive where it adds nothing, or not where it does" in missed


# ---- urns -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("returns", [0.9, 1.1])
def test_urns_see_returns_that_are_not_constant(monkeypatch: pytest.MonkeyPatch, returns: float) -> None:
    right = urns.urn_world
    monkeypatch.setattr(urns, "urn_world", lambda balls, seed: right(balls**returns, seed))
    assert any("compositions" in what for what in failed(urns.run(SEED)))


@pytest.mark.slow
def test_urns_see_balls_of_this_months_entrants(monkeypatch: pytest.MonkeyPatch) -> None:
    """A month late: entrants see the urn as it was a batch ago."""
    right, seen = urns.urn_world, {}

    def late(balls: np.ndarray, seed: int) -> np.record:
        before = seen.get(seed, balls)
        seen[seed] = balls
        return right(before, seed)

    monkeypatch.setattr(urns, "urn_world", late)
    assert any("E[x (1 - x)]" in what or "compositions" in what for what in failed(urns.run(SEED)))


@pytest.mark.slow
def test_lock_in_sees_shares_of_the_country_for_those_of_the_province(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = outlook.write_offers

    def national(worlds: Any, appeal: Any, month: int, risen: float, lines: np.ndarray, *others: Any) -> None:
        shares = lines.sum(axis=0) / lines.sum()
        right(worlds, appeal, month, risen, np.outer(lines.sum(axis=1), shares), *others)

    monkeypatch.setattr(outlook, "write_offers", national)
    missed = failed(urns.run(SEED))
    assert "leader: rows elsewhere than the formula says" in missed
    assert "barrier: provinces in which the laggard gets the entrants" in missed


@pytest.mark.slow
def test_lock_in_sees_shocks_that_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_in, "PULL", 30.0)
    missed = failed(urns.run(SEED))
    assert "leader: provinces where a shock could decide" in missed
    assert "leader: rows elsewhere than the formula says" in missed


# ---- games ----------------------------------------------------------------------------------------


def test_games_see_strict_best_replies_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is indifferent replies best, too."""

    def strict(game: tables.Game, tolerance: float = 0.0) -> np.ndarray:
        beaten = tables.regret(game) <= tolerance
        ties = [beaten[k].sum(axis=k, keepdims=True) > 1 for k in range(len(game.players))]
        return np.stack([beaten[k] & ~ties[k] for k in range(len(game.players))])

    monkeypatch.setattr(tables, "best_replies", strict)
    assert "coordination, three: pure equilibria" in failed(games.run(SEED))


def test_games_see_regret_against_the_wrong_players_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    def crossed(game: tables.Game) -> np.ndarray:
        last = len(game.players)
        return np.stack([t.max(axis=(k + 1) % last, keepdims=True) - t for k, t in enumerate(game.payoffs)])

    monkeypatch.setattr(tables, "regret", crossed)
    missed = failed(games.run(SEED))
    assert "prisoners' dilemma: pure equilibria missed or made up" in missed
    assert "regret where all operators are closed" in missed


def test_games_see_dominance_by_weak_inequality(monkeypatch: pytest.MonkeyPatch) -> None:
    def weakly(table: np.ndarray, s: int) -> bool:
        others = np.delete(table, s, axis=0) - table[s]
        return bool(len(others) and ((others >= 0).all(axis=1) & (others > 0).any(axis=1)).any())

    monkeypatch.setattr(tables, "_is_dominated", weakly)
    assert "dominance by a mixture: rows that survive" in failed(games.run(SEED))


def test_games_see_equilibria_that_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = games.mixed_equilibria
    monkeypatch.setattr(games, "mixed_equilibria", lambda game: right(game)[:-1])
    assert "volunteer's dilemma, three: equilibria in all" in failed(games.run(SEED))


# ---- random numbers -------------------------------------------------------------------------------


def randu(start: int, count: int) -> np.ndarray:
    """Return draws of RANDU, `x' = 65539 x mod 2^31`: three in a row lie on 15 planes."""
    x, found = start | 1, np.empty(count)
    for i in range(count):
        x = 65539 * x % 2**31
        found[i] = x / 2**31
    return found


def small_period(start: int, count: int) -> np.ndarray:
    """Return draws of a congruential generator with a period of 2^12 and a short step."""
    x, found = start, np.empty(count)
    for i in range(count):
        x = (5 * x + 1) % 2**12
        found[i] = (x + 0.5) / 2**12
    return found


@pytest.mark.parametrize("weak", [randu, small_period])
def test_sequences_of_weak_generators_are_found(weak: Callable[[int, int], np.ndarray]) -> None:
    x = weak(12345, random_numbers.MANY)
    assert independence.sequence_p_values(x).min() < 1e-9


def test_randu_is_found_by_its_triples_alone() -> None:
    x = randu(1, random_numbers.MANY)
    assert independence.triples(x) < 1e-9
    assert independence.table(x[:-1], x[1:]) > 1e-4


def test_every_sequence_test_finds_its_own_kind_of_order() -> None:
    x = np.random.default_rng(1).random(random_numbers.MANY)
    beat = np.sin(2 * np.pi * 1234 * np.arange(len(x)) / len(x))
    score = independence.special.ndtri(x)
    wave = independence.stats.norm.cdf(score + 0.05 * beat)
    assert independence.highest_peak(wave) < 1e-9
    sticky = np.where(np.random.default_rng(2).random(len(x)) < 0.03, np.roll(x, 1), x)
    assert independence.runs(sticky) < 1e-6
    assert independence.cumulative_spectrum(sticky) < 1e-6
    assert independence.table(sticky[:-1], sticky[1:]) < 1e-6
    assert independence.uniform(x**1.05) < 1e-4


@pytest.mark.parametrize("shift", [0, 1, 4097])
def test_the_same_luck_for_another_purpose_is_found(monkeypatch: pytest.MonkeyPatch, shift: int) -> None:
    """Payment draws that are the taste draws of somebody some places further back."""
    right = random_numbers.draws

    def reused(seed: int, purpose: int = 5, **keys: int) -> np.ndarray:
        return np.roll(right(seed, 5 if purpose == 6 else purpose, **keys), shift * (purpose == 6))

    monkeypatch.setattr(random_numbers, "draws", reused)
    assert failed(random_numbers.run(SEED))[0] == "independent: purposes"


def test_groups_that_share_one_draw_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = random_numbers.shared_draws
    monkeypatch.setattr(random_numbers, "shared_draws", lambda seed: np.repeat(right(seed)[::4], 4))
    assert "independent: consumers in a row, shared calls" in failed(random_numbers.run(SEED))


def test_a_wrong_constant_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = (0xD2511F55, *random_numbers.CONSTANTS[32][1:])
    monkeypatch.setitem(random_numbers.CONSTANTS, 32, wrong)
    missed = failed(random_numbers.run(SEED))
    assert "the model's Philox-4x32 against the plain one: words that differ" in missed
    assert "draws that are not keyed as documented" in missed


def test_words_in_another_order_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = random_numbers.compiled_philox
    monkeypatch.setattr(random_numbers, "compiled_philox", lambda words: right(words)[::-1])
    missed = failed(random_numbers.run(SEED))
    assert "Random123 vector 3: words that differ" in missed


# ---- the social network ---------------------------------------------------------------------------


@pytest.mark.slow
def test_the_network_sees_a_tenth_more_rewiring(monkeypatch: pytest.MonkeyPatch) -> None:
    right = small_world.build
    monkeypatch.setattr(small_world, "build", lambda p, seed: right(min(1.1 * p, 1.0), seed))
    missed = failed(small_world.run(SEED))
    assert "p = 0.1: clustering" in missed
    assert "p = 0.3: clustering" in missed


@pytest.mark.slow
def test_the_network_sees_ties_that_are_not_mutual(monkeypatch: pytest.MonkeyPatch) -> None:
    right = small_world.contacts_of
    monkeypatch.setattr(small_world, "contacts_of", lambda network, row, g: right(network, row, g)[1:])
    assert "p = 0: mean degree" in failed(small_world.run(SEED))


@pytest.mark.slow
def test_the_network_sees_rewiring_that_stays_near(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody ten places further on, as good as a lattice: short cuts are missing."""

    def nearby(rewired: float, seed: int) -> Any:
        luck, people = np.random.default_rng(seed), np.arange(small_world.PEOPLE)
        steps = [np.where(luck.random(len(people)) < rewired, 10 + t, 1 + t) for t in range(4)]
        end = np.concatenate([(people + step) % len(people) for step in steps])
        start = np.tile(people, 4)
        return small_world.graph(np.append(start, end), np.append(end, start))

    monkeypatch.setattr(small_world, "computed_graph", nearby)
    missed = failed(small_world.run(SEED))
    assert "p = 0.03: mean distance, networkx" in missed
    assert "p = 0.1: mean distance, stored" in missed

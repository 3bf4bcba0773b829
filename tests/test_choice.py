"""One consumer's rules by hand, and their frequencies against the closed forms they are drawn from."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from agents.accounts import accounts_on_arrival, is_online, opens_account
from agents.choice import (
    choose_subscriptions,
    contract_is_over,
    review_is_due,
    subscription_utility,
    traits,
)
from agents.columns import G2, G3, NO_LINE, network_of, operator_of, subscription_to
from agents.compiling import loop
from agents.draws import (
    ACCOUNT_OPENING,
    ACCOUNTS_AT_START,
    NEST_STREAM,
    REVIEW,
    TASTE,
    TRAITS,
    gumbel,
    two_normals,
    uniforms,
)
from agents.lanes import LANES, make_lanes
from agents.paying import CASH, PURCHASES, SUBSCRIBING, choose_method, payment_utility, weigh_methods
from agents.paying import TELECOM as BILLS
from agents.platforms import adoption_hazard
from agents.records import make_record
from agents.world import shares_by_service, world_type
from model.payment_changes import expect_changes, room_for_changes
from model.payment_tables import Ways, workings_type, write_payment_tables
from tests.conftest import COMPILED, MakeWorld, sample
from tests.one_person import choose, opens, probabilities, utilities, weights

MOBILE, UNICOM, TELECOM = 0, 1, 2
M2, M3, U2, U3, T2, T3 = 1, 2, 3, 4, 5, 6  # subscriptions: operator and network
WALLET = 8  # the account bit of the own operator's wallet
ALPHA = 0.02


def test_subscriptions_are_numbered_by_operator_and_network() -> None:
    named = {M2: (0, G2), M3: (0, G3), U2: (1, G2), U3: (1, G3), T2: (2, G2), T3: (2, G3)}
    for subscription, (operator, network) in named.items():
        assert subscription_to(operator, network) == subscription
        assert (operator_of(subscription), network_of(subscription)) == (operator, network)
    assert operator_of(NO_LINE) == operator_of(np.uint8(NO_LINE)) == -1


# ---- what a subscription is worth ---------------------------------------------------------------


def utility_of(
    world: Any,
    option: int,
    own: int = NO_LINE,
    accounts: int = 0,
    switching: float = 0.0,
    near: float = 0.0,
    near_3g: float = 0.0,
    province: int = 0,
) -> float:
    return float(
        subscription_utility(world, province, option, own, accounts, ALPHA, switching, near, near_3g)
    )


def test_standing_and_price(make_hand_world: MakeWorld) -> None:
    standing = np.array([[[0.0, -5], [-1, -4], [-2, -3]], [[7.0, 6], [5, 4], [3, 2]]])
    price = np.array([[50.0, 100], [40, 90], [30, 80]])
    world = make_hand_world(standing=standing, price=price)
    expected = [-1.0, -7.0, -1.8, -5.8, -2.6, -4.6]  # standing - 0.02 price
    assert [utility_of(world, option) for option in range(1, 7)] == pytest.approx(expected)
    assert utility_of(world, U3, province=1) == pytest.approx(4 - 1.8)


def test_contacts_count_once_each(make_hand_world: MakeWorld) -> None:
    world = make_hand_world(word_of_mouth=2.0, same_operator=0.5)
    assert utility_of(world, U2, near=0.4, near_3g=0.25) == pytest.approx(0.2)
    assert utility_of(world, U3, near=0.4, near_3g=0.25) == pytest.approx(0.2 + 0.5)


def test_leaving_costs_the_switching_cost(make_hand_world: MakeWorld) -> None:
    world = make_hand_world()
    for option in (M2, M3):
        assert utility_of(world, option, own=M2, switching=2.2) == 0
    for option in (U2, U3, T2, T3):
        assert utility_of(world, option, own=M2, switching=2.2) == -2.2
    assert utility_of(world, U2, own=NO_LINE, switching=2.2) == 0


def test_a_downgrade_costs_the_handset(make_hand_world: MakeWorld) -> None:
    world = make_hand_world(downgrade_cost=1.5)
    assert utility_of(world, M2, own=M3) == -1.5
    assert utility_of(world, U2, own=M3, switching=1.0) == -2.5
    assert utility_of(world, U3, own=M3, switching=1.0) == -1.0
    assert utility_of(world, M3, own=M2) == 0
    assert utility_of(world, M2, own=NO_LINE) == 0


def test_a_wallet_locks_in_only_while_it_runs(make_hand_world: MakeWorld) -> None:
    runs = make_hand_world(lock_in=0.7, wallet_open=np.array([[1, 0, 0], [0, 1, 1]]))
    assert utility_of(runs, U2, own=M2, accounts=WALLET) == -0.7
    assert utility_of(runs, U2, own=M2, accounts=7) == 0  # no wallet
    assert utility_of(runs, M3, own=M2, accounts=WALLET) == 0  # stays
    assert utility_of(runs, U2, own=M2, accounts=WALLET, province=1) == 0  # does not run there
    assert utility_of(runs, M2, own=U2, accounts=WALLET, province=1) == -0.7


def test_wallet_money_does_not_move(make_hand_world: MakeWorld) -> None:
    worth = np.zeros((2, 3, 2, 16))
    worth[0, :, 0] = np.arange(16)  # an account combination is worth its own number
    worth[0, :, 1] = 100 + np.arange(16)
    world = make_hand_world(payment_value=worth)
    held = WALLET + 1 + 4
    assert utility_of(world, M2, own=M2, accounts=held) == held
    assert utility_of(world, M3, own=M2, accounts=held) == 100 + held
    assert utility_of(world, U2, own=M2, accounts=held) == 1 + 4
    assert utility_of(world, U3, own=M2, accounts=held) == 100 + 1 + 4
    assert utility_of(world, U3, own=U3, accounts=held, province=1) == 0


def test_no_coverage_no_choice(make_hand_world: MakeWorld) -> None:
    standing = np.zeros((2, 3, 2))
    standing[0, UNICOM, G3] = -np.inf
    world = make_hand_world(standing=standing, word_of_mouth=3.0)
    assert utility_of(world, U3, near_3g=1.0) == -np.inf
    assert utility_of(world, U2) == 0
    found, _ = choices(world, sample(20_000))
    assert set(np.unique(found)) == {M2, M3, U2, T2, T3}


# ---- the nested logit ---------------------------------------------------------------------------


def choices(world: Any, count: int, own: int = NO_LINE, month: int = 1) -> tuple[Any, Any]:
    """Return the choices of many persons without contacts, and what they are worth."""
    option, surplus = np.empty(count, np.int64), np.empty(count)
    lanes = make_lanes(len(world.operator_stream))
    lanes.own[:] = own
    for begin in range(0, count, LANES):
        n = min(LANES, count - begin)
        lanes.position[:n] = np.arange(begin, begin + n)
        choose_subscriptions(world, month, 0, 11, lanes, n)
        option[begin : begin + n], surplus[begin : begin + n] = lanes.option[:n], lanes.surplus[:n]
    return option, surplus


def nested_logit(v: np.ndarray, mu: float) -> tuple[np.ndarray, float]:
    """Return choice probabilities (6,) and the log-sum; the 3G options form a nest [Train, ch. 4].

    v (3, 2): by operator and network.
    """
    within = np.exp(v[:, 1] / mu)
    inclusive = math.log(within.sum()) if within.any() else -math.inf
    total = np.exp(v[:, 0]).sum() + math.exp(mu * inclusive)
    p = np.zeros((3, 2))
    p[:, 0] = np.exp(v[:, 0]) / total
    if within.any():
        p[:, 1] = within / within.sum() * math.exp(mu * inclusive) / total
    return p.ravel(), math.log(total)


UTILITIES = np.array([[0.0, -0.4], [-0.7, 0.3], [-1.1, 0.1]])
COUNT = sample(200_000)


def assert_frequencies(option: np.ndarray, probability: np.ndarray) -> None:
    share = np.bincount(option, minlength=7)[1:] / len(option)
    se = np.sqrt(probability * (1 - probability) / len(option))
    assert (np.abs(share - probability) <= 4 * se).all(), (share, probability)


@pytest.mark.parametrize("mu", [1.0, 0.7, 0.3, 0.05])
def test_frequencies_are_the_nested_logits(make_hand_world: MakeWorld, mu: float) -> None:
    world = make_hand_world(standing=UTILITIES, dissimilarity=mu)
    option, surplus = choices(world, COUNT)
    probability, log_sum = nested_logit(UTILITIES, mu)
    assert_frequencies(option, probability)
    assert surplus == pytest.approx(log_sum / ALPHA, rel=1e-12)


@pytest.mark.parametrize("outside", [-np.inf, -1.0, 2.5])
@pytest.mark.parametrize("uncovered", [[], [0], [0, 2], [0, 1, 2]])
@pytest.mark.parametrize("shift", [0.0, -900.0, 900.0])
def test_probabilities_are_the_nested_logits(outside: float, uncovered: list, shift: float) -> None:
    v = UTILITIES.copy()
    v[uncovered, 1] = -np.inf
    expected, log_sum = nested_logit(v, 0.6)
    taken = 1 / (1 + math.exp(outside - log_sum))
    found, on_3g = probabilities((v + shift).ravel(), 0.6, outside + shift)
    assert found == pytest.approx(expected * taken, rel=1e-9, abs=1e-300)
    assert on_3g == pytest.approx(expected[1::2].sum() * taken, rel=1e-9, abs=1e-300)


def test_weights_by_hand() -> None:
    """2G 0, 1, -1 and 3G 2, none, 1 utils at a dissimilarity of one half."""
    weight, *found = weights(np.array([0.0, 2.0, 1.0, -np.inf, -1.0, 1.0]), 0.5)
    e = math.exp
    assert weight == pytest.approx([e(-1), 1, 1, 0, e(-2), e(-2)])
    assert found == pytest.approx([1, 1 + e(-1) + e(-2), 2 + 0.5 * math.log(1 + e(-2)), 1 + e(-2)])
    _, *only_2g = weights(np.array([0.5, -np.inf, 0.5, -np.inf]), 0.5)
    assert only_2g == [0.5, 2.0, -np.inf, 0.0]


def test_every_subscription_has_its_utility(make_hand_world: MakeWorld) -> None:
    world = lively_world(make_hand_world)
    found = utilities(world, 1, U3, WALLET + 3, 0.03, 0.8, NEAR, NEAR_3G)
    assert found.tolist() == [
        subscription_utility(world, 1, option, U3, WALLET + 3, 0.03, 0.8, NEAR[k], NEAR_3G)
        for option, k in ((M2, 0), (M3, 0), (U2, 1), (U3, 1), (T2, 2), (T3, 2))
    ]


def test_with_dissimilarity_one_it_is_the_plain_logit(make_hand_world: MakeWorld) -> None:
    option, surplus = choices(make_hand_world(standing=UTILITIES), COUNT)
    weight = np.exp(UTILITIES).ravel()
    assert_frequencies(option, weight / weight.sum())
    assert surplus == pytest.approx(math.log(weight.sum()) / ALPHA, rel=1e-12)


# ---- one person's choice, by its shocks ---------------------------------------------------------

GUANGDONG, MAY = 44, 5  # a province code and a month that are no other number of these worlds


def choice_by_shocks(world: Any, v: np.ndarray, person: int) -> int:
    """Return the option with the best utility and shock, the nest of 3G competing as one.

    v (3, 2): by operator and network. The textbook's way, with logarithms and one shock after another.
    """
    mu, best = world.dissimilarity, (-np.inf, NO_LINE)
    nest = (-np.inf, NO_LINE)
    for k, stream in enumerate(world.operator_stream):
        u, w, _, _ = uniforms(world.seed, TASTE, MAY, GUANGDONG, person, stream)
        best = max(best, (v[k, 0] + gumbel(u), 1 + 2 * k))
        nest = max(nest, (v[k, 1] / mu + gumbel(w), 2 + 2 * k))
    if nest[0] == -np.inf:
        return best[1]
    u, _, _, _ = uniforms(world.seed, TASTE, MAY, GUANGDONG, person, NEST_STREAM)
    inclusive = mu * math.log(np.exp(v[:, 1] / mu).sum())
    return max(best, (inclusive + gumbel(u), nest[1]))[1]


PLACES = np.array([[[9.0, 9], [9, 9], [9, 9]], [[0.3, -0.5], [-0.4, 0.2], [-0.9, 0.4]]])
NEAR, NEAR_3G = np.array([0.5, 0.2, 0.1]), 0.4


def lively_world(make_hand_world: MakeWorld, **changes: Any) -> Any:
    """Return a world in which every term of utility counts, each by another number."""
    worth = 0.01 * np.arange(2 * 3 * 2 * 16).reshape(2, 3, 2, 16)
    usual: dict[str, Any] = {
        "standing": PLACES, "price": np.array([[50.0, 70], [45, 62], [30, 51]]),
        "price_sensitivity": np.array([0.5, 0.02]), "sensitivity_spread": 0.4, "switching_spread": 0.6,
        "switching_cost": 0.7, "downgrade_cost": 0.45, "lock_in": 0.3, "same_operator": 0.8,
        "word_of_mouth": 0.9, "payment_value": worth, "wallet_open": np.array([[0, 0, 0], [1, 1, 1]]),
        "dissimilarity": 0.6, "seed": 2**40 + 77,
    }  # fmt: skip
    return make_hand_world(**(usual | changes))


def utilities_by_hand(world: Any, own: int, accounts: int, person: int) -> tuple[np.ndarray, float]:
    """Return the utility of every option (3, 2) to a person of the second province, and their alpha."""
    u, v, _, _ = uniforms(world.seed, TRAITS, 0, GUANGDONG, person, 0)
    z = two_normals(u, v)
    alpha = world.price_sensitivity[1] * math.exp(0.4 * z[0] - 0.4**2 / 2)
    sigma = world.switching_cost * math.exp(0.6 * z[1] - 0.6**2 / 2)
    mine = {NO_LINE: None, M2: 0, M3: 0, U2: 1, U3: 1, T2: 2, T3: 2}[own]
    found = np.zeros((3, 2))
    for k in range(3):
        kept = accounts if k == mine else accounts % WALLET
        leaves = mine is not None and k != mine
        for network in (G2, G3):
            found[k, network] = (
                world.standing[1, k, network]
                - alpha * world.price[k, network]
                + world.payment_value[1, k, network, kept]
                + 0.8 * NEAR[k]
                + 0.9 * NEAR_3G * network
                - sigma * leaves
                - 0.3 * (leaves and accounts >= WALLET)
                - 0.45 * (own in (M3, U3, T3) and network == G2)
            )
    return found, alpha


@pytest.mark.parametrize(
    ("own", "accounts"), [(NO_LINE, 5), (M2, 0), (U2, WALLET + 3), (T3, WALLET + 1), (U3, 6)]
)
@pytest.mark.parametrize("reach", ["everywhere", "in places", "nowhere"])
def test_the_best_by_utility_and_shock_is_chosen(
    make_hand_world: MakeWorld, own: int, accounts: int, reach: str
) -> None:
    standing = PLACES.copy()
    standing[1, {"everywhere": [], "in places": [1], "nowhere": [0, 1, 2]}[reach], G3] = -np.inf
    world = lively_world(make_hand_world, standing=standing)
    chosen = set()
    for person in range(30):
        option, surplus, utility = choose(world, MAY, 1, GUANGDONG, person, own, accounts, NEAR, NEAR_3G)
        v, alpha = utilities_by_hand(world, own, accounts, person)
        assert utility == pytest.approx(v.ravel(), abs=1e-12)
        assert option == choice_by_shocks(world, v, person)
        assert surplus == pytest.approx(nested_logit(v, 0.6)[1] / alpha, rel=1e-12)
        chosen.add(option)
    assert len(chosen) >= 3


def test_what_people_bring_along_is_their_own_luck(make_hand_world: MakeWorld) -> None:
    online, held = np.array([0.0, 0.6]), np.array([[1.0, 1, 1], [0.5, 0.3, 0.2]])
    world = make_hand_world(online_share=online, held_online=held, seed=9)
    seen = set()
    for person in range(60):
        draws = uniforms(world.seed, ACCOUNTS_AT_START, 0, GUANGDONG, person, 0)
        assert is_online(world, 1, GUANGDONG, person) == (draws[0] < 0.6)
        expected = sum(1 << m for m in range(3) if draws[m + 1] < held[1, m]) if draws[0] < 0.6 else 0
        assert accounts_on_arrival(world, 1, GUANGDONG, person) == expected
        seen.add(expected)
    assert seen >= {0, 1, 2, 3, 4}


def test_terms_of_utility_reach_the_choice(make_hand_world: MakeWorld) -> None:
    world = make_hand_world(standing=UTILITIES, switching_cost=1.2, downgrade_cost=0.8, dissimilarity=0.6)
    v = UTILITIES - np.array([[1.2, 1.2], [0, 0], [1.2, 1.2]]) - np.array([0.8, 0.0])
    option, surplus = choices(world, COUNT, own=U3)
    probability, log_sum = nested_logit(v, 0.6)
    assert_frequencies(option, probability)
    assert surplus == pytest.approx(log_sum / ALPHA, rel=1e-12)


@pytest.mark.parametrize("uncovered", [[0], [0, 2], [0, 1, 2]])
def test_the_nest_holds_only_what_is_covered(make_hand_world: MakeWorld, uncovered: list) -> None:
    v = UTILITIES.copy()
    v[uncovered, 1] = -np.inf
    option, surplus = choices(make_hand_world(standing=v, dissimilarity=0.5), COUNT)
    probability, log_sum = nested_logit(v, 0.5)
    assert_frequencies(option, probability)
    assert surplus == pytest.approx(log_sum / ALPHA, rel=1e-12)


def test_utilities_of_any_size_leave_finite_worth(make_hand_world: MakeWorld) -> None:
    for shift in (-2000.0, 2000.0):
        world = make_hand_world(standing=UTILITIES + shift, dissimilarity=0.3)
        option, surplus = choices(world, COUNT)
        probability, log_sum = nested_logit(UTILITIES, 0.3)
        assert_frequencies(option, probability)
        assert surplus == pytest.approx((log_sum + shift) / ALPHA, rel=1e-12)
    apart = np.array([[0.0, -900], [-900, 900], [0, 0]])
    option, surplus = choices(make_hand_world(standing=apart, dissimilarity=0.3), 1000)
    assert (option == U3).all()
    assert surplus == pytest.approx(900 / ALPHA)


@pytest.mark.parametrize("better", [M2, M3, U2, U3, T2, T3])
def test_nobody_leaves_an_option_because_it_got_better(make_hand_world: MakeWorld, better: int) -> None:
    raised = UTILITIES.copy()
    raised[operator_of(better), network_of(better)] += 0.5
    before, _ = choices(make_hand_world(standing=UTILITIES, dissimilarity=0.6), sample(50_000))
    after, _ = choices(make_hand_world(standing=raised, dissimilarity=0.6), sample(50_000))
    assert (after[before == better] == better).all()
    assert (after == better).sum() > (before == better).sum()
    # Of all others, only 2G customers may move: the nest of 3G has become better as a whole.
    others = after != better
    if network_of(better) == G3:
        others &= np.isin(before, (M3, U3, T3))
    assert (before[others] == after[others]).all()


def test_luck_is_new_every_month(make_hand_world: MakeWorld) -> None:
    world = make_hand_world(standing=UTILITIES)
    probability, _ = nested_logit(UTILITIES, 1.0)
    january, february = (choices(world, COUNT, month=month)[0] for month in (1, 2))
    same = (probability**2).sum()
    assert (january == february).mean() == pytest.approx(same, abs=4 * math.sqrt(same / COUNT))


# ---- who people are -----------------------------------------------------------------------------


@loop
def traits_of_all(world, province, into):  # type: ignore[no-untyped-def]
    for i in range(len(into)):
        into[i, 0], into[i, 1] = traits(world, province, 11, i)


def test_traits_are_lognormal_around_their_means(make_hand_world: MakeWorld) -> None:
    world = make_hand_world(
        price_sensitivity=np.array([0.02, 0.01]),
        switching_cost=2.0,
        sensitivity_spread=0.5,
        switching_spread=0.3,
    )
    found = np.empty((sample(50_000), 2))
    traits_of_all(world, 1, found)
    for column, mean, spread in ((found[:, 0], 0.01, 0.5), (found[:, 1], 2.0, 0.3)):
        law = stats.lognorm(s=spread, scale=mean * math.exp(-(spread**2) / 2))
        assert law.mean() == pytest.approx(mean)
        assert stats.kstest(column, law.cdf).pvalue > 1e-4
    assert abs(np.corrcoef(np.log(found.T))[0, 1]) < 4.5 / math.sqrt(len(found))


def test_without_spread_all_are_alike(make_hand_world: MakeWorld) -> None:
    found = np.empty((100, 2))
    traits_of_all(make_hand_world(switching_cost=2.0), 0, found)
    assert (found == [0.02, 2.0]).all()


@loop
def arrivals(world, province, accounts, online):  # type: ignore[no-untyped-def]
    for i in range(len(accounts)):
        accounts[i] = accounts_on_arrival(world, province, 11, i)
        online[i] = is_online(world, province, 11, i)


def test_accounts_brought_along(make_hand_world: MakeWorld) -> None:
    world = make_hand_world(
        online_share=np.array([0.4, 0.0]), held_online=np.array([[0.5, 0.25, 0.1], [1, 1, 1]])
    )
    accounts, online = np.empty(COUNT, np.int64), np.empty(COUNT, np.bool_)
    arrivals(world, 0, accounts, online)
    assert online.mean() == pytest.approx(0.4, abs=4 * math.sqrt(0.24 / COUNT))
    assert not accounts[~online].any()
    for combination in range(8):
        p = math.prod(q if combination >> m & 1 else 1 - q for m, q in enumerate((0.5, 0.25, 0.1)))
        share = (accounts[online] == combination).mean()
        assert share == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / online.sum()))
    assert accounts.max() < WALLET
    arrivals(world, 1, accounts, online)
    assert not accounts.any()


# ---- review and contract ------------------------------------------------------------------------


def test_contract_holds_to_its_last_month() -> None:
    assert [contract_is_over(month, 6) for month in (5, 6, 7, 9)] == [False, False, True, True]
    assert contract_is_over(1, 0)  # no contract


def test_who_is_free_reviews_by_luck(make_hand_world: MakeWorld) -> None:
    world = make_hand_world(review_hazard=0.3)
    assert [review_is_due(world, luck) for luck in (0.29, 0.3, 0.31)] == [True, False, False]
    assert review_is_due(make_hand_world(review_hazard=1.0), 1 - 2**-33)


@loop
def reviews(world, count):  # type: ignore[no-untyped-def]
    due = 0
    for i in range(count):
        luck, _, _, _ = uniforms(world.seed, REVIEW, 3, 11, i, 0)
        due += review_is_due(world, luck)
    return due


@pytest.mark.parametrize("hazard", [0.0, 1 / 24, 0.09, 1.0])
def test_review_hazard(make_hand_world: MakeWorld, hazard: float) -> None:
    share = reviews(make_hand_world(review_hazard=hazard), COUNT) / COUNT
    assert share == pytest.approx(hazard, abs=4 * math.sqrt(hazard * (1 - hazard) / COUNT))


# ---- payment ------------------------------------------------------------------------------------


def test_what_paying_by_a_method_is_worth() -> None:
    assert payment_utility(-2.5, 2.0, 1.5, 0, 0.0) == -2.5
    assert payment_utility(-2.5, 2.0, 1.5, 1, 0.4) == pytest.approx(-2.5 + 2.0 + 0.6)


def test_inclusive_value_and_shares() -> None:
    """Three people side by side, one of whom has nothing but cash."""
    weight = np.array([[np.nan] * 3, [2.0, 0.0, 16.0], [0.0] * 3, [3.0, 0.0, 32.0], [0.0] * 3])
    value, cumulative = np.empty(3), np.empty((3, 5))  # cash is not read
    weigh_methods(weight, 3, value, cumulative)
    assert value == pytest.approx([math.log(6), 0.0, math.log(49)])  # ln(1 + 2 + 3)
    assert cumulative[0] == pytest.approx([1 / 6, 3 / 6, 3 / 6, 1, 1])
    # What is not open adds nothing, not even a last digit: 49 times 1 / 49 is a little less than 1.
    assert (cumulative[[0, 2], 3:] == 1).all()
    assert value[1] == 0
    assert (cumulative[1] == 1).all()


def test_a_draw_picks_its_method() -> None:
    cumulative = np.array([0.25, 0.5, 0.5, 0.75, 1.0])
    drawn = [choose_method(u, cumulative) for u in (0.1, 0.25, 0.4, 0.5, 0.74, 0.75, 1 - 2**-33)]
    assert drawn == [CASH, 1, 1, 3, 3, 4, 4]


def ways(**changes: Any) -> Ways:
    """Return tastes for cash, the wallet and two platforms, by which a platform is worth as much as cash."""
    usual = Ways(np.zeros(4), 0.0, 0.0, np.zeros(4), 1.0, 1.0, 0.0)
    return usual._replace(**changes)


def payment_tables(ways: Ways, wallet_open: Any, services: Any, reach: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return cumulative shares (G, K, S, A, D) and worth (G, K, 2, A)."""
    K, G, M, S = services.shape
    world, room = make_record(world_type(G, K, M, S)), make_record(workings_type(M + 2, K * S))
    world.wallet_open[:] = wallet_open
    for table in (world.method_shares, world.payment_value, room.known, room.weight, room.value):
        table[:] = np.nan
    write_payment_tables(ways, services, np.array(reach), room.reshape(1), world.reshape(1))
    return shares_by_service(world), world.payment_value


def test_payment_tables() -> None:
    """An operator with a wallet, another with one platform for subscribing; elsewhere the other way round."""
    services = np.zeros((2, 2, 1, 4), bool)
    services[1, 0, 0, SUBSCRIBING] = services[0, 1, 0, SUBSCRIBING] = True
    tastes = ways(
        taste=np.array([0.0, -1.0, -2.0]), familiarity=2.0, merchant_pull=4.0, service_weights=np.ones(4)
    )
    open_here, reach = [[True, False], [False, True]], [[0.5, 0.2, 0.9], [0.1, 0.7, 0.3]]
    shares, worth = payment_tables(tastes, open_here, services, reach)
    assert worth[1, 0, 0] == pytest.approx([math.log1p(math.exp(u)) for u in (-1.6, 0.4) * 2])
    assert worth[1, 1, 0] == pytest.approx([3 * math.log1p(math.exp(u)) for u in (0.2, 0.2, 2.2, 2.2)])
    wallet = [-1 + 4 * 0.2, -1 + 4 * 0.2, 1 + 4 * 0.2, 1 + 4 * 0.2]  # bit 1 of the accounts
    platform = [-2 + 4 * 0.5, 4 * 0.5, -2 + 4 * 0.5, 4 * 0.5]  # bit 0
    for held in range(4):
        value, p = math.log1p(math.exp(wallet[held])), 1 / (1 + math.exp(-wallet[held]))
        for service in range(4):
            assert np.diff(shares[0, 0, service, held], prepend=0) == pytest.approx([1 - p, p, 0])
        assert worth[0, 0, :, held] == pytest.approx([3 * value, 4 * value])  # on 2G nobody shops
        value, p = math.log1p(math.exp(platform[held])), 1 / (1 + math.exp(-platform[held]))
        assert np.diff(shares[0, 1, SUBSCRIBING, held], prepend=0) == pytest.approx([1 - p, 0, p])
        assert worth[0, 1, :, held] == pytest.approx([value, value])
        assert (shares[0, 1, 1:, held] == 1).all()


def test_what_is_paid_for_alike_shares_a_table() -> None:
    """Four operators: the first two and the last agree, the third has a deal; then all run a wallet."""
    services = np.zeros((4, 1, 1, 4), bool)
    services[2, 0, 0, SUBSCRIBING] = True
    world, room = make_record(world_type(1, 4, 1, 4)), make_record(workings_type(3, 16))
    tastes = ways(taste=np.array([0.0, -1.0, -2.0]), merchant_pull=4.0, service_weights=np.ones(4))
    reach = np.array([[0.3, 0.1, 0.1, 0.5, 0.1]])
    write_payment_tables(tastes, services, reach, room.reshape(1), world.reshape(1))
    assert world.method_table[0].tolist() == [[0] * 4, [0] * 4, [1, 0, 0, 0], [0] * 4]
    worth = world.payment_value[0, :, 1, 0]  # on 3G, where people shop too
    assert worth == pytest.approx([0, 0, math.log1p(math.exp(-2 + 4 * 0.3)), 0])

    world.wallet_open[:] = 1  # each operator's own: two that merchants accept alike are still two
    write_payment_tables(tastes, services, reach, room.reshape(1), world.reshape(1))
    assert world.method_table[0].tolist() == [[0] * 4, [1] * 4, [2, 3, 3, 3], [4] * 4]
    own = [math.log1p(math.exp(-1 + 4 * accepted)) for accepted in (0.1, 0.1, 0.5, 0.1)]
    joining = math.log1p(math.exp(-1 + 4 * 0.5) + math.exp(-2 + 4 * 0.3))  # by the deal's platform, too
    assert world.payment_value[0, :, 1, 0] == pytest.approx(
        [4 * own[0], 4 * own[1], joining + 3 * own[2], 4 * own[3]]
    )
    assert shares_by_service(world)[0, 2, 1, 0] == pytest.approx([1 / (1 + math.e), 1, 1])


def test_which_methods_are_open() -> None:
    services = np.zeros((2, 1, 3, 4), bool)
    services[1, 0, 2, [0, 3]] = True  # the second operator's third platform: subscribing, purchases
    shares, _ = payment_tables(ways(taste=np.zeros(5)), [[True, False]], services, np.zeros((1, 5)))
    can = np.diff(shares, axis=-1, prepend=0) > 0
    assert (can == can[..., :1, :]).all()  # whatever one holds
    assert can[0, 0, :, 0].tolist() == [[True, True, False, False, False]] * 4
    assert not can[0, 1, :, 0, 1:4].any()
    assert can[0, 1, :, 0, 4].tolist() == [True, False, False, True]


def test_what_a_deal_draws_from_cash_and_from_a_wallet() -> None:
    """An operator with a wallet and one with cash only; in the second province they change places.

    Wallet and platform are worth as much as cash, the wallet three times as much with an account there, the
    second bit. The deal covers all but subscribing.
    """
    six_and_four, five = [6, 0, 4, 0], [0, 0, 5, 0]  # on 2G, without an account and with one; on 3G
    offered = np.ones((2, 2, 1, 4), bool)
    offered[..., SUBSCRIBING] = False
    bills, purchases, saved, worth = expect_changes(
        ways(taste=np.zeros(3), familiarity=math.log(3), service_weights=np.array([0.1, 0.2, 0.3, 0.4])),
        np.array([[True, False], [False, True]]),
        np.zeros((2, 2, 1, 4), bool),
        np.zeros((2, 3)),
        0,
        offered,
        np.array([[[six_and_four, five]] * 2] * 2),
        np.array([1.0, 2.0]),
        np.array([[[[9.0, 12, 0, 0], [9, 60, 20, 40]]] * 2] * 2),
        np.array([[1.0, 0, 0, 0], [0, 0, 1, 0]]),  # nobody, and everybody, has a wallet
        np.array([0.0, 1.0]),
        np.zeros(1, room_for_changes(1)),
    )
    # Bills of 72 and 448 without an account and with one: 1/2 and 1/4 in cash become 1/3 and 1/5.
    assert bills == pytest.approx(np.array([[72 / 3 + 448 / 5, 260], [520, 2 * (72 / 3 + 448 / 5)]]))
    assert saved == pytest.approx(np.array([[72 / 6 + 448 / 20, 260], [520, 2 * (72 / 6 + 448 / 20)]]))
    assert purchases == pytest.approx(np.array([[40, 100], [200, 80]]))
    on_2g, on_3g = np.log([3 / 2, 2]), np.log([2, 5 / 4])
    assert worth == pytest.approx(np.array([0.5 * on_2g, 0.9 * on_3g]))


def test_what_paying_by_phone_is_worth_on_a_network() -> None:
    """Of four services two go through a platform worth as much as cash, which makes ln 2 of each."""
    services = np.zeros((1, 1, 2, 4), bool)
    services[0, 0, 0, BILLS] = services[0, 0, 0, PURCHASES] = True
    tastes = ways(service_weights=np.array([0.1, 0.4, 0.2, 0.3]), lambda_2g=0.5, lambda_3g=2.0)
    _, worth = payment_tables(tastes, [[False]], services, np.zeros((1, 3)))
    on_2g = 0.4 * math.log(2)  # shopping by phone needs 3G
    for held in range(8):
        assert worth[0, 0, :, held] == pytest.approx([0.5 * on_2g, 2.0 * (on_2g + 0.3 * math.log(2))])


def test_ease_of_joining_needs_the_service_and_an_account() -> None:
    def ease() -> np.ndarray:
        return payment_tables(ways(join_online=0.6), [[False]], services, np.zeros((1, 3)))[1][0, 0]

    services = np.zeros((1, 1, 2, 4), bool)
    services[0, 0, 0, 0] = True  # the first platform: subscribing
    services[0, 0, 1, 2] = True  # the second: handsets
    services[0, 0, :, [1, 3]] = True  # bills and shopping do not matter here
    assert ease()[1] == pytest.approx([0, 0.3, 0.3, 0.6] * 2)  # the wallet's bit does not matter
    assert (ease()[0] == 0).all()  # nor does it matter on 2G
    services[0, 0, 0, 2] = True
    assert ease()[1, :4] == pytest.approx([0, 0.6, 0.3, 0.6])


# ---- opening accounts ---------------------------------------------------------------------------

NOBODY, EVERYBODY = np.zeros(4), np.ones(4)


def opened(
    world: Any, luck: float, accounts: int = 0, friends: np.ndarray = NOBODY, online: bool = True
) -> int:
    return opens(world, 0, UNICOM, online, accounts, friends, luck)


def hazards(of_unicom: list[float]) -> np.ndarray:
    table = np.zeros((2, 3, 4))
    table[0, UNICOM] = of_unicom
    return table


def test_hazards_compete(make_hand_world: MakeWorld) -> None:
    world = make_hand_world(account_hazard=hazards([0.1, 0.2, 0.05, 0.02]))
    at = {0.05: 1, 0.099: 1, 0.1: 2, 0.299: 2, 0.301: 4, 0.349: 4, 0.351: 8, 0.369: 8, 0.371: 0}
    assert {luck: opened(world, luck) for luck in at} == at


def test_what_one_holds_does_not_compete(make_hand_world: MakeWorld) -> None:
    world = make_hand_world(account_hazard=hazards([0.1, 0.2, 0.05, 0.02]))
    at = {0.05: 1, 0.12: 4, 0.16: 8, 0.18: 0}
    assert {luck: opened(world, luck, accounts=2) for luck in at} == at
    assert opened(world, 0.0, accounts=15) == 0


def test_friends_add_their_share(make_hand_world: MakeWorld) -> None:
    world = make_hand_world(
        account_hazard=hazards([0.1, 0, 0, 0]), account_imitation=hazards([0.2, 0, 0, 0.4])
    )
    friends = np.array([0.5, 1.0, 1.0, 0.25])
    at = {0.19: 1, 0.21: 8, 0.29: 8, 0.31: 0}
    assert {luck: opened(world, luck, friends=friends) for luck in at} == at
    assert opened(world, 0.15) == 0
    assert opened(world, 0.55, friends=EVERYBODY) == 8


def test_only_internet_users_open_platform_accounts(make_hand_world: MakeWorld) -> None:
    world = make_hand_world(account_hazard=hazards([0.1, 0.2, 0.05, 0.02]))
    assert opened(world, 0.015, online=False) == 8
    assert opened(world, 0.025, online=False) == 0


def test_other_operators_hazards_do_not_matter(make_hand_world: MakeWorld) -> None:
    everywhere = np.ones((2, 3, 4))
    everywhere[0, UNICOM] = 0
    assert opened(make_hand_world(account_hazard=everywhere), 0.0) == 0


def test_more_friends_bring_an_account_forward(make_hand_world: MakeWorld) -> None:
    random = np.random.default_rng(3)
    world = make_hand_world(
        account_hazard=hazards([0.1, 0.05, 0.02, 0.03]),
        account_imitation=hazards([0.1, 0.2, 0.15, 0.1]),
    )
    for _ in range(2000):
        few = random.random(4)
        more = few + (1 - few) * random.random(4)
        luck, held = random.random(), int(random.integers(16))
        bit, brought = (opened(world, luck, held, friends) for friends in (few, more))
        assert bit == 0 or 0 < brought <= bit


@loop
def open_for_all(world, month, accounts, friends):  # type: ignore[no-untyped-def]
    for i in range(len(accounts)):
        luck, _, _, _ = uniforms(world.seed, ACCOUNT_OPENING, month, 11, i, 0)
        accounts[i] |= opens_account(world, 0, 1, True, accounts[i], friends, 0, luck)


@pytest.mark.skipif(not COMPILED, reason="three million draws")
def test_adoption_follows_bass(make_hand_world: MakeWorld) -> None:
    """Against F(t) = (1 - e^-(p+q)t) / (1 + q/p e^-(p+q)t), up to what whole months add."""
    p, q, months, people = 0.004, 0.10, 72, 40_000
    accounts = np.zeros(people, np.int64)
    found, step = [], [0.0]
    for month in range(1, months + 1):
        users = np.array([(accounts & 1).mean()])
        hazard = adoption_hazard(p, q, 0.0, users, np.zeros(1))[0]
        world = make_hand_world(account_hazard=hazards([hazard, 0, 0, 0]))
        open_for_all(world, month, accounts, NOBODY[:, None])
        found.append((accounts & 1).mean())
        step.append(step[-1] + (p + q * step[-1]) * (1 - step[-1]))
    assert set(np.unique(accounts)) <= {0, 1}
    # The first month has some 160 adopters; their relative luck moves F by F (1 - F), at most 1/4.
    assert np.abs(np.array(found) - step[1:]).max() < 4 / math.sqrt(people * p) * 0.25
    t = np.arange(1, months + 1)
    closed = (1 - np.exp(-(p + q) * t)) / (1 + q / p * np.exp(-(p + q) * t))
    assert np.abs(np.array(found) - closed).max() < 0.09
    assert found[-1] > 0.9

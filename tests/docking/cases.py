"""The runs in which the two markets are compared: small, and so busy that every rule has work."""

import random

from comparing import Case
from plain.given import OPERATORS

from model.parameters import Parameters
from model.scenarios import Scenario, read_scenario
from model.schemas import PROVINCES

# Many reviews, short contracts and deals, 3G worth having, accounts opened by the dozen.
BUSY = {
    "review_hazard": 0.35,
    "contract_months": 3,
    "deal_months": 4,
    "quality_china_mobile": -2.0,
    "quality_china_unicom": -1.5,
    "quality_china_telecom": -1.0,
    "switching_cost": 1.0,
    "downgrade_cost": 1.0,
    "lock_in": 1.0,
    "distant_ties": 0.1,
    "installed_base": 0.7,
    "join_online": 0.8,
    "adoption_spontaneous": 0.03,
    "adoption_campaign": 0.1,
    "adoption_contacts": 0.2,
    "wallet_campaign": 0.1,
    "wallet_contacts": 0.2,
    "merchant_speed": 0.3,
    "integration_cost": 0.5,
}


def branch(operator: str, province: str, stance: str, opens: str) -> dict[str, str]:
    """Return a branch's entry in a scenario file."""
    return {"operator": operator, "province": province, "stance": stance, "opens": opens}


def mixed_scenario() -> Scenario:
    """Return a scenario in which single branches open, close and bid at different months."""
    large = ("Guangdong", "Shandong", "Henan", "Sichuan", "Jiangsu", "Hebei")
    entries = [branch("china_mobile", name, "closed", f"2009-{4 + i:02d}") for i, name in enumerate(large)]
    entries += [branch("china_mobile", name, "open", f"2009-{7 + i:02d}") for i, name in enumerate(large[:4])]
    entries += [branch("china_telecom", name, "exclusive", "2009-03") for name in large]
    entries += [branch("china_unicom", name, "open", "2009-05") for name in large]
    entries += [branch("china_unicom", "Zhejiang", "closed", "2009-08")]
    stances = {"china_mobile": "exclusive", "china_unicom": "exclusive", "china_telecom": "closed"}
    return read_scenario(
        "mixed", {"title": "Mixed", "opens": "2009-02", "stances": stances, "branches": entries}
    )


def rivals_bid() -> Scenario:
    """Return a scenario in which only China Mobile's rivals bid for exclusivity."""
    stances = {"china_mobile": "open", "china_unicom": "exclusive", "china_telecom": "exclusive"}
    return read_scenario("rivals-bid", {"title": "Rivals bid", "stances": stances})


MIXED, RIVALS_BID = mixed_scenario(), rivals_bid()
CASES = {
    "closed": Case("closed", 1000, 14, 1, BUSY),
    "closed, all wallets": Case("closed", 500, 36, 16, BUSY),
    "open": Case("open", 1000, 16, 2, {}),
    "open, busy": Case("open", 800, 14, 3, BUSY),
    "exclusive": Case("exclusive", 1500, 18, 4, {"deal_months": 5}),
    "exclusive, busy": Case("exclusive", 620, 14, 5, BUSY),
    "rivals bid": Case(RIVALS_BID, 800, 14, 17, BUSY),
    "history": Case("history", 800, 26, 6, {}),
    "beyond the data": Case("history", 310, 66, 18, BUSY | {"lines_ceiling": 1.6}),
    "incumbent closed": Case("incumbent_closed", 620, 14, 7, BUSY | {"quality_fading": 0}),
    "two_g": Case("two_g", 620, 14, 8, {}),
    "two_g_open": Case("two_g_open", 620, 14, 9, {"review_hazard": 0.3}),
    "mixed": Case(MIXED, 1200, 16, 10, BUSY),
    "mixed, platforms strong": Case(MIXED, 620, 14, 11, BUSY | {"bargaining_floor": 1, "contract_months": 0}),
    "mixed, platforms weak": Case(
        MIXED, 620, 14, 12, BUSY | {"bargaining_floor": 0, "bargaining_users": 0, "merchant_fee": 0.002}
    ),
    "mixed, dear service": Case(MIXED, 620, 14, 13, BUSY | {"service_fee": 0.05, "deal_months": 1}),
    # A province with two rows, neither in use before the last years.
    "few rows": Case(MIXED, 310, 59, 15, {}),
    "mixed, all review": Case(MIXED, 620, 14, 14, BUSY | {"review_hazard": 1, "adoption_spontaneous": 1}),
}

# Tariffs answer demand. In the fourth month 3G begins at a second operator, in the fifth at the third.
PRICED = {
    "open": Case("open", 310, 6, 31, {}),
    "closed, wallets hold": Case(
        "closed", 310, 6, 32, BUSY | {"lock_in": 3, "wallet_campaign": 0.3, "contract_months": 6}
    ),
    "mixed, long contracts": Case(MIXED, 620, 8, 33, BUSY | {"contract_months": 24, "dissimilarity": 1}),
    "rivals bid, close kin": Case(RIVALS_BID, 310, 6, 34, BUSY | {"dissimilarity": 0.3}),
    "history, hasty": Case("history", 310, 7, 35, BUSY | {"discount_rate": 1, "dissimilarity": 0.5}),
    "open, patient": Case("open", 310, 5, 36, BUSY | {"discount_rate": 0}),
    "mixed, all review": Case(MIXED, 400, 7, 37, BUSY | {"review_hazard": 1}),
    "closed, none review": Case("closed", 310, 5, 38, {"review_hazard": 0}),
    "many": Case("open", 2600, 2, 39, BUSY),
}
PRICED = {name: case._replace(pricing="bertrand") for name, case in PRICED.items()}


def random_case(number: int) -> Case:
    """Return a run with a random mixed scenario and random plausible parameters."""
    chance = random.Random(number)
    stances = ("closed", "open", "exclusive")
    opens = lambda: f"2009-{chance.randint(1, 12):02d}"  # noqa: E731
    entries = [
        branch(
            chance.choice(OPERATORS), chance.choice(list(PROVINCES.values())), chance.choice(stances), opens()
        )
        for _ in range(chance.choice((0, 30, 150)))
    ]
    raw = {
        "title": "Random",
        "opens": opens(),
        "deals": chance.choice(("bargained", "bargained", "observed")),
        "stances": {operator: chance.choice(stances) for operator in OPERATORS},
        "branches": entries,
    }
    parameters = {name: random_value(chance, about) for name, about in Parameters.fields().items()}
    parameters |= {
        "deal_months": chance.choice((1, 2, 3, 4, 6, 12)),
        "contract_months": chance.choice((0, 1, 2, 6, 12)),
        "review_hazard": chance.choice((0.0, 0.08, 0.3, 0.6, 1.0)),
    }
    return Case(read_scenario(f"random-{number}", raw), 400, 14, number, parameters)


def random_value(chance: random.Random, about: dict) -> float:
    """Return a plausible value of a parameter, now and then one at an end of what is plausible."""
    low, high = about["plausible"]
    value = chance.choice((low, high)) if chance.random() < 0.15 else chance.uniform(low, high)
    return float(round(value)) if about["unit"] == "months" else value


# Every parameter has something to work on: all three 3G networks find customers.
SENSITIVE = Case(MIXED, 620, 10, 26, BUSY | {"quality_china_unicom": 0.0})

# In pure Python the market takes a hundred times as long.
SMALL_CASES = {
    # With this seed a branch would once lose by a deal that both together gain by.
    "mixed": Case(MIXED, 400, 9, 24, BUSY),
    "history": Case("history", 310, 8, 22, BUSY | {"deal_months": 3}),
    # Somebody's tie across the country leads back to themselves; surplus is kept of every second row.
    "two_g_open": Case("two_g_open", 310, 5, 68, BUSY, most_surplus=200),
    # Here the winner is not the first who meets the platform.
    "rivals bid": Case(RIVALS_BID, 310, 4, 24, BUSY | {"deal_months": 1, "standing_china_telecom": 0.5}),
    # Long enough for two wallets; most ask who of their contacts has theirs, and one has no contacts.
    "asking": Case(
        "closed", 310, 29, 30, {"wallet_campaign": 0.02, "wallet_contacts": 0.9, "quality_fading": 0}
    ),
    # Tariffs are set by a row or two a province: the first month by its people, then by new lines alone.
    "tariffs": Case("closed", 310, 1, 21, BUSY, "bertrand", 31),
    "tariffs of 2G": Case("two_g_open", 310, 1, 21, BUSY, "bertrand", 31),
    "tariffs for new lines": Case("closed", 310, 5, 38, {"review_hazard": 0}, "bertrand", 310),
}

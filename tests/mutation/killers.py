"""Which tests are run against a mutant, the quickest and deadliest first.

Each module has its own tests, tried first; what they let pass meets `EVERYTHING`, or `TARIFFS`. To make
another test a killer, add its file, or the test's id, to one of the lists.
"""

MARKET = "tests/test_market.py::"
MESA = "tests/test_mesa.py::"
PRICING = "tests/test_pricing.py::"
DOCKING = "tests/docking/test_docking.py::test_small_markets_make_the_same_choices"

# Left out whole: how rules are compiled, and where that is kept, and instructions for many rows at a step are
# tried with the compiler on, in test_liveness, test_vectors and the rest.
WITHOUT = ("__init__", "cache", "compiling", "vectors")

OWN = {
    "accounts": ["tests/test_rounds.py", "tests/test_choice.py"],
    "acquaintance": ["tests/test_rounds.py", "tests/test_lanes.py"],
    "arithmetic": ["tests/test_arithmetic.py"],
    "bargaining": ["tests/test_partnerships.py"],
    "choice": ["tests/test_rounds.py", "tests/test_choice.py", "tests/test_lanes.py"],
    "choosers": ["tests/test_choosers.py"],
    "columns": ["tests/test_rounds.py", "tests/test_columns.py"],
    "consumers": ["tests/test_mesa.py"],
    "contacts": ["tests/test_rounds.py", "tests/test_contacts.py"],
    "crew": ["tests/test_population.py"],
    "demand": ["tests/test_demand.py"],
    "draws": ["tests/test_draws.py"],
    "explanation": ["tests/test_explanation.py"],
    "lanes": ["tests/test_rounds.py", "tests/test_lanes.py"],
    "network": ["tests/test_rounds.py", "tests/test_contacts.py"],
    "opening": ["tests/test_rounds.py"],
    "operators": ["tests/test_mesa.py"],
    "partnerships": ["tests/test_partnerships.py"],
    "payments": ["tests/test_rounds.py"],
    "paying": ["tests/test_rounds.py", "tests/test_choice.py"],
    "platforms": ["tests/test_platforms.py"],
    "population": ["tests/test_population.py"],
    "pricing": ["tests/test_bertrand_nash.py"],
    "records": ["tests/test_records.py", "tests/test_rounds.py"],
    "stances": ["tests/test_scenarios.py", "tests/test_partnerships.py"],
    "reviewing": ["tests/test_rounds.py"],
    "rounds": ["tests/test_rounds.py"],
    "stretches": ["tests/test_rounds.py"],
    "world": ["tests/test_rounds.py", "tests/test_world.py"],
}

# The market as a whole, small: some fifteen seconds. Docking compares it, consumer by consumer, with a
# second market that shares none of the rules.
EVERYTHING = [
    "tests/test_rounds.py",
    "tests/test_partnerships.py",
    DOCKING + "[two_g_open]",
    DOCKING + "[rivals bid]",
    MESA + "test_a_consumers_own_month",
    MESA + "test_branches_stand_on_the_province_grid",
    MARKET + "test_terms_are_what_is_paid",
    MARKET + "test_the_order_of_activation_does_not_matter[exclusive]",
    MARKET + "test_people_are_conserved[history]",
    MARKET + "test_who_joins_and_leaves_makes_the_change[history]",
    MARKET + "test_everybody_pays_for_what_they_use[history]",
]


# No market above sets its own tariffs; these do, or ask whom they are set for.
TARIFFS = [
    PRICING + "test_slopes_are_the_differences_of_demand",
    PRICING + "test_a_dearer_product_loses_and_nobody_is_lost",
    PRICING + "test_demand_over_the_future_is_the_chains",
    PRICING + "test_the_start_does_not_matter",
    PRICING + "test_what_is_not_offered_keeps_its_price",
    PRICING + "test_captives_on_both_sides_leave_no_stable_prices",
    PRICING + "test_people_who_do_not_mind_prices_are_an_error_not_a_price",
]


def stages_for(module: str) -> list[list[str]]:
    """Return the lists of tests to run against a module's mutants, one after the other."""
    return [OWN[module], TARIFFS if module in ("choosers", "demand", "pricing") else EVERYTHING]

"""Which tests are run against a mutant, the quickest and deadliest first.

Each module has its own tests, tried first; what they let pass meets `EVERYTHING`. To make another test
a killer, add its file, or the test's id, to one of the lists.
"""

MARKET = "tests/test_market.py::"
MESA = "tests/test_mesa.py::"
PRICING = "tests/test_pricing.py::"
DOCKING = "tests/docking/test_docking.py::test_small_markets_make_the_same_choices"

OWN = {
    "choice": ["tests/test_rounds.py", "tests/test_choice.py"],
    "choosers": ["tests/test_choosers.py"],
    "consumers": ["tests/test_mesa.py"],
    "contacts": ["tests/test_rounds.py", "tests/test_contacts.py"],
    "demand": ["tests/test_demand.py"],
    "draws": ["tests/test_draws.py"],
    "operators": ["tests/test_mesa.py"],
    "partnerships": ["tests/test_partnerships.py"],
    "platforms": ["tests/test_platforms.py"],
    "population": ["tests/test_population.py"],
    "pricing": ["tests/test_bertrand_nash.py"],
    "rounds": ["tests/test_rounds.py"],
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


def stages_for(module: str) -> list[list[str]]:
    """Return the lists of tests to run against a module's mutants, one after the other."""
    return [OWN[module], EVERYTHING]

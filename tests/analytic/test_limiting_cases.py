"""Every limiting case of `experiments/verification/` agrees with its theory, check by check.

The cases are what `walled-garden verify` runs; here they run with a seed of their own.
"""

from functools import cache

import pytest

from experiments.verification.cases import MODULES, case_of, run_case
from experiments.verification.checks import Findings

SEED = 1


@cache
def findings(key: str) -> Findings:
    return run_case(key, SEED)


@pytest.mark.slow
@pytest.mark.parametrize("key", MODULES)
def test_the_model_gives_what_theory_says(key: str) -> None:
    missed = [check for check in findings(key).checks if not check.passed]
    assert not missed, "\n".join(
        f"{c.what}: theory {c.theory:.6g}, model {c.model:.6g}, {c.distance:.1f} errors of {c.error:.3g}"
        for c in missed
    )


@pytest.mark.slow
@pytest.mark.parametrize("key", MODULES)
def test_a_case_says_what_it_compares_and_draws_it(key: str) -> None:
    case, found = case_of(key), findings(key)
    assert case.key == key
    assert case.title
    assert case.theory
    assert case.source
    assert len(found.checks) >= 2
    assert len({check.what for check in found.checks}) == len(found.checks)
    assert found.panels

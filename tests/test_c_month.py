"""The loop in C follows the same law with the same luck as the columns, consumer by consumer."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from agents.consumers import Consumer
from bench import c_market
from bench.c_market import CMarket
from model.errors import InputError
from model.market import MobileMarket

COMPILER = any(shutil.which(name) for name in ("cc", "gcc", "clang"))
pytestmark = pytest.mark.skipif(not COMPILER, reason="no C compiler")


def bits(market: MobileMarket, held: tuple[str, ...]) -> int:
    """Return accounts, given by name, as a bit a platform and one for the own operator's wallet."""
    wallet = market.M
    return sum(1 << (market.platforms.index(a) if a in market.platforms else wallet) for a in held)


def compare_month_by_month(scenario: str, consumers: int, months: int) -> None:
    """Live through months in both and assert that nobody differs.

    `exp` and `log` come from the same mathematical library in both, but C may fuse a product with a sum, so a
    choice could differ where two options are within rounding of each other. One in some 10^15 choices
    would: none is allowed here. What a choice is worth may differ by the rounding itself.
    """
    arguments = {"scenario": scenario, "consumers": consumers, "months": months, "rng": 3}
    columns, in_c = MobileMarket(**arguments), CMarket(**arguments)
    lines = columns.agents_by_type[Consumer]
    for month in range(1, months + 1):
        columns.step()
        in_c.step()
        np.testing.assert_array_equal(in_c.payment_counts, columns.payment_counts, err_msg=f"month {month}")
        np.testing.assert_array_equal(in_c.people, columns.people, err_msg=f"month {month}")
        np.testing.assert_array_equal(in_c.moves.from_to, columns.moves.from_to, err_msg=f"month {month}")
        theirs = in_c.population.columns
        np.testing.assert_array_equal(theirs["subscription"], lines.get("subscription"))
        np.testing.assert_array_equal(theirs["contract_end"], lines.get("contract_end"))
        np.testing.assert_array_equal(
            theirs["accounts"], [bits(columns, held) for held in lines.get("accounts")]
        )
        np.testing.assert_allclose(
            in_c.population.surplus_by_province(), columns.population.surplus_by_province(), rtol=1e-6
        )
    # The rule has been at work: people moved, and took 3G.
    assert columns.moves.from_to.sum() > 0
    assert columns.lines_3g.sum() > 0


def test_nobody_differs() -> None:
    compare_month_by_month("open", 2_000, 18)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["open", "closed", "exclusive", "history"])
def test_nobody_differs_in_five_years(scenario: str) -> None:
    compare_month_by_month(scenario, 20_000, 60)


def test_a_missing_compiler_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(InputError, match="no C compiler no-such-compiler; allowed: any on the PATH"):
        c_market.find_compiler()


def test_c_that_does_not_compile_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.c"
    broken.write_text("int nothing(")
    monkeypatch.setattr(c_market, "SOURCE", broken)
    with pytest.raises(InputError, match=r"does not compile broken\.c: .+"):
        c_market.library.__wrapped__()

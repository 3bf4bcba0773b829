"""Documents name what there is: every limiting case has its row, its page and its figure."""

import re
from pathlib import Path

import pandas as pd
import pytest

from experiments.verification.cases import MODULES, case_of

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("key", MODULES)
def test_every_case_is_shown(key: str) -> None:
    page = (DOCS / "verification" / "cases.md").read_text(encoding="utf-8")
    assert f"## {case_of(key).title}\n" in page
    assert f"(figures/{key}.svg)" in page
    assert (DOCS / "verification" / "figures" / f"{key}.svg").is_file()
    assert f"(verification/figures/{key}.svg)" in (DOCS / "verification.md").read_text(encoding="utf-8")


def test_the_checks_shown_all_agree_and_are_as_many_as_said() -> None:
    checks = pd.read_csv(DOCS / "verification" / "checks.csv")
    assert set(checks["case"]) == set(MODULES)
    assert checks["passed"].all()
    for name in ("README.md", "CHANGELOG.md", "docs/verification.md"):
        said = re.findall(r"(\d+) checks", (DOCS.parent / name).read_text(encoding="utf-8"))
        assert said, name
        assert set(said) == {str(len(checks))}, name


def test_links_between_documents_lead_somewhere() -> None:
    for page in [*DOCS.parent.glob("*.md"), *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"

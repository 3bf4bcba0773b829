"""Is the model right where the answer is known? Runs the limiting cases and tells what came out.

The cases and what each compares stand in `experiments/verification/`.
"""

import shlex
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.settings import check_number
from experiments.stopping import obey
from experiments.verification.cases import MODULES, case_of, run_case
from experiments.verification.checks import Case, Check, Findings
from experiments.workers import open_pool
from model.errors import in_one_line

DEFAULT_SEED = 1
ASK_AGAIN = 1.0  # seconds after which to ask whether we were told to stop
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Verification:
    """What to verify; equal ones give the same numbers."""

    cases: tuple[str, ...] = tuple(MODULES)
    seed: int = DEFAULT_SEED

    def check(self) -> None:
        """Raise InputError for a case that does not exist or a seed that is not allowed."""
        check_number("seed", self.seed)
        for key in self.cases:
            case_of(key)

    def command(self) -> str:
        """Return the command that gives these results again."""
        words = ["walled-garden", "verify"]
        if self.cases != tuple(MODULES):
            words += [word for key in self.cases for word in ("--case", key)]
        if self.seed != DEFAULT_SEED:
            words += ["--seed", str(self.seed)]
        return shlex.join(words)

    def rules(self) -> tuple[str, ...]:
        """Return which compiled rules the cases need, as `agents.cache` calls them."""
        return ("observed", "bertrand") if "bertrand" in self.cases else ("observed",)

    def identity(self) -> dict[str, Any]:
        """Return what is to be verified as plain JSON values."""
        return {"cases": list(self.cases), "seed": self.seed}


@dataclass(frozen=True)
class Verdict:
    """What a case came to.

    Attributes
    ----------
    case : Case
    findings : Findings
        Without any checks where the case broke down.
    seconds : float
    broken : str
        Why it broke down, empty if it did not.
    """

    case: Case
    findings: Findings
    seconds: float
    broken: str = ""

    @property
    def passed(self) -> bool:
        """Return whether the case ran and every check agrees with theory."""
        return not self.broken and all(check.passed for check in self.findings.checks)

    @property
    def furthest(self) -> Check | None:
        """Return the check that uses up most of what it is allowed; None of a case that broke down."""
        checks = self.findings.checks
        return max(checks, key=lambda c: (not c.passed, c.distance / c.allowed)) if checks else None


def verify(settings: Verification, workers: int, progress: Progress) -> list[Verdict]:
    """Run the cases and return their verdicts, in the order asked for.

    A case that raises is a verdict too: the others go on.

    Parameters
    ----------
    workers : processes; 1 runs in this process
    progress : called with (cases done, cases in all) whenever one is done
    """
    verdicts: dict[str, Verdict] = {}
    if workers == 1 or len(settings.cases) == 1:
        for key in settings.cases:
            obey()
            verdicts[key] = judge(key, settings.seed)
            progress(len(verdicts), len(settings.cases))
        return list(verdicts.values())
    with open_pool(min(workers, len(settings.cases))) as pool:
        under_way: dict[Future[Verdict], str] = {
            pool.submit(judge, key, settings.seed): key for key in settings.cases
        }
        while under_way:
            obey()
            for future in wait(under_way, ASK_AGAIN, return_when=FIRST_COMPLETED).done:
                verdicts[under_way.pop(future)] = future.result()
                progress(len(verdicts), len(settings.cases))
    return [verdicts[key] for key in settings.cases]


def judge(key: str, seed: int) -> Verdict:
    """Run one case and return its verdict."""
    started = time.perf_counter()
    try:
        findings, broken = run_case(key, seed), ""
    except Exception as error:
        reason = in_one_line(error)
        findings, broken = Findings(()), f"{type(error).__name__}: {reason}"
    return Verdict(case_of(key), findings, time.perf_counter() - started, broken)


def check_table(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """Return every check as a row: case, what, theory, model, error, allowed, basis, distance, passed."""
    rows = [
        {"case": verdict.case.key} | asdict(check) | {"distance": check.distance, "passed": check.passed}
        for verdict in verdicts
        for check in verdict.findings.checks
    ]
    return pd.DataFrame(rows)


def write_report(verdicts: Sequence[Verdict], folder: Path) -> None:
    """Write checks.csv, a figure of each case, and cases.md, which shows both."""
    import matplotlib

    from experiments.plots.limits import draw_case
    from experiments.plots.style import RC

    check_table(verdicts).to_csv(folder / "checks.csv", index=False)
    (folder / "figures").mkdir()
    pages = ["# Limiting cases: theory, model, error", ""]
    with matplotlib.rc_context(RC):
        for verdict in verdicts:
            pages += _page(verdict)
            if not verdict.findings.panels:
                continue
            picture = draw_case(verdict.case, verdict.findings)
            path = folder / "figures" / f"{verdict.case.key}.svg"
            picture.figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    (folder / "cases.md").write_text("\n".join(pages) + "\n", encoding="utf-8")


def _page(verdict: Verdict) -> list[str]:
    """Return the lines of one case: what theory says, the figure, every check."""
    case, findings = verdict.case, verdict.findings
    lines = [f"## {case.title}", "", f"{case.theory}. [{case.source}]", ""]
    if verdict.broken:
        return [*lines, f"Broke down: {verdict.broken}", ""]
    if findings.panels:
        lines += [f"![{case.title}: theory as lines, the model as dots](figures/{case.key}.svg)", ""]
    lines += [
        "| what | theory | model | error | apart | allowed | error from | |",
        "|---|--:|--:|--:|--:|--:|---|---|",
    ]
    for c in findings.checks:
        numbers = f"{c.theory:.6g} | {c.model:.6g} | {c.error:.2g} | {c.distance:.2f} | {c.allowed:.1f}"
        verdict_word = "agrees" if c.passed else "**does not agree**"
        lines.append(f"| {c.what.replace('|', chr(92) + '|')} | {numbers} | {c.basis} | {verdict_word} |")
    return [*lines, ""]

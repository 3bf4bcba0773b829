"""A check: a number that theory gives beside the number that the model gives, and the distance allowed.

Every limiting case (one file each in this folder) drives the project's own functions to a limit whose
answer is known, and returns its checks and what to draw of them. `walled-garden verify` prints them, the
tests in `tests/analytic/` hold them, and `docs/verification.md` shows them.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

STANDARD_ERRORS = 4.0  # chance passes it once in 16,000 checks, and a 5-SE fault is still seen
ROUNDING = 1.0  # errors that bound rounding are bounds already


@dataclass(frozen=True)
class Check:
    """One number of the model held against one that theory gives.

    Attributes
    ----------
    what : str
        What the number is, with its unit.
    theory, model : float
    error : float, same unit
        One standard error of the model's number; for numbers without luck, a bound on what rounding or
        the step of a numerical scheme may do to it.
    allowed : float
        How many such errors the two may lie apart.
    basis : str
        Where the error comes from: "binomial, 200,000 choices", "12 seeds", "rounding".
    """

    what: str
    theory: float
    model: float
    error: float
    allowed: float
    basis: str

    @property
    def distance(self) -> float:
        """Return how many errors the model lies from theory; 0 where they agree to the last bit."""
        apart = abs(self.model - self.theory)
        return 0.0 if apart == 0 else apart / self.error if self.error > 0 else math.inf

    @property
    def passed(self) -> bool:
        """Return whether the distance is allowed; what is not a number never passes."""
        return self.distance <= self.allowed


def counted(what: str, theory: float, hits: float, trials: float, of: str = "choices") -> Check:
    """Return the check of a share of independent trials against its probability.

    The standard error is the binomial one under the theory, so a theory of exactly 0 or 1 allows nothing.
    """
    error = math.sqrt(theory * (1.0 - theory) / trials)
    basis = f"binomial, {trials:,.0f} {of}"
    return Check(what, theory, hits / trials, error, STANDARD_ERRORS, basis)


def averaged(what: str, theory: float, values: Sequence[float] | np.ndarray, of: str = "seeds") -> Check:
    """Return the check of a mean over independent runs; the standard error comes from their spread.

    Student's t with few runs has heavier tails than the normal law: the allowance is the t quantile that
    is passed as rarely as 4 normal standard errors.
    """
    from scipy import stats

    found = np.asarray(values, float)
    error = float(found.std(ddof=1) / math.sqrt(len(found)))
    allowed = float(stats.t.isf(stats.norm.sf(STANDARD_ERRORS), len(found) - 1))
    return Check(what, theory, float(found.mean()), error, allowed, f"{len(found)} {of}")


def exact(what: str, theory: float, model: float, tolerance: float = 1e-9, basis: str = "rounding") -> Check:
    """Return the check of a number without luck: relative distance at most `tolerance`."""
    return Check(what, theory, model, tolerance * max(abs(theory), 1.0), ROUNDING, basis)


def unsurprising(what: str, p_values: Sequence[float] | np.ndarray) -> Check:
    """Return the check that the least likely of several test results is no less likely than luck makes it.

    The smallest of n independent p-values lies below x with probability `1 - (1 - x)^n` [Sidak 1967]. That
    probability is turned into a normal deviate: 0 is the middle, 4 happens once in 30,000 times, and so
    does -4, where everything fits better than luck would have it. Tests that share some of their data only
    make the check more lenient on one side and no less strict on the other.
    """
    from scipy import stats

    found = np.asarray(p_values, float)
    least = -math.expm1(len(found) * math.log1p(-min(found.min(), 1.0 - 1e-16)))
    deviate = float(stats.norm.isf(max(least, 1e-300)))
    basis = f"least likely of {len(found)} tests" if len(found) > 1 else "one test"
    basis += ", as a normal deviate"
    return Check(what, 0.0, deviate, 1.0, STANDARD_ERRORS, basis)


@dataclass(frozen=True)
class Series:
    """Points of one curve: a line (theory), or dots with an error each (model)."""

    label: str
    x: np.ndarray
    y: np.ndarray
    error: np.ndarray | None = None
    dots: bool = False


@dataclass(frozen=True)
class Panel:
    """One pair of axes of a case's figure: theory as lines, the model as dots."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True)
class Findings:
    """What running a case gave: its checks, and the panels of its figure."""

    checks: tuple[Check, ...]
    panels: tuple[Panel, ...] = field(default=())


@dataclass(frozen=True)
class Case:
    """A limiting case with a known answer.

    Attributes
    ----------
    key : str
        What `walled-garden verify --case` calls it.
    title : str
    theory : str
        What the theory says, in a sentence or formula.
    source : str
        Where it is written.
    run : function of a seed
        Drives the model to the limit.
    """

    key: str
    title: str
    theory: str
    source: str
    run: Callable[[int], Findings]


def line(label: str, x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> Series:
    """Return a curve of theory."""
    return Series(label, np.asarray(x, float), np.asarray(y, float))


def dots(
    label: str,
    x: Sequence[float] | np.ndarray,
    y: Sequence[float] | np.ndarray,
    error: Sequence[float] | np.ndarray | None = None,
) -> Series:
    """Return what the model gave, with one standard error each where there is luck."""
    spread = None if error is None else np.asarray(error, float)
    return Series(label, np.asarray(x, float), np.asarray(y, float), spread, dots=True)

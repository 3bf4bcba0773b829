"""Every small change of a module's source that is worth trying, made by cosmic-ray's operators.

Needs `cosmic-ray`, which is no dependency of the project: `uv run --with cosmic-ray==8.7.0 ...`.
"""

import ast
import difflib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

from tests.mutation.killers import WITHOUT

ROOT = Path(__file__).parents[2]

# Operators that need arguments of ours (names of variables), which this run does not give.
UNUSED = ("core/VariableInserter", "core/VariableReplacer")


@dataclass(frozen=True)
class Mutant:
    """One change: the n-th place in a module where an operator applies."""

    module: str
    operator: str
    occurrence: int
    line: int

    @property
    def path(self) -> Path:
        """Return the file that is changed."""
        return ROOT / "agents" / f"{self.module}.py"

    def source(self) -> str:
        """Return the whole module with the change made."""
        made = mutate_code(_text(self.path), operator_named(self.operator), self.occurrence)
        assert made is not None, self
        return made

    def change(self) -> tuple[str, str]:
        """Return the changed lines before and after, each joined into one line."""
        before, after = [], []
        for line in difflib.ndiff(_text(self.path).splitlines(), self.source().splitlines()):
            if line[:2] in ("- ", "+ "):
                (before if line[0] == "-" else after).append(" ".join(line[2:].split()))
        return " ".join(before), " ".join(after)


# ---- what cosmic-ray does not try ---------------------------------------------------------------


class ReplaceAugmentedAssignment(Operator):
    """Turn round `+=`, `-=`, `/=` and `&=`, or keep only the last value: `v -= cost` is such a line."""

    others = {"+=": ("-=", "="), "-=": ("+=", "="), "/=": ("*=", "="), "&=": ("|=", "=")}  # noqa: RUF012

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Yield a place for every other sign."""
        for _ in self.others.get(getattr(node, "value", ""), ()):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Give the node the other sign."""
        node.value = self.others[node.value][index]
        return node

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Return no examples: they are for cosmic-ray's own documentation."""
        return ()


class SwapMinMax(Operator):
    """Swap `min` and `max`, `minimum` and `maximum`."""

    others = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}  # noqa: RUF012

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Yield the places where one of the names stands."""
        if node.type == "name" and node.value in self.others:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Put the other name there."""
        node.value = self.others[node.value]
        return node

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Return no examples."""
        return ()


class DeleteStatement(Operator):
    """Put `pass` in place of an assignment or a call that stands alone."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Yield statements on lines of their own, docstrings and annotated fields left out."""
        if node.type != "simple_stmt":
            return
        first = node.children[0]
        plain = first.type == "expr_stmt" and first.children[1].type != "annassign"
        if plain or (first.type == "atom_expr" and first.children[0].value != "TypeVar"):
            yield first.start_pos, first.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Replace the statement, keeping its indentation."""
        first = node.children[0].get_first_leaf()
        passed = type(first)("pass", first.start_pos, first.prefix)
        node.children[0] = passed
        return node

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Return no examples."""
        return ()


OWN = {cls.__name__: cls for cls in (ReplaceAugmentedAssignment, SwapMinMax, DeleteStatement)}


# ---- listing -----------------------------------------------------------------------------------


@functools.cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def operator_named(name: str) -> Any:
    """Return an operator by name, ours or cosmic-ray's."""
    return OWN[name]() if name in OWN else get_operator(name)()


def modules() -> list[str]:
    """Return the names of the modules that are mutated."""
    names = sorted(path.stem for path in (ROOT / "agents").glob("*.py"))
    return [name for name in names if name not in WITHOUT]


def mutants_of(module: str) -> list[Mutant]:
    """Return every mutant of a module that can matter, in the order of its lines."""
    path = ROOT / "agents" / f"{module}.py"
    quiet = places_that_never_matter(ast.parse(_text(path)))
    nodes = list(ast_nodes(get_ast(_text(path))))
    found = []
    for name in (*operator_names(), *OWN):
        if name in UNUSED or compares_identity(name):
            continue
        operator = operator_named(name)
        starts = (start for node in nodes for start, _ in operator.mutation_positions(node))
        for occurrence, start in enumerate(starts):
            if not any(first <= start < last for first, last in quiet):
                found.append(Mutant(module, name, occurrence, start[0]))
    return sorted(found, key=lambda m: (m.line, m.operator, m.occurrence))


def compares_identity(operator: str) -> bool:
    """Return whether an operator makes `is` of another comparison: compiled, the two are one."""
    name, _, change = operator.removeprefix("core/").partition("_")
    before, _, after = change.partition("_")
    return name == "ReplaceComparisonOperator" and "Is" in after and "Is" not in before


type Span = tuple[tuple[int, int], tuple[int, int]]


def places_that_never_matter(tree: ast.Module) -> list[Span]:
    """Return where a change is no change of behaviour: annotations, compilation, wording.

    Left out are type annotations; the decorators `@rule` and `@loop` (compiled or not, a rule is the
    same) and all arguments of decorators; `__repr__`; and the text of errors.
    """
    quiet: list[ast.AST | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            quiet += [d for d in node.decorator_list if isinstance(d, ast.Call) or _compiles(d)]
        if isinstance(node, ast.FunctionDef):
            quiet.append(node.returns)
            quiet += [node] if node.name == "__repr__" else []
        if isinstance(node, ast.arg | ast.AnnAssign):
            quiet.append(node.annotation)
        if isinstance(node, ast.Raise):
            quiet.append(node)
    # A decorator begins with its @, one column before its name.
    return [
        ((n.lineno, n.col_offset - 1), (n.end_lineno, n.end_col_offset))  # type: ignore[attr-defined]
        for n in quiet
        if n is not None
    ]


def _compiles(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and decorator.id in ("rule", "loop", "side_by_side")

"""Notes, for every condition inside an expression, whether it was ever true and ever false.

coverage.py counts the branches of statements. Conditions inside one expression (`a if b else c`, `a and b`,
the `if` of a comprehension) leave no trace in it, nor do those that rules reckon with in place of a branch
(`count += a == b`, `(a != b) * cost`): here they are noted as modules are imported.
"""

import ast
import sys
from collections import defaultdict
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
seen: dict[tuple[str, int, str], set[bool]] = defaultdict(set)  # file, line, condition


class Noting(ast.NodeTransformer):
    """Puts a note around every condition inside an expression."""

    def __init__(self, file: str) -> None:
        self.file = file

    def note(self, condition: ast.expr) -> ast.expr:
        """Return a condition that notes its outcome and is otherwise as before."""
        key = self.file, condition.lineno, ast.unparse(condition)
        seen[key]  # known even if it is never looked at
        inner = self.visit(condition)
        call = ast.parse("__note__(0, 0)", mode="eval").body
        call.args = [ast.Constant(key), inner]
        for node in (call, call.func, call.args[0]):
            ast.copy_location(node, condition)
        return call

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        node.test, node.body, node.orelse = (
            self.note(node.test),
            self.visit(node.body),
            self.visit(node.orelse),
        )
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        node.values = [self.note(value) for value in node.values]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        node.left, node.right = (self.reckoned(side) for side in (node.left, node.right))
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        node.value = self.reckoned(node.value)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        node.value = self.reckoned(node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.reckoned(argument) for argument in node.args]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        return node

    def reckoned(self, value: ast.expr) -> ast.expr:
        """Return a value, with its outcomes noted where it is a comparison."""
        if isinstance(value, ast.Compare):
            return self.note(value)
        return self.visit(value)

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        node.iter, node.ifs = self.visit(node.iter), [self.note(test) for test in node.ifs]
        return node


def note(key, value):
    """Note an outcome, or those of an array, and pass it on."""
    seen[key] |= set(np.unique(value).astype(bool).tolist())
    return value


class NotingLoader(SourceFileLoader):
    """Loads a module with its conditions noted."""

    def source_to_code(self, data, path, **_):
        tree = Noting(str(Path(path).relative_to(ROOT))).visit(ast.parse(data))
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)

    def exec_module(self, module):
        module.__note__ = note
        super().exec_module(module)


class NotingFinder(MetaPathFinder):
    """Finds the modules to note.

    Parameters
    ----------
    files : set of Path
    """

    def __init__(self, files):
        self.files = files

    def find_spec(self, name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or not spec.has_location or Path(spec.origin) not in self.files:
            return None
        spec.loader = NotingLoader(name, spec.origin)
        return spec


def note_conditions_of(files) -> None:
    """Note the conditions of the files that are imported from now on."""
    sys.meta_path.insert(0, NotingFinder({Path(file) for file in files}))


def one_sided() -> list[tuple[str, int, str, list[bool]]]:
    """Return the conditions that were never true or never false: file, line, condition, outcomes."""
    return [(*key, sorted(outcomes)) for key, outcomes in sorted(seen.items()) if len(outcomes) < 2]

"""Which tests compare something measured: the raw material of evaluation gates."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

from mlops_scan.scanner.formats.python.constant import constant
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import MISSING, Scope
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.formats.python.values import Values

_NODES = 60  # of one test
_VERDICT = re.compile(
    r"(?:^|_)(?:pass(?:ed|es)?|accept(?:ed)?|approved?|promote|deploy|better|best|improved|blessed|gate)(?:_|$)"
)
_DECIDED = re.compile(r"(?:^|_)(?:accepted|approved|promoted|blessed|is_better|passed)$")
_HELD = re.compile(r"(?:^|_)(?:accepted|approved|promoted?|blessed|better|passed|improved|deploy|beats_\w+|wins?)$")
_JUDGING = re.compile(
    r"evaluat|valid|check|gate|better|accept|promot|deploy|beat|thresh|improv|pass|compar|outperform|quality|good|decid"
)
_LATER = (".submit", ".result", ".fn", ".remote", ".get", ".__call__")
_NAMES = 20
_DEPTH = 8
_SAID = {True: "true", False: "false", None: ""}
_ORDER: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_HOLDS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SIGNS: dict[type[ast.cmpop], str] = {**_ORDER, ast.Eq: "==", ast.NotEq: "!=", ast.In: "in", ast.NotIn: "not in"}


class Comparisons:
    """Reads the tests of one file."""

    def __init__(self, source: Source, resolver: Resolver, values: Values) -> None:
        self.source, self.resolver, self.values = source, resolver, values

    def read(self, test: ast.expr, scope: Scope) -> dict[str, Any] | None:
        """What a test compares; None when it orders nothing and compares no two names.

        A test that is a name, or the call of a function of this file, is looked into one step.
        """
        nodes = _nodes(test)
        compares = [node for node in nodes if isinstance(node, ast.Compare) and _telling(node)]
        if not compares:
            behind = self._behind(test, scope)
            compares = [node for node in behind if isinstance(node, ast.Compare) and _telling(node)]
            if not compares and not _is_named(test) and not any(_is_verdict(node) for node in (*nodes, *behind)):
                asked = self._asked(test, scope)
                return {"asks": asked, "names": self._names(nodes)} if asked else None
            nodes += behind
        return {
            "always": _SAID[self._truth(test, scope)],
            "names": self._names(nodes),
            "ops": sorted({_SIGNS[op.__class__] for one in compares for op in one.ops if op.__class__ in _SIGNS}),
            "constants": self._constants(nodes, scope),
        }

    def _behind(self, test: ast.expr, scope: Scope) -> list[ast.expr]:
        """The expressions of what a tested name was set to, or a called function of this file returns."""
        while isinstance(test, ast.UnaryOp):
            test = test.operand
        if not isinstance(test, (ast.Name, ast.Attribute, ast.Call)):
            return []
        binding = self.resolver.resolve(test, scope)
        found = binding.node or binding.before
        if found is None:
            return []
        telling = isinstance(found, (ast.Compare, ast.BoolOp, ast.IfExp)) or _is_verdict(found)
        return _nodes(found) if telling else []

    def _asked(self, test: ast.expr, scope: Scope) -> str:
        """The function that judges something, of which a test reads what it answered; '' where it reads no such."""
        while isinstance(test, (ast.UnaryOp, ast.Compare, ast.Attribute, ast.Subscript)):
            if isinstance(test, ast.UnaryOp):
                test = test.operand
            elif isinstance(test, ast.Compare):
                if not (len(test.ops) == 1 and isinstance(test.comparators[0], ast.Constant)):
                    return ""
                test = test.left if test.comparators[0].value is not None else test.comparators[0]
            else:
                test = test.value
        if isinstance(test, ast.Call):
            name = self.resolver.callee(test, scope).name
        else:
            binding = self.resolver.resolve(test, scope) if isinstance(test, ast.Name) else None
            name = binding.name if binding is not None and binding.call is not None else ""
        while name.endswith(_LATER):
            name = name.rpartition(".")[0]
        return name if name and _JUDGING.search(name.rpartition(".")[2]) else ""

    def _truth(self, test: ast.expr, scope: Scope, depth: int = 0) -> bool | None:
        """What a test always is because of a constant in it: `ALWAYS or x > y`, a name that was set to True."""
        if isinstance(test, ast.Constant):
            return test.value if isinstance(test.value, bool) else None
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self._truth(test.operand, scope, depth)
            return None if inner is None else not inner
        if isinstance(test, ast.BoolOp) and depth < _DEPTH:
            found = [self._truth(one, scope, depth + 1) for one in test.values]
            decides = isinstance(test.op, ast.Or)
            return decides if decides in found else None
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and test.ops[0].__class__ in _HOLDS:
            return self._fixed(test, scope)
        if isinstance(test, (ast.Name, ast.Attribute)):
            binding = self.resolver.resolve(test, scope)
            fixed = binding.before is not None or (test.id if isinstance(test, ast.Name) else test.attr).isupper()
            return binding.const if fixed and isinstance(binding.const, bool) else None
        return None

    def _fixed(self, test: ast.Compare, scope: Scope) -> bool | None:
        """What a comparison of two numbers is, where one of them replaced what was measured."""
        sides = (test.left, test.comparators[0])
        if not any(isinstance(one, ast.Name) and self.resolver.resolve(one, scope).before is not None for one in sides):
            return None
        left, right = (one.value if isinstance(one, ast.Constant) else self.values.const(one, scope) for one in sides)
        if not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
            return None
        return _HOLDS[test.ops[0].__class__](left, right)

    def _names(self, nodes: list[ast.expr]) -> list[str]:
        names: dict[str, None] = {}
        for node in nodes:
            if isinstance(node, (ast.Name, ast.Attribute)) or (
                isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
            ):
                names[self.source.text(node)] = None
        return list(names)[:_NAMES]

    def _constants(self, nodes: list[ast.expr], scope: Scope) -> list[Any]:
        found: list[Any] = []
        for node in nodes:
            plain: Any = MISSING
            if isinstance(node, ast.Constant):
                plain = constant(node.value)
            elif isinstance(node, (ast.Name, ast.Attribute)):
                plain = self.values.const(node, scope)
            if isinstance(plain, (str, int, float, bool)) and plain not in found:
                found.append(plain)
        return found[:_NAMES]


def _nodes(test: ast.expr) -> list[ast.expr]:
    """The expressions of a test, in order; an attribute chain counts as one."""
    found: list[ast.expr] = []
    stack: list[ast.AST] = [test]
    while stack and len(found) < _NODES:
        node = stack.pop()
        if isinstance(node, ast.expr):
            found.append(node)
        if isinstance(node, (ast.Lambda, ast.Attribute)) and not _calls(node):
            continue
        stack += reversed(list(ast.iter_child_nodes(node)))
    return found


def _is_verdict(node: ast.AST) -> bool:
    """`metrics.get("passed")`, `report["passed"]`, `result.is_accepted`: the verdict of an earlier step."""
    if isinstance(node, ast.Attribute):
        return bool(_DECIDED.search(node.attr))
    key: ast.expr | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        key = node.args[0]
    elif isinstance(node, ast.Subscript):
        key = node.slice
    return isinstance(key, ast.Constant) and isinstance(key.value, str) and bool(_VERDICT.search(key.value))


def _is_named(test: ast.expr) -> bool:
    """`accepted`, `not should_promote`: a name that holds a verdict."""
    bare = test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else test
    return isinstance(bare, ast.Name) and bool(_HELD.search(bare.id))


def _calls(node: ast.AST) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, (ast.Call, ast.Subscript))


def _telling(node: ast.Compare) -> bool:
    if any(op.__class__ in _ORDER for op in node.ops):
        return True
    sides = [node.left, *node.comparators]
    known = all(op.__class__ in _SIGNS for op in node.ops)
    return known and all(isinstance(side, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)) for side in sides)

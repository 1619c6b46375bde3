"""Lists, tuples and dicts that stand in code as literals: what a loop over them gives, what a key or `+=` finds."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product
from typing import Any

from mlops_scan.scanner.formats.python.constant import constant
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import Binding, Scope

_TURNS = 20  # of one loop
_ITEMS = 100  # of a list that grows
_DEPTH = 5  # dicts in dicts
_SEQUENCES = (ast.Tuple, ast.List, ast.Set)

_Literal = Callable[[ast.expr], ast.expr | None]  # the literal that a name was set to


def in_turn(target: ast.expr, iterated: ast.expr, literal: _Literal) -> Iterator[tuple[str, list[ast.expr]]]:
    """(variable, expressions) of a loop over a literal: what the variable is in turn."""
    found = list(islice(_rows(iterated, literal), _TURNS + 1))
    if not found or len(found) > _TURNS:
        return
    targets = target.elts if isinstance(target, ast.Tuple) else [target]
    if isinstance(target, ast.Tuple) and all(len(row) == 1 for row in found):
        found = [list(row[0].elts) if isinstance(row[0], _SEQUENCES) else row for row in found]
    for index, one in enumerate(targets):
        if isinstance(one, ast.Name) and all(len(row) == len(targets) for row in found):
            yield one.id, [row[index] for row in found]


def constants(cells: Sequence[ast.expr]) -> list[Any]:
    """The constants that all of the expressions are, else nothing."""
    if not all(isinstance(cell, ast.Constant) and isinstance(cell.value, (str, int)) for cell in cells):
        return []
    return [constant(cell.value) for cell in cells if isinstance(cell, ast.Constant)]


def rows(turns: Sequence[list[Any]], most: int) -> Iterator[tuple[Any, ...]]:
    """What several expressions are in turn, row by row: in step where one loop gives them, else each with each."""
    several = {len(one) for one in turns} - {1}
    if len(several) != 1:
        return islice(product(*turns), most)
    length = max(several)  # of one loop: what belongs together stands in the same row
    return zip(*(one * length if len(one) == 1 else one for one in turns), strict=True)


def _rows(node: ast.expr, literal: _Literal) -> Iterator[list[ast.expr]]:
    """What a loop gives each time: an item, a key, or a key and its value; a count before it."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id == "enumerate" and node.args:
            for row in _rows(node.args[0], literal):
                yield [ast.Name("", ast.Load()), *row]
            return
        method = node.func.attr if isinstance(node.func, ast.Attribute) and not node.args else ""
        held = node.func.value if isinstance(node.func, ast.Attribute) and method else None
        held = held if held is None or isinstance(held, ast.Dict) else literal(held)
        for key, value in zip(held.keys, held.values, strict=True) if isinstance(held, ast.Dict) else ():
            if key is not None and method in ("items", "keys", "values"):
                yield [key, value] if method == "items" else [key if method == "keys" else value]
        return
    found = node if isinstance(node, (*_SEQUENCES, ast.Dict)) else literal(node)
    if isinstance(found, _SEQUENCES):
        yield from ([one] for one in found.elts)
    elif isinstance(found, ast.Dict):
        yield from ([key] for key in found.keys if key is not None)


def longer(old: ast.expr | None, value: ast.expr) -> ast.expr | None:
    """A list or tuple after `+=`; what is not a literal stands in it as one thing of which nothing is known."""
    if not isinstance(old, (ast.List, ast.Tuple)) or len(old.elts) >= _ITEMS:
        return None
    more = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [ast.copy_location(ast.Starred(value), value)]
    return ast.copy_location(ast.List([*old.elts, *more][:_ITEMS], ast.Load()), old)


def under(node: ast.expr, key: str, scope: Scope, resolver: Resolver, depth: int) -> tuple[ast.expr, Scope] | None:
    """What stands under a key of a dict of this file, itself or in another dict; with its scope."""
    held: tuple[ast.expr | None, Scope] | None = (node, scope)
    if isinstance(node, ast.Subscript):
        inner = node.slice.value if isinstance(node.slice, ast.Constant) else None
        known = isinstance(inner, str) and depth < _DEPTH
        held = under(node.value, str(inner), scope, resolver, depth + 1) if known else None
    elif isinstance(node, (ast.Name, ast.Attribute)):
        binding = resolver.resolve(node, scope)
        held = binding.node, binding.scope or scope
    found = _entry(held[0], key) if held is not None else None
    return (found, held[1]) if held is not None and found is not None else None


class Rows:
    """The lists or dicts that variables of loops are in turn."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Binding, list[ast.expr]]] = {}

    def keep(self, variable: Binding, cells: list[ast.expr]) -> bool:
        """Remember what a variable is in turn; False where that is something else."""
        if not all(isinstance(cell, (ast.List, ast.Tuple, ast.Dict)) for cell in cells):
            return False
        self._kept[id(variable)] = variable, cells
        return True

    def of(self, node: ast.expr, scope: Scope) -> list[ast.expr]:
        """What the variable of a loop is in turn."""
        found = scope.find(node.id) if self._kept and isinstance(node, ast.Name) else None
        return self._kept[id(found)][1] if id(found) in self._kept else []

    def entries(self, node: ast.expr, key: str, scope: Scope) -> list[Any]:
        """The constants that stand under a key of all of the dicts, else nothing."""
        found = [_entry(table, key) for table in self.of(node, scope)]
        return constants([one for one in found if one is not None]) if None not in found else []


def _entry(table: ast.expr | None, key: str) -> ast.expr | None:
    """What stands under a key of a dict; of several the last, nothing where another dict may hide it."""
    if not isinstance(table, ast.Dict):
        return None
    for one, value in zip(reversed(table.keys), reversed(table.values), strict=True):
        if one is None:
            return None
        if isinstance(one, ast.Constant) and one.value == key:
            return value
    return None

"""Expressions as nodes with places: constructor calls become mappings of their keywords, names what they stand for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from mlops_scan.scanner.formats.python.bodies import last_return
from mlops_scan.scanner.formats.python.constructs.codenodes import Defaulted, Made, Unknown
from mlops_scan.scanner.formats.python.constructs.uses import Frame
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import MISSING, Binding, Scope
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.formats.python.values import Values
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence, made

_DEPTH = 24
_NODES = 30_000  # of one file
_ITEMS = 200  # of one list, dict or call
_SEARCHED = 60  # nodes of an expression in which references are looked for
_TRANSPARENT = frozenset(("json.dumps", "yaml.dump"))  # what they are given is what the API reads
_LITERALS = (ast.List, ast.Tuple, ast.Set)
_LOOPS = (ast.ListComp, ast.SetComp, ast.GeneratorExp)


class Builder:
    """Makes nodes of one file's expressions. `is_resource` tells calls that are subjects of their own."""

    def __init__(self, source: Source, resolver: Resolver, values: Values) -> None:
        self.source, self.resolver, self.values = source, resolver, values
        self.is_resource: Callable[[str], bool] = lambda name: False
        self.is_known: Callable[[str], bool] = lambda name: False
        self.value: Callable[[str], str] = lambda name: ""  # the name of a call that only stands for a value
        self.frame = Frame()  # the use of the functions that is read
        self.used: set[int] = set()  # ids of calls that became part of another node
        self._left = _NODES
        self._open: set[int] = set()

    def node(self, expr: ast.expr, scope: Scope, depth: int = 0) -> Node:
        """The node of an expression; never None: `None` is a null scalar."""
        self._left -= 1
        scope = self.frame.scopes.get(id(scope), scope)
        if isinstance(expr, ast.Attribute) and isinstance(expr.value, ast.Name) and depth < _DEPTH:
            told = self.frame.attributes.get((id(scope), expr.value.id, expr.attr))
            if told is not None:
                return self.node(*told, depth + 1)
        if self._left > 0 and depth < _DEPTH and id(expr) not in self._open:
            self._open.add(id(expr))
            try:
                found = self._read(expr, scope, depth)
            finally:
                self._open.discard(id(expr))
            if found is not None:
                return found
        return self._other(expr, scope)

    def _read(self, expr: ast.expr, scope: Scope, depth: int) -> Node | None:
        if isinstance(expr, ast.Dict):
            return self._dict(expr, scope, depth)
        if isinstance(expr, _LITERALS):
            return self._list(expr, expr.elts, scope, depth)
        if isinstance(expr, _LOOPS):
            return self._list(expr, [expr.elt], scope, depth)
        if isinstance(expr, ast.Call):
            return self.call(expr, scope, depth)
        if isinstance(expr, (ast.Name, ast.Attribute)):
            return self._name(expr, scope, depth)
        if isinstance(expr, (ast.Await, ast.NamedExpr)):
            return self.node(expr.value, scope, depth + 1)
        if isinstance(expr, ast.IfExp):
            return self._either(expr, scope, depth)
        return None

    def call(self, expr: ast.Call, scope: Scope, depth: int = 0) -> Node | None:
        """A call of a known library as the mapping of its arguments; of a local function, what it returns."""
        scope = self.frame.scopes.get(id(scope), scope)
        binding = self.resolver.callee(expr, scope)
        if binding.function is not None:
            return self._returned(binding, depth)
        if binding.name in _TRANSPARENT and expr.args:
            found = self.node(expr.args[0], scope, depth + 1)
            return found if isinstance(found, (Mapping, Sequence)) else None
        name = self.value(binding.name) or ("" if binding.local else binding.name)
        if not name or not self.is_known(name):
            return None
        if depth:
            self.used.add(id(expr))
        made_of = Made(*self._place(expr), name, expr, scope)
        if binding.call is not None and binding.scope is not None and binding.call is not expr:
            made_of.receiver = (binding.call, binding.scope)
        made_of.args = [self.node(one, scope, depth + 1) for one in expr.args[:_ITEMS]]
        for keyword in expr.keywords[:_ITEMS]:
            if keyword.arg is None:
                self._spread(made_of, keyword.value, scope, depth)
            else:
                self._put(made_of, keyword.arg, self.node(keyword.value, scope, depth + 1), self._place(keyword.value))
        return made_of

    def _returned(self, binding: Binding, depth: int) -> Node | None:
        info = binding.function
        if info is None or isinstance(info.node, ast.Lambda):
            return None
        value = last_return(info.node.body)
        if value is None or isinstance(value, ast.Constant):
            return None
        found = self.node(value, info.inner or info.scope, depth + 1)
        return None if isinstance(found, Unknown) else found

    def _dict(self, expr: ast.Dict, scope: Scope, depth: int) -> Mapping:
        mapping = Mapping(*self._place(expr))
        for key, value in list(zip(expr.keys, expr.values, strict=True))[:_ITEMS]:
            if key is None:
                self._spread(mapping, value, scope, depth)
                continue
            known = self.values.const(key, scope)
            name = known if isinstance(known, str) else self.source.text(key)
            self._put(mapping, name, self.node(value, scope, depth + 1), self._place(key))
        return mapping

    def _spread(self, mapping: Mapping, expr: ast.expr, scope: Scope, depth: int) -> None:
        found = self.node(expr, scope, depth + 1)
        if isinstance(found, Mapping) and not isinstance(found, Made):
            for name, node in found.items():
                self._put(mapping, name, node, found.places.get(name, (found.line, found.column)))

    @staticmethod
    def _put(mapping: Mapping, name: str, node: Node, place: tuple[int, int]) -> None:
        if isinstance(node, Scalar) and node == "null" and node.bare:
            return  # as good as left out
        mapping[name] = node
        mapping.places[name] = place

    def _list(self, expr: ast.expr, elements: list[ast.expr], scope: Scope, depth: int) -> Sequence:
        sequence = Sequence(*self._place(expr))
        for one in elements[:_ITEMS]:
            if isinstance(one, ast.Starred):
                found = self.node(one.value, scope, depth + 1)
                sequence.extend(found if isinstance(found, Sequence) else ())
            else:
                sequence.append(self.node(one, scope, depth + 1))
        return sequence

    def _either(self, expr: ast.IfExp, scope: Scope, depth: int) -> Node | None:
        """Of two the one that is more than a text: `x if there else None`."""
        for option in (expr.body, expr.orelse):
            if not isinstance(option, ast.Constant):
                found = self.node(option, scope, depth + 1)
                if isinstance(found, (Mapping, Sequence)):
                    return found
        return None

    def _name(self, expr: ast.Name | ast.Attribute, scope: Scope, depth: int) -> Node | None:
        binding = self.resolver.resolve(expr, scope)
        if binding.const is not MISSING or binding.parts:
            return None
        if isinstance(binding.node, (ast.Dict, *_LITERALS)):
            return self.node(binding.node, binding.scope or scope, depth + 1)
        if binding.call is None or binding.scope is None or self.values.const(expr, scope) is not MISSING:
            return None
        callee = self.resolver.callee(binding.call, binding.scope)
        whole = callee.name == binding.name or (binding.name == f"{callee.name}.id" and self.value(callee.name))
        if whole and not self.is_resource(callee.name):
            return self.node(binding.call, binding.scope, depth + 1)
        if self.value(binding.name) and binding.name.startswith(f"{callee.name}."):
            return self._attribute(binding, depth)
        return None

    def _attribute(self, binding: Binding, depth: int) -> Node | None:
        """What an attribute of an object stands for, by the arguments that made the object."""
        assert binding.call is not None and binding.scope is not None
        found = self.node(binding.call, binding.scope, depth + 1)
        if isinstance(found, Made):
            found.callee = binding.name
        return found if isinstance(found, Made) else None

    def _other(self, expr: ast.expr, scope: Scope) -> Node:
        """A constant, or what is known of the rest."""
        place = self._place(expr)
        value = self.values.of(expr, scope)
        if not isinstance(value, dict) or "expr" not in value:
            return made(value, *place)
        if "const" in value:
            plain = made(value["const"], *place)
            return self._defaulted(plain, value, expr, scope) if isinstance(plain, Scalar) else plain
        kept = {key: value[key] for key in ("expr", "name", "env", "call", "parts", "param") if key in value}
        template = self.values.template(expr, scope) if "parts" in value else ""
        text = template.replace("{}", "${?}") or "${?}".join(value.get("parts", ())) or f"${{{value['expr']}}}"
        one = Unknown(text)
        one.line, one.column, one.bare, one.block, one.tag = *place, False, False, ""
        found = self.subjects(expr, scope)
        one.value, one.made_by, one.more = kept, next(iter(found), None), found[1:]
        return one

    def _defaulted(self, plain: Scalar, value: dict[str, Any], expr: ast.expr, scope: Scope) -> Scalar:
        if not isinstance(expr, ast.Name) or not self.resolver.resolve(expr, scope).param:
            return plain
        one = Defaulted(str(plain))
        one.line, one.column, one.bare, one.block, one.tag = plain.line, plain.column, plain.bare, plain.block, ""
        one.value = {"expr": value["expr"], "const": value["const"]}
        return one

    def subjects(self, expr: ast.expr, scope: Scope) -> tuple[ast.Call, ...]:
        """The calls that made the resources to which an expression leads, each once."""
        found = {id(one): one for one in self._subjects(expr, scope)}
        return tuple(found.values())

    def _subjects(self, expr: ast.expr, scope: Scope) -> Iterator[ast.Call]:
        stack: list[ast.AST] = [expr]
        for _ in range(_SEARCHED):
            if not stack:
                return
            node = stack.pop()
            if isinstance(node, (ast.Name, ast.Attribute)):
                binding = self.resolver.resolve(node, scope)
                if binding.call is not None and binding.scope is not None:
                    name = self.resolver.callee(binding.call, binding.scope).name
                    if self.is_resource(name):
                        yield binding.call
                        continue
            stack.extend(ast.iter_child_nodes(node))

    def _place(self, expr: ast.AST) -> tuple[int, int]:
        at = self.source.at(expr)
        return at.line, at.column

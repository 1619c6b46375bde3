"""Calls that ask for the configuration of a stack, with what this one gives in their place."""

from __future__ import annotations

import ast
from typing import Any

from mlops_scan.scanner.formats.pulumistacks import Stack

_LIBRARY = "pulumi"
_CLASS = "Config"
_KINDS: dict[str, Any] = {"": str, "_int": int, "_float": float, "_bool": bool, "_object": object}
_METHODS = {f"{verb}{kind}": (verb, made) for verb in ("get", "require") for kind, made in _KINDS.items()}
_MISSING: Any = object()


class Filler(ast.NodeTransformer):
    """Puts the values of one stack into the tree of a program. `used`: their texts, and where each stands."""

    def __init__(self, stack: Stack, tree: ast.Module) -> None:
        self._stack = stack
        self._classes = set(_classes(tree))
        self._holders = self._held(tree)
        self.used: dict[str, tuple[str, int]] = {}
        self._filled: set[int] = set()
        self._kept: list[ast.expr] = []  # whose ids are in `_filled`

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        func = node.func
        if not isinstance(func, ast.Attribute) or func.attr not in _METHODS:
            return node
        namespace = self._namespace(func.value)
        key = _text(node, "key")
        if namespace is None or key is None:
            return node
        verb, kind = _METHODS[func.attr]
        value = self._value(f"{namespace}:{key}", kind)
        if value is _MISSING:
            default = _argument(node, 1, "default") if verb == "get" else None
            return node if default is None else default
        made = ast.parse(repr(value), mode="eval").body
        for one in ast.walk(made):
            ast.copy_location(one, node)
        self._filled.add(id(made))
        self._kept.append(made)
        return made

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """`config.get("image") or "default"`: the default only where the stack gives nothing."""
        self.generic_visit(node)
        first = node.values[0]
        given = id(first) in self._filled and (not isinstance(first, ast.Constant) or bool(first.value))
        return first if given and isinstance(node.op, ast.Or) else node

    def _value(self, key: str, kind: Any) -> Any:
        if key not in self._stack.entries:
            return _MISSING
        value, path, line = self._stack.entries[key]
        try:
            value = _typed(value, kind)
        except (TypeError, ValueError):
            return _MISSING
        self.used[str(value)] = path, line
        return value

    def _held(self, tree: ast.Module) -> dict[str, str]:
        """The names of objects that ask, each with its namespace; of several namespaces none."""
        found: dict[str, str | None] = {}
        for node in ast.walk(tree):
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call):
                space = self._made(node.value)
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if space is not None and isinstance(target, (ast.Name, ast.Attribute)):
                        name = ast.unparse(target)
                        found[name] = space if found.get(name, space) == space else None
            elif isinstance(node, ast.arg) and node.annotation is not None and self._is_class(node.annotation):
                found.setdefault(node.arg, self._stack.project)
        return {name: space for name, space in found.items() if space is not None}

    def _is_class(self, node: ast.expr) -> bool:
        return isinstance(node, (ast.Name, ast.Attribute)) and ast.unparse(node) in self._classes

    def _namespace(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Call):
            return self._made(node)
        return self._holders.get(ast.unparse(node)) if isinstance(node, (ast.Name, ast.Attribute)) else None

    def _made(self, node: ast.Call) -> str | None:
        """The namespace of a new object: the one that it is told, else the program's own."""
        if not self._is_class(node.func):
            return None
        given = _argument(node, 0, "name")
        if given is None or ast.unparse(given).endswith("get_project()"):
            return self._stack.project
        return _text(node, "name")


def _classes(tree: ast.Module) -> list[str]:
    """The names by which a file calls the class that asks."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [f"{one.asname or one.name}.{_CLASS}" for one in node.names if one.name == _LIBRARY]
        elif isinstance(node, ast.ImportFrom) and node.module == _LIBRARY and not node.level:
            found += [one.asname or one.name for one in node.names if one.name == _CLASS]
    return found


def _argument(node: ast.Call, index: int, name: str) -> ast.expr | None:
    named = next((one.value for one in node.keywords if one.arg == name), None)
    return node.args[index] if len(node.args) > index else named


def _text(node: ast.Call, name: str) -> str | None:
    given = _argument(node, 0, name)
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def _typed(value: Any, kind: Any) -> Any:
    if value is None or kind is object:
        return _MISSING if value is None else value
    if isinstance(value, (list, dict)):
        raise TypeError(kind)
    if kind is bool:
        return str(value).lower() == "true"
    if kind is str and isinstance(value, bool):
        return str(value).lower()
    return kind(value)

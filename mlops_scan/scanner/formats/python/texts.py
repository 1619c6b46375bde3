"""Texts that expressions put together: f-strings, sums, `format`, `%`, joined paths."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.python.constant import is_unknown, plain
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import Scope

TRANSPARENT = frozenset(("str", "int", "float", "bool", "os.fspath", "os.path.abspath", "os.path.expanduser", "open"))
_PIECES = 60  # of one concatenation
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|%(?:\(\w+\))?[-#0 +]*[\d.]*[a-zA-Z]")
_GAP = None  # an unknown piece of a text


class Texts:
    """Puts the texts of one file together; `value` makes the value of an expression at a depth."""

    def __init__(self, resolver: Resolver, value: Callable[[ast.expr, Scope, int], Any]) -> None:
        self._resolver, self._value = resolver, value
        self._read: list[Any] = []  # pieces that stand in configuration files

    def of(self, node: ast.expr, scope: Scope, depth: int) -> dict[str, Any]:
        """`const` of a text whose pieces are all known, else its known `parts`."""
        outer, self._read = self._read, []
        pieces: list[str | None] = list(self.pieces(node, scope, depth))[:_PIECES]
        read, self._read = self._read, outer
        if pieces and _GAP not in pieces:
            return {"const": "".join(piece for piece in pieces if piece is not None)[: bounds.FACT_TEXT]}
        parts: list[str] = []
        glued = False
        for piece in pieces:
            if piece and glued:
                parts[-1] += piece
            elif piece:
                parts.append(piece)
            glued = bool(piece)
        made: dict[str, Any] = {"parts": [part[: bounds.FACT_TEXT] for part in parts]} if parts else {}
        return {**made, "pieces": read} if read else made

    def pieces(self, node: ast.expr, scope: Scope, depth: int) -> list[str | None]:
        """The pieces of a text in order, None for what is unknown."""
        if isinstance(node, ast.JoinedStr):
            return [piece for one in node.values[:_PIECES] for piece in self._piece(one, scope, depth)]
        if isinstance(node, ast.Call):
            return self._call(node, scope, depth)
        operands: list[ast.expr] = []
        operator = node.op.__class__ if isinstance(node, ast.BinOp) else None
        while isinstance(node, ast.BinOp) and node.op.__class__ is operator and len(operands) < _PIECES:
            operands.append(node.right)
            node = node.left
        if operator is ast.Mod:
            return self._template(node, scope, depth)
        found: list[str | None] = self._piece(node, scope, depth)
        for operand in reversed(operands):
            found += [*(["/"] if operator is ast.Div else []), *self._piece(operand, scope, depth)]
        return found

    def _call(self, node: ast.Call, scope: Scope, depth: int) -> list[str | None]:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            return self._template(node.func.value, scope, depth)
        found: list[str | None] = []
        for index, one in enumerate(node.args[:_PIECES]):
            found += [*(["/"] if index else []), *self._piece(one, scope, depth)]
            if self._resolver.callee(node, scope).name in TRANSPARENT:
                break
        return found

    def _template(self, node: ast.expr, scope: Scope, depth: int) -> list[str | None]:
        text = plain(self._value(node, scope, depth + 1))
        found: list[str | None] = []
        for piece in _PLACEHOLDER.split(text if isinstance(text, str) else ""):
            found += [piece, _GAP]
        return found

    def _piece(self, node: ast.expr, scope: Scope, depth: int) -> list[str | None]:
        inner = node.value if isinstance(node, ast.FormattedValue) else node
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            return [_GAP]
        value = self._value(inner, scope, depth + 1)
        if is_unknown(value):
            self._read += [value] if "file" in value else value.get("pieces") or []
            parts = value.get("parts")
            return [piece for part in parts for piece in (part, _GAP)] if parts else [_GAP]
        known = plain(value)
        return [str(known)] if isinstance(known, (str, int, float)) else [_GAP]

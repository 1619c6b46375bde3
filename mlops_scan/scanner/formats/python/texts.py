"""Texts that expressions put together: f-strings, sums, `format`, `%`, joined paths."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.python import placeholders
from mlops_scan.scanner.formats.python.constant import is_unknown, plain
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import Scope

TRANSPARENT = frozenset(("str", "int", "float", "bool", "os.fspath", "os.path.abspath", "os.path.expanduser", "open"))
_PIECES = 60  # of one concatenation
_GAP = None  # an unknown piece of a text
_AS_IT_IS = (-1, 115)  # conversions of an f-string that leave a text what it is

Piece = str | tuple[str, ...] | None  # a text, one of several texts in turn, or something unknown


class Texts:
    """Puts the texts of one file together; `value` makes the value of an expression at a depth."""

    def __init__(self, resolver: Resolver, value: Callable[[ast.expr, Scope, int], Any]) -> None:
        self._resolver, self._value = resolver, value
        self._read: list[Any] = []  # pieces that stand in configuration files

    def of(self, node: ast.expr, scope: Scope, depth: int) -> dict[str, Any]:
        """`const` of a text whose pieces are all known, else its known `parts`, and `each` text that it is in turn."""
        outer, self._read = self._read, []
        pieces = self.pieces(node, scope, depth)
        read, self._read = self._read, outer
        if len(pieces) > _PIECES:
            pieces = [*pieces[:_PIECES], _GAP]
        if pieces and all(piece.__class__ is str for piece in pieces):
            return {"const": _joined(pieces)}
        parts = placeholders.between(pieces)
        made: dict[str, Any] = {"parts": [part[: bounds.FACT_TEXT] for part in parts]} if any(parts) else {}
        turns = [index for index, piece in enumerate(pieces) if isinstance(piece, tuple)]
        if len(turns) == 1 and _GAP not in pieces:
            before, after = pieces[: turns[0]], pieces[turns[0] + 1 :]
            made["each"] = [_joined([*before, one, *after]) for one in pieces[turns[0]] or ()]
        return {**made, "pieces": read} if read else made

    def pieces(self, node: ast.expr, scope: Scope, depth: int) -> list[Piece]:
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
            return self._percent(node, operands, scope, depth)
        found: list[Piece] = self._piece(node, scope, depth)
        for operand in reversed(operands):
            found += [*(["/"] if operator is ast.Div else []), *self._piece(operand, scope, depth)]
        return found

    def _call(self, node: ast.Call, scope: Scope, depth: int) -> list[Piece]:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            text = plain(self._value(node.func.value, scope, depth + 1))
            return self._filled(placeholders.of_format(text, node), scope, depth) if isinstance(text, str) else [_GAP]
        found: list[Piece] = []
        for index, one in enumerate(node.args[:_PIECES]):
            found += [*(["/"] if index else []), *self._piece(one, scope, depth)]
            if self._resolver.callee(node, scope).name in TRANSPARENT:
                break
        return found

    def _percent(self, node: ast.expr, operands: list[ast.expr], scope: Scope, depth: int) -> list[Piece]:
        text = plain(self._value(node, scope, depth + 1))
        if not isinstance(text, str) or len(operands) > 1:
            return [_GAP]
        return self._filled(placeholders.of_percent(text, operands[0]), scope, depth)

    def _filled(self, pieces: Iterable[placeholders.Piece], scope: Scope, depth: int) -> list[Piece]:
        found: list[Piece] = []
        for piece in pieces:
            found += self._piece(piece, scope, depth) if isinstance(piece, ast.expr) else [piece]
            if len(found) > _PIECES:
                break
        return found

    def _piece(self, node: ast.expr, scope: Scope, depth: int) -> list[Piece]:
        inner = node.value if isinstance(node, ast.FormattedValue) else node
        if isinstance(node, ast.FormattedValue) and (node.format_spec is not None or node.conversion not in _AS_IT_IS):
            return [_GAP]
        value = self._value(inner, scope, depth + 1)
        if is_unknown(value):
            self._read += [value] if "file" in value else value.get("pieces") or []
            if value.get("each"):
                return [tuple(str(one) for one in value["each"])]
            parts = value.get("parts")
            return [piece for part in parts for piece in (_GAP, part)][1:] if parts else [_GAP]
        known = plain(value)
        return [str(known)] if isinstance(known, (str, int, float)) else [_GAP]


def _joined(pieces: Iterable[Piece]) -> str:
    return "".join(piece for piece in pieces if isinstance(piece, str))[: bounds.FACT_TEXT]

"""Syntax newer than the running interpreter, spelled as an older one reads it. Uses libcst: import it lazily."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Any

import libcst as cst

from mlops_scan.scanner import bounds

_BYTES = 256 * 2**10
_INDENT = 100
_ELIFS = 400
_WEIGHT = 900  # operators and brackets in one statement: libcst ends the process at about 1200 nested brackets
_OPERATORS = re.compile(rb"\\?\r?\n|[ \t]+|[^\w\s]")


def older(data: bytes) -> Iterator[bytes]:
    """`data` with new constructs taken back; nothing when it is no Python at all or not safe to try."""
    if not is_safe(data):
        return
    try:
        module = cst.parse_module(data)
        changed = module.visit(_Older())
    except (cst.ParserSyntaxError, SyntaxError, RecursionError, UnicodeError, ValueError, MemoryError):
        return
    yield changed.bytes


def is_safe(data: bytes) -> bool:
    """Whether libcst, which recurses without bound, can be trusted with this text."""
    if len(data) > _BYTES or data.count(b"elif") > _ELIFS:
        return False
    if re.search(rb"^[ \t]{%d}" % _INDENT, data, re.MULTILINE):
        return False
    depth = weight = 0
    for match in _OPERATORS.finditer(data):
        token = match[0]
        if token.endswith(b"\n"):
            if depth <= 0 and not token.startswith(b"\\"):
                depth = weight = 0
            continue
        depth += (token in b"([{") - (token in b")]}")
        weight += 1
        if weight > _WEIGHT or depth > bounds.PYTHON_DEPTH:
            return False
    return True


class _Older(cst.CSTTransformer):
    """Keeps the number of lines; every change is to something that names no call of its own."""

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> Any:  # noqa: N802
        return updated_node.with_changes(type_parameters=None)

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> Any:  # noqa: N802
        return updated_node.with_changes(type_parameters=None)

    def leave_TypeAlias(self, original_node: cst.TypeAlias, updated_node: cst.TypeAlias) -> Any:  # noqa: N802
        return cst.Assign([cst.AssignTarget(updated_node.name)], updated_node.value)

    def leave_ExceptHandler(self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler) -> Any:  # noqa: N802
        kind = updated_node.type
        if isinstance(kind, cst.Tuple) and not kind.lpar:
            return updated_node.with_changes(type=kind.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]))
        return updated_node

    def leave_TryStar(self, original_node: cst.TryStar, updated_node: cst.TryStar) -> Any:  # noqa: N802
        handlers = [
            cst.ExceptHandler(body=one.body, type=one.type, name=one.name, leading_lines=one.leading_lines)
            for one in updated_node.handlers
        ]
        return cst.Try(
            body=updated_node.body,
            handlers=handlers,
            orelse=updated_node.orelse,
            finalbody=updated_node.finalbody,
            leading_lines=updated_node.leading_lines,
        )

    def leave_FormattedString(  # noqa: N802
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> cst.BaseExpression:
        code = cst.Module([]).code_for_node(updated_node)
        if "\n" in code or _parses(code):
            return updated_node
        pieces = [one.expression for one in updated_node.parts if isinstance(one, cst.FormattedStringExpression)]
        return cst.Tuple(
            [cst.Element(piece) for piece in pieces], lpar=[cst.LeftParen()], rpar=[cst.RightParen()]
        )  # the calls inside stay visible


def _parses(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True

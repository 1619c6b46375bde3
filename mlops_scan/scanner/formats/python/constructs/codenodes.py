"""Nodes of code that YAML has none of: what is no constant, what a caller may override, the arguments of a call."""

from __future__ import annotations

import ast
from typing import Any

from mlops_scan.scanner.formats.python.scopes import Scope
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar


class Unknown(Scalar):
    """What is no constant: its text as `${source}`, or with the parts that are known; `value` as docs/facts.md says.

    `made_by` is the call whose object it leads to, `more` those of others.
    """

    __slots__ = ("made_by", "more", "value")
    value: dict[str, Any]
    made_by: ast.Call | None
    more: tuple[ast.Call, ...]


class Defaulted(Scalar):
    """The default of a parameter: a constant that a caller may override; `value` as docs/facts.md says."""

    __slots__ = ("value",)
    value: dict[str, Any]


class Made(Mapping):
    """The keywords of a call; `callee` is its qualified name, `args` what is given by position."""

    __slots__ = ("args", "call", "callee", "receiver", "scope")

    def __init__(self, line: int, column: int, callee: str, call: ast.Call, scope: Scope) -> None:
        super().__init__(line, column)
        self.callee, self.call, self.scope = callee, call, scope
        self.args: list[Node] = []
        self.receiver: tuple[ast.Call, Scope] | None = None

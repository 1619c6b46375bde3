"""A call that may declare something, until every name of its file is known."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from mlops_scan.scanner.formats.python.scopes import Scope


@dataclass(frozen=True, slots=True)
class Met:
    """A call as the walker met it; a decorator without brackets is no `ast.Call`."""

    index: int
    node: ast.expr
    scope: Scope

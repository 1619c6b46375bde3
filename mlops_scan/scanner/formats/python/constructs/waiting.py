"""Collects the calls of a file that imports an infrastructure library; of any other file it stays asleep."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.formats.python.constructs.met import Met
from mlops_scan.scanner.formats.python.constructs.tables import roots
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import Scope
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.formats.python.values import Values
from mlops_scan.scanner.model import Fact, Location

_CALLS = 5_000  # of one file that are looked at


class Constructs:
    """The declarations of one file. Asleep until an import wakes it."""

    def __init__(self, source: Source, resolver: Resolver, values: Values) -> None:
        self._source = source
        self._parts = (source, resolver, values)
        self.met: list[Met] = []
        self.set: list[tuple[ast.Attribute, ast.expr, Scope]] = []
        self.imports: set[str] = set()
        self.awake = False

    def imported(self, module: str) -> None:
        """Take notice of an import."""
        root = module.partition(".")[0]
        if root in roots():
            self.awake = True
            self.imports.add(root)

    def assigned(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        """Remember an attribute that is set after the object was made."""
        if isinstance(target, ast.Attribute) and len(self.set) < _CALLS:
            self.set.append((target, value, scope))

    def add(self, index: int, node: ast.expr, scope: Scope) -> None:
        """Remember a call; `index` is that of its record."""
        if len(self.met) < _CALLS:
            self.met.append(Met(index, node, scope))

    def facts(self, calls: list[tuple[str, Location, dict[str, Any]]]) -> Iterator[Fact]:
        """The facts of all that was met, once every name of the file is known."""
        if self.met:
            from mlops_scan.scanner.formats.python.constructs.collect import Reading  # few files need it

            reading = Reading(*self._parts, self.imports)
            yield from reading.facts([(one, *calls[one.index]) for one in self.met], self.set)
            reading.dissolve()

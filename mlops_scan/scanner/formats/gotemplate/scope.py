"""Variables of a template and its dot, with the values that were read to make them."""

from __future__ import annotations

from mlops_scan.scanner.formats.gotemplate.nodes import TemplateError, Value
from mlops_scan.scanner.formats.gotemplate.values import Read

Reads = tuple[Read, ...]


class Scope:
    """One block: its dot, what was read to make the dot, the variables declared in it, and the block around it."""

    __slots__ = ("around", "dot", "names", "reads")

    def __init__(self, dot: Value, reads: Reads = (), around: Scope | None = None) -> None:
        self.dot, self.reads, self.around = dot, reads, around
        self.names: dict[str, tuple[Value, Reads]] = {} if around is not None else {"$": (dot, reads)}

    def inner(self) -> Scope:
        """A block in this one with the same dot."""
        return Scope(self.dot, self.reads, self)

    def get(self, name: str) -> tuple[Value, Reads]:
        """The variable's value and what was read to make it. Raises TemplateError when it is not declared."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.around
        raise TemplateError(f"undefined variable {name!r}")

    def declare(self, name: str, value: Value, reads: Reads = ()) -> None:
        """`name := value`."""
        self.names[name] = (value, reads)

    def assign(self, name: str, value: Value, reads: Reads = ()) -> None:
        """`name = value`, where `name` was declared."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                scope.names[name] = (value, reads)
                return
            scope = scope.around
        raise TemplateError(f"undefined variable {name!r}")

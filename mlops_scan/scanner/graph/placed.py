"""Things by the place in a file at which they stand, to be asked for what stands within another place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from mlops_scan.scanner.model import Location

T = TypeVar("T")


class Placed(Generic[T]):
    """What was put in, by file and line."""

    def __init__(self, found: Iterable[tuple[Location, T]] = ()) -> None:
        self._by_line: dict[tuple[str, int], list[tuple[Location, T]]] = defaultdict(list)
        for at, one in found:
            self.put(at, one)

    def put(self, at: Location, one: T) -> None:
        self._by_line[at.path, at.line].append((at, one))

    def within(self, outer: Location) -> Iterator[T]:
        """What begins at `outer` or within it."""
        last = outer.end_line or outer.line
        end = (last, outer.end_column or 10**9)
        for line in range(outer.line, last + 1):
            for at, one in self._by_line.get((outer.path, line), ()):
                if (outer.line, outer.column) <= (at.line, at.column) < end:
                    yield one

"""Questions whose answer does not change once the graph is linked."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from mlops_scan.scanner.graph.core import Graph

_T = TypeVar("_T")


def once(make: Callable[[Graph], _T]) -> Callable[[Graph], _T]:
    """The question `make`, answered once for a graph."""

    @wraps(make)
    def asked(graph: Graph) -> _T:
        return graph.once(make)

    return asked

"""What every link is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Edge, Node


class Link:
    """Finds facts of several files that mean one thing, or belong to one thing.

    A link with a `turn` above 0 asks the graph for what links of an earlier turn found.
    """

    turn: ClassVar[int] = 0

    def edges(self, graph: Graph) -> Iterator[Edge]:
        """Yield links between subjects: `kind:name` ids, each with the place that shows the link."""
        raise NotImplementedError

    def nodes(self, graph: Graph) -> Iterator[Node]:
        """Yield subjects that the facts declare, with their place; asked before the edges of the same turn."""
        yield from ()

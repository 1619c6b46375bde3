"""What every link is."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Edge


class Link:
    """Finds facts of several files that mean one thing, or belong to one thing."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        """Yield links between subjects: `kind:name` ids, each with the place that shows the link."""
        raise NotImplementedError

"""The links between the subjects of a repository, and what they lead to.

Plain adjacency, because importing networkx costs 135 ms; it is imported for paths and exports only.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable
from operator import attrgetter
from typing import Any

from mlops_scan.scanner.model import Edge, Node

_WHOLE = attrgetter("source", "relation", "target")
_BY_TARGET = attrgetter("relation", "target")
_BY_SOURCE = attrgetter("relation", "source")
# links by which something comes to run a file
RUNNING = ("runs", "starts", "calls", "has job", "needs", "builds", "stands on", "has step", "applies")


class Links:
    """Subjects and links, by either end."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._out: dict[str, list[Edge]] = defaultdict(list)
        self._in: dict[str, list[Edge]] = defaultdict(list)
        self._linked: set[tuple[str, str, str]] = set()
        self._closures: dict[tuple[str, ...], frozenset[str]] = {}

    def add_edge(self, edge: Edge) -> None:
        """Link two subjects; both become nodes, a repeated link is kept once."""
        link = (edge.source, edge.relation, edge.target)
        if link in self._linked:
            return
        self._linked.add(link)
        for end in link[::2]:
            if end not in self._nodes:
                kind, _, name = end.partition(":")
                self._nodes[end] = Node(end, kind, name, edge.at)
        self._out[edge.source].append(edge)
        self._in[edge.target].append(edge)

    def add_node(self, node: Node) -> None:
        self._nodes[node.id] = node

    def nodes(self) -> tuple[Node, ...]:
        return tuple(self._nodes[key] for key in sorted(self._nodes))

    def edges(self, *relations: str) -> tuple[Edge, ...]:
        """All links (of these relations), by source, relation and target."""
        found = (edge for edges in self._out.values() for edge in edges if not relations or edge.relation in relations)
        return tuple(sorted(found, key=_WHOLE))

    def links_from(self, node: str, *relations: str) -> tuple[Edge, ...]:
        return _chosen(self._out.get(node), relations, _BY_TARGET)

    def links_to(self, node: str, *relations: str) -> tuple[Edge, ...]:
        return _chosen(self._in.get(node), relations, _BY_SOURCE)

    def reachable_from(self, *starts: str, relations: Collection[str] = (), limit: int = 100_000) -> frozenset[str]:
        """Nodes that the links (of these relations) reach from `starts`, the starts included."""
        seen: set[str] = set(starts)
        queue = deque(sorted(seen))
        while queue and len(seen) < limit:
            for edge in self._out.get(queue.popleft(), ()):
                if edge.target not in seen and (not relations or edge.relation in relations):
                    seen.add(edge.target)
                    queue.append(edge.target)
        return frozenset(seen)

    def closure(self, *paths: str) -> frozenset[str]:
        """The files that these files reach by importing, themselves included."""
        if paths not in self._closures:
            starts = [f"file:{path}" for path in paths]
            reached = self.reachable_from(*starts, relations=("imports",))
            self._closures[paths] = frozenset(node[5:] for node in reached if node.startswith("file:"))
        return self._closures[paths]

    def importing(self, paths: Iterable[str]) -> frozenset[str]:
        """The files of which the closure holds one of these: those that come to import them, and they themselves."""
        found = set(paths)
        waiting = sorted(found)
        while waiting:
            for edge in self._in.get(f"file:{waiting.pop()}", ()):
                path = edge.source.removeprefix("file:")
                if edge.relation == "imports" and path not in found:
                    found.add(path)
                    waiting.append(path)
        return frozenset(found)

    def files_run_by(self, node: str) -> frozenset[str]:
        """The files that a job, target, stage, workload or file comes to run, with all that they import."""
        reached = self.reachable_from(node, relations=RUNNING)
        started = {one[5:] for one in reached if one.startswith("file:")}
        return frozenset(path for one in started for path in self.closure(one))

    def path(self, source: str, target: str) -> tuple[Edge, ...]:
        """The shortest chain of links from `source` to `target`, or ()."""
        before: dict[str, Edge] = {}
        queue = deque([source])
        while queue:
            node = queue.popleft()
            if node == target:
                return tuple(_walk_back(before, source, target))
            for edge in self.links_from(node):
                if edge.target not in before and edge.target != source:
                    before[edge.target] = edge
                    queue.append(edge.target)
        return ()


def _chosen(edges: list[Edge] | None, relations: Collection[str], order: Callable[[Edge], Any]) -> tuple[Edge, ...]:
    """The links of these relations in their order; most nodes have none, or one."""
    if not edges:
        return ()
    found = [edge for edge in edges if edge.relation in relations] if relations else edges
    return tuple(found) if len(found) < 2 else tuple(sorted(found, key=order))


def _walk_back(before: dict[str, Edge], source: str, target: str) -> list[Edge]:
    chain: list[Edge] = []
    while target != source:
        chain.append(before[target])
        target = before[target].source
    return chain[::-1]

"""How something comes to run in production: the shortest chain of links to it from what stands there by itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from mlops_scan.scanner.graph.reach import PRODUCTION
from mlops_scan.scanner.model import Edge, Fact, Location, Node

_LONGEST = 8  # links of one way
_MANY = 2000  # nodes that are looked at for one way
_STANDS = frozenset(("workload", "job", "schedule", "trigger", "pipeline"))  # alone; an image where nothing runs it
_PLACED = frozenset((*_STANDS, "endpoint", "resource", "step", "monitor"))  # known by the line that declares them
_STARTS = frozenset(
    (
        *("runs", "starts", "calls", "triggers", "needs", "builds", "stands on"),
        *("has step", "has job", "imports", "installs"),
    )
)
_HANDS_ON = _STARTS | frozenset(
    ("applies", "deploys", "defines", "includes", "answers", "registers", "writes", "makes")
)
_BRINGS = _HANDS_ON | frozenset(("copies", "reads", "refers to", "selects", "routes to", "watches", "checks", "serves"))
_TIERS = (_STARTS, _HANDS_ON, _BRINGS)
# what starts or applies that which stands by itself, and what leads requests to it
_BEFORE = frozenset(
    (
        *("triggers", "has job", "has step", "applies", "deploys", "defines", "includes", "calls", "runs"),
        *("selects", "routes to", "makes"),
    )
)
_STARTERS = frozenset(("job", "schedule", "trigger", "target", "pipeline"))


class Linked(Protocol):
    """What of the graph is asked here."""

    def nodes(self) -> tuple[Node, ...]: ...
    def links_from(self, node: str, *relations: str) -> tuple[Edge, ...]: ...
    def links_to(self, node: str, *relations: str) -> tuple[Edge, ...]: ...
    def in_file(self, path: str, kind: str) -> tuple[Fact, ...]: ...
    def mark(self, node: str) -> str: ...


class Ways:
    """The ways to the subjects of a linked graph, each looked for once."""

    def __init__(self, graph: Linked) -> None:
        self._graph = graph
        self._nodes = {node.id: node for node in graph.nodes()}
        self._at: dict[Location, str] = {}
        for node in graph.nodes():
            if node.kind in _PLACED:
                self._at.setdefault(Location(node.at.path, node.at.line), node.id)
        self._found: dict[str, tuple[Edge, ...]] = {}

    def to(self, at: Location, subject: str = "") -> tuple[Edge, ...]:
        """The chain to what is called `subject` or is declared at the place, else to its file; () when none leads."""
        return next((self._way(node) for node in self._meant(at, subject) if node in self._nodes), ())

    def _meant(self, at: Location, subject: str) -> Iterator[str]:
        """Node ids of what may be judged, the most exact first: a container's subject begins with its workload's."""
        name = subject
        while name:
            yield from (f"{kind}:{name}" for kind in ("workload", "resource"))
            name = name.rpartition("/")[0]
        yield self._at.get(Location(at.path, at.line), "")
        stages = self._graph.in_file(at.path, "stage")
        yield from (f"stage:{at.path}#{one.name}" for one in reversed(stages) if one.at.line <= at.line)
        yield f"file:{at.path}"

    def _way(self, node: str) -> tuple[Edge, ...]:
        if node not in self._found:
            self._found[node] = self._search(node) if self._graph.mark(node) == PRODUCTION else ()
        return self._found[node]

    def _search(self, node: str) -> tuple[Edge, ...]:
        """The nearest that stands by itself and comes to run the node, and what starts that in its turn."""
        way: list[Edge] = []
        if not self._stands(node):
            tries = (self._back(node, relations, self._stands, self._is_image) for relations in _TIERS)
            node, way = next((found for found in tries if found[1]), ("", []))
        while node and len(way) < _LONGEST:
            node, more = self._back(node, _BEFORE, self._starts)
            way = [*more, *way]
            if not more:
                break
        return tuple(way[-_LONGEST:])

    def _back(self, node: str, relations: frozenset[str], *wanted: Callable[[str], bool]) -> tuple[str, list[Edge]]:
        """The nearest node backward that is wanted, by the first test that any passes, and the links from it."""
        onward: dict[str, tuple[Edge, str]] = {}
        queue = deque([node])
        best: dict[int, str] = {}
        while queue and len(onward) < _MANY and 0 not in best:
            here = queue.popleft()
            for edge, before in self._before(here, relations):
                if before == node or before in onward or self._graph.mark(before) != PRODUCTION:
                    continue
                onward[before] = (edge, here)
                queue.append(before)
                for number, test in enumerate(wanted):
                    if test(before):
                        best.setdefault(number, before)
        if not best:
            return "", []
        start = at = best[min(best)]
        way = []
        while at != node:
            edge, at = onward[at]
            way.append(edge)
        return start, way

    def _before(self, node: str, relations: frozenset[str]) -> Iterator[tuple[Edge, str]]:
        """(link, the node that it comes from); an image comes before the stage that builds it."""
        for edge in self._graph.links_to(node, *relations):
            yield edge, edge.source
        if node.startswith("stage:"):
            for edge in self._graph.links_from(node, "builds"):
                yield edge, edge.target

    def _stands(self, node: str) -> bool:
        known = self._nodes[node]
        return known.kind in _STANDS or (known.kind == "endpoint" and node.startswith("resource:"))

    def _is_image(self, node: str) -> bool:
        return node.startswith("stage:")

    def _starts(self, node: str) -> bool:
        """A job, schedule or pipeline, or an object by which a cluster is told what to apply."""
        applies = node.startswith("resource:") and self._graph.links_from(node, "applies")
        return self._nodes[node].kind in _STARTERS or bool(applies)

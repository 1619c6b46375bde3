"""Make the graph: recognise facts with the catalogue, then run every link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mlops_scan import plugins
from mlops_scan.scanner import catalog, link
from mlops_scan.scanner.catalog import Match
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.model import Edge, Fact, Location


def build(facts: Sequence[Fact], files: Sequence[str]) -> Graph:
    """The graph of `facts` over the repository's `files`, linked."""
    graph = Graph(facts, files, _uses(facts, files))
    edges: list[Edge] = []
    for one in plugins.load(link, Link):
        edges += one().edges(graph)
    for edge in edges:
        graph.add_edge(edge)
    return graph


def _uses(facts: Iterable[Fact], files: Sequence[str]) -> Iterator[Use]:
    known = catalog.load()
    for fact in facts:
        for match in known.matches(fact):
            yield _use(match, fact)
    for path, match in known.file_matches(files):
        yield _use(match, Fact("file", path, Location(path)))


def _use(match: Match, fact: Fact) -> Use:
    return Use(match.role or match.capability, match.tool, match.strength.label, fact, match)

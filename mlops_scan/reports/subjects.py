"""Questions to the linked subjects of a result: which node a user's word means, and the chain between two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from mlops_scan.scanner.model import Edge, Node, Result

_LOOSE = ("imports", "needs")
_TELLING = ("installs", "writes", "registers")


def named(result: Result, word: str) -> list[Node]:
    """The nodes that `word` means: the id, else the whole label, else every label that ends with it."""
    tests: tuple[Callable[[Node], bool], ...] = (
        lambda node: node.id == word,
        lambda node: node.label == word,
        lambda node: node.label.rpartition("#")[2] == word or node.label.endswith((f"/{word}", f"#{word}")),
    )
    for fits in tests:
        if found := [node for node in result.nodes if fits(node)]:
            files = [node for node in found if node.id.startswith("file:")]
            return files if len(files) == 1 else found  # a file and what is called like it stand at one place
    return []


def chain(result: Result, source: str, target: str) -> tuple[Edge, ...]:
    """The shortest chain of links between two nodes, in either direction of each link; () when there is none."""
    import networkx as nx

    graph: Any = nx.Graph()  # type: ignore[no-untyped-call,unused-ignore]
    for edge in sorted(result.edges, key=_rank):  # of several links between two nodes the most telling
        if not graph.has_edge(edge.source, edge.target) and not _is_common(edge, (source, target)):
            graph.add_edge(edge.source, edge.target, link=edge, length=_length(edge))
    if source not in graph or target not in graph or not nx.has_path(graph, source, target):
        return ()
    path = min(_some(nx.all_shortest_paths(graph, source, target, weight="length")))
    return tuple(graph.edges[pair]["link"] for pair in pairwise(path))


def _length(edge: Edge) -> int:
    """What one link adds to a chain: of two chains with as many links, the one of what runs and flows wins."""
    return 11 if edge.relation in _LOOSE or (edge.target.startswith("file:") and edge.relation == "reads") else 10


def _rank(edge: Edge) -> tuple[int, bool]:
    return _length(edge), edge.relation not in _TELLING


def _is_common(edge: Edge, ends: tuple[str, str]) -> bool:
    """A package in the middle of a chain joins nothing: many files import it."""
    return edge.target.startswith("package:") and edge.target not in ends


def _some(paths: Iterable[list[str]], most: int = 200) -> list[list[str]]:
    return [path for _, path in zip(range(most), paths, strict=False)]


def why(edges: Iterable[Edge]) -> str:
    """A chain as text: where each link is written, and what it says."""
    rows = [(str(edge.at), f"{_bare(edge.source)}  {edge.relation}  {_bare(edge.target)}") for edge in edges]
    width = max((len(place) for place, _ in rows), default=0)
    return "".join(f"{place:<{width}}  {text}\n" for place, text in rows)


def _bare(node: str) -> str:
    return node.partition(":")[2]

"""Questions to the linked subjects of a result: which node a user's word means, and the chain between two of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any, TypeVar

from mlops_scan.reports.view import MAIN, twin
from mlops_scan.scanner.model import Edge, Node
from mlops_scan.scanner.result import Result

_LOOSE = ("imports", "needs")
_TELLING = ("installs", "writes", "registers")
_HUBS = ("package:", "tool:", "capability:")  # in the middle of a chain they join nothing: many files name them
_KINDS = (*(kind for kind in MAIN if kind != "monitor"), "job", "target", "resource", "monitor", "package")
_DEFINES = 25  # what one file defines beside each other has little to do with each other
_SHARED = 14  # of who reads what somebody writes, the model and the file tell more than the data
_COPIES = "copies"
_USES = ("imports", _COPIES)
_USED, _COPIED = "used", "copied"  # a chain came to what another uses; to what takes in a copy
_HOW = ("", _USED, _COPIED)
_END = ("", "end")
_TRIES = 20  # ways that lead back to a node
_T = TypeVar("_T")
_VERSION = re.compile(r"(?:@sha256:[0-9a-f]+|:[\w][\w.-]*)\Z")


def named(result: Result, word: str) -> list[Node]:
    """The nodes that `word` means: by id, label or tail of it, then in any case and without suffix, by folder."""
    word = word.strip().removeprefix("./").rstrip("/")
    small, bare = word.casefold(), _VERSION.sub("", word)
    tests: tuple[Callable[[Node], bool], ...] = (
        lambda node: node.id == word,
        lambda node: word in _tails(node.label),
        lambda node: any(word in _tails(name) for name in node.names),
        lambda node: node.kind == "image" and (node.label == bare or bare in _tails(node.label)),
        lambda node: small in (tail.casefold() for tail in _tails(node.label)),
        lambda node: small in (tail.rpartition(".")[0].casefold() for tail in _tails(node.label)),
        lambda node: node.kind == "entry point" and node.label.startswith(f"{word}/"),
        lambda node: node.id.startswith("file:") and node.label.startswith(f"{word}/"),
    )
    for fits in tests if word else ():
        if found := [node for node in result.nodes if fits(node)]:
            files = [node for node in found if node.id == f"file:{word}"]
            return files or found  # a path means its file before what is called like it
    return []


def meant(result: Result, word: str) -> list[Node]:
    """The one node that `word` means most likely, where several have the name: the most telling kind decides."""
    found = named(result, word)
    for better in (lambda node: node.reach == "production", lambda node: True):
        for kind in _KINDS:
            same = [node for node in found if node.kind == kind and better(node)]
            if len(found) > 1 and len(same) == 1:
                return same
            if len(same) > 1:
                return found
    return found


def others(result: Result, word: str, node: Node) -> list[Node]:
    """What else has that name, but for the same object as a subject of another kind."""
    return [one for one in named(result, word) if one.id not in (node.id, twin(node.id))]


def similar(result: Result, word: str, most: int = 3) -> list[str]:
    """Names of subjects that are spelled like `word` or hold it, the nearest first."""
    from difflib import get_close_matches  # only for a name that nobody knows

    known: dict[str, str] = {}
    for node in result.nodes:
        for name in (tail for own in (node.label, *node.names) for tail in _tails(own)):
            known.setdefault(name.casefold(), name)
    small = word.casefold().rpartition("/")[2] or word.casefold()
    found = [known[name] for name in get_close_matches(small, sorted(known), most, 0.7)]
    holding = sorted((name for name in known if len(small) > 2 and small in name), key=lambda name: (len(name), name))
    return list(dict.fromkeys([*found, *(known[name] for name in holding)]))[:most]


def beside(result: Result, node: str) -> list[str]:
    """What a node is linked with, the most telling links first."""
    edges = sorted((edge for edge in result.edges if node in (edge.source, edge.target)), key=_rank)
    ends = (edge.target if edge.source == node else edge.source for edge in edges)
    return list(dict.fromkeys(_bare(end) for end in ends))


def chain(result: Result, source: str, target: str) -> tuple[Edge, ...]:
    """The shortest chain of links between two nodes, in either direction of each link; () when there is none.

    That two files import or are copied from one place, or into one image, joins them as little as that a test does.
    """
    import networkx as nx

    tests = {node.id for node in result.nodes if node.reach == "test"} - {source, target}
    links: dict[frozenset[str], Edge] = {}  # of several links between two nodes the most telling
    for edge in sorted(result.edges, key=_rank):
        if tests.isdisjoint((edge.source, edge.target)) and not _is_common(edge, (source, target)):
            links.setdefault(frozenset((edge.source, edge.target)), edge)
    graph: Any = nx.DiGraph()  # type: ignore[no-untyped-call,unused-ignore]
    for edge in links.values():
        for start, end in _steps(edge):
            graph.add_edge(start, end, length=_length(edge))
    ends = [(target, how) for how in _HOW if (target, how) in graph]
    graph.add_edges_from((end, _END, {"length": 0}) for end in ends)
    begin = (source, "")
    for _ in range(_TRIES if begin in graph and ends else 0):
        if not nx.has_path(graph, begin, _END):
            break
        path: list[tuple[str, str]] = min(_some(nx.all_shortest_paths(graph, begin, _END, weight="length")))[:-1]
        turned = _turned(path)
        if turned is None:
            return tuple(links[frozenset((one, other))] for (one, _), (other, _) in pairwise(path))
        graph.remove_edge(*turned)
    return ()


def _turned(path: list[tuple[str, str]]) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """The first step of a way that leads back to a node, taken only to come there otherwise."""
    first: dict[str, int] = {}
    for index, (node, _) in enumerate(path):
        if node in first:
            return path[first[node]], path[first[node] + 1]
        first[node] = index
    return None


def _steps(edge: Edge) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """How a chain may go over a link: from a node and how it came there, to a node and how it comes there."""
    uses, copies = edge.relation in _USES, edge.relation == _COPIES
    for how in _HOW:
        if not (copies and how == _COPIED):
            yield (edge.source, how), (edge.target, _USED if uses else "")
        if not (uses and how == _USED):
            yield (edge.target, how), (edge.source, _COPIED if copies else "")


def why(edges: Iterable[Edge]) -> str:
    """A chain as text: where each link is written, and what it says.

    Left out is that an object that answers runs itself, unless that is all that there is to tell.
    """
    found = [*edges]
    told = [edge for edge in found if edge.target != twin(edge.source)] or found
    rows = [(str(edge.at), f"{_bare(edge.source)}  {edge.relation}  {_bare(edge.target)}") for edge in told]
    width = max((len(place) for place, _ in rows), default=0)
    return "".join(f"{place:<{width}}  {text}\n" for place, text in rows)


def _tails(label: str) -> Iterator[str]:
    """The names by which people call a subject: all of it, and what stands behind each `/`, `#` and space."""
    yield label
    for match in re.finditer(r"[/#]|(?<=\S) ", label):
        yield label[match.end() :]


def _length(edge: Edge) -> int:
    """What one link adds to a chain: of two chains with as many links, the one of what runs and flows wins."""
    if edge.relation == "defines" and not edge.target.startswith("stage:"):
        return _DEFINES
    if edge.target.startswith("data:"):
        return _SHARED
    return 11 if edge.relation in _LOOSE or (edge.target.startswith("file:") and edge.relation == "reads") else 10


def _rank(edge: Edge) -> tuple[int, bool, bool]:
    return _length(edge), edge.relation not in _TELLING, edge.relation == _COPIES


def _is_common(edge: Edge, ends: tuple[str, str]) -> bool:
    return any(end.startswith(_HUBS) and end not in ends for end in (edge.source, edge.target))


def _some(paths: Iterable[_T], most: int = 200) -> list[_T]:
    return [path for _, path in zip(range(most), paths, strict=False)]


def _bare(node: str) -> str:
    return node.partition(":")[2]

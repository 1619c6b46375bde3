"""What is declared to be deployed at the class or function that runs, to its endpoints and models."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Edge, Fact, Node


@dataclass(frozen=True, slots=True)
class _Scope:
    """The lines of a class or function, from its first decorator, and the workload that it is."""

    first: int
    last: int
    workload: str


def edges(graph: Graph, answered: Iterable[Node]) -> Iterator[Edge]:
    """`workload:serve.py#RayServeDeployment/In` answers the routes of its class, and reads the models that it loads.

    Of an application that it is handed, the routes beside it are its own; one of another module is what it runs.
    """
    scopes = _scopes(graph)
    endpoints: dict[str, list[Node]] = defaultdict(list)
    for node in answered if scopes else ():
        endpoints[node.at.path].append(node)
    for path, here in scopes.items():
        beside = [node for node in endpoints[path] if node.detail == "route" and not _around(here, node.at.line)]
        own = {_around(here, node.at.line): node for node in endpoints[path] if node.detail == "route"}
        for node in endpoints[path]:
            if scope := _around(here, node.at.line):
                yield Edge(scope.workload, "answers", node.id, node.at)
                if node.detail != "route" and scope not in own:
                    yield from (Edge(scope.workload, "answers", one.id, node.at) for one in beside)
        for edge in graph.links_from(f"file:{path}", "reads", "imports"):
            scope = _around(here, edge.at.line) if edge.at.path == path else None
            if scope and edge.target.startswith(("model:", "file:")):
                relation = "runs" if edge.relation == "imports" else "reads"
                yield Edge(scope.workload, relation, edge.target, edge.at)
        yield from _handed(graph, path, here, beside)


def _handed(graph: Graph, path: str, here: list[_Scope], beside: list[Node]) -> Iterator[Edge]:
    """What decorators of a deployment are given that is an application: of this file, or of another module."""
    made = {use.fact.name for use in graph.uses("web-app") if use.at.path == path and use.fact.kind == "call"}
    files = {one.name: one.at.path for one in graph.all_facts("module")}
    for call in graph.in_file(path, "call"):
        scope = _around(here, call.at.line) if call.get("decorates") else None
        for value in call.get("args") or () if scope else ():
            name = str(value.get("name") or "") if isinstance(value, Mapping) else ""
            other = files.get(name.rpartition(".")[0])
            if scope and name in made:
                yield from (Edge(scope.workload, "answers", one.id, call.at) for one in beside)
            elif scope and other and other != path:
                yield Edge(scope.workload, "runs", f"file:{other}", call.at)


def _around(scopes: list[_Scope], line: int) -> _Scope | None:
    index = bisect_right(scopes, line, key=lambda one: one.first) - 1
    return scopes[index] if index >= 0 and line <= scopes[index].last else None


def _scopes(graph: Graph) -> dict[str, list[_Scope]]:
    """By path, in order of their lines."""
    deployed = {
        str(one.get("id")): one
        for one in graph.all_facts("workload")
        if one.get("origin") == "cloud" and one.at.path.endswith(".py") and not one.get("state")
    }
    found: dict[str, list[_Scope]] = defaultdict(list)
    for one in graph.all_facts("container") if deployed else ():
        workload = deployed.get(str(one.get("workload")))
        room = _room(graph, one) if workload is not None else None
        if workload is not None and room is not None:
            last = int(room.get("end_line") or room.at.line)
            found[one.at.path].append(_Scope(workload.at.line, last, f"workload:{one.get('workload')}"))
    return {path: sorted(here, key=lambda one: one.first) for path, here in sorted(found.items())}


def _room(graph: Graph, container: Fact) -> Fact | None:
    """The class or function of the container's name that begins next below it."""
    rooms = [one for kind in ("class", "function") for one in graph.in_file(container.at.path, kind)]
    below = (one for one in rooms if one.name == container.name and one.at.line >= container.at.line)
    return min(below, key=lambda one: one.at.line, default=None)

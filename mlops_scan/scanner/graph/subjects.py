"""The linked subjects as reports are given them: what kind each is, its mark, and the tools that show in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.purpose import purpose, purpose_of_schedule
from mlops_scan.scanner.graph.reach import Reach
from mlops_scan.scanner.model import Edge, Fact, Location, Node, Status

_TIMED = ("schedule", "trigger")
_STARTS = ("runs", "starts")


def subjects(graph: Graph) -> tuple[Node, ...]:
    """All subjects, by id, each with its kind, its mark and, of schedules, its purpose."""
    reach = graph.once(Reach)
    kinds = dict(_kinds(graph))
    schedules = _schedules(graph)
    found = []
    shown = {path: Node(f"file:{path}", "file", path, Location(path)) for path in _showing(graph)}
    for node in (*graph.nodes(), *(shown[path] for path in sorted(shown))):
        at = Location(node.id[5:]) if node.id.startswith("file:") else node.at
        kind = kinds.get(node.id, node.kind)
        meant = _purpose(graph, node, schedules) if kind in _TIMED else ""
        found.append(replace(node, kind=kind, at=at, reach=reach.mark(node.id), purpose=meant))
    return tuple(sorted((*found, *_tools(graph)), key=lambda node: node.id))


def links(graph: Graph) -> tuple[Edge, ...]:
    """All links, and which file shows which tool, which gives which capability."""
    found = {(edge.source, edge.relation, edge.target): edge for edge in (*_shown(graph), *graph.edges())}
    return tuple(found[key] for key in sorted(found))


def _kinds(graph: Graph) -> Iterator[tuple[str, str]]:
    """Kinds that come of what is known of a node: entry points, modules, data sets, images without a name."""
    for fact in graph.all_facts("module"):
        yield f"file:{fact.at.path}", "module"
    for fact in graph.all_facts("dataset"):
        yield f"file:{fact.at.path}", "dataset"
    for fact in graph.all_facts("entry-point"):
        yield f"file:{fact.at.path}", "entry point"
    for edge in graph.edges(*_STARTS):
        if edge.target.startswith("file:") and not edge.source.startswith("file:"):
            yield edge.target, "entry point"
    for node in graph.nodes():
        if node.id.startswith("data:"):
            yield node.id, "dataset"
    for fact in graph.all_facts("stage"):
        stage = f"stage:{fact.at.path}#{fact.name}"
        named = any(edge.target.startswith("image:") for edge in graph.links_from(stage, "builds"))
        if fact.get("final") and not named:
            yield stage, "image"


def _schedules(graph: Graph) -> dict[Location, Fact]:
    return {fact.at: fact for fact in graph.facts("schedule")}


def _purpose(graph: Graph, node: Node, schedules: dict[Location, Fact]) -> str:
    """By the schedule's own fact where one stands at its place, else by what it triggers."""
    if node.at in schedules and (meant := purpose_of_schedule(graph, schedules[node.at])):
        return meant
    return next((meant for edge in graph.links_from(node.id, "triggers") if (meant := purpose(graph, edge.target))), "")


def _showing(graph: Graph) -> set[str]:
    """Files that show a tool and that nothing links."""
    linked = {node.id for node in graph.nodes()}
    return {one.at.path for one in graph.capabilities() if f"file:{one.at.path}" not in linked}


def _tools(graph: Graph) -> Iterator[Node]:
    seen = set()
    for one in graph.capabilities():  # what takes effect comes first
        state = "" if one.status is Status.USED else one.status.value
        for kind, name in (("tool", one.tool), ("capability", one.capability)):
            if (kind, name) not in seen:
                seen.add((kind, name))
                yield Node(f"{kind}:{name}", kind, name, one.at, state=state)


def _shown(graph: Graph) -> Iterator[Edge]:
    for one in reversed(graph.capabilities()):
        yield Edge(f"file:{one.at.path}", "uses", f"tool:{one.tool}", one.at)
        yield Edge(f"tool:{one.tool}", "gives", f"capability:{one.capability}", one.at)

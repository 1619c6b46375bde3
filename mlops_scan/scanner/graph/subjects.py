"""The linked subjects as reports are given them: what kind each is, its mark, and the tools that show in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from mlops_scan.scanner.graph.clusters import Conditions
from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.purpose import purpose, purpose_of_schedule
from mlops_scan.scanner.graph.reach import Reach
from mlops_scan.scanner.graph.workloads import shared_name
from mlops_scan.scanner.model import Edge, Fact, Location, Node, Status

_TIMED = ("schedule", "trigger")
_OBJECTS = ("workload:", "resource:")
_STARTS = ("runs", "starts")


def subjects(graph: Graph) -> tuple[Node, ...]:
    """All subjects, by id, each with its kind, its mark and, of schedules, its purpose."""
    reach = graph.once(Reach)
    nodes = graph.nodes()
    kinds = dict(_kinds(graph, nodes))
    schedules = _schedules(graph)
    found = []
    shown = {path: Node(f"file:{path}", "file", path, Location(path)) for path in _showing(graph, nodes)}
    objects = _objects(graph)
    conditions = graph.once(Conditions)
    for node in (*nodes, *(shown[path] for path in sorted(shown))):
        at = Location(node.id[5:]) if node.id.startswith("file:") else node.at
        kind = kinds.get(node.id, node.kind)
        meant = _purpose(graph, node, schedules) if kind in _TIMED else ""
        label, names = _called(node, objects.get(node.id.partition(":")[2], ()) if node.id.startswith(_OBJECTS) else ())
        only = conditions.of_object(node.id.partition(":")[2])
        mark = reach.mark(node.id)
        found.append(Node(node.id, kind, label, at, node.detail, node.state, mark, meant, names, only))
    return tuple(sorted((*found, *_tools(graph)), key=lambda node: node.id))


def links(graph: Graph) -> tuple[Edge, ...]:
    """All links, and which file shows which tool, which gives which capability."""
    found = {(edge.source, edge.relation, edge.target): edge for edge in (*_shown(graph), *graph.edges())}
    return tuple(found[key] for key in sorted(found))


def _kinds(graph: Graph, nodes: Iterable[Node]) -> Iterator[tuple[str, str]]:
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
    for node in nodes:
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


def _objects(graph: Graph) -> dict[str, list[Fact]]:
    """What kustomizations render, by identity."""
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in graph.all_facts("resource"):
        if fact.get("origin") == "kustomize":
            found[str(fact.get("id"))].append(fact)
    return found


def _called(node: Node, objects: Sequence[Fact]) -> tuple[str, tuple[str, ...]]:
    """The label of a subject, and what environments call it: no one of them gives its name to what all have."""
    shared, kind = shared_name(objects), str(objects[0].get("type")).rpartition("/")[2] if objects else ""
    label = shared if shared and any(node.label == one.name for one in objects) else node.label
    names = sorted({f"{kind}/{one.name}" for one in objects})
    return label, tuple(name for name in names if not f"/{label}".endswith((f"/{name}", f"#{name}")))


def _showing(graph: Graph, nodes: Iterable[Node]) -> set[str]:
    """Files that show a tool and that nothing links."""
    linked = {node.id for node in nodes}
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

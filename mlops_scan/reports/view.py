"""What of the linked subjects a reader of a design review wants to see: what runs, answers, flows and watches.

Packages, tools, plain modules, locks and bare resources are folded away; a chain of imports that led through a folded
module is drawn as one link, many routes of one application are one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations

from mlops_scan.scanner.model import Edge, Node
from mlops_scan.scanner.result import Result

# in the order in which they are kept where there are too many
MAIN = ("endpoint", "workload", "pipeline", "schedule", "trigger", "monitor", "model", "image", "step", "dataset")
_BESIDE = ("job", "entry point", "module", "file", "target", "stage", "resource")
_ORDER = {kind: number for number, kind in enumerate((*MAIN, *_BESIDE))}
_PLAIN = frozenset(
    ("imports", "declares", "locks", "includes", "defines", "has job", "needs", "installs", "copies", "uses")
)
_CODE = frozenset(("entry point", "module", "file"))
_IN_FILES = frozenset(("step", "workload", "target", "stage", "image", "job"))  # labels that begin with their file
_LABEL = 45  # characters of a name with what tells it from its namesakes
_ROUTES = 5  # routes of one application that are drawn one by one
_TWINS = frozenset(("endpoint", "pipeline"))  # drawn together with the workload that the same object is
_SAME = {"workload": "resource", "resource": "workload"}
_SHIPPED = frozenset(("production", "development", ""))


def folded(result: Result) -> Result:
    """The result with the subjects and links of the view."""
    nodes, edges = _without_many_routes(*_without_twins(result.nodes, result.edges))
    asides = {node.id for node in nodes if node.reach not in _SHIPPED}
    if len(asides) < len([node for node in nodes if node.kind in MAIN]) or any(
        node.kind in MAIN and node.id not in asides for node in nodes
    ):
        nodes = [node for node in nodes if node.id not in asides]
    kept = {node.id for node in nodes if node.kind in MAIN}
    kinds = {node.id: node.kind for node in nodes}
    edges = [edge for edge in edges if edge.source in kinds and edge.target in kinds]
    for edge in edges:
        for one, other in ((edge.source, edge.target), (edge.target, edge.source)):
            if other in kept and _tells(edge, kinds[one]):
                kept.add(one)
    shown = [node for node in nodes if node.id in kept]
    return replace(result, nodes=tuple(shown), edges=tuple(_joined(edges, kept, kinds)))


def names(nodes: Iterable[Node]) -> dict[str, str]:
    """A short name for each node id: without the file that declares it, but for what tells namesakes apart."""
    alike: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in nodes:
        alike[node.kind, _short(node)].append(node)
    found = {}
    for (_, name), same in alike.items():
        asides = _telling([node.label.partition("#")[0] if "#" in node.label else node.at.path for node in same])
        for node, aside in zip(same, asides, strict=True):
            room = max(_LABEL - len(name), _LABEL // 3)
            aside = aside if len(aside) <= room else f"...{aside[3 - room :]}"
            found[node.id] = f"{name} ({aside})" if aside and len(same) > 1 else name
    return found


def _short(node: Node) -> str:
    """What stands behind the path of the file; of a stage without a name its Dockerfile."""
    path, _, name = node.label.partition("#")
    if not name or node.kind not in _IN_FILES:
        return node.label
    return path if name.isdigit() else name


def _telling(paths: list[str]) -> list[str]:
    """Of each path the one part, or the two, that no other has in their place; else all of it."""
    split = [path.split("/") for path in paths]
    places = range(1, min(8, *map(len, split)) + 1)
    for chosen in (*((one,) for one in places), *combinations(places, 2)):
        told = ["/".join(one[-place] for place in reversed(chosen)) for one in split]
        if len(set(told)) == len(told):
            return told
    return paths


def rank(node: Node) -> tuple[int, bool, str]:
    """Sort key: what a reader looks for first."""
    return _ORDER.get(node.kind, len(_ORDER)), node.reach != "production", node.id


def _tells(edge: Edge, kind: str) -> bool:
    """Whether a link to a subject of the view brings the other end into it."""
    if kind not in _ORDER or kind == "resource":
        return kind == "resource" and edge.relation not in _PLAIN and edge.relation != "refers to"
    return edge.relation not in _PLAIN or (edge.relation == "copies" and kind == "entry point")


def _joined(edges: Iterable[Edge], kept: set[str], kinds: dict[str, str]) -> list[Edge]:
    """The links between what is kept, and the imports that lead from one to another through what is not."""
    stepped = {edge.target for edge in edges if edge.relation == "has step" and kinds[edge.source] == "pipeline"}
    told = set(_repeated(edges))
    found = [
        edge
        for edge in edges
        if {edge.source, edge.target} <= kept
        and edge.relation not in ("defines", "uses")
        and (edge.source, edge.relation, edge.target) not in told
        and not (edge.relation == "has step" and edge.target in stepped and kinds[edge.source] != "pipeline")
    ]
    imports: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        if edge.relation == "imports" and kinds[edge.target] in _CODE:
            imports[edge.source].append(edge)
    known = {(edge.source, edge.target) for edge in found}
    for start in sorted(kept):
        waiting = [(edge.target, edge) for edge in imports.get(start, ())]
        seen = {start}
        while waiting:
            node, first = waiting.pop(0)
            if node in seen:
                continue
            seen.add(node)
            if node not in kept:
                waiting += [(edge.target, first) for edge in imports.get(node, ())]
            elif (start, node) not in known and (start, "imports", node) not in told:
                known.add((start, node))
                found.append(replace(first, target=node))
    return sorted(found, key=lambda edge: (edge.source, edge.relation, edge.target))


def _repeated(edges: Iterable[Edge]) -> Iterator[tuple[str, str, str]]:
    """Links that say again what others do: copies of what starts, runs by the clock, imports of what steps run."""
    runs: dict[str, list[str]] = defaultdict(list)
    steps: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        if edge.relation in ("runs", "starts"):
            runs[edge.source].append(edge.target)
            yield edge.source, "copies", edge.target
        elif edge.relation == "triggers":
            yield edge.source, "runs", edge.target
        elif edge.relation == "has step":
            steps[edge.source].append(edge.target)
    for pipeline in sorted(steps):
        ran = {target for step in steps[pipeline] for target in runs.get(step, ())}
        for file in (pipeline, *runs.get(pipeline, ())):
            yield from ((file, "imports", target) for target in ran)


def twin(node: str) -> str:
    """The id that the same object has as something declared, where this is that of what it runs, and the other way."""
    kind, _, name = node.partition(":")
    return f"{_SAME[kind]}:{name}" if kind in _SAME else ""


def _without_twins(nodes: Iterable[Node], edges: Iterable[Edge]) -> tuple[list[Node], list[Edge]]:
    """An object that answers, or is a pipeline, and that is a workload, too, as one subject with the name of both."""
    known = {node.id: node for node in nodes}
    twins = {one: twin(one) for one in known if one.startswith("workload:") and twin(one) in known}
    into = {one: other for one, other in twins.items() if known[other].kind in _TWINS}
    for one, other in into.items():
        known[other] = replace(known[other], label=known[one].label.rpartition("#")[2], names=(known[other].label,))
    moved = (
        replace(edge, source=into.get(edge.source, edge.source), target=into.get(edge.target, edge.target))
        for edge in edges
    )
    ends = {(one.source, one.relation, one.target): one for one in moved if one.source != one.target}
    return [node for node in known.values() if node.id not in into], list(ends.values())


def _without_many_routes(nodes: Iterable[Node], edges: Iterable[Edge]) -> tuple[list[Node], list[Edge]]:
    """The routes of an application with many of them as one endpoint."""
    routes: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.kind == "endpoint" and node.detail == "route":
            routes[node.at.path].append(node)
    many = {path: found for path, found in routes.items() if len(found) > _ROUTES}
    into = {node.id: f"endpoint:{path}" for path, found in many.items() for node in found}
    kept = [node for node in nodes if node.id not in into]
    for path, found in many.items():
        name = path.rpartition("/")[2]
        kept.append(replace(found[0], id=f"endpoint:{path}", label=f"{len(found)} routes of {name}"))
    ends = {
        (into.get(edge.source, edge.source), edge.relation, into.get(edge.target, edge.target)): edge
        for edge in reversed(list(edges))
    }
    moved = [replace(edge, source=source, target=target) for (source, _, target), edge in ends.items()]
    return sorted(kept, key=lambda node: node.id), sorted(moved, key=lambda one: (one.source, one.relation, one.target))

"""Pipelines: whole flows, DAGs and state machines, with the steps that each has and what starts them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from mlops_scan.scanner.catalog import attribute_values
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.modules import Definition
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.declared import subjects
from mlops_scan.scanner.link.selectors import object_id
from mlops_scan.scanner.model import Edge, Fact, Location, Node


class Pipelines(Link):
    """`file:dags/train.py` defines `pipeline:dags/train.py#train`, which has `step:dags/train.py#fit`."""

    turn = 1

    def nodes(self, graph: Graph) -> Iterator[Node]:
        known = Known(graph)
        yield from known.nodes
        for step in graph.facts("pipeline-step"):
            home = known.home(step)
            if home not in known.ids:
                known.ids.add(home)
                told = home.partition(":")[2]
                at = Location(step.at.path, 1) if told == step.at.path else step.at
                yield Node(home, "pipeline", told.rpartition("#")[2], at, str(step.get("tool") or ""))

    def edges(self, graph: Graph) -> Iterator[Edge]:
        known = Known(graph)
        for node in known.nodes:
            yield Edge(f"file:{node.at.path}", "defines", node.id, node.at)
        told = set()
        for step in graph.facts("pipeline-step"):
            home = known.home(step)
            told.add(f"step:{step.get('pipeline') or step.at.path}#{step.name}")
            yield Edge(f"file:{step.at.path}", "defines", home, step.at)
            yield Edge(home, "has step", f"step:{step.get('pipeline') or step.at.path}#{step.name}", step.at)
        for edge in graph.edges("has step"):
            if edge.source.startswith("file:") and edge.target not in told:
                for home in known.around(edge.at):
                    yield Edge(home, "has step", edge.target, edge.at)
        yield from _of_templates(graph)
        yield from self._run(graph, known)
        yield from self._started(graph, known)

    def _run(self, graph: Graph, known: Known) -> Iterator[Edge]:
        """A pipeline that is a workload, too; a pipeline of one program runs its file."""
        workloads = {(one.at.path, one.at.line): f"workload:{one.get('id')}" for one in graph.all_facts("workload")}
        for node in known.nodes:
            if workload := workloads.get((node.at.path, node.at.line)):
                yield Edge(node.id, "runs", workload, node.at)
            elif node.id.startswith("pipeline:") and node.at.path.endswith((".py", ".ipynb")):
                yield Edge(node.id, "runs", f"file:{node.at.path}", node.at)

    def _started(self, graph: Graph, known: Known) -> Iterator[Edge]:
        """Code that starts a run, to the one pipeline that it comes to by importing."""
        for use in graph.uses("starts-pipeline"):
            if use.fact.kind != "call" or use.disabled:
                continue
            reached = [one for path in sorted(graph.closure(use.at.path)) for one in known.by_path.get(path, ())]
            if len(reached) == 1:
                yield Edge(f"file:{use.at.path}", "starts", reached[0].id, use.at)


_LISTENS = "argoproj.io/Sensor"
_SUBMITS = ".triggers.template.*.source.resource.spec.workflowTemplateRef.name"


def _of_templates(graph: Graph) -> Iterator[Edge]:
    """A workflow of the cluster starts the template that it names; so does what submits one on an event."""
    resources = [one for one in graph.all_facts("resource") if one.get("platform") == "kubernetes"]
    templates = {one.name: one for one in resources if str(one.get("type")).endswith("WorkflowTemplate")}
    for one in resources if templates else ():
        spec = (one.get("data") or {}).get("spec")
        for name in dict.fromkeys(attribute_values(spec, _SUBMITS)) if one.get("type") == _LISTENS else ():
            if (found := templates.get(str(name))) is not None:
                yield Edge(object_id(one), "starts", object_id(found), one.at)
        for holder in (spec, spec.get("workflowSpec")) if isinstance(spec, Mapping) else ():
            named = holder.get("workflowTemplateRef") if isinstance(holder, Mapping) else None
            found = templates.get(str(named.get("name"))) if isinstance(named, Mapping) else None
            if found is not None:
                yield Edge(object_id(one), "starts", object_id(found), one.at)


class Known:
    """The pipelines that are declared by name, by the file in which they stand."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        found = list(subjects(graph, "pipeline"))
        self.nodes = [node for _, node in found]
        self.ids = {node.id for node in self.nodes}
        self.by_path: dict[str, list[Node]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], Node] = {}  # by path, and by label or by what ends the id after a slash
        self._functions: dict[Definition, Node] = {}
        self._held: dict[str, str] = {}  # a file of steps -> the resource that hands its text over
        for use, node in found:
            if use.fact.kind == "resource":
                self._held.update((str(path), node.id) for path in use.fact.get("files") or ())
            self.by_path[node.at.path].append(node)
            parts = node.id.split("/")
            for name in (node.label, *("/".join(parts[start:]) for start in range(1, len(parts)))):
                self._by_name.setdefault((node.at.path, name), node)
            if use.fact.get("decorates"):
                self._functions[node.at.path, str(use.fact.get("decorates"))] = node

    def home(self, step: Fact) -> str:
        """The node of the pipeline that a step says it is of."""
        told = str(step.get("of") or step.get("pipeline") or step.at.path)
        if f"pipeline:{told}" in self.ids:
            return f"pipeline:{told}"
        if f"resource:{told}" in self.ids:
            return f"resource:{told}"
        path, _, name = told.partition("#")
        if path in self._held and not name:
            return self._held[path]
        here = self.by_path.get(path, [])
        named = self._by_name.get((path, name)) if name else here[0] if len(here) == 1 else None
        if named is not None:
            return named.id
        return f"pipeline:{told}"

    def of_function(self, function: Definition) -> Node | None:
        """The pipeline that a function is decorated as."""
        return self._functions.get(function)

    def around(self, at: Location) -> list[str]:
        """The pipeline to which a step at this place belongs: whose function holds it, else the file's only one."""
        for call in self._graph.in_file(at.path, "call"):
            if call.at == at:
                node = self._functions.get((at.path, str(call.get("function") or "").partition(".")[0]))
                if node is not None:
                    return [node.id]
        here = self.by_path.get(at.path, [])
        return [here[0].id] if len(here) == 1 else []


def resource_ids(graph: Graph) -> dict[str, str]:
    """Ids under which facts name a resource as their owner, to its node."""
    return {str(one.get("id")): object_id(one) for one in graph.all_facts("resource") if one.get("id")}

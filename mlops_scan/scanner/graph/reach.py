"""What each subject is part of: production, development, an example or a test.

Not by path alone: production is what a deployed workload, an image, a pipeline or a working CI job comes to by running,
copying, importing, installing and reading; what nothing of this reaches is development, or what its path says.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol

from mlops_scan.scanner import paths
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.model import Edge, Fact, Node, Profile

PRODUCTION, DEVELOPMENT, EXAMPLE, TEST = "production", "development", "example", "test"
_WORKS = (  # what a job does that is more than checking
    "trains",
    "batch-scoring",
    "deploys",
    "promotes",
    "registers-model",
    "starts-pipeline",
    "schedules",
    "pushes-image",
    "publishes-package",
    "executes-notebook",
    "pipeline-orchestration",
    "drift-check",
    "drift-monitoring",
)
_LEADS = frozenset(
    (
        *("runs", "starts", "calls", "needs", "builds", "stands on", "has step", "applies", "includes", "defines"),
        *("imports", "installs", "reads", "writes", "registers", "copies", "selects", "routes to", "refers to"),
        *("triggers", "answers", "deploys", "makes", "watches", "checks", "serves"),
    )
)
_BACK = frozenset(("runs", "starts", "calls", "has step", "has job", "imports"))
_HOLDS = ("defines", "has job", "has step", "triggers", "includes")
_OWN = frozenset(("workload", "endpoint", "pipeline", "schedule", "trigger", "monitor", "resource", "job"))
_CI = re.compile(r"(?<![a-z])ci(?![a-z])", re.IGNORECASE)
_CODE = (".py", ".ipynb", ".R", ".sh")


class Linked(Protocol):
    """What of the graph is asked here."""

    profile: Profile

    def nodes(self) -> tuple[Node, ...]: ...
    def links_from(self, node: str, *relations: str) -> tuple[Edge, ...]: ...
    def links_to(self, node: str, *relations: str) -> tuple[Edge, ...]: ...
    def all_facts(self, *kinds: str) -> tuple[Fact, ...]: ...
    def facts(self, *kinds: str) -> tuple[Fact, ...]: ...
    def uses(self, *keys: str) -> tuple[Use, ...]: ...


class Reach:
    """The marks of all subjects of a linked graph, made once."""

    def __init__(self, graph: Linked) -> None:
        self._graph = graph
        self._nodes = {node.id: node for node in graph.nodes()}
        self._whole = _whole_copies(graph.all_facts("stage"))
        self._marks: dict[str, str] = {}
        self._spread(sorted(set(self._roots())), PRODUCTION)
        waiting = sorted(self._marks)
        for inner in waiting:  # what holds something of production is production: a workflow, a manifest, its chart
            for node in (edge.source for edge in graph.links_to(inner, *_HOLDS)):
                if node not in self._marks and self._may(node) and not self._is_trial(node):
                    self._marks[node] = PRODUCTION
                    waiting.append(node)
        own = {node: self._own(node) for node in sorted(self._nodes)}
        for mark in (DEVELOPMENT, EXAMPLE, TEST):
            self._spread([node for node, one in own.items() if one == mark], mark)

    def _is_trial(self, node: str) -> bool:
        """Whether the path of what holds something is for developers; of CI itself its own word says nothing."""
        path = self._path(node)
        of_ci = paths.is_development(path) and self._graph.links_from(node, "has job")
        return paths.is_development(_CI.sub("", path) if of_ci else path) and not _by_clock_of_ci(
            path, self._nodes[node]
        )

    def mark(self, node: str) -> str:
        """The mark of a node id; of a file that nothing links, what its path says."""
        return self._marks.get(node) or self._own(node)

    def _own(self, node: str) -> str:
        """What a node is by itself: by its path, and a development environment by its name."""
        path = self._path(node)
        if paths.is_test(path):
            return TEST
        if paths.is_documentation(path) or paths.is_example(path):
            return EXAMPLE
        return DEVELOPMENT

    def _path(self, node: str) -> str:
        if node.startswith("file:"):
            return node[5:]
        known = self._nodes.get(node)
        return known.at.path if known else ""

    def _may(self, node: str) -> bool:
        """Whether a node can be of production at all: no test, not switched off, not named for development."""
        path, known = self._path(node), self._nodes.get(node)
        if paths.is_test(path) or (known is not None and known.state == "disabled"):
            return False
        return not (known is not None and known.kind in _OWN and known.kind != "job" and _is_development(path, known))

    def _spread(self, roots: Iterable[str], mark: str) -> None:
        waiting = deque(node for node in roots if node not in self._marks)
        self._marks.update((node, mark) for node in waiting)
        while waiting:
            node = waiting.popleft()
            for edge in self._graph.links_from(node):
                if edge.target not in self._marks and self._enters(edge, mark):
                    self._marks[edge.target] = mark
                    waiting.append(edge.target)

    def _enters(self, edge: Edge, mark: str) -> bool:
        if edge.relation == "has job":
            return mark == PRODUCTION and self._may(edge.target) and self._is_called(edge.source)
        if edge.relation not in _LEADS:
            return False
        kind = self._nodes[edge.target].kind
        if mark != PRODUCTION:  # others mark what has no place of its own
            return not edge.target.startswith("file:") and kind not in _OWN
        if not self._may(edge.target) or kind in ("job", "schedule", "trigger"):
            return False
        if edge.relation == "copies":
            return self._is_shipped(edge)
        return not (kind == "pipeline" and edge.target.startswith("pipeline:") and edge.relation == "defines")

    def _is_called(self, workflow: str) -> bool:
        """Whether a job of production calls the workflow or the composite action."""
        callers = (edge.source for edge in self._graph.links_to(workflow, "calls"))
        return any(one.startswith("job:") and self._marks.get(one) == PRODUCTION for one in callers)

    def _is_shipped(self, edge: Edge) -> bool:
        """A file that an image copies by name or folder; of code that a whole copy brings, what starts counts."""
        path = edge.target[5:]
        if paths.is_example(path) or paths.is_documentation(path):
            return False
        told = (edge.at.path, edge.at.line) not in self._whole or not path.endswith(_CODE)
        return told or not self._graph.links_from(edge.source, "starts", "runs")  # who knows what it starts

    def _roots(self) -> Iterator[str]:
        """What runs in production by being there: workloads, endpoints, images, pipelines, working jobs."""
        graph = self._graph
        clustered = self._has_cluster()
        compose = {f"workload:{one.get('id')}" for one in graph.all_facts("workload") if one.get("origin") == "compose"}
        finals = {f"stage:{one.at.path}#{one.name}" for one in graph.all_facts("stage") if one.get("final")}
        working = self._working()
        for node in self._nodes.values():
            if paths.is_example(node.at.path) or paths.is_documentation(node.at.path) or not self._may(node.id):
                continue
            if node.kind == "job":
                if node.id in working:
                    yield node.id
            elif node.id in finals or (_stands_alone(node) and not (node.id in compose and clustered)):
                yield node.id
        yield from self._told()

    def _told(self) -> Iterator[str]:
        """Files that a platform starts by its own file, the distribution that a library is."""
        for command in self._graph.facts("command"):
            if command.get("where") == "procfile":
                yield f"file:{command.at.path}"
        if self._graph.profile.kind == "library":
            yield from (node for node in self._nodes if node.startswith("file:") and self._own(node) == DEVELOPMENT)

    def _has_cluster(self) -> bool:
        """Whether something other than compose runs the system: compose is for developers then."""
        for one in self._graph.all_facts("workload"):
            node = f"workload:{one.get('id')}"
            if one.get("origin") != "compose" and not paths.is_example(one.at.path) and self._may(node):
                return True
        declared = (one for one in self._nodes.values() if one.kind == "endpoint" and one.id.startswith("resource:"))
        return any(self._may(one.id) and not paths.is_example(one.at.path) for one in declared)

    def _working(self) -> frozenset[str]:
        """Nodes that do more than check: they, or what they run, train, score, deploy, promote or publish."""
        graph = self._graph
        found: set[str] = set()
        for use in graph.uses(*_WORKS):
            if use.disabled:
                continue
            if use.fact.kind == "command":
                found.add(owner_id(use.fact))
            elif use.fact.kind == "action":
                found.add(f"job:{use.fact.get('owner')}")
            elif use.fact.kind == "call":
                found.add(f"file:{use.at.path}")
        found.update(self._running())
        waiting = deque(sorted(found))
        while waiting:
            node = waiting.popleft()
            more = [edge.source for edge in graph.links_to(node) if edge.relation in _BACK]
            if node.startswith("job:"):  # what pushes or deploys an image needs the job that makes it
                needed = (edge.target for edge in graph.links_from(node, "needs"))
                more += [one for one in needed if graph.links_from(one, "makes")]
            waiting += [one for one in dict.fromkeys(more) if one not in found]
            found.update(more)
        return frozenset(found)

    def _running(self) -> Iterator[str]:
        """Jobs that run a program of the repository, and no tests."""
        testing = {owner_id(use.fact) for use in self._graph.uses("runs-tests") if use.fact.kind == "command"}
        for node in self._nodes:
            if node.startswith("job:") and node not in testing:
                for edge in self._graph.links_from(node, "runs"):
                    if edge.target.endswith((".py", ".ipynb")) and not paths.is_test(edge.target[5:]):
                        yield node


def _whole_copies(stages: Iterable[Fact]) -> frozenset[tuple[str, int]]:
    """Places of copies that bring the whole context into an image."""
    return frozenset(
        (stage.at.path, int(copy.get("line") or stage.at.line))
        for stage in stages
        for copy in stage.get("copies") or ()
        if str(copy.get("src") or "").strip("/") in ("", ".", "*", "./*")
    )


def _is_development(path: str, node: Node) -> bool:
    """Whether the folder, file or name of something deployed says that it is for developers."""
    name = node.label.partition("#")[0] if node.kind == "workload" else ""
    return (paths.is_development(path) and not _by_clock_of_ci(path, node)) or paths.is_development(name)


def _by_clock_of_ci(path: str, node: Node) -> bool:
    """A schedule of CI in a file that no other word than that tells to be for developers."""
    return node.kind == "schedule" and node.detail == "ci" and not paths.is_development(_CI.sub("", path))


def _stands_alone(node: Node) -> bool:
    """Deployed or started by being there: no route of an application, no schedule of CI, nothing of a notebook."""
    if node.kind not in _OWN or node.at.path.endswith(".ipynb") or node.detail in ("route", "ci"):
        return False
    return not (node.id.startswith("monitor:") and node.at.path.endswith(".py"))

"""Schedules and triggers: what runs by the clock or on an event, in whatever format, to what each of them starts."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise

from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.timers import is_off, runs_by_clock
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.clocktexts import CLOCK, cron, time
from mlops_scan.scanner.link.declared import spelled, texts, told_name
from mlops_scan.scanner.link.pipelines import resource_ids
from mlops_scan.scanner.link.selectors import object_id, title
from mlops_scan.scanner.model import Edge, Fact, Location, Node

# a call that is named so waits for an event, not for the clock
_EVENT = re.compile(r"(?:asset|dataset|sensor|event|trigger_on_finish|condition|trigger)\w*$", re.IGNORECASE)
_APART = re.compile(r"[^\w.-]+")
_ENCODED = re.compile(r"(?:[A-Za-z0-9+/]{4}){6,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z")
_ASKSCLOCK = "event.schedule"
_OWNERS = ("pipeline", "workload", "job", "target", "step", "file")
_STARTED = frozenset(("pipeline", "workload", "endpoint", "stage", "step", "job", "target"))


class Schedules(Link):
    """`schedule:.github/workflows/train.yml#0 3 * * 1` triggers `file:.github/workflows/train.yml`."""

    turn = 2

    def nodes(self, graph: Graph) -> Iterator[Node]:
        for _, node in declared(graph):
            yield node

    def edges(self, graph: Graph) -> Iterator[Edge]:
        ids = resource_ids(graph)
        known = {node.id: node for node in graph.nodes()}
        for source, node in declared(graph):
            if isinstance(source, Use) and source.fact.kind == "resource":
                held = object_id(source.fact)
                targets = _of_resource(graph, node.id, known) if held == node.id else [held]
            elif isinstance(source, Use):
                targets = _of_call(graph, source.fact)
            else:
                targets = _chosen(graph, source) or [_owner(source, ids, known)]
            for target in targets:
                if target != node.id:
                    yield Edge(node.id, "triggers", target, node.at)


def declared(graph: Graph) -> Iterator[tuple[Fact | Use, Node]]:
    """(what says it, the schedule's node): resources, then facts, then calls that no fact stands for; each once."""
    return _Declared(graph).all()


class _Declared:
    """One look at what is declared to run by the clock; `_seen` nodes are told, `_places` need not be told again."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._owners = {str(fact.get("owner")) for fact in graph.facts("schedule")}
        self._timed = [use for use in graph.uses("schedules") if _is_timed(use, self._owners)]
        timed = [use for use in self._timed if use.fact.kind == "resource"]
        self._declaring = {use.fact.get("id") or id(use.fact): use for use in timed}
        self._resources = {key: use for key, use in self._declaring.items() if not _is_pipeline(graph, use.fact)}
        self._seen: set[str] = set()
        self._places = {Location(fact.at.path, fact.at.line) for fact in graph.facts("schedule")}

    def all(self) -> Iterator[tuple[Fact | Use, Node]]:
        yield from self._by_resources()
        yield from self._by_facts()
        yield from self._by_pipelines()
        yield from self._by_calls()

    def _by_resources(self) -> Iterator[tuple[Use, Node]]:
        ids = resource_ids(self._graph)
        told: dict[str, str] = {}
        events = {str(one.get("owner")) for one in self._graph.facts("schedule") if one.get("type")}
        for fact in self._graph.facts("schedule"):
            if str(fact.get("owner")) in self._resources:
                told.setdefault(ids.get(str(fact.get("owner")), ""), fact.name)
        for use in self._resources.values():
            node = object_id(use.fact)
            if node not in self._seen:
                self._seen.add(node)
                state = "disabled" if use.disabled else ""
                own, kind = cron(use.fact.get("data")), str(use.fact.get("type"))
                text = (use.fact.get("origin") == "python" and own) or told.get(node) or own or kind
                what = "trigger" if str(use.fact.get("id")) in events else "schedule"
                yield use, Node(node, what, title(use.fact), use.fact.at, text, state)
                self._places.add(Location(use.at.path, use.at.line))

    def _by_facts(self) -> Iterator[tuple[Fact, Node]]:
        for fact in self._graph.facts("schedule"):
            node = f"schedule:{fact.at.path}#{_named(fact)}"
            if str(fact.get("owner")) not in self._resources and node not in self._seen:
                self._seen.add(node)
                event = str(fact.get("type") or "")  # what it waits for, where that is not the clock
                kind, detail = ("trigger", event) if event else ("schedule", str(fact.get("where") or ""))
                yield fact, Node(node, kind, fact.name, fact.at, detail, "disabled" * is_off(self._graph, fact))

    def _by_pipelines(self) -> Iterator[tuple[Use, Node]]:
        """Pipelines that say themselves when they run."""
        for key, use in self._declaring.items():
            if key not in self._resources and key not in self._owners and (time := cron(use.fact.get("data"))):
                state = "disabled" if use.disabled else ""
                yield use, Node(f"schedule:{object_id(use.fact)[9:]}", "schedule", time, use.at, use.fact.name, state)

    def _by_calls(self) -> Iterator[tuple[Use, Node]]:
        for use in self._timed:
            here = Location(use.at.path, use.at.line)
            if use.fact.kind in ("call", "command") and here not in self._places and told_name(use):
                name = _told(use)
                node = f"schedule:{use.at.path}#{name}"
                if node not in self._seen:
                    self._seen.add(node)
                    self._places.add(here)
                    state = "disabled" if use.disabled else ""
                    yield use, Node(node, "schedule", name, use.at, use.fact.name, state)


def _is_pipeline(graph: Graph, resource: Fact) -> bool:
    """Whether a resource is a pipeline or a monitor that may also run by the clock: no object made for that alone."""
    return resource.get("platform") != "kubernetes" and graph.has_role(resource, "pipeline", "monitor")


def _told(use: Use) -> str:
    """The time that a call or a command says, else the last word of the callee."""
    argv = [str(word) for word in use.fact.get("argv") or ()]
    for before, word in pairwise(argv):
        option, equals, value = before.partition("=")
        if option.startswith("--") and CLOCK.search(option):
            return (value if equals else word)[:60]
    return time(spelled(use.argument("cron"))) or " ".join(argv[:4]) or use.fact.name.rpartition(".")[2]


def _named(fact: Fact) -> str:
    """The time, and who waits for it where that is not the whole file."""
    owner = str(fact.get("owner") or "").rpartition("#")[2]
    return fact.name if not owner or owner == fact.at.path else f"{owner} {fact.name}"


def _is_timed(use: Use, owners: Collection[str]) -> bool:
    if use.fact.kind == "resource":
        return use.fact.get("id") in owners or bool(cron(use.fact.get("data")))
    return bool(use.given("cron")) or not _EVENT.search(use.fact.name.rpartition(".")[2])


def _owner(fact: Fact, ids: Mapping[str, str], known: Mapping[str, Node]) -> str:
    """What a schedule fact says it belongs to: the first that the graph knows, else its file."""
    owner = str(fact.get("owner") or "")
    if f"workload:{owner}" not in known and ids.get(owner) == f"resource:{owner}":
        return ids[owner]
    for node in (ids.get(owner, ""), *(f"{kind}:{owner}" for kind in _OWNERS)):
        if owner and node in known:
            return node
    return f"file:{owner.partition('#')[0] or fact.at.path}"


def _chosen(graph: Graph, schedule: Fact) -> list[str]:
    """The jobs of a workflow that one of its clocks starts, where their conditions ask which clock it was."""
    path = str(schedule.get("owner") or "") if schedule.get("where") == "ci" else ""
    jobs = graph.in_file(path, "job") if path else ()
    if not any(_ASKSCLOCK in str(job.get("when") or "") for job in jobs):
        return []
    started = (job for job in jobs if not job.get("state") and runs_by_clock(str(job.get("when") or ""), schedule.name))
    return [f"job:{job.get('id')}" for job in started]


def _of_resource(graph: Graph, node: str, known: Mapping[str, Node]) -> list[str]:
    """What a declared schedule runs itself, else names, or what is named by that which names it: its target."""
    if (own := _run_as(node, known)) != node:
        return [own]
    near = [edge.target for edge in graph.links_from(node, "refers to", "calls", "starts")]
    beside = [edge.source for edge in graph.links_to(node, "refers to")]
    for source in beside:
        near += [one.target for one in graph.links_from(source, "refers to", "calls") if one.target != node]
    near = [_run_as(one, known) for one in dict.fromkeys(near)]
    return (
        [one for one in near if one.startswith("file:") or known[one].kind in _STARTED]
        or [one for one in near if _is_runner(graph, one)]
        or _spelled_out(graph, {node, *beside}, known)
    )


def _run_as(node: str, known: Mapping[str, Node]) -> str:
    """The workload of a resource that declares containers, a task of a container service say; else the resource."""
    workload = f"workload:{node.partition(':')[2]}"
    return workload if node.startswith("resource:") and workload in known else node


def _spelled_out(graph: Graph, nodes: Collection[str], known: Mapping[str, Node]) -> list[str]:
    """The one pipeline whose name stands in an ARN, a URL or an argument of the schedule or its target."""
    told = [text for one in graph.facts("resource") if object_id(one) in nodes for text in texts(one.get("data"))]
    words = {word for text in told for said in (text, _decoded(text)) for word in _APART.split(said)}
    found = [one.id for one in known.values() if one.kind == "pipeline" and len(one.label) > 3 and one.label in words]
    return found if len(found) == 1 else []


def _decoded(text: str) -> str:
    """What a text says that is written in base 64, as the body of a request of a scheduler is; '' for any other."""
    if not _ENCODED.match(text):
        return ""
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""


def _is_runner(graph: Graph, node: str) -> bool:
    """A function or a service that a schedule can call, or a resource that runs something, itself or by its parts."""
    parts = (edge.target for edge in graph.links_from(node, "refers to"))
    if any(graph.links_from(one, "starts", "calls", "runs") for one in (node, *parts)):
        return True
    return any(object_id(use.fact) == node for use in graph.uses("runs-service") if use.fact.kind == "resource")


def _of_call(graph: Graph, call: Fact) -> list[str]:
    """The pipeline that the call makes or names, the only one that its file defines or comes to, else its file."""
    closure = sorted(graph.closure(call.at.path))
    here = [edge for path in closure for edge in graph.links_from(f"file:{path}", "defines")]
    pipelines = [edge for edge in here if edge.target.startswith("pipeline:")]
    words = set(call.name.split(".")) | {str(call.get("decorates") or ""), str(call.get("function") or "")}
    same = [edge.target for edge in pipelines if edge.at == call.at]
    named = [edge.target for edge in pipelines if edge.target.rpartition("#")[2] in words]
    own = [edge.target for edge in pipelines if edge.source == f"file:{call.at.path}"]
    for found in (same, named, own, [edge.target for edge in pipelines]):
        if len(set(found)) == 1:
            return [found[0]]
    return [f"file:{call.at.path}"]

"""Endpoints: where something answers: a resource, a call that makes one, a route of an application."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.workloads import merge
from mlops_scan.scanner.link import deployedcode
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.declared import spelled, subjects
from mlops_scan.scanner.link.selectors import Near, object_id, title
from mlops_scan.scanner.model import Edge, Fact, Location, Node

# keys under which a rule for requests names the service that answers them
_BACKENDS = frozenset(("backend", "backendRefs", "serviceName", "destination", "service"))
_DEEPEST = 12
_REQUESTS = ("Api", "HttpApi")  # types of events that are requests
_ANY = "$default"  # the path of what no other path fits
_METHODS = frozenset(("get", "post", "put", "patch", "delete", "websocket"))


class Endpoints(Link):
    """`file:app.py` answers `endpoint:app.py#POST /predict`; `resource:.../Ingress/x` routes to a Service.

    Of a function that a template starts for requests: the file of its handler answers, or what runs its image.
    """

    turn = 1

    def nodes(self, graph: Graph) -> Iterator[Node]:
        for use, node in subjects(graph, "endpoint"):
            if not _is_internal(use):
                yield node
        for use, url in routes(graph):
            yield Node(f"endpoint:{use.at.path}#{url}", "endpoint", url, use.at, "route", "disabled" * use.disabled)
        for one, url, at in requests(graph):
            state = "disabled" if one.get("state") == "disabled" else ""
            yield Node(f"endpoint:{one.at.path}#{url}", "endpoint", url, at, "route", state)

    def edges(self, graph: Graph) -> Iterator[Edge]:
        asked = list(requests(graph))
        known = {str(one.get("id")) for one in graph.all_facts("workload")} if asked else set()
        for one, url, at in asked:
            started = [edge.target for edge in graph.links_from(object_id(one), "starts")]
            own = f"workload:{one.get('id')}" if one.get("id") in known else object_id(one)
            for answering in started or [own]:
                yield Edge(answering, "answers", f"endpoint:{one.at.path}#{url}", at)
        for use, url in routes(graph):
            yield Edge(f"file:{use.at.path}", "answers", f"endpoint:{use.at.path}#{url}", use.at)
        found = [(use, node) for use, node in subjects(graph, "endpoint") if not _is_internal(use)]
        for use, node in found:
            if use.fact.kind != "resource":
                yield Edge(f"file:{use.at.path}", "deploys", node.id, use.at)
        yield from deployedcode.edges(graph, self.nodes(graph))
        yield from _routed([use.fact for use, _ in found if use.fact.kind == "resource"])
        yield from _run_by(graph, [use.fact for use, _ in found if use.fact.kind == "resource"])


class Workloads(Link):
    """Workloads at the place that declares them, and resources that run a container or code of one's own."""

    turn = 1

    def nodes(self, graph: Graph) -> Iterator[Node]:
        told = {(one.at.path, one.at.line) for one in graph.all_facts("workload")}
        run_by = {(str(one.get("type")), one.name) for one in graph.all_facts("workload")}
        for one in merge(graph.all_facts("workload"), ()):
            kind = str(one.fact.get("type") or one.kind)
            yield Node(one.node, "workload", one.id, one.at, kind, "disabled" if one.disabled else "")
        for use in graph.uses("runs-service"):
            fact = use.fact
            if fact.kind != "resource" or (fact.at.path, fact.at.line) in told or graph.has_role(fact, "endpoint"):
                continue
            if (f"cloud/{fact.get('type')}", title(fact)) in run_by:  # what it runs is the workload, by its name
                continue
            state = "disabled" if use.disabled else ""
            yield Node(object_id(fact), "workload", title(fact), fact.at, str(fact.get("type") or ""), state)

    def edges(self, graph: Graph) -> Iterator[Edge]:
        yield from ()


def routes(graph: Graph) -> Iterator[tuple[Use, str]]:
    """Handlers of requests, each with its method and URL as far as they are told; each once."""
    known: dict[Location, list[Fact]] = defaultdict(list)
    for fact in graph.all_facts("route"):
        known[fact.at].append(fact)
    seen = set()
    for use in graph.uses("web-route"):
        if use.fact.kind not in ("call", "class"):  # the name of a function alone tells no address
            continue
        for told in _shown(use, known.get(use.at, [])):
            if (use.at.path, told) not in seen:
                seen.add((use.at.path, told))
                yield use, told


def requests(graph: Graph) -> Iterator[tuple[Fact, str, Location]]:
    """Functions of a template that requests start: (function, method and path, place), each once."""
    seen = set()
    for one in graph.all_facts("resource"):
        if one.get("platform") == "cloudformation":
            for name, url in _events((one.get("data") or {}).get("Properties")):
                if (one.at.path, url) not in seen:
                    seen.add((one.at.path, url))
                    line = (one.get("lines") or {}).get(f"Properties.Events.{name}", one.at.line)
                    yield one, url, Location(one.at.path, int(line))


def _events(properties: Any) -> Iterator[tuple[str, str]]:
    """(name, method and path) of the requests among the events of a function."""
    events = properties.get("Events") if isinstance(properties, Mapping) else None
    for name, event in events.items() if isinstance(events, Mapping) else ():
        if isinstance(event, Mapping) and event.get("Type") in _REQUESTS:
            said = event.get("Properties")
            said = said if isinstance(said, Mapping) else {}
            path, method = spelled(said.get("Path")), spelled(said.get("Method"))
            yield str(name), f"{method.upper() or 'ANY'} {path or _ANY}"


def _shown(use: Use, known: list[Fact]) -> Iterator[str]:
    """Method and URL: with the prefixes under which it is mounted where the route is known."""
    methods = _methods(use.fact)
    for route in known:
        said = ",".join(one for one in route.get("methods") or () if methods or one != "GET")
        yield f"{methods or said} {route.name}".strip()
    if not known:
        handler = str(use.fact.get("decorates") or use.fact.get("function") or "") or use.fact.name.rpartition(".")[2]
        text = spelled(use.argument("url")) or (use.fact.name if use.fact.kind != "call" else handler)
        yield f"{methods} {text}" if methods else text


def _methods(call: Fact) -> str:
    last = call.name.rpartition(".")[2]
    if last in _METHODS:
        return last.upper()
    told = (call.get("kwargs") or {}).get("methods")
    known = told if isinstance(told, list) else told.get("const") if isinstance(told, Mapping) else None
    return ",".join(str(one).upper() for one in known if isinstance(one, str)) if isinstance(known, list) else ""


def _is_internal(use: Use) -> bool:
    """A headless Service: it only names the pods of a set to each other."""
    data = use.fact.get("data")
    spec = data.get("spec") if isinstance(data, Mapping) else None
    return isinstance(spec, Mapping) and spec.get("clusterIP") == "None"


def _routed(resources: list[Fact]) -> Iterator[Edge]:
    """Rules for requests to the Services of the repository that they name."""
    services: dict[str, list[Fact]] = {}
    for one in resources:
        if str(one.get("type", "")).endswith("/Service"):
            services.setdefault(one.name, []).append(one)
    near = {name: Near(found) for name, found in services.items()}
    for one in resources:
        if one.get("platform") != "kubernetes" or str(one.get("type", "")).endswith("/Service"):
            continue
        for name in dict.fromkeys(_backends(one.get("data"))):
            for service in near[name].to(one) if name in near else ():
                yield Edge(object_id(one), "routes to", object_id(service), one.at)


def _backends(value: Any, depth: int = 0, *, inside: bool = False) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(inner, str) and (key == "serviceName" or (inside and key in ("name", "host"))):
                yield inner.partition(".")[0]
            else:
                yield from _backends(inner, depth + 1, inside=inside or key in _BACKENDS)
    elif isinstance(value, list):
        for inner in value:
            yield from _backends(inner, depth + 1, inside=inside)


def _run_by(graph: Graph, resources: list[Fact]) -> Iterator[Edge]:
    """An object that is endpoint and workload in one: the endpoint is answered by the workload at its place."""
    workloads = {(one.at.path, one.at.line): f"workload:{one.get('id')}" for one in graph.all_facts("workload")}
    for one in resources:
        if node := workloads.get((one.at.path, one.at.line)):
            yield Edge(object_id(one), "selects", node, one.at)

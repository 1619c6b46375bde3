"""Monitors: what watches something that runs, or alerts on it, to what each of them watches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.declared import subjects, texts
from mlops_scan.scanner.model import Edge, Fact, Location, Node

_WATCHED = frozenset(("endpoint", "workload", "pipeline", "model"))


class Monitors(Link):
    """`resource:aws_cloudwatch_metric_alarm/x` watches `resource:aws_sagemaker_endpoint/y`."""

    turn = 3

    def nodes(self, graph: Graph) -> Iterator[Node]:
        declared = {}
        for use, node in subjects(graph, "monitor"):
            declared[node.at.path] = use
            yield node
        for path, alerts in _grouped(graph, "alert").items():
            alerting = [one for one in alerts if one.get("type") != "record"]
            if alerting and path not in declared:
                yield Node(f"monitor:{path}", "monitor", path, alerting[0].at, f"{len(alerting)} alerts")
        for fact in graph.facts("scrape"):
            yield Node(f"monitor:{fact.at.path}#{fact.name}", "monitor", fact.name, fact.at, "scrape")
        for path, node in _drift(graph).items():
            if path not in declared:
                yield node

    def edges(self, graph: Graph) -> Iterator[Edge]:
        named = _by_name(graph)
        known = {node.id: node for node in graph.nodes()}
        places = {Location(node.at.path, node.at.line): node.id for node in known.values() if node.kind in _WATCHED}
        for use, node in subjects(graph, "monitor"):
            yield Edge(f"file:{use.at.path}", "defines", node.id, use.at)
            found = [edge.target for edge in graph.links_from(node.id, "refers to")]
            found += [edge.source for edge in graph.links_to(node.id, "refers to")]
            beyond = [
                edge.target for one in found for edge in graph.links_from(one, "refers to") if edge.target != node.id
            ]
            found = _watched(found, known) or _watched(beyond, known) or list(_told(use.fact, named))
            found = found or list(_handed(graph, use.fact, places))
            for target in dict.fromkeys(found):
                yield Edge(node.id, "watches", target, use.at)
        for node in (one for one in known.values() if one.id.startswith("monitor:") and one.kind == "monitor"):
            relation = "checks" if node.label == "drift" else "defines"
            yield Edge(f"file:{node.at.path}", relation, node.id, node.at)
        for fact in graph.facts("scrape"):
            hosts = {
                str(one).rpartition("//")[2].partition(":")[0].partition(".")[0] for one in fact.get("targets") or ()
            }
            for host in sorted(hosts):
                for target in named.get(host, ()):
                    yield Edge(f"monitor:{fact.at.path}#{fact.name}", "watches", target, fact.at)


def _watched(nodes: list[str], known: Mapping[str, Node]) -> list[str]:
    return [one for one in nodes if known[one].kind in _WATCHED]


def _handed(graph: Graph, call: Fact, places: Mapping[Location, str]) -> Iterator[str]:
    """What code made and hands to a call by a variable."""
    values = (call.get("kwargs") or {}).values() if call.kind == "call" else ()
    names = {str(one.get("expr")) for one in values if isinstance(one, Mapping)}
    for made in graph.in_file(call.at.path, "call") if names else ():
        if made.get("assigned") in names and (node := places.get(Location(made.at.path, made.at.line))):
            yield node


def _grouped(graph: Graph, kind: str) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in graph.facts(kind):
        found[fact.at.path].append(fact)
    return found


def _drift(graph: Graph) -> dict[str, Node]:
    """One monitor for each file whose code compares distributions."""
    found: dict[str, Node] = {}
    for use in graph.uses("drift-check", "drift-monitoring", strengths=("strong",)):
        if use.fact.kind in ("call", "function", "class") and not use.disabled:
            path = use.at.path
            found.setdefault(path, Node(f"monitor:{path}#drift", "monitor", "drift", use.at, use.fact.name))
    return found


def _by_name(graph: Graph) -> dict[str, list[str]]:
    """Workloads and endpoints by the name that others call them by; a route has none."""
    found: dict[str, list[str]] = defaultdict(list)
    for node in graph.nodes():
        if node.kind == "endpoint" and node.detail != "route":
            found[node.label].append(node.id)
    for workload in graph.all_facts("workload"):
        found[workload.name].append(f"workload:{workload.get('id')}")
    return found


def _told(fact: Fact, named: Mapping[str, list[str]]) -> Iterator[str]:
    """Endpoints and workloads that the attributes or arguments name."""
    for text in texts(fact.get("data") if fact.kind == "resource" else fact.get("kwargs")):
        if text != fact.name:
            yield from named.get(text, ())

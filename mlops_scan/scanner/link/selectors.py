"""Kubernetes objects to the workloads they select, scale, watch or protect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from mlops_scan.scanner.formats.nested import dig
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link import runtimes
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.model import Edge, Fact
from mlops_scan.scanner.paths import above

_RELATIONS = {
    "Service": "selects",
    "PodDisruptionBudget": "protects",
    "PodMonitor": "watches",
    "PodMonitoring": "watches",
    "NetworkPolicy": "guards",
}


class Selectors(Link):
    """Objects with a label selector, or a target reference, to the workloads they mean."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        workloads = _Workloads(graph.all_facts("workload"))
        services: dict[str, list[str]] = {}
        for resource in graph.all_facts("resource"):
            if resource.get("platform") != "kubernetes":
                continue
            kind = str(resource.get("type", "")).rpartition("/")[2]
            found = [
                *_selected(resource, kind, workloads),
                *_referenced(resource, workloads),
            ]
            if kind == "Service":
                services[resource.name] = [edge.target for edge in found]
            yield from found
        yield from self._service_monitors(graph, services)
        yield from runtimes.edges(graph, workloads.named)

    def _service_monitors(self, graph: Graph, services: Mapping[str, list[str]]) -> Iterator[Edge]:
        """ServiceMonitors select Services by the Services' own labels."""
        labelled = {
            fact.name: fact.get("labels") or {}
            for fact in graph.all_facts("resource")
            if fact.get("platform") == "kubernetes" and str(fact.get("type", "")).endswith("/Service")
        }
        for monitor in graph.all_facts("resource"):
            if not str(monitor.get("type", "")).endswith("/ServiceMonitor"):
                continue
            wanted = _labels(dig(monitor.get("data"), "spec", "selector"))
            for name in sorted(labelled):
                if wanted and wanted.items() <= dict(labelled[name]).items():
                    for target in services.get(name, ()):
                        yield Edge(object_id(monitor), "watches", target, monitor.at)


def object_id(resource: Fact) -> str:
    """Node id of an infrastructure object: the home it is declared in, then its kind and name."""
    home = resource.get("id") or f"{resource.at.path}#{resource.get('type')}/{resource.name}"
    return f"resource:{home}"


def title(resource: Fact) -> str:
    """What a resource is called, and which instance of its block it is."""
    instance, named = resource.get("instance"), resource.get("named")
    told = named.get("const") if isinstance(named, Mapping) else None
    name = told if isinstance(told, str) and told else _property(resource) or resource.name
    return f"{name}[{instance}]" if instance else name


def _property(resource: Fact) -> str:
    """The name that callers of a helper gave to what its call of a cloud's API makes: an Endpoint's `EndpointName`."""
    data = resource.get("data") if resource.get("origin") == "sdk" else None
    properties = data.get("Properties") if isinstance(data, Mapping) else None
    kind = str(resource.get("type") or "").rpartition("::")[2]
    found = properties.get(f"{kind}Name") if isinstance(properties, Mapping) else None
    return found if isinstance(found, str) else ""


class Near:
    """Facts by every folder above them, to be asked for those nearest to another."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._below: dict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            for folder in above(fact.at.path.rpartition("/")[0]):
                self._below[folder].append(fact)

    def to(self, resource: Fact, labels: Mapping[str, Any] = MappingProxyType({})) -> list[Fact]:
        """Those in the same namespace and chart that have these labels; of several folders, in the nearest one."""
        for folder in above(resource.at.path.rpartition("/")[0]):
            found = [one for one in self._below.get(folder, ()) if _same_place(resource, one) and _has(one, labels)]
            if found:
                return found
        return []


class _Workloads:
    """Workloads by each of their pods' labels and by name."""

    def __init__(self, workloads: tuple[Fact, ...]) -> None:
        self._by_label: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        self._by_name: dict[str, list[Fact]] = defaultdict(list)
        for workload in workloads:
            self._by_name[workload.name].append(workload)
            for key, value in dict(workload.get("labels") or {}).items():
                self._by_label[key, str(value)].append(workload)
        self._near: dict[object, Near] = {}

    def labelled(self, resource: Fact, wanted: Mapping[str, Any]) -> list[Fact]:
        """The nearest workloads whose pods carry all these labels; none for an empty selector."""
        for key, value in wanted.items():
            return self._nearest((key, str(value)), self._by_label[key, str(value)]).to(resource, wanted)
        return []

    def named(self, resource: Fact, kind: str, name: str) -> list[Fact]:
        """The nearest workloads of a name, and of a kind if one is told."""
        found = self._by_name[name]
        if kind:
            found = [one for one in found if one.get("kind") == kind]
        return self._nearest((kind, name, ""), found).to(resource)

    def _nearest(self, key: object, found: list[Fact]) -> Near:
        if key not in self._near:
            self._near[key] = Near(found)
        return self._near[key]


def _selected(resource: Fact, kind: str, workloads: _Workloads) -> Iterator[Edge]:
    relation = _RELATIONS.get(kind)
    if relation is None:
        return
    spec = dig(resource.get("data"), "spec")
    wanted = _labels(dig(spec, "podSelector" if kind == "NetworkPolicy" else "selector"))
    for workload in workloads.labelled(resource, wanted):
        yield Edge(object_id(resource), relation, f"workload:{workload.get('id')}", resource.at)


def _referenced(resource: Fact, workloads: _Workloads) -> Iterator[Edge]:
    """scaleTargetRef (autoscalers), targetRef (vertical autoscalers, canaries), workloadRef (rollouts)."""
    spec = dig(resource.get("data"), "spec")
    for key, relation in (("scaleTargetRef", "scales"), ("targetRef", "steers"), ("workloadRef", "rolls out")):
        target = dig(spec, key)
        if not isinstance(target, Mapping):
            continue
        for workload in workloads.named(resource, str(target.get("kind") or ""), str(target.get("name"))):
            yield Edge(object_id(resource), relation, f"workload:{workload.get('id')}", resource.at)


def _has(workload: Fact, labels: Mapping[str, Any]) -> bool:
    return not labels or labels.items() <= dict(workload.get("labels") or {}).items()


def _same_place(resource: Fact, workload: Fact) -> bool:
    """Namespaces agree where both are written, charts where both come from one."""
    for key in ("namespace", "chart"):
        if resource.get(key) and workload.get(key) and resource.get(key) != workload.get(key):
            return False
    return True


def _labels(selector: Any) -> dict[str, Any]:
    if not isinstance(selector, Mapping):
        return {}
    labels = selector.get("matchLabels", selector if "matchExpressions" not in selector else {})
    return dict(labels) if isinstance(labels, Mapping) else {}

"""Kubernetes objects to the workloads they select, scale, watch or protect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.model import Edge, Fact

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
        workloads = graph.all_facts("workload")
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
            wanted = _labels(_dig(monitor.get("data"), "spec", "selector"))
            for name in sorted(labelled):
                if wanted and wanted.items() <= dict(labelled[name]).items():
                    for target in services.get(name, ()):
                        yield Edge(object_id(monitor), "watches", target, monitor.at)


def object_id(resource: Fact) -> str:
    """Node id of an infrastructure object."""
    return f"resource:{resource.get('type')}/{resource.name}"


def _selected(resource: Fact, kind: str, workloads: tuple[Fact, ...]) -> Iterator[Edge]:
    relation = _RELATIONS.get(kind)
    if relation is None:
        return
    spec = _dig(resource.get("data"), "spec")
    wanted = _labels(_dig(spec, "podSelector" if kind == "NetworkPolicy" else "selector"))
    for workload in workloads:
        labels = workload.get("labels") or {}
        if wanted and wanted.items() <= dict(labels).items() and _same_place(resource, workload):
            yield Edge(object_id(resource), relation, f"workload:{workload.get('id')}", resource.at)


def _referenced(resource: Fact, workloads: tuple[Fact, ...]) -> Iterator[Edge]:
    """scaleTargetRef (autoscalers), targetRef (vertical autoscalers, canaries), workloadRef (rollouts)."""
    spec = _dig(resource.get("data"), "spec")
    for key, relation in (("scaleTargetRef", "scales"), ("targetRef", "steers"), ("workloadRef", "rolls out")):
        target = _dig(spec, key)
        if not isinstance(target, Mapping):
            continue
        for workload in workloads:
            same_kind = not target.get("kind") or target.get("kind") == workload.get("kind")
            if target.get("name") == workload.name and same_kind and _same_place(resource, workload):
                yield Edge(object_id(resource), relation, f"workload:{workload.get('id')}", resource.at)


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


def _dig(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data

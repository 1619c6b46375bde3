"""Kubernetes objects to the workloads they select, scale, watch or protect."""

from __future__ import annotations

from collections import defaultdict
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
    """Node id of an infrastructure object: the home it is declared in, then its kind and name."""
    home = resource.get("id") or f"{resource.at.path}#{resource.get('type')}/{resource.name}"
    return f"resource:{home}"


def title(resource: Fact) -> str:
    """What a resource is called, and which instance of its block it is."""
    instance, named = resource.get("instance"), resource.get("named")
    told = named.get("const") if isinstance(named, Mapping) else None
    name = told if isinstance(told, str) and told else resource.name
    return f"{name}[{instance}]" if instance else name


class _Workloads:
    """Workloads by each of their pods' labels and by name."""

    def __init__(self, workloads: tuple[Fact, ...]) -> None:
        self._by_label: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        self._by_name: dict[str, list[Fact]] = defaultdict(list)
        for workload in workloads:
            self._by_name[workload.name].append(workload)
            for key, value in dict(workload.get("labels") or {}).items():
                self._by_label[key, str(value)].append(workload)

    def labelled(self, wanted: Mapping[str, Any]) -> list[Fact]:
        """Workloads whose pods carry all these labels; none for an empty selector."""
        for key, value in wanted.items():
            return [one for one in self._by_label[key, str(value)] if wanted.items() <= dict(one.get("labels")).items()]
        return []

    def named(self, name: str) -> list[Fact]:
        return self._by_name[name]


def _selected(resource: Fact, kind: str, workloads: _Workloads) -> Iterator[Edge]:
    relation = _RELATIONS.get(kind)
    if relation is None:
        return
    spec = _dig(resource.get("data"), "spec")
    wanted = _labels(_dig(spec, "podSelector" if kind == "NetworkPolicy" else "selector"))
    for workload in _nearest(resource, workloads.labelled(wanted)):
        yield Edge(object_id(resource), relation, f"workload:{workload.get('id')}", resource.at)


def _referenced(resource: Fact, workloads: _Workloads) -> Iterator[Edge]:
    """scaleTargetRef (autoscalers), targetRef (vertical autoscalers, canaries), workloadRef (rollouts)."""
    spec = _dig(resource.get("data"), "spec")
    for key, relation in (("scaleTargetRef", "scales"), ("targetRef", "steers"), ("workloadRef", "rolls out")):
        target = _dig(spec, key)
        if not isinstance(target, Mapping):
            continue
        named = workloads.named(str(target.get("name")))
        same = [one for one in named if not target.get("kind") or target.get("kind") == one.get("kind")]
        for workload in _nearest(resource, same):
            yield Edge(object_id(resource), relation, f"workload:{workload.get('id')}", resource.at)


def _nearest(resource: Fact, workloads: list[Fact]) -> list[Fact]:
    """Those in the same namespace and chart; of several folders the ones that share most of the path."""
    near = [one for one in workloads if _same_place(resource, one)]
    folders = resource.at.path.split("/")[:-1]
    shared = [_shared(folders, one.at.path.split("/")[:-1]) for one in near]
    return [one for one, depth in zip(near, shared, strict=True) if depth == max(shared)]


def _shared(one: list[str], other: list[str]) -> int:
    return next(
        (index for index, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )


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

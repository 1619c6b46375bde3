"""Which workloads come from charts of other makers that are kept unpacked: nobody here writes what those lack."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from mlops_scan.scanner import paths
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.graph.workloads import Workload
from mlops_scan.scanner.model import Edge, Fact

_HELPS = ("cluster-agent", "infra-monitoring")


class Linked(Protocol):
    """What of the graph is asked here."""

    def facts(self, *kinds: str) -> tuple[Fact, ...]: ...
    def uses(self, *keys: str) -> tuple[Use, ...]: ...
    def workloads(self) -> tuple[Workload, ...]: ...
    def links_from(self, node: str, *relations: str) -> tuple[Edge, ...]: ...
    def links_to(self, node: str, *relations: str) -> tuple[Edge, ...]: ...


def brought(graph: Linked, about: Collection[str]) -> frozenset[str]:
    """Ids of the workloads of charts that a chart takes from elsewhere, and of copies of published monitoring stacks.

    `about`: paths that speak of models. A chart that does, or that runs what is built here, is somebody's own.
    """
    charts = {one.at.path.rpartition("/")[0]: one for one in graph.facts("chart")}
    if not charts:
        return frozenset()
    helping = [use.at.path for use in graph.uses(*_HELPS) if use.fact.kind == "image"]
    copies = {
        folder
        for folder, chart in charts.items()
        if folder and chart.get("published") and _any_in(folder, helping) and not _any_in(folder, about)
    }
    own = {folder for one in graph.workloads() for folder in _folders(one) if folder in copies and _built(graph, one)}
    taken = {folder for folder in charts if _is_taken(folder, charts)} | (copies - own)
    return frozenset(one.id for one in graph.workloads() if not taken.isdisjoint(_folders(one)))


def _is_taken(folder: str, charts: Mapping[str, Fact]) -> bool:
    """Whether a chart lies in the `charts/` of one that lists it as a dependency from a repository of charts."""
    parent, inside, name = folder.rpartition("/charts/")
    above = charts.get(parent) if inside else None
    listed = above.get("dependencies") or () if above is not None else ()
    repositories = [str(one.get("repository") or "") for one in listed if one.get("name") == name]
    return any(one and not one.startswith("file:") for one in repositories)


def _built(graph: Linked, workload: Workload) -> bool:
    return any(graph.links_to(edge.target, "builds") for edge in graph.links_from(workload.node, "runs"))


def _any_in(folder: str, paths: Collection[str]) -> bool:
    return any(path.startswith(f"{folder}/") for path in paths)


def _folders(workload: Workload) -> Iterator[str]:
    return paths.above(workload.at.path.rpartition("/")[0])

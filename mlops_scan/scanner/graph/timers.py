"""What a schedule starts, and whether it is switched off: by its own words or by the resource that holds it."""

from __future__ import annotations

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.model import Fact


def scheduled(graph: Graph, schedule: Fact) -> str:
    """Node id of what a schedule starts."""
    owner, where = str(schedule.get("owner") or ""), str(schedule.get("where") or "")
    if where == "ci" and owner:
        return f"file:{owner}" if owner in graph.files else f"job:{owner}"
    if is_of_resource(graph, schedule):
        return f"resource:{owner}"
    if where in ("kubernetes", "container"):
        return f"workload:{owner}"
    if where == "config" and graph.links_from(f"target:{owner}"):
        return f"target:{owner}"
    return f"file:{schedule.at.path}"


def is_of_resource(graph: Graph, schedule: Fact) -> bool:
    """Whether a declared resource holds the schedule."""
    return str(schedule.get("owner") or "") in graph.once(_Resources).ids


def is_off(graph: Graph, schedule: Fact) -> bool:
    """Whether the schedule, or the resource that holds it, is switched off."""
    return schedule.get("state") == "disabled" or str(schedule.get("owner") or "") in graph.once(_Resources).off


class _Resources:
    """Ids of declared resources: those that stand for themselves, and schedules that are switched off."""

    def __init__(self, graph: Graph) -> None:
        workloads = {one.get("id") for one in graph.all_facts("workload")}
        self.ids = {str(one.get("id")) for one in graph.all_facts("resource") if one.get("id")} - workloads
        resources = [use for use in graph.uses("schedules") if use.fact.kind == "resource"]
        self.off = {str(use.fact.get("id") or "") for use in resources if use.disabled} - {""}

"""What a schedule starts, and whether it is switched off: by its own words or by the resource that holds it."""

from __future__ import annotations

import re

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.model import Fact

_EVENT = re.compile(r"github\.event_name\s*(==|!=)\s*['\"](\w+)['\"]|\bCI_PIPELINE_SOURCE\s*(==|!=)\s*['\"](\w+)['\"]")
_CRON = re.compile(r"github\.event\.schedule\s*==\s*['\"]([^'\"]+)['\"]")


def scheduled(graph: Graph, schedule: Fact) -> str:
    """Node id of what a schedule starts."""
    owner, where = str(schedule.get("owner") or ""), str(schedule.get("where") or "")
    if where == "ci" and owner:
        return f"file:{owner}" if owner in graph.files else f"job:{owner}"
    if is_of_resource(graph, schedule):
        return f"resource:{owner}"
    if where in ("kubernetes", "container"):
        return f"workload:{owner}"
    if where == "config":
        held = next((node for kind in ("target", "pipeline") if graph.links_from(node := f"{kind}:{owner}")), "")
        if held:
            return held
    return f"file:{schedule.at.path}"


def is_of_resource(graph: Graph, schedule: Fact) -> bool:
    """Whether a declared resource holds the schedule."""
    return str(schedule.get("owner") or "") in graph.once(_Resources).ids


def is_off(graph: Graph, schedule: Fact) -> bool:
    """Whether the schedule, or the resource that holds it, is switched off."""
    return schedule.get("state") == "disabled" or str(schedule.get("owner") or "") in graph.once(_Resources).off


def runs_by_clock(condition: str, cron: str) -> bool:
    """Whether a job's condition can hold for the event of a schedule."""
    if not condition or "schedules" in condition:
        return True
    crons = _CRON.findall(condition)
    if crons and "!" not in condition:
        return cron in crons or "||" in condition
    events = [(one or three, two or four) for one, two, three, four in _EVENT.findall(condition)]
    if ("!=", "schedule") in events and "||" not in condition:
        return False
    equal = {name for sign, name in events if sign == "=="}
    return not equal or "schedule" in equal or (condition.count("||") >= len(equal) and "&&" not in condition)


class _Resources:
    """Ids of declared resources: those that stand for themselves, and schedules that are switched off."""

    def __init__(self, graph: Graph) -> None:
        workloads = {one.get("id") for one in graph.all_facts("workload")}
        self.ids = {str(one.get("id")) for one in graph.all_facts("resource") if one.get("id")} - workloads
        resources = [use for use in graph.uses("schedules") if use.fact.kind == "resource"]
        self.off = {str(use.fact.get("id") or "") for use in resources if use.disabled} - {""}

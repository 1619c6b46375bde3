"""What a schedule starts, and whether it is switched off: by its own words or by the resource that holds it."""

from __future__ import annotations

import re
from collections import defaultdict

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.environments import deciding
from mlops_scan.scanner.model import Fact

_EVENT = re.compile(r"github\.event_name\s*(==|!=)\s*['\"](\w+)['\"]|\bCI_PIPELINE_SOURCE\s*(==|!=)\s*['\"](\w+)['\"]")
_CRON = re.compile(r"github\.event\.schedule\s*(==|!=)\s*['\"]([^'\"]+)['\"]")


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
    """Whether the schedule, or what holds it, is switched off; of several environments, where it counts."""
    return graph.once(_Resources).is_off(schedule) or str(schedule.get("owner") or "") in graph.once(_Resources).off


def runs_by_clock(condition: str, cron: str) -> bool:
    """Whether a job's condition can hold for the event of a schedule."""
    if not condition or "schedules" in condition:
        return True
    crons = [(sign == "==") == (cron == one) for sign, one in _CRON.findall(condition)]
    if crons and "!" not in _CRON.sub("", condition):
        return any(crons) if "||" in condition else all(crons)
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
        self._off = _suspended(graph)

    def is_off(self, schedule: Fact) -> bool:
        """Whether a schedule is off by its own words, in the environments that decide."""
        return self._off.get(_identity(schedule), bool(schedule.get("state") == "disabled"))


def _suspended(graph: Graph) -> dict[tuple[str, str], bool]:
    """Of schedules that run in one environment and stand still in another: whether they are off where it counts."""
    variants: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in graph.all_facts("schedule"):
        if fact.get("where") == "kubernetes":
            variants[_identity(fact)].append(fact)
    return {
        key: all(one.get("state") == "disabled" for one in deciding(found))
        for key, found in variants.items()
        if len({one.get("state") for one in found}) > 1
    }


def _identity(schedule: Fact) -> tuple[str, str]:
    return str(schedule.get("owner") or ""), schedule.name

"""Safeguards that others have and production does without: switched off by its values, removed by its patches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.environments import deciding
from mlops_scan.scanner.model import Fact, Location

SAFEGUARDS = frozenset(
    (
        *("alerting", "autoscaling", "drift-monitoring", "gradual-rollout", "health-checks", "infra-monitoring"),
        *("llm-observability", "model-monitoring", "rollback"),
    )
)


class Withheld:
    """What every environment lacks that is production by its name: of a chart, of a kustomization."""

    def __init__(self, graph: Graph) -> None:
        self._objects: dict[tuple[str, int], str] = {}
        self._templates: dict[str, str] = {}
        live: dict[str, list[Fact]] = defaultdict(list)
        for fact in graph.facts("environment"):
            live[str(fact.get("chart"))].append(fact)
        told: dict[str, str] = dict(_removed(graph))
        for environments in live.values():
            told.update(_everywhere(environments))
        self._ids = told
        kept: set[str] = set()
        for fact in graph.facts("resource") if told else ():
            why = told.get(str(fact.get("id")))
            if why:
                self._objects[fact.at.path, fact.at.line] = why
                self._templates.setdefault(fact.at.path, why)
            else:
                kept.add(fact.at.path)
        for path in kept:
            self._templates.pop(path, None)

    def why(self, at: Location) -> str:
        """Why what stands at a place takes no effect in production; '' where it may."""
        return self._objects.get((at.path, at.line)) or self._templates.get(at.path, "")

    def why_object(self, identity: str) -> str:
        """The same for an object, by its identity."""
        return self._ids.get(identity, "")


def scaled(graph: Graph, workload: str, *relations: str) -> tuple[bool, str]:
    """(whether something scales a workload where it counts, why what would does not)."""
    edges = graph.links_to(workload, *relations)
    whys = [graph.once(Withheld).why_object(edge.source.partition(":")[2]) for edge in edges]
    return not all(whys), next(iter(whys), "")


def _removed(graph: Graph) -> Iterator[tuple[str, str]]:
    """Objects that patches remove or values switch off in the environments that decide, and what does."""
    ids = {str(one.get("id")) for one in graph.facts("resource") if one.get("why") and one.get("state")}
    variants: dict[str, list[Fact]] = defaultdict(list)
    for fact in graph.facts("resource") if ids else ():
        if str(fact.get("id")) in ids:
            variants[str(fact.get("id"))].append(fact)
    for identity, found in variants.items():
        counting = deciding(found)
        if all(one.get("state") == "disabled" for one in counting):
            yield identity, next((str(one.get("why")) for one in counting if one.get("why")), "")
    for use in graph.uses("autoscaling"):
        if use.match.off and use.fact.kind == "resource":
            yield str(use.fact.get("id")), f"'{use.tool}' is there and switched off ({use.at})"
    for fact in graph.facts("resource"):
        if fact.get("without"):
            yield str(fact.get("id")), f"production has none of it ({fact.get('without')})"


def _everywhere(environments: list[Fact]) -> dict[str, str]:
    """Objects that all of the environments lack, each with what switches it off."""
    found: list[dict[str, str]] = []
    for one in environments:
        lacks = one.get("lacks") or ()
        found.append({str(each["id"]): _because(one.name, each.get("value"), each.get("at")) for each in lacks})
    return {key: why for key, why in found[0].items() if all(key in one for one in found[1:])}


def _because(environment: str, value: object, at: object) -> str:
    return f"'{value}' switches it off in production ({at})" if at else f"'{environment}' switches it off"

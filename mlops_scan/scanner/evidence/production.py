"""Safeguards that a chart has by default and that its production values switch off: production is what counts."""

from __future__ import annotations

from collections import defaultdict

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact, Location

SAFEGUARDS = frozenset(
    (
        *("alerting", "autoscaling", "drift-monitoring", "gradual-rollout", "health-checks", "infra-monitoring"),
        *("llm-observability", "model-monitoring", "rollback"),
    )
)


class Lacking:
    """What every environment of a chart lacks that is production by its name."""

    def __init__(self, graph: Graph) -> None:
        self._objects: dict[tuple[str, int], str] = {}
        self._templates: dict[str, str] = {}
        live: dict[str, list[Fact]] = defaultdict(list)
        for fact in graph.facts("environment"):
            live[str(fact.get("chart"))].append(fact)
        told: dict[str, str] = {}
        for environments in live.values():
            told.update(_everywhere(environments))
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


def _everywhere(environments: list[Fact]) -> dict[str, str]:
    """Objects that all of the environments lack, each with what switches it off."""
    found: list[dict[str, str]] = []
    for one in environments:
        lacks = one.get("lacks") or ()
        found.append({str(each["id"]): _because(one.name, each.get("value"), each.get("at")) for each in lacks})
    return {key: why for key, why in found[0].items() if all(key in one for one in found[1:])}


def _because(environment: str, value: object, at: object) -> str:
    return f"'{value}' switches it off in production ({at})" if at else f"'{environment}' switches it off"

"""What is there only where a cluster has what it asks for: by its place, and by the object that it belongs to."""

from __future__ import annotations

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.model import Location

_BESIDE = ("workload", "container", "image", "schedule", "alert", "scrape")


class Conditions:
    """The conditions of a repository; what another environment has without any is there without any."""

    def __init__(self, graph: Graph) -> None:
        self._ids: dict[str, str] = {}
        self._places: dict[tuple[str, int], str] = {}
        hanging = [one for one in graph.all_facts("resource") if one.get("only_where")]
        if not hanging:
            return
        for fact in hanging:
            self._ids[str(fact.get("id"))] = str(fact.get("only_where"))
        for fact in graph.all_facts("resource"):
            if not fact.get("only_where") and not fact.get("state"):
                self._ids.pop(str(fact.get("id")), None)
        for fact in (*hanging, *(one for kind in _BESIDE for one in graph.all_facts(kind))):
            if fact.get("only_where"):
                self._places[fact.at.path, fact.at.line] = str(fact.get("only_where"))

    def of(self, at: Location) -> str:
        """'the cluster has ...' for what stands at a place; '' where it is always there."""
        return self._places.get((at.path, at.line), "")

    def of_object(self, identity: str) -> str:
        """The same for an object, by its identity."""
        return self._ids.get(identity, "")

"""retraining-trigger: a schedule or an event that reaches training code. A cron that scores retrains nothing."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence, Fact, Status


class RetrainingTrigger(Derivation):
    capability = "retraining-trigger"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        training = {use.at.path for use in graph.uses("trains") if not use.disabled}
        if not training:
            return
        for schedule in graph.facts("schedule"):
            reached = _reached(graph, schedule)
            if not training.isdisjoint(reached):
                yield self.evidence("schedule", schedule.at, f"schedule '{schedule.name}' trains", state(schedule))
        for use in graph.uses("schedules"):
            closure = graph.closure(use.at.path)
            if not training.isdisjoint(closure) and not use.disabled:
                yield self.evidence(use.tool, use.at, f"{use.fact.name} schedules training")
        yield from self._drift_triggered(graph, training)

    def _drift_triggered(self, graph: Graph, training: set[str]) -> Iterator[Evidence]:
        """A drift check whose branch calls a function of training code."""
        names = {fact.name.split(".")[-1]: fact.at.path for fact in graph.facts("function") if fact.at.path in training}
        watching = {use.at.path for use in graph.uses("drift-check", "drift-monitoring")}
        for fact in graph.facts("comparison"):
            called = {call.split(".")[-1] for call in fact.get("body") or ()}
            if fact.at.path in watching and not called.isdisjoint(names):
                yield self.evidence("drift", fact.at, f"'{fact.name}' starts training", Status.USED)


def _reached(graph: Graph, schedule: Fact) -> frozenset[str]:
    owner = str(schedule.get("owner") or "")
    where = str(schedule.get("where") or "")
    if where == "ci":
        node = f"file:{owner}" if owner in graph.files else f"job:{owner}"
        start = node if owner else f"file:{schedule.at.path}"
    elif where in ("kubernetes", "container"):
        start = f"workload:{owner}"
    else:
        start = f"file:{schedule.at.path}"
    return graph.files_run_by(start)

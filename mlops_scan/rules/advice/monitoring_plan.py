"""monitoring-plan: what to measure for what is served, and when to act."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.advice.base import Chooser, table
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Place
from mlops_scan.scanner.result import Question, Recommendation


class MonitoringPlan(Chooser):
    topic = "monitoring-plan"

    def choose(self, graph: Graph) -> Iterator[Recommendation]:
        if graph.profile.serves_model == "none":
            return
        now = {
            "llm": "llm" in graph.profile.model_kinds,
            "gpu": bool(graph.uses("gpu-runtime")),
            "own_model": bool(graph.training),
            "online": graph.profile.serves_model in ("online", "both"),
        }
        rows = [
            row
            for row in table("monitoring_plan")["rows"]
            if all(now[name] is wanted for name, wanted in row["when"].items())
        ]
        present = [
            one for name in ("infra-monitoring", "model-monitoring", "drift-monitoring") for one in graph.evidence(name)
        ]
        yield Recommendation(
            topic=self.topic,
            choice=f"measure {len(rows)} figures" + (f", with {present[0].tool} that is there" if present else ""),
            because=tuple(Place(use.at, f"serves with {use.tool}") for use in (*graph.online, *graph.batch)[:2]),
            details=tuple({key: str(row[key]) for key in ("kind", "metric", "threshold")} for row in rows),
        )

    def questions(self, graph: Graph) -> Iterator[Question]:
        if graph.profile.serves_model != "none":
            for one in table("monitoring_plan")["questions"]:
                yield Question(one["about"], one["ask"], tuple(one["changes"]))

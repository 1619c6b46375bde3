"""rollout-plan: the phases in which a new model reaches its users."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.advice.base import Chooser, table
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Place
from mlops_scan.scanner.result import Question, Recommendation


class RolloutPlan(Chooser):
    topic = "rollout-plan"

    def choose(self, graph: Graph) -> Iterator[Recommendation]:
        if graph.profile.serves_model == "none":
            return
        plan = table("rollout_plan")
        online = graph.profile.serves_model in ("online", "both")
        router = graph.evidence("gradual-rollout")
        with_what = f" with {router[0].tool}" if router else ""
        shown = [Place(one.at, one.what) for one in router[:1]]
        yield Recommendation(
            topic=self.topic,
            choice=("shadow, canary, full" if online else "side by side, then full") + with_what,
            because=(*shown, *(Place(use.at, f"serves with {use.tool}") for use in (*graph.online, *graph.batch)[:1])),
            trade_offs=(plan["rollback"],),
            details=tuple(
                {key: str(value) for key, value in row.items()} for row in plan["online" if online else "batch"]
            ),
        )

    def questions(self, graph: Graph) -> Iterator[Question]:
        if graph.profile.serves_model != "none":
            for one in table("rollout_plan")["questions"]:
                yield Question(one["about"], one["ask"], tuple(one["changes"]))

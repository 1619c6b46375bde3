"""retraining-trigger: what starts training, by how mature the rest is."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.advice.base import Chooser, table
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Place
from mlops_scan.scanner.result import Question, Recommendation

_CONDITIONS = {
    "drift": "drift-monitoring",
    "scheduled": "retraining-trigger",
    "orchestrated": "pipeline-orchestration",
    "deployed": "deployment-automation",
}
_EVENTS = ("event", "drift")  # by these names evidence tells a trigger that is not the clock


class RetrainingTrigger(Chooser):
    topic = "retraining-trigger"

    def choose(self, graph: Graph) -> Iterator[Recommendation]:
        if not _arises(graph):
            return
        rules = table("retraining_trigger")
        now = {name: graph.has(capability) for name, capability in _CONDITIONS.items()}
        now["timed"] = any(one.tool not in _EVENTS for one in graph.evidence("retraining-trigger"))
        row = next(row for row in rules["rows"] if all(now[name] is wanted for name, wanted in row["when"].items()))
        because = [Place(use.at, f"trains with {use.tool}") for use in graph.training[:1]]
        because += [Place(use.at, f"serves with {use.tool}") for use in (*graph.online, *graph.batch)[:1]]
        for name in row["when"]:
            told = graph.evidence(_CONDITIONS[name]) if name in _CONDITIONS else ()
            because += [Place(one.at, one.what) for one in told[:1]]
        orchestrators = graph.evidence("pipeline-orchestration")
        where = f" on {orchestrators[0].tool}" if orchestrators else ""
        yield Recommendation(
            topic=self.topic,
            choice=row["choice"] + where,
            because=tuple(because),
            why=tuple(row["why"]),
            alternatives=(row["runner_up"],),
            assumptions=("what the model describes changes with time",),
            details=(
                {"step": "frequency", "what": row["frequency"]},
                *({"step": "evaluation gate", "what": one} for one in rules["gate"]),
            ),
        )

    def questions(self, graph: Graph) -> Iterator[Question]:
        if _arises(graph):
            for one in table("retraining_trigger")["questions"]:
                yield Question(one["about"], one["ask"], tuple(one["changes"]))


def _arises(graph: Graph) -> bool:
    """The repository serves a model that it trains itself."""
    own = bool(graph.training) and graph.profile.serves_model != "none"
    return own and graph.profile.kind in ("project", "template")

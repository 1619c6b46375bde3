"""alerting: alert rules that reach somebody, pipelines that score and checks of a served model, which tell.

Recording rules alert nobody, nor do rules with empty receivers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.evidence.drift_monitoring import DriftMonitoring
from mlops_scan.scanner.evidence.model_monitoring import ModelMonitoring
from mlops_scan.scanner.graph import Callees, Graph, Use
from mlops_scan.scanner.graph.purpose import purposes
from mlops_scan.scanner.model import Evidence, Status

_WATCHING = ("drift-monitoring", "model-monitoring")


class Alerting(Derivation):
    capability = "alerting"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        receivers = graph.facts("receiver")
        deaf = bool(receivers) and all(receiver.get("empty") for receiver in receivers)
        for alert in graph.facts("alert"):
            if alert.get("type") == "alert":
                status = Status.DISABLED if deaf else state(alert)
                why = " (no receiver is told)" if deaf else ""
                yield self.evidence("prometheus", alert.at, f"alert '{alert.name}'{why}", status)
        for use in graph.uses("pipeline"):
            handler = "" if use.disabled or use.fact.kind != "call" else _handler(use)
            if handler and _tells(graph, use.at.path, handler) and _scores(graph, use.at.path):
                yield self.evidence(use.tool, use.at, f"'{handler}' tells when the pipeline fails")
        yield from self._watching(graph)

    def _watching(self, graph: Graph) -> Iterator[Evidence]:
        """Messages of what watches the model in service: the file in which it is checked, or what imports that.

        What a training run tells is none of the service.
        """
        telling = [use for use in graph.uses("alerts") if use.fact.kind == "call" and not use.disabled]
        if not telling:
            return
        checks = {one.at.path for one in (*ModelMonitoring().find(graph), *DriftMonitoring().find(graph))}
        checks |= {use.at.path for use in graph.uses(*_WATCHING) if use.fact.kind == "call" and not use.disabled}
        watching = graph.importing(checks) - {use.at.path for use in graph.uses("trains")}
        for use in telling:
            if use.at.path in watching:
                yield self.evidence(use.tool, use.at, f"{use.fact.name} tells what the check of the model finds")


def _handler(use: Use) -> str:
    """What a pipeline calls when it fails: an argument of its own, or one of those that it hands to its steps."""
    keys = use.match.data.get("tells") or ()
    given = use.fact.get("kwargs") or {}
    for held in (given, *(_held(value) for value in given.values())):
        for key in keys:
            value = held.get(str(key))
            value = value[0] if isinstance(value, list) and value else value
            name = value.get("name") or value.get("call") if isinstance(value, dict) else None
            if isinstance(name, str):
                return name
    return ""


def _held(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    inner = value.get("holds", value) if "expr" in value else value
    return inner if isinstance(inner, dict) else {}


def _tells(graph: Graph, path: str, handler: str) -> bool:
    """Whether the handler sends something. What no file here defines is taken at its word."""
    functions = graph.once(Callees).targets(path, handler)
    sending = {
        (use.at.path, str(use.fact.get("function") or ""))
        for use in graph.uses("alerts", "http-client")
        if use.fact.kind == "call"
    }
    return not functions or any(not sending.isdisjoint(graph.once(Callees).ways(*one)) for one in functions)


def _scores(graph: Graph, path: str) -> bool:
    """Whether the pipelines of a file write predictions: an alarm of what only trains is none of the service."""
    return "score" in purposes(graph, f"file:{path}")

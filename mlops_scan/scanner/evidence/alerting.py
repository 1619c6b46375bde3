"""alerting: alert rules that reach somebody. Recording rules alert nobody, nor do rules with empty receivers."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence, Status


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

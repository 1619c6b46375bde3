"""data-validation: checks of a data set written by hand, where something calls them on the way to training."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner import paths
from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence


class DataValidation(Derivation):
    capability = "data-validation"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        if not any(not use.disabled for use in graph.uses("trains")):
            return
        web = {use.at.path for use in graph.uses("web-app", "web-route", "demo-ui") if not use.disabled}
        answering = graph.closure(*sorted(web))
        called = {call.name.rpartition(".")[2] for call in graph.facts("call")}
        for use in graph.uses("checks-data"):
            check = use.fact
            if use.at.path in answering and not _is_shared(graph, use.at.path):
                continue
            if check.name.rpartition(".")[2] in called and not paths.is_example(use.at.path):
                yield self.evidence(use.tool, use.at, f"'{check.name}' checks the data", state(check))


def _is_shared(graph: Graph, path: str) -> bool:
    """Whether what a request is checked with serves training, too."""
    return path in graph.closure(*sorted({use.at.path for use in graph.uses("trains")}))

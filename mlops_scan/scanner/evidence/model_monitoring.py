"""model-monitoring: predictions compared with what came true, in code that says it watches the model in service."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner import paths
from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence

_WATCHES = re.compile(r"(?:^|/)[^/]*monitor(?:ing)?[^/]*\.py$", re.IGNORECASE)


class ModelMonitoring(Derivation):
    """Metrics in a file that is named for monitoring, and that neither trains nor splits."""

    capability = "model-monitoring"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        training = {use.at.path for use in graph.uses("trains", "splits-randomly")}
        for use in graph.uses("evaluates"):
            path = use.at.path
            if (
                use.fact.kind == "call"
                and _WATCHES.search(path)
                and path not in training
                and not paths.is_example(path)
            ):
                yield self.evidence(use.tool, use.at, f"{use.fact.name} measures past predictions", state(use.fact))

"""model-artifact: code that writes a model, model files, and their pointers."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.evidence.base import Derivation
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence


class ModelArtifact(Derivation):
    capability = "model-artifact"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        for use in graph.uses("persists-model"):
            if not use.disabled:
                yield self.evidence(use.tool, use.at, f"writes a model with {use.fact.name}")
        for file in graph.facts("model-file"):
            yield self.evidence(str(file.get("format") or "model-file"), file.at, f"model file {file.name}")

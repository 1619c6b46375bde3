"""dependency-locking: lock files, and requirement files that a compiler or hashes make complete."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.evidence.base import Derivation
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence


class DependencyLocking(Derivation):
    capability = "dependency-locking"
    alone = True

    def find(self, graph: Graph) -> Iterator[Evidence]:
        for manifest in graph.facts("manifest"):
            tool = str(manifest.get("format") or "lock")
            if manifest.get("lock"):
                yield self.evidence(tool, manifest.at, f"lock file {manifest.name}")
            elif manifest.get("compiled") or manifest.get("hashed"):
                yield self.evidence("pip-compile", manifest.at, f"compiled requirements {manifest.name}")

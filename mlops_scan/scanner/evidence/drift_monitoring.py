"""drift-monitoring: a statistical comparison of distributions in code that says it watches for drift."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner import paths
from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence

_WATCHES = re.compile(r"drift|skew|(?:^|[^a-z])psi(?:[^a-z]|$)|monitor|stability", re.IGNORECASE)


class DriftMonitoring(Derivation):
    """A two-sample test alone may be any statistics; in a file or function named for drift it is a check."""

    capability = "drift-monitoring"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        for use in graph.uses("drift-check", strengths=("strong",)):
            named = f"{use.at.path} {use.fact.get('function') or ''}"
            if use.fact.kind == "call" and _WATCHES.search(named) and not _is_study(use.at.path):
                told = f"{use.fact.name} compares distributions"
                yield self.evidence(use.tool, use.at, told, state(use.fact), str(use.fact.get("why") or ""))


def _is_study(path: str) -> bool:
    return path.endswith(".ipynb") or paths.is_example(path)

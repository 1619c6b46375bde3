"""Where the repository stands on Microsoft's MLOps maturity model (levels 0 to 4), and what the next level asks.

Source: Microsoft, 'Machine Learning operations maturity model' (levels: no MLOps, DevOps but no MLOps, automated
training, automated model deployment, full MLOps automated operations).
"""

from __future__ import annotations

from mlops_scan.scanner.graph import Graph

_LEVELS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("ci-cd",),),
    (("pipeline-orchestration",), ("experiment-tracking",)),
    (("model-registry",), ("deployment-automation",), ("evaluation-gate",)),
    (("drift-monitoring", "model-monitoring"), ("alerting",), ("retraining-trigger",)),
)


def maturity(graph: Graph, served: str) -> tuple[int, tuple[str, ...]]:
    """(level reached, capabilities that the next level lacks)."""
    for level, needs in enumerate(_LEVELS):
        missing = tuple(" or ".join(group) for group in needs if not graph.has(*group))
        if level == len(_LEVELS) - 1 and served == "none" and not missing:
            missing = ("serving",)
        if missing:
            return level, missing
    return len(_LEVELS), ()

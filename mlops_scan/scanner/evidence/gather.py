"""Fill the graph with evidence: what the catalogue recognised, then what the derivations prove."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan import plugins
from mlops_scan.scanner import evidence
from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.evidence.serving import what
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence, Status


def gather(graph: Graph, capabilities: tuple[str, ...]) -> None:
    """Add the evidence for each of `capabilities` to the graph."""
    derivations = [derivation() for derivation in plugins.load(evidence, Derivation)]
    alone = {derivation.capability for derivation in derivations if derivation.alone}
    for capability in capabilities:
        graph.add_evidence(_recognised(graph, capability, capability in alone))
    for derivation in derivations:
        graph.add_evidence(derivation.find(graph))


def _recognised(graph: Graph, capability: str, declared_only: bool) -> Iterator[Evidence]:
    used: set[str] = set()
    if not declared_only:
        for use in graph.uses(capability):
            if use.strength == "strong" or use.strength == "medium":
                used.add(use.tool)
                yield Evidence(capability, use.tool, state(use.fact), use.at, what(use))
    for use in graph.uses(capability, strengths=("weak",)):
        if use.tool not in used:
            used.add(use.tool)
            yield Evidence(capability, use.tool, Status.DECLARED, use.at, f"declares {use.fact.name}")

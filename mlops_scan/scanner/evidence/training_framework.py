"""training-framework: what makes the estimator or the loss, where a function fits what it is given."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner import catalog
from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence, Fact

_CLASS = re.compile(r"[A-Z](?=\w*[a-z])\w*\Z|[A-Z]{2}\w*\Z")


class TrainingFramework(Derivation):
    """`fit(Booster(), x, y)`: the class is known where it is made, and nothing is known of it where it is fitted."""

    capability = "training-framework"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        training = [use for use in graph.uses("trains") if not use.disabled]
        told = {one.tool for one in graph.evidence(self.capability)}
        modules = _modules(self.capability)
        for use in training:
            if use.tool in modules.values() and use.tool not in told:
                told.add(use.tool)
                yield self.evidence(use.tool, use.at, f"{use.fact.name} trains")
        fits = frozenset(use.at.path for use in training)
        beside = graph.closure(*sorted(fits)) | graph.importing(fits)
        for fact in graph.facts("call") if fits else ():
            tool = modules.get(fact.name.partition(".")[0])
            if tool is None or tool in told:
                continue
            if _makes(fact) and fact.at.path in beside:
                told.add(tool)
                yield self.evidence(tool, fact.at, f"{fact.name} is what is trained", state(fact))


def _modules(capability: str) -> dict[str, str]:
    """Module -> the tool that is first of all for this."""
    tools = (tool for tool in catalog.load().tools() if tool.capabilities[:1] == (capability,))
    return {module: tool.id for tool in tools for module in tool.imports}


def _makes(call: Fact) -> bool:
    return (
        bool(call.says.get("known")) and "metrics" not in call.name and bool(_CLASS.match(call.name.rpartition(".")[2]))
    )

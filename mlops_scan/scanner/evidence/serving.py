"""serving: model servers and endpoints; a web framework counts only where a handler comes to a model."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.evidence.batches import batch_serving, handed_out
from mlops_scan.scanner.evidence.online import listening, streaming, taken_down, web_serving
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Evidence, Status


class Serving(Derivation):
    capability = "serving"
    alone = True

    def find(self, graph: Graph) -> Iterator[Evidence]:
        passing = taken_down(graph)
        for use in graph.uses("model-server"):
            status = Status.DISABLED if use.at.path in passing else state(use.fact)
            yield self.evidence(use.tool, use.at, what(use), status)
        for use in graph.uses("serving-platform"):
            yield self.evidence(use.tool, use.at, what(use), state(use.fact))
        for use in web_serving(graph):
            yield self.evidence(use.tool, use.at, f"{use.fact.name} answers with a model")
        for use in listening(graph):
            yield self.evidence(use.tool, use.at, f"{use.fact.name} is asked by what an image starts to listen")
        for use in streaming(graph):
            yield self.evidence(use.tool, use.at, f"{use.fact.name} hands each message to a model")
        handed = {use.at for use in handed_out(graph)}
        for use in batch_serving(graph):
            says = "reads the predictions that are handed out" if use.at in handed else "writes predictions"
            yield self.evidence(use.tool, use.at, f"{use.fact.name} {says}")


def what(use: Use) -> str:
    """What was seen, in the words of the file, and the values file with which alone it is so."""
    only = str(use.fact.says.get("environment") or "")
    return _seen(use) + (f" with '{only}'" if only.endswith((".yaml", ".yml")) else "")


def _seen(use: Use) -> str:
    fact = use.fact
    if fact.kind == "image":
        return f"image {fact.name}"
    if fact.kind == "command":
        return "command '" + " ".join(str(word) for word in (fact.get("argv") or [])[:5]) + "'"
    if fact.kind == "resource":
        return f"{fact.get('type')} '{fact.name}'"
    return f"{fact.kind} {fact.name}"

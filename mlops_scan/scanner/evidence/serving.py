"""serving: model servers and endpoints; a web framework counts only where a handler comes to a model."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner import paths
from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Evidence

MODEL_ROLES = ("loads-model", "loads-hub-model", "registry-load", "predicts")


class Serving(Derivation):
    capability = "serving"
    alone = True

    def find(self, graph: Graph) -> Iterator[Evidence]:
        for use in graph.uses("model-server"):
            yield self.evidence(use.tool, use.at, what(use), state(use.fact))
        for use in web_serving(graph):
            yield self.evidence(use.tool, use.at, f"{use.fact.name} answers with a model")
        for use in batch_serving(graph):
            yield self.evidence(use.tool, use.at, f"{use.fact.name} writes predictions")


def what(use: Use) -> str:
    """What was seen, in the words of the file."""
    fact = use.fact
    if fact.kind == "image":
        return f"image {fact.name}"
    if fact.kind == "command":
        return "command '" + " ".join(str(word) for word in (fact.get("argv") or [])[:5]) + "'"
    if fact.kind == "resource":
        return f"{fact.get('type')} '{fact.name}'"
    return f"{fact.kind} {fact.name}"


def web_serving(graph: Graph) -> tuple[Use, ...]:
    """Web applications and demo UIs whose files come, by importing, to a model that is loaded or asked."""
    modelled = model_files(graph)
    return tuple(
        use
        for use in graph.uses("web-app", "web-route", "demo-ui")
        if not use.disabled and not modelled.isdisjoint(graph.closure(use.at.path))
    )


def batch_serving(graph: Graph) -> tuple[Use, ...]:
    """Batch inference products, and jobs that load a model, predict and write what it says."""
    found = [use for use in graph.uses("batch-scoring") if not use.disabled]
    writes = {use.at.path for use in graph.uses("writes-data")}
    loads = {use.at.path for use in graph.uses("loads-model", "registry-load", "loads-hub-model")}
    trains = {use.at.path for use in graph.uses("trains")}
    online = {use.at.path for use in graph.uses("web-app", "web-route", "demo-ui")}
    for use in graph.uses("predicts"):
        path = use.at.path
        closure = graph.closure(path)
        own = path in writes and path not in trains and path not in online and not paths.is_example(path)
        if own and not loads.isdisjoint(closure) and not path.endswith(".ipynb"):
            found.append(use)
    return tuple(found)


def model_files(graph: Graph) -> frozenset[str]:
    """Files in which a model is loaded or asked."""
    return frozenset(use.at.path for use in graph.uses(*MODEL_ROLES) if not use.disabled)

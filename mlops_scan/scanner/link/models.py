"""Models by the path or name under which code writes, registers, loads and serves them."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.handover import registered_name
from mlops_scan.scanner.graph.runpaths import named_by_run
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.modelnames import BY_PATH, ModelNames, calls
from mlops_scan.scanner.model import Edge

_BY_NAME = (("registry-load", "reads"), ("promotes", "registers"))


class Models(Link):
    """`file:train.py` writes `model:iris.joblib`, `file:app.py` reads it: one path ends the other."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        yield from graph.once(ModelNames).said
        for role, relation in BY_PATH:
            for use, call in calls(graph, role):
                if run := named_by_run(use, call):
                    yield Edge(f"file:{call.at.path}", relation, f"model:{run}", call.at)
        for role, relation in _BY_NAME:
            for use, call in calls(graph, role):
                if relation == "registers" and graph.has_role(use.fact, "deploys"):
                    continue  # the name is that of what serves it
                if name := registered_name(use, call):
                    yield Edge(f"file:{call.at.path}", relation, f"model:{name}", call.at)

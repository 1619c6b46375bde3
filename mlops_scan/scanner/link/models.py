"""Models by the path or name under which code writes, registers, loads and serves them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.handover import model_name, registered_name, spread
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.model import Edge

_BY_PATH = ("persists-model", "loads-model")


def _configured(graph: Graph) -> Iterator[Edge]:
    """What the configuration of a server reads: the file or folder it names, or all below the folder it lies in."""
    files = graph.facts("model-file")
    for use in graph.uses("serves-file"):
        folder = posixpath.dirname(use.at.path)
        named = use.fact.get("value") if use.fact.kind == "setting" else ""
        place = posixpath.normpath(posixpath.join(folder, named)) if isinstance(named, str) else folder
        for file in files:
            if file.at.path == place or file.at.path.startswith(f"{place}/"):
                yield Edge(f"file:{use.at.path}", "reads", f"model:{posixpath.basename(file.at.path)}", use.at)


class Models(Link):
    """`file:train.py` writes `model:iris.joblib`, `file:app.py` reads it: paths agree by their last part."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        for role, relation in (
            ("persists-model", "writes"),
            ("loads-model", "reads"),
            ("registry-load", "reads"),
            ("promotes", "registers"),
        ):
            for use in graph.uses(role):
                for call in spread(use.fact) if use.fact.kind == "call" else ():
                    if name := model_name(call) if role in _BY_PATH else registered_name(use, call):
                        yield Edge(f"file:{call.at.path}", relation, f"model:{name}", call.at)
        yield from _configured(graph)
        for file in graph.facts("model-file"):
            yield Edge(f"file:{file.at.path}", "holds", f"model:{posixpath.basename(file.at.path)}", file.at)

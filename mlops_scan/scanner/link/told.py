"""Models whose path a variable of the environment tells: an image or a manifest sets it, the code reads it."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.modelnames import ModelNames
from mlops_scan.scanner.model import Edge


class ToldModels(Link):
    """`file:app.py` reads `model:iris.joblib`, because a Dockerfile or a manifest says so in `MODEL_PATH`."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        yield from graph.once(ModelNames).told

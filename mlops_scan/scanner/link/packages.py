"""Runs of pipelines that were compiled before: to the pipeline by its function, or by the package that both name."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping

from mlops_scan.scanner.graph import Callees, Graph, Use
from mlops_scan.scanner.graph.handover import whole_text
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.pipelines import Known
from mlops_scan.scanner.model import Edge
from mlops_scan.scanner.paths import shared

_STARTS = ("starts-pipeline", "schedules")


class Packages(Link):
    """`file:submit.py` starts `pipeline:train.py#churn`, which another program wrote to the package that it names."""

    turn = 1

    def edges(self, graph: Graph) -> Iterator[Edge]:
        told = [use for use in graph.uses(*_STARTS) if use.fact.kind == "call" and not use.disabled]
        told = [use for use in told if use.given("path") or (use.key == _STARTS[0] and use.given("pipeline"))]
        if not told:
            return
        compiled = _Compiled(graph)
        for use in told:
            node = compiled.function(use) or compiled.package(use)
            if node:
                yield Edge(f"file:{use.at.path}", "starts", node, use.at)


class _Compiled:
    """Pipelines by the packages that code writes them to, and by those that lie in the repository."""

    def __init__(self, graph: Graph) -> None:
        self._graph, self._known = graph, Known(graph)
        self._packages: dict[str, dict[str, str]] = defaultdict(dict)  # file name -> path -> pipeline
        for step in graph.facts("pipeline-step"):
            if not step.at.path.endswith((".py", ".ipynb")):
                self._put(step.at.path, self._known.home(step))
        for use in graph.uses("compiles-pipeline"):
            written = _path(use)
            if written and (node := self.function(use)):
                self._put(written, node)

    def function(self, use: Use) -> str:
        """The pipeline of the function that a call is given."""
        value = use.argument("pipeline")
        name = str(value.get("name") or value.get("expr") or "") if isinstance(value, Mapping) else ""
        for target in self._graph.once(Callees).targets(use.at.path, name) if name else ():
            if (node := self._known.of_function(target)) is not None:
                return node.id
        return ""

    def package(self, use: Use) -> str:
        """The pipeline in the package that a call names, by the longest common end of both paths; '' where two fit."""
        wanted = _path(use)
        if not wanted:
            return ""
        near = use.at.path.split("/")

        def closeness(path: str) -> tuple[int, int]:
            return shared(path.split("/")[::-1], wanted.split("/")[::-1]), shared(path.split("/"), near)

        found = self._packages.get(posixpath.basename(wanted), {})
        best = sorted(found, key=closeness, reverse=True)
        several = len(best) > 1 and closeness(best[0]) == closeness(best[1])
        return found[best[0]] if best and not (several and found[best[0]] != found[best[1]]) else ""

    def _put(self, path: str, node: str) -> None:
        self._packages[posixpath.basename(path)][path] = node


def _path(use: Use) -> str:
    """The package that a call names."""
    text = whole_text(use.argument("path"))
    return posixpath.normpath(text).lstrip("/") if text else ""

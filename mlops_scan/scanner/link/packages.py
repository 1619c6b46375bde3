"""Runs of pipelines that code asks for: to the pipeline by its function, by its package, or by its name."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from mlops_scan.scanner.graph import Callees, Graph, Use
from mlops_scan.scanner.graph.handover import whole_text
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.pipelines import Known
from mlops_scan.scanner.model import Edge
from mlops_scan.scanner.paths import shared

_STARTS = ("starts-pipeline", "schedules")
_APART = re.compile(r"[/:]")  # of an address, or of a flow and its deployment


class Packages(Link):
    """`file:submit.py` starts `pipeline:train.py#churn`, which another program wrote to the package that it names."""

    turn = 1

    def edges(self, graph: Graph) -> Iterator[Edge]:
        told = [use for use in graph.uses(*_STARTS) if use.fact.kind == "call" and not use.disabled]
        told = [use for use in told if use.given("path") or use.key == _STARTS[0]]
        if not told:
            return
        compiled = _Compiled(graph)
        for use in told:
            node = compiled.function(use) or compiled.package(use) or compiled.named(use)
            source = next(iter(compiled.around(use)), f"file:{use.at.path}")
            if node and node != source:
                yield Edge(source, "starts", node, use.at)


class _Compiled:
    """Pipelines by the packages that code writes them to, and by those that lie in the repository."""

    def __init__(self, graph: Graph) -> None:
        self._graph, self._known = graph, Known(graph)
        self._packages: dict[str, dict[str, str]] = defaultdict(dict)  # file name -> path -> pipeline
        for step in graph.facts("pipeline-step"):
            if not step.at.path.endswith((".py", ".ipynb")):
                self._put(step.at.path, self._known.home(step))
        self._named: dict[tuple[str, str], list[str]] = defaultdict(list)  # a function -> names that it looks up
        for use in graph.uses("names-pipeline"):
            if name := whole_text(use.argument("name")):
                self._named[_function(use)].append(name)
        for use in graph.uses("compiles-pipeline"):
            written = _path(use)
            if written and (node := self.function(use)):
                self._put(written, node)

    def around(self, use: Use) -> list[str]:
        """The pipeline of which a call is a step."""
        return self._known.around(use.at) if self._graph.has_role(use.fact, "pipeline-step") else []

    def named(self, use: Use) -> str:
        """The one pipeline of a name: that a call gives, or that the function around it looks up."""
        given = whole_text(use.argument("name"))
        names = [given] if given else self._named.get(_function(use), []) if use.key == _STARTS[0] else []
        words = {word for name in names for word in (name, *_APART.split(name))}
        found = {node.id for node in self._known.nodes if node.label in words} if words else set()
        return found.pop() if len(found) == 1 else ""

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


def _function(use: Use) -> tuple[str, str]:
    return use.at.path, str(use.fact.get("function") or "")


def _path(use: Use) -> str:
    """The package that a call names."""
    text = whole_text(use.argument("path"))
    return posixpath.normpath(text).lstrip("/") if text else ""

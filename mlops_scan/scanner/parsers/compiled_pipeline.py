"""Compiled Kubeflow and Vertex pipelines (intermediate representation, schema 2): tasks, images, conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import choices, images, shell, yamlnodes
from mlops_scan.scanner.formats.kube.data import spot
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_BYTES = 4 * 2**20
_DEPTH = 8
_LIGHTWEIGHT = "executor_main"  # the wrapper of a Python function that the compiler writes out as text
_CONDITION = re.compile(r"(?<![^&|()<>=!])(?P<left>[^&|()<>=!]+)(?P<op><=|>=|<|>|==|!=)(?P<right>[^&|()]+)")


class CompiledPipelines(Parser):
    """One pipeline a document, by its shape; also inside the `pipelineSpec` of a job."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yaml", "*.yml", "*.json")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or source.size > _BYTES:
            return False
        return b"deploymentSpec" in source.data and b"pipelineInfo" in source.data

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        for document in yamlnodes.documents(source).documents:
            for node in (document, yamlnodes.child(document, "pipelineSpec")):
                if isinstance(node, Mapping) and "deploymentSpec" in node and "root" in node:
                    yield from _Pipeline(source.path, node).facts()


class _Pipeline:
    def __init__(self, path: str, node: Mapping) -> None:
        self.path, self.node = path, node
        self.components = yamlnodes.child(node, "components")
        self.name = yamlnodes.text(node, "pipelineInfo", "name")

    def facts(self) -> Iterator[Fact]:
        yield from self._tasks(yamlnodes.child(self.node, "root", "dag", "tasks"), 0)
        executors = yamlnodes.child(self.node, "deploymentSpec", "executors")
        for label, one in executors.items() if isinstance(executors, Mapping) else ():
            container = yamlnodes.child(one, "container")
            if isinstance(container, Mapping):
                yield from self._image(container)
                yield from self._commands(label, container)

    def _tasks(self, tasks: Node | None, depth: int) -> Iterator[Fact]:
        for name, task in tasks.items() if isinstance(tasks, Mapping) and depth < _DEPTH else ():
            component = yamlnodes.child(self.components, yamlnodes.text(task, "componentRef", "name"))
            inner = yamlnodes.child(component, "dag", "tasks")
            needs = [str(one) for one in yamlnodes.items(task, "dependentTasks") if isinstance(one, Scalar)]
            if isinstance(inner, Mapping):
                yield from self._condition(name, task, inner)
                yield from self._tasks(inner, depth + 1)
            else:
                says = {"pipeline": self.path, "of": f"{self.path}#{self.name}", "deps": needs, "outs": [name]}
                yield self._fact("pipeline-step", name, spot(tasks, name), {**says, "tool": "compiled-pipeline"})

    def _condition(self, name: str, task: Node, inner: Mapping) -> Iterator[Fact]:
        """A part of the pipeline that runs only when two values compare so."""
        trigger = yamlnodes.child(task, "triggerPolicy")
        match = _CONDITION.search(yamlnodes.text(trigger, "condition"))
        if match:
            says = choices.choice(name, choices.words(f"{match['left']} {match['right']}"), match["op"], inner)
            yield self._fact("comparison", match[0].strip(), spot(trigger, "condition"), says)

    def _image(self, container: Mapping) -> Iterator[Fact]:
        name, says = images.used(yamlnodes.text(container, "image"), f"{self.path}#{self.name}")
        if name:
            yield self._fact("image", name, spot(container, "image"), says)

    def _commands(self, label: str, container: Mapping) -> Iterator[Fact]:
        words = [
            str(one)
            for key in ("command", "args")
            for one in yamlnodes.items(container, key)
            if isinstance(one, Scalar)
        ]
        if not words or any(_LIGHTWEIGHT in word for word in words):
            return
        for command in shell.from_argv(words):
            argv = [word[: bounds.FACT_TEXT] for word in command.argv]
            says = {"argv": argv, "raw": command.raw, "where": "config", "owner": f"{self.path}#{label}"}
            yield self._fact("command", argv[0], spot(container, "command" if "command" in container else "args"), says)

    def _fact(self, kind: str, name: str, place: tuple[int, int], says: dict[str, Any]) -> Fact:
        return Fact(kind, name[: bounds.FACT_TEXT], Location(self.path, *place), says)
